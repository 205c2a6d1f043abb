"""Measures nothing."""

from collections.abc import Iterable, Mapping

from blinwatch.core.decisions import Decision


class SilentTelemetry:
    """A `Telemetry` for tests that look elsewhere."""

    def batch_judged(self, topic: str, outcomes: Mapping[str, int], step_s: float) -> None:
        pass

    def dead_letters(self, topic: str, reasons: Mapping[str, int]) -> None:
        pass

    def traces_dropped(self, topics: Mapping[str, int]) -> None:
        pass

    def decisions(self, partition: int, decisions: Iterable[Decision]) -> None:
        pass

    def alert_delivered(self, latency_s: float) -> None:
        pass

    def outputs_acknowledged(self, wait_s: float) -> None:
        pass

    def ticks_judged(self, lateness_s: Iterable[float]) -> None:
        pass

    def committed(self, commit_s: float, snapshot_bytes: Iterable[int]) -> None:
        pass

    def state_held(self, patients: int) -> None:
        pass

    def assigned(self, partitions: Iterable[int]) -> None:
        pass

    def revoked(self, topic_partitions: Iterable[tuple[str, int]]) -> None:
        pass

    def lag(self, records_behind: Mapping[tuple[str, int], int]) -> None:
        pass

    def oldest_waiting(self, seconds: float) -> None:
        pass

    def progressed(self, unix_s: float) -> None:
        pass
