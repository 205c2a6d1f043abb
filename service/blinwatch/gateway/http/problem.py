"""A refusal as RFC 9457 writes it: problem+json."""

from typing import Any

import orjson
from starlette.responses import Response

from blinwatch.gateway.http.refused import PROBLEM_JSON, PROBLEM_TYPE, TITLES, Refused, headers_of


def problem(refused: Refused) -> Response:
    """The refusal as problem+json."""
    content: dict[str, Any] = {
        "type": f"{PROBLEM_TYPE}{refused.reason}",
        "title": TITLES[refused.status],
        "status": refused.status,
        "detail": refused.detail,
        "reason": refused.reason,
    }
    if refused.field is not None:
        content["field"] = refused.field
    return Response(orjson.dumps(content), refused.status, headers_of(refused), PROBLEM_JSON)
