"""Finds what somebody asks for in the rulebook: a rule, a row, a chapter, or all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from blinwatch.clinical.load_rulebook import SECTIONS
from blinwatch.clinical.rows import Row
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.commands.failure import CommandError
from blinwatch.commands.rulebook_words import rows_of_rule

NAMED_MOST = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked for, and the rows that belong to it."""

    kind: Literal["all", "chapter", "rule", "row"]
    name: str
    rows: Mapping[str, Row]


def find(what: str | None, rulebook: Rulebook) -> Found:
    """A rule id in any case, a row with or without its chapter, a chapter or its file; None is everything.

    Raises `CommandError` with the nearest names where nothing fits, or with all that fit where several do.
    """
    rows = rulebook.rows
    if what is None:
        return Found("all", "", rows)
    rule = next((one for one in rulebook.citations if one.lower() == what.lower()), None)
    if rule is not None:
        return Found("rule", rule, rows_of_rule(rule, rulebook))
    chapter = next(
        (name for name, (file, _) in SECTIONS.items() if what in (name, file, file.removesuffix(".yaml"))), None
    )
    if chapter is not None:
        return Found("chapter", chapter, {name: row for name, row in rows.items() if name.startswith(f"{chapter}.")})
    fitting = [name for name in rows if what in (name, name.partition(".")[2])]
    if len(fitting) == 1:
        return Found("row", fitting[0], {fitting[0]: rows[fitting[0]]})
    if fitting:
        raise CommandError(f"several rows are called '{what}': {', '.join(fitting)}; name one with its chapter")
    raise CommandError(f"the rulebook has no rule, row or chapter '{what}'{_nearest(what, rulebook)}")


def _nearest(what: str, rulebook: Rulebook) -> str:
    keys = {name.partition(".")[2]: name for name in rulebook.rows}
    names = {**keys, **{name: name for name in (*rulebook.rows, *SECTIONS)}}
    names.update({rule.lower(): rule for rule in rulebook.citations})
    near = get_close_matches(what.lower(), names, n=NAMED_MOST, cutoff=0.6)
    told = list(dict.fromkeys(names[one] for one in near))
    return f"; did you mean {' or '.join(told)}?" if told else "; `blinwatch rulebook show` lists all"
