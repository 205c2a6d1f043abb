#!/usr/bin/env python3
"""Takes the picture of the ward board: the demo's ward, thirty hours after its start, as the ward counts them.

Usage:     .venv/bin/python tools/board_picture.py docs/images/board.png      (needs Debian's chromium)
"""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

SPEED = 600
WARD_HOURS = 30
WIDTH, HEIGHT = 1600, 1000


def main() -> int:
    """Start the demo, wait, take the picture; the demo is ended."""
    target = Path(sys.argv[1])
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium here; install Debian's package chromium")
    words = ["demo", "--headless", "--for", "20m", "--speed", str(SPEED), "--seed", "1"]
    command = [sys.executable, "-m", "blinwatch.cli", *words]
    demo = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own words
    try:
        found = re.search(r"board (\S+)", demo.stderr.readline() if demo.stderr is not None else "")
        if found is None:
            sys.exit("the demo printed no address of a board")
        time.sleep(WARD_HOURS * 3600 / SPEED)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(found[1])
            page.wait_for_selector("[data-patient]")
            page.wait_for_timeout(3000)
            page.screenshot(path=target)
            browser.close()
    finally:
        demo.terminate()
        demo.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
