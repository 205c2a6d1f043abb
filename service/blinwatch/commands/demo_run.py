"""One run of the demo: broker, worker, ward and reader started, watched and stopped together."""

import asyncio
import contextlib
import json
import time
import urllib.request
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blinwatch.board.serve import BoardPlan, serve_board
from blinwatch.catalogue import load_catalogue
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.demo_hl7 import DemoGateway
from blinwatch.commands.demo_hospital import DemoHospital
from blinwatch.commands.demo_worker import DemoWorker, free_port
from blinwatch.commands.kafka_access import TopicReader, producer_to, topic_reader
from blinwatch.settings import Settings
from blinwatch.simulate.embedded_broker import EmbeddedBroker
from blinwatch.simulate.hl7_producer import speaking_hl7
from blinwatch.simulate.record_story import with_record
from blinwatch.simulate.send_stream import Producer, Progress, StreamSender
from blinwatch.simulate.ticks import ticks_behind_s, with_ticks
from blinwatch.simulate.ward import Bed, Sending, WardPlan, make_ward, tell_ward
from blinwatch.simulate.ward_view import VIEW_TOPICS, WardView

PARTITIONS = 8
"""As a real installation has. The mock broker keeps the newest 5 MiB of each: hours of the ward's own time."""
TICK_INTERVAL_S = 60
HOLD_WHEN_WAITING = 1000
"""When this many records wait for the judgement, the ward waits too. It is a few seconds' worth on a slow machine and
far less than the broker keeps, so nothing falls out of its small memory unread."""
GO_ON_WHEN_WAITING = 300
CATCH_UP_WITHIN_S = 60.0
"""What may wait is judged in a second or two; the rest is for a busy machine."""
_ANSWER_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.25
_COUNT_EVERY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """What to show."""

    patients: int
    story: str
    seed: int
    speed: float
    record: Path | None
    web_port: int
    board_port: int
    hl7: bool = False
    """Whether the ward's monitors, pumps and admissions speak HL7 to a gateway."""


class DemoRun:
    """The running demo, as whoever shows it sees it."""

    def __init__(self, plan: DemoPlan, ward: WardPlan, beds: tuple[Bed, ...], settings: Settings) -> None:
        self.plan, self.ward, self.beds, self.settings = plan, ward, beds, settings
        self.board_port = free_port(plan.board_port)
        self.gateway: DemoGateway | None = None
        """Where the ward speaks HL7."""
        self.hospital: DemoHospital | None = None
        """Who hears the alerts as PCD-04 and FHIR."""
        self.view = WardView()
        self.progress = Progress()
        self.counters: dict[str, float] = {}
        """The worker's own counts, newest answer."""
        self.board_says = "nothing"
        """What the board said of the monitor when the ward had ended."""
        self.held = False
        self.started_s = time.monotonic()
        self.ended_s: float | None = None

    @property
    def stories(self) -> dict[str, str]:
        """What is simulated, by patient."""
        return {bed.setting.patient_id: bed.story.name for bed in self.beds}

    @property
    def heard_everywhere(self) -> set[str]:
        """Alerts that were raised on Kafka, came as PCD-04 and came as FHIR."""
        return set() if self.hospital is None else self.view.raised_ids & self.hospital.heard_both_ways

    @property
    def heard_by_all(self) -> bool:
        """Whether every alert that was raised has come both other ways too."""
        return self.hospital is None or self.view.raised_ids <= self.hospital.heard_both_ways

    @property
    def metrics_url(self) -> str:
        """Where Prometheus would scrape."""
        return f"http://{self.settings.web_host}:{self.settings.web_port}/metrics"

    @property
    def board_url(self) -> str:
        """Where the ward is to be seen in a browser."""
        return f"http://127.0.0.1:{self.board_port}/"

    @property
    def elapsed_s(self) -> float:
        """Real seconds of the ward, to now or to its end."""
        return (self.ended_s or time.monotonic()) - self.started_s

    @property
    def ward_now(self) -> datetime:
        """The ward's own time: that of the newest event sent."""
        return datetime.fromtimestamp(self.ward.start.timestamp() + self.progress.simulated_s, UTC)

    @property
    def waiting(self) -> int:
        """Records sent and not yet read by the worker, as its own counters tell."""
        return self.progress.events + self.progress.ticks - int(self.counters.get("read", 0.0))


@asynccontextmanager
async def running_demo(plan: DemoPlan) -> AsyncGenerator[tuple[DemoRun, Callable[[], Awaitable[None]]]]:
    """Start everything; yields the run and a function that waits for the next look at it.

    The function raises when a part has failed. Leaving the context stops the ward, the worker and the broker.
    """
    rulebook = load_rulebook()
    ward = WardPlan(
        patients=plan.patients,
        story=plan.story,
        seed=plan.seed,
        start=datetime.now(UTC).replace(microsecond=0),
        rulebook=rulebook,
        duration_h=28 * 24 + 24.0,
    )
    beds = make_ward(ward)
    if plan.record is not None:
        beds = with_record(beds, plan.record)
    catalogue = load_catalogue(PARTITIONS)
    with EmbeddedBroker({topic.name: PARTITIONS for topic in catalogue.topics}) as broker:
        settings = Settings(
            kafka_bootstrap=tuple(broker.bootstrap.split(",")),
            group_id="blinwatch.demo.v1",
            partitions=PARTITIONS,
            web_port=free_port(plan.web_port),
            log_format="console",
            wards=tuple(sorted({bed.setting.ward for bed in beds})),
        )
        run = DemoRun(plan, ward, beds, settings)
        async with (
            DemoWorker(settings) as worker,
            producer_to(broker.bootstrap, linger_ms=2) as kafka,
            topic_reader(broker.bootstrap, VIEW_TOPICS) as reader,
            AsyncExitStack() as stack,
        ):
            producer: Producer = kafka
            if plan.hl7:
                run.hospital = await stack.enter_async_context(DemoHospital(broker.bootstrap))
                run.gateway = await stack.enter_async_context(DemoGateway(broker.bootstrap))
                producer = await stack.enter_async_context(
                    speaking_hl7(kafka, beds, run.gateway.host, run.gateway.port)
                )
            parts = _Parts(run, worker, producer, reader)
            try:
                yield run, parts.next_look
                await parts.finish()
            finally:
                await parts.stop()


class _Parts:
    """The tasks of a run."""

    def __init__(self, run: DemoRun, worker: DemoWorker, producer: Producer, reader: TopicReader) -> None:
        self._run, self._worker, self._reader = run, worker, reader
        self._sender = StreamSender(producer, run.plan.speed, on_sent=self._remember)
        run.progress = self._sender.progress
        run.started_s = time.monotonic()
        stream = with_ticks(
            tell_ward(run.beds), run.ward.start, PARTITIONS, TICK_INTERVAL_S, ticks_behind_s(run.plan.speed)
        )
        self._sending = asyncio.create_task(self._sender.send_all(stream))
        self._reading = asyncio.create_task(self._read())
        self._counting = asyncio.create_task(self._count())
        self._board = asyncio.create_task(serve_board(_board_plan(run)))

    def _remember(self, sending: Sending, at_s: float) -> None:
        self._run.view.sent(sending.event.event_id, at_s)

    async def next_look(self) -> None:
        """Wait a little; keep the ward from outrunning the judgement; raise what a part has failed with."""
        tasks = {self._sending, self._reading, self._counting, self._board}
        await asyncio.wait({task for task in tasks if not task.done()}, timeout=_LOOK_EVERY_S)
        self._worker.check()
        for task in tasks:
            if task.done():
                task.result()
        if self._run.gateway is not None:
            self._run.gateway.check()
        if self._run.hospital is not None:
            self._run.hospital.check()
        limit = GO_ON_WHEN_WAITING if self._run.held else HOLD_WHEN_WAITING
        self._run.held = self._run.waiting > limit
        self._sender.hold(held=self._run.held)

    async def finish(self) -> None:
        """End the ward and let the worker judge what was sent, so that the figures add up."""
        await _cancelled(self._sending)
        self._run.ended_s = time.monotonic()
        deadline_s = time.monotonic() + CATCH_UP_WITHIN_S
        while self._run.waiting > 0 and time.monotonic() < deadline_s:
            await asyncio.sleep(_LOOK_EVERY_S)
            self._worker.check()
        # What the worker has written last is still on its way to the reader.
        await _cancelled(self._reading)
        for record in await self._reader.read_to_end():
            self._run.view.read(record, time.monotonic())
        hospital = self._run.hospital
        while hospital is not None and not self._run.heard_by_all and time.monotonic() < deadline_s:
            await asyncio.sleep(_LOOK_EVERY_S)
            hospital.check()
        self._run.board_says = await asyncio.to_thread(_state_of_board, self._run.board_url)

    async def stop(self) -> None:
        for task in (self._board, self._sending, self._reading, self._counting):
            await _cancelled(task)

    async def _read(self) -> None:
        while True:
            for record in await self._reader.read():
                self._run.view.read(record, time.monotonic())
            await asyncio.sleep(0)

    async def _count(self) -> None:
        while True:
            self._run.counters = await self._worker.counters() or self._run.counters
            await asyncio.sleep(_COUNT_EVERY_S)


def _board_plan(run: DemoRun) -> BoardPlan:
    return BoardPlan(
        bootstrap=run.settings.bootstrap_servers,
        group_id=run.settings.group_id,
        tick_interval_s=run.settings.tick_interval_s,
        host="127.0.0.1",
        port=run.board_port,
        simulated=True,
        trend_store="sqlite://",
    )


def _state_of_board(url: str) -> str:
    """What it says of the monitor, or why it does not answer."""
    try:
        with urllib.request.urlopen(f"{url}healthz", timeout=_ANSWER_WITHIN_S) as answer:  # noqa: S310 - our own page
            return str(json.load(answer)["monitor"])
    except OSError as error:
        return f"nothing: {error}"


async def _cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
