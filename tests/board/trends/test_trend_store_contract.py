"""What every trend store promises, asked of each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blinwatch.board.trends.trend_store import TrendStore, TrendStoreError
from tests.board.trends.rows import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    PATIENT,
    START_MS,
    batch,
    mark,
    reading,
    transition,
    watch,
)
from tests.board.trends.stores import KINDS, opened

EVERYTHING = batch(
    readings=[reading(0, 37.0), reading(1_000, 38.5), reading(2_000, 12.0, plausible=False)],
    marks=[mark("g1", 0), mark("alert-1", 1_000, kind="alert", code="CRS_G1")],
    transitions=[transition("d1", 1_000), transition("d2", 2_000, "acknowledged", reason="on my way")],
    watches=[watch(0, born_ms=-5), watch(HOUR_MS)],
    remembered={PATIENT: "a reading"},
    next_offsets={("vitals.observed.v1", 3): 17, ("alerts.lifecycle.v1", 0): 4},
)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TrendStore]:
    with opened(request.param, tmp_path, lambda: request.getfixturevalue("postgres")) as store:
        yield store


def _all_of(store: TrendStore) -> tuple[object, ...]:
    span = START_MS - DAY_MS, START_MS + 60 * DAY_MS
    return (
        store.positions(),
        store.patients(),
        store.vitals(PATIENT, *span, 10_000),
        store.marks(PATIENT, *span),
        store.transitions(*span),
        store.patient_days(*span),
    )


def test_an_empty_store_knows_nobody_and_asks_to_read_from_the_beginning(store: TrendStore) -> None:
    assert store.positions() == {}
    assert store.patients() == ()
    assert store.vitals(PATIENT, 0, START_MS, 100) == {}
    assert store.marks(PATIENT, 0, START_MS) == ()
    assert store.transitions(0, START_MS) == ()
    assert store.patient_days(0, START_MS) == 0


def test_writing_the_same_records_again_changes_nothing(store: TrendStore) -> None:
    store.write(EVERYTHING)
    once = _all_of(store)
    store.write(EVERYTHING)
    assert _all_of(store) == once


def test_rows_and_offsets_are_kept_together_or_not_at_all(store: TrendStore) -> None:
    store.write(batch(marks=[mark("g1", 0)], next_offsets={("alerts.lifecycle.v1", 0): 1}))
    broken = batch(
        readings=[reading(0, 38.0)],
        marks=[mark("g2", 10, code=None)],  # a column that must be filled
        next_offsets={("alerts.lifecycle.v1", 0): 2},
    )
    with pytest.raises(TrendStoreError, match="cannot be written"):
        store.write(broken)
    assert store.positions() == {("alerts.lifecycle.v1", 0): 1}
    assert [one.mark_id for one in store.marks(PATIENT, START_MS, START_MS + DAY_MS)] == ["g1"]
    assert store.vitals(PATIENT, START_MS, START_MS + DAY_MS, 100) == {}


def test_a_course_keeps_lowest_highest_and_last_of_each_bucket(store: TrendStore) -> None:
    store.write(batch(readings=[reading(9_000, 38.1), reading(1_000, 37.0), reading(5_000, 39.9)]))
    store.write(batch(readings=[reading(3_000, 36.5), reading(12_000, 38.2)]))
    trend = store.vitals(PATIENT, START_MS, START_MS + HOUR_MS, 1_000)["temperature_c"]
    assert [(p.start_ms - START_MS, p.low, p.high, p.last, p.last_ms - START_MS) for p in trend.plausible] == [
        (0, 36.5, 39.9, 38.1, 9_000),
        (10_000, 38.2, 38.2, 38.2, 12_000),
    ]
    assert trend.bucket_ms == 10_000


def test_implausible_readings_stand_apart_from_the_course(store: TrendStore) -> None:
    store.write(batch(readings=[reading(0, 37.2), reading(1_000, 12.0, plausible=False)]))
    trend = store.vitals(PATIENT, START_MS, START_MS + HOUR_MS, 1_000)["temperature_c"]
    assert [(p.low, p.high) for p in trend.plausible] == [(37.2, 37.2)]
    assert [(p.last, p.last_ms - START_MS) for p in trend.implausible] == [(12.0, 1_000)]


@pytest.mark.parametrize("most_points", [1, 7, 60, 500])
def test_no_more_points_come_back_than_asked_for(store: TrendStore, most_points: int) -> None:
    store.write(batch(readings=[reading(minute * MINUTE_MS, 37 + minute % 3) for minute in range(180)]))
    trend = store.vitals(PATIENT, START_MS + 90_000, START_MS + 3 * HOUR_MS, most_points)["temperature_c"]
    assert 1 <= len(trend.plausible) <= most_points
    assert (min(p.low for p in trend.plausible), max(p.high for p in trend.plausible)) == (37, 39)


def test_folding_makes_old_buckets_wider_and_loses_no_extreme(store: TrendStore) -> None:
    spikes = [reading(second * 1_000, 41.0 if second == 1_234 else 37.0) for second in range(0, 3_600, 2)]
    store.write(batch(readings=spikes))
    fine = store.vitals(PATIENT, START_MS, START_MS + HOUR_MS, 1_000)["temperature_c"].plausible
    store.fold(START_MS + DAY_MS)
    by_minute = store.vitals(PATIENT, START_MS, START_MS + HOUR_MS, 1_000)["temperature_c"].plausible
    store.fold(START_MS + 10 * DAY_MS)
    by_quarter = store.vitals(PATIENT, START_MS, START_MS + HOUR_MS, 1_000)["temperature_c"].plausible
    assert (len(fine), len(by_minute), len(by_quarter)) == (360, 60, 4)
    for points in (fine, by_minute, by_quarter):
        assert (min(p.low for p in points), max(p.high for p in points)) == (37.0, 41.0)
        assert points[-1].last_ms == START_MS + 3_598_000
    assert by_quarter[1].start_ms == START_MS + 15 * MINUTE_MS


def test_folding_again_and_late_records_do_no_harm(store: TrendStore) -> None:
    readings = [reading(second * 1_000, 37.0 + second % 7) for second in range(0, 1_800, 5)]
    store.write(batch(readings=readings))
    store.fold(START_MS + 10 * DAY_MS)
    folded = store.vitals(PATIENT, START_MS, START_MS + HOUR_MS, 1_000)
    store.write(batch(readings=readings))
    store.fold(START_MS + 10 * DAY_MS)
    store.fold(START_MS + 10 * DAY_MS)
    assert store.vitals(PATIENT, START_MS, START_MS + HOUR_MS, 1_000) == folded


def test_of_two_tellings_of_one_happening_the_newer_stays_whatever_comes_last(store: TrendStore) -> None:
    raised = mark("alert-1", 0, kind="alert", code="CRS_G1")
    resolved = mark("alert-1", 0, kind="alert", code="CRS_G2", until_ms=START_MS + 5_000, version=9)
    store.write(batch(marks=[resolved]))
    store.write(batch(marks=[raised]))
    assert store.marks(PATIENT, START_MS, START_MS + 1) == (resolved,)


def test_marks_that_reach_into_the_span_are_told_and_others_are_not(store: TrendStore) -> None:
    store.write(
        batch(
            marks=[
                mark("stands", 0, kind="alert"),
                mark("is over", 0, kind="alert", until_ms=START_MS + HOUR_MS),
                mark("reaches in", 0, kind="alert", until_ms=START_MS + 3 * HOUR_MS),
                mark("moment before", 0),
                mark("moment inside", 2 * HOUR_MS, text="fever"),
                mark("moment after", 4 * HOUR_MS),
                mark("another patient", 2 * HOUR_MS, patient_id="pt-0002"),
            ]
        )
    )
    found = store.marks(PATIENT, START_MS + 2 * HOUR_MS, START_MS + 4 * HOUR_MS)
    assert {one.mark_id for one in found} == {"stands", "reaches in", "moment inside"}
    assert found[-1] == mark("moment inside", 2 * HOUR_MS, text="fever")


def test_transitions_come_in_order_and_by_ward(store: TrendStore) -> None:
    steps = [
        transition("d2", 2_000, "acknowledged", reason="seen"),
        transition("d1", 1_000, inhibited=True, late=True),
        transition("d3", 3_000, ward="intensive care", patient_id="pt-0002"),
        transition("d4", HOUR_MS, ward=None),
    ]
    store.write(batch(transitions=steps))
    span = START_MS, START_MS + HOUR_MS
    assert store.transitions(*span) == (steps[1], steps[0], steps[2])
    assert store.transitions(*span, "haematology") == (steps[1], steps[0])
    assert store.transitions(*span, "no such ward") == ()


def test_patient_days_count_the_time_between_first_and_last_sign_of_each_day(store: TrendStore) -> None:
    store.write(batch(watches=[watch(6 * HOUR_MS), watch(18 * HOUR_MS), watch(DAY_MS), watch(2 * DAY_MS - 1)]))
    store.write(batch(watches=[watch(hour * HOUR_MS, patient_id="pt-0002", ward="intensive care") for hour in (0, 6)]))
    whole = START_MS, START_MS + 5 * DAY_MS
    assert store.patient_days(*whole) == pytest.approx(0.5 + 1 + 0.25, abs=1e-6)
    assert store.patient_days(*whole, "haematology") == pytest.approx(1.5, abs=1e-6)
    assert store.patient_days(START_MS + 12 * HOUR_MS, START_MS + DAY_MS) == pytest.approx(0.25, abs=1e-6)


def test_a_patient_is_known_by_the_newest_ward_and_age_told(store: TrendStore) -> None:
    store.write(batch(watches=[watch(HOUR_MS, ward="new ward", born_ms=100)]))
    store.write(batch(watches=[watch(0, ward="old ward", born_ms=50), watch(2 * HOUR_MS, ward=None)]))
    (known,) = store.patients()
    assert (known.patient_id, known.ward, known.born_ms) == (PATIENT, "new ward", 100)
    assert (known.first_ms, known.last_ms) == (START_MS, START_MS + 2 * HOUR_MS)


def test_what_the_reader_must_remember_comes_back_as_the_last_batch_told_it(store: TrendStore) -> None:
    store.write(batch(watches=[watch(0), watch(0, patient_id="pt-0002")], remembered={PATIENT: "first"}))
    store.write(batch(watches=[watch(1)], remembered={PATIENT: "second"}))
    store.write(batch(watches=[watch(2)]))
    assert {one.patient_id: one.remembered for one in store.patients()} == {PATIENT: "second", "pt-0002": None}


def test_what_is_older_than_the_retention_is_forgotten_and_the_rest_stays(store: TrendStore) -> None:
    gone = "pt-gone"
    store.write(
        batch(
            readings=[reading(0, 37.0), reading(3 * DAY_MS, 38.0), reading(0, 37.0, patient_id=gone)],
            marks=[
                mark("old", 0),
                mark("new", 3 * DAY_MS),
                mark("told again", 0, kind="alert", as_of_ms=START_MS + 3 * DAY_MS),
            ],
            transitions=[transition("old", 0), transition("new", 3 * DAY_MS)],
            watches=[watch(0), watch(3 * DAY_MS), watch(0, patient_id=gone)],
            next_offsets={("vitals.observed.v1", 0): 9},
        )
    )
    store.forget_before(START_MS + DAY_MS)
    whole = START_MS - DAY_MS, START_MS + 5 * DAY_MS
    assert [one.patient_id for one in store.patients()] == [PATIENT]
    assert [p.last for p in store.vitals(PATIENT, *whole, 10_000)["temperature_c"].plausible] == [38.0]
    assert store.vitals(gone, *whole, 100) == {}
    assert {one.mark_id for one in store.marks(PATIENT, *whole)} == {"new", "told again"}
    assert [one.decision_id for one in store.transitions(*whole)] == ["new"]
    assert store.positions() == {("vitals.observed.v1", 0): 9}
