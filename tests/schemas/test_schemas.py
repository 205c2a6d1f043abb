"""The committed contracts are what the code says, and they are good JSON Schema."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from blinwatch.catalogue import load_catalogue
from blinwatch.commands.schema_documents import (
    TABLE_BEGIN,
    TABLE_END,
    schema_documents,
    topic_table,
    with_table,
)
from blinwatch.commands.schemas import differences, expected_documents

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {name: json.loads(content) for name, content in schema_documents(load_catalogue()).items()}


def definition(topic: str, name: str) -> dict[str, Any]:
    return DOCUMENTS[f"{topic}.schema.json"]["$defs"][name]


def test_the_committed_files_follow_the_code() -> None:
    assert differences(ROOT) == [], "run `blinwatch schemas write`, look at the difference and commit it"


def test_a_file_that_drifted_is_missing_or_belongs_to_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    (tmp_path / "docs/reference/topics.md").write_text(f"{TABLE_BEGIN}\n{TABLE_END}\n", encoding="utf-8")
    for path, content in expected_documents(tmp_path).items():
        path.write_bytes(content)
    assert differences(tmp_path) == []
    (tmp_path / "schemas/pump.events.v1.schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "schemas/labs.resulted.v1.schema.json").unlink()
    (tmp_path / "schemas/old.topic.v1.schema.json").write_text("{}", encoding="utf-8")
    assert differences(tmp_path) == [
        "schemas/pump.events.v1.schema.json is not what the code says",
        "schemas/labs.resulted.v1.schema.json is missing",
        "schemas/old.topic.v1.schema.json belongs to no topic",
    ]


def test_every_topic_with_a_contract_has_one() -> None:
    catalogue = load_catalogue()
    topics = [*catalogue.inputs, *catalogue.with_direction("out")]
    assert set(DOCUMENTS) == {f"{topic.name}.schema.json" for topic in topics}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_contract_is_good_json_schema_and_says_what_it_is(name: str) -> None:
    document = DOCUMENTS[name]
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"urn:blinwatch:schema:{document['title']}"
    assert document["description"]
    for one in document.get("$defs", {}).values():
        assert one["description"]


@pytest.mark.parametrize("topic", [topic.name for topic in load_catalogue().inputs])
def test_an_event_takes_no_unknown_field_and_must_say_its_type(topic: str) -> None:
    document = DOCUMENTS[f"{topic}.schema.json"]
    names = {choice["$ref"].rsplit("/", 1)[-1] for choice in document["oneOf"]}
    assert len(names) == len(load_catalogue().topic(topic).event_types)
    for name in names:
        event = definition(topic, name)
        assert event["additionalProperties"] is False
        assert "type" in event["required"]


def test_field_docstrings_bounds_and_units_reach_the_schema() -> None:
    bag = definition("pump.events.v1", "BagChanged")["properties"]
    assert bag["warmed_at"]["description"].startswith("When the bag left the refrigerator")
    pressure = definition("vitals.observed.v1", "VitalsObserved")["properties"]["sbp_kpa"]
    assert pressure["x-ucum-unit"] == "kPa"
    assert pressure["anyOf"][0] == {"maximum": 1000, "minimum": -100, "type": "number"}
    event_id = definition("vitals.observed.v1", "VitalsObserved")["properties"]["event_id"]
    assert event_id["description"].startswith("Names this event for ever")


def test_an_output_may_grow_without_breaking_its_readers() -> None:
    assert "additionalProperties" not in json.dumps(DOCUMENTS["alerts.lifecycle.v1.schema.json"])


def test_the_table_names_every_topic_once() -> None:
    table = topic_table(load_catalogue())
    for topic in load_catalogue().topics:
        if topic.direction != "dlq":
            assert table.count(f"| `{topic.name}` |") == 1


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page needs the lines"):
        with_table("# Topics\n", "| a |")
