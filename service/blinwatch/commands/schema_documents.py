"""The contracts as documents, made from the code that keeps them: JSON Schemas and the table of topics.

Field names, bounds and docstrings are written once, beside the dataclasses. Here they are only turned into
the form that other programs and people read.
"""

import ast
import inspect
import itertools
import re
import textwrap
from dataclasses import is_dataclass
from types import MappingProxyType, ModuleType
from typing import Any, cast

import orjson
from pydantic import TypeAdapter

from blinwatch.catalogue import Catalogue, Topic
from blinwatch.core import (
    advice_outputs,
    attributed_sign,
    decisions,
    event_header,
    events,
    evidence,
    findings,
    pump_events,
)
from blinwatch.deliver import rulebook_change
from blinwatch.deliver.fhir.resources_of import FHIR_TOPIC
from blinwatch.receive.event_types import ADAPTERS
from blinwatch.receive.unit_in_name import unit_of

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER_PREFIX = "urn:blinwatch:schema:"
"""A name and no address: the files travel with the release, and nobody has to be online to resolve them."""
TABLE_BEGIN = "<!-- topics:begin (written by `blinwatch schemas write`) -->"
TABLE_END = "<!-- topics:end -->"

OUTPUT_TYPES: MappingProxyType[str, type] = MappingProxyType(
    {
        "alerts.lifecycle.v1": decisions.AlertTransition,
        "alerts.active.v1": decisions.Alert,
        "toxicity.grades.v1": decisions.GradeAssigned,
        "advice.dose.v1": advice_outputs.DoseAdviceGiven,
        "interactions.checked.v1": advice_outputs.InteractionChecked,
        "patients.status.v1": decisions.PatientStatus,
    }
)
"""Output topic to the record it carries as it stands; the audit topic wraps decisions and is made below."""
AUDIT_TOPIC = "audit.decisions.v1"
AUDITED = (
    decisions.AlertTransition
    | decisions.GradeAssigned
    | advice_outputs.DoseAdviceGiven
    | advice_outputs.InteractionChecked
    | decisions.AttributionRecorded
    | decisions.InputNote
    | rulebook_change.RulebookChanged
)

_MODULES: tuple[ModuleType, ...] = (
    event_header,
    findings,
    events,
    pump_events,
    evidence,
    attributed_sign,
    advice_outputs,
    decisions,
    rulebook_change,
)
_EVENT_MEANINGS = {
    "event_id": "Names this event for ever. Sending it again with the same id changes nothing.",
    "patient_id": "Pseudonym of the patient; also the record key. Never a name or a record number.",
    "occurred_at": "When it happened (not when it was sent), RFC 3339 with offset.",
    "source": "The system or device it came from. No patient data.",
    "type": "Which event this is.",
}
_DECISION_MEANINGS = {
    "decision_id": "Names this decision for ever: written again after a crash it has the same id.",
    "alert_id": "Names the alert for ever, from the patient, the rule and the episode.",
    "patient_id": "Pseudonym of the patient.",
    "occurred_at": "When it became true: the time of the event or the deadline that brought it about.",
    "caused_by": "The event that brought it about; null for a deadline that passed.",
    "rulebook_version": "Version of the rules it was made by.",
    "rulebook_digest": "Names the exact clinical data it was made by, site protocol included.",
    "type": "Which decision this is.",
}


def schema_documents(catalogue: Catalogue) -> dict[str, bytes]:
    """File name to content, for every topic whose form is a contract."""
    described = [topic for topic in catalogue.topics if topic.direction in ("in", "out")]
    return {f"{topic.name}.schema.json": _document(topic) for topic in described}


def topic_table(catalogue: Catalogue) -> str:
    """The catalogue as a Markdown table, dead letters in one line."""
    lines = [
        f"Every topic has {catalogue.partitions} partitions unless `BLINWATCH_PARTITIONS` says otherwise.",
        "",
        "| topic | direction | key | events | kept | owner | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_table_row(topic) for topic in catalogue.topics if topic.direction != "dlq"]
    letters = catalogue.with_direction("dlq")[0]
    lines.append(
        f"| `{catalogue.dead_letter_prefix}<input topic>` | dlq | as it came | as they came | "
        f"{_kept(letters)} | {letters.owner} | Records of that input that were refused, with the reason. |"
    )
    return "\n".join(lines)


def with_table(page: str, table: str) -> str:
    """A page with the text between its two marks replaced by the table.

    Raises `ValueError` where the page lacks the marks.
    """
    before, begin, rest = page.partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    if not begin or not end:
        raise ValueError(f"the page needs the lines '{TABLE_BEGIN}' and '{TABLE_END}'")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def _table_row(topic: Topic) -> str:
    types = ", ".join(f"`{name}`" for name in topic.event_types) or "no contract"
    return (
        f"| `{topic.name}` | {topic.direction} | `{topic.key}` | {types} | {_kept(topic)} | {topic.owner} | "
        f"{topic.meaning} |"
    )


def _kept(topic: Topic) -> str:
    return "newest a key (compacted)" if topic.retention_days is None else f"{topic.retention_days} days"


def _document(topic: Topic) -> bytes:
    body = _fhir_schema(topic) if topic.name == FHIR_TOPIC else _finished(_raw_schema(topic))
    head = {
        "$schema": DIALECT,
        "$id": f"{IDENTIFIER_PREFIX}{topic.name}",
        "title": topic.name,
        "description": f"{topic.meaning} Record key: {topic.key}.",
    }
    document = head | {name: part for name, part in body.items() if name not in head}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _raw_schema(topic: Topic) -> Schema:
    """pydantic's own schema of a topic's records."""
    if topic.direction == "in":
        return ADAPTERS[topic.name].json_schema(mode="validation")
    if topic.name == AUDIT_TOPIC:
        return _audit_schema()
    return TypeAdapter[Any](OUTPUT_TYPES[topic.name]).json_schema(mode="serialization")


def _audit_schema() -> Schema:
    decision = TypeAdapter[Any](AUDITED).json_schema(mode="serialization")
    definitions = decision.pop("$defs")
    return {
        "type": "object",
        "properties": {
            "decision": {"description": "The decision as it was published.", **decision},
            "rulebook_version": {"description": _DECISION_MEANINGS["rulebook_version"], "type": "string"},
            "rulebook_digest": {"description": "Digest of the rules' own files.", "type": "string"},
        },
        "required": ["decision", "rulebook_version", "rulebook_digest"],
        "$defs": definitions,
    }


def _fhir_schema(topic: Topic) -> Schema:
    """FHIR's own definitions say the rest; repeating them would only differ one day."""
    kinds = {"description": "Which FHIR R4 resource it is.", "type": "string", "enum": list(topic.event_types)}
    identity = {
        "description": "The same for the same alert or decision: PUT to <type>/<id> as often as you like.",
        "type": "string",
        "pattern": r"^[A-Za-z0-9\-.]{1,64}$",
    }
    return {
        "type": "object",
        "properties": {"resourceType": kinds, "id": identity},
        "required": ["resourceType", "id"],
    }


def _finished(schema: Schema) -> Schema:
    """Without pydantic's generated titles, with our docstrings, units and `type` among what is required."""
    named = [(name, one) for module in _MODULES for name, one in vars(module).items()]
    classes = {name: one for name, one in named if isinstance(one, type) and is_dataclass(one)}
    schema.pop("discriminator", None)
    own_name = schema.get("title")
    described = dict(cast("dict[str, Schema]", schema.get("$defs", {})))
    if isinstance(own_name, str):
        described[own_name] = schema
    for name, definition in described.items():
        is_event = name in vars(events) or name in vars(pump_events)
        meanings = (_EVENT_MEANINGS if is_event else _DECISION_MEANINGS) | _field_docs(classes[name])
        definition["description"] = _one_line(inspect.getdoc(classes[name]) or "")
        properties = cast("dict[str, Schema]", definition["properties"])
        for field, form in properties.items():
            properties[field] = _with_meaning(field, form, meanings.get(field))
        if "const" in properties.get("type", {}):
            definition["required"] = list(dict.fromkeys([*definition.get("required", []), "type"]))
    return schema


def _with_meaning(field: str, form: Schema, meaning: str | None) -> Schema:
    form.pop("title", None)
    if meaning is not None:
        form = {"description": meaning, **form}
    unit = unit_of(field)
    if unit is not None and '"number"' in orjson.dumps(form).decode():
        form["x-ucum-unit"] = unit
    return form


def _field_docs(one: type) -> dict[str, str]:
    """The docstrings that stand below a class's fields, its parents' included."""
    docs: dict[str, str] = {}
    for ancestor in reversed(one.__mro__[:-1]):
        body = cast("ast.ClassDef", ast.parse(textwrap.dedent(inspect.getsource(ancestor))).body[0]).body
        for statement, following in itertools.pairwise(body):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    docs[statement.target.id] = _one_line(text)
                case _:
                    pass
    return docs


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
