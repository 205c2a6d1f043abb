"""The standing label advice in the form that subscribers read, and when it has to be told anew."""

from datetime import datetime

from blinwatch.core.advice_outputs import (
    DoseAdviceGiven,
    DoseOfDrug,
    DoseStatus,
    OtherScaleAdvice,
    PremedicationTold,
    ReactionAdviceTold,
)
from blinwatch.core.alert_lifecycle import Moment, short_hash
from blinwatch.core.dose_advice.advice import AlternativeAdvice, DoseAdvice, PremedicationDue
from blinwatch.core.evidence import to_datetime
from blinwatch.core.patient_state import Judgement


def advice_signature(advice: DoseAdvice | None) -> tuple[str | float | None, ...]:
    """What of the advice anybody would act on; empty where nothing is advised. Flat: storing changes nothing."""
    if advice is None:
        return ()
    return (
        advice.code,
        advice.scale,
        advice.grade,
        ";".join(f"{one.reaction}|{one.code}|{one.scale}|{one.grade}" for one in advice.by_reaction),
        ",".join(advice.flags),
        advice.dose_mcg_day,
        advice.rate_ml_h,
        advice.restart_earliest_ms,
        advice.decide_by_ms,
        None if advice.alternative is None else f"{advice.alternative.code}|{advice.alternative.scale}",
    )


def tell_advice(judgement: Judgement, moment: Moment) -> DoseAdviceGiven:
    """The advice now in force as `advice.dose.v1` carries it."""
    advice = judgement.advice
    rulebook = moment.rulebook
    signature = advice_signature(advice)
    return DoseAdviceGiven(
        decision_id=short_hash(judgement.patient_id, "dose", moment.at_ms, *signature),
        patient_id=judgement.patient_id,
        advice=None if advice is None else dose_status(advice),
        attributions=moment.attributions,
        citation=rulebook.cite("DM-16" if advice is None else advice.rule_id),
        rulebook_version=rulebook.version,
        rulebook_digest=rulebook.digest,
        occurred_at=to_datetime(moment.at_ms),
        caused_by=moment.caused_by,
    )


def dose_status(advice: DoseAdvice) -> DoseStatus:
    """The advice as a board shows it."""
    return DoseStatus(
        code=advice.code,
        rule_id=advice.rule_id,
        scale=advice.scale,
        grade=advice.grade,
        reaction=advice.reaction,
        by_reaction=tuple(
            ReactionAdviceTold(
                reaction=one.reaction,
                code=one.code,
                rule_id=one.rule_id,
                scale=one.scale,
                grade=one.grade,
                because=one.because,
            )
            for one in advice.by_reaction
        ),
        flags=advice.flags,
        because=advice.because,
        dose_mcg_day=advice.dose_mcg_day,
        rate_ml_h=advice.rate_ml_h,
        restart_earliest_at=_when(advice.restart_earliest_ms),
        decide_by=_when(advice.decide_by_ms),
        premedication=tuple(_premedication(one) for one in advice.premedication),
        supportive=advice.supportive,
        other_scale=_other_scale(advice.alternative),
        label_region=advice.label_region,
        label_version=advice.label_version,
        since=_when(advice.since_ms),
    )


def _premedication(due: PremedicationDue) -> PremedicationTold:
    return PremedicationTold(
        drug=due.drug,
        dose_mg=due.dose_mg,
        instead=tuple(DoseOfDrug(drug=one.drug, dose_mg=one.dose_mg) for one in due.instead),
        from_min=due.from_min,
        to_min=due.to_min,
        occasion=due.occasion,
        regimen=due.regimen,
        assumed=due.assumed,
    )


def _other_scale(other: AlternativeAdvice | None) -> OtherScaleAdvice | None:
    if other is None:
        return None
    return OtherScaleAdvice(
        code=other.code, rule_id=other.rule_id, scale=other.scale, grade=other.grade, because=other.because
    )


def _when(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else to_datetime(at_ms)
