"""A second, slow grading of one CRS observation, written straight from the reference's tables.

Goal: an independent opinion. It shares no code with `blinwatch.core`: plain dictionaries, exact decimals, one
pass through the reference's sentences in their order, numbers written out as the reference prints them.
It judges a single charted observation with nothing remembered from before.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Given = dict[str, Any]

SYNONYMS = {"noradrenaline": "norepinephrine", "adrenaline": "epinephrine"}
COUNTED = {"norepinephrine", "epinephrine", "dopamine", "phenylephrine", "angiotensin_ii"}
VASOPRESSIN_LIKE = {"vasopressin", "terlipressin"}
INOTROPES = {"dobutamine", "milrinone", "levosimendan"}
FOUR_HOURS = {
    "respiratory_rate_per_min", "sbp_mmhg", "sbp_kpa", "dbp_mmhg", "map_mmhg",
    "temperature_c", "temperature_f", "o2_device", "o2_flow_l_min", "fio2",
}  # fmt: skip
HEART_AND_OXYGEN = {"heart_rate_bpm", "pulse_rate_bpm", "spo2_pct", "perfusion_index", "spo2_drop_s"}
PLAUSIBLE = [  # age below, heart rate, respiratory rate, systolic
    (1, (40, 280), (5, 120), (30, 160)),
    (6, (40, 250), (5, 100), (40, 180)),
    (12, (30, 240), (4, 80), (50, 200)),
    (999, (20, 250), (3, 70), (40, 280)),
]
MASKING = [  # given, since, limit in the unit of since
    ("antipyretic_given", "hours_since_antipyretic", 8),
    ("steroid_given", "hours_since_steroid", 36),
    ("anakinra_given", "hours_since_anakinra", 24),
    ("tocilizumab_given", "days_since_tocilizumab", 21),
    ("siltuximab_given", "days_since_siltuximab", 21),
]


def dec(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def drop_stale(given: Given) -> Given:
    kept = dict(given)
    twins = {"temperature_c": "temperature_f", "temperature_f": "temperature_c", "sbp_mmhg": "sbp_kpa"}
    for charted, age in (given.get("obs_age_h") or {}).items():
        name = charted if given.get(charted) is not None else twins.get(charted, charted)
        limit = Decimal(4)
        if name in HEART_AND_OXYGEN and given.get("monitoring") == "continuous":
            limit = Decimal("0.25")
        if name in FOUR_HOURS | HEART_AND_OXYGEN and Decimal(str(age)) > limit:
            kept[name] = None
    return kept


def temperature(given: Given, flags: set[str]) -> Decimal | None:
    tenth = Decimal("0.1")
    celsius, fahrenheit = dec(given.get("temperature_c")), dec(given.get("temperature_f"))
    readings = []
    for reading, from_f in ((celsius, False), (fahrenheit, True)):
        if reading is None:
            readings.append(None)
        elif reading <= 0:
            flags.add("ARTEFACT")
            readings.append(None)
        else:
            exact = (reading - 32) * 5 / 9 if from_f else reading
            readings.append(exact.quantize(tenth, ROUND_HALF_UP))
    in_c, in_f = readings
    if in_c is not None and in_f is not None and abs(in_c - in_f) > Decimal("0.2"):
        flags.add("UNIT_CONFLICT")
        chosen = max(in_c, in_f)
    else:
        chosen = in_f if in_c is None else in_c
    if chosen is None:
        return None
    if not Decimal(30) <= chosen <= Decimal(43) and "temperature_c" not in given.get("confirmed_fields", ()):
        flags.add("ARTEFACT")
        return None
    return chosen


def row_of_age(age: Decimal | None) -> tuple[Any, ...]:
    if age is None:
        return PLAUSIBLE[-1]
    return next(row for row in PLAUSIBLE if age < row[0])


def pressures(given: Given, age: Decimal | None, flags: set[str]) -> tuple[Decimal | None, Decimal | None]:
    confirmed = given.get("confirmed_fields", ())

    def live(name: str) -> Decimal | None:
        value = dec(given.get(name))
        if value is not None and value <= 0:
            flags.add("ARTEFACT")
            return None
        return value

    mmhg, kpa, dia, mean = live("sbp_mmhg"), live("sbp_kpa"), live("dbp_mmhg"), live("map_mmhg")
    if kpa is not None:
        kpa = (kpa * Decimal("7.50062")).quantize(Decimal(1), ROUND_HALF_UP)
    if mmhg is not None and kpa is not None and abs(mmhg - kpa) > 2:
        flags.add("UNIT_CONFLICT")
        sys = min(mmhg, kpa)
    else:
        sys = kpa if mmhg is None else mmhg
    low, high = row_of_age(age)[3]
    no_pulse = sys is not None and dia is not None and sys - dia < 5
    if sys is not None and (no_pulse or not low <= sys <= high) and "sbp_mmhg" not in confirmed:
        flags.add("ARTEFACT")
        sys = None
    if no_pulse and "dbp_mmhg" not in confirmed:
        flags.add("ARTEFACT")
        dia = None
    if mean is not None and "map_mmhg" not in confirmed:
        too_high = sys is not None and mean > sys
        too_low = dia is not None and mean < dia
        if too_high or too_low:
            flags.add("ARTEFACT")
            mean = None
    return sys, mean


def oxygen_numbers(given: Given, flags: set[str]) -> tuple[Decimal | None, Decimal | None]:
    spo2, flow = dec(given.get("spo2_pct")), dec(given.get("o2_flow_l_min"))
    if spo2 is not None:
        impossible = spo2 <= 0 or spo2 > 100
        poor = given.get("perfusion_index") is not None and dec(given["perfusion_index"]) < Decimal("0.3")
        doubtful = (poor or not 50 <= spo2 <= 100) and "spo2_pct" not in given.get("confirmed_fields", ())
        if impossible or doubtful:
            flags.add("ARTEFACT")
            spo2 = None
    if flow is not None and not 0 <= flow <= 80:
        flags.add("ARTEFACT")
        flow = None
    return spo2, flow


def sbp_limit(age: Decimal | None) -> Decimal:
    if age is None or age >= 10:
        return Decimal(90)
    if age * Decimal("365.25") < 29:
        return Decimal(60)
    if age < 1:
        return Decimal(70)
    return Decimal(70 + 2 * int(age))


def agents(given: Given, flags: set[str]) -> set[str]:
    names = list(given.get("vasopressors") or ())
    stopped = given.get("vasopressors_stopped_h") or {}
    names += [name for name, hours in stopped.items() if Decimal(str(hours)) <= 1]
    distinct = {SYNONYMS.get(name.lower(), name.lower()) for name in names}
    if distinct & INOTROPES:
        flags.add("INOTROPE")
    return distinct - INOTROPES


def hypotension(
    given: Given, age: Decimal | None, sys: Decimal | None, mean: Decimal | None, flags: set[str]
) -> tuple[int, bool]:
    drugs = agents(given, flags)
    adult = age is None or age >= 18
    limit = sbp_limit(age)
    base, base_mean = dec(given.get("baseline_sbp_mmhg")), dec(given.get("baseline_map_mmhg"))
    replaced = base is not None and base < limit
    if replaced:
        limit = Decimal("0.85") * base
    mean_used = adult and mean is not None
    if mean_used and replaced and base_mean is not None and base_mean < 65:
        mean_used = False
    if sys is not None and base is not None and sys >= limit and (base - sys) / base >= Decimal("0.3"):
        flags.add("BP_RELATIVE_DROP")
    bolus = given.get("fluid_bolus_for_hypotension") is True
    table = [
        (4, len(drugs - VASOPRESSIN_LIKE) >= 2),
        (3, len(drugs) > 0),
        (2, bolus or (sys is not None and sys < limit) or (mean_used and mean < 65)),
    ]
    if given.get("hypotension_attributed_other"):
        return 0, True
    known = sys is not None or mean_used or bolus or bool(drugs)
    return next((grade for grade, holds in table if holds), 0), known


def hypoxia(given: Given, spo2: Decimal | None, flow: Decimal | None, flags: set[str]) -> tuple[int, bool]:
    before = set(flags)
    base = dec(given.get("baseline_spo2_pct"))
    limit = base - 3 if base is not None and base < 93 else Decimal(90)
    device = given.get("o2_device")
    low = spo2 is not None and spo2 < limit
    if spo2 is not None and limit <= spo2 <= 93:
        flags.add("SPO2_LOW")
    comfort = given.get("o2_reason") == "comfort" and spo2 is not None and not low
    excluded = given.get("vent_reason") in ("airway_protection", "procedure", "home_osa") and not low
    grade = 0
    if device in ("cpap", "bipap", "invasive_ventilation"):
        grade = 0 if excluded else 4
    elif device in ("nasal_cannula", "high_flow_nasal_cannula") and not comfort:
        if flow is None:
            flags.add("INCOMPLETE")
            grade = 2 if device == "nasal_cannula" else 3
        elif flow > 6:
            grade = 3
        else:
            grade = 2
            if device == "high_flow_nasal_cannula":
                flags.add("HFNC_LOW_FLOW_REVIEW")
    elif device in ("simple_facemask", "non_rebreather", "venturi") and not comfort:
        grade = 3
    elif device == "blow_by" and not comfort:
        grade = 2
    if low and device in (None, "room_air"):
        flags.add("INCOMPLETE")
    if low:
        grade = max(grade, 2)
    if given.get("hypoxia_attributed_other"):
        # CRS-11: an attributed domain is known, so nothing of it is left incomplete.
        flags.difference_update({"INCOMPLETE"} - before)
        return 0, True
    return grade, spo2 is not None or device not in (None, "room_air")


def masking_drug_on_board(given: Given) -> bool:
    for given_field, since_field, limit in MASKING:
        since = dec(given.get(since_field))
        said = given.get(given_field) is True or since is not None
        if said and (since is None or since <= limit):
            return True
    return False


def table_grade(given: Given) -> tuple[str, set[str]]:
    """The code and the flags of one observation."""
    flags: set[str] = set()
    age = dec(given.get("age_years"))
    if age is None:
        flags.add("AGE_UNKNOWN")
    if given.get("hours_since_obs") is not None:
        interval = given.get("obs_interval_h")
        due = dec(4 if interval is None else interval) + Decimal("0.5")
        if dec(given["hours_since_obs"]) >= due:
            flags.add("OBS_OVERDUE")
    seen = drop_stale(given)
    temp = temperature(seen, flags)
    sys, mean = pressures(seen, age, flags)
    spo2, flow = oxygen_numbers(seen, flags)
    bp, bp_known = hypotension(seen, age, sys, mean, flags)
    oxygen, oxygen_known = hypoxia(seen, spo2, flow, flags)
    if temp is None or not bp_known or not oxygen_known:
        flags.add("INCOMPLETE")
    site = seen.get("temp_site")
    if temp is not None and site in ("axillary", "skin") and Decimal("37.5") <= temp < 38:
        flags.add("FEVER_CONFIRM")
    if seen.get("death_due_to") == "crs":
        return "CRS_G5", flags
    worst = max(bp, oxygen)
    active = seen.get("crs_active") is True
    febrile = temp is not None and temp >= 38
    stop = dec(seen.get("hours_since_infusion_stop"))
    attributed = seen.get("fever_attributed_other")
    soon = stop is None or stop <= 48
    if febrile and (active or attributed is False or (attributed is None and soon)):
        return f"CRS_G{max(1, worst)}", flags
    if active:
        unknown = worst == 0 and not (temp is not None and bp_known and oxygen_known)
        return "CRS_NOT_EVALUABLE" if unknown else f"CRS_G{worst}", flags
    return without_counting_fever(seen, temp, worst, flags, febrile=febrile), flags


def without_counting_fever(seen: Given, temp: Decimal | None, worst: int, flags: set[str], *, febrile: bool) -> str:
    """No open episode, and no fever that counts as CRS."""
    if temp is None:
        if worst >= 2:
            flags.add("TEMP_MISSING_HIGH")
        return "CRS_NOT_EVALUABLE"
    if not febrile and worst >= 2 and masking_drug_on_board(seen):
        return "CRS_SUSPECT_MASKED"
    return "CRS_G0"
