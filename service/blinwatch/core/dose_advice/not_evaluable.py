"""DM_NOT_EVALUABLE: an essential value is missing, and missing is never normal (section 0, essentials of section D)."""

from dataclasses import replace

from blinwatch.core.dose_advice.advice import INCOMPLETE, NOT_EVALUABLE, ReactionAdvice, Terms
from blinwatch.core.dose_advice.read_grades import reached_grade
from blinwatch.core.findings import ReactionFindings

_NAMES: dict[str | None, str] = {
    None: "reaction",
    "crs": "CRS",
    "neuro": "neurological reaction",
    "seizure": "seizure",
    "liver": "liver reaction",
    "other": "other adverse reaction",
    "pancreatitis": "suspected pancreatitis",
    "tls_clinical": "clinical tumour lysis",
    "neutropenia": "neutropenia",
    "technical": "technical interruption",
}


def name_of(reaction: str | None) -> str:
    """A reaction as a nurse calls it."""
    return _NAMES[reaction]


def not_evaluable(findings: ReactionFindings, terms: Terms, rule_id: str, missing: str) -> ReactionAdvice:
    """No advice can be given, and what must be charted first."""
    return ReactionAdvice(
        reaction=findings.reaction,
        code=NOT_EVALUABLE,
        rule_id=rule_id,
        scale=terms.scale,
        grade=reached_grade(findings),
        because=(f"{name_of(findings.reaction)}: {missing} is not known; chart it first ({rule_id})",),
        flags=(INCOMPLETE,),
    )


def plain_advice(
    findings: ReactionFindings, terms: Terms, code: str, rule_id: str, *because: str, flags: tuple[str, ...] = ()
) -> ReactionAdvice:
    """An advice that needs no clock."""
    return ReactionAdvice(
        reaction=findings.reaction,
        code=code,
        rule_id=rule_id,
        scale=terms.scale,
        grade=reached_grade(findings),
        because=because,
        flags=flags,
    )


def with_flag(advice: ReactionAdvice, flag: str) -> ReactionAdvice:
    """The advice with one flag more."""
    return advice if flag in advice.flags else replace(advice, flags=(*advice.flags, flag))
