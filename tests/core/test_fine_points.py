"""Fine points that only a changed line of the core had shown to be untested (tools/mutate.py)."""

from datetime import timedelta

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.febrile_neutropenia import judge_febrile_neutropenia, read_fever
from blinwatch.core.adverse_events.neutropenia import read_neutrophils
from blinwatch.core.attribution import attribution_holds
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.facts import NO_FACTS, DoseFacts
from blinwatch.core.dose_advice.patient import is_labelled, read_patient
from blinwatch.core.events import CrsAssessed, SignAttributed
from blinwatch.core.evidence import to_ms
from blinwatch.core.findings import CrsFindings, LabelRegion, Phase, ReactionFindings
from tests.core.adverse_events.support import at, book_of, temperatures
from tests.core.infusion.story import LOW, ms, ordered, told_at
from tests.core.stories import header, order, run, tick


def test_a_fever_with_enough_neutrophils_is_told_and_raises_no_alert(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 39.0))
    fever = read_fever(memory.fever, 39.0, at(1), rulebook)
    judged = judge_febrile_neutropenia(
        fever, read_neutrophils(book_of(rulebook, ("anc", 0, 4.0)), at(1), rulebook), at(1), rulebook
    )
    assert (judged.code, judged.holds) == ("FN_NONE", False)


def test_without_fever_few_neutrophils_raise_no_alert_of_infection(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 36.6))
    fever = read_fever(memory.fever, 36.6, at(1), rulebook)
    judged = judge_febrile_neutropenia(
        fever, read_neutrophils(book_of(rulebook, ("anc", 0, 0.2)), at(1), rulebook), at(1), rulebook
    )
    assert (judged.code, judged.holds) == ("FN_NONE", False)


STOPPED_OVER_7_DAYS = ReactionFindings(reaction="technical", interruption_h=168.001)


def test_a_new_cycle_and_a_low_restart_together_are_explained_by_both(rulebook: Rulebook) -> None:
    resolved = ReactionFindings(reaction="crs", episode_grade=3, current_grade=0, crs_status="CRS_RESOLVED")
    crs = advise([resolved], NO_FACTS, rulebook)
    technical = advise([STOPPED_OVER_7_DAYS], NO_FACTS, rulebook)
    both = advise([resolved, STOPPED_OVER_7_DAYS], NO_FACTS, rulebook)
    assert (crs.code, technical.code) == ("DM_RESTART_LOW_SAME_CYCLE", "DM_NEW_CYCLE")
    assert both.code == "DM_RESTART_LOW_NEW_CYCLE"
    reasons = {reason for one in both.by_reaction for reason in one.because}
    assert reasons <= set(both.because)


def test_an_advice_to_discontinue_is_not_explained_by_a_long_stop(rulebook: Rulebook) -> None:
    worst = ReactionFindings(reaction="crs", grade=4)
    both = advise([worst, STOPPED_OVER_7_DAYS], NO_FACTS, rulebook)
    assert both.code == "DM_DISCONTINUE"
    told = next(one for one in both.by_reaction if one.code == "DM_NEW_CYCLE")
    assert not set(told.because) & set(both.because)


def test_a_stop_of_more_than_7_days_is_told_as_such_from_the_moment_it_became_one(rulebook: Rulebook) -> None:
    story = [(0.0, "start", LOW), (10.0, "stop"), (210.0, "start", LOW)]
    view = told_at(211, story, rulebook.infusion)
    (over,) = [one for one in view.verdict.findings if one.code == "INF_INTERRUPT_GT7D"]
    assert over.since_ms == ms(10 + 168) + 1


@pytest.mark.parametrize(
    "region,phase,weight_kg,labelled",
    [("EU", "mrd", 44.9, False), ("EU", "mrd", 45.0, True), ("EU", "rr", 30.0, True), ("US", "mrd", 30.0, True)],
)
def test_only_the_eu_label_gives_no_dose_for_mrd_below_45_kg(
    rulebook: Rulebook, region: LabelRegion, phase: Phase, weight_kg: float, *, labelled: bool
) -> None:
    facts = DoseFacts(label_region=region, phase=phase, weight_kg=weight_kg, age_years=30.0)
    assert is_labelled(read_patient((), facts, rulebook), rulebook) is labelled


def test_a_place_that_is_not_allowed_is_told_from_the_first_drop_on(rulebook: Rulebook) -> None:
    story = [(0.0, "start", LOW)]
    view = told_at(5, story, rulebook.infusion, ordered(phase="rr", cycle=1, location="home"))
    (alert,) = [one for one in view.verdict.findings if one.code == "INF_SETTING_ALERT"]
    assert alert.since_ms == ms(0)


def test_an_attribution_holds_up_to_its_end_and_not_at_it(rulebook: Rulebook) -> None:
    head = header(1, 10)
    elsewhere = SignAttributed(
        **head,
        by="dr-2",
        reason="seen at the bedside",
        sign="fever",
        cause="a blood product",
        until=head["occurred_at"] + timedelta(hours=2),
    )
    fever = CrsAssessed(
        **header(2, 20), findings=CrsFindings(temperature_c=39.0, sbp_mmhg=118.0, spo2_pct=97.0, o2_device="room_air")
    )
    until_ms = to_ms(head["occurred_at"]) + 2 * 3_600_000
    assert attribution_holds(elsewhere, until_ms - 1)
    assert not attribution_holds(elsewhere, until_ms)
    while_it_holds, _ = run([order(), elsewhere, fever, tick(1, 129)], rulebook)
    after, _ = run([order(), elsewhere, fever, tick(1, 131)], rulebook)
    assert while_it_holds.head.attributed == ("fever",)
    assert after.head.attributed == ()


def test_a_reaction_that_stopped_the_drug_for_an_unknown_time_is_told_as_such(rulebook: Rulebook) -> None:
    told = advise([ReactionFindings(reaction="other", episode_grade=3, current_grade=0)], NO_FACTS, rulebook)
    assert any("not known; up to 7 days it is the same cycle" in reason for reason in told.because)
