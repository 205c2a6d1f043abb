"""The gateway's HTTP side as an OpenAPI 3.1 document, made from the same models as the topics' schemas.

Source:    OpenAPI 3.1.1; RFC 9457 for what is refused.
"""

from typing import Any, cast

import orjson

from blinwatch import __version__
from blinwatch.catalogue import Catalogue
from blinwatch.commands.schema_documents import DIALECT, schema_documents
from blinwatch.gateway.http.limits import BATCH_BYTES_MOST, BATCH_LINES_MOST, FHIR_JSON, JSON, NDJSON, TYPES
from blinwatch.gateway.http.refused import PROBLEM_JSON, PROBLEM_TYPE, REASONS, TITLES
from blinwatch.receive.decode import VALUE_BYTES_MOST
from blinwatch.receive.fhir.refusal import REASONS as FHIR_REASONS
from blinwatch.receive.native import SENT_TOPICS

Part = dict[str, Any]

OPENAPI = "3.1.1"
FILE_NAME = "openapi.json"
_DEFINITIONS, _SCHEMAS = "#/$defs/", "#/components/schemas/"
_REFUSALS = (400, 401, 408, 409, 413, 415, 422, 429, 503)


def openapi_document(catalogue: Catalogue) -> Part:
    """The document as plain data."""
    return {
        "openapi": OPENAPI,
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "blinwatch gateway",
            "version": __version__,
            "description": (
                "Events of patients on blinatumomab, for systems that speak neither Kafka nor HL7 v2. An answer of 200 "
                "or 202 means that every in-sync replica of the brokers has the event. docs/operating/connect-rest.md."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            "/v1/events": {"post": _one()},
            "/v1/events:batch": {"post": _batch()},
            **{f"/fhir/{kind}": {"post": _fhir(kind)} for kind in TYPES},
            "/fhir/$process-message": {"post": _fhir("Bundle", "processMessage")},
            "/fhir": {"post": _fhir("Bundle", "sendBundle")},
            "/openapi.json": {"get": _open("getDocument", "This document.", {"type": "object"})},
            "/healthz": {"get": _open("getHealth", "Whether the gateway's process answers.", _health())},
        },
        "components": {
            "schemas": _models(catalogue) | _answers(),
            "responses": {f"Refused{status}": _refusal(status) for status in _REFUSALS},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `blinwatch gateway caller add`. A gateway on one machine may need none.",
                }
            },
        },
    }


def as_json(document: Part) -> bytes:
    """The document as its file holds it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _one() -> Part:
    return {
        "operationId": "sendEvent",
        "summary": "Send one event, or a batch as lines.",
        "description": (
            f"At most {VALUE_BYTES_MOST} bytes as {JSON}. With {NDJSON} the request is a batch, as at /v1/events:batch."
        ),
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"$ref": f"{_SCHEMAS}Event"}}, NDJSON: {"schema": _lines()}},
        },
        "responses": {
            "200": _taken("The event was on Kafka already, or the whole batch is.", "Taken", "BatchTaken"),
            "202": _taken("The event is on Kafka.", "Taken"),
            "207": _taken("Part of the batch was refused; each line says why.", "BatchTaken"),
            **_refusals(),
        },
    }


def _batch() -> Part:
    listed = {"type": "array", "minItems": 1, "maxItems": BATCH_LINES_MOST, "items": {"$ref": f"{_SCHEMAS}Event"}}
    return {
        "operationId": "sendEvents",
        "summary": "Send many events; each has its own verdict.",
        "description": (
            f"At most {BATCH_LINES_MOST} events and {BATCH_BYTES_MOST} bytes. 200: all are on Kafka. 207: those that "
            "can be used are. 503: send the whole batch again; nothing is doubled by that."
        ),
        "requestBody": {"required": True, "content": {JSON: {"schema": listed}, NDJSON: {"schema": _lines()}}},
        "responses": {
            "200": _taken("All events are on Kafka.", "BatchTaken"),
            "207": _taken("Part of the batch was refused; each line says why.", "BatchTaken"),
            **_refusals(),
        },
    }


def _fhir(kind: str, operation: str = "") -> Part:
    resource: Part = {
        "type": "object",
        "properties": {"resourceType": {"const": kind}},
        "required": ["resourceType"],
    }
    content: Part = {FHIR_JSON: {"schema": resource}, JSON: {"schema": resource}}
    outcome: Part = {FHIR_JSON: {"schema": {"$ref": f"{_SCHEMAS}OperationOutcome"}}}
    verdict: Part = {
        FHIR_JSON: {"schema": {"$ref": f"{_SCHEMAS}{'BatchResponse' if kind == 'Bundle' else 'OperationOutcome'}"}}
    }
    refusals = {
        str(status): {"description": TITLES[status], "content": outcome, **_retry(status)} for status in _REFUSALS
    }
    return {
        "operationId": operation or f"send{kind}",
        "summary": f"Send a FHIR R4 or R5 {kind}. docs/operating/connect-fhir.md.",
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "It was on Kafka already, nothing had to be written, or a verdict an entry.",
                "content": verdict,
            },
            "202": {"description": "Its events are on Kafka.", "content": outcome},
            "207": {"description": "Part of it was refused; the outcome says why.", "content": outcome},
            **refusals,
        },
    }


def _retry(status: int) -> Part:
    if status not in (429, 503):
        return {}
    seconds: Part = {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds until to try again."}
    return {"headers": {"Retry-After": seconds}}


def _lines() -> Part:
    return {"type": "string", "description": "One event a line.", "contentMediaType": NDJSON}


def _open(operation: str, summary: str, schema: Part) -> Part:
    content = {JSON: {"schema": schema}}
    return {
        "operationId": operation,
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": summary, "content": content}},
    }


def _taken(description: str, *schemas: str) -> Part:
    named: list[Part] = [{"$ref": f"{_SCHEMAS}{name}"} for name in schemas]
    return {
        "description": description,
        "content": {JSON: {"schema": named[0] if len(named) == 1 else {"oneOf": named}}},
    }


def _refusals() -> Part:
    return {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in _REFUSALS}


def _refusal(status: int) -> Part:
    problem: Part = {PROBLEM_JSON: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}}
    answer: Part = {"description": TITLES[status], "content": problem}
    answer |= _retry(status)
    if status == 503:  # noqa: PLR2004 - as above
        answer["content"] = problem | {JSON: {"schema": {"$ref": f"{_SCHEMAS}BatchTaken"}}}
    return answer


def _health() -> Part:
    return {"type": "object", "properties": {"status": {"const": "alive"}}, "required": ["status"]}


def _models(catalogue: Catalogue) -> Part:
    """Every event that may be sent, as the topics' own schemas have it."""
    found: Part = {}
    choices: dict[str, str] = {}
    documents = schema_documents(catalogue)
    for topic in SENT_TOPICS:
        text = documents[f"{topic}.schema.json"].decode().replace(_DEFINITIONS, _SCHEMAS)
        document = cast("Part", orjson.loads(text))
        for name, model in cast("Part", document["$defs"]).items():
            if found.setdefault(name, model) != model:
                raise ValueError(f"two topics mean different things by {name}")
        for choice in cast("list[Part]", document["oneOf"]):
            model = found[str(choice["$ref"]).removeprefix(_SCHEMAS)]
            choices[model["properties"]["type"]["const"]] = choice["$ref"]
    event: Part = {
        "description": "One event; `type` says which, and so on which topic it goes.",
        "oneOf": [{"$ref": reference} for reference in choices.values()],
        "discriminator": {"propertyName": "type", "mapping": choices},
    }
    return found | {"Event": event}


def _answers() -> Part:
    became: Part = {"type": "string", "enum": ["taken", "repeated"]}
    told: Part = {"event_id": {"type": "string"}, "topic": {"type": "string", "enum": list(SENT_TOPICS)}}
    why: Part = {
        "reason": {"type": "string", "enum": list(REASONS), "description": "The same words as of dead letters."},
        "detail": {"type": "string", "description": "One sentence for a person; holds nothing of the request."},
        "field": {"type": "string", "description": "The first field that is wrong."},
    }
    line: Part = {"line": {"type": "integer", "minimum": 1}, "status": {"type": "integer"}}
    outcome: Part = {"type": "string", "enum": ["taken", "repeated", "refused", "not_taken"]}
    count: Part = {"type": "integer", "minimum": 0}
    counts: Part = dict.fromkeys(("taken", "repeated", "refused", "not_taken"), count)
    problem: Part = {
        "type": {"type": "string", "pattern": f"^{PROBLEM_TYPE}"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
    }
    listed: Part = {"type": "array", "items": {"$ref": f"{_SCHEMAS}LineTaken"}}
    return {
        **_fhir_answers(),
        "Taken": _object(told | {"became": became}, "event_id", "topic", "became"),
        "BatchTaken": _object(counts | {"events": listed}, *counts, "events"),
        "LineTaken": _object(line | told | why | {"became": outcome}, "line", "status", "became"),
        "Problem": _object(problem | why, "type", "title", "status", "detail", "reason"),
    }


def _fhir_answers() -> Part:
    reason: Part = {"type": "string", "enum": sorted({*REASONS, *FHIR_REASONS, "taken", "repeated"})}
    coded = _object({"system": {"type": "string"}, "code": reason}, "system", "code")
    words = _object({"coding": {"type": "array", "items": coded}, "text": {"type": "string"}}, "coding", "text")
    issue: Part = {
        "severity": {"type": "string", "enum": ["error", "information"]},
        "code": {"type": "string"},
        "details": words,
        "expression": {"type": "array", "items": {"type": "string"}, "description": "Where, as FHIRPath."},
    }
    issues: Part = {"type": "array", "items": _object(issue, "severity", "code", "details")}
    outcome: Part = {"$ref": f"{_SCHEMAS}OperationOutcome"}
    entry = _object(
        {"response": _object({"status": {"type": "string"}, "outcome": outcome}, "status", "outcome")}, "response"
    )
    response = _object(
        {
            "resourceType": {"const": "Bundle"},
            "type": {"type": "string", "enum": ["batch-response", "transaction-response"]},
            "entry": {"type": "array", "items": entry},
        },
        "resourceType", "type", "entry",
    )  # fmt: skip
    return {
        "OperationOutcome": _object(
            {"resourceType": {"const": "OperationOutcome"}, "issue": issues}, "resourceType", "issue"
        ),
        "BatchResponse": {"oneOf": [outcome, response]},
    }


def _object(properties: Part, *required: str) -> Part:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
