"""Reads a hospital's site protocol: one YAML file that puts its own values in the place of the rulebook's.

What:      every override is checked against the row it replaces: known by name, of the same kind, within the row's
           range, in order with its neighbours. A value that is not the rulebook's own choice (mark `[C]`) may only
           be replaced with `i_depart_from_source: true` and a reason beside it.
Inputs:    the file, and the rulebook as published.
Caveats:   all faults of a file are told at once, each with file, row and what to do; a file with one fault puts
           nothing in force. The rulebook's own rows stay as they are: a row keeps both values.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import yaml
from pydantic import ValidationError

from blinwatch.clinical.load_rulebook import check_orders, load_rulebook
from blinwatch.clinical.plain_words import value_text
from blinwatch.clinical.put_in_force import SiteProtocol, put_in_force, rows_with, typed_value
from blinwatch.clinical.read_yaml import find_repeated_keys, parse_yaml
from blinwatch.clinical.rows import OWN_CHOICE, Row, SiteApproval, SiteValue
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_range import find_faults, is_number

DEPARTURE = "i_depart_from_source"
REFERENCE = "the rulebook has no such row"
_TOP_LEVEL = ("site", "approved_by", "approved_on", "overrides")
_ENTRIES = ("value", "instead_of", DEPARTURE, "reason")
_ORDER = "_order"
"""How the key of a row ends that ranks its entries, such as `headline_order`."""
_DEFAULT = "default"
"""A table with this entry answers for every name it does not list, so a known code may be added to it."""


class SiteProtocolError(Exception):
    """A site protocol cannot be used; the message lists every fault with the row and what to do."""

    def __init__(self, file: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} fault{'s' if len(problems) > 1 else ''}"
        super().__init__("\n".join([f"{file}: {count} in the site protocol", *(f"  - {one}" for one in problems)]))


def load_rulebook_in_force(site_file: Path | None, folder: Path | None = None) -> Rulebook:
    """The rulebook as published, or with a site protocol put over it.

    Raises `SiteProtocolError` for a file that cannot be used, `RulebookError` for the clinical data themselves.
    """
    rulebook = load_rulebook(folder)
    return rulebook if site_file is None else put_in_force(rulebook, read_site_protocol(site_file, rulebook))


def read_site_protocol(path: Path, rulebook: Rulebook) -> SiteProtocol:
    """Read and check a file against the rulebook as published. Raises `SiteProtocolError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SiteProtocolError(str(path), [f"the file cannot be read: {error.strerror}; check its path"]) from error
    except UnicodeDecodeError as error:
        raise SiteProtocolError(str(path), ["the file is not UTF-8 text; save it as UTF-8"]) from error
    return parse_site_protocol(str(path), text, rulebook)


def parse_site_protocol(file: str, text: str, rulebook: Rulebook) -> SiteProtocol:
    """Check the text of a site protocol; `file` is its name for messages. Raises `SiteProtocolError`."""
    try:
        document: Any = parse_yaml(text)
        problems = [f"'{name}' is written twice (line {line}); keep one" for name, line in find_repeated_keys(text)]
    except yaml.YAMLError as error:
        raise SiteProtocolError(file, [f"the file is not YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(document, dict):
        raise SiteProtocolError(file, [f"the file must be a mapping with {', '.join(_TOP_LEVEL)}"])
    entries = {str(name): one for name, one in cast("dict[Any, Any]", document).items()}
    problems += [_unknown(name, _TOP_LEVEL, "the file") for name in entries if name not in _TOP_LEVEL]
    approval = _read_approval(entries, problems)
    values = _read_overrides(entries.get("overrides"), rulebook, problems)
    if not problems:
        problems += [f"{name}: {sentence}" for name, sentence in _order_faults(rulebook, values)]
    if problems:
        raise SiteProtocolError(file, problems)
    return SiteProtocol(approval=approval, values=MappingProxyType(values))


# --- reading ---------------------------------------------------------------------------------------------


def _unknown(name: str, known: tuple[str, ...], where: str) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    fix = f"did you mean '{near[0]}'?" if near else f"it may have {', '.join(known)}"
    return f"{where} has an unknown entry '{name}'; {fix}"


def _read_approval(entries: Mapping[str, Any], problems: list[str]) -> SiteApproval:
    """Who approved the file, and when; what is missing is added to `problems`."""
    texts = {name: entries.get(name) for name in ("site", "approved_by")}
    for name, said in texts.items():
        if not isinstance(said, str) or not said.strip():
            problems.append(f"'{name}' is missing or no text; write {_APPROVAL_WORDS[name]}")
    return SiteApproval(
        site=str(texts["site"]).strip(),
        approved_by=str(texts["approved_by"]).strip(),
        approved_on=_read_date(entries.get("approved_on"), problems),
    )


_APPROVAL_WORDS = {
    "site": "the hospital or ward the protocol is for",
    "approved_by": "who approved it, for instance a committee or a chief physician",
}


def _read_date(raw: Any, problems: list[str]) -> str:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw.isoformat()
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw).isoformat()
        except ValueError:
            pass  # told below, like any other value that is no date
    problems.append("'approved_on' is missing or no date; write the day of the approval as 2026-11-30")
    return ""


def _read_overrides(raw: Any, rulebook: Rulebook, problems: list[str]) -> dict[str, SiteValue]:
    if not isinstance(raw, dict):
        problems.append("'overrides' is missing or no mapping; write the rows to change under it, or {} for none")
        return {}
    values: dict[str, SiteValue] = {}
    for name, entry in ((str(one), part) for one, part in cast("dict[Any, Any]", raw).items()):
        row = rulebook.rows.get(name)
        found = [_unknown_row(name, rulebook)] if row is None else []
        if row is not None:
            site = _read_override(name, row, entry, rulebook, found)
            if site is not None:
                values[name] = site
        problems += [f"{name}: {sentence}" for sentence in found]
    return values


def _unknown_row(name: str, rulebook: Rulebook) -> str:
    names = tuple(rulebook.rows)
    table = ".".join(name.split(".")[:2])
    if table in rulebook.rows:
        entry = name.removeprefix(f"{table}.")
        return f"{REFERENCE}; '{entry}' is an entry of {table}: write `value: {{{entry}: ...}}` under {table}"
    same_key = [one for one in names if one.partition(".")[2] == name.rpartition(".")[2]]
    near = same_key or get_close_matches(name, names, n=1, cutoff=0.4)
    fix = f"did you mean {' or '.join(near)}?" if near else "`blinwatch rulebook show` lists all rows"
    return f"{REFERENCE}; {fix}"


def _read_override(name: str, row: Row, raw: Any, rulebook: Rulebook, found: list[str]) -> SiteValue | None:
    """One override; None where something is wrong with it, which is then in `found`."""
    if not isinstance(raw, dict) or "value" not in raw:
        found.append(f"write a mapping with `value: ...` below it (and, as needed, {', '.join(_ENTRIES[1:])})")
        return None
    entry = {str(one): part for one, part in cast("dict[Any, Any]", raw).items()}
    found += [_unknown(one, _ENTRIES, "the override") for one in entry if one not in _ENTRIES]
    departs, reason = _read_departure(row, entry, found)
    if "instead_of" in entry and not _agrees(row.value, entry["instead_of"]):
        found.append(
            f"it was approved instead of {_shown(entry['instead_of'])}, but the rulebook says {_shown(row.value)} now; "
            "have it approved anew against today's value"
        )
    merging: list[str] = []
    value = _merged(row.value, entry["value"], rulebook, merging, ())
    found += merging or _value_faults(name, row, value)
    return None if found else SiteValue(value=value, departs_from_source=departs, reason=reason)


def _read_departure(row: Row, entry: Mapping[str, Any], found: list[str]) -> tuple[bool, str]:
    departs, reason = entry.get(DEPARTURE, False), entry.get("reason", "")
    if not isinstance(departs, bool):
        found.append(f"`{DEPARTURE}` must be true or false")
    if not isinstance(reason, str):
        found.append("`reason` must be text")
    said = reason.strip() if isinstance(reason, str) else ""
    if not row.is_own_choice:
        if departs is not True:
            found.append(
                f"it is marked {row.mark}, not {OWN_CHOICE} (the rulebook's own choice): {row.cite}. To depart from "
                f"that source write `{DEPARTURE}: true` and a `reason` beside the value"
            )
        elif not said:
            found.append(f"it departs from its source ({row.mark}), so it needs a `reason`; write why")
    return departs is True, said


def _agrees(reviewed: Any, said: Any) -> bool:
    """Whether `instead_of` is what the rulebook says; of a table only the entries that are named."""
    if isinstance(reviewed, dict) and isinstance(said, dict):
        known = {str(name): one for name, one in cast("dict[Any, Any]", reviewed).items()}
        named = {str(name): one for name, one in cast("dict[Any, Any]", said).items()}
        return all(name in known and _agrees(known[name], one) for name, one in named.items())
    # Compared as text, because 36 and 36.0 are one value and 1 and yes are two.
    return json.dumps(reviewed) == json.dumps(said, default=str) or (
        is_number(reviewed) and is_number(said) and reviewed == said
    )


def _merged(reviewed: Any, chosen: Any, rulebook: Rulebook, found: list[str], path: tuple[str, ...]) -> Any:
    """The chosen value; of a table with named entries those that are not named stay as reviewed."""
    if not isinstance(reviewed, dict):
        return chosen
    table = cast("dict[Any, Any]", reviewed)
    if not isinstance(chosen, dict):
        found.append(f"{_place(path)}it is a table; write the entries to change, for instance {_example(table)}")
        return table
    names = {str(name): name for name in table}
    merged = dict(table)
    for name, one in cast("dict[Any, Any]", chosen).items():
        if str(name) in names:
            known = names[str(name)]
            merged[known] = _merged(table[known], one, rulebook, found, (*path, str(name)))
        elif _DEFAULT in names and str(name).partition(".")[0] in rulebook.codes:
            merged[str(name)] = one
        else:
            allowed = (*names, *rulebook.codes) if _DEFAULT in names else tuple(names)
            found.append(_place(path) + _unknown(str(name), allowed, "the table"))
    return merged


def _place(path: tuple[str, ...]) -> str:
    return f"{'.'.join(path)}: " if path else ""


def _example(table: Mapping[Any, Any]) -> str:
    name = next(iter(table))
    return f"`value: {{{name}: ...}}`"


def _shown(value: Any) -> str:
    return value_text(value) if not isinstance(value, dict | list) else json.dumps(value, default=str)


def _value_faults(name: str, row: Row, value: Any) -> list[str]:
    """What is wrong with a whole value: its kind first, then its bounds."""
    section, key = name.split(".", 1)
    try:
        typed_value(section, key, value)
    except (ValidationError, TypeError) as error:
        return _kind_faults(error, row)
    if row.key.endswith(_ORDER) and sorted(value) != sorted(row.value):
        return ["an order must name each of the rulebook's entries once; only their order may change"]
    return [
        f"{_place((place,)) if place else ''}{sentence}" for place, sentence in find_faults(value, row.value, row.range)
    ]


def _kind_faults(error: ValidationError | TypeError, row: Row) -> list[str]:
    if isinstance(error, TypeError):
        return [
            f"it holds something that is no number, word or yes/no: {error}; write a value like {_shown(row.value)}"
        ]
    told: list[str] = []
    for details in error.errors():
        place = _place(tuple(str(part) for part in details["loc"]))
        told.append(f"{place}{details['msg'][:1].lower()}{details['msg'][1:]}; the rulebook has {_shown(row.value)}")
    return told


def _order_faults(rulebook: Rulebook, values: Mapping[str, SiteValue]) -> list[tuple[str, str]]:
    return check_orders(rulebook.orders, rows_with(rulebook, values))
