"""The metrics of one sealer, in a registry of its own."""

from prometheus_client import CollectorRegistry, ProcessCollector

from blinwatch.observe import sealer_table as table
from blinwatch.observe.registered import new_counter, new_gauge


class SealerMetrics:
    """What a sealer tells Prometheus; docs/operating/metrics.md lists it for people."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._sealed = new_counter(table.SEALED, self.registry)
        self._not_sealed = new_gauge(table.NOT_SEALED, self.registry)
        self._looked = new_gauge(table.LOOKED, self.registry)

    def sealed(self, partition: int, count: int, left: int, now_s: float) -> None:
        """A partition was gone through."""
        self._sealed.inc(count)
        self._not_sealed.labels(str(partition)).set(left)
        self._looked.set(now_s)
