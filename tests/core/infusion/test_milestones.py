"""The moments of the infusion that drug interactions and dose advice count from (DDI-2, DM-5, DM-6, DM-9)."""

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.infusion.dose_due import DoseLevels
from blinwatch.core.infusion.ledger import EMPTY_LEDGER
from blinwatch.core.infusion.milestones import NO_MILESTONES, Milestones
from blinwatch.core.infusion.timeline import judge_timeline
from tests.core.infusion.story import FULL, LOW, REACTION, Told, ms, ordered, told_at

RESTART_LOW: list[Told] = [(0, "start", FULL), (50, "stop", REACTION), (60, "start", LOW)]


def milestones(
    rules: InfusionRules, hour: float, story: list[Told], *, cycle: int = 2, restart_low: bool | None = None
) -> Milestones:
    return told_at(hour, story, rules, ordered(cycle=cycle, restart_low=restart_low)).milestones


def test_before_the_first_drop_nothing_has_happened(rules: InfusionRules) -> None:
    told = judge_timeline(EMPTY_LEDGER, None, (), ms(1), rules).milestones
    assert told == NO_MILESTONES


def test_while_the_first_bag_runs_there_is_no_gap_no_resumption_and_no_restart(rules: InfusionRules) -> None:
    told = milestones(rules, 5, [(0, "start", FULL)])
    assert told == Milestones(dose_level="full", levels=told.levels)
    assert told.levels is not None


@pytest.mark.parametrize("reason", ["adverse_reaction", "bag_change", None])
def test_an_open_gap_is_told_with_its_beginning_and_its_reason(rules: InfusionRules, reason: str | None) -> None:
    told = milestones(rules, 12, [(0, "start", FULL), (10, "stop", {"gap_reason": reason})])
    assert (told.gap_since_ms, told.gap_reason, told.stopped_ms) == (ms(10), reason, ms(10))
    assert told.resumed_ms is None
    assert told.adverse_gap_since_ms == (ms(10) if reason == "adverse_reaction" else None)
    assert told.adverse_gap_end_ms is None


def test_a_closed_gap_is_a_resumption_and_no_gap_any_more(rules: InfusionRules) -> None:
    told = milestones(rules, 12, [(0, "start", FULL), (10, "stop"), (11, "start")])
    assert (told.gap_since_ms, told.gap_reason, told.stopped_ms) == (None, None, None)
    assert told.resumed_ms == ms(11)


def test_an_interruption_for_an_adverse_reaction_is_remembered_after_it_has_ended(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start", FULL), (10, "stop", REACTION), (13, "start"), (20, "stop"), (21, "start")]
    told = milestones(rules, 100, story)
    assert (told.adverse_gap_since_ms, told.adverse_gap_end_ms, told.resumed_ms) == (ms(10), ms(13), ms(21))


def test_a_second_adverse_reaction_takes_the_place_of_the_first_while_it_lasts(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start", FULL), (10, "stop", REACTION), (13, "start"), (20, "stop", REACTION)]
    told = milestones(rules, 22, story)
    assert (told.adverse_gap_since_ms, told.adverse_gap_end_ms) == (ms(20), None)


@pytest.mark.parametrize("gap_h,long", [(3.99, False), (4.0, True)])
def test_a_restart_after_4_hours_or_more_is_a_moment_of_its_own(
    rules: InfusionRules, gap_h: float, *, long: bool
) -> None:
    told = milestones(rules, 20, [(0, "start", FULL), (10, "stop"), (10 + gap_h, "start")])
    assert told.restarted_after_long_gap_ms == (ms(10 + gap_h) if long else None)
    assert told.resumed_ms == ms(10 + gap_h)


def test_the_step_of_cycle_1_is_remembered_when_its_day_is_over(rules: InfusionRules) -> None:
    told = milestones(rules, 300, [(0, "start", LOW), (168, "dose", FULL)], cycle=1)
    assert (told.stepped_ms, told.dose_level) == (ms(168), "full")


def test_before_the_step_the_low_dose_is_in_force(rules: InfusionRules) -> None:
    told = milestones(rules, 100, [(0, "start", LOW)], cycle=1)
    assert (told.stepped_ms, told.dose_level) == (None, "low")


@pytest.mark.parametrize("told_dose", [{}, {"programmed_dose_mcg_day": 17.0}])
def test_a_dose_that_is_unknown_or_of_no_band_is_neither_low_nor_full(
    rules: InfusionRules, told_dose: dict[str, float]
) -> None:
    assert milestones(rules, 5, [(0, "start", told_dose)]).dose_level is None


def test_the_doses_of_the_weight_band_stand_beside_the_milestones(rules: InfusionRules) -> None:
    assert milestones(rules, 5, [(0, "start", FULL)]).levels == DoseLevels(start_mcg_day=9.0, full_mcg_day=28.0)


def test_after_a_reaction_the_low_restart_counts_only_the_hours_that_were_infused(rules: InfusionRules) -> None:
    story: list[Told] = [*RESTART_LOW, (70, "stop"), (75, "start")]
    told = milestones(rules, 90, story)
    assert told.low_restart_since_ms == ms(60)
    assert told.low_restart_infused_h == pytest.approx(25)


def test_an_order_that_says_no_outweighs_the_low_restart_that_the_pump_shows(rules: InfusionRules) -> None:
    told = milestones(rules, 90, RESTART_LOW, restart_low=False)
    assert (told.low_restart_since_ms, told.low_restart_infused_h) == (None, None)


def test_a_low_restart_that_was_ordered_but_has_not_begun_has_no_hours(rules: InfusionRules) -> None:
    told = milestones(rules, 30, [(0, "start", LOW)], restart_low=True)
    assert (told.low_restart_since_ms, told.low_restart_infused_h) == (None, None)


def test_after_the_end_of_the_cycle_nothing_flows_and_nothing_is_interrupted(rules: InfusionRules) -> None:
    told = milestones(rules, 700, [(0, "start", FULL), (672, "stop")])
    assert (told.gap_since_ms, told.gap_reason, told.stopped_ms) == (None, None, ms(672))
