"""CTCAE-CRS: cytokine release syndrome on CTCAE version 5, beside the ASTCT grade.

Definition:  fever grade 1; hypotension answering to fluids, or hypoxia answering to less than 40 % oxygen,
             grade 2; one pressor, or 40 % oxygen or more, grade 3; life-threatening grade 4; death grade 5.
Source:      CTCAE v5.0 (NCI 2017), to be confirmed by a clinician [K].
Inputs:      a screened observation (core/plausibility.py) and the ASTCT grade of the same observation.
Caveats:     - whether there is a cytokine release syndrome at all is ASTCT's answer; CTCAE only says how severe.
             - whether a pressure answered to fluids is not in the chart's vocabulary: every hypotension without a
               pressor is read as grade 2 and says so.
             - vasopressin counts as a pressor here, because CTCAE makes no exception for it.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.ctcae.oxygen_need import TERM, oxygen_need
from blinwatch.core.ctcae.scale_grade import INCOMPLETE, Part, ScaleGrade, code_of
from blinwatch.core.detect_hypotension import counted_agents
from blinwatch.core.findings import CrsFindings
from blinwatch.core.grade_crs import CrsGrade


def ctcae_crs(findings: CrsFindings, crs: CrsGrade, rulebook: Rulebook) -> ScaleGrade:
    """The CTCAE grade of a screened observation whose ASTCT grade is `crs`."""
    if findings.death_due_to == "crs":
        grade = rulebook.ctcae.crs_death_grade
        return _told(grade, ("death due to cytokine release syndrome (CTCAE v5)",), ())
    if crs.grade is None:
        would_be = (
            "" if crs.would_be_grade is None else f"; by ASTCT the signs would be worth grade {crs.would_be_grade}"
        )
        return _told(None, (f"CTCAE grades a cytokine release syndrome, and it is not known to be one{would_be}",), ())
    if crs.grade == 0:
        return _told(0, ("no cytokine release syndrome now, so no CTCAE grade",), ())
    parts = _parts(findings, crs, rulebook)
    if not parts:
        return _told(None, ("nothing was observed now that CTCAE could grade; the ASTCT grade is an earlier one",), ())
    flags = [flag for part in parts for flag in part.flags]
    if not crs.complete:
        flags.append(INCOMPLETE)
    grade = max(part.grade for part in parts)
    return _told(grade, tuple(part.because for part in parts), tuple(dict.fromkeys(flags)))


def _told(grade: int | None, because: tuple[str, ...], flags: tuple[str, ...]) -> ScaleGrade:
    return ScaleGrade(term=TERM, code=code_of("CRS", grade), grade=grade, because=because, flags=flags)


def _parts(findings: CrsFindings, crs: CrsGrade, rulebook: Rulebook) -> tuple[Part, ...]:
    """Fever, pressure and oxygen, each on CTCAE's scale."""
    found: list[Part] = []
    if crs.fever.counts:
        grade = rulebook.ctcae.crs_fever_grade
        found.append(Part(grade, TERM, f"fever: grade {grade} (CTCAE v5)"))
    if crs.hypotension.grade > 0:
        found.append(_pressure(findings, rulebook))
    oxygen = oxygen_need(findings, crs.hypoxia, rulebook)
    return (*found, oxygen) if oxygen else tuple(found)


def _pressure(findings: CrsFindings, rulebook: Rulebook) -> Part:
    """A hypotension that ASTCT counts, by the number of pressors it takes."""
    rules = rulebook.ctcae
    pressors, _ = counted_agents(findings.vasopressors, findings.vasopressors_stopped_h, rulebook.crs, rulebook.drugs)
    names = ", ".join(pressors)
    if len(pressors) >= rules.crs_several_pressors_from:
        grade = rules.crs_several_pressors_grade
        return Part(grade, TERM, f"{len(pressors)} pressors ({names}), life-threatening: grade {grade} (CTCAE v5)")
    if pressors:
        grade = rules.crs_one_pressor_grade
        return Part(grade, TERM, f"hypotension managed with one pressor ({names}): grade {grade} (CTCAE v5)")
    grade = rules.crs_hypotension_grade
    words = "hypotension without a pressor, whether it answered to fluids is not charted"
    return Part(grade, TERM, f"{words}: grade {grade} (CTCAE v5)")
