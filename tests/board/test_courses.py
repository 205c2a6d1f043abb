"""A patient's course as the page draws it: nothing invented, what was not believed apart, answers bounded."""

from collections.abc import Iterator

import pytest

from blinwatch.board.courses import HOUR_MS, MARKS_MOST, MOST_POINTS, SPANS_H, course
from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.board.trends.trend_store import TrendStore
from tests.board.trends.rows import DAY_MS, MINUTE_MS, PATIENT, START_MS, batch, mark, reading

UNTIL_MS = START_MS + DAY_MS


@pytest.fixture
def store() -> Iterator[TrendStore]:
    opened = open_sqlite(None)
    yield opened
    opened.close()


def test_the_course_of_somebody_of_whom_nothing_is_known_is_empty(store: TrendStore) -> None:
    told = course(store, "pt-nobody", UNTIL_MS, 24)
    assert told == {
        "since": START_MS,
        "until": UNTIL_MS,
        "signals": {},
        "marks": [],
        "gaps": [],
        "left_out": 0,
    }


def test_the_lowest_and_highest_of_a_signal_are_there_and_what_was_not_believed_stands_apart(store: TrendStore) -> None:
    believed = [reading(minute * MINUTE_MS, 37 + minute / 10) for minute in range(20)]
    doubted = reading(10 * MINUTE_MS, 12.0, plausible=False)
    store.write(batch(readings=[*believed, doubted]))
    (name, signal), = course(store, PATIENT, UNTIL_MS, 24)["signals"].items()  # fmt: skip
    assert name == "temperature_c"
    assert min(low for _, low, _, _ in signal["points"]) == 37
    assert max(high for _, _, high, _ in signal["points"]) == pytest.approx(38.9)
    assert signal["points"][-1][3] == pytest.approx(38.9)
    assert [(low, high) for _, low, high in signal["doubted"]] == [(12.0, 12.0)]


@pytest.mark.parametrize("span_h", SPANS_H)
def test_a_course_of_any_span_has_no_more_points_than_a_wall_screen_can_draw(store: TrendStore, span_h: int) -> None:
    step_ms = span_h * HOUR_MS // 3000
    until_ms = START_MS + span_h * HOUR_MS
    store.write(batch(readings=[reading(number * step_ms, 37 + number % 7) for number in range(3000)]))
    points = course(store, PATIENT, until_ms, span_h)["signals"]["temperature_c"]["points"]
    assert 100 < len(points) <= MOST_POINTS
    assert (min(low for _, low, _, _ in points), max(high for _, _, high, _ in points)) == (37, 43)


def test_what_lies_before_the_span_or_after_it_or_is_another_patient_s_is_not_in_it(store: TrendStore) -> None:
    at = {"before": -1, "first": 0, "last": DAY_MS, "after": DAY_MS + 1}
    readings = [reading(moment, 36 + number) for number, moment in enumerate(at.values())]
    marks = [mark(name, moment) for name, moment in at.items()]
    other = [mark("other", 5, patient_id="pt-0002")]
    store.write(batch(readings=readings, marks=[*marks, *other]))
    told = course(store, PATIENT, UNTIL_MS, 24)
    lows = [low for _, low, _, _ in told["signals"]["temperature_c"]["points"]]
    assert lows == [37, 38]
    assert [one["at"] for one in told["marks"]] == [START_MS, UNTIL_MS]


def test_a_mark_says_all_that_the_page_needs_to_say_it_in_words(store: TrendStore) -> None:
    store.write(
        batch(
            marks=[
                mark("a", 0, kind="alert", code="CRS_G3", priority="high", rule_id="CRS-8", scale="ASTCT",
                     series="CRS", until_ms=START_MS + MINUTE_MS, text="CRS grade 3"),
            ]
        )
    )  # fmt: skip
    assert course(store, PATIENT, UNTIL_MS, 24)["marks"] == [
        {
            "kind": "alert",
            "at": START_MS,
            "until": START_MS + MINUTE_MS,
            "code": "CRS_G3",
            "value": None,
            "series": "CRS",
            "scale": "ASTCT",
            "rule": "CRS-8",
            "priority": "high",
            "text": "CRS grade 3",
        }
    ]


def test_an_infusion_that_still_stands_has_a_gap_without_an_end(store: TrendStore) -> None:
    store.write(
        batch(
            marks=[
                mark("s1", 0, kind="flow", code="stopped", series="adverse_reaction"),
                mark("g1", HOUR_MS, kind="flow", code="started"),
                mark("s2", 2 * HOUR_MS, kind="bag", code="started"),
            ]
        )
    )
    assert course(store, PATIENT, UNTIL_MS, 24)["gaps"] == [
        {"at": START_MS, "until": START_MS + HOUR_MS, "reason": "adverse_reaction"},
        {"at": START_MS + 2 * HOUR_MS, "until": None, "reason": "bag_change"},
    ]


def test_of_too_many_marks_the_newest_stay_and_how_many_are_left_out_is_said(store: TrendStore) -> None:
    store.write(batch(marks=[mark(f"m{number:05}", number * 1000) for number in range(MARKS_MOST + 7)]))
    told = course(store, PATIENT, UNTIL_MS, 24)
    assert (len(told["marks"]), told["left_out"]) == (MARKS_MOST, 7)
    assert told["marks"][0]["at"] == START_MS + 7_000
