"""Puts the rooms together: the only file that knows everybody.

`build_worker` makes the worker of this process. Whoever wants a worker beside its own work (`blinwatch demo`)
starts `blinwatch worker` as a process of its own with `worker_command`: Faust takes over the signals, threads
and event loop of the process it runs in, and a crash of the worker must not take the caller along. Stop it
with SIGTERM: it commits what it has judged and ends within ten seconds, with status 0 unless something
failed.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.partitioner import murmur2  # pyright: ignore[reportUnknownVariableType]

from blinwatch import __version__
from blinwatch.catalogue import Catalogue, load_catalogue
from blinwatch.catalogue_check import verify_topics
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_protocol import load_rulebook_in_force
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.kafka_identity import faust_credentials
from blinwatch.observe.health import tell_liveness, tell_readiness
from blinwatch.observe.metrics import Metrics
from blinwatch.receive.doctor_record import decode_for_worker
from blinwatch.settings import Settings, shown, variable_of
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.engine import Engine
from blinwatch.stream.faust_app import StreamSettings, StreamWorker, build_stream
from blinwatch.stream.patient_book import Judge
from blinwatch.stream.progress import Progress
from blinwatch.stream.rulebook_log import take_over_rulebook
from blinwatch.stream.run_worker import run_worker
from blinwatch.stream.tick_writer import TickSource, wall_clock
from blinwatch.stream.web_pages import add_pages

SIGN_BIT_OFF = 0x7FFFFFFF
"""Kafka's partitioner clears the sign bit of the hash before it takes the remainder."""


STATE_TOPIC = "blinwatch.state.v1"


class TopicsError(Exception):
    """The broker's topics are not those of the catalogue, so a worker must not start."""


def home_partition(partitions: int) -> Callable[[bytes], int]:
    """The partition of a key as Kafka's default partitioner chooses it."""

    def partition_of(key: bytes) -> int:
        return (murmur2(key) & SIGN_BIT_OFF) % partitions

    return partition_of


def build_engine(judge: Judge[Any], rulebook: Rulebook, catalogue: Catalogue) -> Engine[Any]:
    """The engine between the receive and deliver rooms."""
    publisher = DecisionPublisher(rulebook_version=rulebook.version, rulebook_digest=rulebook.digest)
    return Engine(
        topics=[topic.name for topic in catalogue.inputs],
        judge=judge,
        decode=decode_for_worker,
        records_of=publisher.records_of,
        home_partition=home_partition(catalogue.partitions),
    )


def stream_settings(settings: Settings, catalogue: Catalogue, rulebook: Rulebook) -> StreamSettings:
    """The part of the settings, and of the rulebook, that the stream needs."""
    return StreamSettings(
        bootstrap=settings.kafka_bootstrap,
        credentials=faust_credentials(settings),
        group_id=settings.group_id,
        instance_id=settings.instance_id,
        mode=settings.stream_mode,
        state_topic=catalogue.topic(STATE_TOPIC).name,
        commit_interval_s=settings.commit_interval_s,
        tick_interval_s=settings.tick_interval_s,
        lag_interval_s=settings.lag_interval_s,
        session_timeout_s=settings.session_timeout_s,
        request_timeout_s=settings.request_timeout_s,
        linger_ms=settings.linger_ms,
        scratch_dir=settings.scratch_dir,
        web_host=settings.web_host,
        web_port=settings.web_port,
        blind_after_s=rulebook.alerts.blind_after_s,
    )


def build_worker(
    settings: Settings,
    *,
    ticks: TickSource | None = wall_clock,
    judge: Judge[Any] | None = None,
    rulebook: Rulebook | None = None,
) -> StreamWorker:
    """A worker for this process, ready for `run_worker`.

    `ticks` None: somebody else writes the clock, for instance a simulation at its own speed. `judge`: another
    judgement than the core's (tests of the stream itself). `rulebook` None: the one the settings put in force.
    """
    catalogue = load_catalogue(settings.partitions)
    rulebook = rulebook or load_rulebook_in_force(settings.site_protocol)
    metrics = Metrics(
        version=__version__,
        rulebook_version=rulebook.version,
        rulebook_digest=rulebook.digest,
        partitions=catalogue.partitions,
        wards=settings.wards,
    )
    progress = Progress()
    metrics.watch_signs_of_life(progress.failing_s)
    stream = build_stream(
        stream_settings(settings, catalogue, rulebook),
        engine=build_engine(judge or CoreJudge(rulebook), rulebook, catalogue),
        telemetry=metrics,
        progress=progress,
        ticks=ticks,
    )
    add_pages(
        stream.app,
        liveness=lambda: tell_liveness(__version__, rulebook.version),
        readiness=lambda: tell_readiness(progress.sight(), settings.ready_max_stall_s),
        exposition=metrics.exposition,
    )
    return stream


def require_topics(settings: Settings) -> None:
    """Refuse to go on when topics are missing or have other partition counts; says which, and what to do."""
    catalogue = load_catalogue(settings.partitions)
    problems = asyncio.run(verify_topics(settings.bootstrap_servers, catalogue))
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise TopicsError(f"this worker cannot start, the broker's topics differ from the catalogue:\n{listed}")


def start_worker(settings: Settings, *, ticks: TickSource | None = wall_clock) -> int:
    """Check clinical data and topics, tell the audit of changed rules, then work until stopped; the exit status."""
    rulebook = load_rulebook_in_force(settings.site_protocol)
    require_topics(settings)
    published = load_rulebook() if settings.site_protocol else rulebook
    asyncio.run(
        take_over_rulebook(settings.bootstrap_servers, settings.group_id, rulebook, published, started_at=wall_clock())
    )
    return run_worker(lambda: build_worker(settings, ticks=ticks, rulebook=rulebook), settings.stall_exit_s)


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """How to start a worker as a process of its own: `subprocess.Popen(command.words, env=command.environment)`."""

    words: tuple[str, ...]
    environment: Mapping[str, str]


def worker_command(settings: Settings, *, writes_ticks: bool = True) -> WorkerCommand:
    """The command and environment of a worker with exactly these settings."""
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("BLINWATCH_")}
    for name in Settings.model_fields:
        environment[variable_of(name)] = shown(getattr(settings, name))
    words = (sys.executable, "-m", "blinwatch.cli", "worker", "--ticks" if writes_ticks else "--no-ticks")
    return WorkerCommand(words=words, environment=environment)
