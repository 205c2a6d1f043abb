"""The product's interaction check against a second reading of section E: every code, on generated questions."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.findings import InteractionFindings
from blinwatch.core.interactions.check import check_interactions
from tests.cases.section_e.reading import DRUGS, Reading

HEADLINES: list[str] = [
    "DDI_LIVE_VACCINE",
    "DDI_Y_SITE",
    "DDI_BENZYL_ALCOHOL_LOAD",
    "DDI_QT",
    "DDI_CYP_NTI_HIGH",
    "DDI_TOCI_CYP_REBOUND",
    "DDI_SEIZURE_THRESHOLD",
    "DDI_HYPOTENSIVE",
    "DDI_CYP_NTI_MOD",
    "DDI_STEROID_ANTAGONISM",
    "DDI_IMMUNOSUPPRESSANT",
    "CONF_SEDATIVE_ICANS",
    "DDI_INTRATHECAL_NEURO",
    "DDI_HEPATOTOXIC",
    "MASK_IL6",
    "MASK_ANTIPYRETIC",
    "MASK_BETA_BLOCKER",
    "DDI_CYP_NTI_INFO",
    "DDI_PGP_INFO",
    "DDI_STEROID_OK",
    "DDI_NOT_EVALUABLE",
    "DDI_NONE",
]
"""Section E, headline order."""
EDGES: dict[str, list[Any]] = {
    # Both sides of every limit of section E.
    "cycle": [1, 2, 3, 4],
    "cycle_day": [1, 2, 3, 9, 10, 28],
    "hours_since_cycle_start": [0, 24, 47.9, 48, 215.9, 216, 500],
    "hours_since_dose": [0, 2, 2.1, 6, 6.1, 8, 8.1, 12, 12.1, 24, 24.1, 48, 48.1, 168, 168.1, 336, 336.1, 504, 504.1],
    "hours_since_restart_or_step": [0, 48, 48.1],
    "crs_grade_now": [0, 1, 2, 3],
    "days_since_crs": [0, 7, 7.1],
    "icans_grade_now": [0, 1, 2, 3],
    "purpose": ["premed", "prephase", "crs_treatment", "neuro_treatment", "replacement", "other"],
    "route": ["iv", "oral", "intrathecal", "transdermal"],
    "same_lumen": [True, False],
    "days_since_tocilizumab": [1, 21, 21.1],
    "days_since_il6_blocker": [1, 21, 21.1],
    "alt_x_uln": [1, 3, 3.1],
    "ast_x_uln": [1, 3, 3.1],
    "qtc_ms": [499.9, 500],
    "qt_drug_count": [1, 2],
    "potassium_mmol_l": [3.4, 3.5],
    "magnesium_mmol_l": [0.69, 0.7],
    "benzyl_alcohol_source": [True, False],
    "weight_kg": [5.3, 5.4, 21.9, 22],
    "benzyl_min_weight_kg": [5.4],
    "preservative": [True, False],
    "bag_type_h": [24, 48, 72, 96, 168],
    "label_region": ["US", "EU"],
    "age_years": [0.05, 0.08, 30],
    "running": [["propofol"], ["dexmedetomidine"]],
    "dose_g_m2": [0.99, 1, 5],
    "cranial_rt_history": [True, False],
    "daily_dose_g": [4, 4.1],
}
TIMES_OF_A_VACCINE: dict[str, list[Any]] = {
    "days_before_start": [0, 13.9, 14, 30],
    "days_after_last_dose": [1, 300],
}


def some_of(edges: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in edges.items()})


FINDINGS = TypeAdapter(InteractionFindings)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """The day of the cycle is told in one way, not in two that contradict each other."""
    question = {"drug": draw(st.sampled_from(DRUGS)), **draw(some_of(EDGES))}
    if "cycle_day" in question:
        question.pop("hours_since_cycle_start", None)
    return question


@st.composite
def vaccinations(draw: st.DrawFn) -> dict[str, Any]:
    """A vaccine with a time on one side of the treatment or none, never on both."""
    question: dict[str, Any] = {"vaccine": draw(st.sampled_from(["live", "inactivated"]))}
    side = draw(st.sampled_from([*TIMES_OF_A_VACCINE, None]))
    if side is not None:
        question[side] = draw(st.sampled_from(TIMES_OF_A_VACCINE[side]))
    more = {"b_cell_recovered": [True, False], "on_infusion": [True, False], "same_lumen": [True]}
    return {**question, **draw(some_of(more))}


@cache
def the_rulebook() -> Rulebook:
    """No fixture: hypothesis would print all of it beside each question that fails."""
    return load_rulebook()


def agree(question: dict[str, Any]) -> None:
    findings = FINDINGS.validate_json(json.dumps(question))
    verdict = check_interactions(findings, the_rulebook())
    expected = Reading(question)
    assert {finding.code for finding in verdict.findings} == expected.codes
    assert verdict.headline == min(expected.codes, key=HEADLINES.index)
    if expected.incomplete:
        assert "INCOMPLETE" in verdict.flags


@settings(max_examples=800, deadline=None)
@given(question=questions())
def test_every_code_of_a_drug_is_as_the_reference_reads(question: dict[str, Any]) -> None:
    agree(question)


@settings(max_examples=200, deadline=None)
@given(question=vaccinations())
def test_every_code_of_a_vaccine_is_as_the_reference_reads(question: dict[str, Any]) -> None:
    agree(question)


@pytest.mark.parametrize("drug", DRUGS)
def test_each_drug_alone_is_as_the_reference_reads(drug: str) -> None:
    agree({"drug": drug})
    agree({"drug": drug, "cycle": 1, "cycle_day": 9})
    agree({"drug": drug, "cycle": 3, "cycle_day": 9})
