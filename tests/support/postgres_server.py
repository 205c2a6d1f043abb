"""Debian's PostgreSQL as a real server for tests: a cluster of its own in a temporary folder, on a loopback port."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.support.free_ports import free_ports

USER = "blinwatch"
START_WITHIN_S = 60.0
MISSING = "PostgreSQL's server is not on this machine (Debian: apt install postgresql)"


def server_programs() -> Path | None:
    """The folder of initdb and postgres; Debian keeps it out of PATH. The newest, where there are several."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


@dataclass(slots=True)
class PostgresServer:
    """A running server. The password is in PGPASSWORD of this process, as in a hospital's environment."""

    port: int
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of an empty database."""
        name = f"trends_{next(self._names)}"
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server until the block ends; skips the test, loudly, where PostgreSQL is missing."""
    programs = server_programs()
    if programs is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="blinwatch-postgres-"))
    owner = _owner()
    password, before = secrets.token_hex(16), os.environ.get("PGPASSWORD")
    try:
        (folder / "password").write_text(password, encoding="utf-8")
        if owner is not None:
            for path in (folder, folder / "password"):
                shutil.chown(path, owner)
        make = [programs / "initdb", "-D", folder / "data", "-U", USER, "--auth=scram-sha-256", "-E", "UTF8"]
        subprocess.run(
            [*make, "--pwfile", folder / "password", "--no-sync", "--locale=C"],
            check=True,
            user=owner,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        os.environ["PGPASSWORD"] = password
        with _running(programs, folder, owner) as server:
            yield server
    finally:
        if before is None:
            os.environ.pop("PGPASSWORD", None)
        else:
            os.environ["PGPASSWORD"] = before
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, owner: str | None) -> Iterator[PostgresServer]:
    (port,) = free_ports(1)
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(port), *options],
            user=owner,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_it_answers(PostgresServer(port), process, folder / "log")
        yield PostgresServer(port)
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown: connections are ended
        process.wait(timeout=60)


def _wait_until_it_answers(server: PostgresServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end_s = time.monotonic() + START_WITHIN_S
    while True:
        with suppress(psycopg.OperationalError):
            psycopg.connect(server.address(), connect_timeout=2).close()
            return
        said = log.read_text(encoding="utf-8", errors="replace")
        assert process.poll() is None, f"PostgreSQL ended by itself:\n{said}"
        assert time.monotonic() < end_s, f"PostgreSQL does not answer:\n{said}"
        time.sleep(0.1)


def _owner() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package brings a user of its own."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
