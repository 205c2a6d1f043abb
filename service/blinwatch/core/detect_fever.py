"""CRS-2, CRS-3: fever, and whether it counts as CRS.

Definition:  a charted temperature of 38.0 °C or more at any site, rounded half-up to 0.1 °C, no site offset.
Source:      Lee et al., BBMT 2019;25:625 [S11]; attribution after the infusion [C].
Inputs:      temperature_c (screened), temp_site, fever_attributed_other, hours_since_infusion_stop, open
             episode.
Caveats:     fever on infusion is CRS until somebody says otherwise; the sepsis work-up runs in parallel.
             Inside an open episode every fever counts. Axillary or skin values just below the limit ask for
             a second reading, they do not grade.
"""

from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.core.crs_sign import Fever, number
from blinwatch.core.findings import CrsFindings
from blinwatch.core.units import above, below

NO_TEMPERATURE = Fever(None, present=False, counts=False)


def detect_fever(findings: CrsFindings, rules: CrsRules, *, episode_open: bool) -> Fever:
    """Fever in a screened observation."""
    temperature_c = findings.temperature_c
    if temperature_c is None:
        return NO_TEMPERATURE
    if below(temperature_c, rules.fever_from_c):
        return _no_fever(temperature_c, findings.temp_site, rules)
    measured = f"temperature {number(temperature_c)} °C is at or above {number(rules.fever_from_c)} °C (CRS-2)"
    if episode_open:
        return Fever(temperature_c, present=True, counts=True, because=(measured,))
    if findings.fever_attributed_other is True:
        why = "the fever is attributed to another cause and no CRS episode is open (CRS-3)"
        return Fever(temperature_c, present=True, counts=False, because=(measured, why))
    stopped_h = findings.hours_since_infusion_stop
    attributed_to_crs = findings.fever_attributed_other is False
    if stopped_h is not None and above(stopped_h, rules.fever_after_stop_max_h) and not attributed_to_crs:
        limit = number(rules.fever_after_stop_max_h)
        ago = f"the infusion stopped {number(stopped_h)} h ago, more than {limit} h"
        why = f"{ago}, and no CRS episode is open (CRS-3)"
        return Fever(temperature_c, present=True, counts=False, because=(measured, why))
    return Fever(temperature_c, present=True, counts=True, because=(measured,))


def _no_fever(temperature_c: float, site: str | None, rules: CrsRules) -> Fever:
    if site in rules.fever_confirm_sites and not below(temperature_c, rules.fever_confirm_from_c):
        why = f"{site} temperature {number(temperature_c)} °C: confirm by another site (CRS-2)"
        return Fever(temperature_c, present=False, counts=False, flags=("FEVER_CONFIRM",), because=(why,))
    return Fever(temperature_c, present=False, counts=False)
