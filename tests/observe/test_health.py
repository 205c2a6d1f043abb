"""Ready means: partitions owned, states recovered, and what waits is being judged."""

import json
from typing import Any, cast

import pytest

from blinwatch.observe.health import HealthAnswer, WorkerSight, tell_liveness, tell_readiness

WELL: dict[str, Any] = {
    "now_s": 1000.0,
    "joined": True,
    "recovering": False,
    "partitions": 8,
    "lag_records": 0,
    "lag_measured_s": 998.0,
    "last_progress_s": 999.0,
}


def readiness(**differences: Any) -> HealthAnswer:
    return tell_readiness(WorkerSight(**{**WELL, **differences}), max_stall_s=30.0)


def codes(answer: HealthAnswer) -> list[str]:
    reasons = cast("list[dict[str, str]]", answer.body["reasons"])
    return [reason["code"] for reason in reasons]


def test_a_worker_that_keeps_up_is_ready() -> None:
    answer = readiness()
    assert answer.status == 200
    assert answer.body["status"] == "ready"
    assert codes(answer) == []


@pytest.mark.parametrize(
    "differences, code",
    [
        ({"joined": False}, "not_assigned"),
        ({"recovering": True}, "recovering"),
        ({"lag_records": 5, "last_progress_s": 900.0}, "stalled"),
        ({"lag_records": 5, "last_progress_s": None}, "stalled"),
        ({"lag_records": None, "lag_measured_s": None}, "lag_unknown"),
        ({"lag_measured_s": 900.0}, "lag_unknown"),
    ],
)
def test_a_worker_that_does_not_do_its_work_is_not_ready_and_says_why(differences: dict[str, Any], code: str) -> None:
    answer = readiness(**differences)
    assert answer.status == 503
    assert answer.body["status"] == "not_ready"
    assert codes(answer) == [code]


def test_a_quiet_night_is_no_stall() -> None:
    assert readiness(lag_records=0, last_progress_s=100.0).status == 200


def test_a_worker_behind_but_judging_is_ready() -> None:
    assert readiness(lag_records=1_000_000, last_progress_s=999.9).status == 200


def test_a_stall_of_exactly_the_limit_is_still_allowed() -> None:
    assert readiness(lag_records=5, last_progress_s=970.0).status == 200
    assert readiness(lag_records=5, last_progress_s=969.9).status == 503


def test_a_standby_worker_without_partitions_is_ready() -> None:
    assert readiness(partitions=0, lag_records=None, lag_measured_s=None, last_progress_s=None).status == 200


def test_not_being_assigned_hides_what_follows_from_it() -> None:
    assert codes(readiness(joined=False, lag_records=None, lag_measured_s=None)) == ["not_assigned"]


def test_answers_are_json() -> None:
    assert json.loads(json.dumps(readiness(lag_records=5, last_progress_s=None).body))["lag_records"] == 5
    alive = tell_liveness("0.1.0", "1.1.0")
    assert alive.status == 200
    assert json.loads(json.dumps(alive.body)) == {
        "status": "alive",
        "version": "0.1.0",
        "rulebook_version": "1.1.0",
    }
