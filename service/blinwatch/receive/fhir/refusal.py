"""Why a resource, or a part of one, became no event: a closed set of reasons, and what FHIR calls them."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from blinwatch.receive.rejection import RejectionReason

FhirReason = (
    RejectionReason
    | Literal[
        "not_supported",
        "test_data",
        "no_patient",
        "unknown_code",
        "unknown_unit",
        "no_value",
        "not_given",
        "withdrawn",
        "other_infusion",
        "not_needed",
        "id_taken",
        "not_taken",
    ]
)
"""The reasons of dead letters, and those of FHIR. What each asks of whom: docs/operating/connect-fhir.md."""
REASONS: tuple[str, ...] = tuple(reason for part in get_args(FhirReason) for reason in get_args(part))
NOTHING_TO_MEND: frozenset[str] = frozenset(
    {"no_value", "not_given", "withdrawn", "other_infusion", "not_needed", "test_data"}
)
"""Understood, and no event comes of it: the sender is told and need do nothing."""
ISSUE_TYPES: MappingProxyType[str, str] = MappingProxyType(
    {
        "missing_field": "required",
        "no_patient": "required",
        "too_large": "too-long",
        "too_many_lines": "too-long",
        "not_supported": "not-supported",
        "unknown_code": "code-invalid",
        "unknown_unit": "code-invalid",
        "id_taken": "conflict",
        "not_taken": "transient",
        "too_slow": "timeout",
        "too_many_events": "throttled",
        "unknown_caller": "login",
        "media_type": "not-supported",
        "failed": "exception",
        "not_json": "structure",
        "not_utf8": "structure",
        "not_an_object": "structure",
        "empty": "structure",
        **dict.fromkeys(NOTHING_TO_MEND, "informational"),
    }
)
"""Reason to the code of `OperationOutcome.issue`; whatever is not here is `value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing to say about a resource."""

    reason: str
    where: str
    """FHIRPath, such as `Observation.component[1].valueQuantity`."""
    detail: str
    """One sentence for a person; never holds text of the resource."""

    @property
    def is_error(self) -> bool:
        """Whether somebody has to mend something."""
        return self.reason not in NOTHING_TO_MEND


class FhirError(Exception):
    """A resource, or a part of one, cannot be read."""

    def __init__(self, reason: FhirReason, where: str, detail: str) -> None:
        super().__init__(detail)
        self.issue = Issue(reason=reason, where=where, detail=detail)
