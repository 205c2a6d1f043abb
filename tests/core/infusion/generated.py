"""Generated stories, orders and charts for the properties of the infusion judgement."""

from typing import Any

from hypothesis import strategies as st

from blinwatch.core.findings import InfusionFindings, Premedication
from tests.core.infusion.story import Told, ordered, premed

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
