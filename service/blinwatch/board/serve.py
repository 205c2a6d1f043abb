"""Puts the board together: ears, hub, producer, pages; and runs it until it is stopped."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from aiokafka import AIOKafkaProducer

from blinwatch.board.choices import stale_after_ms
from blinwatch.board.feed_trends import TrendFeed
from blinwatch.board.hub import Hub
from blinwatch.board.monitor_sight import MonitorSight
from blinwatch.board.people.door import Door
from blinwatch.board.people.hospital_accounts import HospitalAccounts
from blinwatch.board.people.people_file import PeopleBook
from blinwatch.board.people.provider_file import Provider
from blinwatch.board.read_topics import REQUEST_TIMEOUT_MS, Positions, TopicEars, WorkersAsked
from blinwatch.board.trends.open_store import open_store
from blinwatch.board.ward_now import WardNow, Written
from blinwatch.board.web import build_app
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import AnyEvent
from blinwatch.kafka_identity import kafka_options
from blinwatch.receive.event_log import encode_event, encode_key, topic_of
from blinwatch.receive.event_types import TYPE_NAMES

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
STOP_WITHIN_S = 3
"""Browsers hold their connection open for ever; a board that is asked to stop lets go of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPlan:
    """Where the board looks and where it is to be seen."""

    bootstrap: str
    group_id: str
    """The workers' consumer group, whose positions tell whether anybody judges."""
    tick_interval_s: float
    host: str
    port: int
    certificate: Path | None = None
    """PEM file; with it and `key` the board speaks HTTPS only."""
    key: Path | None = None
    people: PeopleBook | None = None
    """Who may sign in with a password."""
    provider: Provider | None = None
    """Who knows the hospital's accounts. Without it and without `people` nobody has to sign in."""
    names: Sequence[str] = ()
    """Further names under which browsers may ask for it."""
    simulated: bool = False
    trend_store: str | None = None
    """Address of the store that trends are kept in (`open_store`); None: no trends."""
    retention_days: int = 42
    """How long trends are kept; as long as the input topics by default."""

    @property
    def is_https(self) -> bool:
        """Whether browsers come by HTTPS: to the board itself, or to the proxy before it."""
        beyond = self.provider is not None and self.provider.board_url.startswith("https://")
        return self.certificate is not None or beyond


async def serve_board(plan: BoardPlan) -> None:
    """Serve until cancelled."""
    ward = WardNow()
    # A simulated ward brings a clock of its own: that one may stand still while the worker lives.
    tick_interval_s = math.inf if plan.simulated else plan.tick_interval_s
    sight = MonitorSight(tick_interval_s=tick_interval_s, started_s=time.monotonic())
    rulebook = load_rulebook()
    trends = _trend_feed(plan, rulebook)
    hub = Hub(
        ward,
        sight,
        simulated=plan.simulated,
        stale_after_ms=stale_after_ms(rulebook.vitals),
        trends=lambda: _not_well(trends),
    )
    ears = TopicEars(plan.bootstrap, ward, sight, hub.news)

    def told(positions: Positions) -> None:
        sight.positions(sum(positions.committed.values()), positions.waiting, time.monotonic())
        ward.judged_to(positions.committed)
        hub.news()

    asked = WorkersAsked(plan.bootstrap, plan.group_id, tuple(TYPE_NAMES), told)
    mouth = _Mouth(plan.bootstrap)

    @asynccontextmanager
    async def beside() -> AsyncGenerator[None]:
        parts = (ears, asked) if trends is None else (ears, asked, trends)
        tasks = [asyncio.create_task(one.run()) for one in parts]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await mouth.close()

    hosts = (*LOOPBACK, plan.host, *plan.names)
    hospital = None if plan.provider is None else HospitalAccounts(plan.provider)
    door = Door(plan.people, is_https=plan.is_https, hospital=hospital)
    app = build_app(hub, mouth.say, rulebook.icans, hosts, door=door, trends=trends, beside=beside)
    # Addresses of pages name patients: no access log.
    config = uvicorn.Config(
        app,
        host=plan.host,
        port=plan.port,
        ssl_certfile=plan.certificate,
        ssl_keyfile=plan.key,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        # A cancelled server would leave its browsers and tasks behind; it is asked to stop instead.
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def _trend_feed(plan: BoardPlan, rulebook: Rulebook) -> TrendFeed | None:
    if plan.trend_store is None:
        return None
    address = plan.trend_store
    return TrendFeed(plan.bootstrap, lambda: open_store(address), rulebook, retention_days=plan.retention_days)


def _not_well(trends: TrendFeed | None) -> str:
    """What is wrong with the trends, in words; nothing while they are up to date or just being opened."""
    if trends is None:
        return ""
    health = trends.health()
    return health.text if health.state in ("behind", "failing") else ""


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it: in the demo other parts have to stop as well."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


class _Mouth:
    """Writes acts; connects when the first one comes."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: Any = None
        self._lock = asyncio.Lock()

    async def say(self, event: AnyEvent) -> Written:
        """Write an event to its topic; returns where it lies once every in-sync replica has it."""
        async with self._lock:
            if self._producer is None:
                producer: Any = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    acks="all",
                    enable_idempotence=True,
                    request_timeout_ms=REQUEST_TIMEOUT_MS,
                    **kafka_options(),
                )
                await producer.start()
                self._producer = producer
        at = await self._producer.send_and_wait(topic_of(event), encode_event(event), key=encode_key(event))
        return Written(at.topic, at.partition, at.offset)

    async def close(self) -> None:
        """Let go of the broker."""
        if self._producer is not None:
            await self._producer.stop()
