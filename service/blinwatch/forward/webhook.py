"""A signed HTTP post for each letter: CloudEvents 1.0 in binary mode, so that the body is the record's value.

The signature is over the moment and the body (HMAC-SHA256), as docs/operating/forward.md tells a receiver. A receiver
knows a repetition by `ce-id`, and an old post that somebody plays again by its moment.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from urllib.parse import quote

from blinwatch.deliver.cloud_event import CONTENT_TYPE, PREFIX
from blinwatch.deliver.page_marks import DELAY_S, DELIVERY, PAGE
from blinwatch.forward.http_posts import new_client, send
from blinwatch.forward.letter import Letter, NotTakenError
from blinwatch.forward.targets_file import TargetsFileError, WebhookTarget, secret

SIGNATURE = "blinwatch-signature"
_OWN = frozenset({PAGE, DELIVERY, DELAY_S, "priority"})
"""Marks that a receiver chooses by; sent as `blinwatch-<mark>`."""
_TRACE = frozenset({"traceparent", "tracestate"})


def signature(secrets: list[str], at_s: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`, with one `v1` for each secret."""
    signed = b"%d." % at_s + body
    proofs = (hmac.new(one.encode("utf-8"), signed, hashlib.sha256).hexdigest() for one in secrets)
    return ",".join((f"t={at_s}", *(f"v1={proof}" for proof in proofs)))


class Webhook:
    """One receiver."""

    def __init__(self, target: WebhookTarget, clock: Callable[[], float] = time.time) -> None:
        self._target, self._clock = target, clock
        self._client = new_client(target.ca_file)

    async def deliver(self, letter: Letter) -> str:
        """Post; any answer of 2xx is the receiver's word that it has it."""
        try:
            secrets = [secret(file) for file in self._target.secret_files]
        except TargetsFileError as error:
            raise NotTakenError(str(error)) from None
        headers = _headers(letter)
        headers[SIGNATURE] = signature(secrets, int(self._clock()), letter.value)
        request = self._client.build_request("POST", self._target.url, content=letter.value, headers=headers)
        answer = await send(self._client, request)
        return f"HTTP {answer.status_code}"

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def _headers(letter: Letter) -> dict[str, str]:
    """CloudEvents' HTTP binding: `ce-` for Kafka's `ce_`, values percent-encoded where HTTP wants it."""
    told: dict[str, str] = {}
    for name, value in letter.marks.items():
        if name.startswith(PREFIX):
            told[f"ce-{name.removeprefix(PREFIX)}"] = quote(value, safe=" !#$&'()*+,/:;=?@[]~._-")
        elif name == CONTENT_TYPE or name in _TRACE:
            told[name] = value
        elif name in _OWN:
            told[f"blinwatch-{name}"] = value
    return told
