"""The ICANS grade of one examination, a second time (rule reference, section C, ICA-1 to ICA-10).

Definition: the worst of cognition, consciousness, seizure, motor and raised pressure, by ASTCT 2019.
Source: section C of the rule reference; the tables below stand in its order and words.
Inputs: one examination in the vocabulary of section 0.
Caveats: written from the reference alone, slow and plain on purpose; it decides nothing in the service.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.oracle.chart import Given, age
from tests.oracle.exact import exact

CAPD_BELOW_Y = 12

# ---- items and their best case ----------------------------------------------------------------------------
ICE_FULL_MARKS = {"orientation": 4, "naming": 3, "command": 1, "writing": 1, "attention": 1}
ICE_FULL = 10
CAPD_ITEMS = 8

# ---- the table of section C -------------------------------------------------------------------------------
#       lowest score of the row -> grade
ICE = ((10, 0), (7, 1), (3, 2), (0, 3))
CAPD = ((9, 3), (1, 1), (0, 0))
UNABLE_BECAUSE_UNAROUSABLE = 4
UNAROUSABLE = ("unarousable", "stupor_coma")
LOC = {
    "alert": 0,
    "drowsy_awakens_spontaneously": 1,
    "awakens_voice": 2,
    "awakens_tactile": 3,
    "vigorous_tactile": 4,
    "unarousable": 4,
    "stupor_coma": 4,
}
SEIZURE = {
    "none": 0,
    "brief_resolved": 3,
    "nonconvulsive_eeg_resolved": 3,
    "prolonged": 4,
    "repetitive_no_baseline": 4,
}
SEIZURE_G3_UNTIL_S = 300  # "> 300 = G4 (exactly 5 min = G3)"
MOTOR = {"none": 0, "tremor": 0, "myoclonus": 0, "mild": 0, "deep_focal": 4}
EDEMA = {"none": 0, "focal": 3, "diffuse": 4}
ICP_SIGN = {"none": 0, "posturing": 4, "cn6_palsy": 4, "papilledema": 4, "cushing_triad": 4}

# ---- section 0: staleness limits, hours -------------------------------------------------------------------
STALE_AFTER_H = {
    "ice_score": 12,
    "ice_items": 12,
    "ice_not_done_reason": 12,
    "capd_score": 12,
    "capd_items": 12,
    "capd_not_done_reason": 12,
    "loc": 4,
}
OVERDUE_GRACE_H, INTERVAL_H = Fraction("0.5"), Fraction(4)


@dataclass(frozen=True)
class Cognition:
    """What ICE or CAPD says; grade None = missing."""

    grade: int | None = None
    score: int | None = None
    """The tool's full score; None when it was not done or is known only as "at least"."""
    incomplete: bool = False
    subthreshold: bool = False


@dataclass(frozen=True)
class IcansGrade:
    """One examination judged."""

    code: str
    flags: frozenset[str]
    left_open: frozenset[str]
    parts: dict[str, int | None] = field(hash=False)
    change_from_baseline: int | None
    """ICE points against the baseline (ICA-10); None where no full score counts."""


def grade_icans(given: Given) -> IcansGrade:
    """Sections ICA-1 to ICA-10 for one examination."""
    flags: set[str] = set()
    left_open: set[str] = set()
    if age(given) is None:
        flags.add("AGE_UNKNOWN")
    cognition = _cognition(given)
    parts = {
        "cognition": cognition.grade,
        "loc": _row(given, "loc", LOC),
        "seizure": _seizure(given),
        "motor": _row(given, "motor_weakness", MOTOR),
        "icp": _pressure(given),
    }
    if cognition.score == 0 and cognition.grade == 3 and parts["loc"] is not None and given["loc"] in UNAROUSABLE:
        parts["cognition"] = UNABLE_BECAUSE_UNAROUSABLE  # ICA-2
    if cognition.subthreshold:
        flags.add("CAPD_SUBTHRESHOLD")
    excluded = _exclude(given, parts, flags)
    if parts["cognition"] is None:
        left_open.add("CAPD_SUBTHRESHOLD")
    if "sedated" in {given.get("ice_not_done_reason"), given.get("capd_not_done_reason")}:
        left_open.add("CONF_SEDATIVE_ICANS")  # "ICA-7 applies only if ... marks `sedated`": asking is allowed
    missing = {name for name, grade in parts.items() if grade is None}
    if missing - excluded or cognition.incomplete:
        flags.add("INCOMPLETE")
    elif missing:
        left_open.add("INCOMPLETE")  # read: excluded on purpose may or may not be called missing
    _overdue(given, flags)
    code = _code(parts)
    if given.get("death_due_to") == "icans":
        code = "ICANS_G5"
        left_open.add("INCOMPLETE")
    baseline = given.get("baseline_ice")
    counted = cognition.score is not None and parts["cognition"] is not None
    change = None if baseline is None or not counted else cognition.score - baseline
    return IcansGrade(code, frozenset(flags), frozenset(left_open), parts, change)


def _code(parts: dict[str, int | None]) -> str:
    """ICA-1 and ICA-9."""
    worst = max((grade for grade in parts.values() if grade is not None), default=0)
    if worst == 0 and parts["cognition"] is None:
        return "ICANS_NOT_EVALUABLE"
    return f"ICANS_G{worst}"


def _exclude(given: Given, parts: dict[str, int | None], flags: set[str]) -> set[str]:
    """ICA-6 and ICA-7; answers what was excluded on purpose."""
    excluded: set[str] = set()
    if given.get("sedated") is True:
        flags.add("CONF_SEDATIVE_ICANS")
        excluded |= {"cognition", "loc"}
    if given.get("intracranial_hemorrhage") is True:
        flags.add("NEURO_EMERGENCY")
        excluded.add("icp")
        for name in given.get("due_to_hemorrhage") or ():
            parts[name] = None  # "then that domain is missing"
    for name in excluded:
        parts[name] = None
    due = set(given.get("due_to_hemorrhage") or ()) if given.get("intracranial_hemorrhage") is True else set()
    return excluded - due


# ---- cognition --------------------------------------------------------------------------------------------


def _cognition(given: Given) -> Cognition:
    """The right tool by age and development; the other one is ignored."""
    years = age(given)
    child = years is not None and years < CAPD_BELOW_Y
    delayed = given.get("developmental_delay") is True
    if not child and not delayed:
        return _or_unarousable(given, _ice(given))
    capd = _capd(given)
    if child or capd.grade is not None:
        return _or_unarousable(given, capd)
    ice = _ice(given)
    # "if only ICE exists grade it literally, INCOMPLETE"
    return Cognition(ice.grade, ice.score, incomplete=ice.grade is not None)


def _or_unarousable(given: Given, found: Cognition) -> Cognition:
    """Read: the wrong tool's score is ignored, but that the patient could not be roused for it has been seen."""
    reasons = {_fresh(given, "ice_not_done_reason"), _fresh(given, "capd_not_done_reason")}
    if found.grade is None and "unarousable" in reasons:
        return Cognition(UNABLE_BECAUSE_UNAROUSABLE, incomplete=True)
    return found


def _ice(given: Given) -> Cognition:
    reason = _fresh(given, "ice_not_done_reason")
    if reason is not None:
        return _not_done(reason)
    score = _fresh(given, "ice_score")
    if score is not None:
        return Cognition(_by_score(score, ICE), score)
    items = _fresh(given, "ice_items")
    if items is None:
        return Cognition()
    unknown = [name for name in ICE_FULL_MARKS if items.get(name) is None]
    best = sum(ICE_FULL_MARKS[name] if name in unknown else items[name] for name in ICE_FULL_MARKS)
    return _from_items(best, ICE, unknown=bool(unknown))


def _capd(given: Given) -> Cognition:
    reason = _fresh(given, "capd_not_done_reason")
    if reason is not None:
        return _not_done(reason)
    score = _fresh(given, "capd_score")
    if score is None:
        items = _fresh(given, "capd_items")
        if items is None:
            return Cognition()
        known = [item for item in items if item is not None]
        found = _from_items(sum(known), CAPD, unknown=len(known) < CAPD_ITEMS)
    else:
        found = Cognition(_by_score(score, CAPD), score)
    return Cognition(found.grade, None, found.incomplete, subthreshold=found.grade == 1)


def _not_done(reason: object) -> Cognition:
    """ICA-2 and ICA-8; a score written beside the reason is not a score."""
    return Cognition(UNABLE_BECAUSE_UNAROUSABLE if reason == "unarousable" else None)


def _from_items(best: int, table: tuple[tuple[int, int], ...], *, unknown: bool) -> Cognition:
    """With null items the best case: "at least" if it still grades, else missing."""
    grade = _by_score(best, table)
    if not unknown:
        return Cognition(grade, best)
    return Cognition(grade, None, incomplete=True) if grade >= 1 else Cognition()


def _by_score(score: int, table: tuple[tuple[int, int], ...]) -> int:
    return next(grade for lowest, grade in table if score >= lowest)


# ---- the other components ---------------------------------------------------------------------------------


def _fresh(given: Given, name: str) -> object:
    hours = (given.get("obs_age_h") or {}).get(name)
    if hours is not None and name in STALE_AFTER_H and exact(hours) > STALE_AFTER_H[name]:
        return None
    return given.get(name)


def _row(given: Given, name: str, table: dict[str, int]) -> int | None:
    value = _fresh(given, name)
    return None if value is None else table[str(value)]


def _seizure(given: Given) -> int | None:
    grade = _row(given, "seizure", SEIZURE)
    duration = given.get("seizure_duration_s")
    if duration is None or grade == 0:
        return grade
    return max(grade or 0, 3 if exact(duration) <= SEIZURE_G3_UNTIL_S else 4)


def _pressure(given: Given) -> int | None:
    """Either of its two fields makes the component known."""
    known = [
        grade
        for grade in (_row(given, "cerebral_edema", EDEMA), _row(given, "icp_sign", ICP_SIGN))
        if grade is not None
    ]
    return max(known) if known else None


def _overdue(given: Given, flags: set[str]) -> None:
    hours = given.get("hours_since_obs")
    if hours is not None and exact(hours) >= exact(given.get("obs_interval_h") or INTERVAL_H) + OVERDUE_GRACE_H:
        flags.add("OBS_OVERDUE")
