"""The MLLP server: connections, their limits, and the order of reading and answering.

Back-pressure is the protocol's own: a connection is read again only after everything it sent has been answered, so a
broker that is slow makes senders wait, and nothing piles up here. Memory is bounded by connections times frame.
"""

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass

from blinwatch.gateway.desk import Desk, Taken
from blinwatch.gateway.telling import Telling
from blinwatch.receive.hl7.framing import FRAME_BYTES_MOST, FrameFault, FrameReader, frame

READ_BYTES = 64 * 1024
"""What one read takes: some messages, which then travel to Kafka together."""
FAULTS_MOST = 20
"""Faults of one connection before it is closed: a port scanner or a broken sender, not an engine with a bad day."""
TLS_HANDSHAKE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a peer may do."""

    connections_most: int = 256
    """Interface engines hold a handful; monitors that connect by themselves one each."""
    frame_bytes_most: int = FRAME_BYTES_MOST
    frame_within_s: float = 30.0
    """From one piece of a message to the next: a peer that stops in the middle has gone without saying so."""
    idle_s: float = 3600.0
    """Between messages. Admissions may be quiet for a night hour; TCP's own probes find dead peers sooner."""
    answer_within_s: float = 30.0
    """For a peer to read its answers: one that never does would hold its messages here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Certificate and key of the server; `clients_ca`: only peers with a certificate of these authorities."""

    certificate: str
    key: str
    clients_ca: str | None = None

    def context(self) -> ssl.SSLContext:
        """As a context of TLS 1.2 or later."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.clients_ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        if self.clients_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class MllpServer:
    """Listens until closed."""

    def __init__(self, desk: Desk, telling: Telling, limits: Limits) -> None:
        self._desk, self._telling, self._limits = desk, telling, limits
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen; the port, also where 0 was asked for."""
        handshake = {"ssl_handshake_timeout": TLS_HANDSHAKE_S} if tls is not None else {}
        self._server = await asyncio.start_server(self._accept, host, port, ssl=tls, limit=READ_BYTES, **handshake)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Take no more connections and end those that are open."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        if len(self._open) >= self._limits.connections_most:
            self._telling.ended("too_many")
            writer.transport.abort()
            return
        self._open.add(task)
        self._telling.connected(1)
        how = "failed"
        try:
            _watch_for_dead_peers(writer)
            how = await self._serve(reader, writer)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            how = "lost"
        except asyncio.CancelledError:
            how = "stopped"
        finally:
            self._open.discard(task)
            self._telling.connected(-1)
            self._telling.ended(how)
            writer.transport.abort() if how in ("deaf", "half_open", "lost") else writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Read, take, answer, until somebody has enough; who and why."""
        frames = FrameReader(self._limits.frame_bytes_most)
        faults = 0
        while True:
            patience_s = self._limits.frame_within_s if frames.inside_frame else self._limits.idle_s
            try:
                async with asyncio.timeout(patience_s):
                    piece = await reader.read(READ_BYTES)
            except TimeoutError:
                how = "half_open" if frames.inside_frame else "idle"
                await self._take_rest(frames)
                return how
            if not piece:
                await self._take_rest(frames)
                return "closed"
            taken: list[Taken] = []
            for found in frames.feed(piece):
                if isinstance(found, FrameFault):
                    faults += 1
                    taken.append(await self._desk.fault(found))
                else:
                    taken += await self._desk.take(found)
            for one in taken:
                answer = await self._desk.settle(one)
                if answer is not None:
                    writer.write(frame(answer))
            try:
                async with asyncio.timeout(self._limits.answer_within_s):
                    await writer.drain()
            except TimeoutError:
                return "deaf"
            if faults > FAULTS_MOST:
                return "abusive"

    async def _take_rest(self, frames: FrameReader) -> None:
        """What a peer left unfinished is kept; there is nobody to answer."""
        rest = frames.end()
        if rest is not None:
            await self._desk.settle(await self._desk.fault(rest))


def _watch_for_dead_peers(writer: asyncio.StreamWriter) -> None:
    """Let TCP ask a silent peer after a minute, then every 10 s, five times."""
    connection = writer.get_extra_info("socket")
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 5)):
        option = getattr(socket, name, None)  # macOS and Windows have other names, and defaults that do
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
