"""Puts the gateway together: associations, desk, server, metrics; and runs it until it is stopped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from prometheus_client import start_http_server

from blinwatch.gateway.association import Associations
from blinwatch.gateway.desk import Desk, Means
from blinwatch.gateway.holding import HELD_FOR, Holding
from blinwatch.gateway.kafka import AssociationLog, GatewayError, KafkaWriter, read_waiting
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.gateway.server import Limits, MllpServer, Tls
from blinwatch.gateway.whose import Resolver
from blinwatch.observe.gateway_metrics import GatewayMetrics
from blinwatch.receive.hl7.draft import Reading

log = logging.getLogger("blinwatch.gateway")
LOOK_EVERY_S = 60.0
"""How often waiting data is looked at for having waited too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a gateway's other doors have in common with the HL7 server."""

    writer: KafkaWriter
    resolver: Resolver
    metrics: GatewayMetrics
    reading: Callable[[datetime], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPlan:
    """Where the gateway listens, whom it believes and where it writes."""

    bootstrap: str
    host: str
    port: int
    zone: tzinfo = UTC
    authority: str = ""
    pseudonym_key: bytes = b""
    beds_count: bool = True
    tls: Tls | None = None
    limits: Limits = field(default_factory=Limits)
    metrics_port: int | None = None
    simulated: bool = False
    """The time is what the senders say: they play a ward faster than it is."""
    beside: Callable[[Shared], Awaitable[None]] | None = None
    """Another door into the same gateway, run until cancelled: the HTTP side, whose packages are optional."""


async def serve_gateway(plan: GatewayPlan, ready: Callable[[int], None] = lambda _: None) -> None:
    """Serve until cancelled. `ready` hears the port. Raises `GatewayError` where it cannot begin, or must end."""
    associations, metrics = Associations(), GatewayMetrics()
    writer, facts = KafkaWriter(plan.bootstrap), AssociationLog(plan.bootstrap)
    resolver = Resolver(associations, Pseudonyms(plan.pseudonym_key), beds_count=plan.beds_count)

    def reading(received_at: datetime) -> Reading:
        return Reading(received_at=received_at, zone=plan.zone, authority=plan.authority)

    means = Means(
        writer=writer, resolver=resolver, holding=Holding(), telling=metrics, reading=reading, simulated=plan.simulated
    )
    desk = Desk(means)
    server = MllpServer(desk, metrics, plan.limits)
    try:
        await writer.start()
        await facts.start(associations.take)
        for received_at, raw in await read_waiting(plan.bootstrap, datetime.now(UTC) - HELD_FOR):
            await desk.recall(raw, received_at)
        tls = plan.tls.context() if plan.tls is not None else None
        port = await server.start(plan.host, plan.port, tls)
        if plan.metrics_port is not None:
            start_http_server(plan.metrics_port, addr=plan.host, registry=metrics.registry)
        log.info("listening for HL7 at port %d, %s", port, "with TLS" if tls else "not encrypted")
        ready(port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(facts.follow(desk.learn))
            tasks.create_task(_let_go(desk))
            if plan.beside is not None:
                shared = Shared(writer=writer, resolver=resolver, metrics=metrics, reading=reading)
                tasks.create_task(_beside(plan.beside, shared))
    except OSError as error:
        raise GatewayError(f"cannot listen at {plan.host}:{plan.port}: {error.strerror or error}") from error
    finally:
        await server.close()
        await facts.stop()
        await writer.stop()


async def _let_go(desk: Desk) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        desk.expire()


async def _beside(run: Callable[[Shared], Awaitable[None]], shared: Shared) -> None:
    await run(shared)
