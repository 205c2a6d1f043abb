"""Section 0, staleness: parts of an examination that are too old to be used.

What:      ICE or CAPD older than 12 h and a level of consciousness older than 4 h are missing.
Source:    rule reference section 0 [C]; rows of clinical/vital_signs.yaml.
Inputs:    `obs_age_h` (absent = fresh).
Caveats:   - the limit itself is still fresh. Seizures, motor findings and signs of pressure have no limit.
           - the reason why ICE or CAPD was not done belongs to that attempt and ages with it.
           - an age charted for a score holds for its items too, and the other way round, as long as the other
             has no age of its own.
"""

from dataclasses import dataclass, replace
from typing import Literal

from blinwatch.clinical.vital_sign_rules import VitalSignRules
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.units import above

AgingPart = Literal["ice", "capd", "loc"]
"""The parts with a staleness limit, by the name of their limit in clinical/vital_signs.yaml."""
_FIELDS: dict[AgingPart, tuple[str, ...]] = {
    "ice": ("ice_score", "ice_items", "ice_not_done_reason"),
    "capd": ("capd_score", "capd_items", "capd_not_done_reason"),
    "loc": ("loc",),
}


@dataclass(frozen=True, slots=True)
class FreshFindings:
    """The examination without what is stale, and which parts lost something."""

    findings: NeuroFindings
    stale: tuple[AgingPart, ...] = ()


def fresh_findings(findings: NeuroFindings, rules: VitalSignRules) -> FreshFindings:
    """The examination with everything older than its limit missing."""
    ages_h = findings.obs_age_h
    if not ages_h:
        return FreshFindings(findings)
    dropped: dict[str, None] = {}
    stale: list[AgingPart] = []
    for part, names in _FIELDS.items():
        limit_h = rules.stale_after_h[part]
        charted = [name for name in names if getattr(findings, name) is not None]
        oldest_h = max((ages_h[name] for name in names if name in ages_h), default=0.0)
        too_old = [name for name in charted if above(ages_h.get(name, oldest_h), limit_h)]
        if too_old:
            dropped.update(dict.fromkeys(too_old))
            stale.append(part)
    return FreshFindings(replace(findings, **dropped) if dropped else findings, tuple(stale))
