"""ICA-1, ICA-6: raised intracranial pressure and cerebral oedema.

Definition:  focal oedema on imaging is grade 3; diffuse oedema, posturing, palsy of cranial nerve VI,
             papilloedema or Cushing's triad grade 4.
Source:      Lee et al., BBMT 2019;25:625 [S12][S13]; a haemorrhage excludes both [S12].
Inputs:      cerebral_edema, icp_sign.
Caveats:     either of the two makes the domain known (ICA-9). What a haemorrhage explains is taken out in
             core/icans/grade.py.
"""

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.crs_sign import Reading
from blinwatch.core.findings import CerebralEdema, IcpSign, NeuroFindings
from blinwatch.core.icans.domain_grade import DomainFinding, DomainGrade, missing

OEDEMA_WORDS: dict[CerebralEdema, str] = {
    "none": "no cerebral oedema",
    "focal": "focal cerebral oedema on imaging",
    "diffuse": "diffuse cerebral oedema on imaging",
}
ICP_SIGN_WORDS: dict[IcpSign, str] = {
    "none": "no sign of raised intracranial pressure",
    "posturing": "posturing",
    "cn6_palsy": "palsy of cranial nerve VI",
    "papilledema": "papilloedema",
    "cushing_triad": "Cushing's triad",
}


def detect_raised_icp(findings: NeuroFindings, rules: IcansRules) -> DomainFinding:
    """Cerebral oedema and signs of raised pressure in an examination."""
    oedema, sign = findings.cerebral_edema, findings.icp_sign
    found: list[tuple[int, str]] = []
    readings: list[Reading] = []
    if oedema is not None:
        found.append((rules.oedema_grade[oedema], OEDEMA_WORDS[oedema]))
        readings.append(Reading("cerebral_edema", oedema))
    if sign is not None:
        found.append((rules.icp_sign_grade[sign], ICP_SIGN_WORDS[sign]))
        readings.append(Reading("icp_sign", sign))
    if not found:
        return missing("icp_oedema", "cerebral oedema and signs of raised pressure were not charted (ICA-9)")
    grade = max(one for one, _ in found)
    words = " and ".join(text for one, text in found if one > 0 or grade == 0)
    because = f"{words}: grade {grade} (ICA-1)" if grade else f"{words} (ICA-1)"
    return DomainFinding(
        graded=DomainGrade(domain="icp_oedema", grade=grade, known=True, because=because, rule_id="ICA-1"),
        readings=tuple(readings),
    )
