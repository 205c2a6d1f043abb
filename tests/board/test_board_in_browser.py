"""The ward board in a real browser, on a real worker: who needs somebody, what staff do, and when not to believe it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.board_process import CHROMIUM, NO_BROWSER, BoardProcess, chromium
from tests.support.board_site import Site
from tests.support.embedded import PlainReader, PlainWriter, catalogue_broker
from tests.support.worker_process import REAL_WITH_CLOCK, ROOT, WorkerProcess

GROUP = "test.worker.v1"
WAIT_MS = 45_000
"""A busy machine needs seconds for what takes a fraction of one; how fast the board is, and how soon it notices that
nobody is watching, `make bench-board` measures."""
START_S = 180.0
"""Starting a worker takes seconds; on a machine that many share, minutes."""
PICTURES = ROOT / ".cache" / "board-pictures"
"""What each test left on its page."""
WCAG_22_AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.kafka,
    pytest.mark.mock("the board looks at topics, whatever broker holds them"),
    pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER),
    pytest.mark.timeout(480),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("board")
    with catalogue_broker() as broker:
        worker = WorkerProcess(broker.bootstrap, folder, REAL_WITH_CLOCK, group_id=GROUP)
        with worker, BoardProcess(broker.bootstrap, folder, GROUP) as board:
            worker.until_ready(START_S)
            yield Site(broker.bootstrap, folder, PlainWriter(broker.bootstrap), board.until_up(START_S))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser.new_context() as context:
        shown = opened(context.new_page(), site)
        yield shown
        keep_picture(shown, request.node.name)


def keep_picture(page: Page, name: str) -> None:
    """The page as it is, for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def opened(page: Page, site: Site, path: str = "") -> Page:
    """The page, live; an error of its script fails the test."""
    page.set_default_timeout(WAIT_MS)
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    page.goto(site.board.url + path)
    expect(page.locator("#monitor")).to_contain_text("judging", timeout=WAIT_MS)
    return page


def tile(page: Page, patient_id: str) -> Any:
    return page.locator(f'[data-patient="{patient_id}"]')


def shows(where: Any, text: str) -> None:
    expect(where).to_contain_text(text, timeout=WAIT_MS)


def fill_in(page: Page, **words: str) -> None:
    """Fill in the open form and write it."""
    form = page.locator("dialog form")
    for name, value in words.items():
        form.locator(f'[name="{name}"]').fill(value)
    form.get_by_role("button", name="Write it").click()


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA."""
    found = Axe().run(page, options=WCAG_22_AA).response["violations"]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


def test_a_patient_who_worsens_comes_to_the_front_without_a_reload(site: Site, page: Page) -> None:
    for name in ("pt-calm", "pt-worse"):
        site.admit(name)
        shows(tile(page, name).locator(".grade").first, "CRS 0")
    site.worsen("pt-worse")
    shows(tile(page, "pt-worse"), "▲ HIGH")
    shows(tile(page, "pt-worse").locator(".grade").first, "CRS 3")
    order = page.locator("[data-patient]").evaluate_all("tiles => tiles.map((tile) => tile.dataset.patient)")
    assert order.index("pt-worse") < order.index("pt-calm")
    assert "HIGH" in page.title()


def test_an_acknowledgement_is_on_the_topics_and_everybody_sees_it(site: Site, page: Page, browser: Browser) -> None:
    site.admit("pt-seen")
    site.worsen("pt-seen")
    crs = tile(page, "pt-seen").locator("[data-alert]", has_text="CRS grade 3")
    with browser.new_context() as elsewhere:
        other = opened(elsewhere.new_page(), site)
        shows(tile(other, "pt-seen"), "Acknowledge")
        crs.get_by_role("button", name="Acknowledge").click()
        fill_in(page, by="nurse-7", reason="at the bedside")
        shows(crs, "seen")
        shows(tile(other, "pt-seen").locator("[data-alert]", has_text="CRS grade 3"), "seen")
    reader = PlainReader(site.bootstrap, "alerts.commands.v1", "alerts.lifecycle.v1", "audit.decisions.v1")
    acknowledged: list[tuple[str, Any]] = []
    for message in reader.read_to_end():
        said = json.loads(message.value())
        step = said.get("decision", said).get("transition")
        if message.key() == b"pt-seen" and "acknowledge" in (said.get("type"), str(step).removesuffix("d")):
            acknowledged.append((message.topic(), said))
    reader.close()
    assert {topic for topic, _ in acknowledged} == {"alerts.commands.v1", "alerts.lifecycle.v1", "audit.decisions.v1"}
    assert "nurse-7" in json.dumps([said for topic, said in acknowledged if topic == "audit.decisions.v1"])


def test_two_people_who_act_at_once_see_each_other_s_act(site: Site, page: Page, browser: Browser) -> None:
    site.admit("pt-two")
    site.worsen("pt-two")
    site.tell("medications.administered.v1", "pt-two", "medication_administered", 1, drug="warfarin", action="given")
    with browser.new_context() as elsewhere:
        other = opened(elsewhere.new_page(), site)
        acts = ((page, "CRS grade 3", "nurse-7"), (other, "Warfarin", "dr-3"))
        for whose, words, _ in acts:
            alert = tile(whose, "pt-two").locator("[data-alert]", has_text=words)
            alert.get_by_role("button", name="Acknowledge").click()
        for whose, _, by in acts:
            fill_in(whose, by=by, reason="at the bedside")
        for whose in (page, other):
            for _, words, _ in acts:
                shows(tile(whose, "pt-two").locator("[data-alert]", has_text=words), "seen")
            tile(whose, "pt-two").get_by_role("link").click()
            for _, _, by in acts:
                shows(whose.locator(".page"), f"Seen by {by}: at the bedside")


def test_of_two_who_acknowledge_the_same_alert_both_learn_what_became_of_it(
    site: Site, page: Page, browser: Browser
) -> None:
    site.admit("pt-same")
    site.worsen("pt-same")
    with browser.new_context() as elsewhere:
        other = opened(elsewhere.new_page(), site)
        people = ((page, "nurse-7"), (other, "dr-3"))
        for whose, _ in people:
            crs = tile(whose, "pt-same").locator("[data-alert]", has_text="CRS grade 3")
            crs.get_by_role("button", name="Acknowledge").click()
        for whose, by in people:
            fill_in(whose, by=by, reason="at the bedside")
        for whose, _ in people:
            shows(tile(whose, "pt-same").locator("[data-alert]", has_text="CRS grade 3"), "seen")
            expect(whose.locator(".pending", has_text="not yet confirmed")).to_have_count(0, timeout=WAIT_MS)
            expect(whose.locator(".pending", has_text="NOT CONFIRMED")).to_have_count(0)
        for whose, _ in people:
            tile(whose, "pt-same").get_by_role("link").click()
        first, second = (whose.locator(".page").get_by_text("Seen by") for whose, _ in people)
        expect(first).to_be_visible(timeout=WAIT_MS)
        expect(second).to_have_text(first.inner_text(), timeout=WAIT_MS)


def test_only_alerts_below_high_priority_can_be_put_aside_and_for_half_an_hour_at_most(site: Site, page: Page) -> None:
    site.admit("pt-aside")
    site.measure("pt-aside", temperature_c=38.4)
    low = tile(page, "pt-aside").locator("[data-alert]", has_text="CRS grade 1")
    low.get_by_role("button", name="Put aside").click()
    minutes = page.locator('dialog [name="shelve_min"]')
    assert minutes.get_attribute("max") == "30"
    fill_in(page, by="nurse-7", reason="cooling begun", shelve_min="20")
    shows(low, "put aside")
    site.worsen("pt-aside")
    high = tile(page, "pt-aside").locator("[data-alert]", has_text="CRS grade 3")
    expect(high.get_by_role("button", name="Acknowledge")).to_be_visible(timeout=WAIT_MS)
    expect(high.get_by_role("button", name="Put aside")).to_have_count(0)


def test_an_examination_charted_at_the_board_is_graded(site: Site, page: Page) -> None:
    site.admit("pt-charted")
    shows(tile(page, "pt-charted"), "ICANS ?")
    tile(page, "pt-charted").get_by_role("link").click()
    page.get_by_role("button", name="Chart ICE or CAPD").click()
    for item, points in {"orientation": 1, "naming": 1, "command": 1, "writing": 0, "attention": 1}.items():
        page.locator(f'dialog [name="ice:{item}"]').select_option(str(points))
    for name, value in {"loc": "alert", "seizure": "none", "motor_weakness": "none"}.items():
        page.locator(f'dialog [name="{name}"]').select_option(value)
    page.locator("dialog").get_by_role("button", name="Write it").click()
    shows(page.locator(".grade").nth(1), "ICANS 2")
    shows(page.locator(".page"), "ICE 4 of 10 points")


def test_an_attributed_sign_shows_with_its_end_and_who_said_so(site: Site, page: Page) -> None:
    site.admit("pt-cause")
    site.measure("pt-cause", temperature_c=38.4)
    shows(tile(page, "pt-cause").locator(".grade").first, "CRS 1")
    tile(page, "pt-cause").get_by_role("link").click()
    page.get_by_role("button", name="another cause").click()
    fill_in(page, by="dr-3", reason="culture grew E. coli", cause="urinary infection", until_h="12")
    shows(page.locator(".page"), "urinary infection")
    shows(page.locator(".page"), "dr-3")


def test_the_patient_page_says_why_down_to_the_citation(site: Site, browser: Browser) -> None:
    site.admit("pt-why")
    site.worsen("pt-why")
    with browser.new_context() as context:
        page = opened(context.new_page(), site, "patient?id=pt-why")
        why = page.locator("[data-alert]", has_text="CRS grade 3").first
        for words in ("rule CRS-", "ASTCT", "Source: ", "39.4", "rulebook"):
            shows(why, words)
        keep_picture(page, "patient")


def test_the_course_shows_vital_signs_grades_and_alerts_and_says_the_same_as_a_table(
    site: Site, browser: Browser
) -> None:
    site.admit("pt-course")
    site.worsen("pt-course")
    with browser.new_context() as context:
        page = opened(context.new_page(), site, "patient?id=pt-course")
        course = page.locator("#course")
        for _ in range(6):  # trends are written each second and drawn when somebody asks
            course.get_by_role("button", name="6 h", exact=True).click()
            page.wait_for_timeout(2000)
        shows(course, "CRS grade 3")
        shows(course, "36.8–39.4")
        course.locator("summary").click()
        shows(course.locator("details table"), "▲ HIGH")
        keep_picture(page, "patient-course")
        assert violations(page) == []


def test_the_alarm_load_is_told_for_a_safety_committee_and_as_csv(site: Site, page: Page) -> None:
    site.admit("pt-load")
    site.worsen("pt-load")
    shows(tile(page, "pt-load"), "▲ HIGH")
    page.wait_for_timeout(3000)
    page.goto(site.board.url + "alarms")
    shows(page.locator("main"), "patient-days")
    shows(page.locator("main"), "CRS grade 3")
    assert violations(page) == []
    keep_picture(page, "alarm-load")
    with page.expect_download() as told:
        page.get_by_role("link", name="CSV").click()
    assert "CRS_G3" in told.value.path().read_text(encoding="utf-8")


def test_words_of_a_record_are_never_markup(site: Site, page: Page) -> None:
    site.admit("pt-xss")
    hostile = "<img src=x onerror=window.harmed=1>"
    site.tell("medications.administered.v1", "pt-xss", "medication_administered", 1, drug=hostile)
    site.tell("alerts.commands.v1", "pt-xss", "attribute", 0.1,
              sign="fever", cause=hostile, by="<b>x</b>", reason=hostile, active=True)  # fmt: skip
    shows(tile(page, "pt-xss"), "<img")
    tile(page, "pt-xss").get_by_role("link").click()
    shows(page.locator(".page"), "<b>x</b>")
    assert page.evaluate("window.harmed") is None
    assert page.locator("img").count() == 0


def test_the_ward_s_page_can_be_used_by_keyboard_alone(site: Site, page: Page) -> None:
    site.admit("pt-keys")
    site.worsen("pt-keys")
    button = tile(page, "pt-keys").get_by_role("button", name="Acknowledge").first
    expect(button).to_be_visible(timeout=WAIT_MS)
    for _ in range(400):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    else:
        pytest.fail("the button cannot be reached with the Tab key")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.name") == "by"
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).not_to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ward_patient_and_forms_meet_wcag_2_2_aa(site: Site, browser: Browser, scheme: Any) -> None:
    site.admit("pt-axe")
    site.worsen("pt-axe")
    with browser.new_context(color_scheme=scheme) as context:
        page = opened(context.new_page(), site)
        shows(tile(page, "pt-axe"), "▲ HIGH")
        assert violations(page) == []
        tile(page, "pt-axe").get_by_role("button", name="Acknowledge").first.click()
        assert violations(page) == []
        page.keyboard.press("Escape")
        tile(page, "pt-axe").get_by_role("link").click()
        page.get_by_role("button", name="Chart ICE or CAPD").click()
        expect(page.locator("dialog")).to_be_visible()
        assert violations(page) == []


@pytest.mark.parametrize("width,height", [(320, 640), (390, 844), (1366, 768), (3840, 2160)])
def test_nothing_has_to_be_scrolled_sideways_on_a_phone_or_a_wall(
    site: Site, browser: Browser, width: int, height: int
) -> None:
    site.admit("pt-wide")
    site.worsen("pt-wide")
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        page = opened(context.new_page(), site)
        shows(tile(page, "pt-wide"), "▲ HIGH")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(f"{site.board.url}patient?id=pt-wide")
        shows(page.locator(".page"), "Why these grades")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_lost_connection_cannot_be_overlooked_and_ends_by_itself(site: Site, browser: Browser) -> None:
    site.admit("pt-lost")
    with browser.new_context() as context:
        with BoardProcess(site.bootstrap, site.folder, GROUP) as board:
            page = context.new_page()
            page.goto(board.until_up(START_S).url)
            shows(tile(page, "pt-lost"), "CRS")
        shows(page.locator("#banner"), "CONNECTION LOST")
        assert "NOT LIVE" in page.title()
        with BoardProcess(site.bootstrap, site.folder, GROUP, board.port) as again:
            again.until_up(START_S)
            expect(page.locator("#banner")).to_be_hidden(timeout=WAIT_MS)
            site.worsen("pt-lost")
            shows(tile(page, "pt-lost"), "▲ HIGH")


def test_a_board_that_is_asked_to_stop_lets_its_browsers_go(site: Site, browser: Browser) -> None:
    with BoardProcess(site.bootstrap, site.folder, GROUP) as board, browser.new_context() as context:
        page = context.new_page()
        page.goto(board.until_up(START_S).url)
        expect(page.locator("#monitor")).to_contain_text("judging", timeout=WAIT_MS)
        assert board.stop() == 0


def test_without_a_worker_the_board_says_that_nobody_is_watching(tmp_path: Path, browser: Browser) -> None:
    with catalogue_broker() as broker:
        worker = WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, group_id=GROUP)
        with BoardProcess(broker.bootstrap, tmp_path, GROUP) as board, browser.new_context() as context:
            with worker:
                worker.until_ready(START_S)
                own = Site(broker.bootstrap, tmp_path, PlainWriter(broker.bootstrap), board.until_up(START_S))
                page = opened(context.new_page(), own)
                own.admit("pt-alone")
                shows(tile(page, "pt-alone"), "CRS 0")
            own.worsen("pt-alone")
            shows(page.locator("#banner"), "NOBODY IS WATCHING")
            assert "NOT LIVE" in page.title()
            worker = WorkerProcess(broker.bootstrap, tmp_path, REAL_WITH_CLOCK, group_id=GROUP)
            with worker:
                expect(page.locator("#banner")).to_be_hidden(timeout=2 * WAIT_MS)
                shows(tile(page, "pt-alone"), "▲ HIGH")


def test_the_audit_holds_every_act(site: Site) -> None:
    reader = PlainReader(site.bootstrap, "alerts.commands.v1", "assessments.recorded.v1", "audit.decisions.v1")
    messages = reader.read_to_end()
    reader.close()
    acts = {
        json.loads(message.value())["event_id"]
        for message in messages
        if message.topic() != "audit.decisions.v1" and json.loads(message.value())["source"] == "blinwatch-board"
    }
    audit = [json.loads(message.value()) for message in messages if message.topic() == "audit.decisions.v1"]
    audited = {said["decision"].get("caused_by") for said in audit}
    assert acts
    assert acts <= audited
