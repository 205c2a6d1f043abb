"""ICA-1, ICA-6: motor findings.

Definition:  deep focal weakness such as hemiparesis or paraparesis is grade 4.
Source:      Lee et al., BBMT 2019;25:625 [S12][S13].
Inputs:      motor_weakness.
Caveats:     tremor, myoclonus and mild weakness do not grade in ASTCT; core/ctcae grades them.
"""

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.crs_sign import Reading
from blinwatch.core.findings import MotorWeakness, NeuroFindings
from blinwatch.core.icans.domain_grade import DomainFinding, DomainGrade, missing

_WORDS: dict[MotorWeakness, str] = {
    "none": "no motor weakness",
    "tremor": "tremor",
    "myoclonus": "myoclonus",
    "mild": "mild weakness",
    "deep_focal": "deep focal weakness",
}


def detect_motor(findings: NeuroFindings, rules: IcansRules) -> DomainFinding:
    """Motor findings in an examination."""
    sign = findings.motor_weakness
    if sign is None:
        return missing("motor", "motor strength was not charted (ICA-9)")
    grade, words = rules.motor_grade[sign], _WORDS[sign]
    rule_id = "ICA-1" if grade or sign == "none" else "ICA-6"
    if grade:
        because = f"{words}: grade {grade} ({rule_id})"
    elif sign == "none":
        because = f"{words} ({rule_id})"
    else:
        because = f"{words}: no grade in ASTCT, see CTCAE ({rule_id})"
    return DomainFinding(
        graded=DomainGrade(domain="motor", grade=grade, known=True, because=because, rule_id=rule_id),
        readings=(Reading("motor_weakness", sign),),
        worth_telling=sign != "none",
    )
