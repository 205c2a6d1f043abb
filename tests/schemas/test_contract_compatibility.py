"""Nothing that was released is broken by this checkout, and what would break it is found."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from blinwatch.commands.contract_compatibility import (
    Contract,
    ContractError,
    broken_promises,
    parse_contract,
    read_contract,
)
from blinwatch.commands.schemas import broken_promises_of

ROOT = Path(__file__).resolve().parents[2]
RELEASED = read_contract(ROOT / "schemas" / "released")
Change = Callable[[dict[str, Any]], object]


def test_this_checkout_keeps_what_the_last_release_promised() -> None:
    assert broken_promises_of(ROOT) == [], "docs/reference/compatibility.md says what to do instead"


def told(document: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["messages"]["alerts.lifecycle.v1.alert_transition"]


def kafka(document: dict[str, Any], channel: str) -> dict[str, Any]:
    return document["channels"][channel]["bindings"]["kafka"]


BREAKS: list[tuple[str, Change]] = [
    ("topic is gone", lambda d: d["channels"].pop("toxicity.grades.v1")),
    (
        "is called alerts.lifecycle.v2 now",
        lambda d: d["channels"]["alerts.lifecycle.v1"].update(address="alerts.lifecycle.v2"),
    ),
    ("16 partitions in place of 8", lambda d: kafka(d, "labs.resulted.v1").update(partitions=16)),
    (
        "cleanup policy",
        lambda d: kafka(d, "alerts.active.v1")["topicConfiguration"].update({"cleanup.policy": ["delete"]}),
    ),
    ("shorter time", lambda d: kafka(d, "audit.decisions.v1")["topicConfiguration"].update({"retention.ms": 1})),
    ("message alarm is gone", lambda d: d["channels"]["pump.events.v1"]["messages"].pop("alarm")),
    (
        "the key is alert_id in place of patient_id",
        lambda d: told(d)["bindings"]["kafka"]["key"].update(title="alert_id"),
    ),
    ("ce_id", lambda d: d["components"]["messageTraits"]["cloud_event"]["headers"]["properties"].pop("ce_id")),
    (
        "page: the word yes is gone",
        lambda d: told(d)["headers"]["properties"]["page"].update(enum=["no"]),
    ),
    ("reason", lambda d: d["components"]["messages"]["record_refused"]["headers"]["required"].remove("reason")),
]


@pytest.mark.parametrize("said,change", BREAKS, ids=[said for said, _ in BREAKS])
def test_a_broken_promise_is_said(said: str, change: Change) -> None:
    document = deepcopy(RELEASED.document)
    change(document)
    assert any(said in one for one in broken_promises(RELEASED, Contract(document, RELEASED.schemas)))


def test_a_broken_record_is_said_with_its_topic() -> None:
    schemas = deepcopy(dict(RELEASED.schemas))
    schemas["labs.resulted.v1"]["$defs"]["LabResulted"]["properties"].pop("unit")
    found = broken_promises(RELEASED, Contract(RELEASED.document, schemas))
    assert found == ["labs.resulted.v1: unit: what was right before: is refused, it was allowed"]


def test_a_topic_more_breaks_nobody() -> None:
    document = deepcopy(RELEASED.document)
    document["channels"]["alerts.lifecycle.v2"] = document["channels"]["alerts.lifecycle.v1"]
    assert broken_promises(RELEASED, Contract(document, RELEASED.schemas)) == []


def test_contracts_that_cannot_be_read_are_no_promise(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="blinwatch schemas release"):
        read_contract(tmp_path)
    with pytest.raises(ContractError, match=r"asyncapi\.yaml"):
        parse_contract({"labs.resulted.v1.schema.json": b"{}"})
    with pytest.raises(ContractError, match="whole"):
        parse_contract({"asyncapi.yaml": b"{}", "labs.resulted.v1.schema.json": b"{"})
