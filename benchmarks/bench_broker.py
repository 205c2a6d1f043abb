"""One real Apache Kafka broker for measuring: more memory than the tests give it, and on a processor of its own."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import apache_kafka
from tests.support.apache_kafka import ApacheKafka

PARTITIONS = 8
JAVA = ("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError")
"""As much as a small production broker has; the tests' own broker compiles less and has a quarter of it."""


@dataclass(frozen=True, slots=True)
class BenchBroker:
    """A broker and the places to run on."""

    kafka: ApacheKafka
    pid: int
    worker_core: int | None
    """None where there is only one processor: nothing is pinned."""

    @property
    def bootstrap(self) -> str:
        """Its address."""
        return self.kafka.bootstrap


@contextmanager
def bench_broker(*, pinned: bool = True) -> Generator[BenchBroker]:
    """A broker with every topic of the catalogue; `pinned`: broker on one processor, worker on another."""
    apache_kafka.JAVA = JAVA
    with ApacheKafka(brokers=1) as kafka:
        kafka.create_catalogue_topics(PARTITIONS)
        pid = _pid_of(kafka)
        cores = sorted(os.sched_getaffinity(0))
        apart = pinned and len(cores) > 1
        if apart:
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {cores[1]})
        yield BenchBroker(kafka, pid, cores[0] if apart else None)


def _pid_of(kafka: ApacheKafka) -> int:
    """The broker's process: the only child of ours that has its log folder as its working directory."""
    folder = kafka.log_dir(1).parent
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == folder and (entry / "exe").readlink().name == "java":
                    return int(entry.name)
            except OSError:
                continue
    raise AssertionError("the broker's process was not found")
