"""Dose advice: every reaction by its own rule, the most restrictive leads (section D).

What:      DM-1 to DM-16, with the dose and pump rate for this patient, the premedication due and when time alone
           changes the advice.
Source:    rule reference section D with the paragraph below its table; A1, A2, A4; section I.
Inputs:    the reactions (as charted, or as the live memory composes them), the facts of patient and infusion.
Caveats:   no reaction given, or one without its kind: DM_NOT_EVALUABLE. Moments are told only where the facts say
           when it is.
"""

from collections.abc import Callable, Sequence

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import (
    HOLD_LOW,
    NEW_CYCLE,
    RESTART_LOW_SAME_CYCLE,
    WAIT,
    AdviceScale,
    AlternativeAdvice,
    DoseAdvice,
    ReactionAdvice,
    Terms,
    flags_of,
)
from blinwatch.core.dose_advice.advise_crs import advise_crs
from blinwatch.core.dose_advice.advise_liver import advise_liver
from blinwatch.core.dose_advice.advise_neuro import advise_neuro, advise_seizure
from blinwatch.core.dose_advice.advise_neutropenia import advise_neutropenia
from blinwatch.core.dose_advice.advise_other import advise_other
from blinwatch.core.dose_advice.advise_pancreatitis import advise_pancreatitis
from blinwatch.core.dose_advice.advise_technical import advise_technical
from blinwatch.core.dose_advice.advise_tls import advise_tls
from blinwatch.core.dose_advice.dose_to_give import dose_to_give_mcg_day, dose_words, level_advised, pump_rate_ml_h
from blinwatch.core.dose_advice.facts import NO_FACTS, DoseFacts
from blinwatch.core.dose_advice.not_evaluable import not_evaluable
from blinwatch.core.dose_advice.patient import Patient, patient_flags, read_patient
from blinwatch.core.dose_advice.premedication_due import premedication_due
from blinwatch.core.dose_advice.reaction import JudgedReaction, with_scale
from blinwatch.core.dose_advice.restrictiveness import leading_code, most_restrictive_first
from blinwatch.core.dose_advice.supportive import needs_crs_steroid, supportive_words
from blinwatch.core.findings import Reaction, ReactionFindings

HOUR_MS = 3_600_000
_FAMILIES: dict[Reaction, Callable[[ReactionFindings, Terms], ReactionAdvice]] = {
    "crs": advise_crs,
    "neuro": advise_neuro,
    "seizure": advise_seizure,
    "liver": advise_liver,
    "other": advise_other,
    "pancreatitis": advise_pancreatitis,
    "tls_clinical": advise_tls,
    "neutropenia": advise_neutropenia,
    "technical": advise_technical,
}


def advise(reactions: Sequence[ReactionFindings | JudgedReaction], facts: DoseFacts, rulebook: Rulebook) -> DoseAdvice:
    """The advice for all reactions together. A charted snapshot is judged with `NO_FACTS`."""
    judged = tuple(with_scale(reaction) for reaction in reactions) or (with_scale(ReactionFindings()),)
    found = tuple(reaction.findings for reaction in judged)
    patient = read_patient(found, facts, rulebook)
    by_reaction = most_restrictive_first((advise_reaction(one, patient, rulebook) for one in judged), rulebook.dose)
    code = leading_code([advice.code for advice in by_reaction], rulebook.dose)
    leading = _leading(code, by_reaction)
    level = level_advised(code, by_reaction, facts, patient, rulebook)
    dose_mcg_day = dose_to_give_mcg_day(level, patient, rulebook)
    rate_ml_h = None if dose_mcg_day is None else pump_rate_ml_h(patient, rulebook)
    stopped_h = _stopped_h(found)
    premedication = premedication_due(code, by_reaction, patient, stopped_h, rulebook)
    age_matters = bool(premedication) or needs_crs_steroid(by_reaction)
    region = patient.label_region
    return DoseAdvice(
        code=code,
        rule_id=leading.rule_id if code == leading.code else "DM-16",
        scale=leading.scale,
        grade=leading.grade,
        reaction=leading.reaction,
        by_reaction=by_reaction,
        flags=flags_of(
            *(advice.flags for advice in by_reaction), patient_flags(patient, rulebook, age_matters=age_matters)
        ),
        because=(
            *(sentence for advice in by_reaction if _speaks_for(advice, code, leading) for sentence in advice.because),
            *_joined_words(code, by_reaction),
            *dose_words(level, dose_mcg_day, rate_ml_h, patient, rulebook),
        ),
        dose_level=level,
        dose_mcg_day=dose_mcg_day,
        rate_ml_h=rate_ml_h,
        restart_earliest_ms=_restart_earliest_ms(code, by_reaction, facts),
        decide_by_ms=_decide_by_ms(code, by_reaction, facts),
        premedication=premedication,
        supportive=supportive_words(code, by_reaction, premedication, patient, stopped_h, rulebook),
        alternative=_alternative(judged, code, patient, rulebook),
        label_region=region,
        label_version=facts.label_version or rulebook.dose.label_version[region],
    )


def advise_reaction(reaction: JudgedReaction, patient: Patient, rulebook: Rulebook) -> ReactionAdvice:
    """The advice for one reaction by itself."""
    findings = reaction.findings
    terms = Terms(rules=rulebook.dose, region=patient.label_region, scale=reaction.scale)
    if findings.reaction is None:
        return not_evaluable(findings, terms, "DM-16", "its kind")
    return _FAMILIES[findings.reaction](findings, terms)


def code_alone(reaction: ReactionFindings | JudgedReaction, facts: DoseFacts, rulebook: Rulebook) -> str:
    """The code of one reaction by itself, without what a nurse needs beside it."""
    judged = with_scale(reaction)
    return advise_reaction(judged, read_patient((judged.findings,), facts, rulebook), rulebook).code


def _stopped_h(reactions: tuple[ReactionFindings, ...]) -> float | None:
    """The length of the interruption, where any of the reactions tells one."""
    return max((one.interruption_h for one in reactions if one.interruption_h is not None), default=None)


def _leading(code: str, by_reaction: tuple[ReactionAdvice, ...]) -> ReactionAdvice:
    """The advice behind the headline; of two that make it together (DM-16), the reaction's."""
    if any(advice.code == code for advice in by_reaction):
        return by_reaction[0]
    return next(advice for advice in by_reaction if advice.code == RESTART_LOW_SAME_CYCLE)


def _speaks_for(advice: ReactionAdvice, code: str, leading: ReactionAdvice) -> bool:
    """Whether a reaction's sentences explain the headline."""
    return advice.code in (code, leading.code) or (code != leading.code and advice.code == NEW_CYCLE)


def _joined_words(code: str, by_reaction: tuple[ReactionAdvice, ...]) -> tuple[str, ...]:
    if any(advice.code == code for advice in by_reaction):
        return ()
    return ("one reaction asks for the low dose, another cause for a new cycle: both together (DM-16)",)


def _restart_earliest_ms(code: str, by_reaction: tuple[ReactionAdvice, ...], facts: DoseFacts) -> int | None:
    """When the last of the reactions that lead has waited, or held the low dose, for long enough."""
    if code not in (WAIT, HOLD_LOW) or facts.at_ms is None:
        return None
    waits = [advice.restart_in_h for advice in by_reaction if advice.code == code]
    known = [hours for hours in waits if hours is not None]
    return facts.at_ms + round(max(known) * HOUR_MS) if known and len(known) == len(waits) else None


def _decide_by_ms(code: str, by_reaction: tuple[ReactionAdvice, ...], facts: DoseFacts) -> int | None:
    """The last moment at which the headline still holds, where time alone makes it stricter after that."""
    limits = [advice.decide_in_h for advice in by_reaction if advice.code == code and advice.decide_in_h is not None]
    return facts.at_ms + round(min(limits) * HOUR_MS) if limits and facts.at_ms is not None else None


def _alternative(
    judged: tuple[JudgedReaction, ...], code: str, patient: Patient, rulebook: Rulebook
) -> AlternativeAdvice | None:
    """What one of the two scales alone would advise, where that is another headline."""
    scales: list[AdviceScale] = [scale for reaction in judged for scale, _ in reaction.by_scale]
    for scale in dict.fromkeys(scales):
        single = [_by_scale(reaction, scale) for reaction in judged]
        by_reaction = most_restrictive_first((advise_reaction(one, patient, rulebook) for one in single), rulebook.dose)
        other = leading_code([advice.code for advice in by_reaction], rulebook.dose)
        if other != code:
            leading = by_reaction[0]
            return AlternativeAdvice(
                code=other, rule_id=leading.rule_id, scale=scale, grade=leading.grade, because=leading.because
            )
    return None


def _by_scale(reaction: JudgedReaction, scale: AdviceScale) -> JudgedReaction:
    """The reaction by one scale alone; a reaction that has one scale only stays as it is."""
    for own_scale, findings in reaction.by_scale:
        if own_scale == scale:
            return JudgedReaction(findings=findings, scale=own_scale)
    return reaction


__all__ = ["NO_FACTS", "advise", "advise_reaction", "code_alone"]
