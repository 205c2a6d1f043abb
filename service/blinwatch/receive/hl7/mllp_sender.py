"""Sends messages over MLLP and holds the receiver to its answers: each is accepted, or the sending fails."""

import asyncio
import ssl
from collections import deque

from blinwatch.receive.hl7.framing import FrameReader, frame
from blinwatch.receive.hl7.message import read_messages

IN_FLIGHT_MOST = 200
"""Sent and not answered: enough to keep a receiver busy, little enough to be sent again."""
_READ_BYTES = 64 * 1024


class NotAcceptedError(Exception):
    """The receiver has refused a message or gone away; the text is its own."""


class MllpSender:
    """One connection; answers come in the order of the messages."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, asyncio.Future[object]]] = deque()
        self._room = asyncio.Semaphore(IN_FLIGHT_MOST)
        self._writer: asyncio.StreamWriter | None = None
        self._answers: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a receiver who has not gone away."""
        return self._answers is not None and not self._answers.done()

    async def connect(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Raises `OSError` where nobody listens, or nobody who is trusted."""
        reader, self._writer = await asyncio.open_connection(host, port, ssl=tls)
        self._answers = asyncio.create_task(self._read(reader))

    async def send(self, text: str, control_id: str) -> asyncio.Future[object]:
        """Send; the future is done when the receiver has accepted it, or carries `NotAcceptedError`."""
        if self._writer is None or self._answers is None or self._answers.done():
            raise NotAcceptedError("the receiver of HL7 has gone away")
        await self._room.acquire()
        accepted: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append((control_id, accepted))
        self._writer.write(frame(text.encode("utf-8")))
        await self._writer.drain()
        return accepted

    async def answered(self) -> None:
        """Wait until everything sent has been answered."""
        waiting = [accepted for _, accepted in self._waiting]
        if waiting:
            await asyncio.gather(*waiting)

    async def close(self) -> None:
        """Let go of the receiver."""
        if self._answers is not None:
            self._answers.cancel()
            await asyncio.gather(self._answers, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        try:
            while piece := await reader.read(_READ_BYTES):
                for found in frames.feed(piece):
                    if isinstance(found, bytes):
                        self._take(found)
        finally:
            for _, accepted in self._waiting:
                if not accepted.done():
                    accepted.set_exception(NotAcceptedError("the receiver of HL7 has gone away"))
            self._waiting.clear()

    def _take(self, answer: bytes) -> None:
        msa = read_messages(answer)[0].first("MSA")
        if msa is None or not self._waiting:
            return
        control_id, accepted = self._waiting.popleft()
        self._room.release()
        if msa.text(1) in ("AA", "CA") and msa.text(2) == control_id:
            accepted.set_result(None)
        else:
            accepted.set_exception(NotAcceptedError(f"the receiver answers {msa.text(1)}: {msa.text(3)}"))
