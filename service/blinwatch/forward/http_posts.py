"""What all HTTP targets share: one client, and what an answer means for the next try."""

import ssl
from pathlib import Path

import httpx2

from blinwatch.forward.letter import NotTakenError

ANSWER_WITHIN_S = 10.0
"""A receiver that takes longer is tried again; a call must not wait for one that hangs."""
CONNECTIONS_MOST = 16
ASKS_TO_WAIT_MOST_S = 300.0
_TOO_EARLY, _TIMEOUT, _TOO_MANY = 425, 408, 429
_AGAIN = frozenset({_TIMEOUT, _TOO_EARLY, _TOO_MANY})
_AUTHENTICATION = frozenset({401, 403})
"""Tried again: a secret that is being changed, a certificate that is renewed. Others of 400 to 499 will not change."""


def new_client(ca_file: Path | None) -> httpx2.AsyncClient:
    """A client that trusts the machine's authorities, or that of a file, and follows no redirects."""
    verify: ssl.SSLContext | bool = True if ca_file is None else ssl.create_default_context(cafile=ca_file)
    limits = httpx2.Limits(max_connections=CONNECTIONS_MOST)
    return httpx2.AsyncClient(verify=verify, timeout=ANSWER_WITHIN_S, limits=limits, trust_env=False)


async def send(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    """Send, and raise `NotTakenError` unless the answer is 2xx."""
    try:
        answer = await client.send(request)
    except httpx2.HTTPError as error:
        raise NotTakenError(f"not reached: {type(error).__name__}") from None
    if answer.is_success:
        return answer
    code = answer.status_code
    is_final = 400 <= code < 500 and code not in _AGAIN and code not in _AUTHENTICATION  # noqa: PLR2004 - HTTP's own
    raise NotTakenError(f"it answers {code}", is_final=is_final, wait_s=_asked_to_wait_s(answer))


def _asked_to_wait_s(answer: httpx2.Response) -> float:
    told = answer.headers.get("retry-after", "")
    return min(ASKS_TO_WAIT_MOST_S, float(told)) if told.isdecimal() else 0.0
