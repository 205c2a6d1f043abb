"""Reads clinical/*.yaml into a `Rulebook`; refuses a row without a citation and says which row it is."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from blinwatch.clinical.adverse_event_rules import AdverseEventRules
from blinwatch.clinical.alert_rules import AlertRules
from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.clinical.ctcae_rules import CtcaeRules
from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.clinical.drug_rules import DrugRules
from blinwatch.clinical.early_warning_rules import EarlyWarningRules
from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.interaction_rules import InteractionRules
from blinwatch.clinical.lab_rules import LabRules
from blinwatch.clinical.read_yaml import parse_yaml
from blinwatch.clinical.rows import AlertCode, Row
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.clinical.site_range import RangeError, find_order_faults, find_own_faults, parse_range
from blinwatch.clinical.vital_sign_rules import VitalSignRules

VERSION = "1.1.0"
"""Follows the rule reference (1.1); the last number counts our own changes of data under it."""

SECTIONS: dict[str, tuple[str, type]] = {
    "crs": ("crs_astct_2019.yaml", CrsRules),
    "vitals": ("vital_signs.yaml", VitalSignRules),
    "infusion": ("infusion_label.yaml", InfusionRules),
    "alerts": ("alert_priorities.yaml", AlertRules),
    "drugs": ("drugs.yaml", DrugRules),
    "icans": ("icans_astct_2019.yaml", IcansRules),
    "ctcae": ("ctcae_v5.yaml", CtcaeRules),
    "dose": ("dose_modification.yaml", DoseRules),
    "interactions": ("drug_interactions.yaml", InteractionRules),
    "labs": ("laboratory.yaml", LabRules),
    "adverse_events": ("other_adverse_events.yaml", AdverseEventRules),
    "early_warning": ("early_warning.yaml", EarlyWarningRules),
}
DIGEST_LENGTH = 16
"""64 bits of SHA-256: enough to tell any two sets of clinical data apart that will ever be in force."""
_ROW_KEYS = {"value", "unit", "rules", "mark", "cite", "why", "name", "range"}
_REQUIRED = ("value", "unit", "rules", "mark", "cite")


class RulebookError(Exception):
    """A clinical data file cannot be used; the message names file, row and what to mend."""


@dataclass(frozen=True, slots=True)
class _Section:
    """One file as it was read."""

    rules: Any
    """The typed record, of the class that SECTIONS names."""
    rows: dict[str, Row]
    citations: dict[str, str]
    codes: dict[str, AlertCode]
    orders: tuple[tuple[str, ...], ...]


def _row(file: str, key: str, raw: Any) -> Row:
    where = f"{file}: row '{key}'"
    if not isinstance(raw, dict):
        raise RulebookError(f"{where} must be a mapping with {', '.join(_REQUIRED)}")
    entry = cast("dict[str, Any]", raw)
    for name in _REQUIRED:
        if entry.get(name) in (None, "", []):
            raise RulebookError(f"{where} has no '{name}'; every clinical value needs one before it may be used")
    if unknown := set(entry) - _ROW_KEYS:
        raise RulebookError(f"{where} has unknown entries {sorted(unknown)}; allowed are {sorted(_ROW_KEYS)}")
    try:
        bounds = parse_range(entry.get("range"))
    except RangeError as error:
        raise RulebookError(f"{where}: {error}") from error
    if faults := find_own_faults(entry["value"], bounds):
        place, sentence = faults[0]
        raise RulebookError(f"{where} {place}: {sentence}")
    return Row(
        key=key,
        value=entry["value"],
        unit=str(entry["unit"]),
        rules=tuple(str(rule) for rule in entry["rules"]),
        mark=str(entry["mark"]),
        cite=str(entry["cite"]),
        why=str(entry.get("why", "")),
        file=file,
        name=str(entry.get("name", "")),
        range=bounds,
    )


def _section(file: str, text: str, kind: type) -> _Section:
    """One file as its typed record, its rows, the citation line of each rule it names, its codes and orders."""
    document: dict[str, Any] = parse_yaml(text) or {}
    raw_rows: dict[str, Any] = document.get("rows") or {}
    rows = {key: _row(file, key, raw) for key, raw in raw_rows.items()}
    hints = get_type_hints(kind)
    wanted = [field.name for field in fields(kind)]
    if missing := [name for name in wanted if name not in rows]:
        raise RulebookError(f"{file}: rows {missing} are missing")
    if unknown := [name for name in rows if name not in wanted]:
        raise RulebookError(f"{file}: rows {unknown} are not known to {kind.__name__}")
    values: dict[str, Any] = {}
    for name in wanted:
        try:
            values[name] = TypeAdapter(hints[name]).validate_python(rows[name].value)
        except ValidationError as error:
            first = error.errors()[0]
            raise RulebookError(f"{file}: row '{name}' {first['loc']}: {first['msg']}") from error
    return _Section(
        rules=kind(**values),
        rows=rows,
        citations=_citations(file, document, rows),
        codes=_codes(file, document),
        orders=tuple(tuple(str(name) for name in chain) for chain in document.get("orders") or ()),
    )


def _citations(file: str, document: dict[str, Any], rows: dict[str, Row]) -> dict[str, str]:
    """Rule id to citation: the file's own `citations` lead, else the first row that serves the rule."""
    stated: dict[str, Any] = document.get("citations") or {}
    own = {str(rule): str(cite) for rule, cite in stated.items()}
    if empty := [rule for rule, cite in own.items() if not cite.strip()]:
        raise RulebookError(f"{file}: citations of {empty} are empty")
    for row in rows.values():
        for rule in row.rules:
            own.setdefault(rule, f"{row.cite} {row.mark}")
    return own


def _codes(file: str, document: dict[str, Any]) -> dict[str, AlertCode]:
    """The file's own `codes`: code to its words and the rules that raise it."""
    stated: dict[str, Any] = document.get("codes") or {}
    codes: dict[str, AlertCode] = {}
    for code, entry in stated.items():
        if not isinstance(entry, dict) or set(cast("dict[str, Any]", entry)) != {"says", "rules"}:
            raise RulebookError(f"{file}: code '{code}' must be a mapping with says and rules")
        parts = cast("dict[str, Any]", entry)
        codes[str(code)] = AlertCode(
            code=str(code), says=str(parts["says"]), rules=tuple(str(rule) for rule in parts["rules"])
        )
    return codes


def check_orders(orders: tuple[tuple[str, ...], ...], rows: Mapping[str, Row]) -> list[tuple[str, str]]:
    """Where the values in force break an order that must hold: the row's name and a sentence each."""
    return find_order_faults(orders, lambda name: value_in_force(name, rows))


def value_in_force(name: str, rows: Mapping[str, Row]) -> Any:
    """The value of a row (`crs.fever_from_c`) or of one of its entries (`crs.masking_max_h.steroid`).

    Raises `KeyError` for a name that is neither.
    """
    section, key, *entries = name.split(".")
    value = rows[f"{section}.{key}"].in_force
    for entry in entries:
        value = {str(one): part for one, part in cast("dict[Any, Any]", value).items()}[entry]
    return value


def read_rows(folder: Path) -> dict[str, Row]:
    """The rows of a folder of clinical files by their full names, of those files that are there.

    For comparing releases: a row is read as it stands, whether this release knows it or not. Raises `RulebookError`.
    """
    rows: dict[str, Row] = {}
    for name, (file, _) in SECTIONS.items():
        path = folder / file
        if path.is_file():
            document: dict[str, Any] = parse_yaml(path.read_text(encoding="utf-8")) or {}
            raw_rows: dict[str, Any] = document.get("rows") or {}
            rows.update({f"{name}.{key}": _row(file, key, raw) for key, raw in raw_rows.items()})
    if not rows:
        raise RulebookError(
            f"{folder}: none of the clinical files is here ({', '.join(f for f, _ in SECTIONS.values())})"
        )
    return rows


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a file says beside its rows: its own source, and the rules that it is the home of, in its order."""

    section: str
    file: str
    source: Mapping[str, str]
    rules: tuple[str, ...]


def read_chapters(folder: Path | None = None) -> tuple[Chapter, ...]:
    """Every chapter in the rulebook's order."""
    texts = read_clinical_files(folder)
    chapters: list[Chapter] = []
    for name, (file, _) in SECTIONS.items():
        document: dict[str, Any] = parse_yaml(texts[file]) or {}
        source: dict[str, Any] = document.get("source") or {}
        citations: dict[str, Any] = document.get("citations") or {}
        chapters.append(Chapter(name, file, {str(key): str(said) for key, said in source.items()}, tuple(citations)))
    return tuple(chapters)


def read_clinical_files(folder: Path | None = None) -> dict[str, str]:
    """The text of every clinical file, from `folder` or from the installed package."""
    names = [file for file, _ in SECTIONS.values()]
    if folder is not None:
        return {name: (folder / name).read_text(encoding="utf-8") for name in names}
    package = resources.files("blinwatch.clinical")
    return {name: (package / name).read_text(encoding="utf-8") for name in names}


def load_rulebook(folder: Path | None = None) -> Rulebook:
    """Load and check all clinical data.

    Raises `RulebookError` naming the file and row for a missing citation, an unknown row or a wrong type.
    """
    texts = read_clinical_files(folder)
    digest = hashlib.sha256()
    sections: dict[str, Any] = {}
    rows: dict[str, Row] = {}
    citations: dict[str, str] = {}
    codes: dict[str, AlertCode] = {}
    orders: list[tuple[str, ...]] = []
    for name, (file, kind) in SECTIONS.items():
        digest.update(f"{file}\0{texts[file]}\0".encode())
        section = _section(file, texts[file], kind)
        sections[name] = section.rules
        rows.update({f"{name}.{key}": row for key, row in section.rows.items()})
        orders += [tuple(f"{name}.{one}" for one in chain) for chain in section.orders]
        codes.update(section.codes)
        for rule, cite in section.citations.items():
            citations.setdefault(rule, cite)
    _refuse_broken_orders(tuple(orders), rows)
    return Rulebook(
        version=VERSION,
        digest=digest.hexdigest()[:DIGEST_LENGTH],
        rows=MappingProxyType(rows),
        citations=MappingProxyType(citations),
        codes=MappingProxyType(codes),
        orders=tuple(orders),
        **sections,
    )


def _refuse_broken_orders(orders: tuple[tuple[str, ...], ...], rows: Mapping[str, Row]) -> None:
    try:
        faults = check_orders(orders, rows)
    except KeyError as error:
        raise RulebookError(f"orders: there is no row or entry {error} to compare") from error
    if faults:
        name, sentence = faults[0]
        raise RulebookError(f"{rows['.'.join(name.split('.')[:2])].file}: row '{name}': {sentence}")
