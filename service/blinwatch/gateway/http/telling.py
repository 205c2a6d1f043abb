"""What the HTTP side tells whoever watches the gateway; `observe.gateway_metrics` fits."""

from typing import Protocol


class HttpTelling(Protocol):
    """Counts, without any patient, caller or text of a request."""

    def asked(self, route: str, outcome: str, seconds: float) -> None:
        """A request was answered so, so long after it began."""
        ...

    def refused(self, route: str, reason: str) -> None:
        """An event, or the whole request, became no event."""
        ...

    def published(self, topic: str) -> None:
        """An event is on Kafka."""
        ...

    def repeated(self) -> None:
        """An event came again."""
        ...
