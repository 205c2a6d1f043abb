"""What holds for any patient, whatever happens to him or her: the whole live judgement through its one door.

Goal: the invariants of the judgement as a whole, over events of every domain at once; each domain's own invariants
stand in its folder. Method: logs of tests/core/mixed_events.py, and for what one examination must give, charts with one
value changed. A few hundred logs in every run; `PROPERTY_EXAMPLES=20000 make test-long` asks for more.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_event_conditions import adverse_event_conditions
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.attribution import attributions_in_force
from blinwatch.core.crs_conditions import crs_conditions
from blinwatch.core.decisions import Alert, AlertTransition, Decision, InputNote, PatientStatus
from blinwatch.core.detect_silence import silence_conditions
from blinwatch.core.dose_conditions import dose_conditions
from blinwatch.core.events import PatientEvent
from blinwatch.core.evidence import Condition, to_ms
from blinwatch.core.icans_conditions import icans_conditions
from blinwatch.core.infusion_conditions import infusion_conditions
from blinwatch.core.interaction_conditions import interaction_conditions
from blinwatch.core.patient_state import Judgement, PatientState, freeze, new_patient, ward_of
from blinwatch.core.step import next_deadline_ms, present, step, thaw
from blinwatch.core.tell_dose import advice_signature
from blinwatch.stream.state_codec import StateWriter, read_state, snapshot_of
from tests.core.mixed_events import HOUR_S, MINUTE_S, examples, mixed_logs, with_ticks
from tests.core.stories import PATIENT, START, run, tick


def whole(state: PatientState, rulebook: Rulebook) -> Judgement:
    """All that is judged; not how it was reached, nor how the next report could be judged more cheaply."""
    return replace(present(state, rulebook), log=(), steady=None)


def summary(state: PatientState, rulebook: Rulebook) -> dict[str, Any]:
    """What anybody would act on: grades, codes, standing alerts, advice."""
    j = present(state, rulebook)
    return {
        "crs": None if j.grade is None else (j.grade.code, j.grade.flags, j.course.episode.worst_grade),
        "icans": None if j.neuro.latest is None else (j.neuro.latest.code, j.neuro.latest.flags),
        "ctcae": [None if one is None else one.grade for one in (j.ctcae_crs, j.ctcae_neuro)],
        "infusion": None if j.infusion is None else [one.code for one in j.infusion.verdict.findings],
        "events": None if j.events is None else sorted(one.code for one in j.events.verdicts),
        "alerts": sorted((one.key, one.code, one.level, one.priority, one.state) for one in j.alerts.standing),
        "advice": advice_signature(j.advice),
        "silent": j.silent,
    }


# --- (a) a shift of whole days changes nothing but times ----------------------------------------------------------

_GREGORIAN_CYCLE_DAYS = 146_097
"""Four hundred years: after these the calendar repeats, leap years and birthdays included."""


def shifted(value: Any, by: timedelta) -> Any:
    """The same record with every moment in it moved, and ids that are computed from moments left out."""
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, date):
        return value + by
    if isinstance(value, tuple):
        return tuple(shifted(one, by) for one in cast("tuple[Any, ...]", value))
    if isinstance(value, dict):
        return {key: shifted(one, by) for key, one in cast("dict[str, Any]", value).items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: shifted(getattr(value, one.name), by) for one in fields(value)}
        if "decision_id" in changed:
            changed["decision_id"] = ""
        return replace(value, **{name: new for name, new in changed.items() if name != "type"})
    return value


@examples(25)
@given(log=mixed_logs(), days=st.sampled_from([1, 30, 59, 366, _GREGORIAN_CYCLE_DAYS]))
def test_the_same_story_on_another_day_is_judged_alike(log: list[PatientEvent], days: int, rulebook: Rulebook) -> None:
    later = timedelta(days=days)
    _, here = run(with_ticks(log, HOUR_S), rulebook)
    _, there = run([shifted(event, later) for event in with_ticks(log, HOUR_S)], rulebook)
    assert [shifted(said, -later) for said in there] == [shifted(said, timedelta()) for said in here]


# --- (b), (c) order of arrival -----------------------------------------------------------------------------------


@examples(25)
@given(log=mixed_logs(span_s=12 * MINUTE_S), random=st.randoms(use_true_random=False))
def test_any_order_of_arrival_within_the_window_ends_in_the_same_judgement(
    log: list[PatientEvent], random: Random, rulebook: Rulebook
) -> None:
    expected, _ = run(log, rulebook)
    shuffled = list(log)
    random.shuffle(shuffled)
    state, _ = run(shuffled, rulebook)
    assert whole(state, rulebook) == whole(expected, rulebook)


@examples(25)
@given(log=mixed_logs(most=12), random=st.randoms(use_true_random=False))
def test_events_of_the_same_moment_are_judged_alike_in_any_order(
    log: list[PatientEvent], random: Random, rulebook: Rulebook
) -> None:
    """Three moments, each with several events: their order of arrival means nothing."""
    moments = [START + timedelta(hours=random.choice([0, 1, 3])) for _ in log]
    together = [replace(event, occurred_at=moment) for event, moment in zip(log, moments, strict=True)]
    states: list[Judgement] = []
    for _ in range(2):
        random.shuffle(together)
        by_moment = sorted(together, key=lambda event: event.occurred_at)
        states.append(whole(run([*by_moment, tick(9, 600)], rulebook)[0], rulebook))
    assert states[0] == states[1]


@examples(20)
@given(log=mixed_logs(), data=st.data())
def test_an_event_that_is_sent_again_changes_nothing(
    log: list[PatientEvent], data: st.DataObject, rulebook: Rulebook
) -> None:
    recent_ms = to_ms(log[-1].occurred_at) - 15 * MINUTE_S * 1000
    recent = [event for event in log if to_ms(event.occurred_at) >= recent_ms]
    again = data.draw(st.lists(st.sampled_from(recent), max_size=6))
    once, _ = run(log, rulebook)
    state = once
    for event in again:
        state, said = step(state, event, rulebook)
        assert all(isinstance(decision, InputNote | PatientStatus) for decision in said)
    assert whole(state, rulebook) == whole(once, rulebook)


@examples(25)
@given(log=mixed_logs(span_s=3 * HOUR_S), data=st.data())
def test_events_up_to_15_minutes_late_end_in_the_same_grades_alerts_and_advice(
    log: list[PatientEvent], data: st.DataObject, rulebook: Rulebook
) -> None:
    events = with_ticks(log, HOUR_S // 2)
    delays = data.draw(st.lists(st.integers(0, 15 * MINUTE_S), min_size=len(log), max_size=len(log)))
    delay_s = {event.event_id: delay for event, delay in zip(log, delays, strict=True)}
    arriving = sorted(events, key=lambda event: event.occurred_at + timedelta(seconds=delay_s.get(event.event_id, 0)))
    ordered, _ = run(events, rulebook)
    late, _ = run(arriving, rulebook)
    assert summary(late, rulebook) == summary(ordered, rulebook)
    assert whole(late, rulebook) == whole(ordered, rulebook)


# --- (f), (h) every answer stands on something -------------------------------------------------------------------


def conditions_now(j: Judgement, rulebook: Rulebook) -> tuple[Condition, ...]:
    """Every condition that holds at the judgement's own time, asked anew of each domain."""
    at_ms = j.clock_ms
    moment = Moment(j.patient_id, ward_of(j), at_ms, None, rulebook, attributions_in_force(j.attributions, at_ms))
    return (
        *infusion_conditions(j, at_ms, rulebook),
        *crs_conditions(j, moment),
        *(interaction_conditions(j, at_ms, rulebook) if j.interactions is not None else ()),
        *icans_conditions(j, moment),
        *(adverse_event_conditions(j, at_ms, rulebook) if j.events is not None else ()),
        *dose_conditions(j, at_ms, rulebook),
        *silence_conditions(j, at_ms, rulebook),
    )


@examples(30)
@given(log=mixed_logs(), days=st.sampled_from([0, 0, 1, 9]))
def test_every_alert_that_was_raised_is_resolved_or_stands_for_a_reason(
    log: list[PatientEvent], days: int, rulebook: Rulebook
) -> None:
    heard: dict[str, Alert] = {}
    state = new_patient(PATIENT)
    for event in [*with_ticks(log, HOUR_S), tick(9999, days * 1440 + 8 * 60)]:
        state, said = step(state, event, rulebook)
        for decision in said:
            if isinstance(decision, AlertTransition):
                known = heard.get(decision.alert_id)
                assert decision.transition == "raised" or (known is not None and known.state != "resolved")
                heard[decision.alert_id] = decision.alert
    j = present(state, rulebook)
    standing = {alert.alert_id for alert in j.alerts.standing}
    assert standing == {alert_id for alert_id, alert in heard.items() if alert.state != "resolved"}
    assert all(alert.resolved_reason and alert.resolved_at for alert in heard.values() if alert.state == "resolved")
    holding = {one.key for one in conditions_now(j, rulebook)}
    due_ms = next_deadline_ms(state)
    for alert in j.alerts.standing:
        if alert.absent_since is None:
            assert alert.key in holding
        else:
            assert alert.key not in holding
            assert due_ms is not None
    assert holding <= {alert.key for alert in j.alerts.standing}


@examples(25)
@given(log=mixed_logs(most=16, span_s=20 * 24 * HOUR_S), random=st.randoms(use_true_random=False))
def test_no_log_of_a_ward_stops_the_judgement_and_time_always_goes_on(
    log: list[PatientEvent], random: Random, rulebook: Rulebook
) -> None:
    """Weeks apart and shaken well beyond the window: nothing raises, and every deadline lies ahead."""
    shaken = sorted(log, key=lambda event: event.occurred_at + timedelta(hours=random.choice([0, 0, 1, 48])))
    state = new_patient(PATIENT)
    for event in shaken:
        state, _ = step(state, event, rulebook)
        due_ms = next_deadline_ms(state)
        assert due_ms is None or due_ms > state.head.clock_ms
    summary(state, rulebook)


# --- (i), (j) the state ------------------------------------------------------------------------------------------


@examples(25)
@given(log=mixed_logs(), data=st.data())
def test_a_state_stored_and_read_back_anywhere_judges_on_alike(
    log: list[PatientEvent], data: st.DataObject, rulebook: Rulebook
) -> None:
    events = with_ticks(log, HOUR_S)
    cuts = data.draw(st.sets(st.integers(0, len(events) - 1), max_size=4))
    expected, decisions = run(events, rulebook)
    state, said = new_patient(PATIENT), list[Decision]()
    for number, event in enumerate(events):
        if number in cuts:
            stored = snapshot_of(read_state(StateWriter().write(state, {}, None)), rulebook)
            assert stored == freeze(state)
            state = thaw(stored, rulebook)
        state, more = step(state, event, rulebook)
        said += more
    assert state == expected
    assert said == decisions
