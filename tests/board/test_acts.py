"""What somebody does at the board becomes an event that the worker's door takes, or is refused in plain words."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.board.acts import SOURCE, UNTIL_MOST_H, ActRefusedError, event_of
from blinwatch.core.decisions import Alert
from blinwatch.core.events import AnyEvent
from blinwatch.receive.event_log import encode_event, topic_of
from tests.board.examples import ALERT

NOW = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
MEDIUM = replace(ALERT, priority="medium")
WHO = {"patient_id": ALERT.patient_id, "alert_id": ALERT.alert_id, "by": "nurse-7", "reason": "seen at the bedside"}


def done(kind: str, alert: Alert | None = ALERT, **fields: Any) -> AnyEvent:
    return event_of({"kind": kind, **WHO, **fields}, alert, NOW, "board-1")


def refusal(kind: str, alert: Alert | None = ALERT, **fields: Any) -> str:
    with pytest.raises(ActRefusedError) as refused:
        done(kind, alert, **fields)
    return str(refused.value)


def written(event: AnyEvent) -> dict[str, Any]:
    return orjson.loads(encode_event(event))


def test_acknowledging_names_the_alert_who_and_why() -> None:
    event = done("acknowledge")
    assert topic_of(event) == "alerts.commands.v1"
    said = written(event)
    assert (said["type"], said["alert_id"], said["by"], said["reason"]) == (
        "acknowledge",
        ALERT.alert_id,
        "nurse-7",
        "seen at the bedside",
    )
    assert (said["event_id"], said["source"]) == ("board-1", SOURCE)


@pytest.mark.parametrize("missing,asked", [("by", "who are you"), ("reason", "why")])
@pytest.mark.parametrize("kind", ["acknowledge", "shelve", "attribute"])
def test_nobody_acts_without_a_name_and_a_reason(kind: str, missing: str, asked: str) -> None:
    assert asked in refusal(kind, MEDIUM, **{missing: "  "}, shelve_min=10, sign="fever", cause="line infection")


def test_an_alert_of_high_priority_cannot_be_put_aside() -> None:
    assert "high priority" in refusal("shelve", shelve_min=10)


@pytest.mark.parametrize("minutes", [0, 31, -5, None, "ten"])
def test_nothing_is_put_aside_for_longer_than_thirty_minutes(minutes: object) -> None:
    assert "minutes" in refusal("shelve", MEDIUM, shelve_min=minutes)


def test_a_medium_alert_is_put_aside_for_up_to_thirty_minutes() -> None:
    assert written(done("shelve", MEDIUM, shelve_min=30))["shelve_min"] == 30


def test_an_alert_that_has_ended_meanwhile_is_told_as_such() -> None:
    for kind in ("acknowledge", "shelve"):
        assert "no longer stands" in refusal(kind, None, shelve_min=10)


def test_an_attribution_has_an_end() -> None:
    said = written(done("attribute", sign="fever", cause="line infection", until_h=24))
    assert datetime.fromisoformat(said["until"]) == NOW + timedelta(hours=24)
    assert said["active"] is True


@pytest.mark.parametrize("hours", [0, UNTIL_MOST_H + 1, "long"])
def test_an_attribution_cannot_last_for_ever(hours: object) -> None:
    assert "for how long" in refusal("attribute", sign="fever", cause="line infection", until_h=hours)


def test_an_attribution_can_be_withdrawn() -> None:
    assert written(done("attribute", sign="fever", cause="x", active=False, until_h=24)).get("until") is None


def test_a_sign_that_is_none_is_refused() -> None:
    assert "sign" in refusal("attribute", sign="bad mood", cause="x", until_h=2)


def test_an_examination_is_written_as_it_was_charted_and_what_was_left_out_is_left_out() -> None:
    event = done(
        "assess", None, findings={"ice_items": {"orientation": 3, "naming": None}, "loc": "alert", "seizure": ""}
    )
    assert topic_of(event) == "assessments.recorded.v1"
    findings = written(event)["findings"]
    assert findings["ice_items"] == {"orientation": 3, "naming": None}
    assert findings["loc"] == "alert"
    assert findings.get("seizure") is None


def test_an_empty_form_is_no_examination() -> None:
    assert "nothing was charted" in refusal("assess", None, findings={"age_years": 30, "loc": ""})
    assert "nothing was charted" in refusal("assess", None, findings=None)


def test_the_board_charts_the_nervous_system_only() -> None:
    assert "temperature_c" in refusal("assess", None, findings={"temperature_c": 37.0, "loc": "alert"})


def test_impossible_points_are_refused_with_the_field_named() -> None:
    assert "ice_items" in refusal("assess", None, findings={"ice_items": {"orientation": 9}})


def test_an_unknown_act_is_refused() -> None:
    assert "no such act" in refusal("discharge")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


FIELDS = ("patient_id", "by", "reason", "shelve_min", "sign", "cause", "until_h", "active", "findings")


@given(
    kind=st.sampled_from(["acknowledge", "shelve", "attribute", "assess"]),
    form=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)),
    stands=st.sampled_from([None, ALERT, MEDIUM]),
)
def test_whatever_a_form_holds_it_becomes_a_valid_event_or_a_refusal(
    kind: str, form: dict[str, Any], stands: Alert | None
) -> None:
    with contextlib.suppress(ActRefusedError):
        event = event_of({"kind": kind, **form}, stands, NOW, "board-1")
        assert written(event)["event_id"] == "board-1"
