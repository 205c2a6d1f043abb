#!/usr/bin/env python3
"""Takes the picture of the ward board: the demo's ward, thirty hours after its start, as the ward counts them.

Usage:     .venv/bin/python tools/board_picture.py docs/images/board.png      (needs Debian's chromium)
           .venv/bin/python tools/board_picture.py docs/images/board.png FOLDER
           The second puts every page beside it into FOLDER, to be looked at: dark, on a phone, on a wall screen, the
           patient who stands first, his course as a table, a form, the alarm load.
"""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

SPEED = 600
WARD_HOURS = 30
WIDTH, HEIGHT = 1600, 1000
JUDGING_WITHIN_S = 120
PHONE = {"width": 390, "height": 844}
WALL = {"width": 3840, "height": 2160}


def main() -> int:
    """Start the demo, wait, take the pictures; the demo is ended."""
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
            opened(browser, found[1]).screenshot(path=target)
            if len(sys.argv) > 2:  # noqa: PLR2004 - program, picture, folder
                every_page(browser, found[1], Path(sys.argv[2]))
            browser.close()
    finally:
        demo.terminate()
        demo.wait(30)
    return 0


def opened(browser: Browser, url: str, **context: Any) -> Page:
    """The ward's page, settled."""
    page = browser.new_page(**{"viewport": {"width": WIDTH, "height": HEIGHT}, **context})
    page.goto(url)
    page.wait_for_selector("[data-patient]")
    # On a busy machine the demo is behind for a while and the board says so: not the picture that is wanted.
    page.locator("#monitor", has_text="The monitor is judging").wait_for(timeout=JUDGING_WITHIN_S * 1000)
    page.wait_for_timeout(1000)
    return page


def every_page(browser: Browser, url: str, folder: Path) -> None:
    """All pages and forms, and the ward on other screens."""
    folder.mkdir(parents=True, exist_ok=True)
    opened(browser, url, color_scheme="dark").screenshot(path=folder / "ward-dark.png")
    opened(browser, url, viewport=PHONE).screenshot(path=folder / "ward-phone.png")
    opened(browser, url, viewport=WALL).screenshot(path=folder / "ward-wall.png")
    page = opened(browser, url)
    page.get_by_role("button", name="Acknowledge").first.click()
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "form-acknowledge.png")
    page.keyboard.press("Escape")
    page.locator("[data-patient] h2 a").first.click()
    page.wait_for_selector("#course svg")
    page.screenshot(path=folder / "patient.png", full_page=True)
    page.locator("#course summary").click()
    page.locator("#course details").screenshot(path=folder / "patient-course-table.png")
    page.get_by_role("button", name="Chart ICE or CAPD").click()
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "form-assess.png")
    page.keyboard.press("Escape")
    phone = opened(browser, url, viewport=PHONE)
    phone.locator("[data-patient] h2 a").first.click()
    phone.wait_for_selector("#course svg")
    phone.screenshot(path=folder / "patient-phone.png", full_page=True)
    page.goto(f"{url}alarms")
    page.wait_for_selector("table")
    page.screenshot(path=folder / "alarm-load.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main())
