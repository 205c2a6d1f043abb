"""The record that other rules are in force, and what a worker remembers of them until its next start.

What:      a worker compares the rulebook it starts with against the last one in force of its consumer group. Where
           the digest differs, one `rulebook_changed` record with every changed value goes to audit.decisions.v1.
Caveats:   - before the first start the rulebook as published counts as in force, so a site protocol that is there from
             the first day is told, too;
           - the record's id depends on the group, the count of changes and both digests only: workers that start
             together with the same new file write the same record, told apart by nothing but their moment;
           - a digest also changes with a comment or a citation; then no value is listed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import orjson
from pydantic import TypeAdapter, ValidationError

from blinwatch.clinical.plain_words import changes_between
from blinwatch.clinical.rows import Row
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import short_hash
from blinwatch.deliver.canonical_json import to_bytes
from blinwatch.deliver.cloud_event import constant_headers, own_headers
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import AUDIT_TOPIC

RULEBOOK_TOPIC = "blinwatch.rulebook.v1"
Scalar = float | int | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange:
    """One value that is not what it was."""

    row: str
    """The row's name, such as `crs.masking_max_h`."""
    entry: str
    """Which entry of a table, such as `steroid`; empty where the row is one value."""
    unit: str
    rules: tuple[str, ...]
    mark: str
    """The row's mark in the rulebook; for a row that is gone, empty."""
    before: Scalar
    """Null: it was not there."""
    after: Scalar
    """Null: it is there no more."""
    i_depart_from_source: bool
    """Whether the site protocol states that it departs from the row's source."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookChanged:
    """A worker started under other clinical data than its group had in force before (audit.decisions.v1)."""

    decision_id: str
    group: str
    """Consumer group of the workers that judge by it."""
    from_version: str
    from_digest: str
    to_version: str
    to_digest: str
    site: str | None
    """Whom the site protocol is for; null where the rulebook is in force as published."""
    approved_by: str | None
    approved_on: str | None
    changes: tuple[ValueChange, ...]
    occurred_at: datetime
    """When the worker started."""
    caused_by: None = None
    """Always null: a start is no event."""
    type: Literal["rulebook_changed"] = "rulebook_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookInForce:
    """What a group remembers of the rulebook it judges by. `number` counts its changes."""

    number: int
    version: str
    digest: str
    values: Mapping[str, Any]
    """Row name to value in force, as JSON holds it."""


class RulebookMemoryError(Exception):
    """What the rulebook topic holds cannot be read; the message says what to do."""


_CHANGED = TypeAdapter(RulebookChanged)
_IN_FORCE = TypeAdapter(RulebookInForce)


def in_force(rulebook: Rulebook, number: int) -> RulebookInForce:
    """What is to be remembered of a rulebook."""
    return RulebookInForce(
        number=number,
        version=rulebook.version,
        digest=rulebook.digest,
        values=remembered_values(rulebook.rows),
    )


def remembered_values(rows: Mapping[str, Row]) -> dict[str, Any]:
    """The values in force as JSON holds them."""
    values = {name: row.in_force for name, row in rows.items()}
    return cast("dict[str, Any]", orjson.loads(orjson.dumps(values, option=orjson.OPT_NON_STR_KEYS)))


def find_change(group: str, last: RulebookInForce, rulebook: Rulebook, started_at: datetime) -> RulebookChanged | None:
    """What changed since the last rulebook in force; None where it is the same."""
    if last.digest == rulebook.digest:
        return None
    site = rulebook.site
    return RulebookChanged(
        decision_id=short_hash("rulebook_changed", group, last.number + 1, last.digest, rulebook.digest),
        group=group,
        from_version=last.version,
        from_digest=last.digest,
        to_version=rulebook.version,
        to_digest=rulebook.digest,
        site=None if site is None else site.site,
        approved_by=None if site is None else site.approved_by,
        approved_on=None if site is None else site.approved_on,
        changes=changed_values(last.values, rulebook.rows),
        occurred_at=started_at,
    )


def changed_values(before: Mapping[str, Any], rows: Mapping[str, Row]) -> tuple[ValueChange, ...]:
    """Every number, word and yes/no in which the rows in force differ from the values of before."""
    after = remembered_values(rows)
    found: list[ValueChange] = []
    for name in dict.fromkeys([*before, *after]):
        row = rows.get(name)
        site = None if row is None else row.site
        found += [
            ValueChange(
                row=name,
                entry=".".join(change.path),
                unit="" if row is None else row.unit,
                rules=() if row is None else row.rules,
                mark="" if row is None else row.mark,
                before=change.before,
                after=change.after,
                i_depart_from_source=site is not None and site.departs_from_source,
                reason="" if site is None else site.reason,
            )
            for change in changes_between(before.get(name), after.get(name))
        ]
    return tuple(found)


def audit_record(change: RulebookChanged) -> OutputRecord:
    """The change as audit.decisions.v1 carries it, under the group's name: it is about no single patient."""
    value = to_bytes(
        {
            "decision": _CHANGED.dump_python(change),
            "rulebook_digest": change.to_digest,
            "rulebook_version": change.to_version,
        }
    )
    identity = change.decision_id.encode("ascii")
    headers = (
        *constant_headers(AUDIT_TOPIC, change.type),
        ("decision-id", identity),
        *own_headers(identity, change.occurred_at, subject=None),
    )
    return OutputRecord(topic=AUDIT_TOPIC, key=change.group.encode("utf-8"), value=value, headers=headers)


def memory_record(group: str, remembered: RulebookInForce) -> OutputRecord:
    """What the group remembers until the next start."""
    value = to_bytes(_IN_FORCE.dump_python(remembered))
    return OutputRecord(
        topic=RULEBOOK_TOPIC,
        key=group.encode("utf-8"),
        value=value,
        headers=(("content-type", b"application/json"), ("type", b"rulebook_in_force")),
    )


def read_memory(value: bytes) -> RulebookInForce:
    """What a worker remembered. Raises `RulebookMemoryError`."""
    try:
        return _IN_FORCE.validate_json(value)
    except ValidationError as error:
        raise RulebookMemoryError(
            f"{RULEBOOK_TOPIC} holds a record that is none of blinwatch's ({error.error_count()} faults). Remove it "
            "with an empty value under the same key; the next start then compares with the rulebook as published"
        ) from error
