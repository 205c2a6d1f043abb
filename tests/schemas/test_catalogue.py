"""The catalogue of topics: what it promises, and that a mistake in it is named."""

import pytest

from blinwatch.catalogue import FILE_NAME, CatalogueError, find_schemas, load_catalogue, parse_catalogue

TEXT = find_schemas().joinpath(FILE_NAME).read_text(encoding="utf-8")


def fault_in(text: str) -> str:
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(text)
    return str(caught.value)


def test_every_topic_has_the_same_number_of_partitions_because_one_worker_holds_all_of_a_patient() -> None:
    assert {topic.partitions for topic in load_catalogue().topics} == {8}
    assert {topic.partitions for topic in load_catalogue(3).topics} == {3}


@pytest.mark.parametrize("partitions", [0, -1, 1025])
def test_a_number_of_partitions_that_cannot_be_is_refused(partitions: int) -> None:
    with pytest.raises(CatalogueError, match="BLINWATCH_PARTITIONS"):
        load_catalogue(partitions)


def test_inputs_are_keyed_by_the_patient_and_ticks_by_the_partition() -> None:
    keys = {topic.name: topic.key for topic in load_catalogue().inputs}
    assert keys.pop("clock.ticks.v1") == "partition"
    assert set(keys.values()) == {"patient_id"}


def test_every_input_has_its_dead_letters_and_nothing_else_has() -> None:
    catalogue = load_catalogue()
    letters = [topic.name for topic in catalogue.with_direction("dlq")]
    assert letters == [catalogue.dead_letter_topic(topic.name) for topic in catalogue.inputs]
    assert catalogue.topic("dlq.pump.events.v1").meaning.startswith("Records of pump.events.v1 ")


def test_what_only_its_newest_record_matters_of_is_compacted() -> None:
    compacted = {topic.name for topic in load_catalogue().topics if topic.cleanup_policy == "compact"}
    assert compacted == {
        "alerts.active.v1", "patients.status.v1", "blinwatch.state.v1", "blinwatch.rulebook.v1",
        "gateway.associations.v1",
    }  # fmt: skip


def test_a_whole_cycle_can_be_replayed() -> None:
    for topic in load_catalogue().inputs:
        assert topic.retention_days is not None
        assert topic.retention_days >= 28 + 14
        assert topic.retention_ms == topic.retention_days * 86_400_000


def test_dead_letters_outlive_the_inputs() -> None:
    catalogue = load_catalogue()
    longest_input_days = max(topic.retention_days or 0 for topic in catalogue.inputs)
    for topic in catalogue.with_direction("dlq"):
        assert (topic.retention_days or 0) > longest_input_days


def test_an_unknown_topic_is_named_with_those_there_are() -> None:
    with pytest.raises(CatalogueError, match=r"no topic 'vitals'; it has vitals\.observed\.v1"):
        load_catalogue().topic("vitals")


@pytest.mark.parametrize(
    "right, wrong, words",
    [
        ("version: 1", "version: 2", ("version",)),
        ("partitions: 8", "partitions: many", ("partitions",)),
        ("direction: in", "direction: inwards", ("topic 'vitals.observed.v1', entry 'direction'",)),
        ("name: pump.events.v1", "name: Pump Events", ("topic 'Pump Events', entry 'name'",)),
        ("    owner: monitor gateway\n", "", ("topic 'vitals.observed.v1', entry 'owner'", "required")),
        ("retention_days: 42", "retention_hours: 42", ("entry 'retention_days'",)),
        ("retention_days: 42", "retention_days: 0", ("entry 'retention_days'", "greater than or equal to 1")),
        ("retention_days: 42", "retention_days: null", ("topic 'vitals.observed.v1'", "a compacted topic has null")),
        ("retention_days: null", "retention_days: 7", ("topic 'alerts.active.v1'", "a compacted topic has null")),
        ("[lab_resulted]", "[vitals_observed]", ("'vitals_observed'", "belongs to one topic")),
        ("name: labs.resulted.v1", "name: pump.events.v1", ("'pump.events.v1' is listed twice",)),
        ("prefix: dlq.", "prefixes: dlq.", ("dead_letters.prefix",)),
        ("topics:\n", "topics: [\n", ("is not YAML",)),
    ],
)
def test_a_mistake_is_named_by_topic_and_entry(right: str, wrong: str, words: tuple[str, ...]) -> None:
    assert right in TEXT
    fault = fault_in(TEXT.replace(right, wrong, 1))
    assert fault.startswith(FILE_NAME)
    for word in words:
        assert word in fault


@pytest.mark.parametrize("text", ["", "[]", "a topic"])
def test_a_file_that_is_no_catalogue_is_refused(text: str) -> None:
    assert fault_in(text).startswith(f"{FILE_NAME}: the document: ")
