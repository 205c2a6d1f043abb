"""Rules, codes and flags in words, and how each code is told: what pages and tables for readers are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast

from blinwatch.clinical.read_yaml import parse_yaml
from blinwatch.clinical.rows import AlertCode, Row
from blinwatch.clinical.rulebook import Rulebook

WORDS_FILE = "rule_words.yaml"
_ADVICE_ROW = "interactions.advice"
_ADVICE_ONLY = ("DM_CONTINUE", "DM_RESUME_SAME_DOSE", "DM_NEW_CYCLE")
"""Dose advice that asks for nothing, or for what an alert of the infusion tells already: no alert of its own."""
_VARIANTS = {
    "above": "above the dose due",
    "below": "below the dose due",
    "stopped": "while the flow is stopped",
    "flowing": "while it still flows",
    "running": "while the pump runs at another dose",
}
"""Codes whose priority depends on the case: the part of the priority's name after the point."""


@dataclass(frozen=True, slots=True)
class RuleWords:
    """A rule for readers: what it is about, and what it does."""

    heading: str
    says: str


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    text = (resources.files("blinwatch.commands") / WORDS_FILE).read_text(encoding="utf-8")
    return cast("dict[str, dict[str, Any]]", parse_yaml(text))


def rule_words(rule: str) -> RuleWords:
    """The words of a rule; a rule that has none yet is called by its id."""
    entry = cast("dict[str, str]", _words()["rules"].get(rule, {}))
    return RuleWords(heading=entry.get("heading", rule), says=" ".join(entry.get("says", "").split()))


def rules_with_words() -> frozenset[str]:
    """Every rule that has words."""
    return frozenset(_words()["rules"])


def code_words(code: str, rulebook: Rulebook) -> str:
    """What a result code says; empty where nobody has said it in words."""
    known = rulebook.codes.get(code)
    return known.says.rstrip(".") if known is not None else str(_words()["results"].get(code, ""))


def flag_words(flag: str) -> str:
    """What a flag says; empty where nobody has said it in words."""
    return str(_words()["flags"].get(flag, ""))


def all_flags() -> Mapping[str, str]:
    """Every flag that has words."""
    return cast("Mapping[str, str]", _words()["flags"])


def codes_of_rule(rule: str, rulebook: Rulebook) -> tuple[AlertCode, ...]:
    """The codes that a rule can raise, in the rulebook's order."""
    return tuple(code for code in rulebook.codes.values() if rule in code.rules)


def rows_of_rule(rule: str, rulebook: Rulebook) -> dict[str, Row]:
    """The rows that serve a rule, by name."""
    return {name: row for name, row in rulebook.rows.items() if rule in row.rules}


def how_told(code: str, rulebook: Rulebook) -> str:
    """In which way a code reaches people: an alert of a priority, or a line in the patient's view."""
    if code in _ADVICE_ONLY:
        return "standing advice, no alert"
    if not _is_alert(code, rulebook):
        return "no alert, shown with the patient"
    priorities = rulebook.alerts.priorities
    told = priorities.get(code, priorities["default"])
    variants = {
        _VARIANTS.get(name.partition(".")[2], name.partition(".")[2]): priority
        for name, priority in priorities.items()
        if name.startswith(f"{code}.") and priority != told
    }
    return "; ".join([f"{told} priority", *(f"{priority} {when}" for when, priority in variants.items())])


def _is_alert(code: str, rulebook: Rulebook) -> bool:
    row = rulebook.rows.get(_ADVICE_ROW)
    advice = cast("dict[str, dict[str, str]]", {} if row is None else row.in_force)
    return advice.get(code, {}).get("alert") != "none"
