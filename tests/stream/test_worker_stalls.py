"""The known ways to stall, with real processes: first not ready, then ended with the sign that failed, then mended."""

import json
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from blinwatch.simulate.embedded_broker import EmbeddedBroker
from blinwatch.stream.watchdog import EXIT_STALLED
from tests.support.broker_process import BrokerProcess
from tests.support.embedded import PARTITIONS, PlainReader, PlainWriter, told_first
from tests.support.records import VITALS, patients_of, vitals
from tests.support.worker_process import REAL, TOY, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]

STALLING = ("-m", "tests.support.stalling_worker")
SOON: dict[str, object] = {"ready_max_stall_s": 3, "stall_exit_s": 10, "request_timeout_s": 8}
"""Limits short enough for a test, and long enough for a busy machine."""
NAMES = [name for partition in range(PARTITIONS) for name in patients_of(partition, 1, PARTITIONS)]


def write_fever(writer: PlainWriter, minute: int) -> None:
    """Every patient has a fever, or none any more."""
    for name in NAMES:
        writer.write(VITALS, name, vitals(name, minute, minute, temperature_c=37.0 if minute % 2 else 39.0))
    writer.flush()


def until(true: Callable[[], Any], timeout_s: float = 60) -> None:
    end_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end_s, "did not happen in time"
        time.sleep(0.1)


def reasons(worker: WorkerProcess) -> list[str]:
    """Why it is not ready; `silence` while it does not even answer."""
    status, body = worker.get("/readyz")
    return [reason["code"] for reason in json.loads(body)["reasons"]] if status else ["silence"]


def not_ready_then_ended(worker: WorkerProcess, reason: str) -> str:
    until(lambda: reason in reasons(worker))
    assert worker.process.poll() is None, "it is not ready before it ends"
    assert worker.until_ended() == EXIT_STALLED
    return worker.log()


def test_a_blocked_event_loop(broker: EmbeddedBroker, tmp_path: Path) -> None:
    writer, flag = PlainWriter(broker.bootstrap), tmp_path / "stall"
    with WorkerProcess(broker.bootstrap, tmp_path, (*STALLING, "loop", str(flag)), **SOON) as worker:
        worker.until_ready()
        flag.touch()
        write_fever(writer, 0)
        assert "no progress (reading loop)" in not_ready_then_ended(worker, "silence")


def test_a_consumer_that_stops_fetching(broker: EmbeddedBroker, tmp_path: Path) -> None:
    writer, flag = PlainWriter(broker.bootstrap), tmp_path / "stall"
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1")
    with WorkerProcess(broker.bootstrap, tmp_path, (*STALLING, "fetching", str(flag)), **SOON) as worker:
        write_fever(writer, 0)
        reader.read_until(lambda messages: len(messages) == len(NAMES))
        worker.until_ready()
        flag.touch()
        minutes = 1
        while "stalled" not in reasons(worker):
            # The fetch that is under way may still bring the first of these.
            write_fever(writer, minutes)
            minutes += 1
            time.sleep(0.3)
            assert worker.process.poll() is None, worker.log()
        said = not_ready_then_ended(worker, "stalled")
    assert "no progress (position): records wait in vitals.observed.v1 partition" in said
    flag.unlink()
    with WorkerProcess(broker.bootstrap, tmp_path, TOY) as next_one:
        reader.read_until(lambda messages: len(told_first(messages)) >= minutes * len(NAMES))
        assert next_one.stop() == 0, next_one.log()
    reader.close()


def test_a_broker_that_accepts_connections_and_answers_nothing(tmp_path: Path) -> None:
    with BrokerProcess() as broker, WorkerProcess(broker.bootstrap, tmp_path, TOY, **SOON) as worker:
        worker.until_ready()
        broker.fall_silent()
        assert "no progress (broker)" in not_ready_then_ended(worker, "lag_unknown")


def test_a_start_against_a_broker_that_answers_nothing_ends_with_a_reason(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with WorkerProcess(address, tmp_path, REAL, **SOON) as worker:
            assert worker.until_ended(120) == 1
            assert address in worker.log()
            assert "Traceback" not in worker.log()


def test_lost_heartbeats_cost_nothing_and_the_worker_comes_back(broker: EmbeddedBroker, tmp_path: Path) -> None:
    """Its process is stopped for longer than the session: another one takes over, then it wakes up."""
    writer = PlainWriter(broker.bootstrap)
    reader = PlainReader(broker.bootstrap, "alerts.lifecycle.v1")

    def ids() -> set[str]:
        return {json.loads(message.value())["decision_id"] for message in reader.records}

    with (
        WorkerProcess(broker.bootstrap, tmp_path, TOY) as sleeper,
        WorkerProcess(broker.bootstrap, tmp_path, TOY) as other,
    ):
        sleeper.until_ready(partitions=PARTITIONS // 2)
        other.until_ready(partitions=PARTITIONS // 2)
        write_fever(writer, 0)
        reader.read_until(lambda _: len(ids()) == len(NAMES))
        sleeper.process.send_signal(signal.SIGSTOP)
        write_fever(writer, 1)
        other.until_ready(partitions=PARTITIONS)
        reader.read_until(lambda _: len(ids()) == 2 * len(NAMES))
        sleeper.process.send_signal(signal.SIGCONT)
        sleeper.until_ready(partitions=PARTITIONS // 2)
        write_fever(writer, 2)
        reader.read_until(lambda _: len(ids()) == 3 * len(NAMES))
        assert sleeper.stop() == 0, sleeper.log()
        assert other.stop() == 0, other.log()
    reader.close()
