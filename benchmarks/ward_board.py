"""The ward board in a real browser: event -> pixel, and 500 patients on one page.

    python -m benchmarks.ward_board [--probes 220] [--patients 20 500] [--watch-s 60] [--rounds 5] [--broker apache]
                                    [--interval-s 1]

What:      real Kafka, one worker, one board, Debian's Chromium (no window, no graphics processor), all on this machine.
           Each patient's monitor reports every second if not told otherwise. (a) On the first ward single events make
           one patient after another worse: from handing the event to the producer to its alert read by a plain client,
           to the board's message in the page, to the end of the frame in which the page drew it. (b) Every ward: the
           page opened anew until each tile is drawn, long tasks (over 50 ms) and frames while the ward goes on, the
           board's memory; on the last one then every patient's status written again and again, many a second: memory
           must stay where it is. At last the worker is killed: how long until the page says so.
Caveats:   - alert and tile come from two topics that one batch of the worker writes; the reader is this process.
           - a frame's end is the task after its animation callbacks: what the screen itself takes is not in it.
           - the trend store is a file, as a hospital would have it.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.bench_broker import bench_broker
from benchmarks.ward_board_feed import LiveWard
from confluent_kafka import Consumer, TopicPartition
from playwright.sync_api import Browser, Page

from tests.support.board_process import BoardProcess, chromium
from tests.support.embedded import PlainReader, PlainWriter, catalogue_broker
from tests.support.worker_process import REAL_WITH_CLOCK, WorkerProcess

GROUP = "bench-board"
ALERTS, STATUSES = "alerts.lifecycle.v1", "patients.status.v1"
PAGE_SCRIPT = Path(__file__).with_name("ward_board_page.js").read_text(encoding="utf-8")
DESK = {"width": 1920, "height": 1080}
SETTLE_S = 20.0
"""Until every patient is on the page and the first statuses have passed."""
BETWEEN_S = (0.25, 0.75)
"""Between two probes: at any place of the worker's and the screen's beat."""
OPENED = 9
ALERT_EVERY_S = 5.0
"""Three times the alerts that 500 patients should have at most: ten a patient-day."""
FORGET = "told.longTasks.length = told.frames.gaps.length = told.handled.length = 0"
LONG_MS = 50
"""What the browser calls a long task."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class AlertReader:
    """Notes which alert each event raised, and when that was read; a thread of its own."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer: Any = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "bench-reader", "fetch.wait.max.ms": 100, "log_level": 0}
        )
        known = self._consumer.list_topics(ALERTS, timeout=20).topics[ALERTS].partitions
        self._consumer.assign([TopicPartition(ALERTS, number, 0) for number in known])
        self.raised: dict[str, tuple[str, str, float]] = {}
        """Event's id to alert's id, its words, and s since 1970."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.1)
            if message is None or message.error() is not None:
                continue
            at_s = time.time()
            step = json.loads(message.value())
            alert = step["alert"]
            if step["transition"] in ("raised", "escalated") and alert["inhibited_by"] is None and step["caused_by"]:
                self.raised.setdefault(step["caused_by"], (alert["alert_id"], alert["summary"], at_s))

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()


def quantiles(values: Sequence[float]) -> str:
    """Half, nearly all, the longest."""
    ordered = sorted(values)
    at = [ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in (0.5, 0.99, 1.0)]
    return " / ".join(f"{one:.0f}" for one in at)


def memory_mb(process: "subprocess.Popen[bytes]") -> float:
    """What a process holds now (RSS)."""
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def state_of(url: str) -> str:
    """What the board says of the monitor."""
    with urllib.request.urlopen(f"{url}healthz", timeout=10) as answer:  # noqa: S310 - our own loopback page
        return str(json.load(answer)["monitor"])


@contextmanager
def page_of(browser: Browser, url: str, patients: int, size: Any) -> Iterator[Page]:
    """The ward's page, with every tile on it."""
    with browser.new_context(viewport=size) as context:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.add_init_script(PAGE_SCRIPT)
        page.goto(url)
        page.wait_for_function("count => document.querySelectorAll('[data-patient]').length >= count", arg=patients)
        page.wait_for_function("told.full !== null")
        yield page


def measure_latency(ward: LiveWard, page: Page, bootstrap: str, probes: int) -> dict[str, str]:
    """Event to alert, to message, to pixel; p50 / p99 / longest in ms."""
    reader = AlertReader(bootstrap)
    chance = random.Random(11)  # noqa: S311 - when probes are sent
    sent: list[tuple[str, float]] = []
    for name in chance.sample([name for name in ward.names for _ in range(20)], 20 * len(ward.names)):
        if len(sent) < probes and ward.can_worsen(name):
            sent.append(ward.probe(name))
            page.wait_for_timeout(1000 * chance.uniform(*BETWEEN_S))
    page.wait_for_timeout(10_000)
    reader.close()
    drawn = {(one["id"], one["summary"]): one for one in page.evaluate("told.alerts")}
    parts: dict[str, list[float]] = {name: [] for name in ("alert", "message", "drawn", "pixel", "in sight", "beside")}
    missed: Counter[str] = Counter()
    for event_id, sent_s in sent:
        alert_id, summary, read_s = reader.raised.get(event_id, ("", "", 0.0))
        one = drawn.get((alert_id, summary))
        if one is None:
            # Judged with the next event, or hidden behind a graver one at once: nothing new to be seen by itself.
            missed["not drawn" if alert_id else "no alert of its own"] += 1
            continue
        parts["alert"].append(1000 * (read_s - sent_s))
        parts["message"].append(one["came"] - 1000 * sent_s)
        parts["beside"].append(one["came"] - 1000 * read_s)
        parts["drawn"].append(one["painted"] - one["came"])
        parts["pixel"].append(one["painted"] - 1000 * sent_s)
        if one["seen"]:
            parts["in sight"].append(one["painted"] - 1000 * sent_s)
    say(f"{len(sent)} events; left out: {dict(missed) or 'none'}")
    return {
        "events": str(len(parts["pixel"])),
        "event to alert read by another client": quantiles(parts["alert"]),
        "event to the board's message in the page": quantiles(parts["message"]),
        "from that alert to that message": quantiles(parts["beside"]),
        "message to the end of its frame": quantiles(parts["drawn"]),
        "event to pixel": quantiles(parts["pixel"]),
        f"event to pixel, the {len(parts['in sight'])} on the screen without scrolling": quantiles(parts["in sight"]),
    }


def measure_page(ward: LiveWard, browser: Browser, url: str, watch_s: float) -> dict[str, str]:
    """The page opened some times, and then watched while the ward goes on."""
    patients = len(ward.names)
    opened = [_opened(browser, url, patients) for _ in range(OPENED)]
    with page_of(browser, url, patients, DESK) as page:
        page.wait_for_timeout(5_000)
        page.evaluate(FORGET)
        ends_s = time.monotonic() + watch_s
        for name in itertools.cycle(reversed(ward.names)):
            if time.monotonic() >= ends_s:
                break
            if ward.can_worsen(name):
                ward.probe(name)
            page.wait_for_timeout(1000 * ALERT_EVERY_S)
        return {
            "first full page, ms": quantiles([one["ms"] for one in opened]),
            "of it until the ward's message came, ms": quantiles([one["cameMs"] for one in opened]),
            **_watched(page, watch_s),
            "page's JavaScript memory, MB": f"{_heap_mb(page):.1f}",
        }


def _opened(browser: Browser, url: str, patients: int) -> Any:
    with page_of(browser, url, patients, DESK) as page:
        return page.evaluate("told.full")


def _watched(page: Page, watch_s: float) -> dict[str, str]:
    told = page.evaluate("told")
    worked = [one["ms"] for one in told["handled"] if one["name"] == "tiles"]
    gaps = told["frames"]["gaps"]
    long = told["longTasks"]
    return {
        "messages with tiles a second": f"{len(worked) / watch_s:.1f}",
        "work on such a message, ms": quantiles(worked or [0]),
        "between frames, ms": quantiles(gaps),
        "frames later than 50 ms": f"{sum(gap > LONG_MS for gap in gaps)} of {len(gaps)}",
        "long tasks": f"{len(long)} in {watch_s:g} s{f', longest {max(long):.0f} ms' if long else ''}",
    }


def _heap_mb(page: Page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"] / 2**20


def measure_memory(browser: Browser, bootstrap: str, board: BoardProcess, patients: int, rounds: int) -> dict[str, str]:
    """The board's memory while every status is written again and again, with a page that looks on."""
    reader = PlainReader(bootstrap, STATUSES)
    newest = {message.key(): message.value() for message in reader.read_to_end()}
    reader.close()
    writer = PlainWriter(bootstrap)
    told = [f"{memory_mb(board.process):.0f}"]
    with page_of(browser, board.url, patients, DESK) as page:
        heaps = [f"{_heap_mb(page):.1f}"]
        page.evaluate(FORGET)
        began_s = time.monotonic()
        for _ in range(rounds):
            for _ in range(40):
                for key, value in newest.items():
                    writer.write(STATUSES, key, value)
                writer.flush()
                page.wait_for_timeout(20)
            told.append(f"{memory_mb(board.process):.0f}")
            heaps.append(f"{_heap_mb(page):.1f}")
        took_s = time.monotonic() - began_s
        watched = _watched(page, took_s)
    return {
        "statuses written again": f"{rounds * 40 * len(newest):,}, {rounds * 40 * len(newest) / took_s:,.0f}/s",
        "board's memory before and after each part, MB (RSS)": ", ".join(told),
        "page's JavaScript memory likewise, MB": ", ".join(heaps),
        **{f"meanwhile: {name}": value for name, value in watched.items()},
    }


def measure_silence(browser: Browser, url: str, patients: int, worker: WorkerProcess) -> dict[str, str]:
    """How long after the only worker's death the page says that nobody is watching."""
    with page_of(browser, url, patients, DESK) as page:
        assert not page.locator("#banner").is_visible(), page.locator("#banner").inner_text()
        began_s = time.monotonic()
        worker.kill()
        page.locator("#banner", has_text="NOBODY IS WATCHING").wait_for()
        return {"worker killed until the page says so, s": f"{time.monotonic() - began_s:.1f}"}


def measure_ward(patients: int, options: argparse.Namespace, scratch: Path) -> dict[str, str]:
    """One ward with its own broker, worker and board."""
    brokers = bench_broker(pinned=False) if options.broker == "apache" else catalogue_broker()
    # Playwright's loop runs while its browser does: the broker is set up before.
    with brokers as broker, chromium() as browser:
        bootstrap = broker.bootstrap
        folder = scratch / str(patients)
        folder.mkdir()
        partitions = 8 if options.broker == "apache" else 4
        worker = WorkerProcess(
            bootstrap, folder, REAL_WITH_CLOCK, group_id=GROUP, partitions=partitions, commit_interval_s=1
        )
        store = f"sqlite:///{folder / 'trends.db'}"
        with worker, BoardProcess(bootstrap, folder, GROUP, trend_store=store) as board:
            worker.until_ready()
            board.until_up()
            is_probed = options.probes > 0 and patients == options.patients[0]
            feverish = patients if is_probed else patients // 10
            with LiveWard(bootstrap, patients, feverish, options.interval_s) as ward:
                found: dict[str, str] = {}
                with page_of(browser, board.url, patients, DESK) as page:
                    page.wait_for_timeout(1000 * SETTLE_S)
                    if is_probed:
                        found |= measure_latency(ward, page, bootstrap, options.probes)
                        say("\n".join(f"  {name}: {value}" for name, value in found.items()))
                found |= measure_page(ward, browser, board.url, options.watch_s)
                found["meanwhile the board says of the monitor"] = state_of(board.url)
                found["board's memory, MB (RSS)"] = f"{memory_mb(board.process):.0f}"
            if patients == options.patients[-1]:
                found |= measure_memory(browser, bootstrap, board, patients, options.rounds)
            assert worker.process.poll() is None, "the worker ended"
            found |= measure_silence(browser, board.url, patients, worker)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probes", type=int, default=220, help="0: no event to pixel")
    parser.add_argument("--patients", type=int, nargs="*", default=[20, 500])
    parser.add_argument("--watch-s", type=float, default=60)
    parser.add_argument("--interval-s", type=float, default=1, help="between two reports of a monitor")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--broker", choices=["apache", "mock"], default="apache")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for patients in options.patients:
            found = measure_ward(patients, options, Path(scratch))
            print(f"{patients} patients")
            for name, value in found.items():
                print(f"  {name}: {value}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
