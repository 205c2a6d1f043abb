"""The contract of all topics as one AsyncAPI 3 document, for tools: from the catalogue, the models and the examples.

Source:    AsyncAPI 3.0.0; its Kafka bindings 0.5.0.
Caveats:   - payloads point at the JSON Schemas beside the document, so that each form is written down once;
           - topics of direction `internal` are nobody else's contract and do not appear;
           - a message's headers say in full what is required: in AsyncAPI a message's own list replaces a trait's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import yaml

from blinwatch import __version__
from blinwatch.catalogue import Catalogue, Topic
from blinwatch.commands.schema_documents import AUDIT_TOPIC
from blinwatch.deliver import cloud_event, dead_letter
from blinwatch.deliver.fhir.resources_of import CONTENT_TYPE as FHIR_CONTENT_TYPE
from blinwatch.deliver.fhir.resources_of import FHIR_TOPIC
from blinwatch.deliver.page_marks import DELAY_S, DELIVERY, PAGE, REPEAT
from blinwatch.deliver.publish_decisions import ACTIVE_TOPIC, GRADES_TOPIC, LIFECYCLE_TOPIC
from blinwatch.deliver.trace_context import TRACEPARENT, TRACESTATE
from blinwatch.receive.event_types import EVENT_CLASSES, type_name

Part = dict[str, Any]
Examples = Mapping[str, Iterable[tuple[str, Part]]]
"""Topic to the names and records of its examples."""

ASYNCAPI = "3.0.0"
KAFKA_BINDING = "0.5.0"
FILE_NAME = "asyncapi.yaml"
HEAD = "# Written by `blinwatch schemas write` from schemas/topics.yaml and the code. Change those.\n"
REFUSED = "record_refused"
_KEYS = {
    "patient_id": "The patient's pseudonym, byte for byte as in the value. Never a name or a record number.",
    "alert_id": "The alert's id.",
    "partition": "The partition's number as text.",
}
_TRACE = {
    TRACEPARENT: {"type": "string", "description": "W3C Trace Context, handed on from the event that led to this."},
    TRACESTATE: {"type": "string", "description": "W3C Trace Context; only with a traceparent."},
}
_MARKS = {
    PAGE: {"type": "string", "enum": ["yes", "no"], "description": "Whether to call somebody for this record."},
    DELIVERY: {"type": "string", "enum": ["live", "late"], "description": "late: more than 60 s after it happened."},
    DELAY_S: {"type": "string", "description": "When late: seconds between what happened and the record."},
    REPEAT: {"type": "string", "enum": ["yes"], "description": "Told before with `page: no`; comes again to page."},
}


def asyncapi_document(catalogue: Catalogue, examples: Examples) -> Part:
    """The document as plain data; every topic others write to or read from, and the dead letters."""
    described = [topic for topic in catalogue.topics if topic.direction in ("in", "out")]
    messages: Part = {}
    for topic in described:
        messages |= {f"{topic.name}.{name}": one for name, one in _messages(topic, examples).items()}
    messages[REFUSED] = _refused_message()
    return {
        "asyncapi": ASYNCAPI,
        "id": "urn:blinwatch:asyncapi",
        "info": {
            "title": "blinwatch",
            "version": __version__,
            "description": (
                "Events of patients on blinatumomab in, judged alerts, grades and advice out. It informs qualified "
                "staff; it is a secondary alarm and never an order. What may change within v1: "
                "docs/reference/compatibility.md."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {topic.name: _channel(topic) for topic in described} | {"dead_letters": _dead_letters(catalogue)},
        "operations": {_operation_name(topic): _operation(topic) for topic in described}
        | {"send.dead_letters": _operation_on("send", "dead_letters", "Keep what could not be used, and say why.")},
        "components": {"messages": messages, "messageTraits": _traits()},
    }


def as_yaml(document: Part) -> bytes:
    """The document as committed."""
    text = yaml.dump(document, Dumper=_WithoutAliases, sort_keys=False, allow_unicode=True, width=120)
    return (HEAD + text).encode()


class _WithoutAliases(yaml.SafeDumper):
    """Says a part that stands in two places twice: many tools read no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's own parameter
        return True


def _server() -> Part:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The hospital's Kafka cluster (BLINWATCH_KAFKA_BOOTSTRAP).",
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "HOST:PORT of any broker."}},
    }


def _channel(topic: Topic) -> Part:
    return {
        "address": topic.name,
        "summary": f"{topic.name}, written by {topic.owner}",
        "description": topic.meaning,
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: _ref("messages", f"{topic.name}.{name}") for name in _message_names(topic)},
        "bindings": {"kafka": _kafka_channel(topic, {"topic": topic.name})},
    }


def _kafka_channel(topic: Topic, named: Part) -> Part:
    configuration: Part = {"cleanup.policy": [topic.cleanup_policy]}
    if topic.retention_ms is not None:
        configuration["retention.ms"] = topic.retention_ms
    return {
        **named,
        "partitions": topic.partitions,
        "topicConfiguration": configuration,
        "bindingVersion": KAFKA_BINDING,
    }


def _dead_letters(catalogue: Catalogue) -> Part:
    letters = catalogue.with_direction("dlq")
    return {
        "address": f"{catalogue.dead_letter_prefix}{{topic}}",
        "summary": "Dead letters, one topic for each input topic",
        "description": "Records of an input that could not be used: original key and bytes, headers that say why.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "parameters": {"topic": {"description": "The input topic.", "enum": [one.name for one in catalogue.inputs]}},
        "messages": {REFUSED: _ref("messages", REFUSED)},
        "bindings": {"kafka": _kafka_channel(letters[0], {})},
    }


def _operation_name(topic: Topic) -> str:
    return f"{'receive' if topic.direction == 'in' else 'send'}.{topic.name}"


def _operation(topic: Topic) -> Part:
    """What blinwatch does with the topic; whoever uses the document does the opposite."""
    if topic.direction == "in":
        return _operation_on("receive", topic.name, f"Judge what comes on {topic.name}.")
    return _operation_on("send", topic.name, f"Publish on {topic.name}.")


def _operation_on(action: str, channel: str, summary: str) -> Part:
    return {
        "action": action,
        "channel": _ref("channels", channel),
        "summary": summary,
        "bindings": {"kafka": {"bindingVersion": KAFKA_BINDING}},
    }


def _message_names(topic: Topic) -> tuple[str, ...]:
    """One for each type of event; the audit wraps all its decisions alike, and an alert's removal has no value."""
    if topic.name == AUDIT_TOPIC:
        return ("audit_entry",)
    return (*topic.event_types, "alert_removed") if topic.name == ACTIVE_TOPIC else topic.event_types


def _messages(topic: Topic, examples: Examples) -> dict[str, Part]:
    if topic.direction == "in":
        return {type_name(one): _event(topic, one, examples) for one in EVENT_CLASSES[topic.name]}
    return {name: _output(topic, name, examples) for name in _message_names(topic)}


def _event(topic: Topic, event_class: type, examples: Examples) -> Part:
    name = type_name(event_class)
    return {
        "name": name,
        "title": name.replace("_", " "),
        "contentType": "application/json",
        "headers": {"type": "object", "properties": _TRACE},
        "payload": {"$ref": f"./{topic.name}.schema.json#/$defs/{event_class.__name__}"},
        "bindings": _message_bindings(topic),
        **_examples(topic, name, examples),
    }


def _output(topic: Topic, name: str, examples: Examples) -> Part:
    own = _own_headers(topic, name)
    sometimes = {DELAY_S, REPEAT, "priority", "rule"} if topic.name == AUDIT_TOPIC else {DELAY_S, REPEAT}
    required = [*_ENVELOPE, *(header for header in own if header not in sometimes)]
    if name != "alert_removed":
        required += _WITH_DATA
    if topic.name != AUDIT_TOPIC:
        required.append(cloud_event.SUBJECT)
    message = {
        "name": name,
        "title": name.replace("_", " "),
        "traits": [_ref("messageTraits", "cloud_event"), _ref("messageTraits", "traced")],
        "headers": {"type": "object", "required": list(dict.fromkeys(required)), "properties": own},
        "bindings": _message_bindings(topic),
    }
    if name == "alert_removed":
        return message | {"summary": "The alert has ended: remove it. No value.", "payload": {"type": "null"}}
    content_type = FHIR_CONTENT_TYPE.decode() if topic.name == FHIR_TOPIC else "application/json"
    message |= {"contentType": content_type, "payload": {"$ref": f"./{topic.name}.schema.json"}}
    return message | _examples(topic, name, examples)


def _own_headers(topic: Topic, name: str) -> Part:
    """blinwatch's own headers, to filter by."""
    types = ["alert_transition"] if name == "alert_removed" else [name]
    types = list(topic.event_types) if topic.name == AUDIT_TOPIC else types
    headers: Part = {"type": {"type": "string", "enum": types, "description": "Which decision it is."}}
    if topic.name in (LIFECYCLE_TOPIC, ACTIVE_TOPIC, AUDIT_TOPIC):
        said = "Of an alert: its priority (IEC 60601-1-8)."
        headers["priority"] = {"type": "string", "enum": ["high", "medium", "low"], "description": said}
    if topic.name in (LIFECYCLE_TOPIC, ACTIVE_TOPIC, AUDIT_TOPIC, GRADES_TOPIC):
        headers["rule"] = {
            "type": "string",
            "description": "Of an alert or a grade: the id of the rule, such as CRS-5.",
        }
    headers["decision-id"] = {"type": "string", "description": "Names the decision for ever; drop repeats by it."}
    if topic.name == FHIR_TOPIC:
        # In place of the trait's, which is that of all other topics.
        headers[cloud_event.CONTENT_TYPE] = {"type": "string", "const": FHIR_CONTENT_TYPE.decode()}
    return headers | _MARKS if topic.name == LIFECYCLE_TOPIC else headers


def _message_bindings(topic: Topic) -> Part:
    key = {"type": "string", "title": topic.key, "description": _KEYS[topic.key]}
    return {"kafka": {"key": key, "bindingVersion": KAFKA_BINDING}}


def _examples(topic: Topic, name: str, examples: Examples) -> Part:
    """The first example of this type; tools show it."""
    for title, record in examples.get(topic.name, ()):
        if name in ("audit_entry", record.get("resourceType") or record.get("type", "alert")):
            return {"examples": [{"name": title, "payload": record}]}
    return {}


def _refused_message() -> Part:
    described = {name: {"type": "string", "description": text} for name, text in _DEAD_LETTER_HEADERS.items()}
    always = [name for name in described if name not in (dead_letter.CUT, dead_letter.ORIGINAL_BYTES)]
    return {
        "name": REFUSED,
        "title": "record refused",
        "summary": "The refused record itself: same key, same bytes, its own headers, and why it was refused.",
        "headers": {"type": "object", "required": always, "properties": described},
    }


_DEAD_LETTER_HEADERS = {
    dead_letter.REASON: "One of a closed set of reasons; docs/reference/topics.md lists them.",
    dead_letter.FIELD: "Path of the first wrong field; empty where the record as a whole is wrong.",
    dead_letter.RULE: "The rule broken.",
    dead_letter.DETAIL: "One sentence for a person; repeats no text of the record.",
    dead_letter.ORIGINAL_TOPIC: "Where it lay.",
    dead_letter.ORIGINAL_PARTITION: "Where it lay.",
    dead_letter.ORIGINAL_OFFSET: "Where it lay.",
    dead_letter.FIRST_SEEN: "When it was first refused, RFC 3339.",
    dead_letter.ATTEMPT: "How often it was refused.",
    dead_letter.CUT: "`yes` where Kafka would not take all of it again: its end is left out.",
    dead_letter.ORIGINAL_BYTES: "With `cut`: how large it was.",
}
_ENVELOPE = ("ce_specversion", cloud_event.ID, "ce_source", "ce_type", cloud_event.TIME)
_WITH_DATA = ("ce_dataschema", cloud_event.CONTENT_TYPE)


def _traits() -> Part:
    envelope: Part = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        cloud_event.ID: {"type": "string", "description": "With ce_source: names one content for ever."},
        "ce_source": {"type": "string", "format": "uri-reference", "description": "The topic, as a URN."},
        "ce_type": {"type": "string", "description": "blinwatch.<type>.v1"},
        cloud_event.TIME: {"type": "string", "format": "date-time", "description": "When it became true."},
        cloud_event.SUBJECT: {"type": "string", "description": "The patient's pseudonym."},
        "ce_dataschema": {"type": "string", "format": "uri", "description": "The `$id` of the value's JSON Schema."},
        cloud_event.CONTENT_TYPE: {"type": "string", "const": "application/json"},
    }
    return {
        "cloud_event": {
            "summary": "CloudEvents 1.0, Kafka protocol binding, binary mode",
            "headers": {"type": "object", "properties": envelope},
        },
        "traced": {
            "summary": "W3C Trace Context, handed on where the event that led to the record had one",
            "headers": {"type": "object", "properties": cast("Part", _TRACE)},
        },
    }


def headers_of(document: Part, message: Part) -> Part:
    """All that a message's headers may be: its traits' and its own, merged as AsyncAPI merges them."""
    properties: Part = {}
    for trait in message.get("traits", ()):
        name = trait["$ref"].rpartition("/")[2]
        properties |= document["components"]["messageTraits"][name]["headers"]["properties"]
    own = message.get("headers", {})
    return {"type": "object", "required": own.get("required", []), "properties": properties | own.get("properties", {})}


def messages_of(document: Part, channel: str) -> dict[str, Part]:
    """The messages of a channel by their names there."""
    references = document["channels"][channel]["messages"]
    messages = document["components"]["messages"]
    return {name: messages[reference["$ref"].rpartition("/")[2]] for name, reference in references.items()}


def _ref(kind: str, name: str) -> Part:
    folder = "components/" if kind in ("messages", "messageTraits") else ""
    return {"$ref": f"#/{folder}{kind}/{name}"}
