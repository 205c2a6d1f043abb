"""Dose advice as it is told: one entry a reaction, a headline, and what a nurse needs to act on it."""

from dataclasses import dataclass
from typing import Literal

from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.core.findings import DoseLevel, LabelRegion, Reaction

AdviceScale = Literal["ASTCT", "CTCAE", "label"]
"""Whose severity an advice rests on; `label`: the label's own words, with no grade of either scale behind them."""

DISCONTINUE = "DM_DISCONTINUE"
CONSIDER_DISCONTINUE = "DM_CONSIDER_DISCONTINUE"
INTERRUPT = "DM_INTERRUPT"
WAIT = "DM_WAIT"
NOT_EVALUABLE = "DM_NOT_EVALUABLE"
RESTART_LOW_NEW_CYCLE = "DM_RESTART_LOW_NEW_CYCLE"
NEW_CYCLE = "DM_NEW_CYCLE"
RESTART_LOW_SAME_CYCLE = "DM_RESTART_LOW_SAME_CYCLE"
HOLD_LOW = "DM_HOLD_LOW"
ESCALATE = "DM_ESCALATE"
RESUME_SAME_DOSE = "DM_RESUME_SAME_DOSE"
CONTINUE = "DM_CONTINUE"

RESTART_LOW = (RESTART_LOW_SAME_CYCLE, RESTART_LOW_NEW_CYCLE)
STOPS_NOW = (DISCONTINUE, CONSIDER_DISCONTINUE, INTERRUPT, WAIT)
"""Advice under which no drug may flow."""

INCOMPLETE = "INCOMPLETE"
AGE_UNKNOWN = "AGE_UNKNOWN"
NOT_IN_REGION = "NOT_IN_REGION"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionAdvice:
    """The advice for one reaction."""

    reaction: Reaction | None
    code: str
    rule_id: str
    scale: AdviceScale
    grade: int | None
    """The grade it rests on: the worst that the episode reached."""
    because: tuple[str, ...]
    flags: tuple[str, ...] = ()
    restart_in_h: float | None = None
    """Hours until time alone allows the next step up: the restart (DM_WAIT) or the full dose (DM_HOLD_LOW)."""
    decide_in_h: float | None = None
    """Hours until time alone makes the advice stricter: DM-6, DM-11 or the new cycle of DM-9 and DM-15."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugDose:
    """A drug and its dose for this patient."""

    drug: str
    dose_mg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PremedicationDue:
    """One premedication dose that the advised restart or step needs (A4), for this patient."""

    drug: str
    dose_mg: float
    instead: tuple[DrugDose, ...] = ()
    """Drugs that will do as well, each with its dose."""
    from_min: float
    to_min: float
    """The window: this many minutes before the drug flows, end points included."""
    occasion: Literal["cycle_start", "step", "restart"]
    regimen: str
    """Who it is for, in the rulebook's words."""
    assumed: tuple[str, ...] = ()
    """What had to be assumed because it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeAdvice:
    """What the other scale alone would advise, where that differs."""

    code: str
    rule_id: str
    scale: AdviceScale
    grade: int | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseAdvice:
    """All reactions together: the headline by DM-16, every reaction's own advice, and how to act on it."""

    code: str
    rule_id: str
    scale: AdviceScale
    grade: int | None
    reaction: Reaction | None
    """The reaction that leads."""
    by_reaction: tuple[ReactionAdvice, ...]
    """The most restrictive first."""
    flags: tuple[str, ...]
    because: tuple[str, ...]
    dose_level: DoseLevel | None = None
    """Which of the band's two doses the advice speaks of; None when nothing may flow or the dose does not change."""
    dose_mcg_day: float | None = None
    """The dose for this patient to restart with, to hold or to go up to; None: nothing may flow, or not known."""
    rate_ml_h: float | None = None
    """The pump's rate for the type of bag in use, once that bag holds the advised dose."""
    restart_earliest_ms: int | None = None
    decide_by_ms: int | None = None
    """After this moment time alone makes the advice stricter, or the coming restart a new cycle."""
    premedication: tuple[PremedicationDue, ...] = ()
    supportive: tuple[str, ...] = ()
    alternative: AlternativeAdvice | None = None
    label_region: LabelRegion
    label_version: str
    since_ms: int | None = None
    """Since when this headline has stood, in the live judgement."""


def flags_of(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """All flags once, in the order in which they first appear."""
    return tuple(dict.fromkeys(flag for group in groups for flag in group))


@dataclass(frozen=True, slots=True)
class Terms:
    """By which rules, label region and scale one reaction is judged."""

    rules: DoseRules
    region: LabelRegion
    scale: AdviceScale
