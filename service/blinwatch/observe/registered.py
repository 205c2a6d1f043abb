"""A metric of a table as the Prometheus client knows it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from blinwatch.observe.metric_table import MetricSpec


def new_counter(spec: MetricSpec, registry: CollectorRegistry) -> Counter:
    """A counter, registered."""
    return Counter(spec.name, spec.meaning, spec.labels, registry=registry)


def new_gauge(spec: MetricSpec, registry: CollectorRegistry) -> Gauge:
    """A gauge, registered."""
    return Gauge(spec.name, spec.meaning, spec.labels, registry=registry)


def new_histogram(spec: MetricSpec, registry: CollectorRegistry) -> Histogram:
    """A histogram with the bounds of its table, registered."""
    return Histogram(spec.name, spec.meaning, spec.labels, registry=registry, buckets=spec.buckets)
