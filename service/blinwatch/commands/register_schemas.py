"""`blinwatch schemas register`: hand the JSON Schemas of all topics to a schema registry.

What:      one subject a topic, `<topic>-value`, by the REST interface of Confluent's registry, which others share:
           POST /subjects/<subject>/versions with the schema as text. The same schema again is the same version.
Caveats:   records are plain JSON without a registry's own prefix of bytes; nothing of blinwatch reads the registry.
"""

import base64
import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import orjson
import typer

from blinwatch.catalogue import find_schemas, load_catalogue
from blinwatch.commands.failure import CommandError

ANSWER_WITHIN_S = 10
"""A registry writes a schema to a topic of its own before it answers; seconds at most."""
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
OK = 200
SHOWN_CHARACTERS_MOST = 300


@dataclass(frozen=True, slots=True)
class Registry:
    """Where a registry is and who asks."""

    scheme: str
    address: str
    path: str
    credentials: str | None
    """NAME:PASSWORD; None where the registry asks nobody."""


def registry_at(url: str, credentials: str | None) -> Registry:
    """A registry by its URL. Raises `CommandError` where that is none."""
    parts = urlsplit(url)
    try:
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_address = False
    if not is_address or parts.username:
        raise CommandError("--url must be http://HOST:PORT or https://HOST:PORT; a name goes into --credentials-file")
    return Registry(parts.scheme, parts.netloc, parts.path.rstrip("/"), credentials)


def subjects() -> Iterator[tuple[str, str]]:
    """Each subject and its schema as text."""
    for topic in load_catalogue().topics:
        if topic.direction in ("in", "out"):
            schema = find_schemas().joinpath(f"{topic.name}.schema.json").read_text(encoding="utf-8")
            yield f"{topic.name}-value", schema


def register_schema(registry: Registry, subject: str, schema: str) -> int:
    """Hand over one schema; the number the registry knows it by. Raises `CommandError` where it is not taken."""
    body = orjson.dumps({"schemaType": "JSON", "schema": schema})
    status, answer = _post(registry, f"/subjects/{quote(subject, safe='')}/versions", body)
    if status != OK:
        raise CommandError(
            f"{subject}: the registry answered {status}: {answer[:SHOWN_CHARACTERS_MOST]}{_advice(status)}"
        )
    try:
        told: dict[str, Any] = orjson.loads(answer)
        return int(told["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CommandError(
            f"{subject}: {registry.address} answered 200 without an id; is it a schema registry? "
            f"It said: {answer[:SHOWN_CHARACTERS_MOST]}"
        ) from error


def _advice(status: int) -> str:
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        return ". Give NAME:PASSWORD in --credentials-file"
    if status == http.client.CONFLICT:
        return (
            ". It holds an incompatible version, by its own rule. Ours for v1 is kept by `blinwatch schemas compare` "
            "(docs/reference/compatibility.md); the subject's rule in the registry may then be NONE"
        )
    return ""


def _post(registry: Registry, path: str, body: bytes) -> tuple[int, str]:
    kind = http.client.HTTPSConnection if registry.scheme == "https" else http.client.HTTPConnection
    connection = kind(registry.address, timeout=ANSWER_WITHIN_S)
    headers = {"Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE}
    if registry.credentials is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(registry.credentials.encode()).decode()}"
    try:
        connection.request("POST", registry.path + path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise CommandError(
            f"no answer from the registry at {registry.address}: {error or type(error).__name__}"
        ) from error
    finally:
        connection.close()


def register_schemas(
    url: Annotated[str, typer.Option(help="The registry, such as http://registry:8081.")],
    credentials_file: Annotated[
        Path | None, typer.Option(help="A file with NAME:PASSWORD, where the registry asks for it.")
    ] = None,
) -> None:
    """Hand the JSON Schemas of all topics to a Confluent-compatible schema registry."""
    try:
        credentials = credentials_file.read_text(encoding="utf-8").strip() if credentials_file else None
    except OSError as error:
        raise CommandError(f"{credentials_file}: {error.strerror}") from error
    registry = registry_at(url, credentials)
    for subject, schema in subjects():
        typer.echo(f"{subject}: schema {register_schema(registry, subject, schema)}")
