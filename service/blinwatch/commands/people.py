"""`blinwatch people`: who may sign in at the board, in a file."""

from pathlib import Path
from typing import Annotated

import typer

from blinwatch.board.people.passwords import PasswordTooShortError, hash_password
from blinwatch.board.people.people_file import NAME, People, PeopleFileError, Person, read_people, write_people
from blinwatch.board.people.roles import RIGHTS, RoleName
from blinwatch.commands.failure import CommandError

app = typer.Typer(help="Who may sign in at the board, and what for.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="The people's file (YAML); `add` makes it.")]
Name = Annotated[str, typer.Argument(help="As it will stand in the audit.")]


@app.command()
def add(
    file: File,
    name: Name,
    role: Annotated[RoleName, typer.Option("--role", help="What for.")],
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="Holds the password; without it you are asked.")
    ] = None,
) -> None:
    """Let somebody sign in, or give a new password or role to somebody who may already. In force at once."""
    if password_file is not None:
        try:
            password = password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise CommandError(f"{password_file} cannot be read: {error.strerror}") from None
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        person = Person(name=name, role=role, password=hash_password(password))
    except PasswordTooShortError as error:
        raise CommandError(str(error)) from None
    except ValueError:
        raise CommandError(f"a name is 1 to 80 letters, digits, spaces and . _ - @ ({NAME})") from None
    others = [one for one in _people(file).people if one.name != name]
    write_people(file, [*others, person])
    typer.echo(f"{name} may sign in as {role}: {', '.join(sorted(RIGHTS[role]))}")


@app.command()
def remove(file: File, name: Name) -> None:
    """Let somebody in no longer. Whoever is signed in under the name is out at once."""
    people = _people(file)
    if people.named(name) is None:
        raise CommandError(f"there is nobody of that name in {file}")
    write_people(file, [one for one in people.people if one.name != name])
    typer.echo(f"{name} may no longer sign in")


@app.command("list")
def list_people(file: File) -> None:
    """Names and roles, no passwords."""
    for one in _people(file).people:
        typer.echo(f"{one.role:<11} {one.name}")


def _people(file: Path) -> People:
    if not file.exists():
        return People(people=())
    try:
        return read_people(file)
    except PeopleFileError as error:
        raise CommandError(str(error)) from None


def register(parent: typer.Typer) -> None:
    """Add `blinwatch people`."""
    parent.add_typer(app, name="people")
