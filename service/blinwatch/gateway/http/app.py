"""The routes of the HTTP side, and what is said at addresses that are none."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from blinwatch.catalogue import find_schemas
from blinwatch.gateway.http.allowance import Allowances
from blinwatch.gateway.http.callers import CallerBook
from blinwatch.gateway.http.fhir import SORT, FhirDesk, FhirMeans
from blinwatch.gateway.http.intake import Intake
from blinwatch.gateway.http.limits import JSON, TYPES
from blinwatch.gateway.http.problem import problem
from blinwatch.gateway.http.refused import Refused
from blinwatch.gateway.http.rest import BATCH, ONE, RestDesk
from blinwatch.gateway.http.telling import HttpTelling
from blinwatch.gateway.http.window import Window
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.receive.fhir.subject import Systems

OPENAPI_FILE = "openapi.json"
_NO_SUCH_METHOD = 405


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpMeans:
    """What the HTTP side works with."""

    intake: Intake
    telling: HttpTelling
    book: CallerBook | None = None
    """None: whoever reaches the port may send."""
    allowances: Allowances = field(default_factory=Allowances)
    fhir: FhirMeans = field(
        default_factory=lambda: FhirMeans(pseudonyms=Pseudonyms(), systems=Systems(authorities={}, any_counts=True))
    )
    hosts: Sequence[str] = ("*",)
    """Names under which it may be asked. Where nobody has to say who he is, a page in a browser must not get in by
    giving this machine's address another name."""


def build_app(means: HttpMeans) -> Starlette:
    """The application."""
    window = Window(means.book, means.allowances, means.telling)
    rest = RestDesk(means.intake, window, means.telling)
    resource = window.open(SORT, FhirDesk(means.intake, window, means.telling, means.fhir).resource)
    return Starlette(
        routes=[
            *(Route(f"/fhir/{kind}", _as(kind, resource), methods=["POST"]) for kind in TYPES),
            Route("/fhir/$process-message", _as("Bundle", resource), methods=["POST"]),
            Route("/fhir", _as("Bundle", resource), methods=["POST"]),
            Route("/v1/events", window.open(ONE, rest.events), methods=["POST"]),
            Route("/v1/events:batch", window.open(BATCH, rest.batch), methods=["POST"]),
            Route("/openapi.json", _openapi),
            Route("/healthz", _health),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(means.hosts), www_redirect=False)],
        exception_handlers={HTTPException: _no_such_page, Exception: _failed},
    )


def _as(kind: str, resource: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of one type of resource."""

    async def asked(request: Request) -> Response:
        request.path_params["type"] = kind
        return await resource(request)

    return asked


async def _health(_: Request) -> Response:
    """That the process answers; whether Kafka takes events is told by the answers to them."""
    return Response(orjson.dumps({"status": "alive"}), media_type=JSON)


async def _openapi(_: Request) -> Response:
    return Response(_openapi_bytes(), media_type=JSON)


@cache
def _openapi_bytes() -> bytes:
    return find_schemas().joinpath(OPENAPI_FILE).read_bytes()


async def _no_such_page(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == _NO_SUCH_METHOD:
        response = problem(Refused("wrong_method", "events are sent with POST; see /openapi.json"))
        response.headers.update(error.headers or {})
        return response
    return problem(Refused("no_such_page", "there is nothing at this address; see /openapi.json"))


async def _failed(_: Request, __: Exception) -> Response:
    """The error itself goes on to the log."""
    return problem(Refused("failed", "the gateway failed over this; whoever runs it finds why in its log"))
