"""What holds for every reaction that can be charted at all."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import INCOMPLETE, NOT_EVALUABLE, DoseAdvice
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.facts import NO_FACTS, DoseFacts
from blinwatch.core.findings import LabelRegion, ReactionFindings
from tests.core.dose_advice.generated import REACTIONS

GRADE_FIELDS = ("grade", "episode_grade", "current_grade")
ENZYMES = ("alt_x_uln", "ast_x_uln", "bili_x_uln")


def rank(code: str, rulebook: Rulebook) -> int:
    """Smaller is more restrictive."""
    return rulebook.dose.restrictiveness.index(code)


def strictness(code: str, rulebook: Rulebook) -> int:
    """As `rank`, but the two that stop the infusion at once for a decision for good are alike.

    A grade 3 that took more than 14 days is DM_DISCONTINUE by DM-11; a grade 4 is DM_CONSIDER_DISCONTINUE by DM-12.
    """
    return rank("DM_DISCONTINUE" if code == "DM_CONSIDER_DISCONTINUE" else code, rulebook)


@given(st.lists(REACTIONS, max_size=4))
def test_no_reaction_that_can_be_charted_raises_and_every_advice_explains_itself(
    rulebook: Rulebook, reactions: list[ReactionFindings]
) -> None:
    advice = advise(reactions, NO_FACTS, rulebook)
    assert advice.code in rulebook.dose.restrictiveness
    assert advice.because
    assert all(rule.because and rulebook.cite(rule.rule_id) for rule in advice.by_reaction)
    assert len(advice.by_reaction) == max(1, len(reactions))


@given(st.lists(REACTIONS, max_size=3))
def test_an_advice_survives_being_stored(rulebook: Rulebook, reactions: list[ReactionFindings]) -> None:
    advice = advise(reactions, DoseFacts(at_ms=0, age_years=9, bsa_m2=1.1, weight_kg=30), rulebook)
    adapter = TypeAdapter(DoseAdvice)
    assert adapter.validate_json(adapter.dump_json(advice)) == advice


@given(REACTIONS, st.sampled_from(GRADE_FIELDS), st.integers(1, 5))
def test_a_higher_grade_never_leads_to_a_milder_advice(
    rulebook: Rulebook, reaction: ReactionFindings, field: str, rise: int
) -> None:
    known = getattr(reaction, field)
    if known is None:
        return
    worse = replace(reaction, **{field: min(5, known + rise)})
    before, after = advise([reaction], NO_FACTS, rulebook), advise([worse], NO_FACTS, rulebook)
    assert strictness(after.code, rulebook) <= strictness(before.code, rulebook), (before.because, after.because)


@given(REACTIONS, st.sampled_from(ENZYMES), st.floats(0, 30))
def test_a_higher_liver_value_never_leads_to_a_milder_advice(
    rulebook: Rulebook, reaction: ReactionFindings, field: str, rise: float
) -> None:
    liver = replace(reaction, reaction="liver")
    known = getattr(liver, field)
    if known is None:
        return
    worse = replace(liver, **{field: known + rise})
    before, after = advise([liver], NO_FACTS, rulebook), advise([worse], NO_FACTS, rulebook)
    assert strictness(after.code, rulebook) <= strictness(before.code, rulebook), (before.because, after.because)


@given(REACTIONS, st.floats(0, 400))
def test_a_longer_time_above_grade_1_never_leads_to_a_milder_advice(
    rulebook: Rulebook, reaction: ReactionFindings, more_h: float
) -> None:
    for field in ("hours_since_onset", "hours_to_le_g1", "interruption_h"):
        known = getattr(reaction, field)
        if known is None:
            continue
        longer = replace(reaction, **{field: known + more_h})
        before, after = advise([reaction], NO_FACTS, rulebook), advise([longer], NO_FACTS, rulebook)
        assert rank(after.code, rulebook) <= rank(before.code, rulebook), field


@given(REACTIONS, st.floats(0, 400))
def test_a_longer_time_at_grade_1_or_on_the_low_dose_never_leads_to_a_stricter_advice(
    rulebook: Rulebook, reaction: ReactionFindings, more_h: float
) -> None:
    for field in ("hours_at_le_g1", "hours_since_restart"):
        known = getattr(reaction, field)
        if known is None:
            continue
        longer = replace(reaction, **{field: known + more_h})
        before, after = advise([reaction], NO_FACTS, rulebook), advise([longer], NO_FACTS, rulebook)
        assert rank(after.code, rulebook) >= rank(before.code, rulebook), field


@given(st.lists(REACTIONS, min_size=1, max_size=5), st.sampled_from(["US", "EU"]))
def test_the_headline_is_the_most_restrictive_of_all_and_order_does_not_matter(
    rulebook: Rulebook, reactions: list[ReactionFindings], region: LabelRegion
) -> None:
    # One patient, one label.
    reactions = [replace(one, label_region=region) for one in reactions]
    together = advise(reactions, NO_FACTS, rulebook)
    alone = [advise([one], NO_FACTS, rulebook).code for one in reactions]
    strictest = min(alone, key=lambda code: rank(code, rulebook))
    joined = {"DM_NEW_CYCLE", "DM_RESTART_LOW_SAME_CYCLE"} <= set(alone)
    if joined and rank(strictest, rulebook) > rank("DM_RESTART_LOW_NEW_CYCLE", rulebook):
        strictest = "DM_RESTART_LOW_NEW_CYCLE"
    assert together.code == strictest
    assert advise(reactions[::-1], NO_FACTS, rulebook).code == together.code
    ranks = [rank(one.code, rulebook) for one in together.by_reaction]
    assert all(first <= second for first, second in pairwise(ranks))


@given(REACTIONS)
def test_one_more_reaction_never_makes_the_advice_milder(rulebook: Rulebook, reaction: ReactionFindings) -> None:
    mild = ReactionFindings(reaction="crs", grade=1, label_region=reaction.label_region)
    severe = ReactionFindings(reaction="neuro", grade=4)
    alone = rank(advise([reaction], NO_FACTS, rulebook).code, rulebook)
    assert rank(advise([reaction, mild], NO_FACTS, rulebook).code, rulebook) <= alone
    assert advise([reaction, severe], NO_FACTS, rulebook).code == "DM_DISCONTINUE"


@given(REACTIONS)
def test_what_cannot_be_judged_says_that_it_is_incomplete(rulebook: Rulebook, reaction: ReactionFindings) -> None:
    advice = advise([reaction], NO_FACTS, rulebook)
    if advice.code == NOT_EVALUABLE:
        assert INCOMPLETE in advice.flags


@given(st.lists(REACTIONS, max_size=3), st.sampled_from([None, 20.0, 44.9, 45.0, 80.0]), st.sampled_from([None, 0.8]))
def test_no_dose_and_no_rate_are_told_while_nothing_may_flow(
    rulebook: Rulebook, reactions: list[ReactionFindings], weight_kg: float | None, bsa_m2: float | None
) -> None:
    facts = DoseFacts(weight_kg=weight_kg, bsa_m2=bsa_m2, bag_type_h=24, dose_level_now="full")
    advice = advise(reactions, facts, rulebook)
    if advice.code in ("DM_DISCONTINUE", "DM_CONSIDER_DISCONTINUE", "DM_INTERRUPT", "DM_WAIT", "DM_NOT_EVALUABLE"):
        assert advice.dose_mcg_day is None
        assert advice.rate_ml_h is None
        assert advice.premedication == ()
    if advice.dose_mcg_day is not None:
        assert advice.dose_mcg_day <= rulebook.infusion.dose_cap_mcg_day
