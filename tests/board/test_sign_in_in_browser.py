"""Signing in at the board, in a real browser: each person sees and is offered what the role may, under the own name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from blinwatch.board.people.passwords import hash_password
from blinwatch.board.people.people_file import Person, write_people
from tests.board.test_board_in_browser import START_S, WAIT_MS, fill_in, keep_picture, shows, tile, violations
from tests.support.board_process import CHROMIUM, NO_BROWSER, BoardProcess, chromium
from tests.support.board_site import Site
from tests.support.embedded import PlainWriter, catalogue_broker
from tests.support.worker_process import REAL_WITH_CLOCK, WorkerProcess

PASSWORD = "a nurse on the night shift"  # noqa: S105 - of nobody
GROUP = "test.worker.v1"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.kafka,
    pytest.mark.mock("who may look has nothing to do with the broker"),
    pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER),
    pytest.mark.timeout(480),
]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("people") / "people.yaml"
    hashed = hash_password(PASSWORD)
    roles = {"n.meier": "clinician", "wall screen": "viewer", "o.petrov": "operator"}
    write_people(path, [Person.model_validate({"name": n, "role": r, "password": hashed}) for n, r in roles.items()])
    return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, people: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("board")
    with catalogue_broker() as broker:
        worker = WorkerProcess(broker.bootstrap, folder, REAL_WITH_CLOCK, group_id=GROUP)
        with worker, BoardProcess(broker.bootstrap, folder, GROUP, options=["--people", str(people)]) as board:
            worker.until_ready(START_S)
            site = Site(broker.bootstrap, folder, PlainWriter(broker.bootstrap), board.until_up(START_S))
            site.admit("pt-1")
            site.worsen("pt-1")
            yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def signed_in(browser: Browser, site: Site, name: str, password: str = PASSWORD) -> Page:
    page = browser.new_context().new_page()
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    page.goto(site.board.url)
    expect(page).to_have_url(f"{site.board.url}sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Password").press("Enter")
    return page


def test_a_wrong_password_is_told_in_words_on_a_page_that_everybody_can_use(site: Site, browser: Browser) -> None:
    page = signed_in(browser, site, "n.meier", "not the password")
    shows(page.get_by_role("alert"), "name or password is wrong")
    assert violations(page) == []
    keep_picture(page, "sign-in")
    page.context.close()


def test_a_clinician_acts_under_the_name_that_signed_in(site: Site, browser: Browser) -> None:
    page = signed_in(browser, site, "n.meier")
    shows(page.locator("#me"), "n.meier (clinician)")
    crs = tile(page, "pt-1").locator("[data-alert]", has_text="CRS grade 3")
    crs.get_by_role("button", name="Acknowledge").click()
    shows(page.locator("dialog"), "under the name n.meier")
    expect(page.locator('dialog [name="by"]')).to_have_count(0)
    fill_in(page, reason="at the bedside")
    shows(crs, "seen")
    assert violations(page) == []
    keep_picture(page, "signed-in")
    page.goto(f"{site.board.url}patient?id=pt-1")
    shows(page.locator("#view"), "n.meier")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.board.url}sign-in")
    page.goto(site.board.url)
    expect(page).to_have_url(f"{site.board.url}sign-in")
    page.context.close()


def test_a_wall_screen_shows_the_ward_and_offers_nothing_to_press(site: Site, browser: Browser) -> None:
    page = signed_in(browser, site, "wall screen")
    shows(tile(page, "pt-1"), "CRS")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.goto(f"{site.board.url}patient?id=pt-1")
    shows(page.locator("#view"), "CRS")
    for words in ("Chart ICE or CAPD", "This sign has another cause"):
        expect(page.get_by_role("button", name=words)).to_have_count(0)
    page.context.close()


def test_who_runs_the_service_is_led_to_the_alarm_load_and_sees_no_patient(site: Site, browser: Browser) -> None:
    page = signed_in(browser, site, "o.petrov")
    expect(page).to_have_url(f"{site.board.url}alarms")
    shows(page.locator("#view"), "Alarm load")
    assert "pt-1" not in page.content()
    page.context.close()


def test_somebody_who_is_taken_off_loses_an_open_page(site: Site, browser: Browser, people: Path) -> None:
    page = signed_in(browser, site, "wall screen")
    shows(tile(page, "pt-1"), "CRS")
    text = people.read_text(encoding="utf-8")
    people.write_text(text.replace("wall screen", "another screen"), encoding="utf-8")
    expect(page).to_have_url(f"{site.board.url}sign-in", timeout=WAIT_MS)
    people.write_text(text, encoding="utf-8")
    page.context.close()
