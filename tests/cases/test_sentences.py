"""What is said of each case is what a reviewer has read (tests/cases/told)."""

import difflib
from pathlib import Path

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from tests.cases.section_f_patients import told
from tests.cases.tell_sentences import SECTION_F, TABLES, sentences, told_file


def changed(file: Path, now: str) -> str:
    """What is said otherwise than in a reviewed file; empty where nothing is."""
    reviewed = file.read_text(encoding="utf-8").splitlines()
    lines = list(difflib.unified_diff(reviewed, now.splitlines(), "reviewed", "said now", lineterm="", n=0))
    return "\n".join(["read the difference, then `make sentences`:", *lines[:40]]) if lines else ""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_case_is_explained_in_the_words_that_were_reviewed(table: Path) -> None:
    assert not changed(told_file(table), sentences(table, load_rulebook()))


def test_every_patient_of_section_f_is_told_in_the_words_that_were_reviewed() -> None:
    assert not changed(SECTION_F, told(load_rulebook()))
