"""How old a value may be before it is missing.

Source:    rule reference section 0, staleness limits [C]; rows of clinical/vital_signs.yaml.
Inputs:    `obs_age_h` (absent = fresh) and `monitoring` (absent = spot checks).
Caveats:   the limit itself is still fresh. Drugs, boluses and the reasons for oxygen or ventilation have no
           limit.
"""

from collections.abc import Mapping
from dataclasses import replace

from blinwatch.clinical.vital_sign_rules import VitalSignRules
from blinwatch.core.findings import CrsFindings
from blinwatch.core.units import above

HOUR_MS = 3_600_000

OTHER_UNIT = {
    "temperature_c": "temperature_f",
    "temperature_f": "temperature_c",
    "sbp_mmhg": "sbp_kpa",
    "sbp_kpa": "sbp_mmhg",
}
"""The same sign in its other unit: an age or a confirmation charted for one holds for the other."""


def stale_after_h(name: str, rules: VitalSignRules, *, continuous: bool) -> float | None:
    """The staleness limit of a field in hours; None where the reference sets none."""
    if continuous and name in rules.stale_after_continuous_h:
        return rules.stale_after_continuous_h[name]
    return rules.stale_after_h.get(name)


def without_stale(findings: CrsFindings, rules: VitalSignRules) -> CrsFindings:
    """The observation with everything older than its limit missing."""
    if not findings.obs_age_h:
        return findings
    continuous = findings.monitoring == "continuous"
    stale: dict[str, None] = {}
    for charted, age_h in findings.obs_age_h.items():
        name = charted if getattr(findings, charted, None) is not None else OTHER_UNIT.get(charted, charted)
        limit_h = stale_after_h(name, rules, continuous=continuous)
        if limit_h is not None and above(age_h, limit_h):
            stale[name] = None
    known = {name: None for name in stale if getattr(findings, name, None) is not None}
    return replace(findings, **known) if known else findings


def measured_ms(name: str, ages_h: Mapping[str, float] | None, at_ms: int) -> int:
    """When a value was measured: at the observation, less its charted age."""
    if not ages_h:
        return at_ms
    age_h = ages_h.get(name)
    if age_h is None:
        age_h = ages_h.get(OTHER_UNIT.get(name, name), 0.0)
    return at_ms - round(age_h * HOUR_MS)
