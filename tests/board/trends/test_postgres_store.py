"""What is PostgreSQL's own: the server, its password, and that it can go away."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from blinwatch.board.trends.open_store import open_store
from blinwatch.board.trends.postgres_store import open_postgres
from blinwatch.board.trends.trend_store import TrendStoreError
from tests.board.trends.rows import PATIENT, START_MS, batch, mark
from tests.support.free_ports import free_ports
from tests.support.postgres_server import PostgresServer

SPAN = START_MS, START_MS + 1


def _run(address: str, sql: str) -> list[Any]:
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_store_opened_again_goes_on_where_it_was(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    first = open_postgres(address)
    first.write(batch(marks=[mark("g1", 0)], next_offsets={("t", 0): 5}))
    first.close()
    second = open_postgres(address)
    assert second.positions() == {("t", 0): 5}
    assert [one.mark_id for one in second.marks(PATIENT, *SPAN)] == ["g1"]
    second.close()


def test_boards_that_open_an_empty_store_at_once_do_not_meet(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    with ThreadPoolExecutor(6) as several:
        for store in several.map(open_postgres, [address] * 6):
            assert store.positions() == {}
            store.close()


def test_a_store_whose_connections_were_cut_connects_again(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    store = open_postgres(address)
    store.write(batch(marks=[mark("g1", 0)]))
    assert store.positions() == {}
    _run(
        address,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'blinwatch trends'",
    )
    with pytest.raises(TrendStoreError, match="cannot be written"):
        store.write(batch(marks=[mark("g2", 0)]))
    with pytest.raises(TrendStoreError, match="cannot be read"):
        store.positions()
    store.write(batch(marks=[mark("g2", 0)]))
    assert [one.mark_id for one in store.marks(PATIENT, *SPAN)] == ["g1", "g2"]
    store.close()


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    (port,) = free_ports(1)
    with pytest.raises(TrendStoreError, match=r"the trend store trends at 127\.0\.0\.1 cannot be written") as refused:
        open_store(f"postgresql://somebody:s3cret@127.0.0.1:{port}/trends")
    assert "s3cret" not in str(refused.value)


def test_a_wrong_password_is_said_and_not_repeated(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    address = postgres.new_database()
    monkeypatch.setenv("PGPASSWORD", "s3cret")
    with pytest.raises(TrendStoreError, match="password authentication failed") as refused:
        open_store(address)
    assert "s3cret" not in str(refused.value)


def test_an_error_names_no_patient(postgres: PostgresServer) -> None:
    store = open_postgres(postgres.new_database())
    with pytest.raises(TrendStoreError) as refused:
        store.write(batch(marks=[mark("g1", 0, patient_id="pt-0042", code=None)]))
    assert "pt-0042" not in str(refused.value)
    assert refused.value.__cause__ is None
    store.close()


def test_a_store_of_another_release_is_refused_and_said(postgres: PostgresServer) -> None:
    address = postgres.new_database()
    open_postgres(address).close()
    _run(address, "UPDATE about SET schema_version = 99")
    with pytest.raises(TrendStoreError, match="another release"):
        open_postgres(address)
