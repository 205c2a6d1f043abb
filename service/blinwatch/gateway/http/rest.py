"""POST /v1/events and /v1/events:batch: native events, one at a time or a line each.

One event is answered 202 when it is on Kafka, 200 when it was there already. A batch is answered 200 when all of it is
on Kafka, 207 when part of it was refused, 503 when Kafka has not acknowledged all: then the whole batch is sent again.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import orjson
from starlette.responses import Response

from blinwatch.gateway.http.intake import Became, Intake, Offered
from blinwatch.gateway.http.limits import BATCH_BYTES_MOST, BATCH_LINES_MOST, JSON, NDJSON
from blinwatch.gateway.http.problem import problem
from blinwatch.gateway.http.refused import AGAIN_AFTER_S, Refused, not_taken, of_rejected, status_of
from blinwatch.gateway.http.telling import HttpTelling
from blinwatch.gateway.http.window import Asked, Sort, Window
from blinwatch.receive.decode import VALUE_BYTES_MOST
from blinwatch.receive.event_log import encode_event, topic_of
from blinwatch.receive.native import decode_native
from blinwatch.receive.rejection import Rejected

SOURCE_CHARACTERS_MOST = 120
ONE = Sort(route="events", kinds={JSON: VALUE_BYTES_MOST, NDJSON: BATCH_BYTES_MOST}, refuse=problem)
BATCH = Sort(route="events:batch", kinds={NDJSON: BATCH_BYTES_MOST, JSON: BATCH_BYTES_MOST}, refuse=problem)
_STATUS_OF: dict[Became, int] = {"taken": 202, "repeated": 200}
_ID_TAKEN = "another event was sent under this id; an id names one event for ever, so give this one its own"


class RestDesk:
    """The answers to requests with native events."""

    def __init__(self, intake: Intake, window: Window, telling: HttpTelling) -> None:
        self._intake, self._window, self._telling = intake, window, telling

    async def events(self, asked: Asked) -> Response:
        """One event, or a batch where the content type says so."""
        if asked.kind == NDJSON:
            return await self.batch(asked)
        self._window.spend(asked.caller, 1)
        offered = _offered(asked.body, asked.caller)
        if isinstance(offered, Rejected):
            raise of_rejected(offered)
        (became,) = await self._intake.take([offered])
        if became == "id_taken":
            raise Refused("id_taken", _ID_TAKEN, "event_id")
        if became == "not_taken":
            raise not_taken()
        return Response(orjson.dumps(_told(offered, became)), _STATUS_OF[became], media_type=JSON)

    async def batch(self, asked: Asked) -> Response:
        """Each line its own verdict."""
        lines = list(_lines(asked))
        if not lines:
            raise Refused("empty", "there is no event in the content")
        if len(lines) > BATCH_LINES_MOST:
            raise Refused("too_many_lines", f"a batch has at most {BATCH_LINES_MOST} events; this has {len(lines)}")
        self._window.spend(asked.caller, len(lines))
        read = [(number, _offered(line, asked.caller)) for number, line in lines]
        offered = [one for _, one in read if not isinstance(one, Rejected)]
        became = iter(await self._intake.take(offered))
        verdicts = [self._verdict(number, one, became) for number, one in read]
        return _summed_up(verdicts)

    def _verdict(self, line: int, one: Offered | Rejected, became: Iterator[Became]) -> dict[str, Any]:
        if isinstance(one, Rejected):
            self._telling.refused(BATCH.route, one.reason)
            return _refusal(line, one.reason, one.detail, one.field)
        what = next(became)
        if what in _STATUS_OF:
            return {"line": line, "status": _STATUS_OF[what], **_told(one, what)}
        refused = not_taken() if what == "not_taken" else Refused("id_taken", _ID_TAKEN, "event_id")
        self._telling.refused(BATCH.route, refused.reason)
        return _refusal(line, refused.reason, refused.detail, refused.field)


def _offered(value: bytes, caller: str) -> Offered | Rejected:
    event = decode_native(value)
    if isinstance(event, Rejected):
        return event
    # Before the caller's name is added: two systems that tell of one event agree on what it is.
    digest = hashlib.sha256(encode_event(event)).digest()
    source = f"rest/{caller}/{event.source}"[:SOURCE_CHARACTERS_MOST]
    return Offered(event=replace(event, source=source), digest=digest)


def _lines(asked: Asked) -> Iterator[tuple[int, bytes]]:
    """The events of a batch, with their number from 1; empty lines are passed over."""
    if asked.kind == NDJSON:
        for number, line in enumerate(asked.body.split(b"\n"), start=1):
            if line.strip():
                yield number, line
        return
    try:
        read: Any = orjson.loads(asked.body)
    except orjson.JSONDecodeError as error:
        raise Refused("not_json", f"the content is not JSON: {error.msg} at line {error.lineno}") from None
    if not isinstance(read, list):
        raise Refused("not_an_object", f"a batch as {JSON} is a list of events; one event goes to /v1/events")
    for number, one in enumerate(cast("list[Any]", read), start=1):
        try:
            yield number, orjson.dumps(one)
        except orjson.JSONEncodeError:
            raise Refused("not_json", f"event {number} is nested deeper than can be read") from None


def _told(offered: Offered, became: Became) -> dict[str, Any]:
    return {"event_id": offered.event.event_id, "topic": topic_of(offered.event), "became": became}


def _refusal(line: int, reason: str, detail: str, field: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"line": line, "status": status_of(reason), "became": "refused"}
    if reason == "not_taken":
        told["became"] = reason
    told |= {"reason": reason, "detail": detail}
    return told if field is None else told | {"field": field}


def _summed_up(verdicts: list[dict[str, Any]]) -> Response:
    counts = {
        became: sum(one["became"] == became for one in verdicts)
        for became in ("taken", "repeated", "refused", "not_taken")
    }
    status = 503 if counts["not_taken"] else 207 if counts["refused"] else 200
    headers = {"Retry-After": f"{AGAIN_AFTER_S:g}"} if status == status_of("not_taken") else None
    return Response(orjson.dumps({**counts, "events": verdicts}), status, headers, JSON)
