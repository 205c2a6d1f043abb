"""The CRS grade of one observation, a second time (rule reference, section B, CRS-1 to CRS-9, 11 and 12).

Definition: the worse of hypotension and hypoxia, given fever, by ASTCT 2019.
Source: section B of the rule reference; the tables below stand in its order and words.
Inputs: believed values (`chart.py`), what staff attribute elsewhere, whether an episode is open, drugs on board.
Caveats: written from the reference alone, slow and plain on purpose; it decides nothing in the service.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.chart import Chart, Given, age
from tests.oracle.exact import exact

# ---- CRS-2, CRS-3 -----------------------------------------------------------------------------------------
FEVER_FROM_C = Fraction("38.0")
CONFIRM_FROM_C = Fraction("37.5")  # up to below 38.0 at these sites: alert FEVER_CONFIRM
CONFIRM_SITES = ("axillary", "skin")
ATTRIBUTED_TO_CRS_UNTIL_H = 48  # after stopping the infusion

# ---- CRS-5: how long a drug can mask a first fever (unknown time = on board) ------------------------------
#    given                 since                      unit to hours, limit in hours
MASKING_DRUGS = (
    ("antipyretic_given", "hours_since_antipyretic", 1, Fraction(8)),
    ("steroid_given", "hours_since_steroid", 1, Fraction(36)),
    ("anakinra_given", "hours_since_anakinra", 1, Fraction(24)),
    ("tocilizumab_given", "days_since_tocilizumab", 24, Fraction(21 * 24)),
    ("siltuximab_given", "days_since_siltuximab", 24, Fraction(21 * 24)),
)

# ---- CRS-6: hypotension if SBP below ----------------------------------------------------------------------
NEWBORN_DAYS, DAYS_A_YEAR = 29, Fraction("365.25")
SBP_LIMIT_NEWBORN = 60  # < 29 d
SBP_LIMIT_INFANT = 70  # 29 d to < 1 y
SBP_LIMIT_CHILD, SBP_LIMIT_CHILD_PER_YEAR = 70, 2  # 1 to < 10 y
SBP_LIMIT_FROM_10_Y = 90
ADULT_FROM_Y, ADULT_MAP_LIMIT = 18, 65
BASELINE_SHARE = Fraction("0.85")  # of a baseline that is itself below the limit
RELATIVE_DROP = Fraction("0.30")  # alert BP_RELATIVE_DROP

# ---- CRS-7: agents; synonyms count once -------------------------------------------------------------------
SAME_AGENT = {"noradrenaline": "norepinephrine", "adrenaline": "epinephrine"}
NOT_COUNTED_BUT_G3 = ("vasopressin", "terlipressin")
INOTROPES = ("dobutamine", "milrinone", "levosimendan")
STILL_TOGETHER_H = Fraction("1.0")
#                  counted agents -> grade
GRADE_BY_COUNT = {0: 2, 1: 3}  # no vasopressor, one; several -> 4

# ---- CRS-8, CRS-9 -----------------------------------------------------------------------------------------
NASAL_BY_FLOW = ("nasal_cannula", "high_flow_nasal_cannula")
LOW_FLOW_UNTIL_L_MIN = Fraction("6.0")
FLOW_UNKNOWN = {"nasal_cannula": 2, "high_flow_nasal_cannula": 3}
AT_ANY_FLOW = {"blow_by": 2, "simple_facemask": 3, "non_rebreather": 3, "venturi": 3}
POSITIVE_PRESSURE = {"cpap": 4, "bipap": 4, "invasive_ventilation": 4}
NOT_FOR_HYPOXIA = ("airway_protection", "procedure", "home_osa")
SPO2_LIMIT, LOW_BASELINE_SPO2, BELOW_LOW_BASELINE = Fraction(90), Fraction(93), 3
SPO2_ALERT_UNTIL = Fraction(93)


@dataclass(frozen=True)
class Part:
    """Hypotension or hypoxia: its grade (0 = absent or not known) and whether the domain is known."""

    grade: int
    known: bool
    incomplete: bool = False


@dataclass(frozen=True)
class CrsGrade:
    """One observation judged."""

    code: str
    flags: frozenset[str]
    left_open: frozenset[str]
    """Flags that the reference neither asks for nor rules out here."""
    would_be: int | None
    """Grade that hypotension and hypoxia would have with fever: asked for by CRS-5 and TEMP_MISSING_HIGH only."""
    fever: bool | None
    """Charted fever, None = temperature not known."""
    qualifies: bool
    """A fever that counts as CRS here: it opens an episode."""
    hypotension: Part
    hypoxia: Part

    @property
    def number(self) -> int | None:
        return int(self.code[-1]) if self.code.startswith("CRS_G") else None


@dataclass
class _Judging:
    given: Given
    chart: Chart
    flags: set[str] = field(default_factory=set)
    left_open: set[str] = field(default_factory=set)


def grade_crs(given: Given, chart: Chart, *, episode_open: bool, masked: bool) -> CrsGrade:
    """Sections CRS-1 to 12 for one observation; `masked` = a masking drug is on board (CRS-5)."""
    case = _Judging(given, chart, set(chart.flags))
    hypotension, hypoxia = _hypotension(case), _hypoxia(case)
    fever = None if chart.temperature is None else chart.temperature >= FEVER_FROM_C
    if (
        chart.temperature is not None
        and given.get("temp_site") in CONFIRM_SITES
        and CONFIRM_FROM_C <= chart.temperature < FEVER_FROM_C
    ):
        case.flags.add("FEVER_CONFIRM")
    qualifies = fever is True and _counts_as_crs(given, episode_open=episode_open)
    code, would_be = _code(case, fever, hypotension, hypoxia, (qualifies, episode_open, masked))
    if given.get("death_due_to") == "crs":
        code, would_be = "CRS_G5", None
        case.left_open |= {"INCOMPLETE", "TEMP_MISSING_HIGH"}  # of the grade that no longer matters
    return CrsGrade(
        code=code,
        flags=frozenset(case.flags),
        left_open=frozenset(case.left_open),
        would_be=would_be,
        fever=fever,
        qualifies=qualifies,
        hypotension=hypotension,
        hypoxia=hypoxia,
    )


def _code(
    case: _Judging, fever: bool | None, hypotension: Part, hypoxia: Part, setting: tuple[bool, bool, bool]
) -> tuple[str, int | None]:
    """The result code, and a number where hypotension and hypoxia have only a would-be grade."""
    qualifies, episode_open, masked = setting
    worse = max(hypotension.grade, hypoxia.grade)
    one_missing = not (hypotension.known and hypoxia.known)
    if one_missing or hypoxia.incomplete or fever is None:
        case.flags.add("INCOMPLETE")
    if qualifies:
        return f"CRS_G{max(1, worse)}", None  # CRS-1, and CRS-11: the other domain, or fever alone
    if episode_open:  # CRS-4
        if worse:
            return f"CRS_G{worse}", None
        if one_missing or fever is None:
            return "CRS_NOT_EVALUABLE", None
        return "CRS_G0", None
    if fever is None:  # CRS-11
        if worse >= 2:
            case.flags.add("TEMP_MISSING_HIGH")
            return "CRS_NOT_EVALUABLE", worse
        return "CRS_NOT_EVALUABLE", None
    if not fever and masked and worse >= 2:  # CRS-5
        return "CRS_SUSPECT_MASKED", worse
    return "CRS_G0", None


def _counts_as_crs(given: Given, *, episode_open: bool) -> bool:
    """CRS-3, of a fever."""
    if episode_open:
        return True
    if given.get("fever_attributed_other") is not None:
        return not given["fever_attributed_other"]
    since_stop = given.get("hours_since_infusion_stop")
    return since_stop is None or exact(since_stop) <= ATTRIBUTED_TO_CRS_UNTIL_H


def masked_by_charted_drug(given: Given) -> bool:
    """CRS-5 for the drug fields of the observation itself."""
    for name, since, unit_h, limit_h in MASKING_DRUGS:
        hours = given.get(since)
        if given.get(name) is False or (given.get(name) is None and hours is None):
            continue
        if hours is None or exact(hours) * unit_h <= limit_h:
            return True
    return False


# ---- CRS-6 and CRS-7 --------------------------------------------------------------------------------------


def sbp_limit(years: Fraction | None) -> Fraction:
    """The table of CRS-6; unknown age = adult."""
    if years is None or years >= 10:
        return Fraction(SBP_LIMIT_FROM_10_Y)
    if years * DAYS_A_YEAR < NEWBORN_DAYS:
        return Fraction(SBP_LIMIT_NEWBORN)
    if years < 1:
        return Fraction(SBP_LIMIT_INFANT)
    return Fraction(SBP_LIMIT_CHILD + SBP_LIMIT_CHILD_PER_YEAR * int(years))


def _hypotension(case: _Judging) -> Part:
    given, chart = case.given, case.chart
    years = age(given)
    limit = sbp_limit(years)
    baseline = given.get("baseline_sbp_mmhg")
    by_baseline = baseline is not None and exact(baseline) < limit
    if by_baseline:
        limit = exact(baseline) * BASELINE_SHARE
    map_counts = (years is None or years >= ADULT_FROM_Y) and not _map_excluded(given, by_baseline=by_baseline)
    counted, any_running = _vasopressors(case)
    bolus = given.get("fluid_bolus_for_hypotension") is True
    if (
        baseline is not None
        and chart.sbp is not None
        and chart.sbp >= limit
        and exact(baseline) - chart.sbp >= RELATIVE_DROP * exact(baseline)
    ):
        case.flags.add("BP_RELATIVE_DROP")
    if given.get("hypotension_attributed_other") is True:
        return Part(0, known=True)
    low_sbp = chart.sbp is not None and chart.sbp < limit
    low_map = map_counts and chart.map is not None and chart.map < ADULT_MAP_LIMIT
    known = chart.sbp is not None or (map_counts and chart.map is not None) or bolus or any_running
    if any_running:
        return Part(GRADE_BY_COUNT.get(max(counted, 1), 4), known=True)
    return Part(2 if low_sbp or low_map or bolus else 0, known=known)


def _map_excluded(given: Given, *, by_baseline: bool) -> bool:
    """A baseline MAP below 65 takes the MAP out (read: where the baseline rule replaces the SBP limit)."""
    own = given.get("baseline_map_mmhg")
    return by_baseline and own is not None and exact(own) < ADULT_MAP_LIMIT


def _vasopressors(case: _Judging) -> tuple[int, bool]:
    """How many agents count, and whether any vasopressor (vasopressin included) runs."""
    stopped: Mapping[str, Any] = case.given.get("vasopressors_stopped_h") or {}
    names = list(case.given.get("vasopressors") or ())
    names += [name for name, hours in stopped.items() if exact(hours) <= STILL_TOGETHER_H]
    agents = {SAME_AGENT.get(name.casefold(), name.casefold()) for name in names}
    if agents & set(INOTROPES):
        case.flags.add("INOTROPE")
    agents -= set(INOTROPES)
    counted = agents - set(NOT_COUNTED_BUT_G3)
    return len(counted), bool(agents)


# ---- CRS-8 and CRS-9 --------------------------------------------------------------------------------------


def spo2_limit(given: Given) -> Fraction:
    """CRS-9: 90 %, or 3 below a low baseline."""
    baseline = given.get("baseline_spo2_pct")
    if baseline is not None and exact(baseline) < LOW_BASELINE_SPO2:
        return exact(baseline) - BELOW_LOW_BASELINE
    return SPO2_LIMIT


def _hypoxia(case: _Judging) -> Part:
    given, chart = case.given, case.chart
    limit = spo2_limit(given)
    below = chart.spo2 is not None and chart.spo2 < limit
    if chart.spo2 is not None and limit <= chart.spo2 <= SPO2_ALERT_UNTIL:
        case.flags.add("SPO2_LOW")
    if given.get("hypoxia_attributed_other") is True:
        case.left_open.add("HFNC_LOW_FLOW_REVIEW")  # a low flow that grades nothing
        return Part(0, known=True)
    on_oxygen = chart.device not in {None, "room_air"}
    known = chart.spo2 is not None or on_oxygen
    if chart.device is None and chart.flow is not None:
        case.left_open.add("INCOMPLETE")  # a flow whose device is missing or stale: not said
    if not on_oxygen:
        return Part(2, known=True, incomplete=True) if below else Part(0, known=known)
    grade, flow_missing = _support(case, below=below)
    if below:
        grade = max(grade, 2)
    return Part(grade, known=True, incomplete=flow_missing and grade > 0)


def _support(case: _Judging, *, below: bool) -> tuple[int, bool]:
    """CRS-8: what the support counts for, and whether it was judged without a flow that it needs."""
    given, chart = case.given, case.chart
    device = str(chart.device)
    if device in POSITIVE_PRESSURE:
        excluded = given.get("vent_reason") in NOT_FOR_HYPOXIA and not below
        return (0 if excluded else POSITIVE_PRESSURE[device]), False
    if given.get("o2_reason") == "comfort" and chart.spo2 is not None and not below:
        case.left_open.add("HFNC_LOW_FLOW_REVIEW")
        return 0, False
    if device in AT_ANY_FLOW:
        return AT_ANY_FLOW[device], False
    if chart.flow is None:
        return FLOW_UNKNOWN[device], True
    if chart.flow > LOW_FLOW_UNTIL_L_MIN:
        return 3, False
    if device == "high_flow_nasal_cannula":
        case.flags.add("HFNC_LOW_FLOW_REVIEW")
    return 2, False
