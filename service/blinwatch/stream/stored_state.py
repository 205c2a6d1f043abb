"""What stands around every patient's state in the changelog, whatever the state itself is made of."""

from dataclasses import dataclass
from typing import cast

import orjson

from blinwatch.deliver.output_record import OutputRecord


class StateError(Exception):
    """A stored state cannot be used. The message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """A state that has been read back and not yet been thawed."""

    schema_version: int
    applied: dict[str, int]
    """Input topic to the offset of the last record of this patient that the state includes."""
    deadline_ms: int | None
    """When time alone changes something for this patient."""
    value: bytes
    """The changelog's value, which holds the state itself."""
    unpaged: tuple[OutputRecord, ...] = ()
    """Transitions of alerts that nobody had been paged for when the state was written (`paging`)."""


def read_stored_state(value: bytes) -> StoredState:
    """The stored state of a changelog value; `StateError` when it is not of our form."""
    try:
        document = orjson.loads(value)
        return StoredState(
            schema_version=document["schema_version"],
            applied=cast("dict[str, int]", document["applied"]),
            deadline_ms=document["deadline_ms"],
            value=value,
        )
    except (orjson.JSONDecodeError, TypeError, KeyError) as error:
        raise StateError(
            f"a stored state of {len(value)} bytes is not of blinwatch's form ({type(error).__name__})"
        ) from error
