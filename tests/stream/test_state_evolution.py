"""A new release goes on from what an earlier one stored: tests/stream/states/ keeps states as they were written.

Method: a golden history is told to the end twice: without a break, and from the stored state on. Every step of every
alert, every grade, every advice and every status after the break must be the same. The words and values that an alert
was raised with are not compared: one that stood at the break keeps those of the release that raised it.
"""

from pathlib import Path

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.advice_outputs import DoseAdviceGiven
from blinwatch.core.decisions import AlertTransition, Decision, GradeAssigned, PatientStatus
from blinwatch.core.events import AnyEvent
from blinwatch.core.patient_state import STATE_SCHEMA_VERSION, PatientState
from blinwatch.stream.core_judge import CoreJudge
from blinwatch.stream.state_codec import READ_VERSIONS
from tests.stream.stored_states import CUTS, DEADLINE_MS, FOLDER, OFFSETS, history

RULEBOOK = load_rulebook()
JUDGE = CoreJudge(RULEBOOK)
STORED = sorted(FOLDER.glob("v*/*.json"))


def told(state: PatientState, events: list[AnyEvent]) -> tuple[PatientState, list[tuple[object, ...]]]:
    """The state after these events, and what was decided on the way."""
    said = list[Decision]()
    for event in events:
        state, more = JUDGE.step(state, event)
        said += more
    return state, [what_counts(decision) for decision in said]


def what_counts(decision: Decision) -> tuple[object, ...]:
    match decision:
        case AlertTransition():
            alert = decision.alert
            step = (decision.transition, decision.occurred_at, decision.late, alert.alert_id)
            return *step, alert.key, alert.code, alert.priority, alert.level, alert.state, alert.inhibited_by
        case PatientStatus():
            alerts = tuple((one.alert_id, one.code, one.state, one.inhibited_by) for one in decision.alerts)
            headlines = decision.infusion.headline, decision.interactions.headline
            dose = decision.dose and (decision.dose.code, decision.dose.dose_mcg_day, decision.dose.restart_earliest_at)
            grades = decision.crs.current, decision.crs.announced, decision.icans.current, decision.icans.announced
            return decision.as_of, *grades, *headlines, dose, decision.silent, alerts
        case GradeAssigned():
            return decision.toxicity, decision.code, decision.grade, decision.occurred_at, decision.worst_24h
        case DoseAdviceGiven():
            return decision.occurred_at, decision.advice and (decision.advice.code, decision.advice.rule_id)
        case _:
            return decision.type, decision.occurred_at


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
