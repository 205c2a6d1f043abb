"""ICA-1, 2, 3, 8, 9: cognition by ICE or CAPD.

Definition:  from 12 years on ICE: 7-9 points grade 1, 3-6 grade 2, 0-2 grade 3; under 12 years, or with a
             developmental delay at any age, CAPD: 1-8 points grade 1, 9 or more grade 3. Not done because
             unarousable, or ICE 0 in a patient who is unarousable: grade 4.
Source:      Lee et al., BBMT 2019;25:625 [S12][S13][S14]; Traube 2014 [K]; best case of untested items, and a
             test that was not done is never 0 [C].
Inputs:      age, developmental delay, ICE and CAPD (total, items, reason for not doing it), and the level of
             consciousness where that is known.
Caveats:     - a tool for the wrong age is ignored, except for "unarousable", which is a state of the patient and not
               a score: incomplete. With a delay from 12 years on CAPD is preferred; ICE alone is
               graded literally, incomplete.
             - untested items are taken at their best: where that still grades, the grade is "at least"; where it
               does not, the score is missing.
             - a reason for not doing the test leads over a score charted beside it: nobody can say what that
               score stands for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.crs_sign import Reading
from blinwatch.core.findings import LevelOfConsciousness, NeuroFindings, NotDoneReason
from blinwatch.core.icans.cognition_points import Points, capd_points, ice_points
from blinwatch.core.icans.detect_consciousness import LOC_WORDS
from blinwatch.core.icans.domain_grade import CHART_CONFLICT, DomainFinding, DomainGrade, missing
from blinwatch.core.icans.fresh_findings import AgingPart
from blinwatch.core.units import below

Tool = Literal["ICE", "CAPD"]
INCOMPLETE = "INCOMPLETE"
CAPD_SUBTHRESHOLD = "CAPD_SUBTHRESHOLD"
CONF_SEDATIVE_ICANS = "CONF_SEDATIVE_ICANS"

_PART: dict[Tool, AgingPart] = {"ICE": "ice", "CAPD": "capd"}
_REASON: dict[NotDoneReason, str] = {
    "unarousable": "the patient is unarousable",
    "refused": "the patient refused",
    "asleep": "the patient was asleep",
    "intubated": "the patient is intubated",
    "language_barrier": "of a language barrier",
    "sedated": "the patient is sedated",
}
_ITEM: dict[str, str] = {
    "orientation": "orientation",
    "naming": "naming",
    "command": "following a command",
    "writing": "writing",
    "attention": "counting backwards",
}


@dataclass(frozen=True, slots=True)
class Cognition:
    """Cognition as one domain, and the full ICE score that ICA-10 compares with the baseline."""

    finding: DomainFinding
    ice_points: int | None = None


def grade_from_points(points: int, grade_from: Mapping[int, int]) -> int:
    """The grade of a score: that of the highest entry not above it."""
    return grade_from[max(lowest for lowest in grade_from if lowest <= points)]


def detect_cognition(
    findings: NeuroFindings,
    consciousness: LevelOfConsciousness | None,
    stale: tuple[AgingPart, ...],
    rules: IcansRules,
) -> Cognition:
    """Cognition in an examination without stale parts; `consciousness` is None where it is not known."""
    young = findings.age_years is not None and below(findings.age_years, rules.capd_below_years)
    delayed = findings.developmental_delay is True
    right: Tool = "CAPD" if young or delayed else "ICE"
    other: Tool = "ICE" if right == "CAPD" else "CAPD"
    judged = _judge(right, findings, consciousness, stale, rules)
    if judged.finding.graded.known:
        return judged
    instead = _judge(other, findings, consciousness, stale, rules)
    if not instead.finding.graded.known:
        return judged
    if _reason(other, findings) is not None:
        # "Unarousable" is a state of the patient, seen whichever tool was at hand (ICA-2).
        return _instead(instead, f"{right} is the tool for this patient")
    if delayed and not young:
        return _instead(instead, "with a developmental delay CAPD is preferred (ICA-3)")
    return judged


def _instead(cognition: Cognition, words: str) -> Cognition:
    """What the tool that is not the right one tells, as far as it may be used: incomplete."""
    graded = cognition.finding.graded
    finding = replace(
        cognition.finding,
        graded=replace(graded, because=f"{graded.because}; {words}"),
        flags=(*cognition.finding.flags, INCOMPLETE),
        worth_telling=True,
    )
    return replace(cognition, finding=finding)


def _reason(tool: Tool, findings: NeuroFindings) -> NotDoneReason | None:
    return findings.ice_not_done_reason if tool == "ICE" else findings.capd_not_done_reason


def _judge(
    tool: Tool,
    findings: NeuroFindings,
    consciousness: LevelOfConsciousness | None,
    stale: tuple[AgingPart, ...],
    rules: IcansRules,
) -> Cognition:
    """One tool, whoever it is for."""
    points = ice_points(findings, rules) if tool == "ICE" else capd_points(findings, rules)
    if (reason := _reason(tool, findings)) is not None:
        return Cognition(_not_done(tool, reason, points, consciousness, rules))
    if points is None:
        return Cognition(missing("cognition", _nothing_charted(tool, findings, stale), tool=tool))
    finding = _ice(points, consciousness, rules) if tool == "ICE" else _capd(points, rules)
    return Cognition(finding, points.points if tool == "ICE" and not points.untested else None)


def _not_done(
    tool: Tool,
    reason: NotDoneReason,
    points: Points | None,
    consciousness: LevelOfConsciousness | None,
    rules: IcansRules,
) -> DomainFinding:
    """ICA-2, ICA-3, ICA-8: unarousable grades 4, any other reason leaves the domain missing."""
    words = f"{tool} not done because {_REASON[reason]}"
    conflict = (CHART_CONFLICT,) if points is not None and points.points > 0 else ()
    if reason in rules.not_done_reasons_that_grade:
        rule_id = "ICA-2" if tool == "ICE" else "ICA-3"
        grade = rules.unarousable_grade
        because = f"{words}: grade {grade} ({rule_id})"
        if consciousness is not None and rules.loc_grade[consciousness] < grade:
            conflict = (CHART_CONFLICT,)
            because += f"; but consciousness was charted as {LOC_WORDS[consciousness]}: check"
        return _found(tool, grade, because, rule_id, conflict, (Reading(f"{tool.lower()}_not_done_reason", reason),))
    flags = (*conflict, CONF_SEDATIVE_ICANS) if reason == "sedated" else conflict
    ignored = "" if points is None else f"; the charted {points.points} points are not used"
    return replace(
        missing("cognition", f"{words}: missing, never counted as a score (ICA-8){ignored}", "ICA-8", tool),
        flags=flags,
    )


def _nothing_charted(tool: Tool, findings: NeuroFindings, stale: tuple[AgingPart, ...]) -> str:
    """Why a tool says nothing: too old, the other tool was used, or nobody charted any."""
    if _PART[tool] in stale:
        return f"{tool} is too old to be used (ICA-9)"
    if tool == "ICE":
        other, charted = "CAPD", (findings.capd_score, findings.capd_items, findings.capd_not_done_reason)
    else:
        other, charted = "ICE", (findings.ice_score, findings.ice_items, findings.ice_not_done_reason)
    if any(value is not None for value in charted):
        return f"{tool} was not charted; {other} is not the tool for this age and not used (ICA-9)"
    return f"{tool} was not charted (ICA-9)"


def _ice(points: Points, consciousness: LevelOfConsciousness | None, rules: IcansRules) -> DomainFinding:
    """ICA-1, ICA-2: fewer points are worse; 0 points in an unarousable patient is grade 4."""
    grade = grade_from_points(points.points, rules.ice_grade_from_points)
    most = sum(rules.ice_item_points.values())
    if points.untested:
        return _best_case("ICE", points, grade, f"ICE at most {points.points} of {most} points")
    words, rule_id = f"ICE {points.points} of {most} points", "ICA-1"
    if points.points == 0:
        rule_id = "ICA-2"
        if consciousness is None:
            words += ", level of consciousness not known"
        elif consciousness in rules.loc_unarousable:
            words += " in a patient who is unarousable"
            grade = rules.unarousable_grade
        else:
            words += " in a patient who can be roused"
    return _scored("ICE", points, grade, words, rule_id)


def _capd(points: Points, rules: IcansRules) -> DomainFinding:
    """ICA-3: more points are worse; below the delirium screen the child's baseline must be looked at."""
    grade = grade_from_points(points.points, rules.capd_grade_from_points)
    most = rules.capd_item_count * rules.capd_item_most_points
    if points.untested:
        finding = _best_case("CAPD", points, grade, f"CAPD at least {points.points} of {most} points")
    else:
        finding = _scored("CAPD", points, grade, f"CAPD {points.points} of {most} points", "ICA-3")
    if 0 < points.points < rules.capd_delirium_from_points:
        graded = finding.graded
        because = f"{graded.because}; below the delirium screen, compare with this child's usual state"
        return replace(finding, graded=replace(graded, because=because), flags=(*finding.flags, CAPD_SUBTHRESHOLD))
    return finding


def _best_case(tool: Tool, points: Points, grade: int, words: str) -> DomainFinding:
    """ICA-9: with untested items the best case grades "at least"; a best case of grade 0 is no score."""
    untested = ", ".join(_ITEM.get(name, name) for name in points.untested)
    conflict = (CHART_CONFLICT,) if points.conflict else ()
    if grade == 0:
        because = f"{tool} cannot be scored: not tested: {untested} (ICA-9)"
        return replace(missing("cognition", because, tool=tool), flags=conflict)
    because = f"{words}, not tested: {untested}: at least grade {grade} (ICA-9)"
    return _found(tool, grade, because, "ICA-9", (*conflict, INCOMPLETE), _score_reading(tool, points))


def _scored(tool: Tool, points: Points, grade: int, words: str, rule_id: str) -> DomainFinding:
    """A full score."""
    because = f"{words}: grade {grade} ({rule_id})" if grade else f"{words} ({rule_id})"
    if points.conflict:
        because += "; the charted total and its items contradict each other, the worse is used"
    conflict = (CHART_CONFLICT,) if points.conflict else ()
    return _found(tool, grade, because, rule_id, conflict, _score_reading(tool, points))


def _score_reading(tool: Tool, points: Points) -> tuple[Reading, ...]:
    return (Reading(f"{tool.lower()}_score", float(points.points), "{score}"),)


def _found(
    tool: Tool, grade: int, because: str, rule_id: str, flags: tuple[str, ...], readings: tuple[Reading, ...]
) -> DomainFinding:
    return DomainFinding(
        graded=DomainGrade(domain="cognition", grade=grade, known=True, because=because, rule_id=rule_id, tool=tool),
        flags=flags,
        readings=readings,
        worth_telling=bool(flags),
    )
