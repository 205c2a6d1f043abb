"""A finding of the laboratory is not lifted by silence, only by a newer result or by a week."""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import carried_on
from blinwatch.core.adverse_events.verdict import EventVerdict
from blinwatch.core.labs.lab_book import NO_LABS
from tests.core.adverse_events.support import NOTHING_REMEMBERED, START_MS, at, charted, facts, judge_adverse_events
from tests.core.labs.lab_support import book_of


def liver(rulebook: Rulebook, hours: float, *results: tuple[str, float, float]) -> EventVerdict:
    view = judge_adverse_events(NOTHING_REMEMBERED, book_of(rulebook, *results), facts(), at(hours), rulebook)
    found = view.get("AE-LIVER")
    assert found is not None
    return found


def test_a_liver_finding_stands_when_nobody_takes_blood_again(rulebook: Rulebook) -> None:
    fresh = liver(rulebook, 24, ("alt", 0, 300), ("ast", 0, 30), ("bilirubin", 0, 9))
    assert (fresh.code, "INCOMPLETE" in fresh.flags) == ("LIVER_G3", False)
    old = liver(rulebook, 24.001, ("alt", 0, 300), ("ast", 0, 30), ("bilirubin", 0, 9))
    assert (old.code, "INCOMPLETE" in old.flags) == ("LIVER_G3", True)
    assert "repeat them now" in old.because[-1]


def test_a_newer_normal_result_lifts_it_even_beside_old_ones(rulebook: Rulebook) -> None:
    assert liver(rulebook, 30, ("alt", 0, 300), ("ast", 0, 30), ("alt", 26, 30)).code == "LIVER_NOT_EVALUABLE"


def test_after_a_week_it_is_not_evaluable_any_more(rulebook: Rulebook) -> None:
    assert liver(rulebook, 168, ("alt", 0, 300)).code == "LIVER_G3"
    assert liver(rulebook, 168.001, ("alt", 0, 300)).code == "LIVER_NOT_EVALUABLE"


def test_an_old_normal_result_reassures_nobody(rulebook: Rulebook) -> None:
    assert liver(rulebook, 30, ("alt", 0, 20), ("ast", 0, 20), ("bilirubin", 0, 9)).code == "LIVER_NOT_EVALUABLE"


def test_a_seizure_a_day_after_laboratory_tumour_lysis_makes_it_clinical(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("urate", 4, 500), ("potassium", 4, 6.4))
    live = facts(infusion_start_ms=START_MS)
    before = judge_adverse_events(NOTHING_REMEMBERED, book, live, at(40), rulebook).get("AE-TLS")
    assert before is not None
    assert before.code == "TLS_LABORATORY"
    after = judge_adverse_events(charted(40, seizure=True), book, live, at(40), rulebook).get("AE-TLS")
    assert after is not None
    assert (after.code, "INCOMPLETE" in after.flags) == ("TLS_CLINICAL", True)


def test_a_score_does_not_fall_because_nobody_looked_again(rulebook: Rulebook) -> None:
    hours = at(1)
    drowsy = judge_adverse_events(NOTHING_REMEMBERED, NO_LABS, facts(consciousness="voice"), hours, rulebook)
    unknown = judge_adverse_events(NOTHING_REMEMBERED, NO_LABS, facts(consciousness=None), hours, rulebook)
    well = judge_adverse_events(NOTHING_REMEMBERED, NO_LABS, facts(), hours, rulebook)
    assert drowsy.codes == ("NEWS2_URGENT",)
    assert unknown.codes == well.codes == ()
    carried = carried_on(drowsy, unknown)
    assert carried.codes == ("NEWS2_URGENT",)
    assert "INCOMPLETE" in carried.holding[0].flags
    assert carried_on(carried, unknown).codes == ("NEWS2_URGENT",)
    assert carried_on(carried, well).codes == ()
    assert carried_on(None, unknown).codes == ()
