"""What would break whoever writes or reads a topic: two versions of one JSON Schema compared.

What:      an input must go on to take every record that was right before; an output must go on to be what its readers
           were told, except for what they were told to expect (docs/reference/compatibility.md): fields and words more.
Caveats:   - the comparison errs on the safe side: a change whose harmlessness it cannot see is called breaking;
           - a keyword of JSON Schema that it does not know is an error and never passed over.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

Schema = dict[str, Any]
Direction = Literal["in", "out"]

CLOSED_WORDS = frozenset({"priority", "state", "transition", "page", "delivery"})
"""Fields of outputs by whose words somebody is called or let sleep: no word may be added to them."""
_DESCRIBING = {"$schema", "$id", "$defs", "title", "description", "default", "x-ucum-unit"}
_KNOWN = _DESCRIBING | {
    "$ref", "anyOf", "oneOf", "type", "const", "enum", "properties", "required", "additionalProperties",
    "propertyNames", "items", "pattern", "format", "minimum", "maximum", "minLength", "maxLength", "minItems",
    "maxItems", "maxProperties",
}  # fmt: skip
_AT_MOST = ("maximum", "maxLength", "maxItems", "maxProperties")
_AT_LEAST = ("minimum", "minLength", "minItems")
_EXACT = ("pattern", "format")


class UnknownKeywordError(Exception):
    """A schema uses a word that the comparison does not understand; teach it before using the word."""


def breaking_changes(old: Schema, new: Schema, direction: Direction) -> list[str]:
    """Every change of a topic's schema that breaks its writers (in) or its readers (out), a sentence each."""
    if direction == "in":
        return _Comparison(old, new, "in").narrowed(old, new, "")
    return _Comparison(new, old, "out").narrowed(new, old, "") + _promised(old, new)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Asks whether whatever fits `narrow` fits `wide`.

    For an input the narrow side is the old schema; for an output the new one.
    """

    narrow_root: Schema
    wide_root: Schema
    direction: Direction

    def narrowed(self, narrow: Schema, wide: Schema, path: str) -> list[str]:
        """What may stand under `narrow` and not under `wide`."""
        accepted = alternatives(self.wide_root, wide)
        found: list[str] = []
        for one in alternatives(self.narrow_root, narrow):
            same_kind = [other for other in accepted if _tag(other) == _tag(one)]
            if not same_kind and self.direction == "out" and any(map(_tag, accepted)):
                continue  # a type more: readers were told to pass over types they do not know
            tried = [self._one(one, other, path) for other in same_kind]
            if all(tried):  # also where there is none to try
                found += self._nearest(one, same_kind, tried, path)
        return found

    def _nearest(self, one: Schema, accepted: list[Schema], tried: list[list[str]], path: str) -> list[str]:
        """The complaints about the alternative that was meant: of the same type, with the fewest."""
        alike = [
            complaints
            for other, complaints in zip(accepted, tried, strict=True)
            if other.get("type") == one.get("type")
        ]
        if not alike:
            return [self._say(path, f"{_word(one)} is not known on the other side")]
        return min(alike, key=len)

    def _one(self, narrow: Schema, wide: Schema, path: str) -> list[str]:
        """The same for one alternative each."""
        if "const" in wide and wide.get("const") != narrow.get("const", _Nothing):
            if self._may_gain_a_word(narrow, wide, path):
                return []
            return [self._say(path, f"{_word(narrow)} is not {_word(wide)}")]
        kind, other = narrow.get("type"), wide.get("type")
        if other is not None and kind != other and not (kind == "integer" and other == "number"):
            return [self._say(path, f"{_word(narrow)} is not {_word(wide)}")]
        return [*self._bounds(narrow, wide, path), *self._members(narrow, wide, path), *self._items(narrow, wide, path)]

    def _may_gain_a_word(self, narrow: Schema, wide: Schema, path: str) -> bool:
        """Readers of outputs are told to expect words they do not know, but for those that call somebody."""
        both_words = isinstance(narrow.get("const"), str) and isinstance(wide.get("const"), str)
        return self.direction == "out" and both_words and path.rpartition(".")[2].strip("[]") not in CLOSED_WORDS

    def _bounds(self, narrow: Schema, wide: Schema, path: str) -> Iterator[str]:
        if "const" in narrow:
            if not _fits(narrow["const"], wide):
                yield self._say(path, f"{_word(narrow)} is not within {_word(wide)}'s bounds")
            return
        for name in (*_AT_MOST, *_AT_LEAST):
            here, there = narrow.get(name), wide.get(name)
            beyond: Callable[[Any, Any], bool] = (lambda a, b: a > b) if name in _AT_MOST else (lambda a, b: a < b)
            if there is not None and (here is None or beyond(here, there)):
                yield self._say(path, f"{name} {here} goes beyond {there}")
        for name in _EXACT:
            if wide.get(name) is not None and wide[name] != narrow.get(name):
                yield self._say(path, f"{name} {narrow.get(name)} is not {wide[name]}")
        if narrow.get("x-ucum-unit") != wide.get("x-ucum-unit"):
            yield self._say(path, f"unit {narrow.get('x-ucum-unit')} is not {wide.get('x-ucum-unit')}")

    def _items(self, narrow: Schema, wide: Schema, path: str) -> list[str]:
        if "items" not in wide:
            return []
        return self.narrowed(narrow.get("items", {}), wide["items"], f"{path}[]")

    def _members(self, narrow: Schema, wide: Schema, path: str) -> Iterator[str]:
        here, there = _properties(narrow), _properties(wide)
        for name in sorted(set(wide.get("required", ())) - set(narrow.get("required", ()))):
            said = "need not be there, and now must" if self.direction == "in" else "need not be there, and always was"
            yield self._say(f"{path}.{name}", said)
        for name, form in here.items():
            if name in there:
                yield from self.narrowed(form, there[name], f"{path}.{name}")
                if form.get("default") != there[name].get("default"):
                    yield self._say(f"{path}.{name}", "means something else where it is left out")
            elif self.direction == "in":
                yield from self._unlisted(form, wide, f"{path}.{name}")
        further = narrow.get("additionalProperties")
        if isinstance(further, dict) or (
            self.direction == "in" and narrow.get("type") == "object" and further is not False
        ):
            yield from self._unlisted(further if isinstance(further, dict) else {}, wide, f"{path}.*")
        if "propertyNames" in wide:
            yield from self.narrowed(narrow.get("propertyNames", {}), wide["propertyNames"], f"{path}.<name>")

    def _unlisted(self, form: Any, wide: Schema, path: str) -> list[str]:
        """A field that the wide side does not list."""
        further = wide.get("additionalProperties", True)
        if further is False:
            return [self._say(path, "is refused, it was allowed")]
        return [] if further is True else self.narrowed(form, further, path)

    def _say(self, path: str, what: str) -> str:
        side = "what was right before" if self.direction == "in" else "what is written now"
        return f"{path.lstrip('.') or 'the record'}: {side}: {what}"


def _promised(old: Schema, new: Schema) -> list[str]:
    """Fields and words of an output that readers wait for and that are gone."""
    before, after = dict(_leaves(old, old, "")), dict(_leaves(new, new, ""))
    gone = [path for path in before if path not in after]
    # Of what is gone, its parts go without saying.
    found = [f"{path}: is gone" for path in gone if path.rpartition(".")[0] not in gone]
    for path, words in before.items():
        lost = sorted(words - after.get(path, words))
        found += [f"{path}: the word {word} is gone" for word in lost]
    return found


def _leaves(root: Schema, schema: Schema, path: str) -> Iterator[tuple[str, set[str]]]:
    """Every field's path and the words that may stand in it."""
    merged: dict[str, set[str]] = {}
    several = alternatives(root, schema)
    for one in several:
        here = f"{path}({_tag(one)})" if _tag(one) and len(several) > 1 else path
        if path:
            merged.setdefault(path, set()).update([str(one["const"])] if "const" in one else [])
        inner = [(f"{here}.{name}".lstrip("."), form) for name, form in _properties(one).items()]
        inner += [
            (f"{path}[]", one[name]) for name in ("items", "additionalProperties") if isinstance(one.get(name), dict)
        ]
        for where, form in inner:
            for deeper, words in _leaves(root, form, where):
                merged.setdefault(deeper, set()).update(words)
    yield from merged.items()


def alternatives(root: Schema, schema: Schema) -> list[Schema]:
    """A schema as the list of what it may be: references followed, words and unions spread out.

    Raises `UnknownKeywordError`.
    """
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise UnknownKeywordError(f"the comparison of schemas does not know {', '.join(sorted(unknown))}")
    rest = {name: part for name, part in schema.items() if name not in ("$ref", "anyOf", "oneOf", "enum")}
    if "$ref" in schema:
        target = root
        for step in cast("str", schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        return [one | _only_meant(rest) for one in alternatives(root, target)]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return [one | _only_meant(rest) for part in schema[union] for one in alternatives(root, part)]
    if "enum" in schema:
        return [{**rest, "const": word} for word in schema["enum"]]
    return [rest]


def _only_meant(rest: Schema) -> Schema:
    """Of what stands beside a reference or a union, what goes for each alternative."""
    return {name: part for name, part in rest.items() if name == "x-ucum-unit"}


class _Nothing:
    """No value of JSON equals it."""


def _properties(schema: Schema) -> dict[str, Schema]:
    return cast("dict[str, Schema]", schema.get("properties", {}))


def _fits(value: Any, wide: Schema) -> bool:
    """Whether one value keeps to the bounds of a schema of its type."""
    size = len(value) if isinstance(value, str) else value
    if isinstance(size, int | float) and not isinstance(size, bool):
        if any(name in wide and size > wide[name] for name in _AT_MOST):
            return False
        if any(name in wide and size < wide[name] for name in _AT_LEAST):
            return False
    if isinstance(value, str) and "pattern" in wide and re.search(wide["pattern"], value) is None:
        return False
    return "format" not in wide or "const" in wide


def _tag(schema: Schema) -> str | None:
    """The word in a record's own `type` field, by which the records of a topic are told apart."""
    return _properties(schema).get("type", {}).get("const")


def _word(schema: Schema) -> str:
    if "const" in schema:
        return repr(schema["const"])
    kind = schema.get("type", "anything")
    return f"{_tag(schema)} ({kind})" if _tag(schema) else str(kind)
