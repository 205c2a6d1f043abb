"""CTCAE-NEURO: the neurological event on CTCAE version 5, beside the ICANS grade.

Definition:  the worst of encephalopathy, depressed level of consciousness, seizure, muscle weakness or tremor, and
             cerebral oedema, each by its own CTCAE term; death grade 5.
Source:      CTCAE v5.0 (NCI 2017), to be confirmed by a clinician [K]; rule reference ICA-6 and section D.
Inputs:      an examination, its ICANS grade, and the CTCAE grade that staff charted for the neurological event.
Caveats:     - a domain that ICANS does not know (missing, stale, sedated, attributed elsewhere) is not known here.
             - tremor and myoclonus are a floor of grade 1: how far they limit daily life is not charted.
             - a brief seizure is read as a new onset, grade 3.
             - staff's own grade leads where it is higher. Where it is lower, the findings lead and both are said.
             - an intracranial haemorrhage has CTCAE terms of its own that the chart does not tell apart: not graded.
"""

from blinwatch.clinical.ctcae_rules import CtcaeRules
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.ctcae.scale_grade import INCOMPLETE, Part, ScaleGrade, code_of
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.icans.detect_consciousness import LOC_WORDS
from blinwatch.core.icans.detect_raised_icp import ICP_SIGN_WORDS, OEDEMA_WORDS
from blinwatch.core.icans.domain_grade import DomainGrade
from blinwatch.core.icans.grade import IcansGrade
from blinwatch.core.units import above

EVENT_TERM = "Nervous system disorder"
"""What an event is called whose term nobody has charted."""


def ctcae_neuro(
    findings: NeuroFindings, icans: IcansGrade, rulebook: Rulebook, charted_grade: int | None
) -> ScaleGrade:
    """The CTCAE grade of the neurological event in an examination; `charted_grade` is staff's own."""
    if icans.grade == rulebook.icans.death_grade:
        grade = rulebook.ctcae.neuro_death_grade
        because = ("death due to the neurological event (CTCAE v5)",)
        return ScaleGrade(term=EVENT_TERM, code=code_of("NEURO", grade), grade=grade, because=because)
    return _with_charted(_from_findings(findings, icans, rulebook), charted_grade)


def _from_findings(findings: NeuroFindings, icans: IcansGrade, rulebook: Rulebook) -> ScaleGrade:
    parts = _parts(findings, icans, rulebook)
    flags = [flag for part in parts for flag in part.flags]
    if not icans.complete:
        flags.append(INCOMPLETE)
    leading = max(parts, key=lambda part: part.grade, default=None)
    if leading is None:
        grade = 0 if icans.domains[0].known else None
        because = (
            ("the examination leaves out too much for a CTCAE grade",)
            if grade is None
            else ("no neurological finding that CTCAE grades",)
        )
    else:
        grade, because = leading.grade, tuple(part.because for part in parts)
    return ScaleGrade(
        term=EVENT_TERM if leading is None else leading.term,
        code=code_of("NEURO", grade),
        grade=grade,
        because=because,
        flags=tuple(dict.fromkeys(flags)),
    )


def _with_charted(found: ScaleGrade, charted: int | None) -> ScaleGrade:
    """Staff's grade beside the findings: the higher leads, and both are told."""
    if charted is None:
        return found
    if charted > (found.grade or 0):
        alone = "do not tell a grade" if found.grade is None else f"alone are worth grade {found.grade}"
        because = (
            f"staff charted CTCAE grade {charted} of the neurological event; the findings {alone}",
            *found.because,
        )
        return ScaleGrade(
            term=EVENT_TERM, code=code_of("NEURO", charted), grade=charted, because=because, flags=found.flags
        )
    if found.grade is not None and charted < found.grade:
        because = (*found.because, f"staff charted CTCAE grade {charted}; the findings are worth more and lead")
        return ScaleGrade(term=found.term, code=found.code, grade=found.grade, because=because, flags=found.flags)
    return found


def _parts(findings: NeuroFindings, icans: IcansGrade, rulebook: Rulebook) -> list[Part]:
    """What of the examination CTCAE grades, in ICANS's order of domains."""
    known = {one.domain: one for one in icans.domains if one.known}
    rules = rulebook.ctcae
    found: list[Part] = []
    if "cognition" in known:
        found += _encephalopathy(known["cognition"], rules)
    if "loc" in known and findings.loc is not None and (grade := rules.consciousness_grade[findings.loc]):
        words = LOC_WORDS[findings.loc]
        found.append(Part(grade, "Depressed level of consciousness", f"{words}: grade {grade} (CTCAE v5)"))
    if "seizure" in known:
        found += _seizure(icans, rulebook)
    if "motor" in known:
        found += _motor(findings, rules)
    if "icp_oedema" in known:
        found += _pressure(findings, rules)
    return found


def _encephalopathy(cognition: DomainGrade, rules: CtcaeRules) -> list[Part]:
    grade = rules.encephalopathy_by_astct_grade[cognition.grade or 0]
    if grade == 0:
        return []
    words = (
        f"{cognition.tool} grade {cognition.grade}, read as its severity because limits in daily life are not charted"
    )
    return [Part(grade, "Encephalopathy", f"{words}: grade {grade} (CTCAE v5)")]


def _seizure(icans: IcansGrade, rulebook: Rulebook) -> list[Part]:
    seen = icans.seizure
    if seen is None:
        return []
    grades = rulebook.ctcae.seizure_grade
    grade = grades[seen.kind]
    if seen.duration_s is not None and above(seen.duration_s, rulebook.icans.seizure_prolonged_after_s):
        grade = max(grade, grades["prolonged"])
    words = "seizure, read as a new onset" if grade < grades["prolonged"] else "prolonged or repeated seizure"
    return [Part(grade, "Seizure", f"{words}: grade {grade} (CTCAE v5)")]


def _motor(findings: NeuroFindings, rules: CtcaeRules) -> list[Part]:
    sign = findings.motor_weakness
    if sign is None or (grade := rules.motor_grade[sign]) == 0:
        return []
    if sign in rules.motor_at_least:
        words = f"{sign}: at least grade {grade}, more if it limits daily life, which is not charted (CTCAE v5)"
        return [Part(grade, sign.capitalize(), words, (INCOMPLETE,))]
    words = "deep focal weakness" if sign == "deep_focal" else f"{sign} weakness"
    return [Part(grade, "Muscle weakness", f"{words}, seen on examination: grade {grade} (CTCAE v5)")]


def _pressure(findings: NeuroFindings, rules: CtcaeRules) -> list[Part]:
    found: list[Part] = []
    if findings.cerebral_edema is not None and (grade := rules.oedema_grade[findings.cerebral_edema]):
        words = OEDEMA_WORDS[findings.cerebral_edema]
        found.append(Part(grade, "Edema cerebral", f"{words}: grade {grade} (CTCAE v5)"))
    if findings.icp_sign is not None and (grade := rules.icp_sign_grade[findings.icp_sign]):
        words = f"{ICP_SIGN_WORDS[findings.icp_sign]}, sign of raised pressure, urgent intervention"
        found.append(Part(grade, "Raised intracranial pressure", f"{words}: grade {grade} (CTCAE v5)"))
    return found
