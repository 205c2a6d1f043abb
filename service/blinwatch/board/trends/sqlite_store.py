"""The trend store in one SQLite file (or in memory): the default, nothing to install."""

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from blinwatch.board.trends.sql_store import Row, SqlTrendStore
from blinwatch.board.trends.trend_store import TrendStoreError

BUSY_TIMEOUT_S = 10.0
"""How long one waits for another process's transaction; a batch takes well under a second."""
_OLDEST = (3, 35, 0)  # before it, ON CONFLICT after a SELECT and dropped columns are not what we know them as


def open_sqlite(path: Path | None) -> SqlTrendStore:
    """The store in a file, made where it is missing; None: in memory, gone with the process.

    Raises `TrendStoreError` when the file cannot be used.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        raise TrendStoreError(f"SQLite {sqlite3.sqlite_version} is too old for the trend store; 3.35 is the oldest")
    return SqlTrendStore(SqliteDatabase(path))


@cache
def _as_sqlite(sql: str) -> str:
    return sql.replace("%s", "?").replace("LEAST(", "min(").replace("GREATEST(", "max(")


class SqliteDatabase:
    """One connection that writes and, on a file, another that reads meanwhile (WAL)."""

    def __init__(self, path: Path | None) -> None:
        self.column_types = {"serial": "INTEGER", "real": "REAL", "readings_kind": " WITHOUT ROWID"}
        self.before_create: Sequence[str] = ()  # a transaction that writes is alone already
        self.name = f"the trend store {path}" if path else "the trend store in memory"
        self._write_lock = threading.Lock()
        self._writer = self._connect(path)
        self._reader = self._connect(path) if path else self._writer
        self._read_lock = threading.Lock() if path else self._write_lock

    def _connect(self, path: Path | None) -> sqlite3.Connection:
        try:
            if path is not None:
                # Courses of patients: for the owner of the board's process only. SQLite's files beside it follow suit.
                path.touch(mode=0o600)
            connection = sqlite3.connect(
                path or ":memory:", timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            # WAL: readers see the last whole batch while the next is written. NORMAL: a power cut may lose the last
            # batches, never half of one, and their offsets with them: they are read again.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        except (OSError, sqlite3.Error) as error:
            raise TrendStoreError(
                f"{self.name} cannot be opened: {error}. Is the folder there and may it be written?"
            ) from error
        return connection

    @contextmanager
    def writing(self) -> Generator["_SqliteWriting"]:
        """A transaction: kept when the block ends, undone when it raises."""
        with self._write_lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield _SqliteWriting(self._writer)
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise TrendStoreError(f"{self.name} cannot be written: {error}") from error

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """What a question answers."""
        with self._read_lock:
            try:
                return self._reader.execute(_as_sqlite(sql), values).fetchall()
            except sqlite3.Error as error:
                raise TrendStoreError(f"{self.name} cannot be read: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._write_lock:
            self._writer.close()
        if self._reader is not self._writer:
            with self._read_lock:
                self._reader.close()


class _SqliteWriting:
    """The open transaction of a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        self._connection.execute(_as_sqlite(sql), values)

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(_as_sqlite(sql), rows)

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(_as_sqlite(sql), values).fetchall()
