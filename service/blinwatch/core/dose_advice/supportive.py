"""What goes with an advice: drugs for the reaction, supervision, closer checks, in sentences for a nurse.

Source:    rule reference DM-1, DM-2, DM-4 (dexamethasone), DM-10, the paragraph below the table of section D.
Inputs:    the by_reaction, the patient, the length of the interruption.
Caveats:   a child's dose needs body surface; without it the rule is told instead of a number.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import (
    CONSIDER_DISCONTINUE,
    DISCONTINUE,
    INTERRUPT,
    NEW_CYCLE,
    RESTART_LOW,
    RESUME_SAME_DOSE,
    PremedicationDue,
    ReactionAdvice,
)
from blinwatch.core.dose_advice.patient import Patient
from blinwatch.core.dose_advice.premedication_due import eu_neuro_restart, premedication_words
from blinwatch.core.infusion.verdict import plain, reaches

_RESTARTS = (*RESTART_LOW, NEW_CYCLE, RESUME_SAME_DOSE)


def needs_crs_steroid(by_reaction: tuple[ReactionAdvice, ...]) -> bool:
    """Whether DM-2 or DM-4 asks for dexamethasone: CRS of grade 3 or 4 that is not resolved."""
    return any(
        advice.reaction == "crs" and advice.code in (INTERRUPT, DISCONTINUE) and advice.rule_id in ("DM-2", "DM-4")
        for advice in by_reaction
    )


def supportive_words(
    code: str,
    by_reaction: tuple[ReactionAdvice, ...],
    premedication: tuple[PremedicationDue, ...],
    patient: Patient,
    stopped_h: float | None,
    rulebook: Rulebook,
) -> tuple[str, ...]:
    """Every sentence that goes with the headline."""
    words: list[str] = []
    if needs_crs_steroid(by_reaction):
        words.append(_crs_steroid_words(patient, rulebook))
    words += [premedication_words(due) for due in premedication]
    if code in _RESTARTS and (stopped_h is None or reaches(stopped_h, rulebook.infusion.gap_long_from_h)):
        words.append("restart under supervision or in hospital (INF-8, INF-20)")
    if code in RESTART_LOW and eu_neuro_restart(by_reaction, patient):
        words.append(_eu_neuro_words(patient, rulebook))
    if code in (DISCONTINUE, CONSIDER_DISCONTINUE, INTERRUPT):
        words.append("do not flush the line: a flush is a bolus of the drug (INF-10)")
    return tuple(words)


def _crs_steroid_words(patient: Patient, rulebook: Rulebook) -> str:
    steroid = rulebook.dose.crs_dexamethasone
    course = (
        f"every {plain(steroid.every_h)} h for up to {plain(steroid.up_to_d)} days, "
        f"then taper over {plain(steroid.taper_d)} days (DM-2)"
    )
    if not patient.is_child:
        return f"dexamethasone {plain(steroid.adult_mg)} mg {course}"
    by_surface = f"{plain(steroid.child_mg_per_m2)} mg/m², at most {plain(steroid.child_max_mg)} mg"
    if patient.bsa_m2 is None:
        return f"dexamethasone {by_surface} (body surface is not known), {course}"
    dose_mg = min(steroid.child_mg_per_m2 * patient.bsa_m2, steroid.child_max_mg)
    return f"dexamethasone {plain(dose_mg)} mg ({by_surface}) {course}"


def _eu_neuro_words(patient: Patient, rulebook: Rulebook) -> str:
    dose = plain(rulebook.dose.eu_neuro_premedication_mg)
    words = f"EU label: dexamethasone {dose} mg before this restart, then taper (DM-6)"
    return f"{words}; ask the physician for the child's dose" if patient.is_child else words
