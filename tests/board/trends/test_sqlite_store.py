"""What is SQLite's own: the file."""

import sqlite3
import stat
from pathlib import Path

import pytest

from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.board.trends.trend_store import TrendStoreError
from tests.board.trends.rows import PATIENT, START_MS, batch, mark


def test_a_store_opened_again_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "trends.db"
    first = open_sqlite(file)
    first.write(batch(marks=[mark("g1", 0)], next_offsets={("t", 0): 5}))
    first.close()
    second = open_sqlite(file)
    assert second.positions() == {("t", 0): 5}
    assert [one.mark_id for one in second.marks(PATIENT, START_MS, START_MS + 1)] == ["g1"]
    second.close()


def test_nobody_else_on_the_machine_can_read_the_file_or_those_beside_it(tmp_path: Path) -> None:
    store = open_sqlite(tmp_path / "trends.db")
    store.write(batch(marks=[mark("g1", 0)]))
    files = list(tmp_path.iterdir())
    assert len(files) > 1, "the write-ahead log lies beside it"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    store.close()


def test_a_folder_that_is_missing_is_said_with_the_place(tmp_path: Path) -> None:
    with pytest.raises(TrendStoreError, match=r"missing/trends\.db cannot be opened"):
        open_sqlite(tmp_path / "missing" / "trends.db")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, and somebody may need it\n" * 50, encoding="utf-8")
    before = file.read_bytes()
    with pytest.raises(TrendStoreError, match="cannot be"):
        open_sqlite(file)
    assert file.read_bytes() == before


def test_a_store_of_another_release_is_refused_and_said(tmp_path: Path) -> None:
    file = tmp_path / "trends.db"
    open_sqlite(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE about SET schema_version = 99")
    connection.close()
    with pytest.raises(TrendStoreError, match="another release"):
        open_sqlite(file)


def test_a_reader_is_answered_while_another_process_writes(tmp_path: Path) -> None:
    file = tmp_path / "trends.db"
    store = open_sqlite(file)
    store.write(batch(marks=[mark("g1", 0)]))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM marks")
    assert [one.mark_id for one in store.marks(PATIENT, START_MS, START_MS + 1)] == ["g1"]
    other.execute("ROLLBACK")
    other.close()
    store.close()
