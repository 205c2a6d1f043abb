"""Row names, units and values of the rulebook in words that a ward understands.

What:      `sbp_limit_adult_mmhg` becomes "systolic pressure limit adult", `mm[Hg]` becomes "mmHg"; a change of a
           value becomes "steroid 48 instead of 36 h". Pages, tables and citations all speak with these words.
Caveats:   nothing is judged by these words. A word that is not listed stays as it is written in the row's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from blinwatch.clinical.rows import Row
from blinwatch.clinical.site_range import Leaf, is_number, leaves, number_text

_UNITS: dict[str, str] = {
    "1": "",
    "%": "%",
    "Cel": "°C",
    "mm[Hg]": "mmHg",
    "mm[Hg]/a": "mmHg per year",
    "mm[Hg]/kPa": "mmHg per kPa",
    "a": "years",
    "d": "days",
    "d/a": "days per year",
    "h": "h",
    "min": "min",
    "s": "s",
    "/min": "per min",
    "/min and mm[Hg]": "per min and mmHg",
    "kg": "kg",
    "kg/[lb_av]": "kg per pound",
    "ug/d": "mcg/day",
    "ug/m2/d": "mcg/m² per day",
    "mg": "mg",
    "mg/m2": "mg/m²",
    "mg; mg/m2; min": "mg, mg/m², min",
    "mL/h; h; d": "mL/h, h, days",
    "cm.kg/m4": "cm·kg/m⁴",
    "(umol/L)/(mg/dL)": "µmol/L per mg/dL",
    "10*9/L": "× 10⁹/L",
    "U/L": "U/L",
    "ms": "ms",
    "g/d": "g/day",
    "g/m2": "g/m²",
    "x ULN": "times the upper limit of normal",
    "{ULN}": "times the upper limit of normal",
    "umol/L": "µmol/L",
    "mg/L{FEU}": "mg/L (FEU)",
    "cycle -> last day": "",
    "CRS grade": "",
    "ICANS grade": "",
    "IEC 60601-1-8 priority": "",
    "mg; mg/m2; h; d": "mg, mg/m², h, days",
}
"""UCUM code to what stands on a ward's chart."""

_COUNTED = ("points", "score", "item", "criteria", "signs", "unit of the sign")
"""Counted things that are worth naming beside a number; grades, places and drugs speak for themselves."""

_NAME_UNITS = (
    "_mcg_m2_day", "_mg_per_m2", "_per_m2_mg", "_mcg_day", "_mmol_l", "_umol_l", "_mg_dl",
    "_g_m2", "_g_day", "_l_min", "_ml_h", "_per_min", "_mmhg", "_bpm", "_pct", "_ratio", "_fraction", "_years",
    "_min", "_kg", "_mg", "_kpa", "_ms", "_s", "_h", "_d", "_c", "_f",
    "_cm", "_lb", "_ml",
)  # fmt: skip
"""Unit endings of names, longest first: the unit stands in a column of its own."""
_MINIMUM = ("perfusion_index_min",)
"""Names in which `_min` means the least and no minutes."""

_WORDS: dict[str, str] = {
    "alt": "ALT",
    "anc": "neutrophils",
    "ast": "AST",
    "atc": "ATC",
    "bili": "bilirubin",
    "bipap": "BiPAP",
    "bp": "blood pressure",
    "bsa": "body surface",
    "capd": "CAPD",
    "cpap": "CPAP",
    "crs": "CRS",
    "cyp": "CYP450",
    "dbp": "diastolic pressure",
    "ecg": "ECG",
    "eeg": "EEG",
    "fio2": "oxygen fraction",
    "fridge": "refrigerator",
    "rxnorm": "RxNorm",
    "gcs": "Glasgow coma scale",
    "ice": "ICE",
    "icans": "ICANS",
    "icp": "intracranial pressure",
    "il6": "IL-6",
    "loc": "level of consciousness",
    "loinc": "LOINC",
    "m2": "m²",
    "map": "mean arterial pressure",
    "max": "at most",
    "neuro": "neurological examination",
    "news2": "NEWS2",
    "o2": "oxygen",
    "obs": "observation",
    "osa": "sleep apnoea",
    "pews": "PEWS",
    "premed": "premedication",
    "mrd": "MRD+",
    "qt": "QT",
    "qtc": "QTc",
    "recon": "reconstituted vial",
    "rr": "R/R",
    "sbp": "systolic pressure",
    "spo2": "SpO2",
    "temp": "temperature",
    "tls": "tumour lysis",
    "uln": "upper limit of normal",
}
YES, NO, NOTHING = "yes", "no", "none"


def row_words(row: Row) -> str:
    """What a row's value is: its own name for readers, else its key in words."""
    return row.name or words_of(row.key)


def words_of(name: str) -> str:
    """A name of a row or an entry in words, without its unit."""
    for ending in _NAME_UNITS:
        if name.endswith(ending) and name not in _MINIMUM and len(name) > len(ending):
            name = name.removesuffix(ending)
            break
    return " ".join(_WORDS.get(part, part) for part in name.split("_") if part)


def unit_text(unit: str) -> str:
    """A unit as a chart writes it; a counted thing (`{agent}`) by its own word, a grade by nothing."""
    if unit in _UNITS:
        return _UNITS[unit]
    if unit.startswith("{") and unit.endswith("}"):
        word = unit[1:-1]
        return word if word in _COUNTED else ""
    return unit


def value_text(value: Any) -> str:
    """One number, word or yes/no."""
    if isinstance(value, bool):
        return YES if value else NO
    if value is None:
        return NOTHING
    return number_text(value) if is_number(value) else str(value)


@dataclass(frozen=True, slots=True)
class Change:
    """One number, word or yes/no that is not the same in two values. `before` or `after` None: it is not there."""

    path: tuple[str, ...]
    before: Any
    after: Any


def changes_between(before: Any, after: Any) -> tuple[Change, ...]:
    """What changes from one value to another, leaf by leaf; a list of words as a whole."""
    old, new = _by_path(before), _by_path(after)
    paths = [*old, *(path for path in new if path not in old)]
    return tuple(
        Change(path, old.get(path), new.get(path))
        for path in paths
        if path not in old or path not in new or old[path] != new[path]
    )


def _by_path(value: Any) -> dict[tuple[str, ...], Any]:
    return {leaf.path: leaf.value for leaf in _coarse_leaves(value)}


def _coarse_leaves(value: Any, path: tuple[str, ...] = ()) -> list[Leaf]:
    """Like `leaves`, but a list of plain words or numbers stays one."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[Any, Any]", value).items()
        return [leaf for name, one in entries for leaf in _coarse_leaves(one, (*path, str(name)))]
    if isinstance(value, list | tuple):
        parts = cast("list[Any]", value)
        if all(not isinstance(part, Mapping | list | tuple) for part in parts):
            return [Leaf(path, ", ".join(value_text(part) for part in parts))]
        return [
            leaf for number, part in enumerate(parts, start=1) for leaf in _coarse_leaves(part, (*path, str(number)))
        ]
    return list(leaves(value, path))


CHANGES_TOLD_MOST = 3
"""A citation is one line under an alert; what more a table changes is shown by `blinwatch rulebook diff`."""


def change_text(change: Change, unit: str) -> str:
    """`steroid 48 instead of 36 h`; `new` and `gone` for an entry that only one of the two has."""
    where = " ".join(words_of(part) for part in change.path)
    told = value_text(change.after) if change.after is not None else "left out"
    was = value_text(change.before) if change.before is not None else "nothing"
    text = f"{told} instead of {was} {unit_text(unit)}".rstrip()
    return f"{where} {text}" if where else text


def site_note(row: Row) -> str:
    """What the site protocol changes in a row: `masking at most: steroid 48 instead of 36 h`."""
    if row.site is None:
        return ""
    changes = changes_between(row.value, row.site.value)
    if not changes:
        return f"{row_words(row)}: as the rulebook says"
    told = [change_text(change, row.unit) for change in changes[:CHANGES_TOLD_MOST]]
    if len(changes) > CHANGES_TOLD_MOST:
        told.append(f"and {len(changes) - CHANGES_TOLD_MOST} more")
    return f"{row_words(row)}: {', '.join(told)}"
