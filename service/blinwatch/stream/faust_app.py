"""Builds the Faust application of a worker: settings, changelog table, consumer, ticks, lag."""

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import faust
from faust.types import TP
from faust.types.auth import CredentialsT
from mode import Service

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.stream import garbage
from blinwatch.stream.agent_mode import AgentConsumer, add_agent
from blinwatch.stream.batch_consumer import BatchConsumer
from blinwatch.stream.desk import Desk
from blinwatch.stream.durable_consumer import DurableConsumer
from blinwatch.stream.engine import Engine
from blinwatch.stream.kafka_transport import transport_for
from blinwatch.stream.newest_ticks import read_newest_ticks
from blinwatch.stream.outside_look import OutsideLook
from blinwatch.stream.progress import Place, Progress
from blinwatch.stream.state_table import StateTable
from blinwatch.stream.stored_state import StoredState
from blinwatch.stream.telemetry import Telemetry
from blinwatch.stream.tick_writer import TickSource, TickWriter
from blinwatch.stream.workbench import Workbench

POLL_RECORDS_MOST = 4_000
"""Records in one hand-over from the consumer's thread: some 50 ms of decoding before others get their turn."""
WRITE_BATCH_BYTES = 512 * 1024
"""Room for a dozen patients' states in one request. Faust's 16 KiB would be a round trip for each; Kafka refuses
batches of more than 1 MiB."""
WRITE_TIMEOUT_FACTOR = 2
"""A commit waits twice the request timeout for its acknowledgements: once for what was queued before it."""
LAG_TICK_S = 0.5
"""How closely the tick interval is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """What the stream needs of the settings; each is described in `settings.py`."""

    bootstrap: tuple[str, ...]
    credentials: CredentialsT | None
    group_id: str
    instance_id: str | None
    mode: Literal["batch", "agent"]
    state_topic: str
    commit_interval_s: float
    tick_interval_s: float
    lag_interval_s: float
    session_timeout_s: float
    request_timeout_s: float
    linger_ms: int
    scratch_dir: Path | None
    web_host: str
    web_port: int
    blind_after_s: float
    """From the rulebook in force, not from the settings."""


@dataclass(slots=True)
class StreamWorker:
    """A Faust application ready to be started, and the desk it works at."""

    app: faust.App
    desk: Desk
    look: OutsideLook


def build_stream(
    settings: StreamSettings,
    *,
    engine: Engine[Any],
    telemetry: Telemetry,
    progress: Progress,
    ticks: TickSource | None,
) -> StreamWorker:
    """Put the application together. `ticks` None: somebody else writes the clock (a simulation at its own speed)."""
    app = _new_app(settings)
    table = StateTable(
        app, name="patient_states", key_type=bytes, value_type=bytes, changelog_topic=_changelog(app, settings)
    )
    app.tables.add(cast("Any", table))

    async def write(record: OutputRecord) -> Awaitable[Any]:
        return await app.producer.send(
            record.topic, record.key, record.value, record.partition, None, list(record.headers)
        )

    bench = Workbench(
        engine=engine,
        store=table,
        write=write,
        telemetry=telemetry,
        progress=progress,
        write_timeout_s=settings.request_timeout_s * WRITE_TIMEOUT_FACTOR,
    )
    desk = Desk(bench=bench, table=table, telemetry=telemetry, progress=progress, input_topics=engine.topics)
    _connect(app, desk, settings)
    app.service(_clockwork(desk, settings, _tick_writer(ticks, write, settings) if ticks else None))
    return StreamWorker(app=app, desk=desk, look=_outside_look(desk, settings))


def _new_app(settings: StreamSettings) -> faust.App:
    scratch = settings.scratch_dir or Path(tempfile.gettempdir()) / f"blinwatch-{settings.group_id}"
    return faust.App(
        settings.group_id,
        broker=[f"kafka://{address}" for address in settings.bootstrap],
        broker_credentials=settings.credentials,
        datadir=scratch,
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        broker_client_id="blinwatch",
        broker_commit_interval=settings.commit_interval_s,
        broker_max_poll_records=POLL_RECORDS_MOST,
        broker_session_timeout=settings.session_timeout_s,
        # Kafka's own advice: a third of the session, so that two may be lost.
        broker_heartbeat_interval=min(3.0, settings.session_timeout_s / 3),
        broker_request_timeout=settings.request_timeout_s,
        producer_request_timeout=settings.request_timeout_s,
        producer_linger=settings.linger_ms / 1000,
        producer_acks=-1,
        producer_max_batch_size=WRITE_BATCH_BYTES,
        stream_wait_empty=True,
        web_bind=settings.web_host,
        web_host=settings.web_host,
        web_port=settings.web_port,
        # Faust's own pages would show its tables; ours are added by wiring.
        web_router_enabled=False,
        web_tables_enabled=False,
        web_stats_enabled=False,
        web_graph_enabled=False,
        worker_redirect_stdouts=False,
    )


def _changelog(app: Any, settings: StreamSettings) -> Any:
    return app.topic(
        settings.state_topic,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        acks=False,
        allow_empty=True,
        compacting=True,
    )


def _connect(app: Any, desk: Desk, settings: StreamSettings) -> None:
    """Give the application our consumer and producer, and the table its engine."""
    consumer: type[DurableConsumer] = BatchConsumer if settings.mode == "batch" else AgentConsumer
    transport = transport_for(desk, consumer)(app.conf.broker_consumer, app)
    app.transport = transport
    app.producer_transport = transport

    async def ends_of(partition: int) -> Mapping[str, int]:
        ends = await app.consumer.highwaters(*(TP(topic, partition) for topic in desk.input_topics))
        return {tp.topic: end for tp, end in ends.items() if end is not None}

    async def adopt(partition: int, stored: Mapping[str, StoredState]) -> None:
        await desk.adopt(partition, stored, ends_of)

    async def failed(error: BaseException) -> None:
        desk.bench.fail(error)
        await app.crash(error)

    desk.table.arrange(
        group=settings.group_id,
        read=desk.bench.engine.read_state,
        adopt=adopt,
        moved=desk.progress.recovery_moved,
        recovered=desk.progress.recovered,
        failed=failed,
    )
    if settings.mode == "agent":
        add_agent(app, desk)
    else:
        # Nobody iterates over this channel: it only has Faust subscribe to the topics and assign their
        # partitions.
        app.topics.add(app.topic(*desk.input_topics, key_type=bytes, value_type=bytes))


def _outside_look(desk: Desk, settings: StreamSettings) -> OutsideLook:
    def held() -> list[Place]:
        return [Place(topic, partition) for partition in desk.bench.engine.partitions for topic in desk.input_topics]

    return OutsideLook(
        ",".join(settings.bootstrap),
        held,
        desk.progress.answered,
        lambda: desk.progress.is_unmeasured,
        every_s=settings.lag_interval_s,
        timeout_s=settings.request_timeout_s,
    )


def _tick_writer(
    ticks: TickSource, write: Callable[[OutputRecord], Awaitable[Awaitable[Any]]], settings: StreamSettings
) -> TickWriter:
    async def newest_ticks(partitions: Iterable[int]) -> Mapping[int, datetime | None]:
        return await read_newest_ticks(",".join(settings.bootstrap), partitions, settings.request_timeout_s)

    return TickWriter(ticks, write, newest_ticks, settings.blind_after_s)


def _clockwork(desk: Desk, settings: StreamSettings, ticks: TickWriter | None) -> type[Service]:
    """The service that measures lag and writes ticks, made for one desk."""

    class Clockwork(Service):
        """Runs once the states are back, for as long as the worker does."""

        @Service.task
        async def _turn(self) -> None:
            next_tick_s = next_lag_s = time.monotonic()
            next_full_run_s = next_tick_s + garbage.FULL_RUN_EVERY_S
            while not self.should_stop:
                now_s = time.monotonic()
                if now_s >= next_full_run_s:
                    garbage.full_run()
                    next_full_run_s = now_s + garbage.FULL_RUN_EVERY_S
                if desk.progress.is_recovered:
                    waiting = _measure(desk)
                    if now_s >= next_lag_s:
                        _tell_lag(desk)
                        next_lag_s = now_s + settings.lag_interval_s
                    if ticks is not None and now_s >= next_tick_s:
                        await ticks.write_ticks(_by_partition(desk, waiting))
                        next_tick_s = now_s + settings.tick_interval_s
                await self.sleep(min(LAG_TICK_S, settings.tick_interval_s))

    return Clockwork


def _measure(desk: Desk) -> dict[tuple[str, int], int]:
    """Records not judged yet, for each input partition whose end is known."""
    consumer = cast("DurableConsumer", desk.table.app.consumer)
    waiting: dict[tuple[str, int], int] = {}
    for partition in desk.bench.engine.partitions:
        for topic in desk.input_topics:
            unread = consumer.unread(topic, partition)
            if unread is not None:
                waiting[topic, partition] = unread + desk.bench.engine.waiting_in(topic, partition)
    return waiting


def _tell_lag(desk: Desk) -> None:
    waiting = desk.progress.waiting
    if not waiting:
        return
    desk.telemetry.lag({(place.topic, place.partition): records for place, records in waiting.items()})
    desk.telemetry.oldest_waiting(desk.progress.oldest_s())
    if not any(waiting.values()):
        desk.telemetry.progressed(time.time())


def _by_partition(desk: Desk, waiting: Mapping[tuple[str, int], int]) -> dict[int, int]:
    """Records that wait in each partition held; 1 where some topic's end is not known yet."""
    totals: dict[int, int] = {}
    for partition in desk.bench.engine.partitions:
        counts = [waiting.get((topic, partition)) for topic in desk.input_topics]
        known = [count for count in counts if count is not None]
        totals[partition] = sum(known) if len(known) == len(counts) else max(1, sum(known))
    return totals
