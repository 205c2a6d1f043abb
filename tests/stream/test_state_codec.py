"""A patient's state survives the changelog: what is read back judges on exactly as what was written."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import Tick
from blinwatch.core.patient_state import STATE_SCHEMA_VERSION, Judgement, PatientSnapshot, PatientState, freeze
from blinwatch.core.step import present
from blinwatch.deliver.canonical_json import to_bytes, to_plain
from blinwatch.receive.event_log import read_events
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.state_codec import StateWriter, read_state, snapshot_of
from blinwatch.stream.stored_state import StateError

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
HISTORIES = sorted(path.parent.name for path in GOLDEN.glob("*/events.jsonl"))
RULEBOOK = load_rulebook()
JUDGE = CoreJudge(RULEBOOK)
AS_STORED = TypeAdapter(PatientSnapshot)
LARGEST_BYTES = 64 * 1024
"""Design, "Sizes": state per patient stays under 64 KiB."""


# pydantic writes a value of another type than declared all the same, with a warning that costs more than the writing.
@pytest.mark.filterwarnings("error:Pydantic serializer warnings")
@pytest.mark.parametrize("history", HISTORIES)
def test_a_state_that_was_stored_and_read_judges_on_as_if_nothing_had_happened(history: str) -> None:
    kept = restored = JUDGE.new_patient("golden")
    writer = StateWriter()
    for number, event in enumerate(read_events(GOLDEN / history / "events.jsonl")):
        if isinstance(event, Tick):
            continue
        kept, expected = JUDGE.step(kept, event)
        restored, decisions = JUDGE.step(restored, event)
        assert decisions == expected
        assert [to_bytes(to_plain(one)) for one in decisions] == [to_bytes(to_plain(one)) for one in expected]
        if number % 23 == 0:
            value = writer.write(restored, {"vitals.observed.v1": number}, JUDGE.next_deadline_ms(restored))
            assert len(value) < LARGEST_BYTES
            stored = snapshot_of(read_state(value), RULEBOOK)
            assert stored == freeze(restored), "what is left out of a stored state comes back equal"
            assert AS_STORED.dump_json(stored) == AS_STORED.dump_json(freeze(restored)), "and of the same kind"
            restored = JUDGE.thaw(read_state(value))
            assert as_seen(restored) == as_seen(kept)


def as_seen(state: PatientState) -> Judgement:
    """What anybody sees of a state: how many reports wait unjudged inside a frame is its own affair (decision 0012)."""
    return replace(present(state, RULEBOOK), steady=None, deadline_ms=None)


def test_what_was_written_before_is_written_again_byte_for_byte() -> None:
    state, writer = JUDGE.new_patient("golden"), StateWriter()
    for event in read_events(GOLDEN / HISTORIES[0] / "events.jsonl"):
        state, _ = JUDGE.step(state, event)
        writer.write(state, {}, None)
    assert writer.write(state, {"a": 1}, 5) == StateWriter().write(state, {"a": 1}, 5)


def test_the_value_names_its_schema_version_and_the_offsets_it_includes() -> None:
    value = StateWriter().write(JUDGE.new_patient("pt-1"), {"vitals.observed.v1": 41, "pump.events.v1": 7}, 123)
    document = orjson.loads(value)
    assert document["schema_version"] == STATE_SCHEMA_VERSION
    stored = read_state(value)
    assert stored.applied == {"vitals.observed.v1": 41, "pump.events.v1": 7}
    assert stored.deadline_ms == 123


def test_a_state_of_another_schema_version_is_refused_with_both_numbers() -> None:
    document = orjson.loads(StateWriter().write(JUDGE.new_patient("pt-1"), {}, None))
    document["schema_version"] = 99
    with pytest.raises(StateError, match=f"schema version 99; this blinwatch reads 2 and {STATE_SCHEMA_VERSION}"):
        read_state(orjson.dumps(document))


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b"nonsense", b'{"schema_version": 1}', b"null"])
def test_what_is_no_state_is_refused(value: bytes) -> None:
    with pytest.raises(StateError, match="not of blinwatch's form"):
        read_state(value)


def test_a_damaged_state_is_refused_by_place_and_kind_without_telling_its_content() -> None:
    document = orjson.loads(StateWriter().write(JUDGE.new_patient("pt-secret"), {}, None))
    document["base"]["clock_ms"] = "pt-secret"
    with pytest.raises(StateError) as told:
        snapshot_of(read_state(orjson.dumps(document)), RULEBOOK)
    assert "base.clock_ms" in str(told.value)
    assert "pt-secret" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_steady_frame_drawn_by_signs_that_this_release_does_not_know_is_forgotten() -> None:
    state = JUDGE.new_patient("golden")
    for event in read_events(GOLDEN / "uneventful-step-to-the-full-dose" / "events.jsonl"):
        state, _ = JUDGE.step(state, event)
        if state.base.steady is not None:
            break
    document = orjson.loads(StateWriter().write(state, {}, None))
    assert snapshot_of(read_state(orjson.dumps(document)), RULEBOOK).base == state.base
    document["base"]["steady"]["moon_phase"] = "full"
    read = snapshot_of(read_state(orjson.dumps(document)), RULEBOOK).base
    assert read == replace(state.base, steady=None)


DAMAGED = {
    "a row that is no row": ("pending", [7]),
    "a layout that nobody knows": ("pending", [[99, "e-1"]]),
    "a part that is no list of rows": ("parts", {"labs": [1]}),
    "a window without its senders": ("pending", [[0, "pt-secret", 1_772_352_000_000]]),
    "a view that nobody knows": ("derived", ["horoscope"]),
    "no list of views": ("derived", None),
}


@pytest.mark.parametrize("name, value", DAMAGED.values(), ids=list(DAMAGED))
def test_damaged_rows_are_refused_without_telling_their_content(name: str, value: object) -> None:
    document = orjson.loads(StateWriter().write(JUDGE.new_patient("pt-secret"), {}, None))
    with pytest.raises(StateError, match="a stored state") as told:
        snapshot_of(read_state(orjson.dumps({**document, name: value})), RULEBOOK)
    assert "pt-secret" not in str(told.value)
    assert told.value.__cause__ is None
