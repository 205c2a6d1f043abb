"""docs/clinical: what the rulebook says, in words, and nothing else."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.clinical.load_rulebook import load_rulebook, read_chapters
from blinwatch.clinical.plain_words import unit_text
from blinwatch.commands.rulebook_pages import GENERATED, INDEX, PAGES, differences, page_of, pages
from blinwatch.commands.rulebook_words import (
    all_flags,
    code_words,
    codes_of_rule,
    how_told,
    rule_words,
    rules_with_words,
)
from blinwatch.core.decisions import AlertTransition
from tests.core.stories import header  # noqa: F401 - the stories' module is what the golden histories share
from tests.golden.rewrite import replayed_histories

ROOT = Path(__file__).resolve().parents[1]
BASE = load_rulebook()
CHAPTERS = read_chapters()
WRITTEN = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / PAGES).glob("*.md")}


def test_the_committed_pages_are_what_the_clinical_files_say() -> None:
    assert differences(ROOT) == [], "run `blinwatch rulebook pages write`, read the difference and commit it"
