"""Fine points that only a changed line of the core had shown to be untested (tools/mutate.py)."""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.febrile_neutropenia import judge_febrile_neutropenia, read_fever
from blinwatch.core.adverse_events.neutropenia import read_neutrophils
from tests.core.adverse_events.support import at, book_of, temperatures


def test_a_fever_with_enough_neutrophils_is_told_and_raises_no_alert(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 39.0))
    fever = read_fever(memory.fever, 39.0, at(1), rulebook)
    judged = judge_febrile_neutropenia(
        fever, read_neutrophils(book_of(rulebook, ("anc", 0, 4.0)), at(1), rulebook), at(1), rulebook
    )
    assert (judged.code, judged.holds) == ("FN_NONE", False)


def test_without_fever_few_neutrophils_raise_no_alert_of_infection(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 36.6))
    fever = read_fever(memory.fever, 36.6, at(1), rulebook)
    judged = judge_febrile_neutropenia(
        fever, read_neutrophils(book_of(rulebook, ("anc", 0, 0.2)), at(1), rulebook), at(1), rulebook
    )
    assert (judged.code, judged.holds) == ("FN_NONE", False)
