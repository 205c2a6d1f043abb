"""`blinwatch gateway` as a process of its own, and a peer that says one message to it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from blinwatch.receive.hl7.framing import frame
from tests.receive.hl7.told import message_text
from tests.support.worker_process import ROOT


def environment(bootstrap: str) -> dict[str, str]:
    """The settings of any process of ours, and no other of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BLINWATCH_")}
    path = f"{ROOT / 'service'}{os.pathsep}{ROOT}"
    return {**kept, "PYTHONPATH": path, "BLINWATCH_KAFKA_BOOTSTRAP": bootstrap, "BLINWATCH_PARTITIONS": "4"}


@contextmanager
def gateway(bootstrap: str, *options: str) -> Generator[int]:
    """The port of `blinwatch gateway` in a process of its own, ended with SIGTERM."""
    words = [sys.executable, "-m", "blinwatch.cli", "gateway", "--port", "0", *options]
    process = subprocess.Popen(words, cwd=ROOT, env=environment(bootstrap), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"HL7 gateway: 127\.0\.0\.1:(\d+)", line):
                break
        else:
            raise AssertionError("the gateway has not started:\n" + "".join(said))
        yield int(found[1])
        assert process.poll() is None, "the gateway ended by itself"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stderr.close()


def say(port: int, segments: Sequence[str], **msh: str) -> str:
    """Send one message; the answer's MSA."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        peer.sendall(frame(message_text(*segments, **msh).encode()))
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            piece = peer.recv(65536)
            assert piece, "the gateway closed without an answer"
            answer += piece
    return answer.decode().split("\r")[1]
