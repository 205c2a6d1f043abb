"""Forms offer what the worker's door takes, and ages are marked where the rulebook says that a value is too old."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from blinwatch.board.acts import event_of
from blinwatch.board.choices import examination_choices, stale_after_ms
from blinwatch.clinical.load_rulebook import load_rulebook

RULEBOOK = load_rulebook()
CHOICES = examination_choices(RULEBOOK.icans)
NOW = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
HOUR_MS = 3_600_000


def offered() -> Iterator[dict[str, Any]]:
    """Every value that the form offers, one at a time."""
    for item, most in CHOICES["ice"].items():
        yield from ({"ice_items": {item: points}} for points in range(most + 1))
    for points in range(CHOICES["capd"]["most"] + 1):
        yield {"capd_items": [points] * CHOICES["capd"]["items"]}
    for name, values in CHOICES["lists"].items():
        yield from ({name: value} for value in values)
    for name in CHOICES["yes_no"]:
        yield from ({name: value, "loc": "alert"} for value in (True, False))


@pytest.mark.parametrize("findings", list(offered()), ids=str)
def test_what_the_form_offers_is_taken(findings: dict[str, Any]) -> None:
    form = {"kind": "assess", "patient_id": "pt-1", "findings": findings}
    assert event_of(form, None, NOW, "board-1").event_id == "board-1"


def test_the_ice_has_ten_points_and_the_capd_thirty_two() -> None:
    assert sum(CHOICES["ice"].values()) == 10
    assert CHOICES["capd"]["items"] * CHOICES["capd"]["most"] == 32


def test_continuous_signals_grow_old_after_a_quarter_of_an_hour_and_others_after_four() -> None:
    limits = stale_after_ms(RULEBOOK.vitals)
    assert limits["spo2"] == limits["heart_rate"] == HOUR_MS // 4
    assert limits["temperature"] == limits["blood_pressure"] == limits["respiratory_rate"] == 4 * HOUR_MS
