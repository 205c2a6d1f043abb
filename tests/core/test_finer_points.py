"""Further fine points that only a changed line of the core had shown to be untested (tools/mutate.py, seed 211)."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.neutropenia import read_neutrophils
from blinwatch.core.adverse_events.verdict import lab_part
from blinwatch.core.dose_advice.compose import _scale_of_worst
from blinwatch.core.dose_advice.episode import LiveReaction, ReactionEvent, Track
from blinwatch.core.events import VitalsObserved
from blinwatch.core.findings import CrsFindings
from blinwatch.core.interactions.drug_book import _class_limit_h
from blinwatch.core.labs.lab_result import LabResult
from blinwatch.core.reading_check import ReadingCheck
from blinwatch.core.signal_memory import LastReading, SignalMemory
from blinwatch.core.steady import _systolic_low
from blinwatch.core.step import present
from tests.core.adverse_events.support import at, book_of
from tests.core.adverse_events.test_liver import liver
from tests.core.stories import header, order, run
from tests.core.test_steady import CALM_ALL, assert_alike

HOUR_MS = 3_600_000


def test_a_result_with_a_comparator_is_shown_as_the_laboratory_reported_it() -> None:
    below = LabResult(0.1, 0, "e", comparator="<")
    assert lab_part("neutrophil count", below, "10*9/L").value == "<0.1"
    assert lab_part("neutrophil count", LabResult(0.1, 0, "e"), "10*9/L").value == pytest.approx(0.1)


def test_a_count_between_the_limits_is_told_with_its_trend(rulebook: Rulebook) -> None:
    falling = read_neutrophils(book_of(rulebook, ("anc", 0, 1.5), ("anc", 10, 0.8)), at(11), rulebook)
    rising = read_neutrophils(book_of(rulebook, ("anc", 0, 0.6), ("anc", 10, 0.8)), at(11), rulebook)
    assert (falling.low, falling.because.endswith(", falling")) == (True, True)
    assert (rising.low, rising.because.endswith(", not falling")) == (False, True)


def test_a_liver_alert_says_from_which_values_on_and_no_alert_says_none() -> None:
    assert liver(alt=6.0).threshold == "ALT or AST > 5 x ULN, or bilirubin > 3 x ULN"
    assert liver().threshold is None


def test_an_advice_rests_on_the_scale_that_reached_the_worst_not_on_that_of_now() -> None:
    worst = ReactionEvent(onset_ms=0, onset_level=None, worst=3)
    astct = Track(scale="ASTCT", current=1, seen_ms=0, event=worst)
    for ctcae, scale in ((2, "ASTCT"), (4, "CTCAE")):
        other = Track(scale="CTCAE", current=ctcae, seen_ms=0)
        assert _scale_of_worst(LiveReaction(kind="crs", worse=astct, scales=(astct, other))) == scale


@pytest.mark.parametrize(
    "name,entry", [("il6_blocker", "il6_blocker_d"), ("neurotoxic_chemotherapy", "neurotoxic_within_d")]
)
def test_a_drug_class_counts_for_as_many_days_as_its_own_rule_says(name: str, entry: str, rulebook: Rulebook) -> None:
    rules = rulebook.interactions
    assert _class_limit_h(name, None, rules) == getattr(rules, entry) * 24  # type: ignore[arg-type]


def check(rulebook: Rulebook, at_ms: int, **ages_h: float) -> ReadingCheck:
    return ReadingCheck(CrsFindings(obs_age_h=ages_h or None), SignalMemory(), at_ms, rulebook.vitals)


def test_a_reading_charted_late_does_not_become_the_last_one(rulebook: Rulebook) -> None:
    last = LastReading(80.0, 2 * HOUR_MS, believed=True)
    late = check(rulebook, 3 * HOUR_MS, heart_rate_bpm=2.0)
    assert late.believed("heart_rate_bpm", 90.0, last, plausible=True) == pytest.approx(90.0)
    assert "heart_rate_bpm" not in late.seen
    now = check(rulebook, 3 * HOUR_MS)
    now.believed("heart_rate_bpm", 90.0, last, plausible=True)
    assert now.seen["heart_rate_bpm"] == LastReading(90.0, 3 * HOUR_MS, believed=True)


@pytest.mark.parametrize("value,is_one", [(0.0, False), (-1.0, False), (0.5, True), (1.0, True)])
def test_only_nothing_or_less_is_a_sensor_s_code_for_no_value(value: float, is_one: bool, rulebook: Rulebook) -> None:
    assert (check(rulebook, 0).connected("heart_rate_bpm", value) is not None) == is_one


def test_a_drop_from_a_high_baseline_is_seen_on_a_quiet_monitor(rulebook: Rulebook) -> None:
    """111 mmHg is low for nobody else; of 160 it is more than three tenths less."""
    quiet = [VitalsObserved(**header(n, n), monitoring="continuous", **CALM_ALL) for n in range(1, 8)]
    fallen = VitalsObserved(**header(8, 8), monitoring="continuous", **{**CALM_ALL, "sbp_mmhg": 111})
    assert_alike([order(0, 0, baseline_sbp_mmhg=160), *quiet, fallen], rulebook)
    state, _ = run([order(0, 0, baseline_sbp_mmhg=160)], rulebook)
    assert _systolic_low(present(state, rulebook), 40, rulebook) == pytest.approx(112)
