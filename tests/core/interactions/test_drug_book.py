"""The live memory of drugs: what was given when, whatever the order in which it is learned."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import MedicationAdministered
from blinwatch.core.interactions.drug_book import (
    MAX_DRUGS,
    NO_DRUGS,
    DrugBook,
    TimedDose,
    profile_of,
    take_dose,
)
from tests.core.interactions.support import book_of, dose, ms

RULES = load_rulebook()


def test_each_drug_stands_once_with_its_latest_dose(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "Warfarin 5 mg"), dose(25, "coumadin"), dose(24, "WARFARIN"))
    (warfarin,) = book.drugs
    assert (warfarin.drug, warfarin.last_ms, warfarin.event_id) == ("warfarin", ms(25), "coumadin@25")
    assert not warfarin.running


def test_an_infusion_runs_from_start_to_stop(rulebook: Rulebook) -> None:
    started = dose(1, "propofol", action="started")
    stopped = dose(5, "propofol", action="stopped")
    assert book_of(rulebook, started).drugs[0].running
    for events in ([started, stopped], [stopped, started]):
        (propofol,) = book_of(rulebook, *events).drugs
        assert not propofol.running
        assert propofol.last_ms == ms(5)
    (again,) = book_of(rulebook, started, stopped, dose(6, "propofol", action="started")).drugs
    assert again.running


def test_a_rate_change_charted_as_stop_and_start_keeps_it_running(rulebook: Rulebook) -> None:
    events = [dose(1, "propofol", action="started"), dose(5, "propofol", action="stopped", event_id="a")]
    (propofol,) = book_of(rulebook, *events, dose(5, "propofol", action="started", event_id="b")).drugs
    assert propofol.running


def test_routes_stand_apart_and_corticosteroids_also_by_purpose(rulebook: Rulebook) -> None:
    book = book_of(
        rulebook,
        dose(1, "methotrexate", route="intrathecal"),
        dose(2, "methotrexate", route="iv"),
        dose(3, "dexamethasone", purpose="premed"),
        dose(4, "dexamethasone", purpose="other"),
        dose(5, "paracetamol", purpose="premed"),
        dose(6, "paracetamol", purpose="other"),
        dose(7, "fentanyl patch"),
        dose(8, "fentanyl", route="iv"),
    )
    assert [(one.drug, one.route, one.purpose) for one in book.drugs] == [
        ("dexamethasone", None, "other"),
        ("dexamethasone", None, "premed"),
        ("fentanyl", "iv", None),
        ("fentanyl", "transdermal", None),
        ("methotrexate", "intrathecal", None),
        ("methotrexate", "iv", None),
        ("paracetamol", None, None),
    ]


def test_a_code_is_kept_only_where_it_says_more_than_the_name(rulebook: Rulebook) -> None:
    book = book_of(
        rulebook,
        dose(1, "warfarin", atc="B01AA03"),
        dose(2, "study drug", atc="C09AA99"),
        dose(3, "study drug 2", rxnorm="11289"),
        dose(4, "wonderdrug", atc="Z99"),
    )
    assert [(one.drug, one.atc) for one in book.drugs] == [
        ("study drug", "C09AA99"),
        ("warfarin", None),
        ("wonderdrug", None),
    ]


def test_a_small_dose_after_a_high_one_does_not_undo_it(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(1, "methotrexate", dose_g_m2=3.0), dose(30, "methotrexate", dose_g_m2=0.02))
    assert book.drugs[0].high_dose == TimedDose(ms(1), 3.0)


def test_the_latest_daily_dose_and_the_latest_faults_of_a_dose_are_kept(rulebook: Rulebook) -> None:
    book = book_of(
        rulebook,
        dose(1, "paracetamol", daily_dose_g=6.0, same_lumen=True, benzyl_alcohol_source=True),
        dose(7, "paracetamol", daily_dose_g=3.0),
        dose(13, "paracetamol", same_lumen=False),
    )
    (paracetamol,) = book.drugs
    assert paracetamol.daily_dose == TimedDose(ms(7), 3.0)
    assert (paracetamol.same_lumen_ms, paracetamol.benzyl_alcohol_ms) == (ms(1), ms(1))


@pytest.mark.parametrize(
    "drug, said, hours",
    [
        ("paracetamol", {}, 48.0),
        ("wonderdrug", {}, 48.0),
        ("warfarin", {}, 336.0),
        ("tocilizumab", {}, 504.0),
        ("alemtuzumab", {}, 672.0),
        ("MMR", {}, 672.0),
        ("some vaccine", {"vaccine": "live"}, 672.0),
        ("some vaccine", {"vaccine": "inactivated"}, 48.0),
        ("pegaspargase", {}, 336.0),
        ("methotrexate", {}, 168.0),
    ],
)
def test_a_drug_goes_when_its_longest_window_has_passed(
    rulebook: Rulebook, drug: str, said: dict[str, str], hours: float
) -> None:
    (entry,) = book_of(rulebook, dose(0, drug, **said)).drugs
    assert profile_of(entry, rulebook).keep_h == hours
    assert len(book_of(rulebook, dose(0, drug, **said), dose(hours, "ondansetron")).drugs) == 2
    later = book_of(rulebook, dose(0, drug, **said), dose(hours + 0.001, "ondansetron"))
    assert [one.drug for one in later.drugs] == ["ondansetron"]


def test_a_running_drug_never_goes(rulebook: Rulebook) -> None:
    book = book_of(rulebook, dose(0, "fentanyl", action="started"), dose(2000, "ondansetron"))
    assert [one.drug for one in book.drugs] == ["fentanyl", "ondansetron"]


def test_the_windows_of_a_drug_by_rule(rulebook: Rulebook) -> None:
    (fentanyl,) = book_of(rulebook, dose(0, "fentanyl")).drugs
    (patch,) = book_of(rulebook, dose(0, "fentanyl patch")).drugs
    (ointment,) = book_of(rulebook, dose(0, "tacrolimus", route="topical")).drugs
    assert dict(profile_of(fentanyl, rulebook).limits_h) == {"DDI-1": 48.0, "DDI-12": 6.0}
    assert dict(profile_of(patch, rulebook).limits_h) == {"DDI-1": 48.0, "DDI-12": 24.0}
    assert dict(profile_of(ointment, rulebook).limits_h) == {}


def test_the_book_is_bounded_and_keeps_the_latest(rulebook: Rulebook) -> None:
    events = [dose(number / 100, f"study drug {number}") for number in range(MAX_DRUGS + 30)]
    book = book_of(rulebook, *events)
    assert len(book.drugs) == MAX_DRUGS
    assert {one.drug for one in book.drugs} == {f"study drug {number}" for number in range(30, MAX_DRUGS + 30)}


DRUGS = ("warfarin", "propofol", "dexamethasone", "fentanyl patch", "methotrexate", "wonderdrug", "paracetamol")


@st.composite
def medication_events(draw: st.DrawFn) -> list[MedicationAdministered]:
    count = draw(st.integers(1, 12))
    return [
        dose(
            draw(st.integers(0, 40)),
            draw(st.sampled_from(DRUGS)),
            event_id=f"e-{number:02}",
            action=draw(st.sampled_from(["given", "started", "stopped"])),
            route=draw(st.sampled_from([None, "iv", "intrathecal"])),
            purpose=draw(st.sampled_from([None, "premed", "other"])),
            dose_g_m2=draw(st.sampled_from([None, 0.5, 1.0, 5.0])),
            daily_dose_g=draw(st.sampled_from([None, 2.0, 5.0])),
            same_lumen=draw(st.sampled_from([None, True, False])),
            benzyl_alcohol_source=draw(st.sampled_from([None, True])),
            vaccine=draw(st.sampled_from([None, None, "live"])),
            atc=draw(st.sampled_from([None, None, "C09AA99"])),
        )
        for number in range(count)
    ]


@given(events=medication_events(), data=st.data())
def test_the_order_in_which_doses_are_learned_changes_nothing(
    events: list[MedicationAdministered], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))
    assert book_of(RULES, *shuffled) == book_of(RULES, *events)


@given(events=medication_events())
def test_a_dose_told_twice_is_one_dose(events: list[MedicationAdministered]) -> None:
    assert book_of(RULES, *events, *events) == book_of(RULES, *events)


@given(events=medication_events())
def test_the_book_survives_being_written_down(events: list[MedicationAdministered]) -> None:
    book = book_of(RULES, *events)
    adapter = TypeAdapter(DrugBook)
    assert adapter.validate_json(adapter.dump_json(book)) == book


def test_a_full_book_stays_small(rulebook: Rulebook) -> None:
    book = NO_DRUGS
    for number in range(60):
        event = dose(number / 60, f"drug {number} with a long name {'x' * 60}", event_id=f"{'e' * 60}-{number:03}")
        book = take_dose(book, event, ms(number / 60), rulebook)
    assert len(json.dumps(TypeAdapter(DrugBook).dump_python(book, mode="json"))) < 20 * 1024
