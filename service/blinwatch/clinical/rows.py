"""One row of clinical data and where it comes from. Standard library only: the core reads these types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

SiteRange = Union[tuple[float, float], tuple[str, ...], Mapping[str, "SiteRange"]]  # noqa: UP007 - names itself
"""What a site protocol may choose: lowest and highest number, a list of words, or one of these for each entry."""

OWN_CHOICE = "[C]"
"""The mark of a value that is the rulebook's own choice, because the sources leave it open."""


@dataclass(frozen=True, slots=True)
class Row:
    """A threshold or table as reviewed: its value, unit, the rules it serves, its mark and its citation.

    `mark` is the rule reference's own: `[S11]` read in that source, `[K]` from medical knowledge and unchecked,
    `[C]` a choice made where the sources leave it open.
    """

    key: str
    value: Any
    """As the source (or our own choice) says it; `in_force` is what is judged by."""
    unit: str
    rules: tuple[str, ...]
    mark: str
    cite: str
    why: str
    file: str
    name: str = ""
    """What the value is, in a few words for a reader; empty where the key has to do."""
    range: SiteRange | None = None
    """What a site protocol may choose; None where only bounds derived from the value hold."""
    site: "SiteValue | None" = None

    @property
    def in_force(self) -> Any:
        """The value that is judged by: the site protocol's where it has one, else the source's."""
        return self.value if self.site is None else self.site.value

    @property
    def is_own_choice(self) -> bool:
        """Whether a hospital that chooses otherwise departs from no label, consensus or other source."""
        return self.mark == OWN_CHOICE


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteValue:
    """What a hospital's site protocol puts in the place of a row's value."""

    value: Any
    """The whole value in force: of a table of entries also those that the hospital left as they were."""
    departs_from_source: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteApproval:
    """Who answers for a site protocol."""

    site: str
    approved_by: str
    approved_on: str
    """ISO date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCode:
    """A result code that is told as an alert: in words, and the rules that can raise it."""

    code: str
    says: str
    rules: tuple[str, ...]
