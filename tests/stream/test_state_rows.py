"""Rows instead of names: what is stored short is read back whole, and what has no place in a row is stored by name."""

from dataclasses import MISSING, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import AnyEvent, MedicationAdministered, VitalsObserved
from blinwatch.core.patient_state import PatientState, freeze, new_patient
from blinwatch.core.pump_events import LineFlushed
from blinwatch.core.step import step
from blinwatch.stream.pending_rows import PendingWriter
from blinwatch.stream.state_codec import StateWriter, read_state, snapshot_of
from blinwatch.stream.state_rows import EVENTS, LAB, LAYOUTS, Layout, long_time, short_time
from tests.core.stories import PATIENT, header, order, tick, vitals

RULEBOOK = load_rulebook()


def after(*events: AnyEvent) -> PatientState:
    state = new_patient(PATIENT)
    for event in events:
        state, _ = step(state, event, RULEBOOK)
    return state


def is_read_back_whole(state: PatientState) -> bool:
    return snapshot_of(read_state(StateWriter().write(state, {}, None)), RULEBOOK) == freeze(state)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.kind.__name__)
def test_a_layout_names_fields_of_its_record_each_once(layout: Layout) -> None:
    known = {field.name for field in fields(layout.kind)}
    assert len(set(layout.names)) == len(layout.names)
    assert set(layout.names) <= known


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.kind.__name__)
def test_what_a_layout_leaves_out_has_a_default_so_that_a_record_without_it_is_whole(layout: Layout) -> None:
    said_elsewhere = {"patient_id", "source"}
    for field in fields(layout.kind):
        if field.name not in layout.names and field.name not in said_elsewhere:
            assert field.default is not MISSING, field.name


def test_every_event_begins_its_row_with_its_id_and_its_time() -> None:
    assert all(layout.names[:2] == ("event_id", "occurred_at") for layout in EVENTS)


def test_a_row_longer_than_its_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than its layout"):
        LAB.named([1.0, 2, "e", None, None, "final", "of a later release"])


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 1, 8, tzinfo=UTC),
        datetime(2026, 3, 1, 8, 0, 0, 123_000, tzinfo=UTC),
        datetime(2026, 3, 1, 8, 0, 0, 123_456, tzinfo=UTC),
        datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        None,
    ],
)
def test_a_time_is_read_back_to_the_microsecond_and_with_its_own_offset(at: datetime | None) -> None:
    stored = long_time(short_time(at))
    read = None if stored is None else datetime.fromisoformat(stored)
    assert read == at
    assert (read and read.utcoffset()) == (at and at.utcoffset())


UNUSUAL: dict[str, dict[str, Any]] = {
    "a coma scale with the vital signs": {"glasgow_coma_scale": 14},
    "a value that two sensors confirm": {"heart_rate_bpm": 210.0, "confirmed_fields": ("heart_rate_bpm",)},
    "a pressure in kPa": {"sbp_kpa": 15.9},
    "another kind of monitoring": {"heart_rate_bpm": 80.0, "monitoring": "spot"},
    "nobody said how it was measured": {"heart_rate_bpm": 80.0, "monitoring": None},
    "seconds in fractions": {"heart_rate_bpm": 80.0, "occurred_at": header(0, 5)["occurred_at"].replace(microsecond=7)},
    "another sender": {"heart_rate_bpm": 80.0, "source": "another monitor"},
}


@pytest.mark.parametrize("unusual", UNUSUAL.values(), ids=list(UNUSUAL))
def test_an_unusual_report_in_the_window_is_read_back_whole(unusual: dict[str, Any]) -> None:
    report = replace(vitals(2, 5, heart_rate_bpm=81.0), **unusual)
    state = after(order(), vitals(1, 4, heart_rate_bpm=80.0), report, vitals(3, 6, heart_rate_bpm=82.0))
    assert report in state.pending
    assert is_read_back_whole(state)


def test_doses_flushes_and_ticks_in_the_window_are_read_back_whole() -> None:
    dose = MedicationAdministered(**header(1, 3), drug="warfarin", dose_mg=2.5, same_lumen=True)
    state = after(order(), dose, LineFlushed(**header(2, 4), drug_aspirated=False), tick(3, 5), tick(4, 6))
    assert {type(event).__name__ for event in state.pending} >= {"MedicationAdministered", "LineFlushed", "Tick"}
    assert is_read_back_whole(state)


def test_a_window_that_slides_or_is_sorted_anew_is_written_as_if_it_were_new() -> None:
    reports: list[VitalsObserved] = [vitals(number, number / 10, heart_rate_bpm=80.0) for number in range(40)]
    writer = PendingWriter()
    windows = (reports[:10], reports[:30], reports[20:35], [*reports[20:25], reports[39], *reports[25:35]], [])
    for window in windows:
        assert writer.write(tuple(window)) == PendingWriter().write(tuple(window))
