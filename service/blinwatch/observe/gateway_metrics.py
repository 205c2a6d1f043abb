"""The metrics of one gateway, in a registry of its own. All labels are closed sets; none holds a patient or device."""

from prometheus_client import CollectorRegistry, ProcessCollector

from blinwatch.observe import gateway_table as table
from blinwatch.observe.registered import new_counter, new_gauge, new_histogram

KINDS = frozenset({"ORU", "ADT", "RAS", "RGV", "RDE"})


class GatewayMetrics:
    """What a gateway tells Prometheus; docs/operating/metrics.md lists it for people."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._messages = new_counter(table.MESSAGES, self.registry)
        self._events = new_counter(table.PUBLISHED, self.registry)
        self._unread = new_counter(table.UNREAD, self.registry)
        self._clock = new_counter(table.CLOCK, self.registry)
        self._repeated = new_counter(table.REPEATED, self.registry)
        self._expired = new_counter(table.HELD_EXPIRED, self.registry)
        self._ended = new_counter(table.CONNECTIONS_ENDED, self.registry)
        self._held = new_gauge(table.HELD, self.registry)
        self._connections = new_gauge(table.CONNECTIONS, self.registry)
        self._seconds = new_histogram(table.ANSWER_SECONDS, self.registry)
        self._http_requests = new_counter(table.HTTP_REQUESTS, self.registry)
        self._http_refused = new_counter(table.HTTP_REFUSED, self.registry)
        self._http_seconds = new_histogram(table.HTTP_SECONDS, self.registry)

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

    def asked(self, route: str, outcome: str, seconds: float) -> None:
        """A request was answered."""
        self._http_requests.labels(route, outcome).inc()
        self._http_seconds.labels(route).observe(seconds)

    def refused(self, route: str, reason: str) -> None:
        """Something of a request became no event."""
        self._http_refused.labels(route, reason).inc()
