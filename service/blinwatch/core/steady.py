"""The short way for a monitor's values that change nothing.

What:      after a full judgement of a patient without any sign of CRS, a frame says within which values, and until
           when, another report of the monitor cannot change any judgement. Reports inside it are kept, the last of
           each kind, and judged when something else happens, the frame ends, or somebody asks.
Why:       a quiet patient at 1 Hz is judged about once a minute instead of every second; measured in
           docs/decisions/0012.
Inputs:    the judgement after a vitals event, the rulebook.
Caveats:   - a frame is narrower than every rule's own limits: what leaves it takes the long way, nothing else follows
             from leaving it;
           - a sign that lasts (a fever, oxygen, a running vasopressor, an open episode) does not prevent a frame: the
             reports inside it speak of other signs. One who cannot be graded stays so, because a report of what was
             missing leaves the frame;
           - tests/core/test_steady.py proves both ways alike.
"""

import math

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.facts import EventFacts, is_child
from blinwatch.core.adverse_events.judge import steady_spans
from blinwatch.core.age import age_years_at
from blinwatch.core.attribution import attribution_holds
from blinwatch.core.detect_hypotension import sbp_limit_mmhg
from blinwatch.core.early_warning.live import bucket_ends_ms
from blinwatch.core.events import VitalsObserved
from blinwatch.core.findings import CrsFindings
from blinwatch.core.grade_crs import SUSPECT_MASKED, CrsGrade
from blinwatch.core.live_facts import event_facts
from blinwatch.core.masking_drugs import drugs_on_board
from blinwatch.core.patient_state import Judgement, Signal
from blinwatch.core.plausibility import age_column
from blinwatch.core.steady_frame import Span, SteadyFrame, fits, keep

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_SECOND_MS = 1000
_TEMPERATURE_STEP_C = 0.25
"""Two values within this of the frame's own are within half a degree of each other: no probe's jump (section G)."""
_MARGIN = 1e-6
"""Keeps the frame strictly inside a limit, so that no comparison at the limit itself is ever skipped."""
_LASTING_FLAGS = frozenset(
    (
        "AGE_UNKNOWN",
        "INCOMPLETE",
        "HFNC_LOW_FLOW_REVIEW",
        "BP_RELATIVE_DROP",
        "BP_CONFIRM",
        "FEVER_CONFIRM",
        "INOTROPE",
    )
)
"""Flags that hang on what the next report of the monitor cannot change; any other belongs to a single report."""
_NOTHING = (1.0, 0.0)
"""A span that holds no value. Finite, because a state is stored as JSON."""


def kept_after(j: Judgement, event: VitalsObserved, own_ms: int) -> tuple[VitalsObserved, ...] | None:
    """The kept reports with this one, or None where it has to be judged."""
    frame = j.steady
    if frame is None or own_ms >= frame.until_ms or own_ms < j.clock_ms or not fits(frame, event):
        return None
    return keep(j.kept, event)


def frame_of(j: Judgement, event: VitalsObserved, at_ms: int, rulebook: Rulebook) -> SteadyFrame | None:
    """The frame in which the judgement after this report stays as it is for reports of the same kind, or None."""
    grade = j.grade
    if grade is None or not _is_quiet(j, grade, at_ms, rulebook):
        return None
    age_years = None if j.order is None else age_years_at(j.order, at_ms)
    facts = event_facts(j, at_ms, rulebook)
    known = _known_values(j, grade, at_ms, rulebook, continuous=event.monitoring == "continuous")
    spans = _spans(j, facts, known, age_years, rulebook)
    vitals = rulebook.vitals
    return SteadyFrame(
        until_ms=_until_ms(j, at_ms, age_years, rulebook),
        monitoring=event.monitoring,
        room_air=facts.o2_device == "room_air" and not facts.o2_flow_l_min,
        temperature_c=spans["temperature_c"],
        heart_rate_bpm=spans["heart_rate_bpm"],
        respiratory_rate_per_min=spans["respiratory_rate_per_min"],
        spo2_pct=spans["spo2_pct"],
        sbp_mmhg=spans["sbp_mmhg"],
        map_mmhg=(rulebook.crs.map_limit_adult_mmhg + _MARGIN, age_column(age_years, vitals).sbp_mmhg[1]),
        pulse_pressure_min_mmhg=vitals.pulse_pressure_min_mmhg + _MARGIN,
        pulse_differs_bpm=vitals.pulse_rate_differs_bpm - _MARGIN,
        perfusion_min=vitals.perfusion_index_min + _MARGIN,
    )


def _spans(
    j: Judgement, facts: EventFacts, known: dict[str, float], age_years: float | None, rulebook: Rulebook
) -> dict[str, Span]:
    """For each sign the values around the believed one that every rule takes alike; nothing where there is none.

    A value that is beyond a limit now (a fever, a low pressure) has no span: the next report of it is judged.
    """
    bands = steady_spans(facts, rulebook)
    spans: dict[str, Span] = {}
    for name, (low, high) in _limits(j, known, age_years, rulebook).items():
        value = known.get(name)
        band_low, band_high = bands.get(name, (low, high))
        span = max(low, band_low), min(high, band_high)
        spans[name] = span if value is not None and span[0] <= value <= span[1] else _NOTHING
    child = is_child(facts.age_years, rulebook.adverse_events.child_below_years)
    low_mean = facts.map_mmhg is not None and facts.map_mmhg < rulebook.crs.map_limit_adult_mmhg + _MARGIN
    if child or low_mean:
        # A pressure without a mean takes the known mean away: Phoenix reads it, and a low one is a hypotension.
        spans["sbp_mmhg"] = _NOTHING
    return spans


def _limits(j: Judgement, known: dict[str, float], age_years: float | None, rulebook: Rulebook) -> dict[str, Span]:
    """The span of each sign in which no rule of CRS and no plausibility gate sees anything."""
    crs, vitals = rulebook.crs, rulebook.vitals
    column = age_column(age_years, vitals)
    temperature_c = known.get("temperature_c", vitals.temperature_c[0])
    return {
        "temperature_c": (
            max(temperature_c - _TEMPERATURE_STEP_C, vitals.temperature_c[0]),
            min(temperature_c + _TEMPERATURE_STEP_C, crs.fever_confirm_from_c - 0.1),
        ),
        "heart_rate_bpm": column.heart_rate_bpm,
        "respiratory_rate_per_min": column.respiratory_rate_per_min,
        "spo2_pct": (crs.spo2_low_alert_max_pct + _MARGIN, vitals.spo2_pct[1]),
        "sbp_mmhg": (
            max(_systolic_low(j, age_years, rulebook), column.sbp_mmhg[0]) + _MARGIN,
            column.sbp_mmhg[1],
        ),
    }


def _known_values(
    j: Judgement, grade: CrsGrade, at_ms: int, rulebook: Rulebook, *, continuous: bool
) -> dict[str, float]:
    """The believed values of signals heard in this way and known to the grade: a missing one may complete it."""
    values: dict[str, float] = {}
    for name, leading in _LEADING.items():
        signal = j.signals.get(name)
        if signal is None or signal.continuous != continuous or _stale_ms(signal, leading, rulebook) <= at_ms:
            continue
        value = signal.parts.get(leading)
        if isinstance(value, float | int):
            values[leading] = value
    for leading, known in (
        ("temperature_c", grade.fever.known),
        ("sbp_mmhg", grade.hypotension.known),
        ("spo2_pct", grade.hypoxia.known),
    ):
        if not known:
            values.pop(leading, None)
    return values


def _stale_ms(signal: Signal, leading: str, rulebook: Rulebook) -> int:
    """When the signal's last value is stale for the first time (section 0): just after its limit."""
    spot, continuous = rulebook.vitals.stale_after_h, rulebook.vitals.stale_after_continuous_h
    limit_h = continuous.get(leading, spot[leading]) if signal.continuous else spot[leading]
    return signal.at_ms + _ms(limit_h) + 1


def _age_turns_ms(age_years: float | None, at_ms: int, rulebook: Rulebook) -> int | None:
    """When a child's limits may next change: at a birthday, or on the 29th day; never again for an adult.

    A second early, because rules compare ages with a tolerance. Ages by birth date also turn at midnight.
    """
    crs = rulebook.crs
    if age_years is None or age_years > crs.adult_from_years:
        return None
    turns = [math.floor(age_years) + 1, crs.neonate_below_days / crs.days_per_year]
    years = min(turn - age_years for turn in turns if turn > age_years)
    return at_ms + math.floor(years * crs.days_per_year * _DAY_MS) - _SECOND_MS


def _is_quiet(j: Judgement, grade: CrsGrade, at_ms: int, rulebook: Rulebook) -> bool:
    """Whether the judgement rests on lasting facts only: nothing of it hangs on the one report or on counting time."""
    if grade.code == SUSPECT_MASKED or not _LASTING_FLAGS.issuperset(grade.flags):
        return False
    if j.silent or j.death_due_to is not None or any(attribution_holds(one, at_ms) for one in j.attributions):
        return False
    if not _sign_lasts(j, grade, at_ms, rulebook):
        return False
    return not any(alert.domain == "monitoring" for alert in j.alerts.standing)


def _sign_lasts(j: Judgement, grade: CrsGrade, at_ms: int, rulebook: Rulebook) -> bool:
    """Whether a sign that is there goes on meaning the same while time passes: inside an open episode.

    Outside one a fever may be another cause's (CRS-3), and any sign means something else as soon as a drug that hides
    fever is no longer on board (CRS-5).
    """
    if j.course.episode.open:
        return True
    if grade.fever.present:
        return False
    return not grade.sign_present or not drugs_on_board(
        j.course.drugs, CrsFindings(), at_ms, rulebook.crs.masking_max_h
    )


def _until_ms(j: Judgement, at_ms: int, age_years: float | None, rulebook: Rulebook) -> int:
    """The next moment after `at_ms` at which time alone may change what the next report means.

    A deadline, the end of a trend's bucket, a value that goes stale, a birthday, midnight, the end of what a bolus or a
    stopped vasopressor counts for, and the first moment at which an episode may resolve. What counts up to a limit
    itself changes 1 ms after it.
    """
    crs, course = rulebook.crs, j.course
    moments = [
        (at_ms // _DAY_MS + 1) * _DAY_MS,
        j.deadline_ms,
        bucket_ends_ms(j, rulebook),
        _age_turns_ms(age_years, at_ms, rulebook),
    ]
    moments += [
        _stale_ms(signal, leading, rulebook)
        for name, leading in _LEADING.items()
        if (signal := j.signals.get(name)) is not None
    ]
    moments += [
        run.stopped_ms + _ms(crs.vasopressor_together_h) + 1 for run in j.drug_runs if run.stopped_ms is not None
    ]
    if j.bolus_ms is not None:
        moments.append(j.bolus_ms + _ms(rulebook.alerts.fluid_bolus_counts_h) + 1)
    episode, antipyretic_ms = course.episode, course.drugs.antipyretic_ms
    if episode.open and episode.quiet_from_ms is not None:
        free_ms = 0 if antipyretic_ms is None else antipyretic_ms + _ms(crs.resolve_antipyretic_free_h)
        moments.append(max(episode.quiet_from_ms + _ms(crs.resolve_after_h) - episode.quiet_ms, free_ms))
    return min(moment for moment in moments if moment is not None and moment > at_ms)


def _ms(hours: float) -> int:
    return round(hours * _HOUR_MS)


_LEADING = {
    "temperature": "temperature_c",
    "heart_rate": "heart_rate_bpm",
    "respiratory_rate": "respiratory_rate_per_min",
    "spo2": "spo2_pct",
    "blood_pressure": "sbp_mmhg",
    "oxygen": "o2_device",
}


def _systolic_low(j: Judgement, age_years: float | None, rulebook: Rulebook) -> float:
    """No systolic above this is low or far below baseline, by any reading of CRS-6."""
    limit = sbp_limit_mmhg(age_years, rulebook.crs)
    baseline = None if j.order is None else j.order.baseline_sbp_mmhg
    return limit if baseline is None else max(limit, (1 - rulebook.crs.relative_drop_fraction) * baseline)
