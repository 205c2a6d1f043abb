"""What an event leaves behind in the patient's record: premedication, runs of pressors, boluses, examinations."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import AnyEvent, MedicationAdministered, NeuroAssessed, TherapyOrdered, VitalsObserved
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.patient_state import Judgement
from blinwatch.core.step import present
from tests.core.stories import header, order, run, tick

CHILD = {"loc": "alert", "seizure": "none", "motor_weakness": "none", "cerebral_edema": "none", "icp_sign": "none"}


def lived(rulebook: Rulebook, *events: AnyEvent, minutes: float = 120) -> Judgement:
    return present(run([*events, tick(99, minutes)], rulebook)[0], rulebook)


def drug(number: int, minutes: float, name: str, **said: Any) -> MedicationAdministered:
    return MedicationAdministered(**header(number, minutes), drug=name, **said)


# --- premedication -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name,said,counts",
    [
        ("dexamethasone", {}, True),
        ("dexamethasone", {"purpose": "premed"}, True),
        ("dexamethasone", {"purpose": "crs_treatment"}, False),
        ("dexamethasone", {"action": "stopped"}, False),
        ("dexamethasone", {"route": "topical"}, False),
        ("paracetamol", {}, False),
        ("paracetamol", {"purpose": "premed"}, False),
        ("tocilizumab", {}, False),
    ],
)
def test_only_a_systemic_steroid_that_treats_nothing_else_is_premedication(
    rulebook: Rulebook, name: str, said: dict[str, Any], *, counts: bool
) -> None:
    j = lived(rulebook, order(), drug(1, 10, name, dose_mg=20.0, **said))
    assert [dose.drug for dose in j.premeds] == ([name] if counts else [])


def test_premedication_is_kept_in_the_order_in_which_it_was_given(rulebook: Rulebook) -> None:
    doses = [drug(2, 20, "dexamethasone", dose_mg=8.0), drug(1, 10, "prednisone", dose_mg=50.0)]
    assert [dose.drug for dose in lived(rulebook, order(), *doses).premeds] == ["prednisone", "dexamethasone"]


# --- pressors and boluses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route,counts", [(None, True), ("iv", True), ("inhaled", False), ("topical", False)])
def test_adrenaline_is_a_pressor_only_by_a_route_that_reaches_the_circulation(
    rulebook: Rulebook, route: Any, *, counts: bool
) -> None:
    j = lived(rulebook, order(), drug(1, 10, "epinephrine", action="started", route=route))
    assert [run.agent for run in j.drug_runs] == (["epinephrine"] if counts else [])


def test_a_stop_ends_the_runs_of_its_own_agent_that_had_begun_by_then(rulebook: Rulebook) -> None:
    j = lived(
        rulebook,
        order(),
        drug(1, 10, "norepinephrine", action="started"),
        drug(2, 15, "vasopressin", action="started"),
        drug(3, 20, "norepinephrine", action="stopped"),
        drug(4, 30, "norepinephrine", action="started"),
    )
    assert [(run.agent, run.stopped_ms is None) for run in j.drug_runs] == [
        ("norepinephrine", False),
        ("vasopressin", True),
        ("norepinephrine", True),
    ]


def test_a_single_dose_of_a_pressor_ends_as_it_begins(rulebook: Rulebook) -> None:
    (dose,) = lived(rulebook, order(), drug(1, 10, "phenylephrine", action="given")).drug_runs
    assert dose.stopped_ms == dose.started_ms


def test_the_latest_fluid_bolus_counts_whichever_was_learned_last(rulebook: Rulebook) -> None:
    boluses = [
        drug(2, 30, "sodium chloride", fluid_bolus_for_hypotension=True),
        drug(1, 25, "sodium chloride", fluid_bolus_for_hypotension=True),
    ]
    j = lived(rulebook, order(), *boluses)
    latest = lived(rulebook, order(), boluses[0])
    assert j.bolus_ms == latest.bolus_ms
    assert j.bolus_ms is not None


# --- examinations --------------------------------------------------------------------------------------------------


def cognition(rulebook: Rulebook, ordered: TherapyOrdered, **fields: Any) -> tuple[str, str | None]:
    """The grade, and the tool that cognition was judged by."""
    examined = NeuroAssessed(**header(1, 10), findings=NeuroFindings(**CHILD, **fields))
    grade = lived(rulebook, ordered, examined).neuro.latest
    assert grade is not None
    return grade.code, next(one.tool for one in grade.domains if one.domain == "cognition")


def test_an_examination_takes_age_and_delay_from_the_order(rulebook: Rulebook) -> None:
    both: dict[str, Any] = {"ice_score": 2, "capd_score": 4}
    assert cognition(rulebook, order(age_years=5), **both) == ("ICANS_G1", "CAPD")
    assert cognition(rulebook, order(age_years=40), **both) == ("ICANS_G3", "ICE")
    assert cognition(rulebook, order(age_years=40, developmental_delay=True), **both) == ("ICANS_G1", "CAPD")


def test_what_the_examination_says_itself_outweighs_the_order(rulebook: Rulebook) -> None:
    both: dict[str, Any] = {"ice_score": 2, "capd_score": 4}
    grown = order(age_years=5, developmental_delay=True)
    assert cognition(rulebook, grown, age_years=40.0, developmental_delay=False, **both) == ("ICANS_G3", "ICE")
    young = order(age_years=40, developmental_delay=False)
    assert cognition(rulebook, young, developmental_delay=True, **both) == ("ICANS_G1", "CAPD")


def test_the_change_from_baseline_is_counted_from_the_order_s_or_the_examination_s_own(rulebook: Rulebook) -> None:
    def change(ordered: TherapyOrdered, **fields: Any) -> int | None:
        examined = NeuroAssessed(**header(1, 10), findings=NeuroFindings(**CHILD, ice_score=7, **fields))
        grade = lived(rulebook, ordered, examined).neuro.latest
        assert grade is not None
        return grade.change_from_baseline

    assert change(order()) is None
    from_order, own = change(order(baseline_ice=9)), change(order(baseline_ice=9), baseline_ice=8)
    assert from_order is not None
    assert own is not None
    assert abs(from_order) == 2
    assert abs(own) == 1


# --- consciousness -------------------------------------------------------------------------------------------------


def test_consciousness_and_coma_scale_are_kept_each_from_its_own_round(rulebook: Rulebook) -> None:
    rounds = [
        VitalsObserved(**header(1, 10), consciousness="voice", glasgow_coma_scale=13),
        VitalsObserved(**header(2, 20), consciousness="alert"),
    ]
    mental = lived(rulebook, order(), *rounds).mental
    assert mental["consciousness"].parts == {"consciousness": "alert"}
    assert mental["glasgow_coma_scale"].parts == {"glasgow_coma_scale": 13}
