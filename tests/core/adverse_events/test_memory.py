"""What section F remembers: charted signs, weights, bounded and in any order."""

import itertools
from dataclasses import fields

import pytest
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import NOTHING_REMEMBERED, EventMemory, note_weight
from blinwatch.core.adverse_events.memory import SIGN_NAMES, is_charted, sign_at
from blinwatch.core.events import ClinicalSignsAssessed
from tests.core.adverse_events.support import at, charted, temperatures, weights

LIMITS_H = {
    "infection_suspected": 72, "abdominal_pain": 24, "pancreatitis_on_imaging": 168, "arrhythmia": 24, "seizure": 24,
    "new_effusion_or_oedema": 72, "haemophagocytosis": 168, "pupils_fixed": 4, "pews_behaviour": 4,
    "pews_cardiovascular": 4, "pews_respiratory": 4,
}  # fmt: skip


@pytest.mark.parametrize("name,limit_h", LIMITS_H.items())
def test_each_charted_sign_counts_up_to_its_limit_and_no_longer(name: str, limit_h: int, rulebook: Rulebook) -> None:
    memory = charted(0, **{name: 2 if name.startswith("pews") else True})
    assert is_charted(memory, name, at(0) - 1, rulebook) is None
    assert is_charted(memory, name, at(limit_h), rulebook) is True
    assert is_charted(memory, name, at(limit_h) + 1, rulebook) is None


def test_every_sign_of_the_event_but_weight_is_remembered_and_has_a_limit(rulebook: Rulebook) -> None:
    header = {"event_id", "patient_id", "occurred_at", "source", "type", "weight_kg"}
    assert {field.name for field in fields(ClinicalSignsAssessed)} - header == set(SIGN_NAMES)
    assert set(rulebook.adverse_events.sign_counts_h) == set(SIGN_NAMES) == set(LIMITS_H)


def test_no_is_an_answer_and_silence_is_none(rulebook: Rulebook) -> None:
    memory = charted(0, seizure=False)
    assert is_charted(memory, "seizure", at(1), rulebook) is False
    assert is_charted(memory, "arrhythmia", at(1), rulebook) is None


def test_the_newest_entry_counts_whatever_came_first(rulebook: Rulebook) -> None:
    forward = charted(2, charted(1, seizure=True), seizure=False)
    backward = charted(1, charted(2, seizure=False), seizure=True)
    assert forward == backward
    assert is_charted(forward, "seizure", at(3), rulebook) is False


def test_an_entry_leaves_the_signs_that_it_does_not_name(rulebook: Rulebook) -> None:
    memory = charted(2, charted(1, seizure=True), arrhythmia=True)
    assert is_charted(memory, "seizure", at(3), rulebook) is True
    assert charted(3, memory) is memory


def test_points_of_a_score_are_kept_as_points(rulebook: Rulebook) -> None:
    sign = sign_at(charted(0, pews_behaviour=0), "pews_behaviour", at(1), rulebook)
    assert sign is not None
    assert sign.value == 0
    assert sign.event_id == "signs-0"


def test_weights_of_more_than_72_h_before_the_newest_are_forgotten(rulebook: Rulebook) -> None:
    memory = weights(rulebook, (0, 70), (1, 71), (73, 72))
    assert [one.weight_kg for one in memory.weights] == [71, 72]


def test_weights_in_any_order_are_the_same_memory(rulebook: Rulebook) -> None:
    readings = ((0.0, 70.0), (24.0, 71.0), (48.0, 72.0), (80.0, 73.0))
    memories = {weights(rulebook, *order).weights for order in itertools.permutations(readings)}
    assert len(memories) == 1


def test_many_weights_stay_bounded_and_keep_the_lowest(rulebook: Rulebook) -> None:
    memory = weights(rulebook, (0, 80), (1, 60), *((2 + hour, 70) for hour in range(40)))
    assert len(memory.weights) == rulebook.adverse_events.leak_weights_kept_most
    assert min(one.weight_kg for one in memory.weights) == 60
    again = note_weight(memory, 70, at(41), "weight-41", rulebook)
    assert again is memory


def test_a_memory_survives_being_stored(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (0, 38.5), (1, 38.0), (3, 37.0))
    memory = charted(2, memory, seizure=True, pews_behaviour=3, pupils_fixed=False)
    memory = note_weight(memory, 71.5, at(4), "w", rulebook)
    adapter = TypeAdapter(EventMemory)
    stored = adapter.validate_json(adapter.dump_json(memory))
    assert stored == memory
    assert stored.signs["pews_behaviour"].value is not True
    assert len(adapter.dump_json(memory)) < 2048
    assert adapter.validate_json(adapter.dump_json(NOTHING_REMEMBERED)) == NOTHING_REMEMBERED
