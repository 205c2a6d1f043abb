"""What happens seldom, and must still be right: dead sensors, late facts, dead ends of the clock, unusual pumps.

Goal: every branch of the core is taken by a story that a ward would recognise. Method: short logs through `step` where
the judgement as a whole is meant, single rules where one rule is.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from blinwatch.clinical.infusion_rules import RequiredDose
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import fold_event
from blinwatch.core.alert_lifecycle import AlertBook, acknowledge, sync
from blinwatch.core.crs_conditions import crs_conditions, crs_evidence
from blinwatch.core.decisions import InputNote
from blinwatch.core.events import (
    AnyEvent,
    InfusionAssessed,
    MedicationAdministered,
    NeuroAssessed,
    PatientEvent,
    SignAttributed,
    TherapyEnded,
    TherapyOrdered,
    VitalsObserved,
)
from blinwatch.core.evidence import to_ms
from blinwatch.core.findings import InfusionFindings, NeuroFindings
from blinwatch.core.fold_event import DeadlineStuckError
from blinwatch.core.infusion.bag_rate import below_standstill, deviates
from blinwatch.core.infusion.flow import MAX_DOSES
from blinwatch.core.infusion.ledger import flow_at
from blinwatch.core.infusion.order_facts import read_order
from blinwatch.core.infusion.past_events import stamp
from blinwatch.core.infusion.premedication import targets_mg
from blinwatch.core.infusion_conditions import infusion_conditions
from blinwatch.core.live_facts import event_facts
from blinwatch.core.patient_state import Judgement, new_patient
from blinwatch.core.pump_events import (
    BagChanged,
    CommunicationLost,
    CommunicationRestored,
    DeliveryStarted,
    DeliveryStopped,
    LineFlushed,
    PumpStatusReported,
)
from blinwatch.core.steady import kept_after
from blinwatch.core.step import present, step
from blinwatch.core.take_in import take_in
from blinwatch.core.tell_grade import grade_signature
from blinwatch.core.tell_icans import icans_signature
from tests.core.infusion.story import codes, ledger_of, ms, ordered, pump_events, told_at
from tests.core.stories import PATIENT, header, order, run, tick, vitals
from tests.core.test_alert_lifecycle import at, condition, only

WELL: dict[str, Any] = {
    "heart_rate_bpm": 74.0,
    "spo2_pct": 97.0,
    "sbp_mmhg": 118.0,
    "temperature_c": 36.8,
    "o2_device": "room_air",
}


def told(events: list[AnyEvent], rulebook: Rulebook) -> Judgement:
    return present(run(events, rulebook)[0], rulebook)


# --- alerts ------------------------------------------------------------------------------------------------------


def test_an_alert_never_hides_itself(rulebook: Rulebook) -> None:
    own = condition()
    hiding = replace(own, hides=(own.key,))
    book, steps = sync(AlertBook(), "crs", (hiding,), at(0, rulebook))
    assert only(book).inhibited_by is None
    assert [step.transition for step in steps] == ["raised"]


def test_what_is_acknowledged_already_cannot_be_acknowledged_again(rulebook: Rulebook) -> None:
    book, _ = sync(AlertBook(), "crs", (condition(),), at(0, rulebook))
    alert_id = only(book).alert_id
    once = acknowledge(book, alert_id, "nurse-1", "seen", at(1, rulebook))
    assert not isinstance(once, str)
    again = acknowledge(once[0], alert_id, "nurse-2", "seen too", at(2, rulebook))
    assert again == "the alert is acknowledged already"


# --- before anything is known ------------------------------------------------------------------------------------


def test_of_a_patient_of_whom_nothing_is_known_nothing_is_said(rulebook: Rulebook) -> None:
    nobody = new_patient(PATIENT).head
    moment = at(0, rulebook)
    assert crs_conditions(nobody, moment) == ()
    assert crs_evidence(nobody, None) == ()
    assert infusion_conditions(nobody, 0, rulebook) == ()
    assert grade_signature(nobody, 0) == ()
    assert icans_signature(nobody, 0) == ()


# --- the clock ---------------------------------------------------------------------------------------------------


def test_a_deadline_that_never_moves_on_stops_the_patient_loudly(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, _ = run([order(), DeliveryStarted(**header(1, 1), rate_ml_h=10.0)], rulebook)

    def stuck(judgement: Judgement, *_: object) -> Judgement:
        return judgement

    monkeypatch.setattr(fold_event, "judge_domains", stuck)
    with pytest.raises(DeadlineStuckError, match="stayed where it was"):
        step(state, tick(1, 3 * 24 * 60), rulebook)


def test_more_deadlines_than_a_patient_can_have_stop_the_patient_loudly(
    rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, _ = run([order(), DeliveryStarted(**header(1, 1), rate_ml_h=10.0)], rulebook)
    monkeypatch.setattr(fold_event, "MAX_DEADLINES", 1)
    with pytest.raises(DeadlineStuckError, match="more than 1 deadlines"):
        step(state, tick(1, 3 * 24 * 60), rulebook)


# --- sensors -----------------------------------------------------------------------------------------------------


def test_a_pressure_line_that_sends_only_nonsense_shows_on_the_board_as_silent(rulebook: Rulebook) -> None:
    log: list[AnyEvent] = [order()]
    log.append(vitals(0, 0.5, **WELL))
    log += [vitals(number, 1 + number * 2, heart_rate_bpm=74.0, spo2_pct=97.0, sbp_mmhg=0.0) for number in range(1, 30)]
    assert "sensor:blood_pressure" in told(log, rulebook).silent


def test_an_older_report_that_comes_after_the_window_does_not_replace_the_newer_one(rulebook: Rulebook) -> None:
    log: list[AnyEvent] = [order()]
    log += [vitals(number, number, **WELL) for number in range(1, 60)]
    log.append(vitals(99, 2.5, sbp_mmhg=80.0))
    signal = told(log, rulebook).signals["blood_pressure"]
    assert signal.parts["sbp_mmhg"] == 118.0


# --- consciousness for the early warning score ---------------------------------------------------------------------


def consciousness(events: list[PatientEvent], minutes: float, rulebook: Rulebook) -> str | None:
    j = told([order(), *events, tick(1, minutes)], rulebook)
    return event_facts(j, j.clock_ms, rulebook).consciousness


def test_the_newest_word_on_consciousness_counts_whoever_said_it(rulebook: Rulebook) -> None:
    round_at_20 = VitalsObserved(**header(1, 20), consciousness="confusion")
    examined_at_10 = NeuroAssessed(**header(2, 10), findings=NeuroFindings(ice_score=10, loc="alert"))
    examined_at_30 = NeuroAssessed(**header(3, 30), findings=NeuroFindings(ice_score=2, loc="awakens_tactile"))
    assert consciousness([examined_at_10], 40, rulebook) == "alert"
    assert consciousness([examined_at_10, round_at_20], 40, rulebook) == "confusion"
    assert consciousness([round_at_20, examined_at_30], 40, rulebook) == "pain"


def test_an_examination_of_the_morning_says_nothing_of_the_afternoon(rulebook: Rulebook) -> None:
    examined = NeuroAssessed(**header(2, 10), findings=NeuroFindings(ice_score=10, loc="alert"))
    assert consciousness([examined], 10 + 4 * 60, rulebook) == "alert"
    assert consciousness([examined], 10 + 4 * 60 + 1, rulebook) is None


# --- facts that come late ----------------------------------------------------------------------------------------


def newest_first(late: PatientEvent, rulebook: Rulebook) -> tuple[Judgement, list[InputNote]]:
    """An hour of monitoring, and then something that happened before the window."""
    log: list[AnyEvent] = [order(minutes=10, ward="3 East"), charted(12, 24.0)]
    log += [vitals(number, 20 + number, **WELL) for number in range(1, 60)]
    state, said = run([*log, late], rulebook)
    return present(state, rulebook), [one for one in said if isinstance(one, InputNote)]


def charted(minutes: float, bag_type_h: float) -> InfusionAssessed:
    return InfusionAssessed(**header(round(minutes), minutes), findings=InfusionFindings(bag_type_h=bag_type_h))


def test_an_order_that_is_older_than_the_one_in_force_changes_nothing(rulebook: Rulebook) -> None:
    older = TherapyOrdered(**header(998, 5), ward="3 West")
    j, notes = newest_first(older, rulebook)
    assert j.order is not None
    assert j.order.ward == "3 East"
    assert [one.note for one in notes] == ["late_beyond_window"]


def test_a_chart_of_the_infusion_that_is_older_than_the_latest_changes_nothing(rulebook: Rulebook) -> None:
    j, _ = newest_first(charted(6, 96.0), rulebook)
    assert j.charted is not None
    assert j.charted.findings.bag_type_h == 24.0


def test_a_dose_that_is_sent_again_hours_later_is_noted_as_known(rulebook: Rulebook) -> None:
    dose = MedicationAdministered(**header(500, 15), drug="paracetamol")
    log: list[AnyEvent] = [order(), dose]
    log += [vitals(number, 20 + number, **WELL) for number in range(1, 60)]
    log.append(dose)
    _, said = run(log, rulebook)
    assert [one.note for one in said if isinstance(one, InputNote)] == ["duplicate"]


# --- the pump ----------------------------------------------------------------------------------------------------


def test_a_pump_that_stands_still_is_at_a_standstill_whatever_is_due(rulebook: Rulebook) -> None:
    rules = rulebook.infusion
    assert below_standstill(0, None, rules)
    assert not below_standstill(0.5, None, rules)
    assert deviates(0.1, 0, rules)
    assert not deviates(0, 0, rules)


def test_flow_that_was_lost_before_an_open_gap_makes_the_gap_begin_earlier(rulebook: Rulebook) -> None:

    log: list[AnyEvent] = [
        order(),
        DeliveryStarted(**header(1, 1), rate_ml_h=10.0),
        CommunicationLost(**header(2, 60)),
        DeliveryStopped(**header(3, 120)),
        CommunicationRestored(**header(4, 130), volume_shortfall_ml=10.0),
    ]
    view = told([*log, tick(1, 131)], rulebook).infusion
    assert view is not None
    assert view.gap_min == pytest.approx(61)


def test_a_flush_is_no_longer_told_a_day_later(rulebook: Rulebook) -> None:
    log: list[AnyEvent] = [
        order(),
        DeliveryStarted(**header(1, 1), rate_ml_h=10.0),
        LineFlushed(**header(2, 60)),
    ]

    def codes(minutes: float) -> set[str]:
        view = told([*log, tick(1, minutes)], rulebook).infusion
        assert view is not None
        return {finding.code for finding in view.verdict.findings}

    day_min = timedelta(days=1) / timedelta(minutes=1)
    assert "INF_FLUSH" in codes(60 + day_min)
    assert "INF_FLUSH" not in codes(60 + day_min + 1)


def test_a_past_event_is_told_for_a_day_even_where_restarts_are_watched_for_three(rulebook: Rulebook) -> None:
    """A site that watches restarts for 72 h keeps events longer; what they say still ends after 24 h."""
    rules = replace(rulebook.infusion, restart_watch_h=72)
    story = [(0.0, "start", {"programmed_dose_mcg_day": 9.0}), (1.0, "dose", {"programmed_dose_mcg_day": 28.0})]
    story.append((1.0, "flush", {}))
    first_cycle = ordered(phase="rr", cycle=1)
    assert {"INF_FLUSH", "INF_DOSE_STEP_EARLY"} <= set(codes(told_at(25, story, rules, first_cycle).verdict))
    assert not {"INF_FLUSH", "INF_DOSE_STEP_EARLY"} & set(codes(told_at(25.1, story, rules, first_cycle).verdict))


def test_a_rule_that_was_not_asked_says_nothing_of_a_past_event() -> None:
    assert stamp(None, 0, "e1") == []


def test_a_pump_with_more_doses_than_are_remembered_forgets_the_one_that_ran_least(rulebook: Rulebook) -> None:
    story = [(0.0, "start", {"programmed_dose_mcg_day": 9.0})]
    story += [(10.0 + hour, "dose", {"programmed_dose_mcg_day": 10.0 + hour}) for hour in range(12)]
    ledger = ledger_of(pump_events(story), rulebook.infusion)
    flow = flow_at(ledger, read_order(None, None, None, rulebook.infusion), ms(30), rulebook.infusion)
    assert len(flow.dose_times) <= MAX_DOSES
    assert 9.0 in {part.dose_mcg_day for part in flow.dose_times}


def test_a_bag_hung_after_the_end_of_therapy_starts_no_flow(rulebook: Rulebook) -> None:
    log: list[AnyEvent] = [
        order(),
        DeliveryStarted(**header(1, 1), rate_ml_h=10.0),
        TherapyEnded(**header(2, 60), reason="discontinued"),
        BagChanged(**header(3, 70), stage="ended", bag_type_h=24.0),
    ]
    view = told([*log, tick(1, 71)], rulebook).infusion
    assert view is not None
    assert view.state == "ended"


def test_a_totaliser_that_explains_all_flow_after_missing_messages_takes_nothing_back(rulebook: Rulebook) -> None:
    log: list[AnyEvent] = [
        order(),
        DeliveryStarted(**header(1, 0), rate_ml_h=10.0),
        PumpStatusReported(**header(2, 1), rate_ml_h=10.0, delivering=True, volume_delivered_total_ml=100.0),
        CommunicationLost(**header(3, 10)),
        CommunicationRestored(**header(4, 60)),
        PumpStatusReported(**header(5, 61), rate_ml_h=10.0, delivering=True, volume_delivered_total_ml=110.0),
    ]
    view = told([*log, tick(1, 61)], rulebook).infusion
    assert view is not None
    assert view.infused_h_total == pytest.approx(61 / 60)


def test_a_bag_of_an_unknown_type_is_only_watched_for_its_nominal_time(rulebook: Rulebook) -> None:
    log: list[AnyEvent] = [
        order(bag_type_h=30.0),
        BagChanged(**header(1, 1), stage="ended", bag_type_h=30.0),
        DeliveryStarted(**header(2, 2), rate_ml_h=8.0),
    ]

    def said(hours: float) -> set[str]:
        view = told([*log, tick(1, 1 + hours * 60)], rulebook).infusion
        assert view is not None
        return set(codes(view.verdict))

    assert "INF_BAG_OVERRUN" not in said(31)
    assert "INF_BAG_OVERRUN" in said(31.1)


def test_a_premedication_that_names_neither_a_drug_nor_a_dose_has_no_target(rulebook: Rulebook) -> None:
    nothing = RequiredDose(from_min=0, to_min=60)
    assert targets_mg(nothing, InfusionFindings(), rulebook.infusion) == {}


# --- what must never come ----------------------------------------------------------------------------------------


def test_a_kind_of_event_that_nobody_takes_in_is_a_fault_of_ours_and_says_so(rulebook: Rulebook) -> None:
    state, _ = run([order()], rulebook)
    with pytest.raises(TypeError, match="Tick has no handler"):
        take_in(state.head, tick(1, 1), 0, 0, rulebook)  # type: ignore[arg-type]


def test_an_event_id_that_comes_again_at_another_time_is_the_same_event(rulebook: Rulebook) -> None:
    first = MedicationAdministered(**header(7, 5), drug="paracetamol")
    again = MedicationAdministered(**header(7, 9), drug="paracetamol")
    state, said = run([order(), first, again], rulebook)
    assert [one.note for one in said if isinstance(one, InputNote)] == ["duplicate"]
    assert len(present(state, rulebook).drugs.drugs) == 1


# --- the short way of a quiet monitor ------------------------------------------------------------------------------

QUIET: dict[str, Any] = {"heart_rate_bpm": 74.0, "spo2_pct": 97.0, "respiratory_rate_per_min": 15.0}


def quiet(more: list[AnyEvent], rulebook: Rulebook, **last: Any) -> bool:
    """Whether, after an hour of calm and what more happened, the next calm report takes the short way."""
    log: list[AnyEvent] = [order()]
    log.append(vitals(0, 0.5, **WELL, respiratory_rate_per_min=15.0))
    log += [vitals(number, number, **QUIET) for number in range(1, 10)]
    log += more
    log += [vitals(100 + number, 20 + number, **QUIET) for number in range(3)]
    state, _ = run(log, rulebook)
    one = vitals(200, 24, **{**QUIET, **last})
    return kept_after(state.head, one, to_ms(one.occurred_at)) is not None


def test_a_calm_patient_takes_the_short_way_and_a_weak_pulse_at_the_finger_does_not(rulebook: Rulebook) -> None:
    assert quiet([], rulebook)
    assert quiet([], rulebook, perfusion_index=2.0)
    assert not quiet([], rulebook, perfusion_index=0.2)


def test_an_attribution_or_a_low_value_asks_for_the_long_way(rulebook: Rulebook) -> None:
    elsewhere = SignAttributed(**header(50, 15), by="dr-2", reason="seen", sign="fever", cause="a cold")
    assert not quiet([elsewhere], rulebook)
    assert not quiet([], rulebook, spo2_pct=92.0)
