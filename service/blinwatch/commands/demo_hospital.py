"""The demo's hospital: a small alarm manager and a small FHIR server, told by the real `blinwatch forward`.

They take what comes and remember which alerts they have heard of; nothing more is needed to see that one and the same
alert is on Kafka, came as IHE PCD-04 and came as FHIR.
"""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Self

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from blinwatch.commands.demo_worker import free_port
from blinwatch.forward.serve import Forward, ForwardPlan, serve_forward
from blinwatch.forward.targets_file import Targets
from blinwatch.receive.hl7.acknowledgement import Answer, acknowledge
from blinwatch.receive.hl7.framing import FrameReader, frame
from blinwatch.receive.hl7.message import read_messages

HOST = "127.0.0.1"
_FHIR_PORT = 8090
_READ_BYTES = 64 * 1024
_LOOK_S = 0.02
ALERTS_OF = ("Flag", "DetectedIssue")
"""Resources that are an alert; their ids end with ours."""


class _Server(uvicorn.Server):
    """Leaves signals to the demo."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


class DemoHospital:
    """Use as an asynchronous context manager."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self.alarms: Counter[str] = Counter()
        """PCD-04 messages by phase."""
        self.resources: Counter[str] = Counter()
        """FHIR resources by type."""
        self.heard_as_pcd04: dict[str, str] = {}
        """Alert to its first message's text."""
        self.heard_as_fhir: dict[str, str] = {}
        """Alert to its resource's address."""
        self._manager: asyncio.Server | None = None
        self._peers: set[asyncio.Task[None]] = set()
        self._fhir: uvicorn.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._manager = await asyncio.start_server(self._take_alarms, HOST, 0)
        alarm_port = int(self._manager.sockets[0].getsockname()[1])
        fhir_port = free_port(_FHIR_PORT)
        app = Starlette(routes=[Route("/r4/{kind}/{name}", self._take_resource, methods=["PUT"])])
        self._fhir = _Server(uvicorn.Config(app, host=HOST, port=fhir_port, log_config=None, lifespan="off"))
        self._tasks.append(asyncio.create_task(self._fhir.serve()))
        while not self._fhir.started:  # noqa: ASYNC110 - uvicorn tells nobody when it listens
            await asyncio.sleep(_LOOK_S)
        targets = Targets.model_validate(
            {
                "targets": [
                    {"name": "alarm-manager", "kind": "alarm_manager", "host": HOST, "port": alarm_port, "tls": False},
                    {"name": "fhir-server", "kind": "fhir", "url": f"http://{HOST}:{fhir_port}/r4"},
                ]
            }
        )
        ready: asyncio.Future[Forward] = asyncio.get_running_loop().create_future()
        plan = ForwardPlan(bootstrap=self._bootstrap, targets=targets)
        self._tasks.append(asyncio.create_task(serve_forward(plan, ready.set_result)))
        await asyncio.wait({ready, self._tasks[-1]}, return_when=asyncio.FIRST_COMPLETED)
        self.check()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._fhir is not None:
            self._fhir.should_exit = True
        for task in reversed(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._manager is not None:
            self._manager.close()
        for peer in self._peers:
            peer.cancel()
        await asyncio.gather(*self._peers, return_exceptions=True)

    def check(self) -> None:
        """Raise what a part has failed with."""
        for task in self._tasks:
            if task.done():
                task.result()

    @property
    def heard_both_ways(self) -> set[str]:
        """Alerts that came as PCD-04 and as FHIR."""
        return self.heard_as_pcd04.keys() & self.heard_as_fhir.keys()

    async def _take_alarms(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._peers.add(task)
            task.add_done_callback(self._peers.discard)
        frames = FrameReader()
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(_READ_BYTES):
                for found in frames.feed(piece):
                    if isinstance(found, bytes):
                        writer.write(frame(self._alarm(found)))
                await writer.drain()
        writer.close()

    def _alarm(self, raw: bytes) -> bytes:
        message = read_messages(raw)[0]
        about = message.first("OBR")
        facets = {one.text(4).rpartition(".")[2]: one.text(5) for one in message.segments if one.name == "OBX"}
        self.alarms[facets.get("3", "")] += 1
        if about is not None:
            self.heard_as_pcd04.setdefault(about.text(29, 2), facets.get("1", ""))
        now = datetime.now(UTC)
        return acknowledge(message, Answer(code="AA"), at=now, control_id=str(self.alarms.total())) or b""

    async def _take_resource(self, request: Request) -> Response:
        resource = orjson.loads(await request.body())
        kind, name = request.path_params["kind"], request.path_params["name"]
        if (resource["resourceType"], resource["id"]) != (kind, name):
            return Response(status_code=400)
        self.resources[kind] += 1
        if kind in ALERTS_OF:
            self.heard_as_fhir[name.removeprefix("flag-").removeprefix("detected-issue-")] = f"{kind}/{name}"
        return Response(status_code=201)
