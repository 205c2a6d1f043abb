"""One rule, one place: a charted snapshot is judged alike by itself and through the live door."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.judge import judge_infusion
from blinwatch.core.infusion.ledger import EMPTY_LEDGER
from blinwatch.core.infusion.timeline import judge_timeline
from tests.core.infusion.generated import findings
from tests.core.infusion.story import codes, ms, ordered, told_at

RULES = load_rulebook().infusion


@settings(max_examples=500)
@given(charted=findings())
def test_a_snapshot_is_judged_alike_through_both_doors(charted: InfusionFindings) -> None:
    live = judge_timeline(EMPTY_LEDGER, None, (), ms(5), RULES, charted)
    assert live.verdict == judge_infusion(charted, RULES)
    assert live.state == "unknown"


@settings(max_examples=500)
@given(charted=findings())
def test_a_headline_is_always_the_first_reported_code_in_the_order_of_a5(charted: InfusionFindings) -> None:
    verdict = judge_infusion(charted, RULES)
    ranks = [RULES.headline_order.index(code) for code in codes(verdict)]
    assert ranks == sorted(ranks)
    assert verdict.headline == (codes(verdict) or ["INF_OK"])[0]
    assert ("INF_NOT_EVALUABLE" in codes(verdict)) <= ("INCOMPLETE" in verdict.flags)


@given(
    shorter=st.floats(min_value=0, max_value=20_000),
    longer=st.floats(min_value=0, max_value=20_000),
    reason=st.sampled_from(["unplanned", "bag_change", "adverse_reaction"]),
)
def test_a_longer_gap_is_never_less_severe(shorter: float, longer: float, reason: Any) -> None:
    severity = ["INF_OK", "INF_INTERRUPT_SHORT", "INF_INTERRUPT_4H", "INF_INTERRUPT_GT7D"]
    low, high = (
        judge_infusion(InfusionFindings(gap_min=minutes, gap_reason=reason), RULES).headline
        for minutes in sorted((shorter, longer))
    )
    assert severity.index(low) <= severity.index(high)


def test_a_chart_hides_nothing_that_the_pump_tells(rules: InfusionRules) -> None:
    """A handover chart says 10 mL/h; the pump has run at 20 mL/h for an hour since."""
    story = [(0, "start"), (5, "rate", {"rate_ml_h": 20.0})]
    charted = InfusionFindings(rate_ml_h=10.0, gap_min=0.0, restarted=True)
    view = told_at(6, story, rules, ordered(bag_type_h=24.0), charted=charted)
    assert view.verdict.headline == "INF_RATE_DEVIATION"


def test_what_is_charted_is_judged_beside_the_pump(rules: InfusionRules) -> None:
    charted = InfusionFindings(recon_h=4.1, recon_storage="room")
    assert told_at(6, [(0, "start")], rules, charted=charted).verdict.headline == "INF_RECON_EXPIRED"
