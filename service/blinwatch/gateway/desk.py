"""One message from its bytes to its answer: read, attributed, on Kafka, answered; in this order.

The answer AA is given only when every event of the message, and everything kept of what could not be used, has been
acknowledged by all in-sync replicas. Where Kafka does not take it the answer is AR, and nothing is remembered: the
sender sends again, and the same message gives the same event ids.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from blinwatch.core.events import AnyEvent
from blinwatch.deliver.dead_letter import CUT, ORIGINAL_BYTES, WRITABLE_BYTES_MOST
from blinwatch.gateway.association import Associations, Fact, Merged, Stay, encode
from blinwatch.gateway.holding import Held, Holding
from blinwatch.gateway.telling import Telling
from blinwatch.gateway.whose import Resolver
from blinwatch.receive.event_log import encode_event, encode_key
from blinwatch.receive.hl7.acknowledgement import ERRORS_TOLD_MOST, Answer, acknowledge, refuse_unreadable
from blinwatch.receive.hl7.admissions import Move
from blinwatch.receive.hl7.device_clock import read_stamp
from blinwatch.receive.hl7.draft import Draft, Group, Reading, finish
from blinwatch.receive.hl7.framing import FrameFault
from blinwatch.receive.hl7.message import Message, read_messages
from blinwatch.receive.hl7.refusal import COUNTED_ONLY, REFUSES_MESSAGE, Hl7Error, Unread
from blinwatch.receive.hl7.translate import Translation, translate

UNREAD_TOPIC, ASSOCIATIONS_TOPIC = "gateway.unread.v1", "gateway.associations.v1"
REMEMBERED_MOST = 100_000
"""Answers remembered: a hospital's messages of some minutes. A repetition after that is published again, under the
same event ids, which the judgement recognises."""
ANSWER_WITHIN_S = 15.0
"""A sender of HL7 waits 30 s for its answer as a rule: half of that, and it still hears an AR instead of nothing."""
REFUSED_OUTRIGHT = frozenset({"unsupported_message", "unsupported_version"})
"""AR: sending it again will not help."""
Headers = Sequence[tuple[str, bytes]]


class NotTakenError(Exception):
    """Kafka has not acknowledged a record."""


class Writer(Protocol):
    """The way to Kafka."""

    async def send(self, topic: str, key: bytes, value: bytes | None, headers: Headers) -> Awaitable[object]:
        """Hand over; what is returned is done when all in-sync replicas have the record. Raises `NotTakenError`."""
        ...


@dataclass(slots=True)
class Taken:
    """A message on its way: what is to be said once Kafka has it all."""

    message: Message | None
    answer: Answer
    digest: str = ""
    started_s: float = field(default_factory=time.monotonic)
    repeated: bool = False
    waiting: list[Awaitable[object]] = field(default_factory=list[Awaitable[object]])
    failed: bool = False
    handed_out: list[Held] = field(default_factory=list[Held])
    """What waited and is on its way now; it waits again where Kafka does not take it."""
    on_success: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a desk works with."""

    writer: Writer
    resolver: Resolver
    holding: Holding
    telling: Telling
    reading: Callable[[datetime], Reading]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    answer_within_s: float = ANSWER_WITHIN_S
    simulated: bool = False
    """The senders play a ward at a speed of its own: a message is received when it says that it was sent."""


class Desk:
    """Takes frames in order; `settle` waits for Kafka and gives the answer."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._answered: OrderedDict[str, Answer] = OrderedDict()
        self._number = 0

    @property
    def associations(self) -> Associations:
        """Who is where."""
        return self._means.resolver.associations

    async def take(self, frame: bytes) -> list[Taken]:
        """Read a frame and hand everything in it to Kafka, without waiting; one entry a message."""
        started_s = time.monotonic()
        try:
            messages = read_messages(frame)
        except Hl7Error as error:
            return [await self._unreadable(error.unread(), frame, started_s)]
        alone = frame if len(messages) == 1 else None
        return [await self._take(message, alone, started_s) for message in messages]

    async def fault(self, fault: FrameFault) -> Taken:
        """Bytes that were no frame: kept, and answered AR."""
        detail = {
            "outside_frame": "bytes outside any MLLP frame: is this an MLLP sender?",
            "cut_frame": "the message was cut off before its end",
            "too_large": f"the message has {fault.size_bytes} bytes, more than the gateway takes",
        }[fault.reason]
        unread = Unread(reason=fault.reason, where="", detail=detail)
        return await self._unreadable(unread, fault.kept, time.monotonic())

    async def settle(self, taken: Taken) -> bytes | None:
        """Wait until Kafka has it all; the answer, or None where the sender wants none."""
        answer = taken.answer
        if not await self._is_written(taken):
            answer = Answer(code="AR", text="not taken: Kafka has not acknowledged it; send it again")
            for held in taken.handed_out:
                self._means.holding.keep(held)
        else:
            for tell in taken.on_success:
                tell()
            self._remember(taken)
        kind = taken.message.header.text(9) if taken.message is not None else ""
        self._means.telling.answered(kind, answer.code, time.monotonic() - taken.started_s)
        control_id, at = self._next_control_id(), self._means.now()
        if taken.message is None:
            return refuse_unreadable(answer.faults[0], at=at, control_id=control_id) if answer.faults else None
        return acknowledge(taken.message, answer, at=at, control_id=control_id)

    def expire(self) -> None:
        """Let go of what has waited too long for a patient."""
        expired = self._means.holding.expire(self._means.now())
        self._means.telling.held(len(self._means.holding), expired)

    async def recall(self, raw: bytes, received_at: datetime) -> None:
        """Hold again what an earlier gateway has kept as unassociated; what has found its patient since goes out."""
        try:
            messages = read_messages(raw)
        except Hl7Error:
            return  # kept in part only, because it was too large
        for message in messages:
            translation = translate(message, self._means.reading(received_at))
            taken = Taken(None, Answer(code="AA"))
            await self._publish_groups(message, translation, received_at, taken, [])
            await self._is_written(taken)

    async def learn(self, fact: Fact) -> None:
        """Take a fact that another gateway or a command has written, and hand out what waited for it."""
        self.associations.take(fact)
        taken = Taken(None, Answer(code="AA"))
        await self._hand_out(taken)
        if not await self._is_written(taken):
            for held in taken.handed_out:
                self._means.holding.keep(held)
        else:
            for tell in taken.on_success:
                tell()

    async def _take(self, message: Message, raw: bytes | None, started_s: float) -> Taken:
        received_at = self._received_at(message)
        translation = translate(message, self._means.reading(received_at))
        before = self._answered.get(translation.digest)
        if before is not None:
            self._means.telling.repeated()
            return Taken(message, before, translation.digest, started_s, repeated=True)
        taken = Taken(message, Answer(code="AA"), translation.digest, started_s)
        unread = list(translation.unread)
        try:
            await self._move(translation.moves, taken)
        except Hl7Error as error:
            unread.append(error.unread())
        await self._publish_groups(message, translation, received_at, taken, unread)
        for group in translation.groups:
            unread += group.unread
        await self._keep(message, raw, translation.digest, unread, taken)
        taken.answer = _answer(unread)
        return taken

    async def _is_written(self, taken: Taken) -> bool:
        """Whether Kafka has acknowledged everything in time. What it takes later is sent again, under the same ids."""
        if not taken.waiting:
            return not taken.failed
        left_s = max(0.0, taken.started_s + self._means.answer_within_s - time.monotonic())
        futures = [asyncio.ensure_future(one) for one in taken.waiting]
        for one in futures:
            one.add_done_callback(_look_at)
        done, late = await asyncio.wait(futures, timeout=left_s)
        return not (taken.failed or late or any(one.cancelled() or one.exception() for one in done))

    def _received_at(self, message: Message) -> datetime:
        now = self._means.now()
        if not self._means.simulated:
            return now
        header, zone = message.header, self._means.reading(now).zone
        try:
            sent = read_stamp(header.text(7), header.where(7), zone)
        except Hl7Error:
            return now
        return now if sent is None else sent.at

    async def _move(self, moves: Sequence[Move], taken: Taken) -> None:
        """Write who is where now, and hand out what waited for it."""
        known = self.associations
        for move in moves:
            patient_id = self._means.resolver.pseudonyms.of(move.patient, move.authority)
            facts: list[Fact] = []
            match move.kind:
                case "merges":
                    gone = self._means.resolver.pseudonyms.of(move.merged, move.authority)
                    facts += [Merged(gone=gone, stays=patient_id)] if gone != patient_id else []
                case "arrives":
                    facts += known.leaves_elsewhere(move.place, patient_id, move.at)
                    facts += known.arrival(move.place, patient_id, move.at, "adt")
                case "is_there":
                    facts += known.presence(move.place, patient_id, move.at)
                case "leaves":
                    facts += known.departure(move.place, patient_id, move.at)
            for fact in facts:
                known.take(fact)  # all at once: another connection must not come between an end and a beginning
            for fact in facts:
                await self._send(taken, ASSOCIATIONS_TOPIC, fact.key, encode(fact))
                if isinstance(fact, Stay):
                    await self._forget_old(fact.place, taken)
        if moves:
            await self._hand_out(taken)

    async def _forget_old(self, place: str, taken: Taken) -> None:
        outdated = {one.key for one in self.associations.outdated(place, self._means.now())}
        for key in outdated - {one.key for one in self.associations.standing()} if outdated else ():
            await self._send(taken, ASSOCIATIONS_TOPIC, key, None)

    async def _publish_groups(
        self, message: Message, translation: Translation, received_at: datetime, taken: Taken, unread: list[Unread]
    ) -> None:
        source = f"hl7/{message.header.text(3)[:60] or 'unnamed'}"
        number = 0
        for group in translation.groups:
            whose = replace(group, drafts=[], unread=[])
            for draft in group.drafts:
                event_id = f"hl7-{translation.digest}-{number}"
                number += 1
                held = Held(group=whose, draft=draft, event_id=event_id, source=source, received_at=received_at)
                try:
                    await self._publish(held, taken)
                except Hl7Error as error:
                    unread.append(self._hold(held, error))

    async def _publish(self, held: Held, taken: Taken) -> None:
        """Raises `Hl7Error` where nobody's, or no event."""
        patient_id = self._means.resolver.patient_of(held.group, held.draft, held.received_at)
        event = finish(held.draft, patient_id=patient_id, event_id=held.event_id, source=held.source)
        if isinstance(event, Unread):
            raise Hl7Error(event.reason, event.where, event.detail)
        await self._send_event(held.draft, event, taken)

    async def _send_event(self, draft: Draft, event: AnyEvent, taken: Taken) -> None:
        flags = sorted(draft.moment.flags)
        headers = [("clock", ",".join(flags).encode())] if flags else []
        await self._send(taken, draft.topic, encode_key(event), encode_event(event), headers)

        def tell() -> None:
            self._means.telling.published(draft.topic)
            for flag in flags:
                self._means.telling.clock(flag)

        taken.on_success.append(tell)

    def _hold(self, held: Held, error: Hl7Error) -> Unread:
        """What waits for its patient waits; the rest is as the error says."""
        if error.reason != "unassociated":
            return error.unread()
        expired = self._means.holding.expire(self._means.now())
        kept = self._means.holding.keep(held)
        self._means.telling.held(len(self._means.holding), expired)
        if kept:
            return error.unread()
        return Unread(reason="hold_full", where=error.where, detail="too much waits for a patient already")

    async def _hand_out(self, taken: Taken) -> None:
        """Publish what has found its patient."""
        holding = self._means.holding
        expired = holding.expire(self._means.now())
        ready = list(holding.take(lambda one: self._is_somebodys(one.group, one.draft, one.received_at)))
        taken.handed_out += ready
        for one in ready:
            try:
                await self._publish(one, taken)
            except Hl7Error as error:
                self._means.telling.unread(error.reason)
        self._means.telling.held(len(holding), expired)

    def _is_somebodys(self, group: Group, draft: Draft, received_at: datetime) -> bool:
        try:
            self._means.resolver.patient_of(group, draft, received_at)
        except Hl7Error as error:
            return error.reason != "unassociated"
        return True

    async def _keep(
        self, message: Message, raw: bytes | None, digest: str, unread: Sequence[Unread], taken: Taken
    ) -> None:
        """One record a reason: the segments it is about, or the whole message as it came (`raw`; None: of a batch)."""
        by_reason: dict[str, list[Unread]] = {}
        for one in unread:
            by_reason.setdefault(one.reason, []).append(one)
            taken.on_success.append(lambda reason=one.reason: self._means.telling.unread(reason))
        for reason, several in by_reason.items():
            if reason in COUNTED_ONLY:
                continue
            parts = [one.part for one in several if one.part is not None]
            whole = len(parts) < len(several)
            segments = [one.whole() for one in message.segments] if whole else parts
            written = raw if whole and raw is not None else "\r".join((*segments, "")).encode("utf-8", "replace")
            headers = [*_why(several[0], len(several)), ("whole", b"yes" if whole else b"no")]
            headers += [("sender", message.sender.encode()[:200]), ("control-id", message.control_id.encode()[:200])]
            headers.append(("received-at", self._means.now().isoformat().encode()))
            value, cut = _fitting(written)
            await self._send(taken, UNREAD_TOPIC, digest.encode(), value, [*headers, *cut])

    async def _unreadable(self, unread: Unread, kept: bytes, started_s: float) -> Taken:
        digest = hashlib.sha256(kept).hexdigest()
        taken = Taken(None, Answer(code="AR", text=unread.detail, faults=(unread,)), started_s=started_s)
        headers = [*_why(unread, 1), ("whole", b"yes"), ("received-at", self._means.now().isoformat().encode())]
        taken.on_success.append(lambda: self._means.telling.unread(unread.reason))
        value, cut = _fitting(kept)
        await self._send(taken, UNREAD_TOPIC, digest.encode(), value, [*headers, *cut])
        return taken

    async def _send(self, taken: Taken, topic: str, key: bytes, value: bytes | None, headers: Headers = ()) -> None:
        try:
            taken.waiting.append(await self._means.writer.send(topic, key, value, headers))
        except NotTakenError:
            taken.failed = True

    def _remember(self, taken: Taken) -> None:
        if taken.repeated or not taken.digest:
            return
        # Without the parts themselves: what is remembered of a message must not grow with it.
        faults = tuple(replace(one, part=None) for one in taken.answer.faults[:ERRORS_TOLD_MOST])
        self._answered[taken.digest] = replace(taken.answer, faults=faults)
        if len(self._answered) > REMEMBERED_MOST:
            self._answered.popitem(last=False)

    def _next_control_id(self) -> str:
        self._number += 1
        return f"bw{time.time_ns() // 1_000_000_000:x}{self._number % 0xFFFFFF:06x}"


def _look_at(done: asyncio.Future[object]) -> None:
    """An error that comes after the answer has been given is nobody's news."""
    if not done.cancelled():
        done.exception()


def _answer(unread: Sequence[Unread]) -> Answer:
    told = tuple(one for one in unread if one.reason not in COUNTED_ONLY)
    if any(one.reason in REFUSED_OUTRIGHT for one in told):
        return Answer(code="AR", text=told[0].detail, faults=told)
    wrong = tuple(one for one in told if one.reason in REFUSES_MESSAGE)
    if wrong:
        return Answer(code="AE", text=f"{len(wrong)} part(s) cannot be used; the rest is taken", faults=wrong)
    if told:
        return Answer(code="AA", text=f"taken; {len(told)} part(s) kept unread: {told[0].reason}")
    return Answer(code="AA")


def _fitting(value: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """What Kafka takes of a value, and what to say where that is not all: or its sender would send it for ever."""
    if len(value) <= WRITABLE_BYTES_MOST:
        return value, []
    return value[:WRITABLE_BYTES_MOST], [(CUT, b"yes"), (ORIGINAL_BYTES, str(len(value)).encode())]


def _why(unread: Unread, count: int) -> list[tuple[str, bytes]]:
    """The headers that dead letters have, as far as they say the same."""
    return [
        ("reason", unread.reason.encode()),
        ("field", unread.where.encode()),
        ("detail", unread.detail.encode()),
        ("parts", str(count).encode()),
    ]
