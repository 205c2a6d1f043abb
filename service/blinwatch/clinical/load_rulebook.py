"""Reads clinical/*.yaml into a `Rulebook`; refuses a row without a citation and says which row it is."""

import hashlib
from dataclasses import fields
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from blinwatch.clinical.adverse_event_rules import AdverseEventRules
from blinwatch.clinical.alert_rules import AlertRules
from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.clinical.ctcae_rules import CtcaeRules
from blinwatch.clinical.dose_rules import DoseRules
from blinwatch.clinical.drug_rules import DrugRules
from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.interaction_rules import InteractionRules
from blinwatch.clinical.lab_rules import LabRules
from blinwatch.clinical.rows import Row
from blinwatch.clinical.rulebook import Rulebook
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
}
_ROW_KEYS = {"value", "unit", "rules", "mark", "cite", "why"}
_REQUIRED = ("value", "unit", "rules", "mark", "cite")


class RulebookError(Exception):
    """A clinical data file cannot be used; the message names file, row and what to mend."""


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
    return Row(
        key=key,
        value=entry["value"],
        unit=str(entry["unit"]),
        rules=tuple(str(rule) for rule in entry["rules"]),
        mark=str(entry["mark"]),
        cite=str(entry["cite"]),
        why=str(entry.get("why", "")),
        file=file,
    )


def _section(file: str, text: str, kind: type) -> tuple[Any, dict[str, Row], dict[str, str]]:
    """One file as its typed record, its rows by key and the citation line of each rule it names."""
    document: dict[str, Any] = yaml.safe_load(text) or {}
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
    return kind(**values), rows, _citations(file, document, rows)


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
    for name, (file, kind) in SECTIONS.items():
        digest.update(f"{file}\0{texts[file]}\0".encode())
        section, section_rows, section_citations = _section(file, texts[file], kind)
        sections[name] = section
        rows.update({f"{name}.{key}": row for key, row in section_rows.items()})
        for rule, cite in section_citations.items():
            citations.setdefault(rule, cite)
    return Rulebook(
        version=VERSION,
        digest=digest.hexdigest()[:16],
        rows=MappingProxyType(rows),
        citations=MappingProxyType(citations),
        **sections,
    )
