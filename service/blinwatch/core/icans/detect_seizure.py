"""ICA-5: seizures.

Definition:  any seizure that resolves rapidly, or a non-convulsive one on EEG that resolves with treatment, is
             grade 3; longer than 5 minutes, or repetitive without return to baseline, grade 4.
Source:      Lee et al., BBMT 2019;25:625 [S12][S13].
Inputs:      seizure, seizure_duration_s.
Caveats:     - exactly 5 minutes is still grade 3; `prolonged` is grade 4 whatever the duration says.
             - a duration without a kind is a seizure all the same; "none" beside a duration contradicts itself and
               counts as the seizure, flagged CHART_CONFLICT.
             - a duration of 0 s says nothing.
"""

from dataclasses import dataclass

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.crs_sign import Reading, number
from blinwatch.core.findings import NeuroFindings, Seizure
from blinwatch.core.icans.domain_grade import CHART_CONFLICT, DomainFinding, DomainGrade, missing
from blinwatch.core.units import above

_WORDS: dict[Seizure, str] = {
    "none": "no seizure",
    "brief_resolved": "brief seizure, resolved",
    "nonconvulsive_eeg_resolved": "non-convulsive seizure on EEG, resolved",
    "prolonged": "prolonged seizure",
    "repetitive_no_baseline": "repeated seizures without return to the usual state",
}
_UNNAMED: Seizure = "brief_resolved"
"""What a seizure is worth of which only a duration was charted; the duration lifts it where it is long."""


@dataclass(frozen=True, slots=True)
class SeizureSeen:
    """The seizure that one examination charted."""

    kind: Seizure
    duration_s: float | None
    grade: int


def charted_seizure(findings: NeuroFindings, rules: IcansRules) -> SeizureSeen | None:
    """The seizure in an examination, or None where there was none or nothing was charted."""
    kind, duration_s = findings.seizure, findings.seizure_duration_s
    lasted = duration_s is not None and duration_s > 0
    if kind in (None, "none"):
        if not lasted:
            return None
        kind = _UNNAMED
    grade = rules.seizure_grade[kind]
    if duration_s is not None and above(duration_s, rules.seizure_prolonged_after_s):
        grade = max(grade, rules.seizure_grade["prolonged"])
    return SeizureSeen(kind, duration_s if lasted else None, grade)


def detect_seizure(findings: NeuroFindings, rules: IcansRules) -> DomainFinding:
    """Seizures in an examination."""
    seen = charted_seizure(findings, rules)
    if seen is None:
        if findings.seizure is None:
            return missing("seizure", "seizures were not charted (ICA-9)")
        return DomainFinding(graded=_graded(0, f"{_WORDS['none']} (ICA-5)"), readings=(Reading("seizure", "none"),))
    words = _WORDS[seen.kind] if findings.seizure == seen.kind else "seizure"
    readings = (Reading("seizure", seen.kind),)
    if seen.duration_s is not None:
        words += f" of {number(seen.duration_s)} s"
        readings += (Reading("seizure_duration_s", seen.duration_s, "s"),)
    conflict = findings.seizure == "none"
    if conflict:
        words += ' (charted beside "none": the worse is used)'
    return DomainFinding(
        graded=_graded(seen.grade, f"{words}: grade {seen.grade} (ICA-5)"),
        flags=(CHART_CONFLICT,) if conflict else (),
        readings=readings,
    )


def _graded(grade: int, because: str) -> DomainGrade:
    return DomainGrade(domain="seizure", grade=grade, known=True, because=because, rule_id="ICA-5")
