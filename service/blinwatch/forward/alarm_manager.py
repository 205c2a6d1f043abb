"""A hospital's alarm manager: alerts go to it as PCD-04 over MLLP, and its reports come back (PCD-05)."""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from blinwatch.forward.letter import Letter, NotTakenError
from blinwatch.forward.pcd04 import pcd04
from blinwatch.forward.pcd05 import StatusReport, UnreadableReportError, read_report
from blinwatch.forward.targets_file import AlarmManagerTarget, StatusReports
from blinwatch.receive.hl7.acknowledgement import Answer, acknowledge
from blinwatch.receive.hl7.framing import FrameReader, frame
from blinwatch.receive.hl7.message import read_messages
from blinwatch.receive.hl7.mllp_sender import MllpSender, NotAcceptedError
from blinwatch.receive.hl7.refusal import Hl7Error

ANSWER_WITHIN_S = 10.0
CONTROL_ID_CHARACTERS_MOST = 199
"""MSH-10 in HL7 2.6; ours are far shorter."""
READ_BYTES = 16 * 1024
PEERS_MOST = 8
"""One manager, and what it leaves open when it starts anew."""
SILENT_MOST_S = 3600.0
SENT_MOST = 10_000
"""Messages of which it is remembered whose they are: a hospital's day."""
Reported = Callable[[StatusReport], Awaitable[None]]


class AlarmManager:
    """One manager; a connection that is kept."""

    def __init__(self, target: AlarmManagerTarget) -> None:
        self._target = target
        self._sender: MllpSender | None = None
        self._sent: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._connecting = asyncio.Lock()

    async def deliver(self, letter: Letter) -> str:
        """Send, and wait for the manager's acceptance of this very message."""
        target = self._target
        self._remember(letter)
        control_id = letter.id[:CONTROL_ID_CHARACTERS_MOST]
        text = pcd04(
            letter.told,
            control_id=control_id,
            at=datetime.now(UTC),
            sending=target.sending,
            receiving=target.receiving,
            authority=target.patient_authority,
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                sender = await self._connected()
                await (await sender.send(text, control_id))
        except NotAcceptedError as error:
            raise NotTakenError(str(error), is_final="AR" in str(error) or "CR" in str(error)) from None
        except (OSError, ssl.SSLError, TimeoutError, Hl7Error) as error:
            await self._let_go()
            raise NotTakenError(f"not reached: {type(error).__name__}") from None
        return "accepted"

    async def close(self) -> None:
        """Let go of the connection."""
        await self._let_go()

    def about(self, report: StatusReport) -> tuple[str, str] | None:
        """Patient and alert of a report: as it says itself, or as was sent; None where neither tells."""
        if report.patient_id and report.alert_id:
            return report.patient_id, report.alert_id
        return self._sent.get(report.decision_id)

    def _remember(self, letter: Letter) -> None:
        self._sent[str(letter.told["decision_id"])] = str(letter.told["patient_id"]), str(letter.told["alert_id"])
        while len(self._sent) > SENT_MOST:
            self._sent.popitem(last=False)

    async def _connected(self) -> MllpSender:
        async with self._connecting:
            if self._sender is None or not self._sender.is_open:
                await self._let_go()
                tls = ssl.create_default_context(cafile=self._target.ca_file) if self._target.tls else None
                sender = MllpSender()
                await sender.connect(self._target.host, self._target.port, tls)
                self._sender = sender
            return self._sender

    async def _let_go(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()


class ReportServer:
    """Takes the manager's reports; each is answered when `reported` has kept it."""

    def __init__(self, where: StatusReports, reported: Reported) -> None:
        self._where, self._reported = where, reported
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises `OSError`."""
        tls = None
        if self._where.certificate is not None and self._where.key is not None:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.minimum_version = ssl.TLSVersion.TLSv1_2
            tls.load_cert_chain(self._where.certificate, self._where.key)
        self._server = await asyncio.start_server(self._accept, self._where.host, self._where.port, ssl=tls)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._open) >= PEERS_MOST:
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            writer.transport.abort()
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        while True:
            async with asyncio.timeout(SILENT_MOST_S):
                piece = await reader.read(READ_BYTES)
            if not piece:
                return
            for found in frames.feed(piece):
                answer = await self._answer(found) if isinstance(found, bytes) else None
                if answer is not None:
                    writer.write(frame(answer))
            await writer.drain()

    async def _answer(self, raw: bytes) -> bytes | None:
        try:
            message = read_messages(raw)[0]
        except (Hl7Error, IndexError):
            return None
        try:
            await self._reported(read_report(message))
            answer = Answer(code="AA")
        except UnreadableReportError as error:
            answer = Answer(code="AE", text=str(error))
        except NotTakenError as error:
            answer = Answer(code="AR", text=str(error))
        now = datetime.now(UTC)
        return acknowledge(message, answer, at=now, control_id=f"{round(now.timestamp() * 1000)}")
