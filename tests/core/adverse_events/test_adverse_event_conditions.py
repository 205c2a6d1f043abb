"""Findings of section F as alerts: keys, levels, domains, priorities and words."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_event_conditions import DOMAINS, adverse_event_conditions, conditions_of
from blinwatch.core.evidence import Condition
from blinwatch.core.patient_state import Judgement
from tests.core.adverse_events.support import START_MS, WELL_CHILD, at, book_of, charted, temperatures, view


def condition(found: tuple[Condition, ...], key: str) -> Condition:
    return next(one for one in found if one.key == key)


def test_a_patient_of_whom_nothing_was_judged_has_no_condition(rulebook: Rulebook) -> None:
    assert adverse_event_conditions(Judgement(patient_id="pt-1"), at(0), rulebook) == ()


def test_febrile_neutropenia_is_one_alert_whose_evidence_names_values_and_events(rulebook: Rulebook) -> None:
    hot = temperatures(rulebook, (1, 38.5))
    judged = view(rulebook, 1, hot, book_of(rulebook, ("anc", 0, 0.2)), temperature_c=38.5)
    found = adverse_event_conditions(Judgement(patient_id="pt-1", events=judged), at(1), rulebook)
    fever = condition(found, "FN")
    assert (fever.code, fever.domain, fever.level, fever.rule_id) == ("FN_ALERT", "infection", 2, "AE-FN")
    assert [(one.name, one.value, one.event_id) for one in fever.evidence] == [
        ("temperature", 38.5, None),
        ("neutrophil count", 0.2, "anc-0"),
    ]
    assert fever.evidence[1].observed_at is not None
    assert fever.since_ms == at(1)
    assert fever.hides == ()
    assert fever.summary.startswith("Temperature 38.5 °C")
    assert rulebook.cite(fever.rule_id)


def test_a_missing_count_and_febrile_neutropenia_are_degrees_of_one_alert(rulebook: Rulebook) -> None:
    hot = temperatures(rulebook, (1, 38.5))
    missing = conditions_of(view(rulebook, 1, hot, temperature_c=38.5), at(1), rulebook)
    assert (condition(missing, "FN").code, condition(missing, "FN").level) == ("FN_ANC_MISSING", 1)


def test_emergency_and_urgent_are_degrees_of_one_alert(rulebook: Rulebook) -> None:
    urgent = conditions_of(view(rulebook, 1, sbp_mmhg=88), at(1), rulebook)
    emergency = conditions_of(view(rulebook, 1, sbp_mmhg=88, heart_rate_bpm=140, temperature_c=38.5), at(1), rulebook)
    assert (condition(urgent, "NEWS2").code, condition(urgent, "NEWS2").level) == ("NEWS2_URGENT", 1)
    assert (condition(emergency, "NEWS2").code, condition(emergency, "NEWS2").level) == ("NEWS2_EMERGENCY", 2)
    assert condition(urgent, "NEWS2").domain == "vitals"


def test_what_cannot_be_evaluated_is_no_alert(rulebook: Rulebook) -> None:
    assert conditions_of(view(rulebook, 1, temperature_c=None, spo2_pct=None), at(1), rulebook) == ()


def test_every_finding_becomes_a_condition_of_a_known_domain_and_priority(rulebook: Rulebook) -> None:
    book = book_of(
        rulebook,
        ("urate", 0, 600), ("potassium", 0, 7), ("creatinine", 0, 500), ("alt", 0, 900), ("anc", 0, 0.1),
        ("lipase", 0, 900), ("ferritin", 0, 9000), ("fibrinogen", 0, 0.5), ("platelets", 0, 10), ("d_dimer", 0, 9),
        ("pt", 0, 40), ("albumin", 0, 15), ("lactate", 0, 12),
    )  # fmt: skip
    memory = charted(0, abdominal_pain=True, new_effusion_or_oedema=True, pews_behaviour=3, infection_suspected=True)
    child = conditions_of(
        view(rulebook, 30, memory, book, **{**WELL_CHILD, "infusion_start_ms": START_MS}), at(30), rulebook
    )
    assert {one.key for one in child} == {
        "NEUTROPENIA", "LIVER_LABS_OVERDUE", "TLS", "LIVER", "PANCREAS", "IECHS_SCREEN", "CAPILLARY_LEAK", "DIC_ISTH",
    }  # fmt: skip
    child = conditions_of(
        view(rulebook, 1, memory, book, **{**WELL_CHILD, "infusion_start_ms": START_MS}), at(1), rulebook
    )
    assert {one.key for one in child} == {
        "SEPSIS", "PEWS", "TLS", "LIVER", "NEUTROPENIA", "PANCREAS", "IECHS_SCREEN", "CAPILLARY_LEAK", "DIC_ISTH",
    }  # fmt: skip
    for one in child:
        assert one.domain in DOMAINS
        assert one.priority in ("high", "medium", "low")
        assert one.summary.endswith(".")
        assert one.code in rulebook.codes


@pytest.mark.parametrize("hours,code", [(1, "NEUTROPENIA_SEVERE"), (168, "NEUTROPENIA_PROLONGED")])
def test_a_long_neutropenia_escalates_its_own_alert_and_keeps_its_beginning(
    hours: float, code: str, rulebook: Rulebook
) -> None:
    book = book_of(rulebook, ("anc", 0, 0.2))
    found = condition(conditions_of(view(rulebook, hours, book=book), at(hours), rulebook), "NEUTROPENIA")
    assert (found.code, found.since_ms) == (code, at(0))


def test_every_code_of_section_f_has_words_and_a_rule(rulebook: Rulebook) -> None:
    own = [code for code in rulebook.codes.values() if any(rule.startswith("AE-") for rule in code.rules)]
    assert len(own) == 20
    for code in own:
        assert len(code.says) > 10
        assert all(rule in rulebook.citations for rule in code.rules)
