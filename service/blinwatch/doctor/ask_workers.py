"""Whether workers say that they are ready: `/readyz` of every address behind each name."""

import asyncio
import json
import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

TIMEOUT_S = 4.0
"""A worker that needs longer to say that it is well is not."""
READY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSaid:
    """What one worker answered."""

    address: str
    ready: bool
    said: str


async def ask_workers(names: tuple[str, ...]) -> list[WorkerSaid]:
    """Ask everybody at once; a name that leads nowhere is an answer, too."""
    asked = await asyncio.gather(*(asyncio.to_thread(_addresses, name) for name in names))
    found = [one for many in asked for one in many]
    return list(await asyncio.gather(*(asyncio.to_thread(_ask, one) for one in found)))


def _addresses(name: str) -> list[tuple[str, str, int]]:
    """(what to call it, address, port) of everything behind HOST:PORT; several workers may share a name."""
    host, _, port = name.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return [(name, "", 0)]
    addresses = sorted({str(entry[4][0]) for entry in found})
    return [(name if len(addresses) == 1 else f"{name} ({address})", address, int(port)) for address in addresses]


def _ask(one: tuple[str, str, int]) -> WorkerSaid:
    name, address, port = one
    if not address:
        return WorkerSaid(address=name, ready=False, said="no such address")
    connection = HTTPConnection(address, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException) as error:
        return WorkerSaid(address=name, ready=False, said=f"does not answer ({type(error).__name__})")
    finally:
        connection.close()
    return WorkerSaid(address=name, ready=answer.status == READY, said=_words(body))


def _words(body: bytes) -> str:
    """The worker's own reasons; empty where it has none."""
    try:
        told: Any = json.loads(body)
        return "; ".join(str(reason["text"]) for reason in told.get("reasons", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "answers in words that no worker of blinwatch uses"
