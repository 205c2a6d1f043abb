"""The trend store that an address names."""

from pathlib import Path
from urllib.parse import urlsplit

from blinwatch.board.trends.sqlite_store import open_sqlite
from blinwatch.board.trends.trend_store import TrendStore, TrendStoreError

SQLITE = "sqlite:///"
MEMORY = "sqlite://"
POSTGRES = "postgresql://"
FORMS = (
    "sqlite:///folder/trends.db (from here), sqlite:////var/lib/blinwatch/trends.db, sqlite:// (in memory), or "
    "postgresql://host/database"
)


def open_store(address: str, *, must_exist: bool = False) -> TrendStore:
    """The store at an address; made where it is missing, unless it must exist.

    Raises `TrendStoreError` when it cannot be used.
    """
    if address == MEMORY and not must_exist:
        return open_sqlite(None)
    if address.startswith(SQLITE) and address != SQLITE:
        path = Path(address.removeprefix(SQLITE))
        if must_exist and not path.is_file():
            raise TrendStoreError(f"there is no trend store {path}; `blinwatch board` makes and fills one")
        return open_sqlite(path)
    if address.startswith(POSTGRES):
        return _open_postgres(address)
    raise TrendStoreError(f"'{urlsplit(address).scheme}:...' is no address of a trend store; write {FORMS}")


def _open_postgres(address: str) -> TrendStore:
    try:
        # In the extra `postgres`: whoever keeps trends in SQLite does not need it.
        from blinwatch.board.trends.postgres_store import open_postgres  # noqa: PLC0415
    except ImportError as error:
        raise TrendStoreError(
            "PostgreSQL's driver is missing; install it: pip install 'blinwatch[postgres]'"
        ) from error
    return open_postgres(address)
