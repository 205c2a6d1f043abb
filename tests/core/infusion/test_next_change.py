"""Time alone: the verdict changes only at moments that were announced, and at the exact millisecond."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.infusion.timeline import judge_timeline, next_change_ms
from tests.core.infusion.story import Told, codes, ledger_of, ms, ordered, premed, pump_events

RULES = load_rulebook().infusion

HOURS = st.one_of(
    st.integers(min_value=0, max_value=60).map(float),
    st.integers(min_value=0, max_value=60 * 60).map(lambda minute: minute / 60),
    st.integers(min_value=0, max_value=300).map(float),
    st.integers(min_value=0, max_value=700).map(float),
    st.floats(min_value=0, max_value=60),
)
DOSES = st.sampled_from([5.0, 9.0, 15.0, 21.0, 28.0, 30.0])
RATES = st.sampled_from([0.0, 0.5, 1.8, 2.5, 5.0, 9.4, 10.0, 10.6, 40.0])
SAID: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "start": st.fixed_dictionaries({}, optional={"programmed_dose_mcg_day": DOSES, "rate_ml_h": RATES}),
    "stop": st.fixed_dictionaries(
        {}, optional={"gap_reason": st.sampled_from(["unplanned", "bag_change", "adverse_reaction"])}
    ),
    "rate": st.fixed_dictionaries({"rate_ml_h": RATES}),
    "dose": st.fixed_dictionaries({"programmed_dose_mcg_day": DOSES}),
    "status": st.fixed_dictionaries(
        {},
        optional={
            "rate_ml_h": RATES,
            "delivering": st.booleans(),
            "volume_delivered_total_ml": st.floats(min_value=0, max_value=300),
        },
    ),
    "bag_change_start": st.just({}),
    "bag_change_end": st.fixed_dictionaries(
        {},
        optional={
            "bag_type_h": st.sampled_from([24.0, 48.0, 96.0, 168.0]),
            "room_temp_h_before": st.floats(min_value=0, max_value=60),
        },
    ),
    "flush": st.fixed_dictionaries({}, optional={"drug_aspirated": st.booleans()}),
    "bolus": st.just({}),
    "lumen": st.just({"lumen_event": "blood_draw"}),
    "volume": st.fixed_dictionaries(
        {"volume_delivered_ml": st.floats(min_value=0, max_value=10), "window_min": st.sampled_from([5.0, 60.0])}
    ),
    "occlusion": st.just({}),
    "air": st.just({}),
    "battery": st.just({}),
    "comm_lost": st.just({}),
    "comm_back": st.fixed_dictionaries({}, optional={"volume_shortfall_ml": st.sampled_from([0.5, 1.0, 5.0, 50.0])}),
}


@st.composite
def told_stories(draw: st.DrawFn, most: int = 12) -> list[Told]:
    """Pump events of any kind at any hour, in time order; most begin with a start."""
    story: list[Told] = []
    if draw(st.booleans()):
        story.append((0.0, "start", draw(SAID["start"])))
    for _ in range(draw(st.integers(min_value=0, max_value=most))):
        kind = draw(st.sampled_from([*SAID, "stop", "start", "stop", "start"]))
        story.append((draw(HOURS), kind, draw(SAID[kind])))
    return sorted(story, key=lambda told: told[0])


ORDERS = st.builds(
    ordered,
    phase=st.sampled_from(["rr", "mrd", "consolidation", None]),
    cycle=st.sampled_from([1, 2, 3, 7, None]),
    weight_kg=st.sampled_from([70.0, 30.0, 8.0, None]),
    bsa_m2=st.sampled_from([None, 1.0]),
    age_years=st.sampled_from([40.0, 8.0, 0.01, None]),
    bag_type_h=st.sampled_from([24.0, 96.0, 168.0, None]),
    label_region=st.sampled_from(["US", "EU", None]),
    restart_low=st.sampled_from([True, False, None]),
    location=st.sampled_from(["inpatient", "supervised", "home", None]),
    filter_present=st.sampled_from([True, False, None]),
    infused_h_before=st.sampled_from([None, None, 100.0, 600.0]),
    cycle_start_premed_documented=st.sampled_from([True, None]),
)
PREMEDS = st.lists(st.builds(premed, HOURS), max_size=3).map(tuple)


@settings(max_examples=300)
@given(story=told_stories(), order=ORDERS, premeds=PREMEDS, asked_h=HOURS, later_h=HOURS)
def test_the_codes_change_only_at_announced_moments(
    story: list[Told], order: TherapyOrdered, premeds: tuple[PremedDose, ...], asked_h: float, later_h: float
) -> None:
    ledger = ledger_of(pump_events(story), RULES, order)

    def told(at_ms: int) -> tuple[list[str], tuple[str, ...]]:
        verdict = judge_timeline(ledger, order, premeds, at_ms, RULES).verdict
        return codes(verdict), verdict.flags

    at_ms, end_ms = ms(asked_h), ms(asked_h + later_h)
    for _ in range(200):
        now = told(at_ms)
        due_ms = next_change_ms(ledger, order, premeds, at_ms, RULES)
        last_ms = end_ms if due_ms is None else due_ms - 1
        for share in (0.0, 0.37, 0.71, 1.0):
            between_ms = at_ms + round((last_ms - at_ms) * share)
            assert told(between_ms) == now, f"changed between {at_ms} and {due_ms}, at {between_ms}"
        if due_ms is None or due_ms >= end_ms:
            return
        assert due_ms > at_ms
        at_ms = due_ms


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
