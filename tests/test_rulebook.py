"""Clinical data: every row cites its source, every wrong row is refused by name."""

from pathlib import Path

import pytest
import yaml

from blinwatch.clinical.load_rulebook import SECTIONS, RulebookError, load_rulebook, read_clinical_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in read_clinical_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def change(folder: Path, file: str, row: str, **entries: object) -> None:
    path = folder / file
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, value in entries.items():
        if value is None:
            document["rows"][row].pop(name)
        else:
            document["rows"][row][name] = value
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


def test_every_row_has_a_unit_rules_a_mark_and_a_citation() -> None:
    rulebook = load_rulebook()
    assert len(rulebook.rows) > 60
    for key, row in rulebook.rows.items():
        assert row.unit, key
        assert row.rules, key
        assert row.mark.startswith("["), key
        assert len(row.cite) > 10, key


@pytest.mark.parametrize("missing", ["cite", "mark", "unit", "rules", "value"])
def test_a_row_without_its_papers_is_refused_by_name(folder: Path, missing: str) -> None:
    change(folder, "crs_astct_2019.yaml", "fever_from_c", **{missing: None})
    with pytest.raises(RulebookError, match=rf"crs_astct_2019\.yaml: row 'fever_from_c' has no '{missing}'"):
        load_rulebook(folder)


def test_a_value_of_the_wrong_type_is_refused_by_name(folder: Path) -> None:
    change(folder, "crs_astct_2019.yaml", "fever_from_c", value="hot")
    with pytest.raises(RulebookError, match="row 'fever_from_c'"):
        load_rulebook(folder)


def test_an_unknown_row_is_refused(folder: Path) -> None:
    path = folder / "alert_priorities.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["rows"]["shelf_life"] = document["rows"]["shelve_max_min"]
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(RulebookError, match="shelf_life"):
        load_rulebook(folder)


def test_a_missing_row_is_refused(folder: Path) -> None:
    path = folder / "alert_priorities.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    del document["rows"]["shelve_max_min"]
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(RulebookError, match="shelve_max_min"):
        load_rulebook(folder)


def test_the_digest_names_the_data_in_force(folder: Path) -> None:
    same = load_rulebook(folder)
    assert same.digest == load_rulebook().digest
    change(folder, "crs_astct_2019.yaml", "fever_from_c", value=38.1)
    assert load_rulebook(folder).digest != same.digest


def test_every_rule_of_sections_a_and_b_has_a_citation() -> None:
    citations = load_rulebook().citations
    for number in range(1, 13):
        assert f"CRS-{number}" in citations
    for number in range(1, 23):
        assert f"INF-{number}" in citations


def test_every_clinical_file_belongs_to_a_section() -> None:
    folder = Path(load_rulebook.__code__.co_filename).parent
    assert {path.name for path in folder.glob("*.yaml")} == {file for file, _ in SECTIONS.values()}
