"""Events on their way to Kafka: each once by its id, and answered yes only when all in-sync replicas have it."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from blinwatch.core.events import AnyEvent, Tick
from blinwatch.gateway.desk import ANSWER_WITHIN_S, REMEMBERED_MOST, Headers, NotTakenError, Writer
from blinwatch.gateway.http.telling import HttpTelling
from blinwatch.receive.event_log import encode_event, encode_key, topic_of

UNDER_WAY_MOST = 20_000
"""Events handed to Kafka and not yet acknowledged, of all callers: some 10 MB. Beyond that callers wait outside."""
Became = Literal["taken", "repeated", "id_taken", "not_taken"]
"""taken: on Kafka. repeated: it was there already. id_taken: another content has this id. not_taken: send it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An event somebody wants on Kafka."""

    event: AnyEvent
    digest: bytes
    """Of the content: the same id with another content is refused."""
    headers: Headers = ()


@dataclass(slots=True)
class _Known:
    digest: bytes
    written: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Intake:
    """Remembers what came lately, and writes what is new."""

    def __init__(
        self,
        writer: Writer,
        telling: HttpTelling,
        *,
        current: Callable[[str], str] = lambda patient_id: patient_id,
        within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        """`current`: the identifier that stands after all merges of patients."""
        self._writer, self._telling, self._current, self._within_s = writer, telling, current, within_s
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._under_way = 0

    async def take(self, offered: Sequence[Offered]) -> list[Became]:
        """What became of each, in their order; waits for Kafka."""
        until_s = time.monotonic() + self._within_s
        fresh: list[tuple[Offered, _Known]] = []
        watched: list[_Known | None] = []
        for one in offered:
            known = self._known.get(one.event.event_id)
            if known is not None and known.digest != one.digest:
                watched.append(None)
                continue
            if known is None or (known.written.done() and not known.written.result()):
                known = self._remember(one)
                fresh.append((one, known))
            watched.append(known)
        await self._write(fresh, until_s)
        await self._wait([one for one in watched if one is not None], until_s)
        new = {id(known) for _, known in fresh}
        became: list[Became] = [_became(known, new) for known in watched]
        for _ in range(became.count("repeated")):
            self._telling.repeated()
        return became

    def _remember(self, one: Offered) -> _Known:
        known = _Known(one.digest)
        self._known[one.event.event_id] = known
        self._known.move_to_end(one.event.event_id)
        if len(self._known) > REMEMBERED_MOST:
            self._known.popitem(last=False)
        return known

    async def _write(self, fresh: Sequence[tuple[Offered, _Known]], until_s: float) -> None:
        """Hand all of it over and wait; each is decided when this ends, however it ends."""
        sent: list[asyncio.Future[object]] = []
        self._under_way += len(fresh)
        try:
            if self._under_way <= UNDER_WAY_MOST:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, until_s - time.monotonic())):
                        await self._hand_over(fresh, sent)
                        if sent:
                            await asyncio.wait(sent)
        finally:
            self._under_way -= len(fresh)
            for number, (one, known) in enumerate(fresh):
                is_written = number < len(sent) and _has_come(sent[number])
                known.written.set_result(is_written)
                if is_written:
                    self._telling.published(topic_of(one.event))

    async def _hand_over(self, fresh: Sequence[tuple[Offered, _Known]], sent: list[asyncio.Future[object]]) -> None:
        for one, _ in fresh:
            event = one.event
            if not isinstance(event, Tick):
                event = replace(event, patient_id=self._current(event.patient_id))
            try:
                handed = await self._writer.send(topic_of(event), encode_key(event), encode_event(event), one.headers)
            except NotTakenError:
                return  # the rest would only wait as long
            future = asyncio.ensure_future(handed)
            future.add_done_callback(_has_come)
            sent.append(future)

    async def _wait(self, watched: Sequence[_Known], until_s: float) -> None:
        """For what another request is writing just now."""
        pending = [one.written for one in watched if not one.written.done()]
        if pending:
            await asyncio.wait(pending, timeout=max(0.0, until_s - time.monotonic()))


def _became(known: _Known | None, new: set[int]) -> Became:
    """`new`: what this request has written itself; of the same event twice in one request the first is the new one."""
    if known is None:
        return "id_taken"
    if not (known.written.done() and known.written.result()):
        return "not_taken"
    if id(known) not in new:
        return "repeated"
    new.discard(id(known))
    return "taken"


def _has_come(future: asyncio.Future[object]) -> bool:
    """Whether Kafka has acknowledged. An error that comes after the answer is looked at, and nobody's news."""
    return future.done() and not future.cancelled() and future.exception() is None
