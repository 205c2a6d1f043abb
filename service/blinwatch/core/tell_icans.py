"""An ICANS grade in the words that subscribers read, and when it has to be told anew."""

from blinwatch.core.alert_lifecycle import Moment, short_hash
from blinwatch.core.decisions import DomainContribution, GradeAssigned, ScaleGrade
from blinwatch.core.evidence import to_datetime
from blinwatch.core.icans.course import announced, episode_max, status, worst_24h
from blinwatch.core.icans.grade import IcansGrade
from blinwatch.core.icans_conditions import icans_evidence
from blinwatch.core.patient_state import Judgement
from blinwatch.core.tell_grade import told_scale


def icans_signature(judgement: Judgement, at_ms: int) -> tuple[str, ...]:
    """What of the ICANS grade anybody could see; empty before the first examination."""
    course = judgement.neuro
    grade = course.latest
    if grade is None:
        return ()
    return (
        grade.code,
        worst_24h(course, at_ms),
        episode_max(course),
        announced(course, at_ms),
        status(course),
        ",".join(grade.flags),
        ",".join(f"{one.domain}={one.grade}" for one in grade.domains),
        "" if judgement.ctcae_neuro is None else judgement.ctcae_neuro.code,
    )


def contributions(grade: IcansGrade) -> tuple[DomainContribution, ...]:
    """Every domain's contribution, in ICA-9's order."""
    return tuple(DomainContribution(domain=one.domain, grade=one.grade, because=one.because) for one in grade.domains)


def tell_icans(judgement: Judgement, moment: Moment) -> GradeAssigned:
    """The grade in force as `toxicity.grades.v1` carries it. The judgement must hold an examination."""
    course, at_ms = judgement.neuro, moment.at_ms
    grade = course.latest
    assert grade is not None, "a grade is told only where one was assigned"  # noqa: S101
    return GradeAssigned(
        decision_id=short_hash(judgement.patient_id, "icans", at_ms, *icans_signature(judgement, at_ms)),
        patient_id=judgement.patient_id,
        toxicity="icans",
        scale="ASTCT",
        code=grade.code,
        grade=grade.grade,
        would_be_grade=None,
        worst_24h=worst_24h(course, at_ms),
        episode_max=episode_max(course),
        announced=announced(course, at_ms),
        status=status(course),
        flags=grade.flags,
        because=grade.because,
        rule_id=grade.rule_id,
        evidence=icans_evidence(course),
        domains=contributions(grade),
        other_scales=other_scales(judgement),
        change_from_baseline=grade.change_from_baseline,
        attributions=moment.attributions,
        citation=moment.rulebook.cite(grade.rule_id),
        rulebook_version=moment.rulebook.version,
        rulebook_digest=moment.rulebook.digest,
        occurred_at=to_datetime(at_ms),
        caused_by=moment.caused_by,
    )


def other_scales(judgement: Judgement) -> tuple[ScaleGrade, ...]:
    """The neurological event on CTCAE."""
    return () if judgement.ctcae_neuro is None else (told_scale(judgement.ctcae_neuro),)
