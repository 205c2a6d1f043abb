"""Why a request is not answered as its caller hoped, in plain words, and as numbers of HTTP."""

from dataclasses import dataclass
from typing import Literal, get_args

from blinwatch.receive.rejection import Rejected, RejectionReason

HttpReason = (
    RejectionReason
    | Literal[
        "unknown_caller",
        "too_many_events",
        "too_many_lines",
        "media_type",
        "cut_off",
        "too_slow",
        "id_taken",
        "not_taken",
        "no_such_page",
        "wrong_method",
        "failed",
    ]
)
"""The reasons of dead letters, and those that only a request can have. docs/operating/connect-rest.md has them all."""
REASONS: tuple[str, ...] = tuple(reason for part in get_args(HttpReason) for reason in get_args(part))
PROBLEM_TYPE = "urn:blinwatch:problem:"
PROBLEM_JSON = "application/problem+json"
AGAIN_AFTER_S = 5.0
"""When a caller may try again that Kafka kept waiting: by then a new leader has been elected as a rule."""
_STATUS: dict[str, int] = {
    "empty": 400,
    "not_utf8": 400,
    "not_json": 400,
    "not_an_object": 400,
    "cut_off": 400,
    "unknown_caller": 401,
    "no_such_page": 404,
    "wrong_method": 405,
    "too_slow": 408,
    "id_taken": 409,
    "too_large": 413,
    "too_many_lines": 413,
    "media_type": 415,
    "too_many_events": 429,
    "failed": 500,
    "not_taken": 503,
}
_ELSE = 422
TITLES: dict[int, str] = {
    400: "The content cannot be read",
    401: "Who is asking is not known",
    404: "There is nothing at this address",
    405: "This address is not asked in this way",
    408: "The content came too slowly",
    409: "Another event has this id",
    413: "The content is too large",
    415: "The content is of a kind that is not taken here",
    422: "The content is no event",
    429: "Too many events at once",
    500: "The gateway failed",
    503: "Kafka has not acknowledged it",
}


@dataclass(slots=True)
class Refused(Exception):  # noqa: N818 - a refusal is no fault of ours
    """A request is refused; nothing of it, or not all of it, was taken."""

    reason: HttpReason
    detail: str
    """One sentence for a person; never holds text of the request."""
    field: str | None = None
    again_after_s: float | None = None

    @property
    def status(self) -> int:
        """HTTP's number."""
        return status_of(self.reason)


def status_of(reason: str) -> int:
    """HTTP's number for a reason."""
    return _STATUS.get(reason, _ELSE)


def of_rejected(rejected: Rejected) -> Refused:
    """A refusal of the event itself."""
    return Refused(rejected.reason, rejected.detail, rejected.field)


def not_taken() -> Refused:
    """Kafka has not acknowledged."""
    detail = "Kafka has not acknowledged it in time; send the same again, nothing is doubled by that"
    return Refused("not_taken", detail, again_after_s=AGAIN_AFTER_S)


def headers_of(refused: Refused) -> dict[str, str]:
    """What a refusal says outside its body."""
    headers: dict[str, str] = {}
    if refused.again_after_s is not None:
        headers["Retry-After"] = str(max(1, -int(-refused.again_after_s // 1)))
    if refused.reason == "unknown_caller":
        headers["WWW-Authenticate"] = "Bearer"
    return headers
