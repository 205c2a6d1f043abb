"""Which advice is an alert, and when."""

from dataclasses import replace
from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import NO_ALERTS, AlertBook, Moment, sync
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.facts import DoseFacts
from blinwatch.core.dose_conditions import dose_conditions, next_dose_condition_ms
from blinwatch.core.evidence import Condition
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.milestones import NO_MILESTONES
from blinwatch.core.infusion.timeline import FlowState, TimelineView
from blinwatch.core.infusion.verdict import InfusionFinding, InfusionVerdict
from blinwatch.core.infusion_conditions import infusion_conditions
from blinwatch.core.patient_state import Judgement

PRIORITIES: dict[str, Any] = {
    "default": "low",
    "DM_DISCONTINUE": "high",
    "DM_CONSIDER_DISCONTINUE": "high",
    "DM_INTERRUPT": "high",
    "DM_WAIT": "high",
    "DM_DISCONTINUE.stopped": "medium",
    "DM_CONSIDER_DISCONTINUE.stopped": "medium",
    "DM_RESTART_LOW_SAME_CYCLE.running": "medium",
    "DM_RESTART_LOW_NEW_CYCLE.running": "medium",
}
"""A table of its own: what is tested is which entry an alert asks for."""
NOW = 1_772_323_200_000
MINUTE_MS = 60_000
SEVERE_CRS = ReactionFindings(reaction="crs", grade=3)
DOWN_CRS = ReactionFindings(reaction="crs", episode_grade=3, current_grade=0, interruption_h=40.0)
ON_LOW = ReactionFindings(reaction="crs", episode_grade=3, hours_since_restart=20.0)


@pytest.fixture
def rulebook(rulebook: Rulebook) -> Rulebook:
    return replace(rulebook, alerts=replace(rulebook.alerts, priorities=PRIORITIES))


def view(state: FlowState, *codes: str, level: Any = None) -> TimelineView:
    findings = tuple(InfusionFinding(code=code, rule_id="INF-3", because="as told") for code in codes)
    verdict = InfusionVerdict(headline=codes[0] if codes else "INF_OK", findings=findings, flags=())
    return TimelineView(verdict=verdict, state=state, milestones=replace(NO_MILESTONES, dose_level=level))


def grade_alert(key: str, code: str, level: int, rulebook: Rulebook, raised_ms: int = NOW) -> AlertBook:
    condition = Condition(
        key=key,
        code=code,
        rule_id="CRS-1",
        domain="crs",
        scale="ASTCT",
        priority="high",
        level=level,
        summary="as graded",
        since_ms=raised_ms,
    )
    book, _ = sync(NO_ALERTS, "crs", (condition,), Moment("p1", None, raised_ms, None, rulebook))
    return book


def judgement(
    rulebook: Rulebook, reaction: ReactionFindings, state: FlowState | None = "running", **fields: Any
) -> Judgement:
    standing = advise([reaction], DoseFacts(weight_kg=70.0, age_years=40.0, bag_type_h=24.0), rulebook)
    infusion = fields.pop("infusion", None if state is None else view(state))
    return Judgement(patient_id="p1", advice=standing, infusion=infusion, **fields)


def the_one(found: tuple[Condition, ...]) -> Condition:
    (condition,) = found
    return condition


def test_no_advice_is_no_alert(rulebook: Rulebook) -> None:
    assert dose_conditions(Judgement(patient_id="p1"), NOW, rulebook) == ()


@pytest.mark.parametrize(
    "reaction,code,level",
    [
        (ReactionFindings(reaction="neuro", grade=4), "DM_DISCONTINUE", 4),
        (ReactionFindings(reaction="other", grade=4), "DM_CONSIDER_DISCONTINUE", 3),
        (SEVERE_CRS, "DM_INTERRUPT", 2),
        (ReactionFindings(reaction="neuro", episode_grade=3, current_grade=1), "DM_WAIT", 1),
    ],
)
@pytest.mark.parametrize("state", ["running", "bag_change", "unknown", None])
def test_drug_that_flows_against_the_advice_is_a_high_alert(
    rulebook: Rulebook, reaction: ReactionFindings, code: str, level: int, state: FlowState | None
) -> None:
    alert = the_one(dose_conditions(judgement(rulebook, reaction, state), NOW, rulebook))
    assert (alert.key, alert.code, alert.level, alert.priority) == ("DM_STOP", code, level, "high")
    assert alert.domain == "dose"
    assert alert.summary.startswith("Stop the infusion")
    assert rulebook.cite(alert.rule_id)


def test_an_infusion_that_stands_still_needs_no_alert_to_interrupt_or_wait(rulebook: Rulebook) -> None:
    waiting = ReactionFindings(reaction="neuro", episode_grade=3, current_grade=1)
    for reaction in (SEVERE_CRS, waiting):
        assert dose_conditions(judgement(rulebook, reaction, "interrupted"), NOW, rulebook) == ()


def test_discontinuing_stays_to_be_decided_while_the_infusion_stands_still(rulebook: Rulebook) -> None:
    for reaction in (ReactionFindings(reaction="neuro", grade=4), ReactionFindings(reaction="other", grade=4)):
        stopped = the_one(dose_conditions(judgement(rulebook, reaction, "interrupted"), NOW, rulebook))
        assert (stopped.key, stopped.priority) == ("DM_STOP", "medium")
        assert stopped.summary.startswith("Do not restart")


def test_a_grade_alert_pages_for_the_advice_for_15_minutes(rulebook: Rulebook) -> None:
    paged = judgement(rulebook, SEVERE_CRS, alerts=grade_alert("CRS", "CRS_G3", 3, rulebook))
    due_ms = NOW + 15 * MINUTE_MS
    assert dose_conditions(paged, NOW, rulebook) == ()
    assert dose_conditions(paged, due_ms - 1, rulebook) == ()
    assert next_dose_condition_ms(paged, NOW, rulebook) == due_ms
    assert the_one(dose_conditions(paged, due_ms, rulebook)).code == "DM_INTERRUPT"
    assert next_dose_condition_ms(paged, due_ms, rulebook) is None


def test_a_neurological_advice_waits_for_the_icans_alert_only(rulebook: Rulebook) -> None:
    neuro = ReactionFindings(reaction="neuro", grade=3)
    icans = judgement(rulebook, neuro, alerts=grade_alert("ICANS", "ICANS_G3", 3, rulebook))
    assert dose_conditions(icans, NOW, rulebook) == ()
    crs = judgement(rulebook, neuro, alerts=grade_alert("CRS", "CRS_G3", 3, rulebook))
    assert the_one(dose_conditions(crs, NOW, rulebook)).code == "DM_INTERRUPT"


def test_an_advice_that_rests_on_more_than_the_standing_alert_is_told_at_once(rulebook: Rulebook) -> None:
    milder = judgement(rulebook, SEVERE_CRS, alerts=grade_alert("CRS", "CRS_G2", 2, rulebook))
    assert the_one(dose_conditions(milder, NOW, rulebook)).code == "DM_INTERRUPT"
    assert next_dose_condition_ms(milder, NOW, rulebook) is None


def test_there_is_nothing_to_wait_for_without_drug_in_flow(rulebook: Rulebook) -> None:
    alerts = grade_alert("CRS", "CRS_G3", 3, rulebook)
    assert next_dose_condition_ms(judgement(rulebook, SEVERE_CRS, "interrupted", alerts=alerts), NOW, rulebook) is None
    assert next_dose_condition_ms(judgement(rulebook, ON_LOW, alerts=alerts), NOW, rulebook) is None
    assert next_dose_condition_ms(Judgement(patient_id="p1"), NOW, rulebook) is None


def test_a_restart_that_has_become_possible_is_a_low_alert(rulebook: Rulebook) -> None:
    alert = the_one(dose_conditions(judgement(rulebook, DOWN_CRS, "interrupted"), NOW, rulebook))
    assert (alert.key, alert.code, alert.priority) == ("DM_RESTART", "DM_RESTART_LOW_SAME_CYCLE", "low")
    assert "9 mcg/day" in alert.summary
    assert "10 mL/h" in alert.summary


def test_the_full_dose_in_flow_while_the_low_one_is_due_is_a_medium_alert(rulebook: Rulebook) -> None:
    running = judgement(rulebook, DOWN_CRS, infusion=view("running", level="full"))
    alert = the_one(dose_conditions(running, NOW, rulebook))
    assert (alert.key, alert.priority, alert.level) == ("DM_RESTART", "medium", 2)
    on_low = judgement(rulebook, DOWN_CRS, infusion=view("running", level="low"))
    assert dose_conditions(on_low, NOW, rulebook) == ()


def test_going_up_is_told_once_with_the_step_by_hours(rulebook: Rulebook) -> None:
    up = replace(ON_LOW, hours_since_restart=168.0)
    alert = the_one(dose_conditions(judgement(rulebook, up), NOW, rulebook))
    assert (alert.code, alert.priority, alert.hides) == ("DM_ESCALATE", "low", ("INF_DOSE_STEP",))


@pytest.mark.parametrize("step", ["INF_DOSE_STEP_DUE", "INF_DOSE_STEP_OVERDUE"])
def test_a_step_by_hours_that_the_reaction_forbids_is_hidden(rulebook: Rulebook, step: str) -> None:
    held = judgement(rulebook, ON_LOW, infusion=view("running", step))
    alert = the_one(dose_conditions(held, NOW, rulebook))
    assert (alert.code, alert.hides) == ("DM_HOLD_LOW", ("INF_DOSE_STEP",))
    assert dose_conditions(judgement(rulebook, ON_LOW), NOW, rulebook) == ()
    stop = judgement(rulebook, ReactionFindings(reaction="other", grade=3), infusion=view("running", step))
    assert the_one(dose_conditions(stop, NOW, rulebook)).hides == ("INF_DOSE_STEP",)


def test_an_essential_grade_that_is_missing_is_asked_for(rulebook: Rulebook) -> None:
    alert = the_one(dose_conditions(judgement(rulebook, ReactionFindings(reaction="neuro")), NOW, rulebook))
    assert (alert.code, alert.priority) == ("DM_NOT_EVALUABLE", "low")


def test_what_asks_for_nothing_is_no_alert(rulebook: Rulebook) -> None:
    for reaction in (
        ReactionFindings(reaction="crs", grade=1),
        ReactionFindings(reaction="technical", interruption_h=5.0),
        ReactionFindings(reaction="technical", interruption_h=200.0),
    ):
        assert dose_conditions(judgement(rulebook, reaction, "interrupted"), NOW, rulebook) == ()


@pytest.mark.parametrize(
    "reaction",
    [
        ReactionFindings(reaction="crs", episode_grade=3, hours_since_restart=168.0),
        ReactionFindings(reaction="liver"),
    ],
)
def test_an_advice_without_degrees_has_level_0(rulebook: Rulebook, reaction: ReactionFindings) -> None:
    alert = the_one(dose_conditions(judgement(rulebook, reaction), NOW, rulebook))
    assert alert.code in ("DM_ESCALATE", "DM_NOT_EVALUABLE")
    assert alert.level == 0


def test_an_alert_carries_the_reaction_its_grade_and_what_is_advised(rulebook: Rulebook) -> None:
    severe = the_one(dose_conditions(judgement(rulebook, SEVERE_CRS), NOW, rulebook))
    assert {one.name: one.value for one in severe.evidence} == {"reaction": "crs", "reached_grade": 3}
    back = the_one(dose_conditions(judgement(rulebook, DOWN_CRS, "interrupted"), NOW, rulebook))
    advised = {one.name: (one.value, one.unit) for one in back.evidence}
    assert advised["dose_advised_mcg_day"] == (9.0, "ug/d")
    assert advised["rate_for_bag_ml_h"] == (10.0, "mL/h")


@pytest.mark.parametrize(
    "reaction,code,warned",
    [
        (SEVERE_CRS, "INF_INTERRUPT_4H", True),
        (SEVERE_CRS, "INF_INTERRUPT_SHORT", True),
        (SEVERE_CRS, "INF_COMM_LOSS", False),
        (DOWN_CRS, "INF_INTERRUPT_4H", False),
    ],
)
def test_an_interruption_that_asks_for_a_restart_says_when_the_label_advises_against_it(
    rulebook: Rulebook, reaction: ReactionFindings, code: str, *, warned: bool
) -> None:
    standing = judgement(rulebook, reaction, infusion=view("interrupted", code))
    told = the_one(infusion_conditions(standing, NOW, rulebook))
    assert ("Label advice for the reaction: do not restart now (DM-2)" in told.summary) is warned
