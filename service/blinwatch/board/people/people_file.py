"""The people who may sign in, from a file; read anew when it changes, so that whoever is taken off is out at once."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blinwatch.board.people.roles import RoleName

NAME = r"^[\w.\-@ ]{1,80}$"
HASH = r"^scrypt\$(16384|32768|65536)\$[A-Za-z0-9+/=]{24}\$[A-Za-z0-9+/=]{44}$"
"""Only costs that `passwords` can pay: a file cannot make a sign-in take all memory."""


class PeopleFileError(Exception):
    """The file cannot be used; the text says what to mend, and never shows a password's hash."""


class Person(BaseModel):
    """Somebody who may sign in."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=NAME)]
    """As it will stand in the audit."""
    role: RoleName
    password: Annotated[str, Field(pattern=HASH, repr=False)]


class People(BaseModel):
    """All of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    people: tuple[Person, ...]

    @model_validator(mode="after")
    def _each_once(self) -> "People":
        names = [one.name for one in self.people]
        if len(set(names)) < len(names):
            raise ValueError("a name stands there twice: two people would be one in the audit")
        return self

    def named(self, name: str) -> Person | None:
        """The person of that name."""
        return next((one for one in self.people if one.name == name), None)


def read_people(path: Path) -> People:
    """The people of a file. Raises `PeopleFileError`."""
    try:
        written: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return People.model_validate(written)
    except OSError as error:
        raise PeopleFileError(f"the people's file cannot be read: {error.strerror}") from None
    except yaml.YAMLError:
        raise PeopleFileError("the people's file is no YAML: make it with `blinwatch people add`") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise PeopleFileError(f"the people's file cannot be used: {place}: {first['msg']}") from None


def write_people(path: Path, people: Iterable[Person]) -> None:
    """Write the file whole; whoever reads it meanwhile sees the old or the new one.

    A new file is readable by its owner alone; one that was opened to a container's user stays so.
    """
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
    content = {"people": [one.model_dump() for one in people]}
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yaml.safe_dump(content, file, sort_keys=False)
            os.fchmod(handle, mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


class PeopleBook:
    """The people of a file as it stands now."""

    def __init__(self, path: Path) -> None:
        """Raises `PeopleFileError` where the file cannot be used from the start."""
        self._path = path
        self._seen = self._mark()
        self._people = read_people(path)

    def person(self, name: str) -> Person | None:
        """Somebody who may sign in now. A file that became unusable lets nobody in."""
        mark = self._mark()
        if mark != self._seen:
            try:
                self._people = read_people(self._path)
            except PeopleFileError:
                self._people = People(people=())
            self._seen = mark
        return self._people.named(name)

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            told = self._path.stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_ino, told.st_size
