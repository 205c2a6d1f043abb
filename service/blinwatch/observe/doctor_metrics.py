"""The metrics of one permanent self-test, in a registry of its own."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, ProcessCollector

from blinwatch.observe import doctor_table as table
from blinwatch.observe.registered import new_counter, new_gauge, new_histogram


class DoctorMetrics:
    """What a doctor tells Prometheus; docs/operating/metrics.md lists it for people."""

    def __init__(self, checks: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._alert = new_histogram(table.ALERT_SECONDS, self.registry)
        self._success = new_gauge(table.LAST_SUCCESS, self.registry)
        self._rounds = new_counter(table.EXAMINATIONS, self.registry)
        self._failures = new_counter(table.FAILURES, self.registry)
        for check in checks:
            # From the first scrape on, so that the first failure shows as an increase.
            self._failures.labels(check)

    def round_over(self, *, alert_s: Iterable[float], failed: Iterable[str], well_at_s: float | None) -> None:
        """One round: how long alerts took, what failed, and when it was, if all was well."""
        for seconds in alert_s:
            self._alert.observe(seconds)
        for check in failed:
            self._failures.labels(check).inc()
        self._rounds.inc()
        if well_at_s is not None:
            self._success.set(well_at_s)
