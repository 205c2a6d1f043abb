"""Which interactions become alerts, and what an alert says."""

from dataclasses import replace

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.interaction_conditions import conditions_of, interaction_conditions
from blinwatch.core.interactions.live import InteractionFacts, judge_interactions
from blinwatch.core.patient_state import Judgement
from tests.core.interactions.support import book_of, dose, ms

CYCLE_1 = InteractionFacts(cycle=1, cycle_start_ms=ms(0), crs_grade_now=0, infusing=True)


def test_one_alert_a_code_and_drug_that_says_what_to_do(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "warfarin", event_id="dose-1"))
    view = judge_interactions(book, CYCLE_1, ms(30), rulebook)
    (condition,) = conditions_of(view, ms(30), rulebook)
    assert (condition.key, condition.code, condition.rule_id) == (
        "DDI_CYP_NTI_HIGH:warfarin",
        "DDI_CYP_NTI_HIGH",
        "DDI-1",
    )
    assert (condition.domain, condition.scale, condition.priority) == ("interaction", "label", "medium")
    assert "cycle 1 day 2" in condition.summary
    assert "INR daily" in condition.summary
    assert ("last dose of warfarin", "dose-1") in [(one.name, one.event_id) for one in condition.evidence]
    assert ("level of evidence", "label") in [(one.name, one.value) for one in condition.evidence]


def test_information_masking_and_confounding_raise_nothing(rulebook: Rulebook) -> None:
    book = book_of(
        rulebook,
        dose(460, "warfarin"),
        dose(460, "digoxin"),
        dose(460, "paracetamol"),
        dose(460, "bisoprolol"),
        dose(460, "lorazepam"),
        dose(460, "tocilizumab", event_id="t"),
        dose(460, "dexamethasone", purpose="premed"),
        dose(460, "wonderdrug"),
    )
    without_blocker = replace(book, drugs=tuple(one for one in book.drugs if one.drug != "tocilizumab"))
    view = judge_interactions(without_blocker, CYCLE_1, ms(461), rulebook)
    assert set(view.codes) == {
        *("CONF_SEDATIVE_ICANS", "MASK_ANTIPYRETIC", "MASK_BETA_BLOCKER", "DDI_CYP_NTI_INFO", "DDI_PGP_INFO"),
        "DDI_STEROID_OK",
    }
    assert conditions_of(view, ms(461), rulebook) == ()
    with_blocker = conditions_of(judge_interactions(book, CYCLE_1, ms(461), rulebook), ms(461), rulebook)
    assert [one.key for one in with_blocker] == ["DDI_TOCI_CYP_REBOUND:warfarin"]


def test_qt_and_blood_pressure_are_one_alert_that_rises_with_another_drug(rulebook: Rulebook) -> None:
    facts = replace(CYCLE_1, qtc_ms=510.0)
    one = book_of(rulebook, dose(1, "ondansetron"), dose(1, "lisinopril"))
    two = book_of(
        rulebook, dose(1, "ondansetron"), dose(1, "lisinopril"), dose(2, "haloperidol"), dose(2, "amlodipine")
    )
    first = {c.key: c for c in conditions_of(judge_interactions(one, facts, ms(3), rulebook), ms(3), rulebook)}
    then = {c.key: c for c in conditions_of(judge_interactions(two, facts, ms(3), rulebook), ms(3), rulebook)}
    assert set(first) == set(then) == {"DDI_QT", "DDI_HYPOTENSIVE"}
    assert (first["DDI_QT"].level, then["DDI_QT"].level) == (1, 2)
    assert (then["DDI_QT"].priority, then["DDI_HYPOTENSIVE"].priority) == ("high", "low")
    assert "Lisinopril" in then["DDI_HYPOTENSIVE"].summary
    assert "Amlodipine" in then["DDI_HYPOTENSIVE"].summary


def test_the_window_hides_what_the_same_drug_raises_besides(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "tacrolimus"), dose(2, "mycophenolate"), dose(3, "tocilizumab"))
    found = {c.key: c for c in conditions_of(judge_interactions(book, CYCLE_1, ms(4), rulebook), ms(4), rulebook)}
    assert set(found) == {
        "DDI_CYP_NTI_HIGH:tacrolimus",
        "DDI_TOCI_CYP_REBOUND:tacrolimus",
        "DDI_IMMUNOSUPPRESSANT:tacrolimus",
        "DDI_IMMUNOSUPPRESSANT:mycophenolate",
    }
    assert set(found["DDI_CYP_NTI_HIGH:tacrolimus"].hides) == {
        "DDI_IMMUNOSUPPRESSANT:tacrolimus",
        "DDI_TOCI_CYP_REBOUND:tacrolimus",
    }
    assert found["DDI_IMMUNOSUPPRESSANT:mycophenolate"].hides == ()


def test_an_inhibitor_given_too_is_named(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "tacrolimus"), dose(2, "posaconazole"))
    found = {c.key: c for c in conditions_of(judge_interactions(book, CYCLE_1, ms(4), rulebook), ms(4), rulebook)}
    assert "Posaconazole, given too" in found["DDI_CYP_NTI_HIGH:tacrolimus"].summary
    assert "given too" not in found["DDI_IMMUNOSUPPRESSANT:tacrolimus"].summary


def test_high_priority_is_kept_for_what_harms_at_once(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "MMR"), dose(2, "ceftriaxone", same_lumen=True), dose(3, "cefepime"))
    found = conditions_of(judge_interactions(book, CYCLE_1, ms(4), rulebook), ms(4), rulebook)
    assert {c.code: c.priority for c in found} == {
        "DDI_LIVE_VACCINE": "high",
        "DDI_Y_SITE": "high",
        "DDI_SEIZURE_THRESHOLD": "low",
    }


def test_one_drug_by_two_routes_is_one_alert(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "ciclosporin", route="iv"), dose(2, "ciclosporin", route="oral"))
    found = conditions_of(judge_interactions(book, CYCLE_1, ms(4), rulebook), ms(4), rulebook)
    assert len({c.key for c in found}) == len(found) == 2


def test_a_judgement_s_conditions_are_those_of_its_view(rulebook: Rulebook) -> None:
    view = judge_interactions(book_of(rulebook, dose(1, "warfarin")), CYCLE_1, ms(4), rulebook)
    judged = Judgement(patient_id="p-1", interactions=view)
    assert interaction_conditions(judged, ms(4), rulebook) == conditions_of(view, ms(4), rulebook) != ()
    assert interaction_conditions(Judgement(patient_id="p-1"), ms(4), rulebook) == ()
