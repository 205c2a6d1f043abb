"""The list of software that others made: it is the image's, nothing is missing, and it is as new as the lock."""

import re
from pathlib import Path

from tools import soup

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_as_new_as_the_lock_and_the_files_that_start_programs() -> None:
    page, missing = soup.render()
    assert missing == []
    assert soup.PAGE.read_text(encoding="utf-8") == page, "run: tools/soup.py"


def test_the_list_holds_exactly_what_the_image_installs() -> None:
    installed = re.findall(
        r"^([a-z0-9.-]+)(?:\[[^]]*\])?==",
        (ROOT / "requirements/production.txt").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    listed, direct = soup.packages()
    assert set(soup.needed_by(listed, direct)) == set(installed)


def test_what_is_asked_for_in_turn_says_by_whom() -> None:
    locked, direct = soup.packages()
    assert "aiokafka" in direct
    assert "aiohttp" not in direct
    assert "faust-streaming" in soup.needed_by(locked, direct)["aiohttp"]
