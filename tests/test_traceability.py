"""From every rule to its data, its code and what shows it: no empty cell, and the page is as new as the project."""

from tools import traceability


def test_every_rule_has_data_code_and_something_that_shows_it() -> None:
    _, empty = traceability.render()
    assert empty == []


def test_the_page_is_not_older_than_the_project() -> None:
    page, _ = traceability.render()
    assert traceability.PAGE.read_text(encoding="utf-8") == page, "run: tools/traceability.py"


def test_every_file_that_the_page_names_is_there() -> None:
    page, _ = traceability.render()
    names = {part.split(")")[0] for part in page.split("](../../")[1:]}
    assert names
    assert [name for name in names if not (traceability.ROOT / name).is_file()] == []


def test_a_range_of_rules_names_each_of_them() -> None:
    assert traceability.ids_in("CRS-1 to CRS-3, DM-12; INF-7 to 9") == {
        *("CRS-1", "CRS-2", "CRS-3"),
        *("DM-12", "INF-7", "INF-8", "INF-9"),
    }


def test_a_rule_that_nothing_shows_is_found() -> None:
    assert traceability._shown(0, "", []) == ""
