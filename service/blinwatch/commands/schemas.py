"""`blinwatch schemas`: the contracts follow the code and keep what was promised, or somebody is told."""

from pathlib import Path
from typing import Any

import orjson
import typer

from blinwatch import catalogue as catalogue_module
from blinwatch.catalogue import find_schemas, load_catalogue
from blinwatch.commands import asyncapi_document, openapi_document
from blinwatch.commands.asyncapi_page import asyncapi_page
from blinwatch.commands.contract_compatibility import (
    RELEASED,
    ContractError,
    broken_promises,
    parse_contract,
    read_contract,
)
from blinwatch.commands.failure import CommandError
from blinwatch.commands.register_schemas import register_schemas
from blinwatch.commands.schema_documents import schema_documents, topic_table, with_table

SCHEMA_FILES = "*.schema.json"
TOPICS_PAGE = Path("docs/reference/topics.md")
ASYNCAPI_PAGE = Path("docs/reference/asyncapi.html")


def expected_documents(root: Path) -> dict[Path, bytes]:
    """Every generated file of a checkout and what it must hold."""
    catalogue = load_catalogue()
    schemas = schema_documents(catalogue)
    documents = {root / "schemas" / name: content for name, content in schemas.items()}
    contract = asyncapi_document.asyncapi_document(catalogue, committed_examples())
    documents[root / "schemas" / asyncapi_document.FILE_NAME] = asyncapi_document.as_yaml(contract)
    requests = openapi_document.openapi_document(catalogue)
    documents[root / "schemas" / openapi_document.FILE_NAME] = openapi_document.as_json(requests)
    by_topic = {name.removesuffix(".schema.json"): orjson.loads(content) for name, content in schemas.items()}
    documents[root / ASYNCAPI_PAGE] = asyncapi_page(contract, by_topic)
    page = root / TOPICS_PAGE
    try:
        text = page.read_text(encoding="utf-8")
        documents[page] = with_table(text, topic_table(catalogue)).encode()
    except (OSError, ValueError) as error:
        raise CommandError(f"{TOPICS_PAGE}: {error}") from error
    return documents


def committed_examples() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Topic to its examples, by name."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for folder in sorted(find_schemas().joinpath("examples").iterdir(), key=lambda entry: entry.name):
        if folder.name != "invalid":
            files = sorted(folder.iterdir(), key=lambda entry: entry.name)
            found[folder.name] = [(file.name.removesuffix(".json"), orjson.loads(file.read_bytes())) for file in files]
    return found


def differences(root: Path) -> list[str]:
    """How the files of a checkout differ from the code, a sentence each."""
    expected = expected_documents(root)
    found: list[str] = []
    for path, content in expected.items():
        name = path.relative_to(root).as_posix()
        if not path.exists():
            found.append(f"{name} is missing")
        elif path.read_bytes() != content:
            found.append(f"{name} is not what the code says")
    stale = sorted(set((root / "schemas").glob(SCHEMA_FILES)) - set(expected))
    return found + [f"{path.relative_to(root).as_posix()} belongs to no topic" for path in stale]


def write_schemas() -> None:
    """Write the JSON Schemas and the table of topics anew from the code."""
    root = _checkout()
    for path, content in expected_documents(root).items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
            typer.echo(f"wrote {path.relative_to(root).as_posix()}")


def check_schemas() -> None:
    """Compare the committed contracts with the code; exit status 1 if any differs."""
    found = differences(_checkout())
    for sentence in found:
        typer.echo(sentence)
    if found:
        typer.echo("Run `blinwatch schemas write`, look at the difference, and commit it.")
        raise typer.Exit(1)
    typer.echo("The committed contracts are what the code says.")


def compare_schemas() -> None:
    """Compare the contracts with those of the last release; exit status 1 if a sender or reader would break."""
    found = broken_promises_of(_checkout())
    for sentence in found:
        typer.echo(sentence)
    if found:
        typer.echo("Make a new topic (.v2) beside the old one: docs/reference/compatibility.md.")
        raise typer.Exit(1)
    typer.echo("Whoever works with the released contracts works with these.")


def release_schemas() -> None:
    """Promise the contracts of this checkout: copy them to schemas/released. Refused where it breaks a promise."""
    root = _checkout()
    folder = root / RELEASED
    if folder.exists() and broken_promises_of(root):
        compare_schemas()
    folder.mkdir(exist_ok=True)
    for path, content in _contract_files(root).items():
        (folder / path.name).write_bytes(content)
        typer.echo(f"released {(RELEASED / path.name).as_posix()}")


def broken_promises_of(root: Path) -> list[str]:
    """What the code would break of the contracts that a checkout released."""
    now = parse_contract({path.name: content for path, content in _contract_files(root).items()})
    try:
        return broken_promises(read_contract(root / RELEASED), now)
    except ContractError as error:
        raise CommandError(str(error)) from error


def _contract_files(root: Path) -> dict[Path, bytes]:
    return {path: content for path, content in expected_documents(root).items() if path.parent == root / "schemas"}


def register(app: typer.Typer) -> None:
    """Add `blinwatch schemas`."""
    group = typer.Typer(no_args_is_help=True, help="Write or check the generated contracts of a checkout.")
    group.command("write")(write_schemas)
    group.command("check")(check_schemas)
    group.command("compare")(compare_schemas)
    group.command("release")(release_schemas)
    group.command("register")(register_schemas)
    app.add_typer(group, name="schemas")


def _checkout() -> Path:
    root = Path(catalogue_module.__file__).resolve().parents[2]
    if not (root / "schemas" / catalogue_module.FILE_NAME).is_file():
        raise CommandError("schemas are written and checked in a checkout of the project; this is an installation")
    return root
