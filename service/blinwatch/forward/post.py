"""One target's post: reads the alert topics in a consumer group of its own, and commits what is settled.

A target that is down holds back nobody else: each has its own place in the topics. Nothing is remembered beside Kafka:
whoever starts again reads on from the first letter that was not settled.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from blinwatch.deliver.cloud_event import ID
from blinwatch.deliver.publish_decisions import GRADES_TOPIC, LIFECYCLE_TOPIC
from blinwatch.forward.course import Course
from blinwatch.forward.letter import Letter
from blinwatch.forward.targets_file import is_fhir
from blinwatch.forward.watermark import Watermark
from blinwatch.kafka_identity import kafka_options

GROUP_PREFIX = "forward."
OPEN_MOST = 2_000
"""Letters on their way at once: the alerts of a bad hour in a large hospital, some 20 MB."""
POLL_MS = 200
COMMIT_EVERY_S = 1.0
REQUEST_TIMEOUT_MS = 20_000
START_PATIENCE_S = 60.0

Told = Callable[[int], None]
_log = logging.getLogger("blinwatch.forward")


class Post(ConsumerRebalanceListener):
    """Runs one course."""

    def __init__(self, bootstrap: str, course: Course, *, told: Told, from_beginning: bool = False) -> None:
        """`told` hears how many letters are open. `from_beginning`: a new target gets all that there is."""
        self._bootstrap, self._course, self._told, self._all = bootstrap, course, told, from_beginning
        self._topics = (LIFECYCLE_TOPIC, GRADES_TOPIC) if is_fhir(course.target) else (LIFECYCLE_TOPIC,)
        self._marks: dict[TopicPartition, Watermark] = {}
        self._open: set[asyncio.Task[None]] = set()
        self._read: dict[TopicPartition, int] = {}
        """The offset after the last record that was taken."""
        self._consumer: Any = None
        self._failure: BaseException | None = None
        course.is_behind = self._is_behind
        self.ready = asyncio.Event()
        """Set when the group has given it its partitions."""

    async def run(self) -> None:
        """Until cancelled. Raises what makes going on impossible."""
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=f"{GROUP_PREFIX}{self._course.target.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest" if self._all else "latest",
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            **kafka_options(),
        )
        self._consumer.subscribe(list(self._topics), listener=self)
        try:
            await self._consumer.start()
            while True:
                await self._read_and_commit()
        finally:
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await self._consumer.stop()
            await self._course.close()

    async def _read_and_commit(self) -> None:
        until_s = time.monotonic() + COMMIT_EVERY_S
        while time.monotonic() < until_s:
            # Asked all the same when nothing more may come in: the group puts out whoever does not ask for minutes.
            self._hold_or_let_flow()
            batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=OPEN_MOST)
            for records in batches.values():
                self._take(records)
            self._told(len(self._open))
            if self._failure is not None:
                raise self._failure
        await self._commit()

    def _hold_or_let_flow(self) -> None:
        assigned = self._consumer.assignment()
        if len(self._open) >= OPEN_MOST:
            self._consumer.pause(*assigned)
        elif self._consumer.paused():
            self._consumer.resume(*assigned)

    def _take(self, records: Iterable[Any]) -> None:
        for record in records:
            mark = self._marks.setdefault(TopicPartition(record.topic, record.partition), Watermark())
            mark.begin(record.offset)
            self._read[TopicPartition(record.topic, record.partition)] = record.offset + 1
            letter = _letter(record)
            if letter is None:
                mark.settle(record.offset)  # a removal, or none of ours: nothing to deliver
                continue
            task = self._course.send(letter)
            self._open.add(task)
            task.add_done_callback(lambda done, mark=mark, offset=record.offset: self._ended(done, mark, offset))

    def _ended(self, task: "asyncio.Task[None]", mark: Watermark, offset: int) -> None:
        self._open.discard(task)
        if task.cancelled():
            return
        failure = task.exception()
        if failure is None:
            mark.settle(offset)
        else:
            # Not settled: a receipt that Kafka did not take, or a fault of ours. Whoever starts again tries it again.
            self._failure = self._failure or failure

    def _is_behind(self, letter: Letter) -> bool:
        place = TopicPartition(letter.topic, letter.partition)
        if place not in self._consumer.assignment():
            return False  # somebody else reads on there, and holds the call back too
        end, read = self._consumer.highwater(place), self._read.get(place, 0)
        return end is None or read < end

    async def _commit(self) -> None:
        news = {place: mark.news for place, mark in self._marks.items()}
        offsets = {place: offset for place, offset in news.items() if offset is not None}
        if not offsets:
            return
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            return  # given out anew: whoever has them now delivers what was not committed once more, with the same ids
        for place, offset in offsets.items():
            self._marks[place].committed(offset)

    # --- the group ----------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - aiokafka awaits it
        """Commit what is settled; what is open goes on here, and comes again where the partition goes."""
        try:
            await self._commit()
        except KafkaError as error:
            _log.warning("what is settled could not be committed: %s", type(error).__name__)
        for place in revoked:
            self._marks.pop(place, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - the same
        """Fix the place of a new target at once: `latest` would else mean the end of later, after a standstill."""
        starts: dict[TopicPartition, int] = {}
        for place in assigned:
            if await self._consumer.committed(place) is None:
                starts[place] = await self._consumer.position(place)
        if starts:
            await self._consumer.commit(starts)
        self.ready.set()


def _letter(record: Any) -> Letter | None:
    headers = tuple((name, bytes(value or b"")) for name, value in record.headers)
    if record.value is None or ID not in dict(headers):
        return None
    return Letter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key or b"",
        value=record.value,
        headers=headers,
        written_s=record.timestamp / 1000,
    )
