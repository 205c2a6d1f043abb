"""A TCP line that fails as lines do: it stands between one worker and one broker.

What:      forwards bytes both ways. It can delay them, let them through in fits, hold back all that goes in one
           direction (what was held arrives later, as TCP would send it again), or reset every connection.
How:       all lines share one thread with an event loop of its own; `conditions` may be set from any thread.
Caveats:   below TCP nothing can be lost from here: a lost packet shows as a pause, which is what `stutter_s` does.
"""

import asyncio
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

CHUNK = 64 * 1024
LOOK_AGAIN_S = 0.02
"""How often a line that holds bytes back looks whether it may go on."""


@dataclass(frozen=True)
class Conditions:
    """How a line is at present."""

    delay_s: float = 0.0
    """Added to each chunk, either way."""
    stutter_s: float = 0.0
    """One chunk in ten waits up to so long: as after a lost packet."""
    is_deaf: bool = False
    """Nothing comes from the broker to the worker."""
    is_mute: bool = False
    """Nothing comes from the worker to the broker."""


CLEAR = Conditions()


class FaultProxies:
    """A context manager around the lines and their thread."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxies", daemon=True)
        self._lines: list[FaultLine] = []
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _end(self) -> None:
        for line in self._lines:
            line.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def line(self, listen_port: int, target_port: int, seed: int) -> "FaultLine":
        """Open a line from one loopback port to another."""
        line = FaultLine(self._loop, target_port, seed)
        asyncio.run_coroutine_threadsafe(line.listen(listen_port), self._loop).result(20)
        self._lines.append(line)
        return line


class FaultLine:
    """Connections from one worker to one broker."""

    def __init__(self, loop: asyncio.AbstractEventLoop, target_port: int, seed: int) -> None:
        self.conditions = CLEAR
        self._loop, self._target_port = loop, target_port
        self._random = random.Random(seed)  # noqa: S311 - a seed, not a secret
        self._open: set[asyncio.StreamWriter] = set()

    async def listen(self, port: int) -> None:
        """Take connections from now on."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", port)

    def close(self) -> None:
        """Take no connections any more, and reset those that are open."""
        self._server.close()
        self._reset()

    def cut(self) -> None:
        """Reset every connection, without a goodbye; new ones are taken."""
        self._loop.call_soon_threadsafe(self._reset)

    def _reset(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _connect(self, from_worker: asyncio.StreamReader, to_worker: asyncio.StreamWriter) -> None:
        try:
            from_broker, to_broker = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            to_worker.transport.abort()
            return
        both = {to_worker, to_broker}
        self._open |= both
        ways = (
            self._forward(from_worker, to_broker, lambda: self.conditions.is_mute),
            self._forward(from_broker, to_worker, lambda: self.conditions.is_deaf),
        )
        tasks = [asyncio.ensure_future(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for writer in both:
                writer.transport.abort()
            self._open -= both

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_held: Callable[[], bool]
    ) -> None:
        try:
            while chunk := await reader.read(CHUNK):
                await self._wait(is_held)
                writer.write(chunk)
                await writer.drain()
        except OSError:
            return

    async def _wait(self, is_held: Callable[[], bool]) -> None:
        now = self.conditions
        if now.delay_s:
            await asyncio.sleep(now.delay_s)
        if now.stutter_s and self._random.random() < 0.1:
            await asyncio.sleep(self._random.uniform(0, now.stutter_s))
        while is_held():  # noqa: ASYNC110 - the conditions are set from another thread
            await asyncio.sleep(LOOK_AGAIN_S)
