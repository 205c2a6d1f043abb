"""The lines that fail: what they let through, hold back and reset."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.chaos.fault_proxy import CLEAR, Conditions, FaultLine, FaultProxies
from tests.support.free_ports import free_ports


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that answers each byte with itself."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while data := connection.recv(100):
                connection.sendall(data)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture
def line(echo_port: int) -> Iterator[tuple[FaultLine, socket.socket]]:
    with FaultProxies() as proxies:
        (port,) = free_ports(1)
        opened = proxies.line(port, echo_port, seed=1)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            yield opened, client


def says(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    return client.recv(100)


def test_a_clear_line_carries_bytes_both_ways(line: tuple[FaultLine, socket.socket]) -> None:
    assert says(line[1], b"hello") == b"hello"


@pytest.mark.parametrize("held", [Conditions(is_deaf=True), Conditions(is_mute=True)])
def test_a_line_dead_in_one_direction_delivers_later_what_it_held(
    line: tuple[FaultLine, socket.socket], held: Conditions
) -> None:
    fault, client = line
    fault.conditions = held
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        says(client, b"hello")
    fault.conditions = CLEAR
    client.settimeout(5)
    assert client.recv(100) == b"hello"


def test_a_slow_line_delays_each_way(line: tuple[FaultLine, socket.socket]) -> None:
    fault, client = line
    fault.conditions = Conditions(delay_s=0.2)
    began_s = time.monotonic()
    assert says(client, b"hello") == b"hello"
    assert time.monotonic() - began_s >= 0.4


def test_a_cut_line_resets_what_is_open_and_takes_new_connections(line: tuple[FaultLine, socket.socket]) -> None:
    fault, client = line
    assert says(client, b"hello") == b"hello"
    host, port = client.getpeername()
    fault.cut()
    with suppress(ConnectionError):
        assert client.recv(100) == b""
    with socket.create_connection((host, port), timeout=5) as again:
        assert says(again, b"again") == b"again"
