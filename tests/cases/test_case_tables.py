"""Every clinical case table in this folder comes out as written, by the same path as `blinwatch cases`.

A table has the columns of the public case files. The id says in words what a case is about; "(choice)" marks a
reading chosen where the rule reference leaves it open.
"""

from pathlib import Path

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.commands.cases import CaseResult, judge
from blinwatch.receive.case_table import read_cases

TABLES = sorted(Path(__file__).parent.glob("*.csv"))


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


def mismatch(result: CaseResult) -> str:
    """What came out beside what was expected, and why, for the person who reads the failed test."""
    text = f"{result.id}\n    expected {result.expected}, got {result.actual}"
    if result.flags_missing:
        text += f"\n    flags missing: {', '.join(result.flags_missing)}; reported: {', '.join(result.flags) or 'none'}"
    return text + "".join(f"\n    because {sentence}" for sentence in result.because)


def test_there_are_tables() -> None:
    assert TABLES, "no case table was found beside this test"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_case_comes_out_as_written(table: Path, rulebook: Rulebook) -> None:
    results = [judge(case, rulebook) for case in read_cases(table)]
    wrong = [mismatch(result) for result in results if not result.passed]
    assert results, f"{table.name} holds no case"
    assert not wrong, f"{len(wrong)} of {len(results)} cases of {table.name} differ:\n" + "\n".join(wrong)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_case_ids_are_unique(table: Path) -> None:
    ids = [case.case_id for case in read_cases(table)]
    assert sorted(ids) == sorted(set(ids))
