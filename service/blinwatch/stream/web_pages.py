"""/healthz, /readyz and /metrics, served by Faust's own web server."""

from collections.abc import Callable
from typing import Any

import faust

from blinwatch.observe.health import HealthAnswer
from blinwatch.observe.metrics import CONTENT_TYPE


def add_pages(
    app: faust.App,
    *,
    liveness: Callable[[], HealthAnswer],
    readiness: Callable[[], HealthAnswer],
    exposition: Callable[[], bytes],
) -> None:
    """Add the three pages to the application."""

    async def healthz(view: Any, _request: Any) -> Any:
        answer = liveness()
        return view.json(answer.body, status=answer.status)

    async def readyz(view: Any, _request: Any) -> Any:
        answer = readiness()
        return view.json(answer.body, status=answer.status)

    async def metrics(view: Any, _request: Any) -> Any:
        return view.bytes(exposition(), headers={"Content-Type": CONTENT_TYPE})

    app.page("/healthz")(healthz)
    app.page("/readyz")(readyz)
    app.page("/metrics")(metrics)
