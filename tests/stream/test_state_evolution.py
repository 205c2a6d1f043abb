"""A new release goes on from what an earlier one stored: tests/stream/states/ keeps states as they were written.

Method: a golden history is told to the end twice: without a break, and from the stored state on. What is decided after
the break must be the same in every word, but for the name of the clinical data: an alert that stood keeps the name of
the data that it was raised by, and a change of any value gives a new one.
"""

from pathlib import Path
from typing import Any

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.decisions import Decision
from blinwatch.core.events import AnyEvent
from blinwatch.core.patient_state import STATE_SCHEMA_VERSION, PatientState
from blinwatch.deliver.canonical_json import to_plain
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.state_codec import READ_VERSIONS
from tests.stream.stored_states import CUTS, DEADLINE_MS, FOLDER, OFFSETS, history

RULEBOOK = load_rulebook()
JUDGE = CoreJudge(RULEBOOK)
STORED = sorted(FOLDER.glob("v*/*.json"))
OF_THE_DATA = ("rulebook_version", "rulebook_digest", "citation")


def told(state: PatientState, events: list[AnyEvent]) -> tuple[PatientState, list[Any]]:
    """The state after these events, and what was said on the way as it is published."""
    said = list[Decision]()
    for event in events:
        state, more = JUDGE.step(state, event)
        said += more
    return state, [without_name_of_data(to_plain(decision)) for decision in said]


def without_name_of_data(published: Any) -> Any:
    if isinstance(published, dict):
        return {name: without_name_of_data(value) for name, value in published.items() if name not in OF_THE_DATA}
    return [without_name_of_data(one) for one in published] if isinstance(published, list) else published


def test_a_state_of_every_version_that_is_read_is_kept() -> None:
    assert {path.parent.name for path in STORED} == {f"v{version}" for version in READ_VERSIONS}
    assert {path.stem for path in STORED} == set(CUTS)
    assert max(READ_VERSIONS) == STATE_SCHEMA_VERSION


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name} {path.stem}")
def test_a_release_goes_on_from_what_an_earlier_one_stored_as_if_it_had_always_run(path: Path) -> None:
    before, after = history(path.stem)
    stored = JUDGE.read(path.read_bytes())
    assert (stored.applied, stored.deadline_ms) == (OFFSETS, DEADLINE_MS)
    restored = JUDGE.thaw(stored)
    kept, _ = told(JUDGE.new_patient("golden"), before)
    assert restored.pending == kept.pending
    assert restored.pending, "the window was not empty when the state was stored"
    again = JUDGE.thaw(JUDGE.read(JUDGE.new_writer().write(restored, OFFSETS, DEADLINE_MS)))
    _, expected = told(kept, after)
    assert expected
    for state in (restored, again):
        assert told(state, after)[1] == expected
