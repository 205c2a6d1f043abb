"""Types of clinical/drug_interactions.yaml: what the interaction check (section E) reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

InteractionClass = Literal[
    "continuous_sedative",
    "antihypertensive",
    "antipsychotic",
    "benzodiazepine",
    "corticosteroid",
    "cyp_inhibitor",
    "gabapentinoid",
    "heart_rate_drug",
    "hepatotoxic",
    "high_dose_neurotoxic",
    "il6_blocker",
    "immunosuppressant",
    "inactivated_vaccine",
    "live_vaccine",
    "metamizole",
    "neurotoxic_chemotherapy",
    "nsaid",
    "opioid",
    "p_gp_substrate",
    "paracetamol",
    "qt_drug",
    "sedating_antihistamine",
    "seizure_threshold",
]
"""The classes of drugs that rules of section E speak of."""
Severity = Literal["high", "moderate", "low", "information"]
EvidenceLevel = Literal["label", "literature", "expert"]
AlertMode = Literal["each_drug", "once", "none"]
"""An alert for each drug, one alert for the patient that names all drugs, or none: the code stands in the view."""
DrugRoute = Literal["iv", "oral", "intrathecal", "transdermal", "subcutaneous", "intramuscular", "topical", "inhaled"]
DrugPurpose = Literal["premed", "prephase", "crs_treatment", "neuro_treatment", "replacement", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CypSubstrate:
    """What DDI-1 to DDI-3 say of a drug that CYP450 enzymes break down and that has a narrow therapeutic index."""

    path: str
    """The enzymes, in words."""
    do: str
    """What to watch, for this drug."""
    active_h: float | None = None
    """How long after the last dose the drug is active; None: `cyp_active_h`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugEntry:
    """One drug, or one combination product: its names, its codes, and the classes it belongs to."""

    drug: str
    names: tuple[str, ...] = ()
    """Other spellings, synonyms and brand names; case, spaces, hyphens and accents do not matter."""
    rxnorm: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    classes: tuple[InteractionClass, ...] = ()
    cyp: CypSubstrate | None = None
    current_h: float | None = None
    """How long after the last dose the live view keeps the drug where its rules give no limit; None: `current_h`."""
    also: str = ""
    """What to know besides, for this drug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRule:
    """One class: the rules that ask about it, how long a dose counts, and which ATC codes belong to it."""

    says: str
    """The class in words for a nurse, singular."""
    rules: tuple[str, ...]
    within_h: float | None = None
    """A dose counts up to this long ago, the limit included; None: the reference gives no limit."""
    transdermal_within_h: float | None = None
    """The same for a patch."""
    current_h: float | None = None
    """How long after a dose the live view keeps a drug of this class, where that is longer than `current_h`."""
    atc: tuple[str, ...] = ()
    atc_except: tuple[str, ...] = ()
    not_by_routes: tuple[DrugRoute, ...] = ()
    """Routes by which the drug does not count as one of this class."""
    also: str = ""
    """What to know besides, for every drug of the class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What one code of section E means and what to do about it."""

    rule: str
    severity: Severity
    evidence: EvidenceLevel
    alert: AlertMode
    do: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InteractionRules:
    """Each field is one row of the file; its unit is in its name.

    Compared and hashed by identity, so that the index of drug names is built once for each rulebook.
    """

    advice: Mapping[str, Advice]
    headline_order: tuple[str, ...]
    classes: Mapping[InteractionClass, ClassRule]
    transdermal_words: tuple[str, ...]
    intrathecal_words: tuple[str, ...]

    # CYP suppression: DDI-1 to DDI-3 (the windows serve DDI-11 too)
    cycle_window_days: Mapping[int, int]
    """Cycle to the last day of its window; other cycles have none."""
    cyp_active_h: float
    cyp_not_by_routes: tuple[DrugRoute, ...]
    after_restart_or_step_h: float
    after_crs_d: float
    crs_from_grade: int

    # Live vaccines: DDI-5
    live_vaccine_before_start_d: float

    # Corticosteroids: DDI-6
    steroid_ok_purposes: tuple[DrugPurpose, ...]
    steroid_ok_crs_from_grade: int
    steroid_ok_icans_from_grade: int

    # IL-6 blockers: DDI-8
    il6_blocker_d: float

    # Chemotherapy that harms the nervous system: DDI-14
    neurotoxic_within_d: float
    high_dose_from_g_m2: float

    # Liver: DDI-17
    liver_above_x_uln: float
    paracetamol_above_g_day: float

    # QT: DDI-18
    qtc_from_ms: float
    qt_drugs_from: int
    potassium_below_mmol_l: float
    magnesium_below_mmol_l: float

    # The live view
    current_h: float
    past_dose_h: float

    # The drugs
    cyp_drugs: tuple[DrugEntry, ...]
    transporter_drugs: tuple[DrugEntry, ...]
    vaccines: tuple[DrugEntry, ...]
    immunosuppressants: tuple[DrugEntry, ...]
    circulation_drugs: tuple[DrugEntry, ...]
    sedatives: tuple[DrugEntry, ...]
    analgesic_combinations: tuple[DrugEntry, ...]
    seizure_drugs: tuple[DrugEntry, ...]
    chemotherapy: tuple[DrugEntry, ...]
    antifungals: tuple[DrugEntry, ...]
    qt_drugs: tuple[DrugEntry, ...]
    without_rule: tuple[DrugEntry, ...]
