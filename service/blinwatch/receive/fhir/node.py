"""A place in a resource: what stands there, and its FHIRPath, so that a refusal can say where.

FHIR's JSON is read as it comes. What is not of the kind that is asked for is refused, never guessed; what nobody asks
for is not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any, cast

from blinwatch.receive.fhir.refusal import FhirError

ITEMS_MOST = 200
"""Codings, components and identifiers of one resource; the largest panels have some dozens."""


@dataclass(frozen=True, slots=True)
class Node:
    """An object in a resource."""

    content: dict[str, Any]
    path: str

    def at(self, name: str) -> str:
        """The path of a child."""
        return f"{self.path}.{name}"

    def has(self, *names: str) -> bool:
        """Whether any of these is there."""
        return any(name in self.content for name in names)

    def child(self, name: str) -> "Node | None":
        """The object under a name; None where there is none. Raises `FhirError` where it is none."""
        value: Any = self.content.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise FhirError("wrong_value", self.at(name), "must be an object")
        return Node(cast("dict[str, Any]", value), self.at(name))

    def needed(self, name: str, why: str) -> "Node":
        """As `child`, but it must be there."""
        found = self.child(name)
        if found is None:
            raise FhirError("missing_field", self.at(name), why)
        return found

    def each(self, name: str, most: int = ITEMS_MOST) -> Iterator["Node"]:
        """The objects of a list, with their number. Raises `FhirError`."""
        value: Any = self.content.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise FhirError("wrong_value", self.at(name), "must be a list")
        items = cast("list[Any]", value)
        if len(items) > most:
            raise FhirError("too_large", self.at(name), f"has more than {most} items")
        for number, one in enumerate(items):
            path = f"{self.at(name)}[{number}]"
            if not isinstance(one, dict):
                raise FhirError("wrong_value", path, "must be an object")
            yield Node(cast("dict[str, Any]", one), path)

    def text(self, name: str) -> str:
        """The text under a name, without spaces around it; empty where there is none. Raises `FhirError`."""
        value: Any = self.content.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise FhirError("wrong_value", self.at(name), "must be text")
        return value.strip()

    def number(self, name: str) -> float | None:
        """The number under a name; None where there is none. Raises `FhirError`."""
        value: Any = self.content.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FhirError("wrong_value", self.at(name), "must be a number")
        try:
            read = float(value)
        except OverflowError:
            read = float("inf")
        if not isfinite(read):
            raise FhirError("wrong_value", self.at(name), "must be a number that can be")
        return read


@dataclass(frozen=True, slots=True)
class Coding:
    """One code of a concept."""

    system: str
    code: str
    display: str


def codings(concept: Node | None) -> tuple[Coding, ...]:
    """The codes of a CodeableConcept."""
    if concept is None:
        return ()
    return tuple(Coding(one.text("system"), one.text("code"), one.text("display")) for one in concept.each("coding"))


def check_understood(node: Node) -> None:
    """FHIR: whoever does not understand a modifier must not use what it modifies. Raises `FhirError`."""
    for name in ("modifierExtension", "implicitRules"):
        if node.has(name):
            raise FhirError("not_supported", node.at(name), "changes the meaning in a way that is not known here")
