"""What the ledger's facts amount to: flow, gaps, infused hours, dose, bag, messages.

What:      the record that is folded from ledger entries in event-time order, and its small questions.
Source:    rule reference sections 0 (INFUSION events), A1 (INF-3, INF-4) and A3 (INF-7, INF-9, INF-18).
Caveats:   the record is filled in place by `fold.py` on a copy of its own; everybody else only reads it. Lists are
           bounded; what a bound drops is said beside it.
"""

from dataclasses import dataclass
from typing import Literal

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import GapReason, LumenEvent
from blinwatch.core.infusion.dose_due import Level, level_of
from blinwatch.core.infusion.ledger_entry import HungBag
from blinwatch.core.infusion.order_facts import OrderFacts

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
MAX_GAPS = 100
"""One gap every 14 minutes for a day. Beyond that the two oldest are taken as one, flow between them included:
the sum of gaps then errs to the safe side."""
MAX_HAPPENINGS = 40
"""Flushes, boluses and lumen events of 24 h; nobody does more than one an hour. The oldest are dropped."""
MAX_STEPS = 10
MAX_DOSES = 12
"""Distinct programmed doses with their infused time; beyond that the least infused one is dropped."""

HappeningKind = Literal["flush", "bolus", "purge", "lumen", "occlusion", "air", "volume"]
StoppedBy = Literal["act", "measured"]
"""A stop that somebody or the pump declared, or one that only the measured rate or status tells."""


@dataclass(frozen=True, slots=True)
class Gap:
    """An interruption. `end_ms` None while it is open; reason None: nothing documented, which counts as unplanned."""

    start_ms: int
    end_ms: int | None
    reason: GapReason | None
    event_id: str
    stopped_by: StoppedBy = "act"
    end_event_id: str | None = None

    @property
    def counted_reason(self) -> GapReason:
        """The reason the rules count with."""
        return self.reason or "unplanned"

    def length_ms(self, at_ms: int) -> int:
        """Its length as of `at_ms`."""
        return max(0, (at_ms if self.end_ms is None else self.end_ms) - self.start_ms)


@dataclass(frozen=True, slots=True)
class DoseTime:
    """How long one programmed dose has been infused; dose None: running, dose never told."""

    dose_mcg_day: float | None
    infused_ms: int


@dataclass(frozen=True, slots=True)
class Step:
    """The full dose began to flow where a step applies (INF-3)."""

    at_ms: int
    event_id: str
    dose_mcg_day: float
    at_start_dose_ms: int
    is_first_drop: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """A past event whose code stays current for 24 h."""

    kind: HappeningKind
    at_ms: int
    event_id: str
    lumen_event: LumenEvent | None = None
    volume_ml: float | None = None
    window_min: float | None = None
    rate_ml_h: float | None = None


@dataclass(slots=True)
class Flow:
    """Everything that follows from the facts so far. All times are event times in ms."""

    at_ms: int = -1
    first_drop_ms: int | None = None
    first_drop_event_id: str | None = None
    flowing: bool = False
    flow_since_ms: int | None = None
    stopped_ms: int | None = None
    gap: Gap | None = None
    ended_ms: int | None = None
    therapy_over: bool = False
    closed_gaps: tuple[Gap, ...] = ()
    """Those that ended within the last 24 h."""
    long_gap: Gap | None = None
    """A closed gap of more than 7 days: kept for the rest of the cycle."""
    infused_ms: int = 0
    dose_times: tuple[DoseTime, ...] = ()
    dose_mcg_day: float | None = None
    dose_ms: int | None = None
    dose_event_id: str | None = None
    flowed_dose_mcg_day: float | None = None
    """The last dose that actually flowed."""
    counts_from_restart: bool = False
    """Hours at the starting dose count since a low-dose restart, not since first drop."""
    low_restart_seen: bool = False
    low_restart_ms: int | None = None
    """When the flow of the low-dose restart began."""
    long_restart_ms: int | None = None
    """When flow last came back after a gap of 4 h or more."""
    adverse_gap_ms: int | None = None
    """When the last closed gap for an adverse reaction began, and below when it ended."""
    adverse_gap_end_ms: int | None = None
    stepped_ms: int | None = None
    """When the full dose last began to flow by a step. `steps` forgets after a day, this does not."""
    steps: tuple[Step, ...] = ()
    rate_ml_h: float | None = None
    rate_event_id: str | None = None
    rate_due_ml_h: float | None = None
    """The rate due for the bag that hangs; worked out anew by every fold, because the order may have changed."""
    deviating_since_ms: int | None = None
    bag: HungBag | None = None
    comm_lost_ms: int | None = None
    last_message_ms: int | None = None
    reports_status: bool = False
    total_ml: float | None = None
    total_infused_ms: int = 0
    total_in_doubt: bool = False
    """Messages were missing since the totaliser was read: its next reading tells what flowed meanwhile."""
    shortfall_ms: int | None = None
    """The last reconnection that told a shortfall."""
    shortfall_unjudged_ms: int | None = None
    """The last one whose shortfall no rate could turn into time."""
    happenings: tuple[Happening, ...] = ()
    cycle_pending: bool = False
    """A new cycle was ordered while the old one still ran; it has not begun."""
    previous_end_ms: int | None = None
    resumed_ms: int | None = None
    resumed_infused_ms: int = 0
    """The last start after the cycle had ended or stood for more than 7 days: perhaps the next cycle's first drop."""


def infused_total_ms(flow: Flow, facts: OrderFacts) -> int:
    """Infused time of the cycle, with what was infused before the first pump event."""
    return flow.infused_ms + facts.infused_before_ms


def level_in_force(dose_mcg_day: float | None, facts: OrderFacts, rules: InfusionRules) -> Level | None:
    """Which of the two doses a dose is; None where dose or levels are unknown."""
    if dose_mcg_day is None or facts.levels is None:
        return None
    return level_of(dose_mcg_day, facts.levels, rules)


def restart_low_in_force(flow: Flow, facts: OrderFacts) -> bool:
    """Whether a low-dose restart is on: as ordered, else as the pump's own story shows.

    A flow that resumes at the starting dose after a gap documented as an adverse reaction is one (INF-2); an order
    that says no outweighs it.
    """
    return flow.low_restart_seen if facts.restart_low is None else facts.restart_low


def step_in_force(flow: Flow, facts: OrderFacts) -> bool:
    """Whether INF-3 governs the dose now."""
    return facts.stepped or restart_low_in_force(flow, facts)


def at_start_dose_ms(flow: Flow, facts: OrderFacts, rules: InfusionRules) -> int:
    """Time infused at the starting dose; time before any dose was told counts as starting dose.

    Hours of the cycle infused before anybody listened count too, but not on a low-dose restart: nobody knows how
    many of them came after it.
    """
    counted_ms = sum(
        part.infused_ms
        for part in flow.dose_times
        if part.dose_mcg_day is None or level_in_force(part.dose_mcg_day, facts, rules) == "start"
    )
    whole_cycle = not flow.counts_from_restart and not restart_low_in_force(flow, facts)
    return counted_ms + facts.infused_before_ms if whole_cycle else counted_ms
