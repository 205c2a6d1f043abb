"""What no story brings about and the core must still bear: windows without events, losses inside a gap, foreign names.

Goal: the last branches of the core. Method: the rule itself, with a record made by hand.
"""

from dataclasses import replace

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import InputNote
from blinwatch.core.derived_views import with_views
from blinwatch.core.early_warning.trends import NO_TRENDS, close_bucket, last_bucket
from blinwatch.core.evolve import evolve
from blinwatch.core.infusion.flow import HOUR_MS, Flow, Gap
from blinwatch.core.infusion.flow_time import take_back
from blinwatch.core.infusion.ledger_entry import LedgerEntry
from blinwatch.core.infusion.present import _rate
from blinwatch.core.steady_frame import fits
from blinwatch.core.step import step
from tests.core.stories import order, run, vitals


def test_a_very_late_event_is_taken_in_by_a_state_whose_window_is_empty(rulebook: Rulebook) -> None:
    state, _ = run([order(), vitals(1, 60.0, temperature_c=36.8)], rulebook)
    empty = replace(state, base=state.head, middle=state.head, middle_count=0, pending=())
    late = vitals(2, 5.0, temperature_c=39.0)
    after, decisions = step(empty, late, rulebook)
    assert after.pending == ()
    assert [one.note for one in decisions if isinstance(one, InputNote)] == ["late_beyond_window"]


def test_other_events_without_the_facts_they_rest_on_stay_as_they_were_stored(rulebook: Rulebook) -> None:
    state, _ = run([order(), vitals(1, 1.0, temperature_c=36.8, heart_rate_bpm=74.0)], rulebook)
    judged = with_views(state.head, ("events",), rulebook)
    assert judged.events is not None
    assert with_views(replace(judged, event_facts=None), ("events",), rulebook).events is judged.events


def test_trends_that_follow_nobody_have_no_bucket_and_close_none(rulebook: Rulebook) -> None:
    assert last_bucket(NO_TRENDS, rulebook.early_warning) == -1
    assert close_bucket(NO_TRENDS, {}, 10 * HOUR_MS, rulebook.early_warning) is NO_TRENDS


def test_a_judgement_takes_no_field_that_it_does_not_have(rulebook: Rulebook) -> None:
    state, _ = run([order()], rulebook)
    with pytest.raises(KeyError, match="a judgement has no no_such_field"):
        evolve(state.head, no_such_field=38.0)


def test_a_loss_that_lies_inside_an_open_gap_takes_nothing_back(rulebook: Rulebook) -> None:
    at_ms = 10 * HOUR_MS
    gap = Gap(8 * HOUR_MS, None, "unknown", "e1")
    flow = Flow(at_ms=at_ms, first_drop_ms=0, gap=gap, infused_ms=8 * HOUR_MS)
    take_back(flow, HOUR_MS, LedgerEntry(at_ms=at_ms, event_id="e2", kind="volume_measured"), rulebook.infusion)
    assert flow.gap == gap
    assert flow.infused_ms == 8 * HOUR_MS


def test_a_rate_that_only_turned_a_shortfall_into_time_is_not_set_against_a_bag() -> None:
    flowing = Flow(flowing=True, rate_ml_h=5.0, shortfall_ms=HOUR_MS)
    assert _rate(flowing, HOUR_MS) == {}
    assert _rate(replace(flowing, rate_due_ml_h=10.0), HOUR_MS)["rate_ml_h"] == 5.0


@pytest.mark.parametrize("dbp, fit", [(70.0, True), (114.0, False), (0.0, False)])
def test_a_pulse_pressure_that_no_heart_makes_is_judged_the_long_way(
    rulebook: Rulebook, dbp: float, *, fit: bool
) -> None:
    well = {
        "heart_rate_bpm": 74.0, "spo2_pct": 97.0, "sbp_mmhg": 118.0, "dbp_mmhg": 70.0, "temperature_c": 36.8,
        "respiratory_rate_per_min": 14.0, "o2_device": "room_air",
    }  # fmt: skip
    state, _ = run([order(), vitals(1, 1.0, **well), vitals(2, 2.0, **well)], rulebook)
    frame = state.head.steady
    assert frame is not None
    assert fits(frame, vitals(3, 3.0, **{**well, "dbp_mmhg": dbp})) is fit
