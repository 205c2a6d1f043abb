"""The board's pages and the few things a browser may ask for.

Everything a page needs is served from here, nothing from elsewhere; the browser is told so (Content-Security-Policy).
Acts are taken from the board's own pages only (Origin), under the names it is meant to have (Host). The door says who
comes in, and what for (`people/door.py`); without a file of people `blinwatch board` binds to this machine unless told
otherwise.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import orjson
from aiokafka.errors import KafkaError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from blinwatch.board.acts import ActRefusedError, event_of
from blinwatch.board.alarm_load import alarm_load
from blinwatch.board.alarm_load_csv import to_csv
from blinwatch.board.choices import examination_choices
from blinwatch.board.courses import HOUR_MS, SPANS_H, course
from blinwatch.board.feed_trends import TrendFeed
from blinwatch.board.hub import Hub
from blinwatch.board.load_page import LOAD_DAYS, load_page
from blinwatch.board.people.door import Door, Guest, is_own_page
from blinwatch.board.people.roles import RIGHT_OF_ACT, Right
from blinwatch.board.tile import ms
from blinwatch.board.trends.trend_store import TrendStore, TrendStoreError
from blinwatch.board.ward_now import Written
from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.events import AnyEvent

STATIC = Path(__file__).parent / "static"
ACT_BYTES_MOST = 16 * 1024
"""A form with both assessments filled in takes 2 kB."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Pages name patients: they are not stored by browsers or proxies, and no address of theirs goes elsewhere."""
Send = Callable[[AnyEvent], Awaitable[Written]]
"""Writes an event to its topic; returns where it lies once all in-sync replicas have it."""


class Board:
    """The answers to requests."""

    def __init__(self, hub: Hub, send: Send, icans: IcansRules, trends: TrendFeed | None, door: Door) -> None:
        self._hub = hub
        self._door = door
        self._send = send
        self._trends = trends
        self._choices = examination_choices(icans)

    async def page(self, _: Request) -> Response:
        """The ward; the same page shows one patient where the address says so."""
        return FileResponse(STATIC / "board.html")

    async def events(self, request: Request) -> Response:
        """All that changes, as server-sent events; until whoever listens is no longer signed in."""

        async def told() -> AsyncGenerator[ServerSentEvent]:
            async for name, content in self._hub.messages():
                guest = self._door.guest(request)
                if guest is None or not guest.may("ward"):
                    return
                yield ServerSentEvent(event=name, data=orjson.dumps(content).decode())

        # The hub has its own heartbeat, which the page watches.
        return EventSourceResponse(told(), ping=3600)

    async def patient(self, request: Request) -> Response:
        """One patient's tile and why each of his alerts stands."""
        patient_id: str = request.path_params["patient_id"]
        tile = self._hub.ward.tile_of(patient_id)
        if tile is None:
            return _json({"error": "no such patient on this board"}, 404)
        return _json({"tile": tile, "alerts": [asdict(one) for one in self._hub.ward.why(patient_id)]})

    async def course(self, request: Request) -> Response:
        """A patient's vital signs, grades, infusion, drugs and alerts over the last hours."""
        patient_id: str = request.path_params["patient_id"]
        status = self._hub.ward.statuses.get(patient_id)
        if status is None:
            return _json({"error": "no such patient on this board"}, 404)
        span_h = request.query_params.get("hours", "")
        if span_h not in map(str, SPANS_H):
            return _json({"error": f"hours is one of {', '.join(map(str, SPANS_H))}"}, 422)
        until_ms = ms(self._hub.ward.now_for(patient_id, datetime.now(UTC))) or 0
        if self._hub.is_simulated:
            until_ms = ms(status.as_of) or 0
        try:
            return _json(await asyncio.to_thread(course, self._store(), patient_id, until_ms, int(span_h)))
        except TrendStoreError as error:
            return _json({"error": str(error)}, 503)

    def _store(self) -> TrendStore:
        store = None if self._trends is None else self._trends.store
        if store is None:
            raise TrendStoreError("trends are not kept here, or not yet: see BLINWATCH_TREND_STORE")
        return store

    async def alarm_load(self, request: Request) -> Response:
        """What the alerts ask of the ward; as JSON, or as CSV where the address says so."""
        days, ward = request.query_params.get("days", ""), request.query_params.get("ward") or None
        if days not in map(str, LOAD_DAYS):
            return _json({"error": f"days is one of {', '.join(map(str, LOAD_DAYS))}"}, 422)
        until_ms: int = self._hub.pulse()["now"]
        since_ms = until_ms - int(days) * 24 * HOUR_MS
        try:
            store = self._store()
            steps = await asyncio.to_thread(store.transitions, since_ms, until_ms, ward)
            patient_days = await asyncio.to_thread(store.patient_days, since_ms, until_ms, ward)
        except TrendStoreError as error:
            return _json({"error": str(error)}, 503)
        load = alarm_load(steps, patient_days, since_ms=since_ms, until_ms=until_ms, ward=ward)
        if request.url.path.endswith(".csv"):
            return Response(to_csv(load), media_type="text/csv", headers={"Content-Disposition": "attachment"})
        return _json(load_page(load))

    async def choices(self, _: Request) -> Response:
        """What the form of an examination offers."""
        return _json(self._choices)

    async def act(self, request: Request) -> Response:
        """Write what somebody did. 202: it is on the topic; what became of it comes as an event."""
        if not is_own_page(request):
            return _json({"error": "acts are taken from this board's own pages only"}, 403)
        body = await _body(request)
        form = _parsed(body)
        if form is None:
            return _json({"error": "the form could not be read"}, 400)
        guest: Guest = request.state.guest
        right = RIGHT_OF_ACT.get(str(form.get("kind")))
        if right is not None and not guest.may(right):
            return _json({"error": f"a {guest.role} may not do this at the board"}, 403)
        if guest.name is not None:
            # Whatever a browser says: the audit holds who was signed in.
            form["by"] = guest.name
        ward = self._hub.ward
        patient_id = str(form.get("patient_id"))
        if patient_id not in ward.statuses:
            return _json({"error": "no such patient on this board"}, 404)
        alert = ward.alert(patient_id, str(form.get("alert_id")))
        event_id = f"board-{uuid4().hex}"
        try:
            event = event_of(form, alert, ward.now_for(patient_id, datetime.now(UTC)), event_id)
        except ActRefusedError as error:
            return _json({"error": str(error)}, 422)
        ward.await_answer(event_id)
        try:
            ward.act_written(event_id, await self._send(event))
        except (OSError, TimeoutError, KafkaError):
            return _json({"error": "not written: Kafka did not take it. Try again"}, 503)
        return _json({"event_id": event_id}, 202)

    async def health(self, _: Request) -> Response:
        """Whether the board itself answers, and what it says of the monitor."""
        return _json({"status": "alive", "monitor": self._hub.pulse()["state"]})


def build_app(
    hub: Hub,
    send: Send,
    icans: IcansRules,
    hosts: Sequence[str],
    *,
    door: Door | None = None,
    trends: TrendFeed | None = None,
    beside: Callable[[], Any] | None = None,
) -> Starlette:
    """The application. `hosts`: names under which it may be asked; `beside`: an async context it runs in.

    Without a `door` everybody comes in.
    """
    door = door or Door(None, is_https=False)
    board = Board(hub, send, icans, trends, door)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        if beside is None:
            yield
            return
        async with beside():
            yield

    return Starlette(
        routes=[
            Route("/", board.page),
            Route("/patient", board.page),
            Route("/alarms", board.page),
            Route("/alarm-load.csv", _only("alarm_load", board.alarm_load)),
            Route("/api/alarm-load", _only("alarm_load", board.alarm_load)),
            Route("/events", _only("ward", board.events)),
            Route("/api/patients/{patient_id}", _only("ward", board.patient)),
            Route("/api/patients/{patient_id}/course", _only("ward", board.course)),
            Route("/api/choices", _only("ward", board.choices)),
            Route("/api/me", door.me),
            Route("/sign-in", door.page),
            Route("/sign-in", door.sign_in, methods=["POST"]),
            Route("/sign-in/ways", door.ways),
            Route("/sign-in/hospital", door.to_hospital),
            Route("/sign-in/answer", door.from_hospital),
            Route("/sign-out", door.sign_out, methods=["POST"]),
            Route("/api/acts", board.act, methods=["POST"]),
            Route("/healthz", board.health),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
            Middleware(BaseHTTPMiddleware, dispatch=_with_headers),
            Middleware(BaseHTTPMiddleware, dispatch=door.watch),
        ],
        lifespan=lifespan,
    )


def _only(right: Right, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def asked(request: Request) -> Response:
        guest: Guest = request.state.guest
        if not guest.may(right):
            return _json({"error": f"a {guest.role} may not see this"}, 403)
        return await answer(request)

    return asked


async def _with_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > ACT_BYTES_MOST:
            return b""
    return body


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        form: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", form) if isinstance(form, dict) else None


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
