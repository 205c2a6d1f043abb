"""What the desk tells whoever watches the gateway; `observe.gateway_metrics` fits."""

from typing import Protocol


class Telling(Protocol):
    """Counts, without any patient, device or text of a message."""

    def answered(self, kind: str, code: str, seconds: float) -> None:
        """A message of this kind was answered so, so long after it was complete."""
        ...

    def published(self, topic: str) -> None:
        """An event is on Kafka."""
        ...

    def unread(self, reason: str) -> None:
        """A part of a message became no event."""
        ...

    def clock(self, flag: str) -> None:
        """An event's time was assumed or corrected."""
        ...

    def repeated(self) -> None:
        """A message came again and was answered as before."""
        ...

    def held(self, count: int, expired: int) -> None:
        """So many drafts wait for a patient; so many gave up waiting."""
        ...

    def connected(self, change: int) -> None:
        """A connection came (1) or went (-1)."""
        ...

    def ended(self, how: str) -> None:
        """Why a connection ended."""
        ...
