"""The board's memory: the newest of each patient and alert, and what became of acts."""

from datetime import timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.board.ward_now import ACTIVE_TOPIC, ACTS_KEPT, AUDIT_TOPIC, STATUS_TOPIC, WardNow, Written
from tests.board.examples import ALERT, ALERT_BYTES, EXAMPLES, STATUS, STATUS_BYTES, changed

KEY, ALERT_KEY = STATUS.patient_id.encode(), ALERT.alert_id.encode()
NOTE = orjson.loads((EXAMPLES / "audit.decisions.v1" / "input-note.json").read_bytes())
TRANSITION = orjson.loads((EXAMPLES / "audit.decisions.v1" / "alert-transition.json").read_bytes())
COMMANDS = "alerts.commands.v1"


def ward_with_one() -> WardNow:
    ward = WardNow()
    ward.take(STATUS_TOPIC, KEY, STATUS_BYTES)
    ward.take(ACTIVE_TOPIC, ALERT_KEY, ALERT_BYTES)
    return ward


def decided(kind: dict[str, object], event_id: str) -> bytes:
    return orjson.dumps({**kind, "decision": {**kind["decision"], "caused_by": event_id}})  # type: ignore[dict-item]


def test_a_patient_is_shown_with_the_reasons_of_the_alerts() -> None:
    ward = ward_with_one()
    assert [one["id"] for one in ward.tiles()] == [STATUS.patient_id]
    assert [one.citation for one in ward.why(STATUS.patient_id)] == [ALERT.citation]
    assert ward.take_changed() == sorted({STATUS.patient_id, ALERT.patient_id})
    assert ward.take_changed() == []


def test_an_older_status_does_not_overwrite_a_newer_one() -> None:
    ward = ward_with_one()
    older = changed(STATUS_BYTES, as_of=(STATUS.as_of - timedelta(minutes=1)).isoformat(), ward="elsewhere")
    ward.take(STATUS_TOPIC, KEY, older)
    assert ward.statuses[STATUS.patient_id] == STATUS


def test_a_patient_or_alert_that_is_removed_is_gone_from_the_board() -> None:
    ward = ward_with_one()
    ward.take_changed()
    ward.take(ACTIVE_TOPIC, ALERT_KEY, None)
    assert ward.alert(ALERT.patient_id, ALERT.alert_id) is None
    ward.take(STATUS_TOPIC, KEY, None)
    assert ward.tile_of(STATUS.patient_id) is None
    assert ward.take_changed() == sorted({STATUS.patient_id, ALERT.patient_id})


def test_an_alert_is_found_only_under_its_own_patient() -> None:
    ward = ward_with_one()
    assert ward.alert(ALERT.patient_id, ALERT.alert_id) == ALERT
    assert ward.alert("pt-other", ALERT.alert_id) is None


@given(topic=st.sampled_from([STATUS_TOPIC, ACTIVE_TOPIC, AUDIT_TOPIC]), value=st.binary(max_size=60) | st.just(b"[]"))
def test_whatever_lies_on_a_topic_the_board_goes_on_and_counts_what_it_cannot_read(topic: str, value: bytes) -> None:
    ward = ward_with_one()
    ward.take(topic, b"\xff", value)
    assert ward.tile_of(STATUS.patient_id) is not None
    if topic == AUDIT_TOPIC or value:
        assert ward.unreadable[topic] == 1


def test_an_act_that_was_obeyed_is_answered_and_that_of_another_board_is_not_ours_to_tell() -> None:
    ward = WardNow()
    ward.await_answer("board-1")
    ward.take(AUDIT_TOPIC, b"", decided(TRANSITION, "somebody-else"))
    ward.take(AUDIT_TOPIC, b"", decided(TRANSITION, "board-1"))
    assert [(one.event_id, one.done) for one in ward.take_answers()] == [("board-1", True)]
    assert ward.take_answers() == []


def test_an_act_that_was_refused_is_told_with_the_reason() -> None:
    ward = WardNow()
    ward.await_answer("board-1")
    ward.take(AUDIT_TOPIC, b"", decided(NOTE, "board-1"))
    assert [(one.done, one.detail) for one in ward.take_answers()] == [(False, NOTE["decision"]["detail"])]


def test_an_examination_that_changes_nothing_is_done_when_the_workers_are_past_it() -> None:
    ward = WardNow()
    ward.await_answer("board-1")
    ward.act_written("board-1", Written(COMMANDS, 2, 41))
    ward.judged_to({(COMMANDS, 2): 41})
    ward.judged_to({(COMMANDS, 2): 41})
    assert ward.take_answers() == []
    ward.judged_to({(COMMANDS, 2): 42})
    assert ward.take_answers() == []
    ward.judged_to({(COMMANDS, 2): 42})
    assert [(one.event_id, one.done) for one in ward.take_answers()] == [("board-1", True)]


def test_a_refusal_that_is_read_late_comes_before_the_second_look() -> None:
    ward = WardNow()
    ward.await_answer("board-1")
    ward.act_written("board-1", Written(COMMANDS, 2, 41))
    ward.judged_to({(COMMANDS, 2): 42})
    ward.take(AUDIT_TOPIC, b"", decided(NOTE, "board-1"))
    ward.judged_to({(COMMANDS, 2): 43})
    assert [one.done for one in ward.take_answers()] == [False]


def test_acts_that_nobody_answers_are_forgotten_at_last() -> None:
    ward = WardNow()
    for number in range(ACTS_KEPT + 5):
        ward.await_answer(f"board-{number}")
    ward.take(AUDIT_TOPIC, b"", decided(TRANSITION, "board-0"))
    ward.take(AUDIT_TOPIC, b"", decided(TRANSITION, f"board-{ACTS_KEPT}"))
    assert [one.event_id for one in ward.take_answers()] == [f"board-{ACTS_KEPT}"]


def test_a_simulated_ward_that_runs_ahead_gets_acts_at_its_own_time() -> None:
    ward = ward_with_one()
    assert ward.now_for(STATUS.patient_id, STATUS.as_of - timedelta(days=1)) == STATUS.as_of
    assert ward.now_for(STATUS.patient_id, STATUS.as_of + timedelta(days=1)) == STATUS.as_of + timedelta(days=1)
    assert ward.now_for("pt-nobody", STATUS.as_of) == STATUS.as_of
