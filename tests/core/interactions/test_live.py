"""The interaction check of a running treatment."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.interactions.drug_book import NO_DRUGS, DrugBook
from blinwatch.core.interactions.live import (
    NO_FACTS,
    InteractionFacts,
    InteractionView,
    OpenWindow,
    judge_interactions,
    next_change_ms,
)
from tests.core.interactions.support import DAY_MS, ask, book_of, codes_of, dose, ms, view_of

RULES = load_rulebook()
CYCLE_1 = InteractionFacts(cycle=1, cycle_start_ms=ms(0), crs_grade_now=0, infusing=True)
HIGH, MOD, INFO = "DDI_CYP_NTI_HIGH", "DDI_CYP_NTI_MOD", "DDI_CYP_NTI_INFO"


def test_no_drugs_no_interactions(rulebook: Rulebook) -> None:
    view = judge_interactions(NO_DRUGS, CYCLE_1, ms(5), rulebook)
    assert (view.headline, view.codes, view.drugs, view.flags) == ("DDI_NONE", (), (), ())
    assert next_change_ms(NO_DRUGS, NO_FACTS, ms(5), rulebook) is None


@pytest.mark.parametrize("hours, code", [(0, HIGH), (215.999, HIGH), (216, INFO)])
def test_warfarin_is_watched_until_the_end_of_day_9(rulebook: Rulebook, hours: float, code: str) -> None:
    book = book_of(rulebook, dose(-10, "warfarin"))
    view = judge_interactions(book, CYCLE_1, ms(hours), rulebook)
    assert codes_of(view, "warfarin") == (code,)
    assert view.cycle_window_until_ms == (ms(216) if code == HIGH else None)


def test_before_the_first_drop_the_window_is_already_assumed(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(-10, "warfarin"))
    view = judge_interactions(book, replace(CYCLE_1, cycle_start_ms=None), ms(-5), rulebook)
    assert codes_of(view, "warfarin") == (HIGH,)
    assert view.flags == ("INCOMPLETE",)


@pytest.mark.parametrize(
    "facts, code",
    [
        ({"last_step_ms": ms(400)}, MOD),
        ({"last_step_ms": ms(400) - 1}, INFO),
        ({"last_restart_after_4h_ms": ms(400)}, MOD),
        ({"last_step_ms": ms(100), "last_restart_after_4h_ms": ms(440)}, MOD),
        ({"last_step_ms": ms(500)}, INFO),
        ({"crs_grade_now": 1}, MOD),
        ({"crs_last_g1_ms": ms(448) - 7 * DAY_MS}, MOD),
        ({"crs_last_g1_ms": ms(448) - 7 * DAY_MS - 1}, INFO),
    ],
)
def test_a_step_a_restart_or_crs_counts_by_its_moment(rulebook: Rulebook, facts: dict[str, int], code: str) -> None:
    book = book_of(rulebook, dose(440, "warfarin"))
    view = judge_interactions(book, replace(CYCLE_1, **facts), ms(448), rulebook)
    assert codes_of(view, "warfarin") == (code,)


def test_windows_close_one_after_the_other(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(240, "fentanyl"))
    view = judge_interactions(book, CYCLE_1, ms(246), rulebook)
    assert view.sedatives_on_board == ("fentanyl",)
    assert view_of(view, "fentanyl").windows == (OpenWindow("DDI-1", ms(288)), OpenWindow("DDI-12", ms(246)))
    view = judge_interactions(book, CYCLE_1, ms(246) + 1, rulebook)
    assert view.sedatives_on_board == ()
    assert view_of(view, "fentanyl").windows == (OpenWindow("DDI-1", ms(288)),)
    assert view_of(view, "fentanyl").headline == INFO
    assert judge_interactions(book, CYCLE_1, ms(288) + 1, rulebook).drugs == ()


def test_a_running_infusion_counts_as_given_now(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(0, "propofol", action="started"))
    view = judge_interactions(book, CYCLE_1, ms(100), rulebook)
    assert view.sedatives_on_board == ("propofol",)
    assert view_of(view, "propofol").windows == (OpenWindow("DDI-12", None),)
    stopped = book_of(rulebook, dose(0, "propofol", action="started"), dose(100, "propofol", action="stopped"))
    assert judge_interactions(stopped, CYCLE_1, ms(102), rulebook).sedatives_on_board == ("propofol",)
    assert judge_interactions(stopped, CYCLE_1, ms(102) + 1, rulebook).sedatives_on_board == ()


def test_masking_drugs_and_the_heart_rate(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "paracetamol"), dose(2, "bisoprolol"), dose(3, "tocilizumab"), dose(4, "warfarin"))
    view = judge_interactions(book, CYCLE_1, ms(9), rulebook)
    assert view.masking_drugs == ("bisoprolol", "paracetamol", "tocilizumab")
    assert view.heart_rate_masked
    assert view.headline == HIGH
    assert codes_of(view, "warfarin") == (HIGH, "DDI_TOCI_CYP_REBOUND", "MASK_IL6")
    view = judge_interactions(book, CYCLE_1, ms(9) + 1, rulebook)
    assert view.masking_drugs == ("bisoprolol", "tocilizumab")
    assert not judge_interactions(book, CYCLE_1, ms(51), rulebook).heart_rate_masked


def test_unknown_drugs_are_listed(rulebook: Rulebook) -> None:
    view = judge_interactions(book_of(rulebook, dose(1, "Wonderdrug 5 mg")), CYCLE_1, ms(2), rulebook)
    assert view.unknown_drugs == ("Wonderdrug 5 mg",)
    assert view.flags == ("DRUG_UNKNOWN",)
    assert judge_interactions(book_of(rulebook, dose(1, "heparin")), CYCLE_1, ms(2), rulebook).unknown_drugs == ()


def test_qt_drugs_are_counted_together(rulebook: Rulebook) -> None:
    low_potassium = replace(CYCLE_1, cycle=3, potassium_mmol_l=3.2, magnesium_mmol_l=0.9, qtc_ms=440.0)
    one = book_of(rulebook, dose(1, "ondansetron"))
    two = book_of(rulebook, dose(1, "ondansetron"), dose(2, "ondansetron", route="iv"), dose(3, "haloperidol"))
    assert "DDI_QT" not in judge_interactions(one, low_potassium, ms(4), rulebook).codes
    view = judge_interactions(two, low_potassium, ms(4), rulebook)
    assert view.headline == "DDI_QT"
    assert {drug.drug for drug in view.drugs if "DDI_QT" in [one.code for one in drug.findings]} == {
        *("ondansetron", "haloperidol"),
    }
    assert "DDI_QT" not in judge_interactions(two, low_potassium, ms(51) + 1, rulebook).codes


def test_an_inhibitor_given_beside_a_substrate_is_flagged(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "tacrolimus"), dose(2, "posaconazole"), dose(3, "voriconazole"))
    view = judge_interactions(book, CYCLE_1, ms(4), rulebook)
    assert view_of(view, "tacrolimus").inhibitors == ("posaconazole", "voriconazole")
    assert view_of(view, "voriconazole").inhibitors == ("posaconazole",)
    assert view_of(view, "posaconazole").inhibitors == ()
    assert "CYP_INHIBITOR" in view.flags
    alone = judge_interactions(book_of(rulebook, dose(2, "posaconazole")), CYCLE_1, ms(4), rulebook)
    assert "CYP_INHIBITOR" not in alone.flags


@pytest.mark.parametrize(
    "given_h, facts, at_h, code",
    [
        (-336.0, CYCLE_1, 1.0, None),
        (-335.9, CYCLE_1, 1.0, "DDI_LIVE_VACCINE"),
        (10.0, CYCLE_1, 11.0, "DDI_LIVE_VACCINE"),
        (-400.0, replace(CYCLE_1, cycle=2), 1.0, "DDI_LIVE_VACCINE"),
        (-100.0, replace(CYCLE_1, cycle_start_ms=None), 235.9, "DDI_LIVE_VACCINE"),
        (-100.0, replace(CYCLE_1, cycle_start_ms=None), 236.0, None),
        (700.0, replace(CYCLE_1, therapy_ended_ms=ms(672)), 701.0, "DDI_LIVE_VACCINE"),
        (700.0, replace(CYCLE_1, therapy_ended_ms=ms(672), b_cell_recovered=True), 701.0, None),
        (600.0, replace(CYCLE_1, therapy_ended_ms=ms(672), b_cell_recovered=True), 701.0, "DDI_LIVE_VACCINE"),
    ],
)
def test_a_live_vaccine_around_treatment(
    rulebook: Rulebook, given_h: float, facts: InteractionFacts, at_h: float, code: str | None
) -> None:
    for event in (dose(given_h, "varicella vaccine"), dose(given_h, "some vaccine", vaccine="live")):
        view = judge_interactions(book_of(rulebook, event), facts, ms(at_h), rulebook)
        assert view.codes == (() if code is None else (code,))


def test_an_inactivated_vaccine_raises_nothing(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "some vaccine", vaccine="inactivated"))
    view = judge_interactions(book, CYCLE_1, ms(2), rulebook)
    assert (view.codes, view.flags, view.unknown_drugs) == ((), (), ())


def test_a_taper_after_severe_crs_stays_expected_use(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "dexamethasone", purpose="crs_treatment"))
    after_grade_3 = replace(CYCLE_1, crs_grade_now=0, crs_episode_grade=3)
    assert judge_interactions(book, after_grade_3, ms(2), rulebook).codes == ("DDI_STEROID_OK",)
    after_grade_2 = replace(CYCLE_1, crs_grade_now=0, crs_episode_grade=2)
    assert judge_interactions(book, after_grade_2, ms(2), rulebook).codes == ("DDI_STEROID_ANTAGONISM",)
    other = book_of(rulebook, dose(1, "dexamethasone", purpose="other"))
    assert judge_interactions(other, after_grade_3, ms(2), rulebook).codes == ("DDI_STEROID_ANTAGONISM",)
    neuro = book_of(rulebook, dose(1, "dexamethasone", purpose="neuro_treatment"))
    after_icans = replace(CYCLE_1, icans_grade_now=0, icans_episode_grade=2)
    assert judge_interactions(neuro, after_icans, ms(2), rulebook).codes == ("DDI_STEROID_OK",)
    unknown_now = replace(CYCLE_1, crs_grade_now=None, crs_episode_grade=4)
    assert judge_interactions(book, unknown_now, ms(2), rulebook).codes == ("DDI_STEROID_OK",)


def test_the_episode_s_grade_serves_its_treatment_only(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(400, "lisinopril"))
    facts = replace(CYCLE_1, crs_grade_now=0, crs_episode_grade=3)
    assert judge_interactions(book, facts, ms(401), rulebook).codes == ()


def test_a_dose_through_the_wrong_lumen_is_shown_for_24_hours(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(10, "ceftriaxone", same_lumen=True), dose(20, "ceftriaxone"))
    assert judge_interactions(book, CYCLE_1, ms(34), rulebook).codes == ("DDI_Y_SITE",)
    assert judge_interactions(book, CYCLE_1, ms(34) + 1, rulebook).codes == ()


def test_an_infusion_through_the_wrong_lumen_is_shown_while_it_runs(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(10, "ceftriaxone", same_lumen=True, action="started"))
    assert judge_interactions(book, CYCLE_1, ms(80), rulebook).codes == ("DDI_Y_SITE",)
    moved = book_of(
        rulebook,
        dose(10, "ceftriaxone", same_lumen=True, action="started"),
        dose(20, "ceftriaxone", action="stopped"),
        dose(21, "ceftriaxone", same_lumen=False, action="started"),
    )
    assert judge_interactions(moved, CYCLE_1, ms(34), rulebook).codes == ("DDI_Y_SITE",)
    assert judge_interactions(moved, CYCLE_1, ms(34) + 1, rulebook).codes == ()


@pytest.mark.parametrize(
    "facts, code",
    [
        ({}, "DDI_BENZYL_ALCOHOL_LOAD"),
        ({"infusing": False}, None),
        ({"infusing": None}, "DDI_BENZYL_ALCOHOL_LOAD"),
        ({"weight_kg": 22.0}, None),
        ({"bag_type_h": 48.0}, None),
        ({"weight_kg": None}, "DDI_NOT_EVALUABLE"),
        ({"weight_kg": None, "age_years": 0.05}, "DDI_BENZYL_ALCOHOL_LOAD"),
    ],
)
def test_benzyl_alcohol_beside_a_preserved_bag(rulebook: Rulebook, facts: dict[str, Any], code: str | None) -> None:
    book = book_of(rulebook, dose(1, "heparin flush", benzyl_alcohol_source=True))
    small = replace(CYCLE_1, weight_kg=10.0, bag_type_h=168.0)
    view = judge_interactions(book, replace(small, **facts), ms(25), rulebook)
    assert view.codes == (() if code is None else (code,))
    assert judge_interactions(book, replace(small, **facts), ms(25) + 1, rulebook).codes == ()


def test_a_high_dose_counts_from_its_own_time(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(0, "methotrexate", dose_g_m2=3.0), dose(100, "methotrexate", dose_g_m2=0.02))
    facts = replace(CYCLE_1, cranial_rt_history=False)
    assert judge_interactions(book, facts, ms(168), rulebook).codes == ("DDI_INTRATHECAL_NEURO",)
    assert judge_interactions(book, facts, ms(168) + 1, rulebook).codes == ()
    irradiated = replace(CYCLE_1, cranial_rt_history=True)
    assert judge_interactions(book, irradiated, ms(268), rulebook).codes == ("DDI_INTRATHECAL_NEURO",)


def test_laboratory_values_count_while_they_are_given(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "fluconazole"))
    assert judge_interactions(book, replace(CYCLE_1, ast_x_uln=3.1), ms(2), rulebook).codes == ("DDI_HEPATOTOXIC",)
    view = judge_interactions(book, CYCLE_1, ms(2), rulebook)
    assert (view.codes, view.flags) == ((), ("INCOMPLETE",))


# --- one check, two ways in ------------------------------------------------------------------------------------------

LIVE_DRUGS = (
    *("warfarin", "tacrolimus", "fentanyl", "clozapine", "digoxin", "prednisone", "mycophenolate", "ibuprofen"),
    *("paracetamol", "bisoprolol", "lisinopril", "lorazepam", "cefepime", "wonderdrug", "heparin", "fluconazole"),
)
OPTIONAL = {
    "cycle": st.integers(1, 4),
    "crs_grade_now": st.integers(0, 4),
    "icans_grade_now": st.integers(0, 4),
    "weight_kg": st.sampled_from([5.0, 21.9, 22.0, 70.0]),
    "bag_type_h": st.sampled_from([24.0, 72.0, 168.0]),
    "cranial_rt_history": st.booleans(),
    "alt_x_uln": st.sampled_from([1.0, 3.0, 3.1]),
    "ast_x_uln": st.sampled_from([1.0, 3.0, 3.1]),
    "potassium_mmol_l": st.sampled_from([3.4, 3.5, 4.0]),
    "magnesium_mmol_l": st.sampled_from([0.6, 0.7]),
    "qtc_ms": st.sampled_from([430.0, 499.0, 500.0]),
}
FACTS = st.fixed_dictionaries({}, optional=OPTIONAL)


@settings(max_examples=300)
@given(drug=st.sampled_from(LIVE_DRUGS), said=FACTS, started_h=st.integers(0, 400), since_h=st.integers(0, 47))
def test_the_live_view_is_the_charted_check_of_the_same_facts(
    drug: str, said: dict[str, Any], started_h: int, since_h: int
) -> None:
    at_h = started_h + since_h
    facts = InteractionFacts(**said, cycle_start_ms=ms(0))
    view = judge_interactions(book_of(RULES, dose(started_h, drug)), facts, ms(at_h), RULES)
    charted = ask(RULES, drug=drug, **said, hours_since_cycle_start=float(at_h), hours_since_dose=float(since_h))
    assert codes_of(view, drug) == tuple(code for code in charted.codes if code != "DDI_NONE")
    assert view_of(view, drug).flags == charted.flags
    assert view_of(view, drug).headline == charted.headline


# --- time alone -------------------------------------------------------------------------------------------------------


@st.composite
def books(draw: st.DrawFn) -> DrugBook:
    events = [
        dose(
            draw(st.integers(-400, 300)),
            draw(
                st.sampled_from(
                    [*LIVE_DRUGS, "methotrexate", "propofol", "tocilizumab", "MMR", "ondansetron", "morphine"]
                )
            ),
            event_id=f"e-{number:02}",
            action=draw(st.sampled_from(["given", "given", "started", "stopped"])),
            route=draw(st.sampled_from([None, "iv", "transdermal", "intrathecal"])),
            same_lumen=draw(st.sampled_from([None, True])),
            benzyl_alcohol_source=draw(st.sampled_from([None, True])),
            dose_g_m2=draw(st.sampled_from([None, 3.0])),
        )
        for number in range(draw(st.integers(1, 6)))
    ]
    return book_of(RULES, *events)


MOMENTS = st.none() | st.integers(-50, 300).map(ms)
LIVE_FACTS = st.fixed_dictionaries(
    {},
    optional={
        **OPTIONAL,
        "cycle_start_ms": MOMENTS,
        "last_step_ms": MOMENTS,
        "last_restart_after_4h_ms": MOMENTS,
        "crs_last_g1_ms": MOMENTS,
        "infusing": st.booleans(),
        "age_years": st.sampled_from([0.05, 0.1, 30.0]),
    },
)


def told(view: InteractionView) -> tuple[object, ...]:
    """What a view says without its sentences, which name the hours."""
    drugs = [
        (one.drug, one.route, one.headline, one.flags, one.windows, [f.code for f in one.findings])
        for one in view.drugs
    ]
    return (drugs, view.codes, view.sedatives_on_board, view.masking_drugs, view.cycle_window_until_ms)


@settings(max_examples=150)
@given(
    book=books(), said=LIVE_FACTS, at_h=st.integers(300, 500), shares=st.lists(st.floats(0, 1), min_size=3, max_size=3)
)
def test_the_view_changes_only_at_announced_moments(
    book: DrugBook, said: dict[str, Any], at_h: int, shares: list[float]
) -> None:
    at_ms = ms(at_h)
    facts = InteractionFacts(**said)
    for _ in range(40):
        # The patient grows older between two moments, as the live state would tell.
        now = told(judge_interactions(book, facts, at_ms, RULES))
        due_ms = next_change_ms(book, facts, at_ms, RULES)
        last_ms = at_ms + 40 * DAY_MS if due_ms is None else due_ms - 1
        for share in (*shares, 1.0):
            between_ms = at_ms + round((last_ms - at_ms) * share)
            grown = facts
            if facts.age_years is not None:
                grown = replace(facts, age_years=facts.age_years + (between_ms - at_ms) / DAY_MS / 365.25)
            assert told(judge_interactions(book, grown, between_ms, RULES)) == now, f"between {at_ms} and {due_ms}"
        if due_ms is None:
            return
        assert due_ms > at_ms
        if facts.age_years is not None:
            facts = replace(facts, age_years=facts.age_years + (due_ms - at_ms) / DAY_MS / 365.25)
        at_ms = due_ms


@given(book=books(), said=LIVE_FACTS, at_h=st.integers(300, 500))
def test_the_view_survives_being_written_down(book: DrugBook, said: dict[str, Any], at_h: int) -> None:
    view = judge_interactions(book, InteractionFacts(**said), ms(at_h), RULES)
    adapter = TypeAdapter(InteractionView)
    assert adapter.validate_json(adapter.dump_json(view)) == view


@given(book=books(), said=LIVE_FACTS, at_h=st.integers(300, 500), days=st.integers(1, 5000))
def test_shifting_all_times_changes_nothing_but_times(
    book: DrugBook, said: dict[str, Any], at_h: int, days: int
) -> None:
    shift_ms = days * DAY_MS

    def later(value: Any) -> Any:
        return None if value is None else value + shift_ms

    moved_facts = {
        name: later(value) if name.endswith("_ms") and name != "qtc_ms" else value for name, value in said.items()
    }
    moved = DrugBook(
        tuple(
            replace(
                one,
                last_ms=one.last_ms + shift_ms,
                started_ms=later(one.started_ms),
                stopped_ms=later(one.stopped_ms),
                high_dose=None
                if one.high_dose is None
                else replace(one.high_dose, at_ms=one.high_dose.at_ms + shift_ms),
                same_lumen_ms=later(one.same_lumen_ms),
                benzyl_alcohol_ms=later(one.benzyl_alcohol_ms),
            )
            for one in book.drugs
        )
    )
    here = judge_interactions(book, InteractionFacts(**said), ms(at_h), RULES)
    there = judge_interactions(moved, InteractionFacts(**moved_facts), ms(at_h) + shift_ms, RULES)
    assert [one.findings for one in there.drugs] == [one.findings for one in here.drugs]
    assert (there.codes, there.headline, there.flags) == (here.codes, here.headline, here.flags)
