"""The container's health check believes the worker's own answer, and takes silence for a no."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from blinwatch.observe.probe_readiness import DEFAULT_PORT, main, probe
from blinwatch.settings import Settings


@contextmanager
def a_worker_that_answers(status: int, body: bytes) -> Generator[int]:
    """A web server on a free loopback port that gives this answer to /readyz and 404 to all else."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_ready_worker_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_worker_that_answers(200, b"{}") as port:
        monkeypatch.setenv("BLINWATCH_WEB_PORT", str(port))
        assert main() == 0


def test_a_worker_that_is_not_ready_is_unhealthy_and_its_reason_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with a_worker_that_answers(503, b'{"reasons": ["stalled"]}') as port:
        monkeypatch.setenv("BLINWATCH_WEB_PORT", str(port))
        assert main() == 1
    assert "stalled" in capsys.readouterr().err


def test_a_worker_that_does_not_answer_is_unhealthy() -> None:
    with a_worker_that_answers(200, b"") as port:
        pass
    ready, said = probe(port)
    assert not ready
    assert str(port) in said


def test_the_probe_asks_the_port_the_worker_uses_by_default() -> None:
    assert Settings().web_port == int(DEFAULT_PORT)
