"""Every kind of trend store, for tests that all of them must pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from blinwatch.board.trends.open_store import open_store
from blinwatch.board.trends.trend_store import TrendStore
from tests.support.postgres_server import PostgresServer

KINDS = ("sqlite file", "sqlite memory", "postgres")


@contextmanager
def opened(kind: str, folder: Path, postgres: Callable[[], PostgresServer]) -> Iterator[TrendStore]:
    """An empty store; `postgres` is called only for that kind."""
    if kind == "postgres":
        address = postgres().new_database()
    else:
        address = f"sqlite:///{folder / 'trends.db'}" if kind == "sqlite file" else "sqlite://"
    store = open_store(address)
    try:
        yield store
    finally:
        store.close()
