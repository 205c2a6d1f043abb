"""The examples for subscribers do what they say, each as its own process against a broker."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from blinwatch.core.decisions import AlertTransition
from blinwatch.deliver.cloud_event import as_call
from tests.commands.test_alerts_and_ack import ALERT, GONE, LOW, PUBLISHER, step
from tests.support.brokers import Broker
from tests.support.embedded import PlainWriter, catalogue_broker

pytestmark = pytest.mark.kafka
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PAGER_LINES_MOST = 20
WAIT_S = 60
HIGH = replace(ALERT, priority="high")


class Reader:
    """A running example and what it prints."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self._process = process
        self._new: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._new.put(line.rstrip("\n"))

    def until(self, enough: Callable[[list[str]], object], again: Callable[[], None] = lambda: None) -> list[str]:
        """Wait for lines; `again` is done before each look."""
        end_s = time.monotonic() + WAIT_S
        while not enough(self.lines):
            assert time.monotonic() < end_s, f"not seen: {self.lines}; status {self._process.poll()}"
            again()
            try:
                self.lines.append(self._new.get(timeout=0.5))
            except queue.Empty:
                continue
        return self.lines


@contextmanager
def running(*words: str) -> Iterator[Reader]:
    # A session of its own: a shell's children end with it.
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield Reader(process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


@pytest.fixture
def broker() -> Iterator[Broker]:
    with catalogue_broker() as broker:
        yield broker


def publish(broker: Broker, *told: tuple[AlertTransition, bool]) -> None:
    """Records as a worker writes them; the second of each pair says whether it calls somebody."""
    writer = PlainWriter(broker.bootstrap)
    for transition, calls in told:
        record = PUBLISHER.records_of(transition)[0]
        headers = as_call(record.headers) if calls else record.headers
        marks = (("page", b"yes" if calls else b"no"), ("delivery", b"live"))
        writer.write(record.topic, record.key, record.value, headers=(*headers, *marks))
    writer.flush()


def python(name: str, broker: Broker, *words: str) -> tuple[str, ...]:
    return sys.executable, str(EXAMPLES / name), broker.bootstrap, *words


def test_a_reader_hears_each_decision_once_and_goes_on_where_it_was(broker: Broker) -> None:
    raised, resolved = step(HIGH, "raised"), step(replace(HIGH, state="resolved"), "resolved")
    publish(broker, (raised, False), (step(LOW, "raised"), False), (raised, True))
    with running(*python("subscribe_alerts.py", broker)) as reader:
        lines = reader.until(lambda lines: len(lines) == 2)
        assert sorted(line.split()[2] for line in lines) == ["high", "low"]
        publish(broker, (raised, True), (resolved, False))
        assert " resolved high " in reader.until(lambda lines: len(lines) == 3)[2], "the repetition was not heard"
    publish(broker, (step(GONE, "raised"), True))
    with running(*python("subscribe_alerts.py", broker)) as reader:
        (line,) = reader.until(lambda lines: len(lines) == 1)
        assert GONE.code in line, "what was handled before is committed and does not come again"


def test_a_reader_may_choose_a_priority_by_header_alone(broker: Broker) -> None:
    publish(broker, (step(LOW, "raised"), True), (step(HIGH, "raised"), True))
    with running(*python("subscribe_alerts.py", broker, "--priority", "high")) as reader:
        (line,) = reader.until(lambda lines: len(lines) == 1)
    assert HIGH.code in line
    assert LOW.code not in line


@pytest.mark.apache("the mock cluster knows no offsets by time")
def test_a_reader_may_begin_at_a_moment(broker: Broker) -> None:
    publish(broker, (step(LOW, "raised"), True))
    time.sleep(2)
    since = time.time()
    publish(broker, (step(HIGH, "raised"), True))
    moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(since))
    with running(*python("subscribe_alerts.py", broker, "--since", moment)) as reader:
        (line,) = reader.until(lambda lines: len(lines) == 1)
    assert HIGH.code in line
    if shutil.which("kcat"):
        with running("sh", str(EXAMPLES / "follow_alerts.sh"), broker.bootstrap, f"s@{int(since) * 1000}") as reader:
            (line,) = reader.until(lambda lines: len(lines) == 1)
        assert HIGH.code in line


def test_the_pager_calls_once_for_each_alert_and_stops_when_somebody_has_it(broker: Broker) -> None:
    raised = step(HIGH, "raised")
    quiet = step(LOW, "raised")
    with running(*python("pager.py", broker)) as pager:
        # It begins at the end of the topic: what comes before it is ready it does not hear.
        pager.until(bool, lambda: publish(broker, (raised, False), (quiet, False), (raised, True)))
        acknowledged = step(replace(HIGH, state="acknowledged"), "acknowledged", by="nurse-7")
        publish(broker, (raised, True), (acknowledged, False))
        lines = pager.until(lambda lines: lines[-1].startswith("STOP"))
    assert len(lines) == 2, "one call, whatever came twice"
    assert lines[0].startswith("CALL high ")
    assert HIGH.summary in lines[0]
    assert lines[1] == f"STOP {HIGH.alert_id}: acknowledged"


def test_the_pager_is_short() -> None:
    source = (EXAMPLES / "pager.py").read_text(encoding="utf-8").partition('"""\n')[2]
    code = [line for line in source.splitlines() if line.strip() and "import" not in line]
    assert len(code) <= PAGER_LINES_MOST


@pytest.fixture
def kcat() -> None:
    if shutil.which("kcat") is None:
        pytest.skip("NOT RUN: no kcat here; install Debian's kcat to run examples/follow_alerts.sh")


@pytest.mark.usefixtures("kcat")
@pytest.mark.parametrize(
    "wanted,codes", [("", {HIGH.code, LOW.code}), ("page=yes", {HIGH.code}), ("priority=low", {LOW.code})]
)
def test_kcat_follows_the_alerts_and_filters_by_header(broker: Broker, wanted: str, codes: set[str]) -> None:
    publish(broker, (step(LOW, "raised"), False), (step(HIGH, "raised"), True))
    words = ("sh", str(EXAMPLES / "follow_alerts.sh"), broker.bootstrap, "beginning", wanted)
    with running(*words) as reader:
        lines = reader.until(lambda lines: len(lines) == len(codes))
    told = [json.loads(line.partition("\t")[2]) for line in lines]
    assert {one["alert"]["code"] for one in told} == codes
