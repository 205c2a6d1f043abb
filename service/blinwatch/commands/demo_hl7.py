"""The demo's HL7 gateway: the real one, on a free port of this machine, ended with the demo."""

import asyncio
import contextlib
from typing import Self

from blinwatch.gateway.serve import GatewayPlan, serve_gateway

HOST = "127.0.0.1"
"""Nobody but this machine: the demo's gateway speaks without TLS."""


class DemoGateway:
    """A gateway in this process; use as an asynchronous context manager."""

    host = HOST

    def __init__(self, bootstrap: str) -> None:
        """The gateway believes the senders' clocks: they play the ward faster than it is."""
        self._plan = GatewayPlan(bootstrap=bootstrap, host=HOST, port=0, simulated=True)
        self._serving: asyncio.Task[None] | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(serve_gateway(self._plan, listening.set_result))
        await asyncio.wait({listening, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        self.check()
        self.port = await listening
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._serving is not None:
            self._serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving

    def check(self) -> None:
        """Raise what the gateway has failed with."""
        if self._serving is not None and self._serving.done():
            self._serving.result()
