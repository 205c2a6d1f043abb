"""ICA-1, ICA-4: depressed level of consciousness.

Definition:  awakens spontaneously grade 1, to voice grade 2, only to touch grade 3; unarousable, or roused only
             by vigorous or repeated touch, stupor, coma grade 4.
Source:      Lee et al., BBMT 2019;25:625 [S12][S13].
Inputs:      loc.
Caveats:     "awakens spontaneously" counts where consciousness is depressed; a patient who is awake is `alert`.
"""

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.crs_sign import Reading
from blinwatch.core.findings import LevelOfConsciousness, NeuroFindings
from blinwatch.core.icans.domain_grade import DomainFinding, DomainGrade, missing
from blinwatch.core.icans.fresh_findings import AgingPart

LOC_WORDS: dict[LevelOfConsciousness, str] = {
    "alert": "awake and alert",
    "drowsy_awakens_spontaneously": "drowsy, awakens spontaneously",
    "awakens_voice": "awakens to voice",
    "awakens_tactile": "awakens only to touch",
    "vigorous_tactile": "roused only by vigorous or repeated touch",
    "unarousable": "unarousable",
    "stupor_coma": "stupor or coma",
}
"""The levels as a nurse reads them."""


def detect_consciousness(findings: NeuroFindings, stale: tuple[AgingPart, ...], rules: IcansRules) -> DomainFinding:
    """The level of consciousness in an examination without stale parts."""
    level = findings.loc
    if level is None:
        old = "is too old to be used" if "loc" in stale else "was not charted"
        return missing("loc", f"level of consciousness {old} (ICA-9)")
    grade = rules.loc_grade[level]
    rule_id = "ICA-4" if level in ("alert", "drowsy_awakens_spontaneously") else "ICA-1"
    words = LOC_WORDS[level]
    because = f"{words}: grade {grade} ({rule_id})" if grade else f"{words} ({rule_id})"
    return DomainFinding(
        graded=DomainGrade(domain="loc", grade=grade, known=True, because=because, rule_id=rule_id),
        readings=(Reading("loc", level),),
    )
