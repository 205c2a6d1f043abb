"""The short way for a quiet patient's monitor (core/steady.py) tells what the long way tells.

Goal: no report is skipped that would have changed anything. Method: the same events with and without frames; every
decision and the whole judgement must be equal. Values are drawn around every limit, in and out of order.
"""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import fold_event
from blinwatch.core.decisions import Decision
from blinwatch.core.events import AnyEvent, MedicationAdministered, VitalsObserved
from blinwatch.core.patient_state import Judgement, new_patient
from blinwatch.core.pump_events import DeliveryStarted, PumpStatusReported
from blinwatch.core.steady import kept_after
from blinwatch.core.step import present, step
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.stories import STORIES
from tests.core.stories import PATIENT, START, header, order, tick


def judged(events: list[AnyEvent], rulebook: Rulebook, *, frames: bool) -> tuple[Judgement, list[Decision], int]:
    """The complete judgement, all decisions, and how many reports took the short way."""
    state, decisions, kept = new_patient(PATIENT), list[Decision](), 0

    def counted(j: Judgement, event: VitalsObserved, own_ms: int) -> tuple[VitalsObserved, ...] | None:
        nonlocal kept
        reports = kept_after(j, event, own_ms)
        kept += reports is not None
        return reports

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_event, "kept_after", counted)
        if not frames:
            patch.setattr(fold_event, "frame_of", lambda *_: None)
        for event in events:
            state, said = step(state, event, rulebook)
            decisions += said
        return replace(present(state, rulebook), steady=None, deadline_ms=None), decisions, kept


def assert_alike(events: list[AnyEvent], rulebook: Rulebook) -> int:
    short, said_short, kept = judged(events, rulebook, frames=True)
    long, said_long, none = judged(events, rulebook, frames=False)
    assert none == 0
    assert said_short == said_long
    assert short == long
    return kept


AROUND: dict[str, list[float]] = {
    "temperature_c": [35.9, 36.4, 36.6, 36.8, 37.3, 37.4, 37.44, 37.45, 37.5, 37.9, 38.0, 30.0, 43.0],
    "heart_rate_bpm": [0, 19, 20, 40, 41, 50, 51, 72, 75, 90, 91, 110, 111, 130, 131, 250, 251],
    "respiratory_rate_per_min": [0, 2, 3, 8, 9, 11, 12, 16, 20, 21, 24, 25, 70, 71],
    "spo2_pct": [0, 49, 89, 90, 91, 93, 93.4, 94, 95, 96, 98, 100, 101],
    "sbp_mmhg": [39, 40, 69, 70, 83, 84, 89, 90, 100, 101, 110, 111, 118, 219, 220, 280, 281],
    "dbp_mmhg": [0, 60, 64, 70, 85, 113, 114, 115],
    "map_mmhg": [60, 64, 65, 70, 80, 119],
    "pulse_rate_bpm": [56, 57, 58, 72, 87, 88],
}
CALM = {"heart_rate_bpm": 72, "spo2_pct": 97, "respiratory_rate_per_min": 15}
CALM_ALL = {**CALM, "temperature_c": 36.6, "sbp_mmhg": 118, "dbp_mmhg": 72, "o2_device": "room_air"}


@st.composite
def monitors(draw: st.DrawFn) -> list[AnyEvent]:
    """A quiet patient on a monitor, with values around limits thrown in, for minutes to hours."""
    age = draw(st.sampled_from([0.05, 0.5, 4.0, 4.5, 9.999, 11.99, 17.99, 40.0, None]))
    events: list[AnyEvent] = [order(0, 0, age_years=age, baseline_sbp_mmhg=draw(st.sampled_from([None, 85, 120, 160])))]
    minutes = 0.0
    for number in range(1, draw(st.integers(5, 25))):
        minutes += draw(st.sampled_from([0.1, 0.5, 1, 1, 1, 5, 16, 100]))
        said: dict[str, Any] = dict(draw(st.sampled_from([CALM, CALM, CALM_ALL, {"sbp_mmhg": 117, "dbp_mmhg": 70}])))
        if draw(st.integers(0, 3)) == 0:
            name = draw(st.sampled_from(sorted(AROUND)))
            said[name] = draw(st.sampled_from(AROUND[name]))
        if draw(st.integers(0, 15)) == 0:
            said["monitoring"] = "spot"
        if draw(st.integers(0, 25)) == 0:
            said["perfusion_index"] = draw(st.sampled_from([0.1, 0.3, 2]))
        monitoring = said.pop("monitoring", "continuous")
        events.append(VitalsObserved(**header(number, minutes), monitoring=monitoring, **said))
        if draw(st.integers(0, 20)) == 0:
            events.append(tick(number, minutes + draw(st.sampled_from([0, 1, 20]))))
    return events


@settings(max_examples=40)
@given(events=monitors())
def test_a_quiet_monitor_is_judged_alike_on_both_ways(events: list[AnyEvent], rulebook: Rulebook) -> None:
    assert_alike(events, rulebook)


@settings(max_examples=30)
@given(events=monitors(), random=st.randoms(use_true_random=False))
def test_out_of_order_reports_are_judged_alike_on_both_ways(
    events: list[AnyEvent], random: Random, rulebook: Rulebook
) -> None:
    shaken = sorted(events, key=lambda event: event.occurred_at + timedelta(minutes=random.choice([0, 0, 0, 2, 9])))
    assert_alike(shaken, rulebook)


FEVERISH = {"temperature_c": 38.6, "temp_site": "oral"}
LOW = {"sbp_mmhg": 84, "dbp_mmhg": 50}
CHARTED: list[dict[str, Any]] = [
    FEVERISH,
    {"temperature_c": 36.8},
    {"temperature_c": 37.9},
    LOW,
    {"sbp_mmhg": 112, "dbp_mmhg": 70},
    {"o2_device": "nasal_cannula", "o2_flow_l_min": 4},
    {"o2_device": "high_flow_nasal_cannula", "o2_flow_l_min": 40},
    {"o2_device": "nasal_cannula", "o2_flow_l_min": 1, "o2_reason": "comfort"},
    {"o2_device": "room_air"},
    {"spo2_pct": 88},
    {"consciousness": "voice"},
]
GIVEN: list[dict[str, Any]] = [
    {"drug": "paracetamol", "dose_mg": 1000},
    {"drug": "dexamethasone", "dose_mg": 16},
    {"drug": "tocilizumab"},
    {"drug": "norepinephrine", "action": "started"},
    {"drug": "norepinephrine", "action": "stopped"},
    {"drug": "vasopressin", "action": "started"},
    {"drug": "dobutamine", "action": "started"},
    {"drug": "saline", "fluid_bolus_for_hypotension": True},
]


@st.composite
def sick_patients(draw: st.DrawFn) -> list[AnyEvent]:
    """A patient with fever, low pressure, oxygen, pressors and a pump that reports, on a monitor for up to two days."""
    age = draw(st.sampled_from([0.5, 4.0, 15.0, 40.0, 40.0, None]))
    events: list[AnyEvent] = [
        order(0, 0, age_years=age, baseline_spo2_pct=draw(st.sampled_from([None, 91]))),
        DeliveryStarted(**header(900, 0.2), rate_ml_h=10.0),
        VitalsObserved(**header(1, 0.5), monitoring="spot", **CALM_ALL),
    ]
    minutes, number = 1.0, 2
    for _ in range(draw(st.integers(4, 14))):
        act = draw(st.integers(0, 5))
        number += 1
        if act <= 2:
            events.append(
                VitalsObserved(**header(number, minutes), monitoring="spot", **draw(st.sampled_from(CHARTED)))
            )
        elif act == 3:
            events.append(MedicationAdministered(**header(number, minutes), **draw(st.sampled_from(GIVEN))))
        elif act == 4:
            rate = draw(st.sampled_from([10.0, 10.0, 10.0, 0.0, 7.0]))
            events.append(PumpStatusReported(**header(number, minutes), delivering=rate > 0, rate_ml_h=rate))
        else:
            events.append(tick(number, minutes))
        every = draw(st.sampled_from([0.1, 1, 1, 5, 14, 31, 61, 239]))
        for _ in range(draw(st.integers(2, 6))):
            minutes += every
            number += 1
            said: dict[str, Any] = dict(CALM)
            if draw(st.integers(0, 6)) == 0:
                name = draw(st.sampled_from(["heart_rate_bpm", "respiratory_rate_per_min", "spo2_pct"]))
                said[name] = draw(st.sampled_from(AROUND[name]))
            events.append(VitalsObserved(**header(number, minutes), monitoring="continuous", **said))
        minutes += 0.05
    return events


@settings(max_examples=60)
@given(events=sick_patients())
def test_a_sick_patients_monitor_is_judged_alike_on_both_ways(events: list[AnyEvent], rulebook: Rulebook) -> None:
    assert_alike(events, rulebook)


@settings(max_examples=30)
@given(events=sick_patients(), random=st.randoms(use_true_random=False))
def test_a_sick_patients_reports_out_of_order_are_judged_alike_on_both_ways(
    events: list[AnyEvent], random: Random, rulebook: Rulebook
) -> None:
    shaken = sorted(events, key=lambda event: event.occurred_at + timedelta(minutes=random.choice([0, 0, 0, 2, 9])))
    assert_alike(shaken, rulebook)


def test_an_open_episode_on_oxygen_and_a_pressor_takes_the_short_way(rulebook: Rulebook) -> None:
    events: list[AnyEvent] = [order(), DeliveryStarted(**header(900, 0.2), rate_ml_h=10.0)]
    events.append(VitalsObserved(**header(1, 0.5), monitoring="spot", **{**CALM_ALL, **FEVERISH}))
    oxygen = {"o2_device": "nasal_cannula", "o2_flow_l_min": 4}
    events.append(VitalsObserved(**header(2, 0.7), monitoring="spot", **oxygen))
    events.append(MedicationAdministered(**header(3, 0.8), drug="norepinephrine", action="started"))
    for number in range(200):
        at_min = 1 + number / 20
        events.append(VitalsObserved(**header(10 + number, at_min), monitoring="continuous", **CALM))
        if number % 20 == 7:
            events.append(PumpStatusReported(**header(700 + number, at_min + 0.01), delivering=True, rate_ml_h=10.0))
    assert assert_alike(events, rulebook) > 180


@pytest.mark.parametrize("name", sorted(STORIES))
def test_every_story_is_judged_alike_on_both_ways(name: str, rulebook: Rulebook) -> None:
    setting = StorySetting(
        seed=3, patient_id=PATIENT, start=START, rulebook=rulebook, duration_h=3, monitor_interval_s=60
    )
    events = [event for _, event in STORIES[name].tell(setting)]
    kept = assert_alike(events, rulebook)
    assert kept > 0, "the story never took the short way, so this proves nothing"
