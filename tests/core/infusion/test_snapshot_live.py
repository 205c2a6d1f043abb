"""One rule, one place: a charted snapshot is judged alike by itself and through the live door."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.findings import InfusionFindings, Premedication
from blinwatch.core.infusion.judge import judge_infusion
from blinwatch.core.infusion.ledger import EMPTY_LEDGER
from blinwatch.core.infusion.timeline import judge_timeline
from tests.core.infusion.story import codes, ms, ordered, told_at

RULES = load_rulebook().infusion

PREMED = st.builds(
    Premedication,
    drug=st.sampled_from(["dexamethasone", "Prednisone", "hydrocortisone", "paracetamol"]),
    dose_mg=st.sampled_from([None, 4.5, 14.4, 18.0, 20.0, 90.0, 400.0]),
    min_before=st.sampled_from([None, 0.0, 20.0, 30.0, 60.0, 180.0, 181.0, 400.0]),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "age_years": st.sampled_from([0.05, 7.0, 17.9, 18.0, 40.0]),
    "weight_kg": st.sampled_from([3.0, 21.9, 22.0, 44.9, 45.0, 70.0]),
    "bsa_m2": st.sampled_from([0.2, 1.0, 1.9]),
    "phase": st.sampled_from(["rr", "mrd", "consolidation"]),
    "cycle": st.sampled_from([1, 2, 3, 6, 7, 9]),
    "cycle_day": st.sampled_from([1, 2, 3, 4, 9, 10]),
    "label_region": st.sampled_from(["US", "EU"]),
    "benzyl_min_weight_kg": st.sampled_from([5.4, 22.0]),
    "hours_since_restart": st.sampled_from([0.0, 24.0, 24.1]),
    "bag_type_h": st.sampled_from([24.0, 48.0, 72.0, 96.0, 168.0, 30.0]),
    "rate_ml_h": st.sampled_from([0.0, 0.5, 1.0, 1.8, 3.3, 9.5, 10.0, 10.5, 10.6]),
    "bag_label_rate_ml_h": st.sampled_from([5.0, 10.0]),
    "deviation_min": st.sampled_from([5.0, 9.0, 10.0, 240.0]),
    "programmed_dose_mcg_day": st.sampled_from([5.0, 9.0, 15.0, 28.0, 28.1]),
    "infused_h_at_start_dose": st.sampled_from([0.0, 163.9, 164.0, 168.0, 172.1]),
    "restart_low": st.booleans(),
    "infused_h_total": st.sampled_from([10.0, 671.9, 672.0, 676.0, 676.1]),
    "drug_free_h": st.sampled_from([335.9, 336.0, 1343.0, 1344.0]),
    "gap_h": st.sampled_from([0.0, 3.99, 4.0, 168.0, 168.1]),
    "gap_min": st.sampled_from([5.0, 5.1, 30.0, 31.0, 240.0]),
    "gap_reason": st.sampled_from(["unplanned", "bag_change", "adverse_reaction"]),
    "restarted": st.booleans(),
    "gaps_24h_min": st.lists(st.sampled_from([60.0, 119.0, 120.0, 240.0]), max_size=3).map(tuple),
    "premed": st.lists(PREMED, max_size=2).map(tuple),
    "context": st.sampled_from(["cycle_start", "step", "restart"]),
    "hang_h": st.sampled_from([25.0, 25.1, 170.0]),
    "room_temp_h": st.sampled_from([48.0, 48.1, 96.1, 169.0]),
    "fridge_d": st.sampled_from([8.0, 8.1, 14.1]),
    "rerefrigerated": st.booleans(),
    "preservative": st.booleans(),
    "recon_h": st.sampled_from([4.0, 4.1, 24.1]),
    "recon_storage": st.sampled_from(["room", "fridge"]),
    "lumen_event": st.sampled_from(["other_drug", "blood_draw", "y_site"]),
    "drug_aspirated": st.booleans(),
    "pump_event": st.sampled_from(["flush", "bolus", "purge", "occlusion", "air", "none"]),
    "volume_delivered_ml": st.sampled_from([0.5, 3.32, 3.34]),
    "window_min": st.sampled_from([5.0, 60.0]),
    "minutes_since_message": st.sampled_from([15.0, 15.1]),
    "filter_present": st.booleans(),
    "location": st.sampled_from(["inpatient", "supervised", "home"]),
}


@st.composite
def findings(draw: st.DrawFn) -> InfusionFindings:
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=12))
    return InfusionFindings(**{name: draw(VALUES[name]) for name in names})


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
