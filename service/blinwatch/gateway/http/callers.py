"""The systems that may send over HTTP, from a file: a name and the hash of a token each.

A token is 256 random bits, made by `blinwatch gateway caller add`: nobody guesses it, so a plain SHA-256 keeps it. The
file is read anew when it changes; whoever is taken off is out at once.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,39}$"
"""It stands in the `source` of every event of the caller, which has 120 characters."""
HASH = r"^sha256\$[0-9a-f]{64}$"
TOKEN_BYTES = 32


class CallersFileError(Exception):
    """The file cannot be used; the text says what to mend, and never shows a token's hash."""


class Caller(BaseModel):
    """A system that may send."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=NAME)]
    token: Annotated[str, Field(pattern=HASH, repr=False)]


class Callers(BaseModel):
    """All of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    callers: tuple[Caller, ...]

    @model_validator(mode="after")
    def _each_once(self) -> "Callers":
        names = [one.name for one in self.callers]
        if len(set(names)) < len(names):
            raise ValueError("a name stands there twice: two systems would be one in the audit")
        return self


def new_token() -> str:
    """A token to give to a system."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """As the file keeps it."""
    return f"sha256${hashlib.sha256(token.encode('utf-8', 'surrogateescape')).hexdigest()}"


def read_callers(path: Path) -> Callers:
    """The callers of a file. Raises `CallersFileError`."""
    try:
        written: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Callers.model_validate(written)
    except OSError as error:
        raise CallersFileError(f"the callers' file cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CallersFileError("the callers' file is no YAML: make it with `blinwatch gateway caller add`") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise CallersFileError(f"the callers' file cannot be used: {place}: {first['msg']}") from None


def write_callers(path: Path, callers: Iterable[Caller]) -> None:
    """Write the file whole: whoever reads it meanwhile sees the old or the new one. A new one is its owner's alone."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yaml.safe_dump({"callers": [one.model_dump() for one in callers]}, file, sort_keys=False)
            os.fchmod(handle, mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


class CallerBook:
    """The callers of a file as it stands now."""

    def __init__(self, path: Path) -> None:
        """Raises `CallersFileError` where the file cannot be used from the start."""
        self._path = path
        self._seen = self._mark()
        self._callers = read_callers(path).callers

    def caller(self, token: str) -> str | None:
        """The name of whoever has this token. A file that became unusable lets nobody in."""
        mark = self._mark()
        if mark != self._seen:
            try:
                self._callers = read_callers(self._path).callers
            except CallersFileError:
                self._callers = ()
            self._seen = mark
        hashed = hash_token(token)
        # Every one is compared: how long it takes says nothing of how near a guess was.
        fitting = [one.name for one in self._callers if hmac.compare_digest(one.token, hashed)]
        return fitting[0] if fitting else None

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            told = self._path.stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_ino, told.st_size
