"""What taking an event in leads to: which domains are touched, and what is said at once."""

from dataclasses import dataclass

from blinwatch.core.decisions import Decision
from blinwatch.core.patient_state import Judgement

CRS, INFUSION, MONITORING, ICANS, INTERACTIONS, EVENTS, DOSE = 1, 2, 4, 8, 16, 32, 64
EVERYTHING = CRS | INFUSION | MONITORING | ICANS | INTERACTIONS | EVENTS | DOSE


@dataclass(frozen=True, slots=True)
class Taken:
    """The judgement with the event's facts in it, what to judge again, and what to say at once."""

    judgement: Judgement
    touched: int
    decisions: tuple[Decision, ...] = ()
