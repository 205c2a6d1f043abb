"""Puts the forwarder together: targets, their ways, receipts, metrics; and runs it until it is stopped."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from prometheus_client import start_http_server

from blinwatch.core.events import AlertAcknowledged
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.forward.alarm_manager import AlarmManager, ReportServer
from blinwatch.forward.alertmanager import Alertmanager
from blinwatch.forward.course import Course
from blinwatch.forward.fhir_server import FhirServer, FhirTopic
from blinwatch.forward.letter import Letter, NotTakenError, Way
from blinwatch.forward.pcd05 import StatusReport
from blinwatch.forward.post import Post
from blinwatch.forward.receipts import Outcome, receipt, undelivered
from blinwatch.forward.targets_file import (
    AlarmManagerTarget,
    AlertmanagerTarget,
    FhirTarget,
    FhirTopicTarget,
    Target,
    Targets,
    WebhookTarget,
)
from blinwatch.forward.webhook import Webhook
from blinwatch.kafka_identity import kafka_options
from blinwatch.observe.forward_metrics import ForwardMetrics
from blinwatch.receive.event_log import encode_event, encode_key, topic_of

REQUEST_TIMEOUT_MS = 30_000
BY_CHARACTERS_MOST = 64
_log = logging.getLogger("blinwatch.forward")


class ForwardError(Exception):
    """The forwarder cannot work; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardPlan:
    """Where it reads and whom it tells."""

    bootstrap: str
    targets: Targets
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    from_beginning: bool = False
    """A target that is new gets all that the topics hold, not only what comes."""


async def serve_forward(plan: ForwardPlan, ready: Callable[["Forward"], None] = lambda _: None) -> None:
    """Serve until cancelled. `ready` is called once every target has its place. Raises `ForwardError`."""
    forward = Forward(plan)
    try:
        await forward.start()
        if plan.metrics_port is not None:
            start_http_server(plan.metrics_port, addr=plan.metrics_host, registry=forward.metrics.registry)
        async with asyncio.TaskGroup() as tasks:
            for post in forward.posts:
                tasks.create_task(post.run())
            tasks.create_task(_tell_when_ready(forward, ready))
    except* KafkaError as errors:
        raise ForwardError(f"Kafka at {plan.bootstrap} does not serve: {errors.exceptions[0]!r}") from None
    finally:
        await forward.stop()


async def _tell_when_ready(forward: "Forward", ready: Callable[["Forward"], None]) -> None:
    for post in forward.posts:
        await post.ready.wait()
    _log.info("every target has its place: %d", len(forward.posts))
    ready(forward)


class Forward:
    """All targets of one process."""

    def __init__(self, plan: ForwardPlan) -> None:
        self._plan = plan
        self._producer: Any = None
        self.metrics = ForwardMetrics(tuple(one.name for one in plan.targets.targets))
        self.report_servers: dict[str, ReportServer] = {}
        self.posts = [self._post(target) for target in plan.targets.targets]

    async def start(self) -> None:
        """Connect and listen. Raises `KafkaError` where no broker answers, `ForwardError` where a port is taken."""
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._plan.bootstrap,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            **kafka_options(),
        )
        await self._producer.start()
        for name, server in self.report_servers.items():
            try:
                await server.start()
            except OSError as error:
                raise ForwardError(f"{name}: cannot listen for status reports: {error.strerror or error}") from error

    async def stop(self) -> None:
        """Let go of everything."""
        for server in self.report_servers.values():
            await server.close()
        if self._producer is not None:
            await self._producer.stop()

    def _post(self, target: Target) -> Post:
        way = self._way(target)
        fallback = None if target.fallback is None else self._way(self._plan.targets.named(target.fallback.to))
        if isinstance(way, AlarmManager) and isinstance(target, AlarmManagerTarget) and target.status_reports:
            reported = partial(self._reported, target.name, way)
            self.report_servers[target.name] = ReportServer(target.status_reports, reported)
        course = Course(target, way, self._kept, fallback=fallback)
        told = partial(self.metrics.open, target.name)
        return Post(self._plan.bootstrap, course, told=told, from_beginning=self._plan.from_beginning)

    def _way(self, target: Target) -> Way:
        match target:
            case WebhookTarget():
                return Webhook(target)
            case FhirTarget():
                return FhirServer(target)
            case FhirTopicTarget():
                return FhirTopic(self._write)
            case AlertmanagerTarget():
                return Alertmanager(target)
            case AlarmManagerTarget():
                return AlarmManager(target)

    async def _write(self, record: OutputRecord) -> None:
        await self._producer.send_and_wait(
            record.topic, record.value, key=record.key, headers=list(record.headers), partition=record.partition
        )

    async def _kept(self, target: str, letter: Letter, outcome: Outcome, said: str, tries: int) -> None:
        """What became of a letter, on the broker before its offset may be committed."""
        now_s = time.time()
        if outcome == "undelivered":
            await self._write(undelivered(target, letter, said, tries, now_s))
            _log.warning("%s did not take a letter, it lies among the undelivered: %s", target, said)
        await self._write(receipt(target, letter, outcome, said, tries, now_s))
        self.metrics.settled(target, outcome, max(0.0, now_s - letter.written_s))

    async def _reported(self, target: str, way: AlarmManager, report: StatusReport) -> None:
        """Accepted: somebody takes care of it, and that is an acknowledgement like one at the board."""
        about = way.about(report)
        self.metrics.reported(target, report.status if about is not None else "unknown")
        if about is None:
            raise NotTakenError("this is about no alert that was sent from here: send PID-3 and OBR-29 back")
        if report.status != "accepted":
            return
        patient_id, alert_id = about
        event = AlertAcknowledged(
            event_id=f"report-{report.decision_id}",
            patient_id=patient_id,
            occurred_at=datetime.now(UTC),
            source=f"forward:{target}",
            alert_id=alert_id,
            by=(report.by or target)[:BY_CHARACTERS_MOST],
            reason=f"accepted at the alarm manager {target}",
        )
        try:
            await self._producer.send_and_wait(topic_of(event), encode_event(event), key=encode_key(event))
        except KafkaError as error:
            raise NotTakenError(f"not kept: {type(error).__name__}; send it again") from None
