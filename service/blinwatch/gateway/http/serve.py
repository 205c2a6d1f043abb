"""Runs the HTTP side beside the HL7 server until it is stopped."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette

from blinwatch.gateway.http.allowance import Allowances
from blinwatch.gateway.http.app import HttpMeans, build_app
from blinwatch.gateway.http.callers import CallerBook
from blinwatch.gateway.http.fhir import FhirMeans
from blinwatch.gateway.http.intake import Intake
from blinwatch.gateway.kafka import GatewayError
from blinwatch.gateway.serve import Shared
from blinwatch.gateway.server import Tls
from blinwatch.receive.fhir.subject import Systems

CONNECTIONS_MOST = 256
"""As for HL7. Beyond that uvicorn answers 503 by itself."""
STOP_WITHIN_S = 3
"""A caller that waits for Kafka while the gateway ends hears nothing, and sends again."""
BACKLOG = 128
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPlan:
    """Where it listens and whom it lets in."""

    host: str
    listening: socket.socket
    book: CallerBook | None
    tls: Tls | None
    events_per_s: float
    fhir_systems: Mapping[str, str]
    """Identifier system to the authority that HL7 v2 calls it; `Patient` for ids in references."""
    simulated: bool
    ready: Callable[[int], None]


async def run_http(plan: HttpPlan, shared: Shared) -> None:
    """The HTTP side of a gateway, until cancelled."""
    pseudonyms = shared.resolver.pseudonyms
    intake = Intake(shared.writer, shared.metrics, current=shared.resolver.associations.current)
    means = HttpMeans(
        intake=intake,
        telling=shared.metrics,
        book=plan.book,
        allowances=Allowances(plan.events_per_s),
        fhir=FhirMeans(
            pseudonyms=pseudonyms,
            systems=Systems(authorities=plan.fhir_systems, any_counts=not pseudonyms.key and not plan.fhir_systems),
            simulated=plan.simulated,
        ),
        # Beyond this machine somebody has said that no one has to say who he is.
        hosts=LOOPBACK_NAMES if plan.book is None and plan.host in LOOPBACK else ("*",),
    )
    await serve_http(build_app(means), plan.listening, plan.tls.context() if plan.tls else None, plan.ready)


def listen(host: str, port: int) -> socket.socket:
    """A socket at that address. Raises `GatewayError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise GatewayError(f"cannot listen for HTTP at {host}:{port}: {error.strerror or error}") from error
    return listening


async def serve_http(
    app: Starlette, listening: socket.socket, tls: ssl.SSLContext | None, ready: Callable[[int], None]
) -> None:
    """Serve until cancelled. `ready` hears the port."""
    # Bodies name patients, and so may addresses: no access log.
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        limit_concurrency=CONNECTIONS_MOST,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        server_header=False,
        backlog=BACKLOG,
        lifespan="off",
    )
    config.load()
    config.ssl = tls
    server = _Server(config)
    port = int(listening.getsockname()[1])
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn tells nobody when it is ready
            await asyncio.sleep(0.01)
        if server.started:
            ready(port)
        # A cancelled server would leave its connections behind; it is asked to stop instead.
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving
        listening.close()


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield
