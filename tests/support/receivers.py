"""Hospital systems for tests: whatever takes HTTP, and an alarm manager that takes PCD-04 and reports back."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from blinwatch.receive.hl7.framing import FrameReader, frame

PATIENCE_S = 60.0


@dataclass
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpReceiver:
    """Keeps every request and answers as it is told to."""

    port: int = 0
    answer: Callable[[Got], int] = lambda _: 204
    got: list[Got] = field(default_factory=list[Got])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def until(self, enough: Callable[[list[Got]], Any], timeout_s: float = PATIENCE_S) -> list[Got]:
        """Wait for requests."""
        return _until(lambda: self.got, enough, timeout_s)


def _until(found: Callable[[], list[Any]], enough: Callable[[list[Any]], Any], timeout_s: float) -> list[Any]:
    end_s = time.monotonic() + timeout_s
    while not enough(found()):
        assert time.monotonic() < end_s, f"not within {timeout_s:g} s; there came {len(found())}"
        time.sleep(0.02)
    return found()


@contextmanager
def http_receiver(port: int = 0, answer: Callable[[Got], int] = lambda _: 204) -> Iterator[HttpReceiver]:
    """A receiver on a loopback port."""
    receiver = HttpReceiver(answer=answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Got(self.command, self.path, headers, body)
            code = receiver.answer(got)
            if 200 <= code < 300:
                receiver.got.append(got)
            self.send_response(code)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.take()

        def do_PUT(self) -> None:
            self.take()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class ManagerReceiver:
    """An alarm manager: keeps what it accepted."""

    port: int = 0
    answer: str = "AA"
    got: list[str] = field(default_factory=list[str])

    def until(self, enough: Callable[[list[str]], Any], timeout_s: float = PATIENCE_S) -> list[str]:
        """Wait for messages."""
        return _until(lambda: self.got, enough, timeout_s)


@contextmanager
def alarm_manager(port: int = 0) -> Iterator[ManagerReceiver]:
    """An alarm manager on a loopback port, without TLS."""
    receiver = ManagerReceiver()
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        while piece := await reader.read(65536):
            for found in frames.feed(piece):
                assert isinstance(found, bytes)
                text = found.decode()
                control_id = text.split("|")[9]
                if receiver.answer == "AA":
                    receiver.got.append(text)
                answer = f"MSH|^~\\&|AM||blinwatch||20260301||ACK^R40^ACK|1|P|2.6\rMSA|{receiver.answer}|{control_id}\r"
                writer.write(frame(answer.encode()))
            await writer.drain()
        writer.close()

    async def start() -> asyncio.Server:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        receiver.port = int(server.sockets[0].getsockname()[1])
        started.set()
        return server

    def run() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(start())
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
