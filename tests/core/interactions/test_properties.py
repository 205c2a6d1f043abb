"""What holds for every question to the interaction check."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.findings import InteractionFindings, Purpose, Route, RunningSedative, Vaccine
from blinwatch.core.interactions.check import check_interactions
from blinwatch.core.interactions.drug_index import drug_entries

RULES = load_rulebook()
DRUGS = sorted(
    {entry.drug for entry in drug_entries(RULES.interactions)} | {"paracetamol", "dexamethasone", "tocilizumab"}
)
HOURS = st.none() | st.floats(0, 800) | st.sampled_from([2.0, 6.0, 8.0, 12.0, 24.0, 48.0, 168.0, 336.0, 504.0])
DAYS = st.none() | st.floats(-20, 40) | st.sampled_from([7.0, 14.0, 21.0])
FOLD = st.none() | st.floats(0, 10)
YES_NO = st.none() | st.booleans()
QUESTIONS = st.builds(
    InteractionFindings,
    drug=st.none() | st.sampled_from(DRUGS) | st.text(max_size=20),
    atc=st.none() | st.sampled_from(["B01AA03", "C07AB02", "N02AJ06", "L04AD02", "Z99", ""]),
    cycle=st.none() | st.integers(1, 6),
    cycle_day=st.none() | st.integers(-3, 30),
    hours_since_cycle_start=HOURS,
    hours_since_restart_or_step=HOURS,
    crs_grade_now=st.none() | st.integers(0, 5),
    days_since_crs=DAYS,
    icans_grade_now=st.none() | st.integers(0, 5),
    purpose=st.none() | st.sampled_from(get_args(Purpose)),
    hours_since_dose=HOURS,
    route=st.none() | st.sampled_from(get_args(Route)),
    vaccine=st.none() | st.sampled_from(get_args(Vaccine)),
    days_before_start=DAYS,
    days_after_last_dose=DAYS,
    b_cell_recovered=YES_NO,
    on_infusion=YES_NO,
    same_lumen=YES_NO,
    days_since_tocilizumab=DAYS,
    days_since_il6_blocker=DAYS,
    alt_x_uln=FOLD,
    ast_x_uln=FOLD,
    qtc_ms=st.none() | st.floats(300, 600),
    potassium_mmol_l=st.none() | st.floats(2, 6),
    magnesium_mmol_l=st.none() | st.floats(0.3, 1.2),
    qt_drug_count=st.none() | st.integers(0, 4),
    benzyl_alcohol_source=YES_NO,
    benzyl_min_weight_kg=st.none() | st.floats(1, 30),
    weight_kg=st.none() | st.floats(2, 100),
    age_years=st.none() | st.floats(0, 90),
    preservative=YES_NO,
    bag_type_h=st.none() | st.sampled_from([24.0, 48.0, 72.0, 96.0, 168.0, 100.0]),
    running=st.sampled_from([(), ("propofol",), get_args(RunningSedative)]),
    dose_g_m2=st.none() | st.floats(0, 5),
    cranial_rt_history=YES_NO,
    daily_dose_g=st.none() | st.floats(0, 8),
)


@settings(max_examples=500)
@given(question=QUESTIONS)
def test_every_question_gets_an_ordered_answer_with_reasons(question: InteractionFindings) -> None:
    verdict = check_interactions(question, RULES)
    order = RULES.interactions.headline_order
    places = [order.index(code) for code in verdict.codes]
    assert verdict.findings
    assert places == sorted(places)
    assert verdict.headline == verdict.codes[0]
    assert ("DDI_NONE" in verdict.codes) == (verdict.codes == ("DDI_NONE",))
    assert "DDI_NOT_EVALUABLE" not in verdict.codes or "INCOMPLETE" in verdict.flags
    for finding in verdict.findings:
        advice = RULES.interactions.advice[finding.code]
        assert (finding.rule_id, finding.severity, finding.evidence_level) == (
            *(advice.rule, advice.severity, advice.evidence),
        )
        assert finding.because.endswith(f"({finding.rule_id})")
        assert finding.management.startswith(advice.do)


TIMES = ("hours_since_dose", "days_since_tocilizumab", "days_since_il6_blocker", "days_since_crs")
TIMED_CODES = {
    *("CONF_SEDATIVE_ICANS", "MASK_ANTIPYRETIC", "MASK_IL6", "DDI_INTRATHECAL_NEURO", "DDI_TOCI_CYP_REBOUND"),
}


@settings(max_examples=300)
@given(question=QUESTIONS, field=st.sampled_from(TIMES), share=st.floats(0, 1))
def test_a_code_with_a_time_limit_never_begins_by_waiting(
    question: InteractionFindings, field: str, share: float
) -> None:
    later = getattr(question, field)
    if later is None or later < 0:
        return
    earlier = replace(question, **{field: later * share})
    now, before = check_interactions(question, RULES), check_interactions(earlier, RULES)
    assert TIMED_CODES & set(now.codes) <= set(before.codes)


@settings(max_examples=300)
@given(question=QUESTIONS)
def test_a_time_that_nobody_knows_counts_as_within_its_limit(question: InteractionFindings) -> None:
    known = check_interactions(question, RULES)
    unknown = check_interactions(replace(question, hours_since_dose=None), RULES)
    assert TIMED_CODES & set(known.codes) <= set(unknown.codes)


WORSE: dict[str, Any] = {
    "crs_grade_now": 4,
    "qtc_ms": 600.0,
    "potassium_mmol_l": 2.0,
    "magnesium_mmol_l": 0.3,
    "alt_x_uln": 20.0,
    "same_lumen": True,
    "on_infusion": True,
    "cranial_rt_history": True,
    "daily_dose_g": 9.0,
}


@pytest.mark.parametrize("field", sorted(WORSE))
@settings(max_examples=60)
@given(question=QUESTIONS)
def test_a_worse_value_never_takes_a_warning_away(field: str, question: InteractionFindings) -> None:
    """But for corticosteroids, which severe CRS justifies, and the three grades of DDI-1 to 3, of which one holds."""
    exempt = {"DDI_NONE", "DDI_NOT_EVALUABLE", "DDI_STEROID_ANTAGONISM", "DDI_CYP_NTI_INFO"}
    before = set(check_interactions(question, RULES).codes) - exempt
    after = set(check_interactions(replace(question, **{field: WORSE[field]}), RULES).codes)
    assert before <= after


@given(question=QUESTIONS)
def test_the_same_question_gets_the_same_answer(question: InteractionFindings) -> None:
    assert check_interactions(question, RULES) == check_interactions(replace(question), RULES)
