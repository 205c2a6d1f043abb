"""AE-PHOENIX: each part, each limit from both sides, the infection behind it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import EventVerdict
from blinwatch.core.adverse_events.phoenix import Infection, judge_phoenix, suspected_infection
from blinwatch.core.labs.lab_view import LabView
from tests.core.adverse_events.support import (
    WELL_CHILD,
    at,
    book_of,
    charted,
    facts,
    labs,
    points,
    result_event,
    taken,
    temperatures,
    verdict,
    view,
)

RULEBOOK = load_rulebook()
SUSPECTED = Infection(suspected=True, because="infection suspected by staff")
NORMAL_LABS = (("lactate", 0, 1), ("platelets", 0, 200), ("inr", 0, 1), ("d_dimer", 0, 0.3), ("fibrinogen", 0, 3))
VENTILATED = {"o2_device": "invasive_ventilation"}


def phoenix(
    *results: tuple[str, float, float],
    infection: Infection = SUSPECTED,
    pupils_fixed: bool | None = None,
    **changes: Any,
) -> EventVerdict:
    """A well child with normal results, changed as named."""
    own = {analyte for analyte, _, _ in results}
    book = (*results, *(one for one in NORMAL_LABS if one[0] not in own))
    laboratory = labs(RULEBOOK, 1, *book, age_years=4)
    return judge_phoenix(facts(WELL_CHILD, **changes), laboratory, infection, pupils_fixed=pupils_fixed)


def test_a_well_child_scores_nothing() -> None:
    judged = phoenix()
    assert (judged.code, judged.score, judged.flags, judged.missing) == ("PHOENIX_NONE", 0, (), ())


# --- Respiratory ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spo2,fio2,device,worth",
    [
        (87.6, 0.30, "simple_facemask", 0),  # 292
        (87.5, 0.30, "simple_facemask", 1),
        (88, 0.40, "simple_facemask", 1),  # 220, not ventilated
        (90, 0.90, "bipap", 1),  # 100, not invasively
        (88.4, 0.40, "invasive_ventilation", 1),  # 221
        (88, 0.40, "invasive_ventilation", 2),  # 220
        (88.8, 0.60, "invasive_ventilation", 2),  # 148
        (88.7, 0.60, "invasive_ventilation", 3),
        (97, 0.40, "simple_facemask", 1),
    ],
)
def test_respiratory_points_by_saturation(spo2: float, fio2: float, device: str, worth: int) -> None:
    assert points(phoenix(spo2_pct=spo2, fio2=fio2, o2_device=device))["SpO2/FiO2"] == worth


@pytest.mark.parametrize(
    "pao2,fio2,device,worth",
    [
        (200, 0.5, "simple_facemask", 0),  # 400
        (199, 0.5, "simple_facemask", 1),
        (100, 0.5, "simple_facemask", 1),  # 200, not ventilated
        (101, 0.5, "invasive_ventilation", 1),
        (100, 0.5, "invasive_ventilation", 2),
        (50, 0.5, "invasive_ventilation", 2),  # 100
        (49, 0.5, "invasive_ventilation", 3),
    ],
)
def test_respiratory_points_by_arterial_pressure(pao2: float, fio2: float, device: str, worth: int) -> None:
    judged = phoenix(("pao2", 0, pao2), spo2_pct=99, fio2=fio2, o2_device=device)
    assert points(judged)["PaO2/FiO2"] == worth


def test_of_two_ratios_the_worse_counts() -> None:
    judged = phoenix(("pao2", 0, 49), spo2_pct=97, fio2=0.5, **VENTILATED)
    assert "SpO2/FiO2" not in points(judged)
    assert points(judged)["PaO2/FiO2"] == 3
    judged = phoenix(("pao2", 0, 300), spo2_pct=85, fio2=0.5, o2_device="simple_facemask")
    assert points(judged)["SpO2/FiO2"] == 1


def test_an_arterial_pressure_counts_for_4_h() -> None:
    child = facts(WELL_CHILD, spo2_pct=99, fio2=0.5, o2_device="simple_facemask")
    for hours, name in ((4, "PaO2/FiO2"), (4.001, None)):
        laboratory = labs(RULEBOOK, hours, ("pao2", 0, 100), *NORMAL_LABS, age_years=4)
        judged = judge_phoenix(child, laboratory, SUSPECTED, pupils_fixed=None)
        assert (name in points(judged)) is (name is not None)
        assert bool(judged.missing) is (name is None)


def test_on_room_air_there_are_no_respiratory_points() -> None:
    assert points(phoenix(spo2_pct=80, fio2=0.21))["breathing"] == 0


def test_a_saturation_above_97_says_nothing_on_oxygen() -> None:
    judged = phoenix(spo2_pct=98, fio2=0.5, o2_device="simple_facemask")
    assert judged.code == "PHOENIX_NOT_EVALUABLE"
    assert "SpO2/FiO2" in judged.missing[0]


@pytest.mark.parametrize("changes", [{"fio2": None}, {"spo2_pct": None, "fio2": 0.4}])
def test_oxygen_without_its_fraction_or_saturation_is_missing(changes: dict[str, Any]) -> None:
    assert phoenix(**{"o2_device": "simple_facemask", "spo2_pct": 90, **changes}).missing


def test_an_unknown_oxygen_device_is_missing() -> None:
    assert phoenix(o2_device=None).missing == ("oxygen device",)


# --- Cardiovascular ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "agents,worth",
    [((), 0), (("epinephrine",), 1), (("epinephrine", "milrinone"), 2), (("epinephrine", "milrinone", "dopamine"), 2)],
)
def test_vasoactive_drugs(agents: tuple[str, ...], worth: int) -> None:
    assert points(phoenix(vasoactive_agents=agents))["vasoactive drugs"] == worth


@pytest.mark.parametrize("lactate,worth", [(4.99, 0), (5, 1), (10.9, 1), (10.99, 1), (11, 2)])
def test_lactate(lactate: float, worth: int) -> None:
    assert points(phoenix(("lactate", 0, lactate)))["lactate"] == worth


@pytest.mark.parametrize(
    "age_years,one_point,two_points",
    [
        (0.0, 30, 16),
        (0.082, 30, 16),
        (0.084, 38, 24),
        (0.99, 38, 24),
        (1, 43, 30),
        (1.99, 43, 30),
        (2, 44, 31),
        (4.99, 44, 31),
        (5, 48, 35),
        (11.99, 48, 35),
        (12, 51, 37),
        (17.99, 51, 37),
    ],
)
def test_mean_pressure_by_age(age_years: float, one_point: float, two_points: float) -> None:
    for mean, worth in ((one_point + 1, 0), (one_point, 1), (two_points + 1, 1), (two_points, 2)):
        judged = phoenix(age_years=age_years, map_mmhg=mean)
        assert points(judged)["mean pressure"] == worth, mean


def test_a_mean_pressure_is_rounded_to_whole_mmhg() -> None:
    assert points(phoenix(map_mmhg=44.4))["mean pressure"] == 1
    assert points(phoenix(map_mmhg=44.5))["mean pressure"] == 0


# --- Coagulation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "analyte,name,normal,abnormal",
    [
        ("platelets", "platelet count", 100, 99),
        ("inr", "INR", 1.3, 1.31),
        ("d_dimer", "D-dimer", 2.0, 2.01),
        ("fibrinogen", "fibrinogen", 1.0, 0.99),
    ],
)
def test_each_coagulation_value(analyte: str, name: str, normal: float, abnormal: float) -> None:
    assert points(phoenix((analyte, 0, normal)))[name] == 0
    assert points(phoenix((analyte, 0, abnormal)))[name] == 1


def test_coagulation_is_worth_at_most_two_points() -> None:
    judged = phoenix(("platelets", 0, 20), ("inr", 0, 2), ("d_dimer", 0, 5), ("fibrinogen", 0, 0.5))
    assert judged.score == 2


def test_two_points_of_coagulation_make_the_missing_rest_irrelevant() -> None:
    laboratory = labs(RULEBOOK, 1, ("lactate", 0, 1), ("platelets", 0, 20), ("inr", 0, 2), age_years=4)
    assert judge_phoenix(facts(WELL_CHILD), laboratory, SUSPECTED, pupils_fixed=None).missing == ()
    laboratory = labs(RULEBOOK, 1, ("lactate", 0, 1), ("platelets", 0, 20), age_years=4)
    judged = judge_phoenix(facts(WELL_CHILD), laboratory, SUSPECTED, pupils_fixed=None)
    assert judged.missing == ("INR", "D-dimer", "fibrinogen")


def test_low_platelets_show_that_leukaemia_lowers_them_too() -> None:
    assert any("leukaemia" in sentence for sentence in phoenix(("platelets", 0, 20)).because)
    assert not any("leukaemia" in sentence for sentence in phoenix().because)


# --- Neurological --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gcs,worth", [(11, 0), (10, 1), (3, 1)])
def test_coma_scale(gcs: int, worth: int) -> None:
    assert points(phoenix(gcs=gcs, pupils_fixed=False))["Glasgow Coma Scale"] == worth


@pytest.mark.parametrize(
    "level,worth", [("alert", 0), ("confusion", 0), ("voice", 0), ("pain", 1), ("unresponsive", 1)]
)
def test_a_level_of_consciousness_stands_in_for_the_coma_scale(level: str, worth: int) -> None:
    assert points(phoenix(consciousness=level, pupils_fixed=False))["Glasgow Coma Scale"] == worth


def test_fixed_pupils_are_two_points_whatever_the_coma_scale() -> None:
    assert points(phoenix(pupils_fixed=True, gcs=3))["pupils"] == 2
    assert points(phoenix(pupils_fixed=True, consciousness=None))["pupils"] == 2


def test_pupils_are_asked_for_only_in_a_deeply_unconscious_child() -> None:
    assert phoenix(gcs=11).missing == ()
    assert phoenix(gcs=10).missing == ("pupils",)
    assert phoenix(gcs=10, pupils_fixed=False).missing == ()
    assert phoenix(consciousness=None).missing == ("Glasgow Coma Scale",)


# --- Sepsis and shock ----------------------------------------------------------------------------------------


def test_two_points_without_the_circulation_are_sepsis_and_with_it_shock() -> None:
    coagulation = (("platelets", 0, 20), ("inr", 0, 2))
    assert phoenix(("platelets", 0, 20)).code == "PHOENIX_NONE"
    assert phoenix(*coagulation).code == "SEPSIS_PHOENIX"
    shock = phoenix(("platelets", 0, 20), ("lactate", 0, 5))
    assert (shock.code, shock.score, shock.level) == ("SEPTIC_SHOCK_PHOENIX", 2, 2)
    assert phoenix(("lactate", 0, 5)).code == "PHOENIX_NONE"


@pytest.mark.parametrize("suspected", [False, None])
def test_two_points_without_a_suspected_infection_are_shown_and_no_alert(suspected: bool | None) -> None:
    judged = phoenix(("lactate", 0, 12), infection=Infection(suspected=suspected, because="nobody suspects one"))
    assert (judged.code, judged.holds, judged.score) == ("PHOENIX_NO_INFECTION", False, 2)


def test_sepsis_is_told_although_parts_are_missing() -> None:
    judged = phoenix(("lactate", 0, 12), consciousness=None)
    assert judged.code == "SEPTIC_SHOCK_PHOENIX"
    assert "INCOMPLETE" in judged.flags
    assert "at least 2" in judged.because[0]


def test_results_older_than_24_h_are_missing() -> None:
    laboratory = labs(RULEBOOK, 24.001, *NORMAL_LABS, age_years=4)
    judged = judge_phoenix(facts(WELL_CHILD), laboratory, SUSPECTED, pupils_fixed=None)
    assert judged.missing == ("lactate", "platelet count", "INR", "D-dimer", "fibrinogen")


def test_a_lactate_of_at_least_six_may_be_worth_more() -> None:
    lactate = result_event(RULEBOOK, "lactate", 0, 6, comparator=">")
    book = taken(RULEBOOK, lactate, book=book_of(RULEBOOK, *NORMAL_LABS[1:]))
    judged = judge_phoenix(facts(WELL_CHILD), LabView(book, at(1), 4, RULEBOOK), SUSPECTED, pupils_fixed=None)
    assert points(judged)["lactate"] == 1
    assert judged.missing == ("lactate",)


@pytest.mark.parametrize(
    "charted_as,neutropenia,fever,suspected,assumed",
    [
        (True, False, False, True, False),
        (False, False, True, False, False),
        (False, True, True, True, False),
        (None, True, True, True, False),
        (None, False, True, True, True),
        (None, False, False, None, False),
    ],
)
def test_when_an_infection_is_suspected(
    *, charted_as: bool | None, neutropenia: bool, fever: bool, suspected: bool | None, assumed: bool
) -> None:
    found = suspected_infection(charted=charted_as, febrile_neutropenia=neutropenia, fever=fever)
    assert (found.suspected, found.assumed) == (suspected, assumed)


def test_fever_in_a_child_assumes_an_infection_until_staff_exclude_it(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("lactate", 0, 12), ("anc", 0, 3))
    hot = temperatures(rulebook, (0, 38.0))
    child = {**WELL_CHILD, "temperature_c": 38.0}
    judged = verdict(view(rulebook, 0.1, hot, book, **child), "AE-PHOENIX")
    assert judged.code == "SEPTIC_SHOCK_PHOENIX"
    assert "INFECTION_ASSUMED" in judged.flags
    excluded = charted(0, hot, infection_suspected=False)
    assert verdict(view(rulebook, 0.1, excluded, book, **child), "AE-PHOENIX").code == "PHOENIX_NO_INFECTION"
    again = charted(1, excluded, infection_suspected=True)
    assert verdict(view(rulebook, 1, again, book, **child), "AE-PHOENIX").code == "SEPTIC_SHOCK_PHOENIX"


@pytest.mark.parametrize("age_years,asked", [(17.99, True), (18.0, False), (None, False)])
def test_phoenix_is_for_children_and_news2_for_all_others(
    age_years: float | None, *, asked: bool, rulebook: Rulebook
) -> None:
    judged = view(rulebook, 0, age_years=age_years)
    assert (judged.get("AE-PHOENIX") is not None) is asked
    assert (judged.get("AE-NEWS2") is None) is asked
    assert at(0) == judged.at_ms


@given(
    st.floats(50, 97),
    st.floats(50, 97),
    st.sampled_from([0.3, 0.5, 1.0]),
    st.sampled_from(["nasal_cannula", "invasive_ventilation"]),
)
def test_a_lower_saturation_never_lowers_the_score(one: float, other: float, fio2: float, device: str) -> None:
    worse, better = sorted((one, other))
    high = phoenix(spo2_pct=worse, fio2=fio2, o2_device=device).score or 0
    assert high >= (phoenix(spo2_pct=better, fio2=fio2, o2_device=device).score or 0)
