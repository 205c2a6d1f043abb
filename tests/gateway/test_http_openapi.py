"""The OpenAPI document: good, served as it is committed, and kept by the gateway whatever a fuzzer thinks of.

A long run of the same: `BLINWATCH_FUZZ_EXAMPLES=5000 python -m pytest tests/gateway/test_http_openapi.py`.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import CHECKS, load_all_checks

from blinwatch.catalogue import load_catalogue
from blinwatch.commands.openapi_document import openapi_document
from blinwatch.gateway.http.limits import BATCH_LINES_MOST
from blinwatch.gateway.http.refused import REASONS, TITLES, status_of
from blinwatch.receive.native import SENT_TOPICS
from tests.gateway.http_hands import CALLER, Site, lab

load_all_checks()
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: dict[str, Any] = openapi_document(load_catalogue())
SITE = Site()
SITE.clock_s = 0.0
EXAMPLES = int(os.environ.get("BLINWATCH_FUZZ_EXAMPLES", "12"))
KEPT = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
    ]
)
schema = schemathesis.openapi.from_asgi("/openapi.json", SITE.app)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_gateway_keeps_what_the_document_says(case: schemathesis.Case) -> None:
    SITE.clock_s += 1_000.0  # the allowance has a test of its own
    case.call_and_validate(headers=CALLER, checks=KEPT)


def test_the_document_is_served_as_it_is_committed() -> None:
    committed = (ROOT / "schemas" / "openapi.json").read_bytes()
    assert SITE.client.get("/openapi.json").content == committed


def test_every_event_that_may_be_sent_is_described_and_no_other() -> None:
    catalogue = load_catalogue()
    types = {one for topic in SENT_TOPICS for one in catalogue.topic(topic).event_types}
    assert set(DOCUMENT["components"]["schemas"]["Event"]["discriminator"]["mapping"]) == types
    batch = DOCUMENT["paths"]["/v1/events:batch"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert batch["maxItems"] == BATCH_LINES_MOST


def test_every_reason_has_a_status_that_has_a_title() -> None:
    assert {status_of(reason) for reason in REASONS} <= set(TITLES)
    assert DOCUMENT["components"]["schemas"]["Problem"]["properties"]["reason"]["enum"] == list(REASONS)


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_each_schema_is_good_json_schema_and_points_only_at_what_is_there(name: str) -> None:
    schemas = DOCUMENT["components"]["schemas"]
    Draft202012Validator.check_schema(schemas[name])
    pending: list[Any] = [schemas[name]]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            if isinstance(one.get("$ref"), str):
                assert one["$ref"].removeprefix("#/components/schemas/") in schemas
            pending += list(one.values())
        elif isinstance(one, list):
            pending += one


def test_what_the_document_calls_an_event_is_taken() -> None:
    whole = {"$ref": "#/components/schemas/Event", "components": DOCUMENT["components"]}
    validator = Draft202012Validator(whole)
    assert validator.is_valid(lab())
    assert not validator.is_valid(lab(colour="red"))
    assert Site().send(lab())[0] == 202
