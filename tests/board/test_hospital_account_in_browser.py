"""From the ward's screen to the hospital's sign-in and back, in a real browser and with a certified provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.board.test_board_in_browser import START_S, WAIT_MS, fill_in, keep_picture, shows, tile, violations
from tests.support.board_process import CHROMIUM, NO_BROWSER, BoardProcess, chromium
from tests.support.board_site import Site
from tests.support.embedded import PlainWriter, catalogue_broker
from tests.support.oidc_provider import provider, provider_file
from tests.support.worker_process import REAL_WITH_CLOCK, WorkerProcess, free_port

GROUP = "test.worker.v1"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.kafka,
    pytest.mark.mock("who may look has nothing to do with the broker"),
    pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER),
    pytest.mark.timeout(480),
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with provider(url, {"n.meier": ["ward-6-doctors"], "visitor": []}) as issuer, catalogue_broker() as broker:
        options = ["--hospital-accounts", str(provider_file(tmp_path, issuer, url))]
        worker = WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, group_id=GROUP)
        with worker, BoardProcess(broker.bootstrap, tmp_path, GROUP, port, options=options) as board:
            worker.until_ready(START_S)
            site = Site(broker.bootstrap, tmp_path, PlainWriter(broker.bootstrap), board.until_up(START_S))
            site.admit("pt-1")
            site.worsen("pt-1")
            yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_doctor_signs_in_at_the_hospital_and_acts_under_that_name(site: Site, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    page.goto(site.board.url)
    expect(page).to_have_url(f"{site.board.url}sign-in")
    expect(page.get_by_label("Password")).to_be_hidden()
    assert violations(page) == []
    keep_picture(page, "sign-in-hospital")

    def sign_in(name: str) -> None:
        page.get_by_role("link", name="Sign in with your hospital account").click()
        page.locator('[name="login"]').fill(name)
        page.locator('[name="password"]').fill("any")
        page.locator('button[type="submit"]').click()
        page.locator('[name="prompt"][value="consent"]').wait_for(state="attached")
        page.locator('button[type="submit"]').click()

    sign_in("visitor")
    shows(page.get_by_role("alert"), "no role at this board")
    sign_in("n.meier")
    expect(page).to_have_url(site.board.url)
    shows(page.locator("#me"), "n.meier (clinician)")
    crs = tile(page, "pt-1").locator("[data-alert]", has_text="CRS grade 3")
    crs.get_by_role("button", name="Acknowledge").click()
    fill_in(page, reason="at the bedside")
    shows(crs, "seen")
    page.goto(f"{site.board.url}patient?id=pt-1")
    shows(page.locator("#view"), "n.meier")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.board.url}sign-in")
    page.context.close()
