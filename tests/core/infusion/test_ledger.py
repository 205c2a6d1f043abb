"""The ledger: arrival order and repeats do not matter, time zones of a story do not matter, size is bounded."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.infusion.ledger import EMPTY_LEDGER, KEPT_ENTRIES, Ledger, end_therapy, record, take_order
from blinwatch.core.infusion.ledger_entry import entry_of
from blinwatch.core.infusion.timeline import judge_timeline
from tests.core.infusion.generated import told_stories
from tests.core.infusion.story import (
    Told,
    codes,
    ledger_of,
    ms,
    ordered,
    pump_event,
    pump_events,
    told_at,
)

RULES = load_rulebook().infusion
LEDGER = TypeAdapter(Ledger)
STATE_LIMIT_BYTES = 64 * 1024


def without_status(story: list[Told]) -> list[Told]:
    return [told for told in story if told[1] != "status"]


@settings(max_examples=200)
@given(story=told_stories(), data=st.data())
def test_any_arrival_order_and_any_repeats_give_the_same_ledger(story: list[Told], data: st.DataObject) -> None:
    events = pump_events(without_status(story))
    shuffled = data.draw(st.permutations([*events, *events[: len(events) // 2]]))
    assert ledger_of(shuffled, RULES) == ledger_of(events, RULES)


@given(story=told_stories())
def test_a_log_told_twice_is_the_same_ledger(story: list[Told]) -> None:
    events = pump_events(story)
    once = ledger_of(events, RULES)
    twice = once
    for event in events:
        twice = record(twice, event, RULES)
    assert twice == once


@settings(max_examples=200)
@given(
    story=told_stories(most=5),
    period_min=st.sampled_from([1, 5, 14, 20]),
    asked_h=st.integers(min_value=15, max_value=80),
    delivering=st.sampled_from([True, None]),
)
def test_a_run_of_equal_status_reports_is_one_entry_and_says_the_same(
    story: list[Told], period_min: int, asked_h: int, delivering: bool | None
) -> None:
    """Ten hours of periodic reports: the ledger keeps their runs, and judges as if it had kept every one."""
    reports: list[Told] = [
        (5 + number * period_min / 60, "status", {"rate_ml_h": 10.0, "delivering": delivering})
        for number in range(600 // period_min)
    ]
    events = pump_events(sorted([*without_status(story), *reports], key=lambda told: told[0]))
    kept = ledger_of(events, RULES)
    every = Ledger(entries=tuple(sorted((entry_of(event) for event in events), key=lambda entry: entry.place)))
    if period_min <= 15:
        assert len(kept.entries) <= 2 * len(story) + 3
    order = ordered(bag_type_h=24.0)
    at_ms = ms(asked_h)
    assert judge_timeline(kept, order, (), at_ms, RULES) == judge_timeline(every, order, (), at_ms, RULES)


@given(story=told_stories(), shift_h=st.integers(min_value=1, max_value=100_000), asked_h=st.integers(0, 700))
def test_a_story_told_later_is_judged_alike(story: list[Told], shift_h: int, asked_h: int) -> None:
    order = ordered()
    later = ordered(at_h=shift_h - 1)
    here = told_at(asked_h, story, RULES, order)
    moved: list[Told] = [(told[0] + shift_h, *told[1:]) for told in story]
    there = told_at(asked_h + shift_h, moved, RULES, later)
    assert codes(here.verdict) == codes(there.verdict)
    assert here.state == there.state
    assert here.infused_h_total == there.infused_h_total


@given(story=told_stories(), asked_h=st.integers(0, 700))
def test_a_ledger_survives_being_written_down(story: list[Told], asked_h: int) -> None:
    ledger = ledger_of(pump_events(story), RULES)
    again = LEDGER.validate_json(LEDGER.dump_json(ledger))
    assert again == ledger
    assert judge_timeline(again, None, (), ms(asked_h), RULES) == judge_timeline(ledger, None, (), ms(asked_h), RULES)


def test_infused_hours_survive_the_settling_of_old_entries(rules: InfusionRules) -> None:
    """Two hundred short stops over twenty-seven days: far more facts than are kept."""
    story: list[Told] = [(0, "start", {"programmed_dose_mcg_day": 28.0})]
    for number in range(1, 200):
        story += [(number * 3.2, "stop"), (number * 3.2 + 0.05, "restart")]
    ledger = ledger_of(pump_events(story), rules, ordered())
    assert len(ledger.entries) == KEPT_ENTRIES
    assert ledger.settled is not None
    view = judge_timeline(ledger, ordered(), (), ms(640), rules)
    assert view.infused_h_total is not None
    assert abs(view.infused_h_total - (640 - 199 * 0.05)) < 1e-6


def test_a_pump_that_flaps_stays_small(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start")]
    for number in range(1, 3000):
        kind = ("stop", "restart", "flush", "rate", "bolus", "lumen")[number % 6]
        said = {"rate": {"rate_ml_h": 10 + number / 1000}, "lumen": {"lumen_event": "y_site"}}.get(kind, {})
        story.append((number / 100, kind, said))
    ledger = ledger_of(pump_events(story), rules, ordered())
    assert len(orjson.dumps(LEDGER.dump_python(ledger, mode="json"))) < STATE_LIMIT_BYTES / 2


def test_an_event_older_than_the_settled_part_changes_nothing(rules: InfusionRules) -> None:
    story: list[Told] = [(0, "start")]
    story += [(number, "rate", {"rate_ml_h": 10 + number / 1000}) for number in range(1, 2 * KEPT_ENTRIES)]
    ledger = ledger_of(pump_events(story), rules)
    assert record(ledger, pump_event(9999, (0.5, "flush")), rules) is ledger
    assert record(ledger, pump_event(0, story[0]), rules) is ledger


def test_a_restart_after_a_silence_is_not_merged_into_the_run_before_it(rules: InfusionRules) -> None:
    reports: list[Told] = [(0, "status", {"rate_ml_h": 10.0}), (0.25, "status", {"rate_ml_h": 10.0})]
    assert len(ledger_of(pump_events(reports), rules).entries) == 1
    reports.append((0.51, "status", {"rate_ml_h": 10.0}))
    assert len(ledger_of(pump_events(reports), rules).entries) == 2


# --- Cycles ----------------------------------------------------------------------------------------------------


def two_cycles(rules: InfusionRules, stop_h: float, order_h: float, start_h: float) -> Ledger:
    """Cycle 2 runs from hour 0 to `stop_h`; cycle 3 is ordered and started later."""
    first, second = ordered(), ordered(at_h=order_h, cycle=3)
    ledger = take_order(EMPTY_LEDGER, first, rules)
    told: list[tuple[float, int]] = sorted([(0.0, 0), (stop_h, 1), (order_h, 2), (start_h, 3)])
    for hour, what in told:
        if what == 2:
            ledger = take_order(ledger, second, rules)
        else:
            ledger = record(ledger, pump_event(what, (hour, "stop" if what == 1 else "start")), rules, first)
    return ledger


def test_the_next_cycle_begins_with_its_first_drop(rules: InfusionRules) -> None:
    ledger = two_cycles(rules, stop_h=672, order_h=900, start_h=1008)
    order = ordered(at_h=900, cycle=3)
    before = judge_timeline(ledger, order, (), ms(1000), rules)
    assert (before.state, codes(before.verdict)) == ("not_started", [])
    view = judge_timeline(ledger, order, (), ms(1010), rules)
    assert view.cycle_start_ms == ms(1008)
    assert view.infused_h_total == 2
    assert view.verdict.headline == "INF_OK"


def test_a_cycle_begun_too_early_is_told_for_a_day(rules: InfusionRules) -> None:
    ledger = two_cycles(rules, stop_h=672, order_h=900, start_h=1007.9)
    order = ordered(at_h=900, cycle=3)
    assert judge_timeline(ledger, order, (), ms(1031.9), rules).verdict.headline == "INF_INTERVAL_SHORT"
    assert judge_timeline(ledger, order, (), ms(1031.9) + 1, rules).verdict.headline == "INF_OK"


def test_an_order_written_while_the_old_cycle_runs_waits_for_its_end(rules: InfusionRules) -> None:
    ledger = two_cycles(rules, stop_h=672, order_h=650, start_h=1008)
    order = ordered(at_h=650, cycle=3)
    running = judge_timeline(ledger, order, (), ms(660), rules)
    assert (running.state, running.infused_h_total) == ("running", 660)
    assert judge_timeline(ledger, order, (), ms(700), rules).verdict.headline == "INF_CYCLE_END"
    assert judge_timeline(ledger, order, (), ms(1009), rules).infused_h_total == 1


def test_an_order_written_after_the_new_first_drop_is_honoured_in_retrospect(rules: InfusionRules) -> None:
    ledger = two_cycles(rules, stop_h=672, order_h=1009, start_h=1008)
    order = ordered(at_h=1009, cycle=3)
    view = judge_timeline(ledger, order, (), ms(1011), rules)
    assert (view.cycle_start_ms, view.infused_h_total, view.verdict.headline) == (ms(1008), 3, "INF_OK")


def test_a_short_stop_does_not_begin_the_cycle_ordered_while_running(rules: InfusionRules) -> None:
    ledger = two_cycles(rules, stop_h=600, order_h=590, start_h=602)
    view = judge_timeline(ledger, ordered(at_h=590, cycle=3), (), ms(603), rules)
    assert (view.cycle_start_ms, view.infused_h_total) == (ms(0), 601)


def test_after_the_end_of_therapy_a_stop_is_no_gap(rules: InfusionRules) -> None:
    ledger = ledger_of(pump_events([(0, "start"), (100, "stop")]), rules)
    assert judge_timeline(ledger, ordered(), (), ms(110), rules).verdict.headline == "INF_INTERRUPT_4H"
    over = end_therapy(ledger, ms(109), "over", rules)
    view = judge_timeline(over, ordered(), (), ms(110), rules)
    assert (view.state, view.verdict.headline, view.flow_stopped_ms) == ("ended", "INF_OK", ms(100))


def test_the_dose_band_is_the_one_of_the_cycle_start(rules: InfusionRules) -> None:
    """44 kg at the start, 46 kg on day 10: the dose by body surface stays right. 64 kg mends a slip of the pen."""
    story: list[Told] = [(0, "start", {"programmed_dose_mcg_day": 21.0})]
    first = ordered(weight_kg=44.0, bsa_m2=1.4)
    ledger = take_order(EMPTY_LEDGER, first, rules)
    for event in pump_events(story):
        ledger = record(ledger, event, rules, first)
    grown = ordered(at_h=216, weight_kg=46.0, bsa_m2=1.45)
    ledger = take_order(ledger, grown, rules)
    assert judge_timeline(ledger, grown, (), ms(217), rules).verdict.headline == "INF_OK"
    corrected = ordered(at_h=218, weight_kg=64.0, bsa_m2=1.4)
    ledger = take_order(ledger, corrected, rules)
    assert judge_timeline(ledger, corrected, (), ms(219), rules).verdict.headline == "INF_DOSE_MISMATCH"


def test_an_order_for_the_next_cycle_silences_no_open_gap(rules: InfusionRules) -> None:
    ledger = two_cycles(rules, stop_h=500, order_h=503, start_h=700)
    order = ordered(at_h=503, cycle=3)
    assert judge_timeline(ledger, order, (), ms(505), rules).verdict.headline == "INF_INTERRUPT_4H"
    assert judge_timeline(ledger, order, (), ms(669), rules).verdict.headline == "INF_INTERRUPT_GT7D"
    begun = judge_timeline(ledger, order, (), ms(701), rules)
    assert (begun.cycle_start_ms, begun.infused_h_total) == (ms(700), 1)


def test_an_order_that_fills_in_phase_and_cycle_begins_no_cycle(rules: InfusionRules) -> None:
    ledger = take_order(EMPTY_LEDGER, ordered(phase=None), rules)
    for event in pump_events([(0, "start"), (100, "stop")]):
        ledger = record(ledger, event, rules)
    filled = ordered(at_h=101, phase="rr")
    ledger = take_order(ledger, filled, rules)
    assert judge_timeline(ledger, filled, (), ms(105), rules).verdict.headline == "INF_INTERRUPT_4H"


def test_until_first_drop_the_newest_weight_decides_the_band(rules: InfusionRules) -> None:
    ledger = take_order(EMPTY_LEDGER, ordered(weight_kg=44.5, bsa_m2=1.4), rules)
    weighed = ordered(at_h=-0.5, weight_kg=45.5, bsa_m2=1.4)
    ledger = take_order(ledger, weighed, rules)
    ledger = record(ledger, pump_event(0, (0, "start", {"programmed_dose_mcg_day": 28.0})), rules, weighed)
    assert judge_timeline(ledger, weighed, (), ms(1), rules).verdict.headline == "INF_OK"


def test_the_bag_that_begins_a_cycle_is_its_bag(rules: InfusionRules) -> None:
    first, second = ordered(), ordered(at_h=650, cycle=3)
    ledger = take_order(EMPTY_LEDGER, first, rules)
    for event in pump_events([(0, "start"), (672, "stop")]):
        ledger = record(ledger, event, rules, first)
    ledger = take_order(ledger, second, rules)
    ledger = record(ledger, pump_event(9, (1008, "bag_change_end", {"bag_type_h": 48.0})), rules, second)
    view = judge_timeline(ledger, second, (), ms(1009), rules)
    assert (view.cycle_start_ms, view.bag_due_at_ms) == (ms(1008), ms(1056))


def test_a_pump_that_reports_after_the_end_of_therapy_begins_nothing(rules: InfusionRules) -> None:
    ledger = end_therapy(ledger_of(pump_events([(0, "start"), (100, "stop")]), rules), ms(101), "over", rules)
    for number, said in enumerate(({"rate_ml_h": 10.0}, {"delivering": True})):
        ledger = record(ledger, pump_event(50 + number, (102 + number, "status", said)), rules)
    view = judge_timeline(ledger, ordered(bag_type_h=24.0), (), ms(110), rules)
    assert (view.state, view.infused_h_total, view.verdict.headline) == ("ended", 100, "INF_OK")


def test_a_start_after_the_end_of_therapy_is_watched_again(rules: InfusionRules) -> None:
    ledger = end_therapy(ledger_of(pump_events([(0, "start"), (100, "stop")]), rules), ms(101), "over", rules)
    for event in (pump_event(50, (110, "start")), pump_event(51, (120, "stop"))):
        ledger = record(ledger, event, rules)
    assert judge_timeline(ledger, ordered(), (), ms(121), rules).verdict.headline == "INF_INTERRUPT_SHORT"
