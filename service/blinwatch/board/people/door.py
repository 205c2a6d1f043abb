"""The door before every page: who is signed in, what he may do, and the page on which he says who he is.

Without people and without hospital accounts (`Door(None, ...)`) everybody comes in and may do everything, as on a
trial machine.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from blinwatch.board.people.attempts import Attempts
from blinwatch.board.people.hospital_accounts import BEGUN_LASTS_S, HospitalAccounts, NotLetInError
from blinwatch.board.people.passwords import hash_password, is_password
from blinwatch.board.people.people_file import PeopleBook, Person
from blinwatch.board.people.roles import RIGHTS, Right
from blinwatch.board.people.sessions import LASTS_S, Sessions

OPEN = ("/sign-in", "/healthz", "/static/")
"""What needs nobody's name: no patient is in any of it."""
FORM_BYTES_MOST = 4_096
ADDRESS_FREE = 50
"""Wrong passwords from one address: a whole ward may come through one proxy."""
HASHES_AT_ONCE = 2
"""Each takes 32 MiB and a processor: a crowd at the door cannot starve the board."""
PAGE = Path(__file__).parents[1] / "static" / "sign-in.html"
ARRIVED = PAGE.with_name("signed-in.html")


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever asks, and what he may do."""

    name: str | None
    role: str | None
    rights: frozenset[Right]

    def may(self, right: Right) -> bool:
        """Whether he has a right."""
        return right in self.rights


ANYBODY = Guest(None, None, frozenset(RIGHTS["clinician"]))
"""Where nobody signs in."""


class Door:
    """Lets people in."""

    def __init__(
        self,
        people: PeopleBook | None,
        *,
        is_https: bool,
        hospital: HospitalAccounts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._people = people
        self._hospital = hospital
        self._sessions = Sessions(clock)
        self._names, self._addresses = Attempts(clock), Attempts(clock, ADDRESS_FREE)
        self._is_https = is_https
        # A browser that knows this prefix takes it by HTTPS from this very host alone.
        self._cookie = "__Host-blinwatch" if is_https else "blinwatch"
        self._way_cookie = f"{self._cookie}-on-the-way"
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        # Hashed against when nobody has the name, so that both answers take equally long.
        self._nobody = "" if people is None else hash_password("nobody has this one")

    def guest(self, request: Request) -> Guest | None:
        """Whoever asks; None where he has to sign in."""
        if self._people is None and self._hospital is None:
            return ANYBODY
        session = self._sessions.of(request.cookies.get(self._cookie, ""))
        if session is None:
            return None
        if session.role is not None:
            return Guest(session.name, session.role, RIGHTS[session.role])
        person = None if self._people is None else self._people.person(session.name)
        if person is None or person.password != session.password:
            return None
        return Guest(person.name, person.role, RIGHTS[person.role])

    async def watch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Middleware: whoever is not signed in is led to the page where he can."""
        path = request.url.path
        request.state.guest = guest = self.guest(request)
        if guest is None and not path.startswith(OPEN):
            if path.startswith(("/api/", "/events", "/sign-out")) or path.endswith(".csv"):
                return _told("sign in first", 401)
            return RedirectResponse("/sign-in", 303)
        return await call_next(request)

    async def page(self, _: Request) -> Response:
        """Where people sign in."""
        return Response(PAGE.read_bytes(), media_type="text/html")

    async def sign_in(self, request: Request) -> Response:
        """Name and password from the page's own form. 429: wait as long as `Retry-After` says."""
        if self._people is None:
            return _told("nobody signs in at this board", 404)
        if not is_own_page(request):
            return _told("people sign in on this board's own page only", 403)
        body = await request.body() if int(request.headers.get("content-length") or 0) <= FORM_BYTES_MOST else b""
        form = parse_qs(body[:FORM_BYTES_MOST].decode("utf-8", "replace"))
        name, password = (form.get(field, [""])[0] for field in ("name", "password"))
        address = request.client.host if request.client else "unknown"
        wait_s = max(self._names.wait_s(name), self._addresses.wait_s(address))
        if wait_s > 0:
            waited = str(int(wait_s) + 1)
            return _told(f"too many wrong passwords: try again in {waited} s", 429, {"Retry-After": waited})
        person = await self._known(name, password)
        if person is None:
            self._names.wrong(name)
            self._addresses.wrong(address)
            return _told("name or password is wrong", 401)
        self._names.right(name)
        answer = _told("signed in", 200)
        secret = self._sessions.begin(person.name, password=person.password)
        self._give(answer, self._cookie, secret, LASTS_S)
        return answer

    async def ways(self, _: Request) -> Response:
        """How people may sign in here, for the page that asks them."""
        told = {"password": self._people is not None, "hospital": self._hospital is not None}
        return Response(orjson.dumps(told), media_type="application/json")

    async def to_hospital(self, request: Request) -> Response:
        """Lead the browser to the hospital's own sign-in."""
        if self._hospital is None:
            return _told("this board knows no hospital accounts", 404)
        try:
            there, secret = await self._hospital.begin(request)
        except NotLetInError as error:
            return RedirectResponse(f"/sign-in?problem={error.problem}", 303)
        answer = RedirectResponse(there, 303)
        # The browser comes back from another site: a strict cookie would stay at home.
        self._give(answer, self._way_cookie, secret, BEGUN_LASTS_S, samesite="lax")
        return answer

    async def from_hospital(self, request: Request) -> Response:
        """Back from there: signed in, or led to the page that says why not."""
        if self._hospital is None:
            return _told("this board knows no hospital accounts", 404)
        try:
            account = await self._hospital.answer(request, request.cookies.get(self._way_cookie, ""))
        except NotLetInError as error:
            answer: Response = RedirectResponse(f"/sign-in?problem={error.problem}", 303)
        else:
            # A page of our own goes on to the ward: what another site began would come there without the strict cookie.
            answer = Response(ARRIVED.read_bytes(), media_type="text/html")
            lasts_s = self._hospital.stays_s
            secret = self._sessions.begin(account.name, role=account.role, lasts_s=lasts_s)
            self._give(answer, self._cookie, secret, lasts_s)
        answer.delete_cookie(self._way_cookie, path="/", secure=self._is_https, httponly=True, samesite="lax")
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End this browser's session."""
        if not is_own_page(request):
            return _told("people sign out on this board's own page only", 403)
        self._sessions.end(request.cookies.get(self._cookie, ""))
        answer = _told("signed out", 200)
        answer.delete_cookie(self._cookie, path="/", secure=self._is_https, httponly=True, samesite="strict")
        return answer

    async def me(self, request: Request) -> Response:
        """Who is signed in, for the page: it offers what he may do."""
        guest: Guest = request.state.guest
        return Response(
            orjson.dumps({"name": guest.name, "role": guest.role, "rights": sorted(guest.rights)}),
            media_type="application/json",
        )

    def _give(
        self, answer: Response, name: str, secret: str, lasts_s: int, samesite: Literal["lax", "strict"] = "strict"
    ) -> None:
        answer.set_cookie(
            name, secret, max_age=lasts_s, path="/", secure=self._is_https, httponly=True, samesite=samesite
        )

    async def _known(self, name: str, password: str) -> Person | None:
        person = None if self._people is None else self._people.person(name)
        stored = self._nobody if person is None else person.password
        async with self._hashing:
            fits = await asyncio.to_thread(is_password, password, stored)
        return person if fits else None


def is_own_page(request: Request) -> bool:
    """Whether a request that changes something comes from a page of this board (Origin)."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def _told(words: str, status: int, headers: dict[str, str] | None = None) -> Response:
    key = "said" if status < 400 else "error"  # noqa: PLR2004 - HTTP: from 400 on it is an error
    return Response(orjson.dumps({key: words}), status, headers, media_type="application/json")
