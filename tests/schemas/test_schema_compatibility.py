"""Which change of a contract breaks somebody, and that the comparison finds it: by example and by property."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from blinwatch.commands.schema_compatibility import UnknownKeywordError, breaking_changes

Schema = dict[str, Any]
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def schema(topic: str) -> Schema:
    return json.loads((SCHEMAS / f"{topic}.schema.json").read_text(encoding="utf-8"))


VITALS, LABS, ALERTS, AUDIT = map(
    schema, ("vitals.observed.v1", "labs.resulted.v1", "alerts.lifecycle.v1", "audit.decisions.v1")
)


def changed(document: Schema, change: Callable[[Schema], object]) -> Schema:
    copy = deepcopy(document)
    change(copy)
    return copy


def lab(document: Schema) -> Schema:
    return document["$defs"]["LabResulted"]


def alert(document: Schema) -> Schema:
    return document["$defs"]["Alert"]


INPUT_BREAKS: list[tuple[str, Schema, Callable[[Schema], object]]] = [
    ("a field that senders fill is refused", LABS, lambda d: lab(d)["properties"].pop("unit")),
    ("a field must be there that need not have been", LABS, lambda d: lab(d)["required"].append("comparator")),
    ("a number has narrower bounds", LABS, lambda d: lab(d)["properties"]["value"].update(minimum=0, maximum=9)),
    ("a text is shorter", LABS, lambda d: lab(d)["properties"]["source"].update(maxLength=10)),
    ("a text has another form", LABS, lambda d: lab(d)["properties"]["event_id"].update(pattern="^[0-9]+$")),
    ("a number becomes a text", LABS, lambda d: lab(d)["properties"].update(value={"type": "string"})),
    ("null is no longer taken", LABS, lambda d: lab(d)["properties"].update(comparator={"type": "string"})),
    ("a unit changes under the same name", VITALS, lambda d: vital(d, "temperature_c").update({"x-ucum-unit": "K"})),
    ("a type of event is no longer taken", schema("pump.events.v1"), lambda d: d["oneOf"].pop()),
    ("a word is no longer taken", VITALS, lambda d: words_of(d["$defs"]["VitalsObserved"], "o2_device").pop()),
    ("what is left out means something else", VITALS, lambda d: vital(d, "spo2_pct").update(default=100)),
]
OUTPUT_BREAKS: list[tuple[str, Schema, Callable[[Schema], object]]] = [
    ("a field is gone", ALERTS, lambda d: alert(d)["properties"].pop("threshold")),
    ("a field may be missing", ALERTS, lambda d: alert(d)["required"].remove("summary")),
    ("a field may be null", ALERTS, lambda d: alert(d)["properties"].update(code=nullable("string"))),
    ("a whole number may be a broken one", ALERTS, lambda d: alert(d)["properties"]["level"].update(type="number")),
    (
        "a word that readers wait for is gone",
        ALERTS,
        lambda d: d["properties"]["transition"]["enum"].remove("resolved"),
    ),
    ("a priority that no pager knows", ALERTS, lambda d: alert(d)["properties"]["priority"]["enum"].append("urgent")),
    ("a time has no form", ALERTS, lambda d: d["properties"]["occurred_at"].pop("format")),
    ("the record is called otherwise", ALERTS, lambda d: d["properties"]["type"].update(const="alert_step")),
    ("a kind of decision is gone", AUDIT, lambda d: d["properties"]["decision"]["anyOf"].pop()),
]
NO_BREAKS: list[tuple[str, str, Schema, Callable[[Schema], object]]] = [
    (
        "a field more that need not be filled",
        "in",
        LABS,
        lambda d: lab(d)["properties"].update(method=nullable("string")),
    ),
    ("wider bounds", "in", LABS, lambda d: lab(d)["properties"]["source"].update(maxLength=400)),
    ("a field need no longer be there", "in", LABS, lambda d: lab(d)["required"].remove("source")),
    (
        "a word more is taken",
        "in",
        VITALS,
        lambda d: words_of(d["$defs"]["VitalsObserved"], "o2_device").append("tent"),
    ),
    ("another description", "in", LABS, lambda d: d.update(description="otherwise")),
    (
        "an output has a field more",
        "out",
        ALERTS,
        lambda d: alert(d)["properties"].update(ward_phone={"type": "string"}),
    ),
    ("an output's field is always there now", "out", ALERTS, lambda d: d["required"].append("by")),
    (
        "an output's domain has a word more",
        "out",
        ALERTS,
        lambda d: alert(d)["properties"]["domain"]["enum"].append("skin"),
    ),
    (
        "a text that was free is one of some words",
        "out",
        ALERTS,
        lambda d: alert(d)["properties"]["code"].update(maxLength=9),
    ),
]


def vital(document: Schema, field: str) -> Schema:
    return document["$defs"]["VitalsObserved"]["properties"][field]


def words_of(definition: Schema, field: str) -> list[str]:
    form = definition["properties"][field]
    return next(part["enum"] for part in form.get("anyOf", [form]) if "enum" in part)


def nullable(kind: str) -> Schema:
    return {"anyOf": [{"type": kind}, {"type": "null"}], "default": None}


@pytest.mark.parametrize("why,document,change", INPUT_BREAKS, ids=lambda part: part if isinstance(part, str) else "")
def test_it_breaks_a_sender_when(why: str, document: Schema, change: Callable[[Schema], object]) -> None:
    assert breaking_changes(document, changed(document, change), "in")


@pytest.mark.parametrize("why,document,change", OUTPUT_BREAKS, ids=lambda part: part if isinstance(part, str) else "")
def test_it_breaks_a_reader_when(why: str, document: Schema, change: Callable[[Schema], object]) -> None:
    assert breaking_changes(document, changed(document, change), "out")


@pytest.mark.parametrize("why,side,document,change", NO_BREAKS, ids=lambda part: part if isinstance(part, str) else "")
def test_it_breaks_nobody_when(why: str, side: Any, document: Schema, change: Callable[[Schema], object]) -> None:
    assert breaking_changes(document, changed(document, change), side) == []


def test_a_decision_of_a_new_kind_on_the_audit_breaks_nobody_but_a_new_demand_on_senders_does() -> None:
    def one_more(document: Schema) -> None:
        document["$defs"]["Told"] = {"type": "object", "properties": {"type": {"const": "told", "type": "string"}}}
        document["properties"]["decision"]["anyOf"].append({"$ref": "#/$defs/Told"})

    assert breaking_changes(AUDIT, changed(AUDIT, one_more), "out") == []
    assert breaking_changes(changed(AUDIT, one_more), AUDIT, "in"), "the same for a sender: he may be writing it"


def test_the_sentence_says_where_and_what() -> None:
    sentences = breaking_changes(LABS, changed(LABS, lambda d: lab(d)["properties"].pop("unit")), "in")
    assert sentences == ["unit: what was right before: is refused, it was allowed"]


def test_a_word_of_json_schema_that_the_comparison_does_not_know_is_an_error() -> None:
    with pytest.raises(UnknownKeywordError, match="multipleOf"):
        breaking_changes(LABS, changed(LABS, lambda d: lab(d)["properties"]["value"].update(multipleOf=2)), "in")


# --- properties ------------------------------------------------------------------------------------------------------

FIELDS = ("priority", "state", "transition")
"""Closed words, so that an output may not gain any and both directions can be held against the validator."""
WORDS = ("a", "bb", "ccc")
NUMBERS = st.integers(-3, 6)


def bounded(kind: str, low: str, high: str, least: int) -> st.SearchStrategy[Schema]:
    bounds = st.fixed_dictionaries({}, optional={low: st.integers(least, 2), high: st.integers(2, 5)})
    return bounds.map(lambda found: {"type": kind, **found})


LEAVES = (
    st.sampled_from(["null", "boolean"]).map(lambda kind: {"type": kind})
    | bounded("integer", "minimum", "maximum", -2)
    | bounded("number", "minimum", "maximum", -2)
    | bounded("string", "minLength", "maxLength", 0)
    | st.lists(st.sampled_from(WORDS), min_size=1, unique=True).map(lambda words: {"type": "string", "enum": words})
)


def objects(inner: st.SearchStrategy[Schema], *, closed: bool) -> st.SearchStrategy[Schema]:
    @st.composite
    def built(draw: st.DrawFn) -> Schema:
        properties = draw(st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3))
        required = [name for name in properties if draw(st.booleans())]
        form: Schema = {"type": "object", "properties": properties, "required": required}
        return form | ({"additionalProperties": False} if closed and draw(st.booleans()) else {})

    return built()


def schemas(*, closed: bool) -> st.SearchStrategy[Schema]:
    def deeper(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
        return (
            objects(inner, closed=closed)
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts})
            | st.tuples(inner, st.integers(0, 3)).map(
                lambda both: {"type": "array", "items": both[0], "maxItems": both[1]}
            )
        )

    return objects(st.recursive(LEAVES, deeper, max_leaves=6), closed=closed)


VALUES = st.dictionaries(
    st.sampled_from((*FIELDS, "other")),
    st.recursive(
        st.none() | st.booleans() | NUMBERS | st.sampled_from([0.5, 2.5]) | st.sampled_from(["", *WORDS, "dddddd"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*FIELDS, "other")), inner, max_size=3)
        ),
        max_leaves=5,
    ),
)


@st.composite
def two_versions(draw: st.DrawFn, *, closed: bool) -> tuple[Schema, Schema]:
    """A schema and another, often the first with one part put in the place of another."""
    old = draw(schemas(closed=closed))
    if draw(st.integers(0, 3)) == 0:
        return old, draw(schemas(closed=closed))
    new = deepcopy(old)
    for name in list(new["properties"]):
        if draw(st.booleans()):
            new["properties"][name] = draw(schemas(closed=closed) | LEAVES)
    if draw(st.booleans()):
        new["required"] = [name for name in new["properties"] if draw(st.booleans())]
    return old, new


def fits(form: Schema, value: Any) -> bool:
    return Draft202012Validator(form).is_valid(value)


@given(two_versions(closed=True), st.lists(VALUES, min_size=5, max_size=20))
@settings(deadline=None, max_examples=400)
def test_where_nothing_breaks_whatever_was_right_to_send_is_right_still(
    versions: tuple[Schema, Schema], values: list[Any]
) -> None:
    old, new = versions
    if breaking_changes(old, new, "in") == []:
        assert [value for value in values if fits(old, value) and not fits(new, value)] == []


@given(two_versions(closed=False), st.lists(VALUES, min_size=5, max_size=20))
@settings(deadline=None, max_examples=400)
def test_where_nothing_breaks_whatever_is_written_now_fits_what_readers_were_told(
    versions: tuple[Schema, Schema], values: list[Any]
) -> None:
    old, new = versions
    known = [{name: part for name, part in value.items() if name in old["properties"]} for value in values]
    if breaking_changes(old, new, "out") == []:
        assert [value for value in known if fits(new, value) and not fits(old, value)] == []


@given(schemas(closed=True), st.sampled_from(["in", "out"]))
@settings(deadline=None)
def test_what_did_not_change_breaks_nobody(form: Schema, side: Any) -> None:
    assert breaking_changes(form, deepcopy(form), side) == []


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.json")), ids=lambda path: path.name)
def test_every_contract_of_ours_can_be_compared_and_is_compatible_with_itself(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert breaking_changes(document, document, "in") == []
    assert breaking_changes(document, document, "out") == []
