"""The window that every request comes to: who is asking, how much, of what kind; and the answer, counted.

A route says what is done with the content. Everything that can be wrong before that is answered here, in the words of
the route (problem+json, or FHIR's OperationOutcome).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from blinwatch.gateway.http.allowance import Allowances
from blinwatch.gateway.http.callers import CallerBook
from blinwatch.gateway.http.refused import Refused
from blinwatch.gateway.http.telling import HttpTelling

log = logging.getLogger("blinwatch.gateway.http")
BODY_WITHIN_S = 30.0
"""For the content of one request, as for one HL7 message: a peer that stops in the middle has gone."""
NO_BOOK_CALLER = "local"
"""Who is asking where nobody has to say: only on this machine, or where somebody has said that it is meant so."""
_OUTCOMES = {207: "partly", 401: "unknown_caller", 409: "id_taken", 429: "too_many", 500: "failed", 503: "not_taken"}
_GOOD_BELOW = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a caller sends."""

    caller: str
    kind: str
    """Media type, without parameters."""
    body: bytes
    request: Request


Answer = Callable[[Asked], Awaitable[Response]]
Refuse = Callable[[Refused], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """What a route takes, and how it says no."""

    route: str
    """As metrics name it."""
    kinds: dict[str, int]
    """Media type to the most bytes of it."""
    refuse: Refuse


class Window:
    """Lets callers in."""

    def __init__(self, book: CallerBook | None, allowances: Allowances, telling: HttpTelling) -> None:
        self._book, self._allowances, self._telling = book, allowances, telling

    def open(self, sort: Sort, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """A route's endpoint."""

        async def asked(request: Request) -> Response:
            started_s = time.monotonic()
            status = 500  # unless it comes to an answer: the error goes on to be told
            try:
                response = await answer(await self._let_in(request, sort))
                status = response.status_code
                return response
            except Refused as refused:
                self._telling.refused(sort.route, refused.reason)
                status = refused.status
                return sort.refuse(refused)
            finally:
                self._telling.asked(sort.route, _outcome(status), time.monotonic() - started_s)

        return asked

    def spend(self, caller: str, events: int) -> None:
        """Take events out of a caller's allowance. Raises `Refused`."""
        wait_s = self._allowances.take(caller, events)
        if wait_s > 0:
            detail = "more events than this caller may send; wait as long as Retry-After says, and send the same again"
            raise Refused("too_many_events", detail, again_after_s=wait_s)

    async def _let_in(self, request: Request, sort: Sort) -> Asked:
        caller = self._caller(request)
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in sort.kinds:
            detail = f"the content must be of one of these kinds: {', '.join(sort.kinds)}"
            raise Refused("media_type", detail, "Content-Type")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Refused("media_type", "the content must not be compressed", "Content-Encoding")
        body = await _body(request, sort.kinds[kind])
        return Asked(caller=caller, kind=kind, body=body, request=request)

    def _caller(self, request: Request) -> str:
        if self._book is None:
            return NO_BOOK_CALLER
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        name = self._book.caller(token.strip()) if scheme.lower() == "bearer" else None
        if name is None:
            detail = "send the header 'Authorization: Bearer TOKEN'; `blinwatch gateway caller add` makes a token"
            raise Refused("unknown_caller", detail, "Authorization")
        return name


async def _body(request: Request, bytes_most: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > bytes_most:
        raise _too_large(bytes_most)
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for piece in request.stream():
                size += len(piece)
                if size > bytes_most:
                    raise _too_large(bytes_most)
                pieces.append(piece)
    except TimeoutError:
        raise Refused("too_slow", f"the content has not come within {BODY_WITHIN_S:g} s") from None
    except ClientDisconnect:
        raise Refused("cut_off", "the content was cut off before its end") from None
    return b"".join(pieces)


def _too_large(bytes_most: int) -> Refused:
    return Refused("too_large", f"the content has more than {bytes_most} bytes, the most that is taken")


def _outcome(status: int) -> str:
    return _OUTCOMES.get(status, "taken" if status < _GOOD_BELOW else "refused")
