"""What is said of FHIR resources, as an OperationOutcome; and refusals of a whole request in the same words."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from starlette.responses import Response

from blinwatch.gateway.http.limits import FHIR_JSON
from blinwatch.gateway.http.refused import Refused, headers_of
from blinwatch.receive.fhir.refusal import ISSUE_TYPES, Issue

REASON_SYSTEM = "urn:blinwatch:reason"
TAKEN, REPEATED = "taken", "repeated"
_SAID = {TAKEN: "the event is on Kafka", REPEATED: "the event was on Kafka already"}


def outcome(issues: Iterable[Issue], became: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """The resource. `became`: what became of events, and where in the resource they came from."""
    said = [_issue("information", "informational", what, where, _SAID[what]) for what, where in became]
    said += [
        _issue(
            "error" if one.is_error else "information",
            ISSUE_TYPES.get(one.reason, "value"),
            one.reason,
            one.where,
            one.detail,
        )
        for one in issues
    ]
    return {"resourceType": "OperationOutcome", "issue": said}


def answer(content: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A resource as the answer."""
    return Response(orjson.dumps(content), status, headers, FHIR_JSON)


def refuse(refused: Refused) -> Response:
    """A refusal of the whole request."""
    issue = Issue(reason=refused.reason, where=refused.field or "", detail=refused.detail)
    return answer(outcome([issue]), refused.status, headers_of(refused))


def _issue(severity: str, code: str, reason: str, where: str, detail: str) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": severity,
        "code": code,
        "details": {"coding": [{"system": REASON_SYSTEM, "code": reason}], "text": detail},
    }
    return issue | ({"expression": [where]} if where else {})
