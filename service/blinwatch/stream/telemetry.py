"""What the stream tells whoever measures it: once per batch, never per event, and never who the patient is.

`observe.metrics.Metrics` is the one implementation; the stream knows only this much of it.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

from blinwatch.core.decisions import Decision

Outcome = Literal["accepted", "dead_letter", "redelivered", "moved"]
"""accepted: judged. dead_letter: refused. redelivered: already in the state. moved: sent on to its own partition."""


class Telemetry(Protocol):
    """The measuring side, as the stream sees it."""

    def batch_judged(self, topic: str, outcomes: Mapping[str, int], step_s: float) -> None:
        """One batch of one topic went through the judgement in `step_s` seconds, with these outcomes."""
        ...

    def dead_letters(self, topic: str, reasons: Mapping[str, int]) -> None:
        """Records of an input topic were refused, by reason code."""
        ...

    def traces_dropped(self, topics: Mapping[str, int]) -> None:
        """Records of these input topics led to decisions, and their trace context could not be handed on."""
        ...

    def decisions(self, partition: int, decisions: Iterable[Decision]) -> None:
        """The judgement decided these for patients of one partition."""
        ...

    def alert_delivered(self, latency_s: float) -> None:
        """An alert was acknowledged by the broker this long after its event's record."""
        ...

    def outputs_acknowledged(self, wait_s: float) -> None:
        """The broker had the last output of a batch this long after it was handed over."""
        ...

    def ticks_judged(self, lateness_s: Iterable[float]) -> None:
        """Clock ticks were judged so long after their own time."""
        ...

    def committed(self, commit_s: float, snapshot_bytes: Iterable[int]) -> None:
        """States of these sizes and the offsets they include became durable in `commit_s` seconds."""
        ...

    def state_held(self, patients: int) -> None:
        """This many patients' states are in memory."""
        ...

    def assigned(self, partitions: Iterable[int]) -> None:
        """The group gave this worker these partition numbers, in place of those before."""
        ...

    def revoked(self, topic_partitions: Iterable[tuple[str, int]]) -> None:
        """Another worker owns these now."""
        ...

    def lag(self, records_behind: Mapping[tuple[str, int], int]) -> None:
        """How many records wait in each input partition this worker owns."""
        ...

    def oldest_waiting(self, seconds: float) -> None:
        """The oldest record that is not judged has been there for at least so long."""
        ...

    def progressed(self, unix_s: float) -> None:
        """Records were judged, or none waited, at this moment (seconds since 1970)."""
        ...
