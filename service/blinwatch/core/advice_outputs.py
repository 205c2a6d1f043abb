"""Label advice and interactions as subscribers and boards see them. Times are UTC.

These records are published as they stand (`deliver/`), so their names are the output contract.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from blinwatch.core.attributed_sign import AttributedSign
from blinwatch.core.evidence import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionAdviceTold:
    """The advice for one adverse reaction, with the scale and grade it rests on."""

    reaction: str | None
    code: str
    rule_id: str
    scale: Scale
    grade: int | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseOfDrug:
    """A drug and its dose for this patient."""

    drug: str
    dose_mg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PremedicationTold:
    """One premedication dose that the advised restart or step needs (section A4), for this patient."""

    drug: str
    dose_mg: float
    instead: tuple[DoseOfDrug, ...]
    """Drugs that will do as well."""
    from_min: float
    to_min: float
    """The window: this many minutes before the drug flows, end points included."""
    occasion: str
    regimen: str
    assumed: tuple[str, ...]
    """What had to be assumed because it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherScaleAdvice:
    """What the other scale alone would advise, where the two differ; the more cautious leads."""

    code: str
    rule_id: str
    scale: Scale
    grade: int | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseStatus:
    """The standing label advice of one patient: advice for qualified staff, never an order."""

    code: str
    """The headline by DM-16."""
    rule_id: str
    scale: Scale
    grade: int | None
    reaction: str | None
    by_reaction: tuple[ReactionAdviceTold, ...]
    """Every reaction's own advice, the most restrictive first."""
    flags: tuple[str, ...]
    because: tuple[str, ...]
    dose_mcg_day: float | None
    """The dose for this patient to restart with, to hold or to go up to; null: nothing may flow, or not known."""
    rate_ml_h: float | None
    """The pump's rate for the type of bag in use, once that bag holds the advised dose."""
    restart_earliest_at: datetime | None
    decide_by: datetime | None
    """After this moment time alone makes the advice stricter."""
    premedication: tuple[PremedicationTold, ...]
    supportive: tuple[str, ...]
    other_scale: OtherScaleAdvice | None
    label_region: str
    label_version: str
    since: datetime | None
    """Since when this headline has stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseAdviceGiven:
    """The standing advice has changed (advice.dose.v1); `advice` null: nothing is advised any more."""

    decision_id: str
    patient_id: str
    advice: DoseStatus | None
    attributions: tuple[AttributedSign, ...]
    citation: str
    rulebook_version: str
    rulebook_digest: str
    occurred_at: datetime
    caused_by: str | None
    type: Literal["dose_advice"] = "dose_advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionTold:
    """One interaction code that holds for a drug: how serious, how well founded, what to do, and why."""

    code: str
    rule_id: str
    drug: str
    severity: str
    evidence_level: str
    management: str
    because: str
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugStatus:
    """One drug on board."""

    drug: str
    route: str | None
    running: bool
    last_given_at: datetime
    event_id: str
    headline: str
    findings: tuple[InteractionTold, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionAnswer:
    """The answer to a question that somebody put to the interaction check."""

    headline: str
    drug: str | None
    findings: tuple[InteractionTold, ...]
    flags: tuple[str, ...]
    asked_at: datetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionStatus:
    """The drugs beside the infusion as a board shows them."""

    headline: str
    codes: tuple[str, ...]
    flags: tuple[str, ...]
    drugs: tuple[DrugStatus, ...]
    unknown_drugs: tuple[str, ...]
    """Drugs that the table does not know: never to be read as safe."""
    sedatives_on_board: tuple[str, ...]
    masking_drugs: tuple[str, ...]
    heart_rate_masked: bool
    answer: InteractionAnswer | None
    """The last question and its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionChecked:
    """A question to the interaction check was answered (interactions.checked.v1)."""

    decision_id: str
    patient_id: str
    answer: InteractionAnswer
    rulebook_version: str
    rulebook_digest: str
    occurred_at: datetime
    caused_by: str | None
    type: Literal["interaction_checked"] = "interaction_checked"
