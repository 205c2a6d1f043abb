"""How much is remembered of one patient: at most 64 KiB after a whole cycle in which much happened.

Goal: nothing that is kept grows with time (design, "Sizes"). Method: 28 days in which every domain is busy, two dozen
drugs, a full window of events; and random streams. The stored JSON is measured, uncompressed, all the way.
"""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import AlertAcknowledged, AnyEvent
from blinwatch.core.patient_state import PatientState, new_patient
from blinwatch.core.step import step
from blinwatch.core.time_order import WINDOW_EVENTS
from blinwatch.stream.state_codec import StateWriter
from tests.core.busy_patient import a_busy_day, anything
from tests.core.mixed_events import examples
from tests.core.stories import PATIENT, START, order

DAYS = 28
LARGEST_BYTES = 64 * 1024
"""Design, "Sizes": state per patient stays under 64 KiB."""
EVERY = 23
"""Measured after every so many events; prime, so that no hour of the day is left out."""
MANY_DRUGS, MANY_ALERTS = 14, 14
FULL_WINDOW = 2 * WINDOW_EVENTS - 1
"""With one event more it slides."""


def size_of(state: PatientState) -> int:
    return len(StateWriter().write(state, {"vitals.observed.v1": 10**9, "pump.events.v1": 10**9}, 10**13))


def acknowledged(state: PatientState, event: AnyEvent, rulebook: Rulebook) -> PatientState:
    """The first alert that still calls is seen by a nurse."""
    for alert in state.head.alerts.standing[:1]:
        if alert.state == "active":
            said: dict[str, Any] = {"event_id": f"{event.event_id}-seen", "patient_id": PATIENT, "source": "test"}
            seen = AlertAcknowledged(
                **said, occurred_at=event.occurred_at, by="nurse-1", reason="seen", alert_id=alert.alert_id
            )
            state, _ = step(state, seen, rulebook)
    return state


def states_of(events: Iterable[AnyEvent], rulebook: Rulebook) -> Iterable[PatientState]:
    """The state at every moment of measurement."""
    state = new_patient(PATIENT)
    state, _ = step(state, order(cycle=1), rulebook)
    for number, event in enumerate(events):
        if event.occurred_at == START:
            continue
        state, _ = step(state, event, rulebook)
        if number % EVERY == 0:
            state = acknowledged(state, event, rulebook)
            yield state
        elif len(state.pending) == FULL_WINDOW:
            yield state


def is_busy(state: PatientState) -> bool:
    """Many drugs, many alerts and a full window at the same moment."""
    drugs, alerts = state.head.drugs.drugs, state.head.alerts.standing
    return len(drugs) >= MANY_DRUGS and len(alerts) >= MANY_ALERTS and len(state.pending) == FULL_WINDOW


@pytest.mark.parametrize("days", [4, pytest.param(DAYS, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_the_state_of_a_busy_patient_stays_below_64_kib(days: int, rulebook: Rulebook) -> None:
    busy = 0
    for state in states_of((event for day in range(days) for event in a_busy_day(day)), rulebook):
        assert size_of(state) <= LARGEST_BYTES
        busy += is_busy(state)
    assert busy, "the story has to be as busy as it says"


@examples(3)
@given(random=st.randoms(use_true_random=True))
def test_no_stream_of_events_makes_the_state_grow_beyond_64_kib(random: Random, rulebook: Rulebook) -> None:
    for state in states_of(anything(random, 600), rulebook):
        assert size_of(state) <= LARGEST_BYTES


@pytest.mark.slow
@pytest.mark.timeout(900)
@examples(1)
@given(random=st.randoms(use_true_random=True))
def test_many_thousand_events_of_any_kind_leave_the_state_below_64_kib(random: Random, rulebook: Rulebook) -> None:
    for state in states_of(anything(random, 4000), rulebook):
        assert size_of(state) <= LARGEST_BYTES
