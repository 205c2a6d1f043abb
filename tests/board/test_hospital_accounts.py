"""Signing in with a hospital account: through a certified provider, and past none of the ways around it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.testclient import TestClient

from blinwatch.board.people.door import Door
from blinwatch.board.people.hospital_accounts import BEGUN_LASTS_S, HospitalAccounts
from blinwatch.board.people.provider_file import ProviderFileError, read_provider
from blinwatch.board.web import build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from tests.board.test_people import Clock
from tests.board.test_web import HOST, Mouth, new_hub
from tests.support.oidc_provider import SECRET, provider, provider_file, say_who

BOARD = f"https://{HOST}"
GROUPS = {"n.meier": ["ward-6", "ward-6-doctors"], "student": ["ward-6"], "visitor": ["kitchen"], "no one at all": []}


class Site:
    """A board that asks one provider."""

    def __init__(self, folder: Path, issuer: str, **more: object) -> None:
        self.clock, self.ahead_s = Clock(), 0.0
        self.file = provider_file(folder, issuer, BOARD, **more)
        accounts = HospitalAccounts(read_provider(self.file), self.clock, lambda: time.time() + self.ahead_s)
        door = Door(None, is_https=True, hospital=accounts, clock=self.clock)
        self.mouth = Mouth()
        self.app = build_app(new_hub(), self.mouth.say, load_rulebook().icans, [HOST], door=door)

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url=BOARD, follow_redirects=False)


def begin(browser: TestClient) -> str:
    answer = browser.get("/sign-in/hospital")
    assert answer.status_code == 303
    return answer.headers["location"]


def come_back(browser: TestClient, address: str) -> str:
    """What the board says to the answer: `in`, or the problem."""
    parts = urlsplit(address)
    answer = browser.get(f"{parts.path}?{parts.query}")
    if answer.status_code == 200:
        return "in"
    assert answer.status_code == 303
    assert browser.get("/api/me").status_code == 401
    return parse_qs(urlsplit(answer.headers["location"]).query)["problem"][0]


@pytest.mark.slow
class TestThroughACertifiedProvider:
    @pytest.fixture(scope="class")
    @staticmethod
    def issuer() -> Iterator[str]:
        with provider(BOARD, GROUPS) as issuer:
            yield issuer

    @pytest.fixture
    def site(self, tmp_path: Path, issuer: str) -> Site:
        return Site(tmp_path, issuer)

    def signed_in(self, site: Site, name: str) -> tuple[TestClient, str]:
        browser = site.browser()
        with httpx2.Client() as there:
            return browser, come_back(browser, say_who(there, begin(browser), name))

    def test_a_doctor_is_a_clinician_although_the_ward_may_only_look(self, site: Site) -> None:
        browser, said = self.signed_in(site, "n.meier")
        assert said == "in"
        me = browser.get("/api/me").json()
        assert (me["name"], me["role"]) == ("n.meier", "clinician")

    def test_a_student_of_the_ward_only_looks(self, site: Site) -> None:
        browser, _ = self.signed_in(site, "student")
        assert browser.get("/api/me").json()["role"] == "viewer"

    @pytest.mark.parametrize("name", ["visitor", "no one at all"])
    def test_an_account_without_a_role_here_is_not_let_in(self, site: Site, name: str) -> None:
        assert self.signed_in(site, name)[1] == "role"

    def test_after_the_hours_that_the_file_says_everybody_signs_in_again(self, site: Site) -> None:
        browser, _ = self.signed_in(site, "n.meier")
        site.clock.now_s += 8 * 3600 - 1
        assert browser.get("/api/me").status_code == 200
        site.clock.now_s += 2
        assert browser.get("/api/me").status_code == 401

    def test_signing_out_ends_it(self, site: Site) -> None:
        browser, _ = self.signed_in(site, "n.meier")
        assert browser.post("/sign-out", headers={"origin": BOARD}).status_code == 200
        assert browser.get("/api/me").status_code == 401

    def test_the_cookies_are_for_this_host_and_no_script(self, site: Site) -> None:
        browser = site.browser()
        on_the_way = browser.get("/sign-in/hospital").headers["set-cookie"]
        assert on_the_way.startswith("__Host-blinwatch-on-the-way=")
        for word in ("HttpOnly", "Secure", "SameSite=lax"):
            assert word in on_the_way
        browser = site.browser()
        with httpx2.Client() as there:
            parts = urlsplit(say_who(there, begin(browser), "n.meier"))
        given = browser.get(f"{parts.path}?{parts.query}").headers.get_list("set-cookie")
        assert "SameSite=strict" in next(one for one in given if one.startswith("__Host-blinwatch="))

    def test_a_colleague_s_session_at_the_provider_signs_nobody_in(self, site: Site) -> None:
        with httpx2.Client() as shared_machine:
            first = site.browser()
            assert come_back(first, say_who(shared_machine, begin(first), "n.meier")) == "in"
            second = site.browser()
            answer = shared_machine.get(begin(second))
            while answer.is_redirect:
                assert "/sign-in/answer" not in answer.headers["location"], "nobody was asked who is there"
                answer = shared_machine.get(str(answer.url.join(answer.headers["location"])))
            assert 'name="login"' in answer.text

    def test_nor_when_somebody_takes_the_asking_out_of_the_address(self, site: Site) -> None:
        with httpx2.Client() as shared_machine:
            first = site.browser()
            assert come_back(first, say_who(shared_machine, begin(first), "n.meier")) == "in"
            site.ahead_s = 600
            second = site.browser()
            there = begin(second).replace("prompt=login", "").replace("max_age=0", "max_age=99999")
            assert come_back(second, say_who(shared_machine, there, "n.meier")) == "auth_time"

    def test_an_answer_helps_no_other_browser(self, site: Site) -> None:
        browser, other = site.browser(), site.browser()
        with httpx2.Client() as there:
            address = say_who(there, begin(browser), "n.meier")
        assert come_back(other, address) == "expired"
        begin(other)
        assert come_back(other, address) == "provider", "another sign-in of its own does not fit it"
        assert come_back(browser, address) == "in"

    def test_an_answer_counts_once_and_not_for_ever(self, site: Site) -> None:
        browser = site.browser()
        with httpx2.Client() as there:
            address = say_who(there, begin(browser), "n.meier")
            assert come_back(browser, address) == "in"
            assert browser.get(f"/sign-in/answer?{urlsplit(address).query}").status_code == 303
            late = site.browser()
            address = say_who(there, begin(late), "n.meier")
        site.clock.now_s += BEGUN_LASTS_S + 1
        assert come_back(late, address) == "expired"

    def test_somebody_who_turns_back_at_the_provider_is_told_so(self, site: Site) -> None:
        browser = site.browser()
        begin(browser)
        assert come_back(browser, f"{BOARD}/sign-in/answer?error=access_denied&state=x") == "refused"

    def test_a_changed_secret_counts_from_the_next_sign_in_on(self, site: Site, tmp_path: Path) -> None:
        (tmp_path / "client-secret").write_text("another one", encoding="utf-8")
        assert self.signed_in(site, "n.meier")[1] == "provider"
        (tmp_path / "client-secret").write_text(SECRET, encoding="utf-8")
        assert self.signed_in(site, "n.meier")[1] == "in"


def test_a_provider_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    site = Site(tmp_path, "http://localhost:9")
    answer = site.browser().get("/sign-in/hospital")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?problem=provider")


def test_the_page_knows_which_ways_there_are(tmp_path: Path) -> None:
    assert Site(tmp_path, "http://localhost:9").browser().get("/sign-in/ways").json() == {
        "password": False,
        "hospital": True,
    }


# --- tokens that somebody made up ---------------------------------------------------------------------------

KEY, OTHER_KEY = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
Forge = Callable[[dict[str, Any]], str]


def signed(claims: dict[str, Any], key: Any = KEY, alg: str = "RS256") -> str:
    return jwt.encode({"alg": alg, "kid": "1"}, claims, key, algorithms=[alg])


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "none"}, claims, OctKey.generate_key(), algorithms=["none"])


FORGED: dict[str, Forge] = {
    "not signed at all": unsigned,
    "signed with another key": lambda claims: signed(claims, OTHER_KEY),
    "signed with the secret that both know": lambda c: signed(c, OctKey.import_key(SECRET), "HS256"),
    "from another issuer": lambda claims: signed({**claims, "iss": "https://elsewhere.example"}),
    "for another board": lambda claims: signed({**claims, "aud": "another board"}),
    "of another sign-in": lambda claims: signed({**claims, "nonce": "another one"}),
    "of yesterday": lambda claims: signed({**claims, "exp": claims["exp"] - 86_400}),
    "with a moment of asking that is none": lambda claims: signed({**claims, "auth_time": "now"}),
    "no token": lambda _: "no token",
}


class LyingProvider:
    """Describes itself as a provider does, and gives whatever token it is told to."""

    def __init__(self) -> None:
        self.forge: Forge = signed
        self.nonce = ""
        lying = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.tell(lying.description() if "well-known" in self.path else {"keys": [KEY.as_dict(private=False)]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.tell({"access_token": "x", "token_type": "Bearer", "id_token": lying.forge(lying.claims())})

            def tell(self, content: object) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.issuer,
            "sub": "1",
            "aud": "blinwatch",
            "iat": now,
            "exp": now + 60,
            "auth_time": now,
            "nonce": self.nonce,
            "preferred_username": "n.meier",
            "groups": ["ward-6-doctors"],
        }


@pytest.fixture
def lying() -> Iterator[LyingProvider]:
    told = LyingProvider()
    yield told
    told.server.shutdown()
    told.server.server_close()


def outcome(site: Site, lying: LyingProvider) -> str:
    browser = site.browser()
    asked = parse_qs(urlsplit(begin(browser)).query)
    lying.nonce = asked["nonce"][0]
    return come_back(browser, f"{BOARD}/sign-in/answer?code=1&state={asked['state'][0]}")


def test_a_true_token_lets_in(tmp_path: Path, lying: LyingProvider) -> None:
    assert outcome(Site(tmp_path, lying.issuer), lying) == "in"


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_lets_nobody_in(tmp_path: Path, lying: LyingProvider, forge: Forge) -> None:
    lying.forge = forge
    assert outcome(Site(tmp_path, lying.issuer), lying) == "provider"


def test_a_provider_that_does_not_say_when_it_asked_lets_nobody_in(tmp_path: Path, lying: LyingProvider) -> None:
    lying.forge = lambda claims: signed({name: claims[name] for name in claims if name != "auth_time"})
    assert outcome(Site(tmp_path, lying.issuer), lying) == "auth_time"


@pytest.mark.parametrize("name", [None, 7, "", "a" * 81, "<b>n.meier</b>", "n.meier\nadmin"])
def test_a_name_that_cannot_stand_in_the_audit_lets_nobody_in(
    tmp_path: Path, lying: LyingProvider, name: object
) -> None:
    lying.forge = lambda claims: signed({**claims, "preferred_username": name})
    assert outcome(Site(tmp_path, lying.issuer), lying) == "name"


def test_a_role_may_lie_deep_in_the_token(tmp_path: Path, lying: LyingProvider) -> None:
    lying.forge = lambda claims: signed({**claims, "realm_access": {"roles": ["ward-6"]}})
    assert outcome(Site(tmp_path, lying.issuer, role_claim="realm_access.roles"), lying) == "in"


def test_a_provider_under_another_name_is_not_asked(tmp_path: Path, lying: LyingProvider) -> None:
    site = Site(tmp_path, lying.issuer.replace("127.0.0.1", "localhost"))
    assert site.browser().get("/sign-in/hospital").headers["location"] == "/sign-in?problem=provider"


@pytest.mark.parametrize(
    "change, words",
    [
        ({"issuer": "http://sso.hospital.example"}, "issuer"),
        ({"board_url": "http://board.hospital.example"}, "board_url"),
        ({"scopes": ["profile"]}, "openid"),
        ({"roles": {}}, "roles"),
        ({"roles": {"ward-6": "admin"}}, "roles"),
        ({"stays_h": 13}, "stays_h"),
        ({"client_secret_file": "/nowhere"}, "client_secret_file"),
        ({"client_secret": "in the open"}, "client_secret"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    there = {"issuer": "https://sso.hospital.example", "board_url": BOARD, **change}
    path = provider_file(tmp_path, **there)
    with pytest.raises(ProviderFileError, match=words) as told:
        read_provider(path)
    assert "in the open" not in str(told.value)
