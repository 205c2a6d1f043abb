"""One PostgreSQL for all tests of the board that want one; each takes a database of its own."""

from collections.abc import Iterator

import pytest

from tests.support.postgres_server import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server
