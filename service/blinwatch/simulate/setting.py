"""What a story is told with: whose, from when, by which seed, how densely."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.simulate.curve import HOUR_S, MINUTE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySetting:
    """The frame of one told story. The same setting gives the same events, byte for byte."""

    seed: int
    patient_id: str
    start: datetime
    rulebook: Rulebook
    """Dosing, bags and premedication come from here, so a story follows the label that is judged by."""
    ward: str = "simulated"
    duration_h: float = 28 * 24 + 24.0
    """When the story's events end; by default a whole cycle of 28 days and the day after."""
    monitor_interval_s: int = 60
    """How often the bedside monitor sends heart rate, respiratory rate and SpO2."""
    monitor_from_s: int = MINUTE_S
    """When the monitor is connected: the order is known before it, so that the first value is judged by the age."""
    pump_interval_s: int = 60
    """How often the pump reports its state."""
    cuff_interval_s: int = 1800
    """How often the automatic cuff measures."""

    @property
    def duration_s(self) -> int:
        """The story's length in seconds."""
        return round(self.duration_h * HOUR_S)

    def moment(self, offset_s: int) -> datetime:
        """The time of day of a second of the story."""
        return self.start + timedelta(seconds=offset_s)

    def event_id(self, kind: str, offset_s: int) -> str:
        """A readable id, the same for the same story: patient, kind and second.

        At most one event of a kind may happen in a second of one patient's story.
        """
        return f"{self.patient_id}.{kind}.{round(self.moment(offset_s).timestamp())}"
