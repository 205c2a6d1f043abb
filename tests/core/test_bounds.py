"""What the edge accepts as a moment, a number, a text and a list: the bounds that stand beside each event's field."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from blinwatch.core.bounds import Within
from blinwatch.core.events import SignAttributed, VitalsObserved

VITALS = TypeAdapter(VitalsObserved)
ATTRIBUTED = TypeAdapter(SignAttributed)
EIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)
HEADER = {"event_id": "e1", "patient_id": "p1", "source": "monitor"}
FEVER_ATTRIBUTED = {
    **HEADER,
    "occurred_at": "2026-03-01T08:00Z",
    "sign": "fever",
    "cause": "infection",
    "by": "nurse-7",
    "reason": "line sepsis",
}


def seen(occurred_at: object = "2026-03-01T08:00Z", **said: Any) -> VitalsObserved:
    return VITALS.validate_json(json.dumps({**HEADER, "occurred_at": occurred_at, **said}))


def refusal(occurred_at: object = "2026-03-01T08:00Z", **said: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        seen(occurred_at, **said)
    return str(refused.value)


@pytest.mark.parametrize(
    "told",
    ["2026-03-01T08:00Z", "2026-03-01t08:00:00z", "2026-03-01T09:00:00+01:00", "2026-03-01T02:30:00.000-05:30"],
)
def test_a_moment_is_told_in_any_offset_with_or_without_seconds(told: str) -> None:
    assert seen(told).occurred_at == EIGHT


@pytest.mark.parametrize(
    "told",
    [
        "1772352000",
        "1772352000000.0000000",
        1772352000,
        1772352000.5,
        "2026-03-01",
        "2026-03-01 08:00Z",
        "2026-03-01T08Z",
    ],
)
def test_a_bare_number_a_bare_day_or_half_a_moment_is_none(told: object) -> None:
    assert "must be an RFC 3339 time with an offset" in refusal(told)


def test_a_moment_without_an_offset_is_refused_because_nobody_knows_which_hour_it_means() -> None:
    assert "timezone" in refusal("2026-03-01T08:00:00")


@pytest.mark.parametrize("until,taken", [(None, None), ("2026-03-02T08:00Z", EIGHT + timedelta(days=1))])
def test_an_optional_moment_may_be_missing(until: str | None, taken: datetime | None) -> None:
    assert ATTRIBUTED.validate_json(json.dumps({**FEVER_ATTRIBUTED, "until": until})).until == taken


@pytest.mark.parametrize("until", ["86400", "2026-03-02T08:00:00"])
def test_an_optional_moment_that_is_told_obeys_the_same_rule(until: str) -> None:
    with pytest.raises(ValidationError, match=r"RFC 3339|timezone"):
        ATTRIBUTED.validate_json(json.dumps({**FEVER_ATTRIBUTED, "until": until}))


def test_a_number_must_be_finite() -> None:
    assert seen(heart_rate_bpm=100.0).heart_rate_bpm == 100.0
    for value in (float("nan"), float("inf")):
        assert "finite number" in refusal(heart_rate_bpm=value)


@pytest.mark.parametrize("patient_id,offence", [("", "at least 1 character"), ("x" * 10_000, "at most")])
def test_a_text_has_a_shortest_and_a_longest_length(patient_id: str, offence: str) -> None:
    assert offence in refusal(patient_id=patient_id)


def test_a_list_has_a_longest_length() -> None:
    assert len(seen(confirmed_fields=["spo2_pct"] * 60).confirmed_fields) == 60
    assert "at most 60" in refusal(confirmed_fields=["spo2_pct"] * 61)


def test_a_whole_number_has_bounds_and_nothing_that_only_a_fraction_needs() -> None:
    """Also what the JSON Schema is printed from."""
    for kind, more in (("int", {}), ("float", {"allow_inf_nan": False})):
        schema = Within(0, 15).__get_pydantic_core_schema__(int, lambda _, kind=kind: {"type": kind})
        assert schema == {"type": kind, "ge": 0, "le": 15, **more}
