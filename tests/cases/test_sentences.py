"""What is said of each case is what a reviewer has read (tests/cases/told)."""

import difflib
from pathlib import Path

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from tests.cases.tell_sentences import TABLES, sentences, told_file


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_case_is_explained_in_the_words_that_were_reviewed(table: Path) -> None:
    reviewed = told_file(table).read_text(encoding="utf-8").splitlines()
    said = sentences(table, load_rulebook()).splitlines()
    changed = list(difflib.unified_diff(reviewed, said, "reviewed", "said now", lineterm="", n=0))
    assert not changed, "\n".join(["read the difference, then `make sentences`:", *changed[:40]])
