"""The schemas reach a registry that speaks Confluent's interface; what it refuses is said with what to do."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer
from typer.testing import CliRunner, Result

from blinwatch.catalogue import load_catalogue
from blinwatch.commands import schemas

Answer = tuple[int, bytes]


class FakeRegistry:
    """A small registry: one number for each schema, the same for the same."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.answer: Callable[[str, str], Answer] = self.register
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, dict(self.headers), body))
                subject = unquote(self.path).removeprefix("/base/subjects/").removesuffix("/versions")
                status, text = outer.answer(subject, body["schema"])
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/base/"

    def register(self, subject: str, schema: str) -> Answer:
        self.held[subject] = schema
        return 200, json.dumps({"id": sorted(self.held).index(subject) + 1}).encode()


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    thread = threading.Thread(target=fake.server.serve_forever)
    thread.start()
    try:
        yield fake
    finally:
        fake.server.shutdown()
        thread.join()
        fake.server.server_close()


def register(url: str, *words: str) -> Result:
    app = typer.Typer()
    schemas.register(app)
    return CliRunner().invoke(app, ["schemas", "register", "--url", url, *words], env={"COLUMNS": "200"})


def test_every_topic_with_a_contract_becomes_a_subject_with_its_schema_and_id(registry: FakeRegistry) -> None:
    result = register(registry.url)
    assert result.exit_code == 0, result.output
    described = [topic.name for topic in load_catalogue().topics if topic.direction in ("in", "out")]
    assert set(registry.held) == {f"{name}-value" for name in described}
    for name in described:
        assert json.loads(registry.held[f"{name}-value"])["$id"] == f"urn:blinwatch:schema:{name}"
        assert f"{name}-value: schema " in result.output
    path, headers, body = registry.asked[0]
    assert path == "/base/subjects/vitals.observed.v1-value/versions"
    assert headers["Content-Type"] == "application/vnd.schemaregistry.v1+json"
    assert body["schemaType"] == "JSON"
    assert "Authorization" not in headers


def test_credentials_come_from_a_file_and_appear_nowhere_else(registry: FakeRegistry, tmp_path: Path) -> None:
    secret = tmp_path / "credentials"
    secret.write_text("reader:s3cret\n", encoding="utf-8")
    result = register(registry.url, "--credentials-file", str(secret))
    assert registry.asked[0][1]["Authorization"] == f"Basic {base64.b64encode(b'reader:s3cret').decode()}"
    assert "s3cret" not in result.output


@pytest.mark.parametrize(
    "answer,said",
    [
        ((401, b"who are you"), "Give NAME:PASSWORD in --credentials-file"),
        ((409, b'{"error_code":409}'), "docs/reference/compatibility.md"),
        ((500, b"broken"), "the registry answered 500: broken"),
        ((200, b"<html>"), "is it a schema registry"),
        ((200, b"[]"), "is it a schema registry"),
    ],
)
def test_what_is_refused_is_said_and_nothing_more_is_sent(registry: FakeRegistry, answer: Answer, said: str) -> None:
    registry.answer = lambda _subject, _schema: answer
    result = register(registry.url)
    assert result.exit_code != 0
    assert said in f"{result.output}{result.exception}"
    assert len(registry.asked) == 1


def test_a_registry_that_does_not_answer_is_named(registry: FakeRegistry) -> None:
    registry.server.server_close()
    result = register("http://127.0.0.1:1")
    assert "no answer from the registry at 127.0.0.1:1" in f"{result.output}{result.exception}"


@pytest.mark.parametrize(
    "url", ["registry:8081", "ftp://registry", "http://registry:port", "http://me:secret@registry"]
)
def test_what_is_no_address_of_a_registry_is_refused_before_anything_is_sent(url: str) -> None:
    result = register(url)
    assert "--url must be http" in f"{result.output}{result.exception}"
    assert "secret" not in f"{result.output}{result.exception}"


def test_a_file_of_credentials_that_is_not_there_is_named(registry: FakeRegistry) -> None:
    result = register(registry.url, "--credentials-file", "/nowhere/at-all")
    assert "/nowhere/at-all: No such file" in f"{result.output}{result.exception}"
    assert registry.asked == []
