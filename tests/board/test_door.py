"""The door before the board's pages: nobody sees or does anything without a name, and each only what his role may."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from blinwatch.board.people.door import Door
from blinwatch.board.people.passwords import hash_password
from blinwatch.board.people.people_file import PeopleBook, Person, write_people
from blinwatch.board.people.roles import RIGHT_OF_ACT, RIGHTS, ROLES, RoleName
from blinwatch.board.people.sessions import LASTS_S
from blinwatch.board.web import build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import AlertAcknowledged
from tests.board.examples import ALERT
from tests.board.test_people import Clock
from tests.board.test_web import ACT, HOST, Mouth, new_hub

PASSWORD = "a nurse on the night shift"  # noqa: S105 - of nobody
HASH = hash_password(PASSWORD)
HERE = {"origin": f"https://{HOST}"}
BEHIND = ("/events", "/api/me", "/api/patients/p", "/api/patients/p/course", "/api/choices", "/api/alarm-load")


class Site:
    """A board with a file of one person for each role, named as the role."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "people.yaml"
        self.people = [Person(name=role, role=role, password=HASH) for role in ROLES]
        write_people(self.file, self.people)
        self.clock, self.mouth = Clock(), Mouth()
        door = Door(PeopleBook(self.file), is_https=True, clock=self.clock)
        self.app = build_app(new_hub(), self.mouth.say, load_rulebook().icans, [HOST], door=door)

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url=f"https://{HOST}", follow_redirects=False)

    def signed_in(self, role: RoleName) -> TestClient:
        browser = self.browser()
        assert sign_in(browser, role) == (200, {"said": "signed in"})
        return browser


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    return Site(tmp_path)  # type: ignore[return-value]


def sign_in(browser: TestClient, name: str, password: str = PASSWORD, headers: Any = None) -> tuple[int, Any]:
    form = {"name": name, "password": password}
    answer = browser.post("/sign-in", data=form, headers=HERE if headers is None else headers)
    return answer.status_code, answer.json()


def act(browser: TestClient, **fields: Any) -> tuple[int, Any]:
    answer = browser.post("/api/acts", json={**ACT, **fields}, headers=HERE)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", BEHIND)
def test_without_a_name_nothing_is_told(site: Site, path: str) -> None:
    answer = site.browser().get(path)
    assert answer.status_code == 401
    assert ALERT.patient_id not in answer.text


@pytest.mark.parametrize("path", ["/", "/patient?id=p", "/alarms"])
def test_a_page_leads_to_the_door(site: Site, path: str) -> None:
    answer = site.browser().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    door = site.browser().get("/sign-in")
    assert door.status_code == 200
    assert "<script>" not in door.text, "scripts come from files: the browser is told to run no others"
    assert "default-src 'self'" in door.headers["content-security-policy"]


def test_the_csv_and_acts_are_behind_the_door_too(site: Site) -> None:
    assert site.browser().get("/alarm-load.csv?days=7").status_code == 401
    assert act(site.browser())[0] == 401
    assert site.mouth.said == []


def test_whoever_signs_in_gets_a_cookie_that_scripts_and_other_sites_cannot_use(site: Site) -> None:
    answer = site.browser().post("/sign-in", data={"name": "viewer", "password": PASSWORD}, headers=HERE)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-blinwatch=")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "name, password", [("viewer", "wrong"), ("nobody", PASSWORD), ("", ""), ("viewer", "x" * 9000)]
)
def test_a_wrong_name_and_a_wrong_password_sound_alike(site: Site, name: str, password: str) -> None:
    browser = site.browser()
    assert sign_in(browser, name, password) == (401, {"error": "name or password is wrong"})
    assert browser.get("/api/me").status_code == 401


@pytest.mark.parametrize("headers", [{"origin": "https://elsewhere.test"}, {}])
def test_no_other_page_can_sign_anybody_in_or_out(site: Site, headers: dict[str, str]) -> None:
    browser = site.browser()
    assert browser.post("/sign-in", data={"name": "viewer", "password": PASSWORD}, headers=headers).status_code == 403
    inside = site.signed_in("viewer")
    assert inside.post("/sign-out", headers=headers).status_code == 403
    assert inside.get("/api/me").status_code == 200


def test_guessing_has_to_wait_and_even_the_right_password_waits(site: Site) -> None:
    browser = site.browser()
    for _ in range(5):
        assert sign_in(browser, "viewer", "wrong")[0] == 401
    answer = browser.post("/sign-in", data={"name": "viewer", "password": PASSWORD}, headers=HERE)
    assert answer.status_code == 429
    site.clock.now_s += int(answer.headers["retry-after"])
    assert sign_in(browser, "viewer")[0] == 200


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", RIGHT_OF_ACT)
def test_each_role_does_what_it_may_and_nothing_else(site: Site, role: RoleName, kind: str) -> None:
    more = {
        "shelve": {"shelve_min": 10},
        "attribute": {"sign": "fever", "cause": "a transfusion", "until_h": 4},
        "assess": {"findings": {"loc": "alert"}},
    }
    status, told = act(site.signed_in(role), kind=kind, **more.get(kind, {}))
    if RIGHT_OF_ACT[kind] not in RIGHTS[role]:
        assert (status, site.mouth.said) == (403, [])
        assert role in told["error"]
    else:
        assert status in {202, 422}, told  # 422: an alert of high priority is never put aside


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_it_may(site: Site, role: RoleName) -> None:
    browser = site.signed_in(role)
    told = browser.get("/api/me").json()
    assert told == {"name": role, "role": role, "rights": sorted(RIGHTS[role])}
    seen = browser.get(f"/api/patients/{ALERT.patient_id}").status_code
    assert seen == (200 if "ward" in RIGHTS[role] else 403)
    assert (browser.get("/events").status_code == 403) if "ward" not in RIGHTS[role] else True


def test_the_audit_holds_who_was_signed_in_whatever_the_browser_says(site: Site) -> None:
    browser = site.signed_in("clinician")
    assert act(browser, by="the head of the department")[0] == 202
    (event,) = site.mouth.said
    assert isinstance(event, AlertAcknowledged)
    assert event.by == "clinician"
    assert act(browser, kind="assess", findings={"loc": "alert"}, by="somebody else")[0] == 202
    assert site.mouth.said[-1].source == "blinwatch-board: clinician"


def test_whoever_signs_out_is_taken_off_or_gets_another_password_is_out(site: Site) -> None:
    leaving, taken_off, renewed = (site.signed_in(role) for role in ("viewer", "clinician", "pharmacist"))
    assert leaving.post("/sign-out", headers=HERE).status_code == 200
    assert leaving.get("/api/me").status_code == 401
    kept = [one for one in site.people if one.name != "clinician"]
    write_people(site.file, [one.model_copy(update={"password": hash_password(PASSWORD)}) for one in kept])
    assert taken_off.get("/api/me").status_code == 401
    assert renewed.get("/api/me").status_code == 401
    assert site.signed_in("pharmacist").get("/api/me").status_code == 200


def test_a_session_ends_with_the_shift(site: Site) -> None:
    browser = site.signed_in("viewer")
    site.clock.now_s += LASTS_S + 1
    assert browser.get("/api/me").status_code == 401


def test_the_health_check_needs_no_name_and_names_nobody(site: Site) -> None:
    answer = site.browser().get("/healthz")
    assert answer.status_code == 200
    assert ALERT.patient_id not in answer.text


def test_without_people_the_board_is_as_open_as_it_says() -> None:
    app = build_app(new_hub(), Mouth().say, load_rulebook().icans, [HOST])
    browser = TestClient(app, base_url=f"http://{HOST}")
    assert browser.get("/api/me").json()["name"] is None
    assert browser.post("/sign-in", headers={"origin": f"http://{HOST}"}).status_code == 404
