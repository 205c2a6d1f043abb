"""One domain of a neurological examination as it was found: its grade, whether it is known at all, and why.

Shared by the detect_*.py files of this package and core/icans/grade.py.
"""

from dataclasses import dataclass, replace
from typing import Literal

from blinwatch.core.crs_sign import Reading

IcansDomain = Literal["cognition", "loc", "seizure", "motor", "icp_oedema"]
"""The components of ICA-9, in the order in which they lead among equals."""
SetAside = Literal["attributed", "haemorrhage", "sedated"]
"""Why something that was charted is not counted: staff attribute it elsewhere, a haemorrhage, a sedative."""

CHART_CONFLICT = "CHART_CONFLICT"
"""Two charted values contradict each other; the worse of them is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainGrade:
    """What one domain adds to the ICANS grade."""

    domain: IcansDomain
    grade: int | None
    """0 to 4; None where the domain is not known."""
    known: bool
    """Whether the domain counts as examined (ICA-9)."""
    because: str
    """One plain sentence: what was found or what is missing, with its rule."""
    rule_id: str
    tool: str | None = None
    """ICE or CAPD, for cognition."""
    set_aside: SetAside | None = None
    """Why the domain is missing although something may have been charted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFinding:
    """A domain's grade with what the whole examination needs of it."""

    graded: DomainGrade
    flags: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    worth_telling: bool = False
    """Whether the sentence belongs into the reasons although the domain adds no grade (a tremor)."""


def missing(domain: IcansDomain, because: str, rule_id: str = "ICA-9", tool: str | None = None) -> DomainFinding:
    """A domain that nothing usable was charted of."""
    return DomainFinding(
        graded=DomainGrade(domain=domain, grade=None, known=False, because=because, rule_id=rule_id, tool=tool)
    )


def put_aside(finding: DomainFinding, why: SetAside, words: str, rule_id: str) -> DomainFinding:
    """The same domain, not counted and therefore missing; its sentence says what was charted and why it is out."""
    graded = finding.graded
    because = f"{graded.because}; not counted: {words} ({rule_id})" if graded.known else graded.because
    return replace(
        finding,
        graded=replace(graded, grade=None, known=False, set_aside=why, rule_id=rule_id, because=because),
        worth_telling=True,
    )
