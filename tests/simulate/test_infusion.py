"""A simulated infusion follows the label of the rulebook, except where its story bends it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import AnyEvent, MedicationAdministered, TherapyEnded, TherapyOrdered
from blinwatch.core.findings import Phase
from blinwatch.core.pump_events import (
    BagChanged,
    CommunicationLost,
    CommunicationRestored,
    DeliveryStarted,
    DeliveryStopped,
    DoseProgrammed,
    LineFlushed,
    PumpAlarm,
    PumpStatusReported,
    RateChanged,
)
from blinwatch.simulate.infusion import tell_infusion
from blinwatch.simulate.infusion_plan import CommunicationLoss, InfusionPlan, Interruption, Mistake
from blinwatch.simulate.label import UnknownBagError, read_label
from blinwatch.simulate.patient import VirtualPatient, adult, child
from blinwatch.simulate.setting import StorySetting

RULEBOOK = load_rulebook()
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SETTING = StorySetting(seed=5, patient_id="pump", start=START, rulebook=RULEBOOK, pump_interval_s=600)
ADULT = adult(5, "pump", "ward")
CHILD = child(5, "pump", "ward")
HOUR = timedelta(hours=1)
Kind = TypeVar("Kind")


def told(plan: InfusionPlan, patient: VirtualPatient = ADULT, duration_h: float = 29 * 24) -> list[AnyEvent]:
    return [event for _, event in tell_infusion(patient, plan, replace(SETTING, duration_h=duration_h))]


def only(events: list[AnyEvent], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def premedication_before(events: list[AnyEvent], moment: datetime) -> list[MedicationAdministered]:
    """Premedication within the 12 hours before."""
    doses = only(events, MedicationAdministered)
    return [dose for dose in doses if timedelta() <= moment - dose.occurred_at <= 12 * HOUR]


def test_the_first_cycle_of_relapsed_disease_starts_low_and_steps_up_after_seven_days() -> None:
    events = told(InfusionPlan())
    (order,) = only(events, TherapyOrdered)
    assert [(line.from_cycle_day, line.dose_mcg_day) for line in order.dose_plan] == [(1, 9.0), (8, 28.0)]
    (first_drop,) = only(events, DeliveryStarted)
    (step,) = only(events, DoseProgrammed)
    assert (first_drop.programmed_dose_mcg_day, step.programmed_dose_mcg_day) == (9.0, 28.0)
    hours = (step.occurred_at - first_drop.occurred_at) / HOUR
    assert 164 <= hours <= 172


@pytest.mark.parametrize("phase,cycle", [("rr", 2), ("mrd", 1), ("consolidation", 4)])
def test_every_other_cycle_starts_at_the_full_dose_and_never_steps(phase: Phase, cycle: int) -> None:
    events = told(InfusionPlan(phase=phase, cycle=cycle))
    assert not only(events, DoseProgrammed)
    assert only(events, DeliveryStarted)[0].programmed_dose_mcg_day == 28.0


def test_a_child_is_dosed_by_body_surface_and_never_above_the_fixed_dose() -> None:
    label = read_label(RULEBOOK.infusion, CHILD, InfusionPlan())
    assert label.start_mcg_day == pytest.approx(5 * CHILD.bsa_m2, abs=0.05)
    assert label.full_mcg_day == pytest.approx(15 * CHILD.bsa_m2, abs=0.05)
    tall = replace(CHILD, weight_kg=44.9, height_cm=190.0)
    assert read_label(RULEBOOK.infusion, tall, InfusionPlan()).full_mcg_day <= 28
    grown = replace(CHILD, weight_kg=45.0)
    assert read_label(RULEBOOK.infusion, grown, InfusionPlan()).full_mcg_day == 28


@pytest.mark.parametrize(
    "patient,phase,drug,dose_mg,window_min",
    [
        (ADULT, "rr", "dexamethasone", 20.0, (30, 180)),
        (ADULT, "mrd", "prednisone", 100.0, (30, 180)),
        (ADULT, "consolidation", "dexamethasone", 20.0, (0, 60)),
        (CHILD, "rr", "dexamethasone", round(5 * CHILD.bsa_m2, 1), (0, 180)),
    ],
)
def test_premedication_comes_before_the_first_drop_as_section_a4_asks(
    patient: VirtualPatient, phase: Phase, drug: str, dose_mg: float, window_min: tuple[int, int]
) -> None:
    events = told(InfusionPlan(phase=phase), patient, duration_h=6)
    (dose,) = only(events, MedicationAdministered)
    (first_drop,) = only(events, DeliveryStarted)
    lead_min = (first_drop.occurred_at - dose.occurred_at) / timedelta(minutes=1)
    assert (dose.drug, dose.dose_mg, dose.purpose) == (drug, dose_mg, "premed")
    assert window_min[0] <= lead_min <= window_min[1]


def test_a_european_child_gets_both_doses_before_cycle_one() -> None:
    events = told(InfusionPlan(label_region="EU", first_drop_h=13.0), CHILD, duration_h=14)
    (first_drop,) = only(events, DeliveryStarted)
    doses = premedication_before(events, first_drop.occurred_at)
    leads_min = sorted((first_drop.occurred_at - dose.occurred_at) / timedelta(minutes=1) for dose in doses)
    assert 0 <= leads_min[0] <= 30
    assert 360 <= leads_min[1] <= 720


def test_bag_changes_pause_for_minutes_and_come_before_the_nominal_time() -> None:
    changes = only(told(InfusionPlan()), BagChanged)
    started = [change.occurred_at for change in changes if change.stage == "started"]
    ended = [change.occurred_at for change in changes if change.stage == "ended"]
    assert len(ended) == len(started) + 1
    assert all(timedelta() < end - start < timedelta(minutes=30) for start, end in zip(started, ended[1:], strict=True))
    assert all(later - earlier <= 24 * HOUR for earlier, later in pairwise(ended))


def test_the_cycle_ends_after_672_infused_hours_whatever_stood_still_in_between() -> None:
    stop = Interruption(at_h=50, duration_h=30)
    events = told(InfusionPlan(phase="mrd", interruptions=(stop,)), duration_h=31 * 24)
    (ended,) = only(events, TherapyEnded)
    last_stop = only(events, DeliveryStopped)[-1]
    assert ended.reason == "completed"
    assert ended.occurred_at > last_stop.occurred_at
    total_ml = only(events, PumpStatusReported)[-1].volume_delivered_total_ml or 0
    assert total_ml == pytest.approx(672 * 10, abs=2)


def test_the_totaliser_is_the_sum_of_the_flow_that_the_pump_reports() -> None:
    stop = Interruption(at_h=5, duration_h=2)
    wrong = Mistake(bag_change=1, kind="wrong_rate", rate_factor=1.3, corrected_after_min=30)
    reports = only(told(InfusionPlan(interruptions=(stop,), mistakes=(wrong,)), duration_h=40), PumpStatusReported)
    for earlier, later in pairwise(reports):
        gained_ml = (later.volume_delivered_total_ml or 0) - (earlier.volume_delivered_total_ml or 0)
        hours = (later.occurred_at - earlier.occurred_at) / HOUR
        assert 0 <= gained_ml <= 13 * hours + 0.001
        if earlier.rate_ml_h == later.rate_ml_h == 10.0:
            assert gained_ml <= 10 * hours + 0.001


def test_after_four_hours_or_more_the_restart_is_premedicated_and_after_less_not() -> None:
    for duration_h, doses in ((3.99, 0), (4.0, 1), (6.0, 1)):
        events = told(InfusionPlan(infused_h_before=50, interruptions=(Interruption(at_h=5, duration_h=duration_h),)))
        restart = only(events, DeliveryStarted)[1]
        window = premedication_before(events, restart.occurred_at)
        assert len(window) == doses
        assert all(timedelta(minutes=30) <= restart.occurred_at - one.occurred_at <= 3 * HOUR for one in window)


def test_an_occlusion_alarms_before_the_flow_stops_and_ends_at_the_restart() -> None:
    stop = Interruption(at_h=5, duration_h=1, occlusion=True)
    events = told(InfusionPlan(infused_h_before=50, interruptions=(stop,)), duration_h=10)
    started, ended = only(events, PumpAlarm)
    assert started.occurred_at < only(events, DeliveryStopped)[0].occurred_at < ended.occurred_at
    assert ended.occurred_at == only(events, DeliveryStarted)[1].occurred_at


def test_mistakes_happen_at_the_bag_change_that_is_named() -> None:
    flush = Mistake(bag_change=2, kind="flush")
    events = told(InfusionPlan(mistakes=(flush,)), duration_h=80)
    (flushed,) = only(events, LineFlushed)
    pauses = [change for change in only(events, BagChanged) if change.stage == "started"]
    assert pauses[1].occurred_at < flushed.occurred_at < pauses[1].occurred_at + timedelta(minutes=30)
    assert flushed.drug_aspirated is False


def test_a_wrong_rate_is_set_right_after_its_time() -> None:
    wrong = Mistake(bag_change=1, kind="wrong_rate", rate_factor=1.3, corrected_after_min=25)
    events = told(InfusionPlan(mistakes=(wrong,)), duration_h=40)
    (corrected,) = only(events, RateChanged)
    hung = [change for change in only(events, BagChanged) if change.rate_ml_h == 13.0]
    assert corrected.occurred_at - hung[0].occurred_at == timedelta(minutes=25)
    assert corrected.rate_ml_h == 10.0


def test_while_communication_is_lost_only_the_gateway_speaks() -> None:
    lost = CommunicationLoss(from_h=5, to_h=6)
    events = told(InfusionPlan(infused_h_before=50, communication_losses=(lost,)), duration_h=10)
    within = [event for event in events if START + 5 * HOUR <= event.occurred_at < START + 6 * HOUR]
    assert [type(event) for event in within] == [CommunicationLost]
    assert only(events, CommunicationRestored)[0].occurred_at == START + 6 * HOUR


def test_a_bag_the_region_does_not_list_is_refused_with_those_it_lists() -> None:
    with pytest.raises(UnknownBagError, match="EU label lists no 168 h bag; it lists 24 h, 48 h, 72 h, 96 h"):
        read_label(RULEBOOK.infusion, ADULT, InfusionPlan(label_region="EU", bag_type_h=168))
