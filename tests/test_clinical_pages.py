"""docs/clinical: what the rulebook says, in words, and nothing else."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.clinical.load_rulebook import load_rulebook, read_chapters
from blinwatch.clinical.plain_words import unit_text
from blinwatch.commands.rulebook_pages import (
    GENERATED,
    INDEX,
    PAGES,
    TABLE_BEGIN,
    TABLE_END,
    differences,
    page_of,
    pages,
)
from blinwatch.commands.rulebook_text import short_value
from blinwatch.commands.rulebook_words import (
    all_flags,
    code_words,
    codes_of_rule,
    how_told,
    rule_words,
    rules_with_words,
)
from blinwatch.core.decisions import AlertTransition, GradeAssigned
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import step
from blinwatch.receive.case_table import PATIENT, Case, read_cases
from tests.golden.rewrite import histories, judged

ROOT = Path(__file__).resolve().parents[1]
BASE = load_rulebook()
CHAPTERS = read_chapters()
WRITTEN = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / PAGES).glob("*.md")}
BY_HAND = ("what-blinwatch-does-not-do.md", "open-points.md", "early-warning-yield.md", "site-protocol.md", INDEX)


def one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def test_the_committed_pages_are_what_the_clinical_files_say() -> None:
    assert differences(ROOT) == [], "run `blinwatch rulebook pages write`, read the difference and commit it"


def test_a_page_that_drifted_is_missing_or_belongs_to_nothing_is_found(tmp_path: Path) -> None:
    folder = tmp_path / PAGES
    folder.mkdir(parents=True)
    (folder / INDEX).write_text(f"# Rules\n{TABLE_BEGIN}\n{TABLE_END}\nby hand\n", encoding="utf-8")
    for path, text in pages(tmp_path).items():
        path.write_text(text, encoding="utf-8")
    assert differences(tmp_path) == []
    assert (folder / INDEX).read_text(encoding="utf-8").endswith("by hand\n"), "the words around the table stay"
    (folder / "crs-astct-2019.md").write_text("# Fever from 40 °C\n", encoding="utf-8")
    (folder / "drugs.md").unlink()
    (folder / "old-chapter.md").write_text(f"# Old\n{GENERATED}\n", encoding="utf-8")
    (folder / "by-hand.md").write_text("# Written by hand\n", encoding="utf-8")
    assert differences(tmp_path) == [
        "docs/clinical/crs-astct-2019.md is not what the clinical files say",
        "docs/clinical/drugs.md is missing",
        "docs/clinical/old-chapter.md belongs to no chapter",
    ]


def test_the_check_command_is_content_with_the_committed_pages() -> None:
    result = CliRunner().invoke(build_app(), ["rulebook", "pages", "check"])
    assert (result.exit_code, "are what the clinical files say" in result.stdout) == (0, True)


# --- what a page holds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", sorted(BASE.citations))
def test_each_rule_has_a_heading_a_sentence_and_its_source_on_the_page_of_its_chapter(rule: str) -> None:
    home = next(chapter for chapter in CHAPTERS if rule in chapter.rules)
    page = WRITTEN[page_of(home)]
    words = rule_words(rule)
    assert words.heading != rule, "give it words in commands/rule_words.yaml"
    assert len(words.says.split()) >= 1
    assert f"## {rule}: {words.heading}\n" in page
    assert one_line(BASE.cite(rule)) in page


@pytest.mark.parametrize("name", sorted(BASE.rows))
def test_each_value_stands_on_a_page_with_unit_source_and_mark(name: str) -> None:
    row = BASE.rows[name]
    lines = [line for page in WRITTEN.values() for line in page.splitlines() if one_line(row.cite) in line]
    assert lines, "its source stands on no page"
    assert any(f"| {row.mark} |" in line for line in lines)
    value = short_value(row, BASE)
    if value is not None:
        assert any(f"| {one_line(value)} |" in line for line in lines)
        assert not isinstance(row.value, float) or unit_text(row.unit) in value
    if row.why:
        assert any(one_line(row.why) in line for line in lines)


def test_words_are_about_rules_that_exist() -> None:
    assert rules_with_words() == set(BASE.citations)


def test_every_code_with_a_priority_or_words_is_explained_and_belongs_to_known_rules() -> None:
    for name in BASE.alerts.priorities:
        code = name.partition(".")[0]
        assert code == "default" or code_words(code, BASE), f"{code} has a priority and no words"
    for code in BASE.codes.values():
        assert code.says
        assert set(code.rules) <= set(BASE.citations), code.code
        assert code.code in WRITTEN["alerts.md"]


def test_no_code_name_stands_on_a_page_without_words_beside_it() -> None:
    codes = [*BASE.codes, *all_flags()]
    for name, page in WRITTEN.items():
        if name in BY_HAND:
            continue
        for line in (line for line in page.splitlines() if line.startswith("| `")):
            pytest.fail(f"{name} begins a line with a code: {line}")
    assert all(f"`{code}` |" in WRITTEN["alerts.md"] for code in codes)


@pytest.mark.parametrize(
    "code, told",
    [
        ("CRS_G3", "high priority"),
        ("SPO2_LOW", "low priority"),
        ("INF_OCCLUSION", "medium priority; high while the flow is stopped"),
        ("INF_DOSE_MISMATCH", "medium priority; high above the dose due"),
        ("MASK_ANTIPYRETIC", "no alert, shown with the patient"),
        ("DM_CONTINUE", "standing advice, no alert"),
    ],
)
def test_how_a_code_reaches_people_is_said_in_words(code: str, told: str) -> None:
    assert how_told(code, BASE) == told


# --- whether it is true ------------------------------------------------------------------------------------


@cache
def raised_in_tests() -> frozenset[tuple[str, str]]:
    """Every alert code with the rule that raised it, in all golden histories and clinical cases."""
    return frozenset(_raised())


def _raised() -> Iterator[tuple[str, str]]:
    decisions = [decision for history in histories() for decision in judged(history)]
    for table in sorted((ROOT / "tests" / "cases").glob("*_cases.csv")):
        for case in read_cases(table):
            if isinstance(case, Case):
                state = new_patient(PATIENT)
                for event in case.events:
                    state, more = step(state, event, BASE)
                    decisions += more
    for decision in decisions:
        if isinstance(decision, AlertTransition):
            yield decision.alert.code, decision.alert.rule_id
        elif isinstance(decision, GradeAssigned) and decision.code in BASE.codes:
            yield decision.code, decision.rule_id


def test_every_alert_of_the_golden_histories_and_cases_is_one_that_the_pages_tell_of() -> None:
    raised = raised_in_tests()
    assert len(raised) > 40
    unknown = sorted(pair for pair in raised if pair[0] not in BASE.codes)
    assert unknown == [], "give the code words: part `codes` of its chapter"
    # A grade that is still announced names the rule of the newest observation, which may be that of a lower grade.
    told = [(code, rule) for code, rule in raised if not re.fullmatch(r"(CRS|ICANS)_G[1-4]", code)]
    missing = sorted((code, rule) for code, rule in told if rule not in BASE.codes[code].rules)
    assert missing == [], "these rules raise the code, too: part `codes` of the chapter"


def test_every_rule_is_named_in_what_is_said_of_a_code_exactly_as_it_is_told() -> None:
    for rule in BASE.citations:
        for code in codes_of_rule(rule, BASE):
            assert rule in BASE.codes[code.code].rules


# --- whether it can be read --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", WRITTEN[name]):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / PAGES / file) if file else ROOT / PAGES / name
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            page = path.read_text(encoding="utf-8")
            headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                        for line in page.splitlines() if line.startswith("#")}  # fmt: skip
            assert f'<a id="{anchor}"></a>' in page or anchor in headings, target


@pytest.mark.parametrize("name", BY_HAND)
def test_the_pages_written_by_hand_are_there_and_reached_from_the_index(name: str) -> None:
    assert len(WRITTEN[name]) > 500
    if name != INDEX:
        assert f"({name})" in WRITTEN[INDEX]


def test_open_points_name_rules_that_exist_and_say_what_was_chosen_and_why() -> None:
    lines = [line for line in WRITTEN["open-points.md"].splitlines() if line.startswith("| ") and "---" not in line]
    assert len(lines) > 20
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert len(cells) == 4, line
        assert all(cells), line
        for rule in re.findall(r"\b(?:CRS|INF|ICA|DM|DDI|AE|LAB|SIL|OBS|CTCAE)-[A-Z0-9]+\b", cells[0]):
            assert rule in BASE.citations, line
