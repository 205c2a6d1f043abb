"""A CRS grade in the words that subscribers read, and whether it differs from what was last told."""

from blinwatch.core.alert_lifecycle import Moment, short_hash
from blinwatch.core.crs_conditions import crs_evidence
from blinwatch.core.crs_course import announced, episode_max, status, worst_24h
from blinwatch.core.ctcae import scale_grade as ctcae
from blinwatch.core.decisions import DomainContribution, GradeAssigned, ScaleGrade
from blinwatch.core.evidence import to_datetime
from blinwatch.core.grade_crs import CrsGrade
from blinwatch.core.patient_state import Judgement

_PASSING_FLAGS = frozenset({"SPO2_LOW", "BP_RELATIVE_DROP", "FEVER_CONFIRM", "ARTEFACT", "SPO2_SUSPECT"})
"""Flags that come and go with single values. They have alerts of their own or concern one reading; telling the
grade anew for each would drown the topic."""
_TOLD_PARTS = 7


def grade_signature(judgement: Judgement, at_ms: int) -> tuple[str, ...]:
    """What of the CRS grade anybody could see: first the told parts, then the passing flags."""
    grade = judgement.grade
    if grade is None:
        return ()
    course = judgement.course
    lasting = [flag for flag in grade.flags if flag not in _PASSING_FLAGS]
    passing = [flag for flag in grade.flags if flag in _PASSING_FLAGS]
    return (
        grade.code,
        str(grade.would_be_grade),
        worst_24h(course, at_ms),
        episode_max(course),
        announced(course, at_ms),
        status(course),
        ",".join(lasting),
        *passing,
    )


def worth_telling(told: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Whether the grade must be told again."""
    return told[:_TOLD_PARTS] != now[:_TOLD_PARTS]


def tell_grade(judgement: Judgement, moment: Moment) -> GradeAssigned:
    """The grade in force as `toxicity.grades.v1` carries it. The judgement must hold a grade."""
    grade = judgement.grade
    assert grade is not None, "a grade is told only where one was assigned"  # noqa: S101
    course, at_ms = judgement.course, moment.at_ms
    return GradeAssigned(
        decision_id=short_hash(judgement.patient_id, "crs", at_ms, *grade_signature(judgement, at_ms)),
        patient_id=judgement.patient_id,
        toxicity="crs",
        scale="ASTCT",
        code=grade.code,
        grade=grade.grade,
        would_be_grade=grade.would_be_grade,
        worst_24h=worst_24h(course, at_ms),
        episode_max=episode_max(course),
        announced=announced(course, at_ms),
        status=status(course),
        flags=grade.flags,
        because=grade.because,
        rule_id=grade.rule_id,
        evidence=crs_evidence(judgement, moment.caused_by),
        citation=moment.rulebook.cite(grade.rule_id),
        domains=crs_contributions(grade),
        other_scales=crs_other_scales(judgement),
        attributions=moment.attributions,
        rulebook_version=moment.rulebook.version,
        rulebook_digest=moment.rulebook.digest,
        occurred_at=to_datetime(at_ms),
        caused_by=moment.caused_by,
    )


def crs_contributions(grade: CrsGrade) -> tuple[DomainContribution, ...]:
    """What fever, hypotension and hypoxia each add; `grade` None where a sign is not known."""
    fever = grade.fever
    found = [
        DomainContribution(
            domain="fever", grade=int(fever.counts) if fever.known else None, because=_sentence(fever.because, "fever")
        )
    ]
    for name, sign in (("hypotension", grade.hypotension), ("hypoxia", grade.hypoxia)):
        known = sign.known or sign.grade > 0
        words = _sentence(sign.because, name if known else sign.missing or name)
        found.append(DomainContribution(domain=name, grade=sign.grade if known else None, because=words))
    return tuple(found)


def _sentence(because: tuple[str, ...], name: str) -> str:
    return "; ".join(because) if because else f"{name}: nothing found or not known"


def crs_other_scales(judgement: Judgement) -> tuple[ScaleGrade, ...]:
    """The same observation on CTCAE."""
    return () if judgement.ctcae_crs is None else (told_scale(judgement.ctcae_crs),)


def told_scale(found: ctcae.ScaleGrade) -> ScaleGrade:
    """A grade of another scale as decisions show it."""
    return ScaleGrade(scale=found.scale, term=found.term, code=found.code, grade=found.grade, because=found.because)
