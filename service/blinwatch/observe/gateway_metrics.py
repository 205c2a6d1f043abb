"""The metrics of one gateway, in a registry of its own. All labels are closed sets; none holds a patient or device."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from blinwatch.observe.metric_table import LATENCY_BUCKETS_S

KINDS = frozenset({"ORU", "ADT", "RAS", "RGV", "RDE"})


class GatewayMetrics:
    """What a gateway tells Prometheus; docs/operating/connect-hl7.md lists it for people."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._messages = self._counter("messages", "Messages by kind and answer.", "kind", "answer")
        self._events = self._counter("events", "Events on Kafka by topic.", "topic")
        self._unread = self._counter("unread", "Parts of messages that became no event, by reason.", "reason")
        self._clock = self._counter("clock", "Events whose time was assumed or corrected, by flag.", "flag")
        self._repeated = self._counter("repeated", "Messages that came again.")
        self._expired = self._counter("held_expired", "Events that waited too long for a patient.")
        self._ended = self._counter("connections_ended", "Connections that ended, by how.", "how")
        self._held = Gauge("blinwatch_gateway_held", "Events that wait for a patient.", registry=self.registry)
        self._connections = Gauge("blinwatch_gateway_connections", "Open connections.", registry=self.registry)
        self._seconds = Histogram(
            "blinwatch_gateway_answer_seconds",
            "From a complete message to its answer, Kafka's acknowledgement included.",
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )

    def answered(self, kind: str, code: str, seconds: float) -> None:
        """A message was answered."""
        self._messages.labels(kind if kind in KINDS else "other", code).inc()
        self._seconds.observe(seconds)

    def published(self, topic: str) -> None:
        """An event is on Kafka."""
        self._events.labels(topic).inc()

    def unread(self, reason: str) -> None:
        """A part of a message became no event."""
        self._unread.labels(reason).inc()

    def clock(self, flag: str) -> None:
        """An event's time was assumed or corrected."""
        self._clock.labels(flag).inc()

    def repeated(self) -> None:
        """A message came again."""
        self._repeated.inc()

    def held(self, count: int, expired: int) -> None:
        """So many events wait; so many gave up."""
        self._held.set(count)
        self._expired.inc(expired)

    def connected(self, change: int) -> None:
        """A connection came or went."""
        self._connections.inc(change)

    def ended(self, how: str) -> None:
        """Why a connection ended."""
        self._ended.labels(how).inc()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"blinwatch_gateway_{name}_total", meaning, labels, registry=self.registry)
