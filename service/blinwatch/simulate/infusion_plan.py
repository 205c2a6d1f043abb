"""How a virtual patient's infusion is to go, and where a story bends the label."""

from dataclasses import dataclass
from typing import Literal

from blinwatch.core.findings import GapReason, LabelRegion, Location, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """The flow stops for a while. Hours count from the story's start."""

    at_h: float
    duration_h: float
    gap_reason: GapReason | None = None
    occlusion: bool = False
    """An occlusion alarm comes first and the pump stops by itself."""
    premedicated: bool = True
    """After 4 h or more the premedication is given again before the restart, as INF-8 asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What goes wrong at a bag change; changes are counted from 1 within the story."""

    bag_change: int
    kind: Literal["flush", "wrong_rate"]
    rate_factor: float = 1.0
    corrected_after_min: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationLoss:
    """The gateway hears nothing from the pump from one hour to another; the pump itself runs on."""

    from_h: float
    to_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InfusionPlan:
    """How this patient's infusion goes."""

    phase: Phase = "rr"
    cycle: int = 1
    bag_type_h: int = 24
    label_region: LabelRegion = "US"
    location: Location = "inpatient"
    infused_h_before: float = 0.0
    """More than 0: the patient comes with the infusion running since that many hours."""
    first_drop_h: float = 2.0
    """When the infusion starts, for a patient who comes before it."""
    step_at_infused_h: float | None = None
    """None: when the label says."""
    interruptions: tuple[Interruption, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    communication_losses: tuple[CommunicationLoss, ...] = ()
