"""Time alone: the verdict changes only at moments that were announced, and at the exact millisecond."""

from typing import Any

import pytest
from hypothesis import given, settings

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.ledger import Ledger, end_therapy
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.infusion.timeline import judge_timeline, next_change_ms
from tests.core.infusion.generated import HOURS, ORDERS, PREMEDS, findings, told_stories
from tests.core.infusion.story import Told, codes, ledger_of, ms, ordered, pump_events

RULES = load_rulebook().infusion


def assert_only_announced_changes(
    ledger: Ledger,
    order: TherapyOrdered,
    premeds: tuple[PremedDose, ...],
    charted: InfusionFindings | None,
    at_ms: int,
    end_ms: int,
) -> None:
    """Walk from announcement to announcement; between two of them codes and flags stay as they are."""

    def told(moment_ms: int) -> tuple[list[str], tuple[str, ...]]:
        verdict = judge_timeline(ledger, order, premeds, moment_ms, RULES, charted).verdict
        return codes(verdict), verdict.flags

    for _ in range(200):
        now = told(at_ms)
        due_ms = next_change_ms(ledger, order, premeds, at_ms, RULES, charted)
        last_ms = end_ms if due_ms is None else due_ms - 1
        for share in (0.0, 0.37, 0.71, 1.0):
            between_ms = at_ms + round((last_ms - at_ms) * share)
            assert told(between_ms) == now, f"changed between {at_ms} and {due_ms}, at {between_ms}"
        if due_ms is None or due_ms >= end_ms:
            return
        assert due_ms > at_ms
        at_ms = due_ms


@settings(max_examples=150)
@given(story=told_stories(), order=ORDERS, premeds=PREMEDS, asked_h=HOURS, later_h=HOURS)
def test_the_codes_change_only_at_announced_moments(
    story: list[Told], order: TherapyOrdered, premeds: tuple[PremedDose, ...], asked_h: float, later_h: float
) -> None:
    ledger = ledger_of(pump_events(story), RULES, order)
    assert_only_announced_changes(ledger, order, premeds, None, ms(asked_h), ms(asked_h + later_h))


@settings(max_examples=150)
@given(story=told_stories(most=6), order=ORDERS, charted=findings(), asked_h=HOURS, later_h=HOURS)
def test_a_chart_beside_the_pump_changes_nothing_unannounced(
    story: list[Told], order: TherapyOrdered, charted: InfusionFindings, asked_h: float, later_h: float
) -> None:
    ledger = ledger_of(pump_events(story), RULES, order)
    assert_only_announced_changes(ledger, order, (), charted, ms(asked_h), ms(asked_h + later_h))


@pytest.mark.parametrize(
    "story,order,after_h,due_h,code",
    [
        ([(0, "start"), (24, "stop")], {}, 24, 24 + 5 / 60, "INF_INTERRUPT_SHORT"),
        ([(0, "start"), (24, "bag_change_start")], {}, 24, 24.5, "INF_INTERRUPT_SHORT"),
        ([(0, "start"), (24, "stop")], {}, 27, 28, "INF_INTERRUPT_4H"),
        ([(0, "start"), (24, "stop")], {}, 100, 192, "INF_INTERRUPT_GT7D"),
        ([(0, "start")], {}, 670, 672, "INF_CYCLE_END"),
        ([(0, "start")], {}, 673, 676, "INF_OVER_28D"),
        ([(0, "start", {"rate_ml_h": 12.0})], {"bag_type_h": 24.0}, 0, 10 / 60, "INF_RATE_DEVIATION"),
        ([(0, "start"), (30, "comm_lost")], {}, 30, 30.25, "INF_COMM_LOSS"),
        (
            [(0, "start", {"programmed_dose_mcg_day": 9.0})],
            {"cycle": 1},
            100,
            168,
            "INF_DOSE_STEP_DUE",
        ),
        (
            [(0, "start", {"programmed_dose_mcg_day": 9.0})],
            {"cycle": 1},
            169,
            172,
            "INF_DOSE_STEP_OVERDUE",
        ),
        ([(0, "bag_change_end", {"bag_type_h": 24.0})], {}, 24, 25, "INF_BAG_OVERRUN"),
    ],
)
def test_the_first_millisecond_of_a_code_is_announced(
    rules: InfusionRules, story: list[Told], order: dict[str, Any], after_h: float, due_h: float, code: str
) -> None:
    """Strict limits hold from one millisecond past them, inclusive ones at the very moment."""
    written = ordered(**order)
    ledger = ledger_of(pump_events(story), rules, written)
    at_ms = ms(after_h)
    for _ in range(50):
        due_ms = next_change_ms(ledger, written, (), at_ms, rules)
        assert due_ms is not None
        if code in codes(judge_timeline(ledger, written, (), due_ms, rules).verdict):
            break
        at_ms = due_ms
    else:
        pytest.fail(f"{code} was never reached")
    assert code not in codes(judge_timeline(ledger, written, (), due_ms - 1, rules).verdict)
    assert due_ms in (ms(due_h), ms(due_h) + 1)
    assert (
        next(
            finding.since_ms
            for finding in judge_timeline(ledger, written, (), due_ms + 90_000, rules).verdict.findings
            if finding.code == code
        )
        == due_ms
    )


def test_a_restart_without_premedication_is_told_for_24_hours_even_after_therapy_has_ended(
    rules: InfusionRules,
) -> None:
    """A cycle that is over has no days to count, so the end of those 24 h must be announced by itself."""
    written = ordered()
    story: list[Told] = [(0, "start"), (10, "stop"), (15, "start")]
    ledger = end_therapy(ledger_of(pump_events(story), rules, written), ms(20), "end", rules, written)
    at_ms, told_until_ms = ms(21), ms(21)
    while (due_ms := next_change_ms(ledger, written, (), at_ms, rules)) is not None:
        if "INF_PREMED_MISSING" in codes(judge_timeline(ledger, written, (), due_ms - 1, rules).verdict):
            told_until_ms = due_ms
        at_ms = due_ms
    assert told_until_ms == ms(39) + 1
