"""Section F by tables written from the rule reference alone: each story through `step`, and what stands at its end.

Each story names the sentence of section F that decides it. `PRODUCT_CODES` is the only knowledge of the product.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import (
    AnyEvent,
    ClinicalSignsAssessed,
    LabResulted,
    MedicationAdministered,
    TherapyOrdered,
    Tick,
    VitalsObserved,
)
from blinwatch.core.patient_state import new_patient
from blinwatch.core.pump_events import DeliveryStarted
from blinwatch.core.step import step
from tests.cases.section_f import early_warning, febrile_neutropenia, organs, sepsis_of_children, tumour_lysis
from tests.cases.section_f.chart import (
    CAPILLARY_LEAK,
    DIC,
    FEBRILE_NEUTROPENIA,
    IEC_HS,
    LIVER,
    NEWS2_EMERGENCY,
    NEWS2_URGENT,
    PANCREATIC_ENZYME,
    PANCREATITIS_SUSPECTED,
    PEWS,
    PROLONGED_NEUTROPENIA,
    SEPSIS,
    SEPTIC_SHOCK,
    TLS_CLINICAL,
    TLS_LABORATORY,
    Fact,
    Scenario,
)

PRODUCT_CODES: dict[str, frozenset[str]] = {
    # A finding stands when any of these does: a higher level of the same rule includes the lower.
    FEBRILE_NEUTROPENIA: frozenset({"FN_ALERT"}),
    SEPSIS: frozenset({"SEPSIS_PHOENIX", "SEPTIC_SHOCK_PHOENIX"}),
    SEPTIC_SHOCK: frozenset({"SEPTIC_SHOCK_PHOENIX"}),
    NEWS2_URGENT: frozenset({"NEWS2_URGENT", "NEWS2_EMERGENCY"}),
    NEWS2_EMERGENCY: frozenset({"NEWS2_EMERGENCY"}),
    PEWS: frozenset({"PEWS_ALERT"}),
    TLS_LABORATORY: frozenset({"TLS_LABORATORY", "TLS_CLINICAL"}),
    TLS_CLINICAL: frozenset({"TLS_CLINICAL"}),
    LIVER: frozenset({"LIVER_G3", "LIVER_G4"}),
    PANCREATITIS_SUSPECTED: frozenset({"PANCREATITIS_SUSPECTED"}),
    PANCREATIC_ENZYME: frozenset({"PANCREATIC_ENZYMES"}),
    IEC_HS: frozenset({"IECHS_SCREEN"}),
    CAPILLARY_LEAK: frozenset({"CAPILLARY_LEAK"}),
    DIC: frozenset({"DIC_ISTH"}),
    PROLONGED_NEUTROPENIA: frozenset({"NEUTROPENIA_PROLONGED"}),
}
PATIENT = "p-f"
FIRST_DROP = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
KINDS: dict[str, Any] = {
    "vitals": VitalsObserved,
    "lab": LabResulted,
    "signs": ClinicalSignsAssessed,
    "drug": MedicationAdministered,
}
SCENARIOS = [
    pytest.param(scenario, id=f"{topic.__name__.rsplit('.', 1)[-1]}: {scenario.name}")
    for topic in (febrile_neutropenia, sepsis_of_children, early_warning, tumour_lysis, organs)
    for scenario in topic.SCENARIOS
]


def header(number: int, hour: float) -> dict[str, Any]:
    moment = FIRST_DROP + timedelta(milliseconds=round(hour * 3_600_000))
    return {"event_id": f"f{number:04d}", "patient_id": PATIENT, "occurred_at": moment, "source": "section-f"}


def event_of(fact: Fact, number: int) -> AnyEvent:
    if fact.kind == "clock":
        tick = header(number, fact.hour)
        return Tick(event_id=tick["event_id"], occurred_at=tick["occurred_at"], partition=0, source="section-f")
    return KINDS[fact.kind](**header(number, fact.hour), **fact.says)


def events_of(scenario: Scenario) -> list[AnyEvent]:
    """The order a quarter of an hour before anything else, first drop at hour 0, then the facts in time order."""
    facts = sorted(scenario.facts, key=lambda fact: fact.hour)
    ordered_hour = min(facts[0].hour, scenario.start_hour) - 0.25
    events: list[tuple[float, AnyEvent]] = [
        (
            ordered_hour,
            TherapyOrdered(
                **header(0, ordered_hour),
                phase="rr",
                cycle=1,
                weight_kg=scenario.weight_kg,
                bsa_m2=1.7,
                age_years=scenario.age_years,
                cycle_start_premed_documented=True,
            ),
        ),
        (scenario.start_hour, DeliveryStarted(**header(1, scenario.start_hour))),
    ]
    events += [(fact.hour, event_of(fact, number)) for number, fact in enumerate(facts, start=2)]
    last_hour = facts[-1].hour
    return [event for hour, event in sorted(events, key=lambda one: one[0]) if hour <= last_hour]


def standing(scenario: Scenario, rulebook: Rulebook) -> set[str]:
    """The codes of every alert that stands once the last fact is in."""
    state = new_patient(PATIENT)
    for event in events_of(scenario):
        state, _ = step(state, event, rulebook)
    return {alert.code for alert in state.head.alerts.standing}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_stands_at_the_end_of_each_story(scenario: Scenario, rulebook: Rulebook) -> None:
    codes = standing(scenario, rulebook)
    found = {finding for finding, names in PRODUCT_CODES.items() if names & codes}
    assert scenario.stands <= found, f"{scenario.rule}: standing {sorted(codes)}"
    assert not scenario.absent & found, f"{scenario.rule}: standing {sorted(codes)}"


def test_no_two_stories_share_a_name() -> None:
    ids = [str(param.id) for param in SCENARIOS]
    assert sorted(set(ids)) == sorted(ids)
