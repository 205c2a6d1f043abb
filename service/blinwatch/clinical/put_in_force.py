"""Puts a checked site protocol over the rulebook as published: what is in force is base plus overrides.

What:      the typed records that rules read get the site's values; each row keeps both; the version ends with `+site`
           and the digest is another one; the citation of every rule that is touched says so.
Caveats:   a protocol that overrides nothing leaves the rulebook as published, digest and all.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import DIGEST_LENGTH, SECTIONS
from blinwatch.clinical.plain_words import changes_between, site_note
from blinwatch.clinical.rows import Row, SiteApproval, SiteValue
from blinwatch.clinical.rulebook import Rulebook

SITE_MARK = "+site"
"""What the version of a rulebook ends with while a site protocol is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteProtocol:
    """A site protocol without faults: who answers for it, and the rows it changes by their names."""

    approval: SiteApproval
    values: Mapping[str, SiteValue]


def put_in_force(rulebook: Rulebook, protocol: SiteProtocol) -> Rulebook:
    """The rulebook with the site's values: other version, other digest, and citations that say so.

    A protocol that overrides nothing leaves the rulebook as published.
    """
    if not protocol.values:
        return rulebook
    rows = rows_with(rulebook, protocol.values)
    sections: dict[str, Any] = {}
    for name, site in protocol.values.items():
        section, key = name.split(".", 1)
        before = sections.get(section, getattr(rulebook, section))
        sections[section] = replace(before, **{key: typed_value(section, key, site.value)})
    return replace(
        rulebook,
        version=rulebook.version + SITE_MARK,
        digest=_digest(rulebook, protocol),
        rows=MappingProxyType(rows),
        citations=MappingProxyType(_citations(rulebook, rows, protocol)),
        site=protocol.approval,
        **sections,
    )


def typed_value(section: str, key: str, value: Any) -> Any:
    """The value as the rules read it. By way of JSON, whose strict form takes 38 for a number but never "38"."""
    hint = get_type_hints(SECTIONS[section][1])[key]
    return TypeAdapter[Any](hint).validate_json(json.dumps(value), strict=True)


def rows_with(rulebook: Rulebook, values: Mapping[str, SiteValue]) -> dict[str, Row]:
    """All rows of the rulebook, those that `values` names with the site's value beside their own."""
    return {name: replace(row, site=values.get(name)) for name, row in rulebook.rows.items()}


def _name(entry: tuple[str, SiteValue]) -> str:
    return entry[0]


def _digest(rulebook: Rulebook, protocol: SiteProtocol) -> str:
    """Names the published data and all that the protocol says: two workers with one digest judge and speak alike."""
    approval = protocol.approval
    said = [rulebook.digest, approval.site, approval.approved_by, approval.approved_on]
    values = [
        [name, site.value, site.departs_from_source, site.reason]
        for name, site in sorted(protocol.values.items(), key=_name)
    ]
    return hashlib.sha256(json.dumps([said, values]).encode()).hexdigest()[:DIGEST_LENGTH]


def _citations(rulebook: Rulebook, rows: Mapping[str, Row], protocol: SiteProtocol) -> dict[str, str]:
    """The citation lines, those of every rule that an override touches with the site's word on it."""
    notes: dict[str, list[str]] = {}
    for name in protocol.values:
        row = rows[name]
        for rule in _touched_rules(rulebook, row):
            notes.setdefault(rule, []).append(site_note(row))
    by = f"approved by {protocol.approval.approved_by} on {protocol.approval.approved_on}"
    return {
        rule: f"{cite}; site protocol: {'; '.join(notes[rule])}, {by}" if rule in notes else cite
        for rule, cite in rulebook.citations.items()
    }


def _touched_rules(rulebook: Rulebook, row: Row) -> tuple[str, ...]:
    """The rules a changed row serves; of a table by codes (priorities) the rules that raise the changed codes."""
    site_value = None if row.site is None else row.site.value
    codes = {change.path[0].partition(".")[0] for change in changes_between(row.value, site_value) if change.path}
    by_code = [rule for code in sorted(codes) if code in rulebook.codes for rule in rulebook.codes[code].rules]
    return tuple(dict.fromkeys(by_code)) if by_code else row.rules
