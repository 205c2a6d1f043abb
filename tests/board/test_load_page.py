"""The alarm load as the page gets it: the same figures as the CSV, with the targets they are held against."""

import csv
import io
import json

import orjson

from blinwatch.board.alarm_load import TARGET_HIGH_SHARE, TARGET_PER_PATIENT_DAY, alarm_load
from blinwatch.board.alarm_load_csv import to_csv
from blinwatch.board.load_page import OVERRIDDEN_MOST, load_page
from tests.board.trends.rows import DAY_MS, MINUTE_MS, START_MS, transition

UNTIL_MS = START_MS + DAY_MS
STEPS = [
    transition("d1", 0, alert_id="a1"),
    transition("d2", 2 * MINUTE_MS, "acknowledged", alert_id="a1", reason="seen"),
    transition("d3", 0, alert_id="a2", code="INF_OCCLUSION", rule_id="INF-7", key="INF", priority="high"),
    transition("d4", 30_000, "resolved", alert_id="a2", code="INF_OCCLUSION", rule_id="INF-7", key="INF"),
]


def test_the_page_and_the_csv_tell_the_same_figures() -> None:
    load = alarm_load(STEPS, 2.0, since_ms=START_MS, until_ms=UNTIL_MS)
    page = load_page(load)
    lines = list(csv.DictReader(io.StringIO(to_csv(load))))
    of_page = {(one["rule_id"], one["code"]): one["load"]["raised"] for one in page["codes"]}
    of_csv = {(one["rule_id"], one["code"]): int(one["raised"]) for one in lines if one["scope"] == "rule"}
    assert of_page == of_csv == {("CRS-2", "CRS_G1"): 1, ("INF-7", "INF_OCCLUSION"): 1}
    (total,) = [one for one in lines if one["scope"] == "all"]
    assert page["total"]["raised"] == int(total["raised"]) == 2
    assert page["total"]["per_patient_day"] == float(total["per_patient_day"]) == 1.0
    assert page["total"]["acknowledge_median_s"] == float(total["acknowledge_median_s"]) == 120


def test_the_page_says_what_the_load_is_held_against_and_whether_it_is_within() -> None:
    page = load_page(alarm_load(STEPS, 2.0, since_ms=START_MS, until_ms=UNTIL_MS, ward="haematology"))
    assert page["target"] == {"per_patient_day": TARGET_PER_PATIENT_DAY, "high_share": TARGET_HIGH_SHARE}
    assert page["within_target"] is False
    assert (page["since"], page["until"], page["ward"], page["patient_days"]) == (
        START_MS,
        UNTIL_MS,
        "haematology",
        2.0,
    )


def test_where_nobody_was_watched_no_figure_is_invented() -> None:
    page = load_page(alarm_load([], 0.0, since_ms=START_MS, until_ms=UNTIL_MS))
    assert page["within_target"] is None
    assert page["total"]["per_patient_day"] is None
    assert (page["codes"], page["overridden"]) == ([], [])


def test_the_most_overridden_are_named_and_are_no_more_than_a_committee_reads() -> None:
    steps = [
        one
        for number in range(OVERRIDDEN_MOST + 5)
        for one in (
            transition(f"r{number}", 0, alert_id=f"a{number}", code=f"C{number}", key=f"K{number}"),
            transition(f"s{number}", 30_000, "shelved", alert_id=f"a{number}", code=f"C{number}", key=f"K{number}"),
        )
    ]
    page = load_page(alarm_load(steps, 1.0, since_ms=START_MS, until_ms=UNTIL_MS))
    assert len(page["codes"]) == OVERRIDDEN_MOST + 5
    assert len(page["overridden"]) == OVERRIDDEN_MOST
    assert all(one["load"]["shelved"] == 1 for one in page["overridden"])


def test_the_page_gets_nothing_that_json_cannot_hold() -> None:
    page = load_page(alarm_load(STEPS, 2.0, since_ms=START_MS, until_ms=UNTIL_MS))
    assert json.loads(orjson.dumps(page))["priorities"]["high"]["raised"] == 1
