"""The alarm load: what a safety committee reads."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.board.alarm_load import AlarmLoad, Load, alarm_load, most_overridden
from blinwatch.board.alarm_load_csv import COLUMNS, to_csv
from blinwatch.board.trends.trend_store import Transition
from tests.board.trends.rows import DAY_MS, MINUTE_MS, START_MS, transition

S_MS = 1_000
SPAN: dict[str, Any] = {"since_ms": START_MS, "until_ms": START_MS + DAY_MS}


def _of(*steps: Transition, days: float = 2.0) -> AlarmLoad:
    return alarm_load(steps, days, **SPAN)


def _life(alert_id: str, raised_s: float, *steps: tuple[str, float, str | None], **told: Any) -> list[Transition]:
    """An alert raised at a second, and its further steps (step, second, reason)."""
    all_steps = [("raised", raised_s, None), *steps]
    return [
        transition(f"{alert_id}-{number}", round(at_s * S_MS), step, alert_id=alert_id, reason=reason, **told)
        for number, (step, at_s, reason) in enumerate(all_steps)
    ]


def test_alerts_are_counted_for_each_patient_day_by_rule_code_and_priority() -> None:
    load = _of(
        *_life("a", 0),
        *_life("b", 10),
        *_life("c", 20, key="BAG", code="INF_BAG", rule_id="INF-4", priority="low"),
        *_life("d", 30, key="OFF", code="CRS_G3", rule_id="CRS-7", priority="high"),
    )
    assert (load.total.raised, load.total.per_patient_day, load.total.share) == (4, 2.0, 1.0)
    assert [(row.rule_id, row.code, row.load.raised, row.load.share) for row in load.by_code] == [
        ("CRS-2", "CRS_G1", 2, 0.5),
        ("CRS-7", "CRS_G3", 1, 0.25),
        ("INF-4", "INF_BAG", 1, 0.25),
    ]
    assert {name: one.raised for name, one in load.by_priority.items()} == {"high": 1, "medium": 2, "low": 1}


def test_a_load_is_within_the_target_up_to_ten_a_patient_day_and_five_percent_high() -> None:
    low = [one for number in range(19) for one in _life(f"l{number}", number, key=f"k{number}", priority="low")]
    high = _life("h", 0, priority="high")
    assert _of(*low, *high, days=2.0).within_target is True
    assert _of(*low, *high, days=1.99).within_target is False
    assert _of(*low[1:], *high, days=2.0).within_target is False
    assert _of(*low, *high, days=0).within_target is None


def test_the_same_alert_raised_again_within_thirty_minutes_after_it_was_over_chatters() -> None:
    over = ("resolved", 600.0, None)
    at_the_limit = _of(*_life("a", 0, over), *_life("b", 600 + 1800))
    assert at_the_limit.total.chattering == 1
    assert _of(*_life("a", 0, over), *_life("b", 600 + 1801)).total.chattering == 0
    assert _of(*_life("a", 0, over), *_life("b", 700, key="other")).total.chattering == 0
    assert _of(*_life("a", 0, over), *_life("b", 700, patient_id="pt-0002")).total.chattering == 0


def test_time_to_acknowledge_is_that_of_the_first_who_did() -> None:
    lives = [
        one
        for number in range(1, 11)
        for one in _life(
            f"a{number}", 0, ("acknowledged", number * 60.0, "seen"), ("acknowledged", 9_000.0, None), key=f"k{number}"
        )
    ]
    load = _of(*lives).total
    assert (load.acknowledged, load.acknowledge_median_s, load.acknowledge_p90_s) == (10, 300, 540)


def test_an_alert_nobody_acknowledged_is_told_apart_from_one_that_still_waits() -> None:
    load = _of(
        *_life("a", 0, ("resolved", 500.0, None)),
        *_life("b", 0, key="k2"),
        *_life("c", 0, ("acknowledged", 5.0, "seen"), ("resolved", 500.0, None), key="k3"),
    ).total
    assert (load.never_acknowledged, load.waiting, load.acknowledged) == (1, 1, 1)
    assert _of().total.acknowledge_median_s is None


def test_what_is_put_aside_or_gone_at_once_is_listed_with_its_reasons() -> None:
    load = _of(
        *_life("a", 0, ("shelved", 5.0, "known artefact"), ("resolved", 900.0, None), rule_id="SIL-1"),
        *_life("b", 0, ("resolved", 60.0, None), rule_id="SIL-1", key="k2"),
        *_life("c", 0, ("acknowledged", 9.0, "known artefact"), ("resolved", 61.0, None), rule_id="SIL-1", key="k3"),
        *_life("d", 0, ("acknowledged", 9.0, "going there"), rule_id="CRS-7", key="k4"),
    )
    (worst,) = most_overridden(load, 5)
    assert (worst.rule_id, worst.load.shelved, worst.load.brief, worst.load.overridden) == ("SIL-1", 1, 1, 2)
    assert worst.load.reasons == (("known artefact", 2),)


def test_an_alert_hidden_from_its_first_moment_called_nobody() -> None:
    load = _of(
        *_life("a", 0, ("inhibited", 0.0, None)),
        *_life("b", 0, ("inhibited", 60.0, None), key="k2"),
        *_life("c", 0, ("escalated", 60.0, None), ("escalated", 90.0, None), key="k3"),
    ).total
    assert (load.hidden, load.escalated) == (1, 2)


def test_alerts_raised_before_the_span_are_not_counted_in_it() -> None:
    early = _life("a", 0, ("acknowledged", 60.0, "seen"))[1:]
    assert _of(*early).total.raised == 0


REASONS = st.sampled_from([None, "seen", "=cmd|'/c calc'!A1", 'quote " and, comma', "two\nlines"])
STEPS = st.sampled_from(["raised", "escalated", "acknowledged", "shelved", "inhibited", "resolved", "updated"])


@st.composite
def some_transitions(draw: st.DrawFn) -> list[Transition]:
    count = draw(st.integers(0, 40))
    return [
        transition(
            f"d{number}",
            draw(st.integers(0, 120)) * MINUTE_MS,
            draw(STEPS),
            alert_id=f"a{draw(st.integers(0, 12))}",
            patient_id=draw(st.sampled_from(["pt-1", "pt-2"])),
            key=draw(st.sampled_from(["CRS", "BAG"])),
            code=draw(st.sampled_from(["CRS_G1", "@CODE"])),
            priority=draw(st.sampled_from(["high", "medium", "low"])),
            reason=draw(REASONS),
        )
        for number in range(count)
    ]


@given(some_transitions(), st.randoms(use_true_random=False))
def test_order_of_input_does_not_matter_nor_does_hearing_it_twice(steps: list[Transition], chance: Any) -> None:
    shuffled = [*steps, *steps[: len(steps) // 2]]
    chance.shuffle(shuffled)
    assert _of(*shuffled) == _of(*steps)


SUMMED = [
    "raised",
    "hidden",
    "escalated",
    "chattering",
    "acknowledged",
    "never_acknowledged",
    "waiting",
    "shelved",
    "brief",
    "overridden",
]


@given(some_transitions())
def test_the_parts_add_up_to_the_whole(steps: list[Transition]) -> None:
    load = _of(*steps)
    for parts in (list(load.by_priority.values()), [row.load for row in load.by_code]):
        for name in SUMMED:
            assert sum(getattr(part, name) for part in parts) == getattr(load.total, name), name
        assert sum(part.share for part in parts) == pytest.approx(1.0 if load.total.raised else 0.0)
    assert load.total.acknowledged + load.total.never_acknowledged + load.total.waiting == load.total.raised
    assert all(_is_sane(row.load) for row in load.by_code)


def _is_sane(load: Load) -> bool:
    waits = (load.acknowledge_median_s, load.acknowledge_p90_s)
    if load.acknowledged == 0:
        return waits == (None, None)
    return waits[0] is not None and waits[1] is not None and 0 <= waits[0] <= waits[1]


@given(some_transitions())
def test_the_csv_reads_back_as_what_was_written_and_starts_no_formula(steps: list[Transition]) -> None:
    load = alarm_load(steps, 2.0, **SPAN, ward="=ward")
    text = to_csv(load)
    assert text.endswith("\r\n")
    header, *lines = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(header) == COLUMNS
    assert [line[0] for line in lines] == ["all", *["priority"] * 3, *["rule"] * len(load.by_code)]
    raised = header.index("raised")
    assert sum(int(line[raised]) for line in lines if line[0] == "rule") == load.total.raised
    assert not [cell for line in lines for cell in line if _runs(cell)]


def _runs(cell: str) -> bool:
    return cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_a_csv_line_says_all_there_is() -> None:
    steps: Sequence[Transition] = _life("a", 0, ("acknowledged", 90.0, "seen"), ("resolved", 500.0, None))
    lines = list(csv.DictReader(io.StringIO(to_csv(_of(*steps)), newline="")))
    assert lines[-1] == {
        "scope": "rule",
        "rule_id": "CRS-2",
        "code": "CRS_G1",
        "priority": "medium",
        "since": "2026-03-01T00:00:00+00:00",
        "until": "2026-03-02T00:00:00+00:00",
        "ward": "",
        "patient_days": "2",
        "raised": "1",
        "per_patient_day": "0.5",
        "share": "1",
        "hidden": "0",
        "escalated": "0",
        "chattering": "0",
        "acknowledged": "1",
        "acknowledge_median_s": "90",
        "acknowledge_p90_s": "90",
        "never_acknowledged": "0",
        "waiting": "0",
        "shelved": "0",
        "brief": "0",
        "reasons": "seen (1)",
    }
