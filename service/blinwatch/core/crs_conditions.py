"""CRS grades and their companions to alert conditions.

What:      which alerts a graded observation calls for: the announced grade, a masked suspicion, low pressure or
           oxygen without CRS, and the flags of sections B and G that are alerts of their own.
Sources:   rule reference sections 0 (announced), B (CRS-2, 5, 6, 9, 11) and H (priorities).
Inputs:    the last grade, the CRS course, the time.
Caveats:   the CRS alert follows the announced grade: a rise at once, a fall after 6 h. Signs without CRS
           (CRS-5, no masking drug) take the priority of the grade they would be worth.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.crs_course import announced
from blinwatch.core.early_warning.live import EARLY_WARNING
from blinwatch.core.evidence import Condition, Evidence, Priority, to_datetime
from blinwatch.core.grade_crs import NOT_EVALUABLE, SUSPECT_MASKED, CrsGrade, grade_code
from blinwatch.core.patient_state import Judgement

_FLAG_ALERTS: dict[str, tuple[str, str]] = {
    "FEVER_CONFIRM": ("CRS-2", "Axillary or skin temperature just below fever: confirm at another site."),
    "SPO2_LOW": ("CRS-9", "SpO2 is low, though not below the grading limit."),
    "BP_RELATIVE_DROP": ("CRS-6", "Systolic pressure has fallen far below its baseline."),
}
_GRADE_PREFIX = "CRS_G"
_SUSPICIONS = (SUSPECT_MASKED, "TEMP_MISSING_HIGH", "FEVER_CONFIRM")
_HIDDEN_BY_SUSPICION = (EARLY_WARNING,)
"""Who is called for a suspicion needs no notice that the risk rises."""
_SCORES_HIDDEN_FROM = 3
"""A grade 3 pages with high priority; a score of the same signs beside it would page for the same thing."""


def priority_of(code: str, rulebook: Rulebook) -> Priority:
    """The alarm priority of a code (section H): the rest is low."""
    priorities = rulebook.alerts.priorities
    return priorities.get(code, priorities["default"])


def crs_conditions(judgement: Judgement, moment: Moment) -> tuple[Condition, ...]:
    """Every CRS-domain condition that holds at the moment."""
    grade = judgement.grade
    if grade is None:
        return ()
    found: list[Condition] = []
    announced_code = announced(judgement.course, moment.at_ms)
    level = int(announced_code[-1]) if announced_code.startswith(_GRADE_PREFIX) else 0
    if level >= 1:
        text = _announced_text(level, grade)
        found.append(_condition("CRS", announced_code, grade.rule_id, level, text, judgement, moment))
    if grade.code == SUSPECT_MASKED:
        text = f"CRS suspected: a drug may hide the fever; the signs would be worth grade {grade.would_be_grade}."
        found.append(_condition(SUSPECT_MASKED, SUSPECT_MASKED, "CRS-5", 0, text, judgement, moment))
    if "TEMP_MISSING_HIGH" in grade.flags:
        text = f"Temperature missing while the signs would be worth grade {grade.would_be_grade}: measure it now."
        found.append(_condition("TEMP_MISSING_HIGH", "TEMP_MISSING_HIGH", "CRS-11", 0, text, judgement, moment))
    elif level == 0 and grade.code in (grade_code(0), NOT_EVALUABLE):
        found.extend(_signs_without_crs(grade, judgement, moment))
    for flag, (rule_id, text) in _FLAG_ALERTS.items():
        if flag in grade.flags:
            found.append(_condition(flag, flag, rule_id, 0, text, judgement, moment))
    return tuple(found)


def _announced_text(level: int, grade: CrsGrade) -> str:
    if grade.grade is not None and grade.grade < level:
        return f"CRS grade {level} (ASTCT) still announced: the latest grade {grade.grade} has not held long enough."
    if grade.grade is None:
        return f"CRS grade {level} (ASTCT) still announced: the latest observation cannot be graded."
    return f"CRS grade {level} (ASTCT).{_LABEL_ADVICE.get(level, '')}"


_LABEL_ADVICE = {3: " Label advice: interrupt (DM-2).", 4: " Label advice: discontinue for good (DM-4)."}
"""This alert pages for the advice too, so that nobody is paged twice for one thing."""


def _signs_without_crs(grade: CrsGrade, judgement: Judgement, moment: Moment) -> list[Condition]:
    """Low pressure or oxygen that is not CRS by rule is still low pressure or oxygen (CRS-5)."""
    found: list[Condition] = []
    for key, rule_id, sign, words in (
        ("HYPOTENSION", "CRS-6", grade.hypotension, "Hypotension"),
        ("HYPOXIA", "CRS-9", grade.hypoxia, "Hypoxia"),
    ):
        if sign.grade > 0:
            text = f"{words} without CRS: look for sepsis and other causes. In CRS it would be grade {sign.grade}."
            condition = _condition(key, key, rule_id, sign.grade, text, judgement, moment)
            found.append(condition)
    return found


def _condition(  # noqa: PLR0917 - one place that fills in a Condition; every argument differs per caller
    key: str, code: str, rule_id: str, level: int, text: str, judgement: Judgement, moment: Moment
) -> Condition:
    grade = judgement.grade
    reasons = () if grade is None else grade.because
    worth = grade_code(level) if key in ("HYPOTENSION", "HYPOXIA") else code
    return Condition(
        key=key,
        code=code,
        rule_id=rule_id,
        domain="crs",
        scale="ASTCT",
        priority=priority_of(worth, moment.rulebook),
        level=level,
        summary=" ".join([text, *(f"{reason[0].upper()}{reason[1:]}." for reason in reasons)]),
        evidence=crs_evidence(judgement, moment.caused_by),
        since_ms=judgement.graded_ms if judgement.graded_ms is not None else moment.at_ms,
        hides=_hidden_by_crs(level) if key == "CRS" else _HIDDEN_BY_SUSPICION if key in _SUSPICIONS else (),
    )


def _hidden_by_crs(level: int) -> tuple[str, ...]:
    """A CRS alert hides the suspicions it confirms; from grade 2 on also the milder notes about the same signs."""
    milder = ("SPO2_LOW", "BP_RELATIVE_DROP", "FEVER_CONFIRM") if level > 1 else ()
    if level >= _SCORES_HIDDEN_FROM:
        milder = (*milder, "NEWS2")
    return ("TEMP_MISSING_HIGH", SUSPECT_MASKED, EARLY_WARNING, *milder)


def crs_evidence(judgement: Judgement, caused_by: str | None) -> tuple[Evidence, ...]:
    """The values a grade rests on, each with its time and the event that brought it where that is known."""
    if judgement.grade is None:
        return ()
    source = {part: signal for signal in judgement.signals.values() for part in signal.parts}
    found: list[Evidence] = []
    for reading in judgement.grade.readings:
        signal = source.get(reading.name)
        if signal is None:
            found.append(Evidence(reading.name, reading.value, reading.unit, None, caused_by))
        else:
            found.append(
                Evidence(reading.name, reading.value, reading.unit, to_datetime(signal.at_ms), signal.event_id)
            )
    return tuple(found)
