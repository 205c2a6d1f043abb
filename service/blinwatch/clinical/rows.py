"""One row of clinical data and where it comes from. Standard library only: the core reads these types."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A threshold or table as reviewed: its value, unit, the rules it serves, its mark and its citation.

    `mark` is the rule reference's own: `[S11]` read in that source, `[K]` from medical knowledge and unchecked,
    `[C]` a choice made where the sources leave it open.
    """

    key: str
    value: Any
    unit: str
    rules: tuple[str, ...]
    mark: str
    cite: str
    why: str
    file: str
