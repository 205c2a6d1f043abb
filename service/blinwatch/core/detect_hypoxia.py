"""CRS-8, CRS-9: oxygen support and low oxygen saturation.

Definition:  low-flow nasal oxygen (<= 6 L/min) or blow-by is grade 2; more nasal flow or a mask grade 3;
             positive pressure for hypoxia grade 4. A saturation below the limit is at least grade 2.
Source:      Lee et al., BBMT 2019;25:625 [S11][S14]; saturation limit 90 % [S28]; baseline rule [C].
Inputs:      screened spo2_pct and o2_flow_l_min, o2_device, o2_reason, vent_reason, baseline_spo2_pct,
             hypoxia_attributed_other.
Caveats:     - ASTCT grades by flow, whatever the device is called; 6 L/min or less through a high-flow device
               is grade 2 with `HFNC_LOW_FLOW_REVIEW`, for infants especially.
             - comfort oxygen is left out only with a saturation at or above the limit; ventilation for
               another reason is left out unless the saturation is below it. Without a saturation the first
               counts and the second does not. `o2_reason` speaks of oxygen, `vent_reason` of positive pressure.
             - a flow without a device does not say which interface, so it does not grade: incomplete.
"""

from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.core.crs_sign import Reading, Sign, number
from blinwatch.core.findings import CrsFindings
from blinwatch.core.units import above, below

_NO_SUPPORT = (None, "room_air")


def spo2_limit_pct(baseline_pct: float | None, rules: CrsRules) -> float:
    """The saturation limit in %; a baseline below 93 % makes it baseline - 3."""
    if baseline_pct is not None and below(baseline_pct, rules.spo2_baseline_below_pct):
        return baseline_pct - rules.spo2_baseline_drop_pct
    return rules.spo2_limit_pct


def detect_hypoxia(findings: CrsFindings, rules: CrsRules) -> Sign:
    """Hypoxia in a screened observation."""
    saturation, device = findings.spo2_pct, findings.o2_device
    limit = spo2_limit_pct(findings.baseline_spo2_pct, rules)
    low = saturation is not None and below(saturation, limit)
    flags: list[str] = []
    because: list[str] = []
    support = _support_grade(findings, rules, flags, because, low=low)
    if saturation is not None and not above(saturation, max(rules.spo2_low_alert_max_pct, limit)):
        _tell_saturation(saturation, limit, findings, flags, because)
    attributed = findings.hypoxia_attributed_other is True
    if attributed:
        # CRS-11: an attributed domain is known, whatever was left open in grading it.
        flags = [flag for flag in flags if flag != "INCOMPLETE"]
        because.append("hypoxia is attributed to another cause and not counted (CRS-9)")
    known = attributed or saturation is not None or device not in _NO_SUPPORT
    return Sign(
        0 if attributed else max(support, rules.hypoxia_grade if low else 0),
        known,
        attributed,
        "CRS-9" if low and device in _NO_SUPPORT else "CRS-8",
        tuple(flags),
        tuple(because),
        None if known else "oxygen saturation",
        _readings(findings),
    )


def _readings(findings: CrsFindings) -> tuple[Reading, ...]:
    """The values this sign rests on."""
    found: list[Reading] = []
    if findings.spo2_pct is not None:
        found.append(Reading("spo2_pct", findings.spo2_pct, "%"))
    if findings.o2_device is not None:
        found.append(Reading("o2_device", findings.o2_device))
    if findings.o2_flow_l_min is not None:
        found.append(Reading("o2_flow_l_min", findings.o2_flow_l_min, "L/min"))
    return tuple(found)


def _tell_saturation(
    saturation: float,
    limit: float,
    findings: CrsFindings,
    flags: list[str],
    because: list[str],
) -> None:
    """Flags and sentences of CRS-9 for a saturation that is low or close to it."""
    if below(saturation, limit):
        because.append(f"oxygen saturation {number(saturation)} % is below {number(limit)} % (CRS-9)")
        if findings.o2_device in _NO_SUPPORT:
            flags.append("INCOMPLETE")
    else:
        flags.append("SPO2_LOW")
        because.append(f"oxygen saturation {number(saturation)} % is low but not below {number(limit)} % (CRS-9)")


def _support_grade(findings: CrsFindings, rules: CrsRules, flags: list[str], because: list[str], *, low: bool) -> int:
    """What the oxygen support counts for (CRS-8); 0 where there is none or it is left out."""
    device, flow = findings.o2_device, findings.o2_flow_l_min
    if device is None or device == "room_air":
        if device is None and flow:
            flags.append("INCOMPLETE")
            because.append(f"oxygen at {number(flow)} L/min, device not charted (CRS-8)")
        return 0
    name = device.replace("_", " ")
    if device in rules.ventilation_grade:
        if findings.vent_reason in rules.ventilation_excluded_reasons and not low:
            because.append(f"{name} for {str(findings.vent_reason).replace('_', ' ')} is not counted (CRS-8)")
            return 0
        because.append(f"{name} (CRS-8)")
        return rules.ventilation_grade[device]
    if findings.o2_reason == "comfort" and not low and findings.spo2_pct is not None:
        because.append(f"{name} for comfort is not counted (CRS-8)")
        return 0
    if device in rules.device_grade:
        because.append(f"{name} (CRS-8)")
        return rules.device_grade[device]
    return _nasal_grade(device, flow, rules, flags, because)


def _nasal_grade(device: str, flow_l_min: float | None, rules: CrsRules, flags: list[str], because: list[str]) -> int:
    """A nasal interface is judged by its flow; without one by its name, incomplete."""
    name = device.replace("_", " ")
    if flow_l_min is None:
        flags.append("INCOMPLETE")
        because.append(f"{name}, flow not known (CRS-8)")
        return rules.nasal_unknown_flow_grade[device]
    limit = number(rules.low_flow_max_l_min)
    if above(flow_l_min, rules.low_flow_max_l_min):
        because.append(f"{name} at {number(flow_l_min)} L/min, above {limit} L/min (CRS-8)")
        return rules.nasal_high_flow_grade
    because.append(f"{name} at {number(flow_l_min)} L/min, up to {limit} L/min (CRS-8)")
    if device == "high_flow_nasal_cannula":
        flags.append("HFNC_LOW_FLOW_REVIEW")
    return rules.nasal_low_flow_grade
