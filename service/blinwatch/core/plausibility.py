"""The plausibility gate: an artefact is kept raw, named, and never graded.

What:      staleness, one unit per sign, plausible ranges by age, signs that contradict each other, the
           second of two concordant readings. What fails becomes missing; missing is never normal (CRS-11).
Source:    rule reference section 0 (staleness, conversions) and section G; rows of clinical/vital_signs.yaml.
Inputs:    one observation, and the memory of the last reading of each sign.
Caveats:   - 0 or less is what a monitor sends when no sensor is connected. It is no value at all: neither a
             repetition nor a second sensor makes it one. Only a respiratory rate of 0 that another sensor
             confirms is believed, because apnoea exists; its repetition by the same sensor is not.
           - Above 100 % oxygen saturation or inspired oxygen is impossible, and stays so when repeated.
           - A reading without pulse pressure loses systolic and diastolic; the mean, which a damped line
             still shows, is judged against what is left.
           - A temperature from another site is another probe: no jump.
           - A carried-over value must come with its `obs_age_h`: the age tells a second reading from the
             same one.
"""

from dataclasses import dataclass, replace

from blinwatch.clinical.vital_sign_rules import AgeColumn, VitalSignRules
from blinwatch.core.findings import CrsFindings
from blinwatch.core.reading_check import ReadingCheck, inside
from blinwatch.core.signal_memory import NOTHING_SEEN, SignalMemory
from blinwatch.core.staleness import measured_ms, without_stale
from blinwatch.core.units import (
    above,
    agreed_pressure_mmhg,
    agreed_temperature_c,
    below,
    fio2_fraction,
)

__all__ = [
    "NOTHING_SEEN",
    "Screened",
    "SignalMemory",
    "age_column",
    "observation_interval_h",
    "observation_overdue",
    "screen",
]

_S_MS = 1000


@dataclass(frozen=True, slots=True)
class Screened:
    """An observation after the gate.

    `findings` holds one unit per sign (`temperature_c`, `sbp_mmhg`, `fio2` as a fraction) and None for what
    is stale or an artefact; `artefacts` names the rejected fields.
    """

    findings: CrsFindings
    artefacts: tuple[str, ...]
    flags: tuple[str, ...]
    memory: SignalMemory


class _Result:
    """What one pass changes in the observation, and what it flags."""

    __slots__ = ("changes", "flags")

    def __init__(self) -> None:
        self.changes: dict[str, float | None] = {}
        self.flags: list[str] = []

    def settle(self, name: str, charted: float | None, value: float | None) -> None:
        """Note what the screened observation holds where it differs from the charted one."""
        if charted != value:
            self.changes[name] = value


def screen(findings: CrsFindings, memory: SignalMemory, at_ms: int, rules: VitalSignRules) -> Screened:
    """Pass one observation through the gate. `at_ms` is the observation's own time."""
    findings = without_stale(findings, rules)
    check = ReadingCheck(findings, memory, at_ms, rules)
    column = age_column(findings.age_years, rules)
    result = _Result()
    if findings.temperature_c is not None or findings.temperature_f is not None:
        _screen_temperature(check, result)
    _screen_rates(check, column, result)
    _screen_pressures(check, column, result)
    if findings.spo2_pct is not None:
        _screen_saturation(check, result)
    _screen_oxygen(check, result)
    _screen_baselines(check, column, result)
    if check.artefacts:
        result.flags.append("ARTEFACT")
    return Screened(
        replace(findings, **result.changes) if result.changes else findings,
        tuple(check.artefacts),
        tuple(dict.fromkeys(result.flags)),
        check.next_memory(),
    )


def age_column(age_years: float | None, rules: VitalSignRules) -> AgeColumn:
    """The column of section G's table for an age; an unknown age reads the last one (>= 12 y)."""
    if age_years is not None:
        for column in rules.age_columns:
            if column.below_years is not None and below(age_years, column.below_years):
                return column
    return rules.age_columns[-1]


def observation_interval_h(crs_grade: int | None, rules: VitalSignRules) -> float:
    """How often temperature, pressure and breathing are due at a CRS grade, in hours (section G)."""
    if crs_grade is None or crs_grade == 0:
        return rules.obs_interval_default_h
    by_grade = rules.obs_interval_by_crs_grade_h
    return by_grade.get(crs_grade, by_grade[max(by_grade)])


def observation_overdue(hours_since_obs: float | None, interval_h: float | None, rules: VitalSignRules) -> bool:
    """Whether an observation is late: at the interval plus the slack, that moment included (OBS_OVERDUE)."""
    if hours_since_obs is None:
        return False
    due_h = rules.obs_interval_default_h if interval_h is None else interval_h
    return not below(hours_since_obs, due_h + rules.obs_overdue_slack_h)


def _screen_temperature(check: ReadingCheck, result: _Result) -> None:
    """One unit, half-up to 0.1 °C, 30 to 43 °C, no jump of a probe."""
    findings, rules = check.findings, check.rules
    value, conflict = agreed_temperature_c(
        check.connected("temperature_c", findings.temperature_c),
        check.connected("temperature_f", findings.temperature_f),
        rules.temperature_agree_c,
    )
    if conflict:
        result.flags.append("UNIT_CONFLICT")
    if value is not None:
        value = check.believed(
            "temperature_c",
            value,
            check.memory.temperature_c,
            plausible=inside(value, rules.temperature_c) and not _probe_jumped(check, value),
            tolerance=rules.concordant_temperature_c,
        )
    result.settle("temperature_c", findings.temperature_c, value)
    result.settle("temperature_f", findings.temperature_f, None)


def _probe_jumped(check: ReadingCheck, value: float) -> bool:
    """More than half a degree within a minute is the probe, not the patient; another site is no jump."""
    last = check.memory.believed_temperature
    if last is None or not above(abs(value - last.temperature_c), check.rules.temperature_jump_c):
        return False
    findings = check.findings
    apart_ms = measured_ms("temperature_c", findings.obs_age_h, check.at_ms) - last.measured_ms
    site = findings.temp_site
    same_probe = site is None or last.site is None or site == last.site
    return same_probe and 0 <= apart_ms <= check.rules.temperature_jump_within_s * _S_MS


def _screen_rates(check: ReadingCheck, column: AgeColumn, result: _Result) -> None:
    """Heart, pulse and respiratory rate by age."""
    findings, memory = check.findings, check.memory
    heart, pulse = findings.heart_rate_bpm, findings.pulse_rate_bpm
    limits = column.heart_rate_bpm
    result.settle("heart_rate_bpm", heart, check.ranged("heart_rate_bpm", heart, memory.heart_rate_bpm, limits))
    result.settle("pulse_rate_bpm", pulse, check.ranged("pulse_rate_bpm", pulse, memory.pulse_rate_bpm, limits))
    name = "respiratory_rate_per_min"
    breaths = findings.respiratory_rate_per_min
    if breaths is None or (breaths == 0 and check.confirmed(name)):
        return
    value = check.ranged(name, breaths, memory.respiratory_rate_per_min, column.respiratory_rate_per_min)
    result.settle(name, breaths, value)


def _screen_pressures(check: ReadingCheck, column: AgeColumn, result: _Result) -> None:
    """Systolic by age; diastolic below it by the least pulse pressure; mean between the two."""
    findings, rules, memory = check.findings, check.rules, check.memory
    systolic, conflict = agreed_pressure_mmhg(
        check.connected("sbp_mmhg", findings.sbp_mmhg),
        check.connected("sbp_kpa", findings.sbp_kpa),
        rules.pressure_agree_mmhg,
        rules.mmhg_per_kpa,
    )
    if conflict:
        result.flags.append("UNIT_CONFLICT")
    diastolic = check.connected("dbp_mmhg", findings.dbp_mmhg)
    mean = check.connected("map_mmhg", findings.map_mmhg)
    pulse_felt = systolic is None or diastolic is None or not below(systolic - diastolic, rules.pulse_pressure_min_mmhg)
    if systolic is not None:
        plausible = pulse_felt and inside(systolic, column.sbp_mmhg)
        systolic = check.believed("sbp_mmhg", systolic, memory.sbp_mmhg, plausible=plausible)
    if diastolic is not None:
        diastolic = check.believed("dbp_mmhg", diastolic, memory.dbp_mmhg, plausible=pulse_felt)
    if mean is not None:
        below_systolic = systolic is None or not above(mean, systolic)
        above_diastolic = diastolic is None or not below(mean, diastolic)
        between = below_systolic and above_diastolic
        mean = check.believed("map_mmhg", mean, memory.map_mmhg, plausible=between)
    result.settle("sbp_mmhg", findings.sbp_mmhg, systolic)
    result.settle("sbp_kpa", findings.sbp_kpa, None)
    result.settle("dbp_mmhg", findings.dbp_mmhg, diastolic)
    result.settle("map_mmhg", findings.map_mmhg, mean)


def _screen_saturation(check: ReadingCheck, result: _Result) -> None:
    """Saturation within range and with enough perfusion; a doubtful one stays graded, flagged."""
    findings, rules = check.findings, check.rules
    value = check.connected("spo2_pct", findings.spo2_pct, rules.spo2_pct[1])
    if value is not None:
        perfusion = findings.perfusion_index
        perfused = perfusion is None or not below(perfusion, rules.perfusion_index_min)
        value = check.believed(
            "spo2_pct",
            value,
            check.memory.spo2_pct,
            plausible=perfused and inside(value, rules.spo2_pct),
            tolerance=rules.concordant_spo2_pct,
        )
    result.settle("spo2_pct", findings.spo2_pct, value)
    if value is not None and _saturation_is_doubtful(check, result):
        result.flags.append("SPO2_SUSPECT")


def _saturation_is_doubtful(check: ReadingCheck, result: _Result) -> bool:
    """A drop of seconds, or a pulse rate that is not the ECG's."""
    findings, rules = check.findings, check.rules
    drop_s = findings.spo2_drop_s
    if drop_s is not None and below(drop_s, rules.spo2_drop_suspect_below_s):
        return True
    heart = result.changes.get("heart_rate_bpm", findings.heart_rate_bpm)
    pulse = result.changes.get("pulse_rate_bpm", findings.pulse_rate_bpm)
    return heart is not None and pulse is not None and above(abs(heart - pulse), rules.pulse_rate_differs_bpm)


def _screen_oxygen(check: ReadingCheck, result: _Result) -> None:
    """Oxygen flow (0 is a flow) and inspired oxygen as a fraction."""
    findings, rules = check.findings, check.rules
    flow = findings.o2_flow_l_min
    if flow is not None and flow != 0:
        value = check.ranged("o2_flow_l_min", flow, check.memory.o2_flow_l_min, rules.o2_flow_l_min)
        result.settle("o2_flow_l_min", flow, value)
    if findings.fio2 is not None:
        fraction = fio2_fraction(findings.fio2, rules.fio2_percent_max)
        possible = inside(fraction, rules.fio2)
        if not possible:
            check.reject("fio2")
        result.settle("fio2", findings.fio2, fraction if possible else None)


def _screen_baselines(check: ReadingCheck, column: AgeColumn, result: _Result) -> None:
    """A baseline that cannot be one is not used: a systolic baseline of 0 would make shock look normal."""
    findings = check.findings
    impossible: list[str] = []
    systolic, mean, saturation = (
        findings.baseline_sbp_mmhg,
        findings.baseline_map_mmhg,
        findings.baseline_spo2_pct,
    )
    if systolic is not None and not inside(systolic, column.sbp_mmhg):
        impossible.append("baseline_sbp_mmhg")
    if mean is not None and mean <= 0:
        impossible.append("baseline_map_mmhg")
    if saturation is not None and not inside(saturation, check.rules.spo2_pct):
        impossible.append("baseline_spo2_pct")
    for name in impossible:
        check.reject(name)
        result.changes[name] = None
