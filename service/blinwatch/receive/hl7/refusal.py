"""Why an HL7 message, or one part of it, became no event: a closed set of reasons, and what to do about each.

As with every rejection: the words name positions, codes of public vocabularies and our own rules, never a text of
the message, and never whose message it is.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Hl7Reason = Literal[
    "not_hl7",
    "wrong_character_set",
    "too_large",
    "too_many_segments",
    "cut_frame",
    "outside_frame",
    "unsupported_message",
    "unsupported_version",
    "not_needed",
    "missing_field",
    "wrong_value",
    "no_patient",
    "ambiguous_patient",
    "unassociated",
    "patient_conflict",
    "hold_full",
    "unknown_code",
    "unknown_unit",
    "no_value",
    "invalid_value",
    "second_sensor",
    "drug_unknown",
    "channel_ambiguous",
    "other_infusion",
    "not_given",
    "withdrawn",
    "implausible_time",
    "rejected_event",
    "alias_full",
]
"""What each asks of whom: docs/operating/connect-hl7.md."""
REASONS: tuple[str, ...] = get_args(Hl7Reason)

COUNTED_ONLY: frozenset[str] = frozenset({"other_infusion", "no_value", "not_needed"})
"""Understood, and nothing to mend: infusions of other drugs, sensors that are off, admissions without beds. They are
counted and not kept, or they would fill the topic once a second and bed."""

REFUSES_MESSAGE: frozenset[str] = frozenset(
    {"not_hl7", "wrong_character_set", "too_many_segments", "missing_field", "wrong_value", "no_patient"}
    | {"ambiguous_patient", "patient_conflict", "rejected_event", "hold_full", "implausible_time", "alias_full"}
)
"""The sender, or who runs the interface, has to mend something: AE. Everything else is answered AA once it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A part of a message (or the whole) that became no event."""

    reason: Hl7Reason
    where: str
    """Position in HL7's own notation, such as `OBX[3]-6`; empty: the message as a whole."""
    detail: str
    """One sentence for a person; never holds text of the message."""
    part: str | None = None
    """The segment itself, to be kept; None: the whole message has to be kept."""


class Hl7Error(Exception):
    """A part of a message cannot be read."""

    def __init__(self, reason: Hl7Reason, where: str, detail: str) -> None:
        super().__init__(detail)
        self.reason: Hl7Reason = reason
        self.where = where
        self.detail = detail

    def unread(self, part: str | None = None) -> Unread:
        """As a value."""
        return Unread(reason=self.reason, where=self.where, detail=self.detail, part=part)
