"""What must hold for any examination at all."""

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import NeuroDomain, NeuroFindings
from blinwatch.core.icans.grade import IcansContext, IcansGrade, grade_icans
from tests.core.icans.icans_support import (
    CHILD,
    LOC_FROM_BEST,
    SEIZURES_FROM_BEST,
    WELL,
    contexts,
    examinations,
    examine,
)


def graded(rulebook: Rulebook, fields: dict[str, Any], context: IcansContext) -> IcansGrade:
    return grade_icans(NeuroFindings(**fields), context, rulebook)


@settings(max_examples=500)
@given(fields=examinations(), context=contexts())
def test_any_examination_gets_an_answer_that_explains_itself(
    rulebook: Rulebook, fields: dict[str, Any], context: IcansContext
) -> None:
    result = graded(rulebook, fields, context)
    assert result.code == ("ICANS_NOT_EVALUABLE" if result.grade is None else f"ICANS_G{result.grade}")
    assert result.rule_id in rulebook.citations
    assert result.because
    assert all("ICA-" in sentence or "DDI-12" in sentence for sentence in result.because)
    assert len(set(result.flags)) == len(result.flags)
    assert all(one.known == (one.grade is not None) and one.rule_id in rulebook.citations for one in result.domains)
    if fields.get("death_due_to") is None:
        known = [one.grade for one in result.domains if one.grade is not None]
        assert result.grade == (max(known) if any(known) or result.domains[0].known else None)
    if any(not one.known for one in result.domains):
        assert "INCOMPLETE" in result.flags


_WORSE = ("loc", "seizure", "motor_weakness", "cerebral_edema", "icp_sign", "ice_score", "capd_score")


def _worse_value(name: str, fields: dict[str, Any], draw: st.DataObject) -> Any:
    now = fields[name]
    if name == "ice_score":
        return draw.draw(st.integers(0, now))
    if name == "capd_score":
        return draw.draw(st.integers(now, 32))
    if name == "loc":
        return draw.draw(st.sampled_from(LOC_FROM_BEST[LOC_FROM_BEST.index(now) :]))
    if name == "seizure":
        return draw.draw(st.sampled_from(SEIZURES_FROM_BEST[SEIZURES_FROM_BEST.index(now) :]))
    return {"motor_weakness": "deep_focal", "cerebral_edema": "diffuse", "icp_sign": "posturing"}[name]


@settings(max_examples=400)
@given(fields=examinations(), context=contexts(), draw=st.data())
def test_the_grade_never_falls_when_one_domain_worsens(
    rulebook: Rulebook, fields: dict[str, Any], context: IcansContext, draw: st.DataObject
) -> None:
    charted = [name for name in _WORSE if name in fields]
    assume(charted)
    name = draw.draw(st.sampled_from(charted))
    # A better total beside items that are worse still changes nothing, so the items stay as they are.
    before = graded(rulebook, fields, context).grade
    after = graded(rulebook, {**fields, name: _worse_value(name, fields, draw)}, context).grade
    assert before is None or (after is not None and after >= before)


_ANSWERS = ("ice_score", "capd_score", "loc", "seizure", "motor_weakness")


@given(fields=examinations(), context=contexts(), name=st.sampled_from(_ANSWERS))
def test_forgetting_an_answer_never_makes_a_complete_grade_0(
    rulebook: Rulebook, fields: dict[str, Any], context: IcansContext, name: str
) -> None:
    assume(name in fields and not fields.get("ice_items") and not fields.get("capd_items"))
    before = graded(rulebook, fields, context)
    after = graded(rulebook, {key: value for key, value in fields.items() if key != name}, context)
    if after.grade == 0 and before.grade != 0:
        assert not after.complete


@given(name=st.sampled_from(["loc", "seizure", "motor_weakness", "capd_score"]))
def test_a_full_examination_without_one_answer_says_that_it_is_incomplete(rulebook: Rulebook, name: str) -> None:
    for base in (WELL, CHILD):
        result = examine(rulebook, {**base, name: None})
        assert result.complete is (base is WELL and name == "capd_score")


@given(fields=examinations(), sign=st.sampled_from(["cognition", "loc", "seizure", "motor"]))
def test_an_attribution_never_raises_a_grade(rulebook: Rulebook, fields: dict[str, Any], sign: NeuroDomain) -> None:
    before = graded(rulebook, fields, IcansContext())
    after = graded(rulebook, fields, IcansContext(attributed=(sign,)))
    assert after.grade is None or (before.grade is not None and after.grade <= before.grade)


@given(fields=examinations(), context=contexts())
def test_a_sedative_on_board_never_changes_a_grade(
    rulebook: Rulebook, fields: dict[str, Any], context: IcansContext
) -> None:
    without = IcansContext(last_grade=context.last_grade, attributed=context.attributed)
    assert graded(rulebook, fields, context).grade == graded(rulebook, fields, without).grade


@given(fields=examinations(), context=contexts(), order=st.randoms(use_true_random=False))
def test_the_order_of_items_and_marks_changes_nothing(
    rulebook: Rulebook, fields: dict[str, Any], context: IcansContext, order: Any
) -> None:
    turned = dict(fields)
    if "ice_items" in fields:
        pairs = list(fields["ice_items"].items())
        order.shuffle(pairs)
        turned["ice_items"] = dict(pairs)
    if "obs_age_h" in fields:
        turned["obs_age_h"] = dict(reversed(fields["obs_age_h"].items()))
    assert graded(rulebook, fields, context) == graded(rulebook, turned, context)
