"""CTCAE-CRS: how much oxygen hypoxia takes, less than 40 % or more, or positive pressure.

Definition:  hypoxia answering to less than 40 % oxygen is grade 2, needing 40 % or more grade 3; positive
             pressure for hypoxia grade 4.
Source:      CTCAE v5.0 (NCI 2017) [K]; fraction by nasal flow, a bedside rule of thumb [K].
Inputs:      fio2, o2_device, o2_flow_l_min of a screened observation, and what ASTCT found of hypoxia.
Caveats:     - what ASTCT does not count (comfort oxygen, ventilation for another reason, hypoxia attributed
               elsewhere) is not counted here either. An oxygen fraction charted without a device is.
             - a charted fraction wins over any estimate. Without one a plain cannula is estimated by its flow;
               other devices are read as 40 % or more, because they can give it.
             - low saturation without oxygen tells nothing about the need: grade 2, incomplete.
"""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_sign import Sign, number
from blinwatch.core.ctcae.scale_grade import FIO2_ESTIMATED, INCOMPLETE, Part
from blinwatch.core.findings import CrsFindings
from blinwatch.core.units import above, below

_PERCENT = 100
TERM = "Cytokine release syndrome"


def oxygen_need(findings: CrsFindings, hypoxia: Sign, rulebook: Rulebook) -> Part | None:
    """The oxygen need on CTCAE's scale, or None where none counts."""
    device, fraction = findings.o2_device, findings.fio2
    given_unnamed = device is None and fraction is not None and above(fraction, rulebook.ctcae.room_air_fraction)
    if hypoxia.attributed or (hypoxia.grade == 0 and not given_unnamed):
        return None
    if device in rulebook.crs.ventilation_grade:
        grade = rulebook.ctcae.crs_ventilation_grade
        return Part(grade, TERM, f"positive pressure for hypoxia, urgent intervention: grade {grade} (CTCAE v5)")
    if fraction is not None:
        return _by_fraction(fraction, "oxygen", (), rulebook)
    if device is None or device == "room_air":
        grade = rulebook.ctcae.crs_hypoxia_grade
        words = "low oxygen saturation; how much oxygen it takes is not charted, read as less than 40 %"
        return Part(grade, TERM, f"{words}: grade {grade} (CTCAE v5)", (INCOMPLETE,))
    return _by_device(device, findings.o2_flow_l_min, rulebook)


def _by_fraction(fraction: float, words: str, flags: tuple[str, ...], rulebook: Rulebook) -> Part:
    rules = rulebook.ctcae
    limit = rules.crs_high_oxygen_from_fraction
    high = not below(fraction, limit)
    grade = rules.crs_high_oxygen_grade if high else rules.crs_hypoxia_grade
    compared = f"{number(limit * _PERCENT)} % or more" if high else f"less than {number(limit * _PERCENT)} %"
    percent = number(round(fraction * _PERCENT, 1))
    return Part(grade, TERM, f"{words} {percent} %, {compared}: grade {grade} (CTCAE v5)", flags)


def _by_device(device: str, flow_l_min: float | None, rulebook: Rulebook) -> Part:
    rules = rulebook.ctcae
    name = device.replace("_", " ")
    if device in rules.estimated_by_flow_devices and flow_l_min is not None:
        fraction = rules.nasal_base_fraction + rules.nasal_fraction_per_l_min * flow_l_min
        words = f"{name} at {number(flow_l_min)} L/min, oxygen fraction not charted, estimated at"
        return _by_fraction(fraction, words, (FIO2_ESTIMATED,), rulebook)
    limit = number(rules.crs_high_oxygen_from_fraction * _PERCENT)
    if device in rules.low_oxygen_devices:
        grade, read_as = rules.crs_hypoxia_grade, f"read as less than {limit} %"
    else:
        grade, read_as = rules.crs_high_oxygen_grade, f"read as {limit} % or more, which it can give"
    words = f"{name}, oxygen fraction not charted, {read_as}"
    return Part(grade, TERM, f"{words}: grade {grade} (CTCAE v5)", (FIO2_ESTIMATED, INCOMPLETE))
