"""What a charted observation is worth: units, rounding, stale values, artefacts (rule reference, sections 0 and G).

Definition: turns the fields as given into the values that may enter a CRS grade, and says what was rejected.
Source: section 0 (temperature, pressure, staleness limits, missing), section G (plausible ranges, concordance).
Inputs: one observation in the vocabulary of section 0, and the last value of each signal before it.
Caveats: where the text is open, the reading taken is written beside the line; docs/clinical/open-points.md lists it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.exact import exact, half_up, to_ms

Given = Mapping[str, Any]

# ---- section 0: units ------------------------------------------------------------------------------------
TEMPERATURE_STEP_C = Fraction("0.1")
TEMPERATURE_CONFLICT_C = Fraction("0.2")  # "within 0.2 °C of each other -> temperature_c"
MMHG_PER_KPA = Fraction("7.50062")
PRESSURE_CONFLICT_MMHG = 2  # "more than 2 mmHg apart -> UNIT_CONFLICT"

# ---- section 0: staleness limits, hours (older = missing) ------------------------------------------------
#                          spot          continuous
STALE_AFTER_H = {
    "spo2_pct": (Fraction(4), Fraction("0.25")),
    "temperature_c": (Fraction(4), Fraction(4)),
    "temperature_f": (Fraction(4), Fraction(4)),
    "sbp_mmhg": (Fraction(4), Fraction(4)),
    "sbp_kpa": (Fraction(4), Fraction(4)),
    "dbp_mmhg": (Fraction(4), Fraction(4)),
    "map_mmhg": (Fraction(4), Fraction(4)),
    "o2_device": (Fraction(4), Fraction(4)),
    "o2_flow_l_min": (Fraction(4), Fraction(4)),  # the flow is a part of "O2 device"
}

# ---- section G: plausible ranges; the limits themselves are plausible -------------------------------------
#    age below (years)   SBP mmHg
PLAUSIBLE_SBP = (
    (1, 30, 160),
    (6, 40, 180),
    (12, 50, 200),
    (None, 40, 280),  # >= 12 or unknown
)
PLAUSIBLE = {
    "temperature": (Fraction(30), Fraction(43)),
    "spo2": (Fraction(50), Fraction(100)),
    "flow": (Fraction(0), Fraction(80)),
}
IMPOSSIBLE_ABOVE = {"spo2": Fraction(100)}  # read: no second sensor makes a saturation above 100 % possible
PULSE_PRESSURE_FROM_MMHG = 5  # "DBP < SBP; MAP between; pulse pressure >= 5"
FIO2 = (Fraction("0.21"), Fraction("1.00"))
FIO2_PERCENT = (Fraction(1), Fraction(100))  # above the first, up to the second = percent
PERFUSION_INDEX_FROM = Fraction("0.3")  # below: SpO2 missing, ARTEFACT
PROBE_JUMP_C = Fraction("0.5")  # "> 0.5 °C change in 1 min = probe artefact"
PROBE_JUMP_MS = 60_000
# Concordant: within 10 % of the earlier value or 10 units, whichever is larger; T 0.5 °C, SpO2 3 points
CONCORDANT_SHARE, CONCORDANT_UNITS = Fraction("0.1"), 10
CONCORDANT = {"temperature": Fraction("0.5"), "spo2": Fraction(3)}
# The fields that tell a signal: the first one's staleness limit says how far apart two consecutive values may lie.
FIELDS_OF_SIGNAL = {
    "temperature": ("temperature_c", "temperature_f"),
    "sbp": ("sbp_mmhg", "sbp_kpa"),
    "dbp": ("dbp_mmhg",),
    "map": ("map_mmhg",),
    "spo2": ("spo2_pct",),
    "flow": ("o2_flow_l_min",),
}

# ---- section G: suspect SpO2, still graded ----------------------------------------------------------------
SHORT_DROP_S = 10  # a drop lasting less than this
PULSE_AWAY_FROM_ECG = 15  # pulse rate differing from ECG heart rate by more than this

# ---- section G: cadence -----------------------------------------------------------------------------------
OVERDUE_GRACE_H = Fraction("0.5")
INTERVAL_H = Fraction(4)


@dataclass(frozen=True)
class Value:
    """One value of a signal as it was charted, whether it was believed or not."""

    at_ms: int
    value: Fraction
    believed: Fraction | None = None
    """The last value that was believed, this one or an earlier one, and when."""
    believed_ms: int = 0


@dataclass
class Chart:
    """The believed values of one observation; None = not known."""

    temperature: Fraction | None = None
    sbp: Fraction | None = None
    dbp: Fraction | None = None
    map: Fraction | None = None
    spo2: Fraction | None = None
    device: str | None = None
    flow: Fraction | None = None
    flags: set[str] = field(default_factory=set)
    values: dict[str, Value] = field(default_factory=dict)
    """Every charted value, rejected ones too: the next observation is compared with them."""


def age(given: Given) -> Fraction | None:
    """Completed years and fraction; None = unknown (adult rules hold then)."""
    years = given.get("age_years")
    return None if years is None else exact(years)


def is_stale(given: Given, name: str) -> bool:
    """Older than its staleness limit; absent from `obs_age_h` = fresh."""
    hours = (given.get("obs_age_h") or {}).get(name)
    return hours is not None and exact(hours) > _limit_h(given, name)


def _limit_h(given: Given, name: str) -> Fraction:
    spot, continuous = STALE_AFTER_H[name]
    return continuous if given.get("monitoring") == "continuous" else spot


def _fresh(given: Given, name: str) -> Fraction | None:
    value = given.get(name)
    return None if value is None or is_stale(given, name) else exact(value)


def read_chart(given: Given, at_ms: int = 0, before: Mapping[str, Value] | None = None) -> Chart:
    """The observation as a grade may use it; `before` holds the last charted value of each signal."""
    chart = Chart()
    earlier = before or {}
    if age(given) is None:
        chart.flags.add("AGE_UNKNOWN")
    _temperature(chart, given, at_ms, earlier)
    _blood_pressure(chart, given, at_ms, earlier)
    _oxygen(chart, given, at_ms, earlier)
    _inspired_oxygen(chart, given)
    _overdue(chart, given)
    return chart


def _temperature(chart: Chart, given: Given, at_ms: int, before: Mapping[str, Value]) -> None:
    celsius, fahrenheit = _fresh(given, "temperature_c"), _fresh(given, "temperature_f")
    source, value = "temperature_c", None
    if celsius is not None:
        value = half_up(celsius, TEMPERATURE_STEP_C)
    if fahrenheit is not None:
        converted = half_up((fahrenheit - 32) * 5 / 9, TEMPERATURE_STEP_C)
        if value is None:
            source, value = "temperature_f", converted
        elif abs(value - converted) > TEMPERATURE_CONFLICT_C:
            chart.flags.add("UNIT_CONFLICT")
            source, value = ("temperature_f", converted) if converted > value else (source, value)
    if value is not None:
        chart.temperature = _believe(chart, given, "temperature", source, value, at_ms, before)


def _blood_pressure(chart: Chart, given: Given, at_ms: int, before: Mapping[str, Value]) -> None:
    mmhg, kpa = _fresh(given, "sbp_mmhg"), _fresh(given, "sbp_kpa")
    source, value = "sbp_mmhg", mmhg
    if kpa is not None:
        converted = half_up(kpa * MMHG_PER_KPA, Fraction(1))
        if value is None:
            source, value = "sbp_kpa", converted
        elif abs(value - converted) > PRESSURE_CONFLICT_MMHG:
            chart.flags.add("UNIT_CONFLICT")
            source, value = ("sbp_kpa", converted) if converted < value else (source, value)
    diastolic = _fresh(given, "dbp_mmhg")
    narrow = value is not None and diastolic is not None and value - diastolic < PULSE_PRESSURE_FROM_MMHG
    if value is not None:
        chart.sbp = _believe(chart, given, "sbp", source, value, at_ms, before, impossible=narrow)
    if diastolic is not None:
        chart.dbp = _believe(chart, given, "dbp", "dbp_mmhg", diastolic, at_ms, before, impossible=narrow)
    mean = _fresh(given, "map_mmhg")
    if mean is not None:
        # Of a MAP that is not between, the MAP is rejected: the SBP grades by itself.
        outside = (chart.sbp is not None and mean > chart.sbp) or (chart.dbp is not None and mean < chart.dbp)
        chart.map = _believe(chart, given, "map", "map_mmhg", mean, at_ms, before, impossible=outside)


def _oxygen(chart: Chart, given: Given, at_ms: int, before: Mapping[str, Value]) -> None:
    if not is_stale(given, "o2_device"):
        chart.device = given.get("o2_device")
    flow = _fresh(given, "o2_flow_l_min")
    if flow is not None:
        chart.flow = _believe(chart, given, "flow", "o2_flow_l_min", flow, at_ms, before)
    spo2 = _fresh(given, "spo2_pct")
    if spo2 is None:
        return
    chart.spo2 = _believe(chart, given, "spo2", "spo2_pct", spo2, at_ms, before)
    if chart.spo2 is None:
        return
    drop_s, pulse, heart = given.get("spo2_drop_s"), given.get("pulse_rate_bpm"), given.get("heart_rate_bpm")
    if drop_s is not None and exact(drop_s) < SHORT_DROP_S:
        chart.flags.add("SPO2_SUSPECT")
    if pulse is not None and heart is not None and abs(exact(pulse) - exact(heart)) > PULSE_AWAY_FROM_ECG:
        chart.flags.add("SPO2_SUSPECT")


def _believe(
    chart: Chart,
    given: Given,
    signal: str,
    source: str,
    value: Fraction,
    at_ms: int,
    before: Mapping[str, Value],
    *,
    impossible: bool = False,
) -> Fraction | None:
    """The value, or None with the flag ARTEFACT; either way it is what the next one is compared with.

    `impossible` = it contradicts another pressure of the same reading.
    """
    hours_old = (given.get("obs_age_h") or {}).get(source, 0)
    taken = Value(at_ms - to_ms(hours_old), value)
    doubtful = impossible or _is_artefact(given, signal, taken, before)
    confirmed = bool(set(FIELDS_OF_SIGNAL[signal]) & set(given.get("confirmed_fields") or ()))
    saved = confirmed or _is_second_concordant(given, signal, taken, before)
    if not doubtful or (saved and not value > IMPOSSIBLE_ABOVE.get(signal, value)):
        chart.values[signal] = Value(taken.at_ms, value, value, taken.at_ms)
        return value
    last = before.get(signal)
    chart.values[signal] = taken if last is None else Value(taken.at_ms, value, last.believed, last.believed_ms)
    chart.flags.add("ARTEFACT")
    return None


def _is_artefact(given: Given, signal: str, taken: Value, before: Mapping[str, Value]) -> bool:
    if signal == "sbp":
        low, high = _plausible_sbp(age(given))
        return not low <= taken.value <= high
    if signal in {"dbp", "map"}:
        return False  # no range of their own
    low, high = PLAUSIBLE[signal]
    if not low <= taken.value <= high:
        return True
    if signal == "spo2":
        index = given.get("perfusion_index")
        return index is not None and exact(index) < PERFUSION_INDEX_FROM
    if signal == "temperature" and signal in before:
        # Read: a change against the last believed value; coming back from a rejected one is no artefact.
        last = before[signal]
        if last.believed is None or not 0 <= taken.at_ms - last.believed_ms <= PROBE_JUMP_MS:
            return False
        return abs(taken.value - last.believed) > PROBE_JUMP_C
    return False


def _plausible_sbp(years: Fraction | None) -> tuple[int, int]:
    for below, low, high in PLAUSIBLE_SBP:
        if below is None or (years is not None and years < below):
            return low, high
    raise AssertionError("the last row holds for everybody")


def _is_second_concordant(given: Given, signal: str, taken: Value, before: Mapping[str, Value]) -> bool:
    last = before.get(signal)
    limit_ms = to_ms(_limit_h(given, FIELDS_OF_SIGNAL[signal][0]))
    if last is None or not 0 <= taken.at_ms - last.at_ms <= limit_ms:
        return False
    if taken.at_ms == last.at_ms and taken.value == last.value:
        # Read: the same value of the same moment is one reading, told twice.
        return last.believed == taken.value and last.believed_ms == taken.at_ms
    within = CONCORDANT.get(signal) or max(abs(last.value) * CONCORDANT_SHARE, Fraction(CONCORDANT_UNITS))
    return abs(taken.value - last.value) <= within


def _inspired_oxygen(chart: Chart, given: Given) -> None:
    """FiO2 grades nothing; outside its range it is flagged."""
    if given.get("fio2") is None:
        return
    share = exact(given["fio2"])
    if FIO2_PERCENT[0] < share <= FIO2_PERCENT[1]:
        share /= 100
    if not FIO2[0] <= share <= FIO2[1]:
        chart.flags.add("ARTEFACT")


def _overdue(chart: Chart, given: Given) -> None:
    hours = given.get("hours_since_obs")
    if hours is None:
        return
    interval = exact(given.get("obs_interval_h", INTERVAL_H) or INTERVAL_H)
    if exact(hours) >= interval + OVERDUE_GRACE_H:
        chart.flags.add("OBS_OVERDUE")
