"""The metrics of one forwarder, in a registry of its own."""

import time

from prometheus_client import CollectorRegistry, ProcessCollector

from blinwatch.observe import forward_table as table
from blinwatch.observe.registered import new_counter, new_gauge, new_histogram


class ForwardMetrics:
    """What a forwarder tells Prometheus; docs/operating/metrics.md lists it for people."""

    def __init__(self, targets: tuple[str, ...]) -> None:
        """Every target's series begin with 0, so that the first failure is a rise."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._letters = new_counter(table.LETTERS, self.registry)
        self._open = new_gauge(table.OPEN, self.registry)
        self._seconds = new_histogram(table.SECONDS, self.registry)
        self._last = new_gauge(table.LAST_TAKEN, self.registry)
        self._reports = new_counter(table.REPORTS, self.registry)
        for target in targets:
            for outcome in ("delivered", "fallback", "undelivered"):
                self._letters.labels(target, outcome)
            self._open.labels(target).set(0)
            self._last.labels(target).set(0)

    def settled(self, target: str, outcome: str, seconds: float) -> None:
        """A letter was taken, or given up."""
        self._letters.labels(target, outcome).inc()
        if outcome != "undelivered":
            self._seconds.labels(target).observe(seconds)
            self._last.labels(target).set(time.time())

    def open(self, target: str, count: int) -> None:
        """So many are on their way."""
        self._open.labels(target).set(count)

    def reported(self, target: str, status: str) -> None:
        """An alarm manager reported."""
        self._reports.labels(target, status).inc()
