"""LAB-1: a laboratory result in the one unit in which rules compare.

What:      LOINC code and UCUM unit to the analyte and its own unit.
Source:    rule reference sections 0 (conversions) and H (codes); rows of clinical/laboratory.yaml.
Inputs:    the LOINC code, the unit as sent, the value.
Caveats:   - an unknown code, an unknown unit or an impossible value is refused with a reason; nothing is guessed.
           - a unit counts as written; else as one of the spellings that mean one thing; else, capitals aside, if the
             analyte accepts exactly one unit of that spelling.
           - a converted value is not rounded.
"""

from dataclasses import dataclass

from blinwatch.clinical.lab_rules import Analyte, LabRules
from blinwatch.core.infusion.verdict import plain

_MICRO_SIGNS = ("µ", "μ")


@dataclass(frozen=True, slots=True)
class LabRefused:
    """A result that cannot be used, and why, in words for whoever mends the interface."""

    reason: str


@dataclass(frozen=True, slots=True)
class Converted:
    """A value in its analyte's own unit, and the factor that brought it there."""

    analyte: str
    value: float
    factor: float


def analyte_of(loinc: str, rules: LabRules) -> str | None:
    """The analyte that a LOINC code stands for, or None."""
    for key, analyte in rules.analytes.items():
        if loinc in analyte.loinc:
            return key
    return None


def unit_factor(unit: str, analyte: Analyte, rules: LabRules) -> float | None:
    """The factor from a unit as sent to the analyte's own unit; None where the unit is not accepted."""
    if unit in analyte.units:
        return analyte.units[unit]
    spelled = _spelled(unit)
    meant = rules.unit_spellings.get(spelled)
    if meant is not None and meant in analyte.units:
        return analyte.units[meant]
    factors = {factor for code, factor in analyte.units.items() if code.lower() == spelled}
    return factors.pop() if len(factors) == 1 else None


def convert_unit(loinc: str, unit: str, value: float, rules: LabRules) -> Converted | LabRefused:
    """The value in the unit in which rules compare, or the reason why it cannot be used."""
    key = analyte_of(loinc, rules)
    if key is None:
        return LabRefused(f"LOINC {loinc} is not one of the laboratory codes that are judged (LAB-1)")
    analyte = rules.analytes[key]
    factor = unit_factor(unit, analyte, rules)
    if factor is None:
        accepted = ", ".join(analyte.units)
        return LabRefused(f"{analyte.name} in the unit '{unit}' cannot be used; accepted are {accepted} (LAB-1)")
    converted = value * factor
    lowest, highest = analyte.possible
    if not lowest <= converted <= highest:
        limits = f"{plain(lowest)} to {plain(highest)} {analyte.unit}"
        return LabRefused(
            f"{analyte.name} of {plain(converted)} {analyte.unit} is not possible ({limits}): "
            "check the value and its unit (LAB-1)"
        )
    return Converted(key, converted, factor)


def _spelled(unit: str) -> str:
    """A unit as spellings are compared: no blanks, u for micro, lower case."""
    bare = "".join(unit.split())
    for sign in _MICRO_SIGNS:
        bare = bare.replace(sign, "u")
    return bare.lower().replace("×", "x")
