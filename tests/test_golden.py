"""The golden histories: recorded events give the decisions that a clinician has read, byte for byte.

What must be told and what may be told beside it is stated here by hand, so that `tests.golden.rewrite` cannot make
a wrong judgement right.
"""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.commands.replay import replay_lines
from blinwatch.core.decisions import (
    AlertTransition,
    Decision,
    GradeAssigned,
    PatientStatus,
)
from blinwatch.receive.event_log import read_events
from blinwatch.simulate.stories import STORIES
from tests.golden.rewrite import FOLDER, History, expected_bytes, histories, judged, page

HISTORIES = histories()
MOST_BYTES = 300_000
"""A history is read by people; a larger one is thinned or cut."""

MUST: dict[str, set[str]] = {
    "child-with-fever-on-nasal-oxygen": {"CRS_G1", "CRS_G2"},
    "crs-grade-1-to-3-tocilizumab-hides-the-fever": {
        "CRS_G1", "CRS_G2", "CRS_G3", "INF_INTERRUPT_SHORT", "INF_INTERRUPT_4H",
    },
    "crs-grade-4-two-vasopressors-then-ventilation": {
        "CRS_G1", "CRS_G2", "CRS_G3", "CRS_G4", "INF_INTERRUPT_SHORT",
    },
    "finger-probe-off-for-two-hours": {"SENSOR_OFF"},
    "flush-at-a-bag-change": {"INF_FLUSH"},
    "full-dose-a-day-too-early": {"INF_DOSE_STEP_EARLY"},
    "late-and-duplicated-events-change-nothing": {"CRS_G1", "FEED_SILENT", "INF_COMM_LOSS"},
    "monitor-silent-for-an-hour": {"FEED_SILENT"},
    "occlusion-becomes-a-four-hour-interruption": {"INF_OCCLUSION", "INF_INTERRUPT_SHORT", "INF_INTERRUPT_4H"},
    "pump-out-of-reach-while-it-runs-on": {"INF_COMM_LOSS"},
    "restart-after-five-hours-without-premedication": {
        "INF_INTERRUPT_SHORT", "INF_INTERRUPT_4H", "INF_PREMED_MISSING",
    },
    "shock-without-fever-under-premedication": {"CRS_SUSPECT_MASKED", "CRS_G2", "CRS_G1"},
    "three-short-stops-add-up-to-four-hours": {"INF_INTERRUPT_SHORT", "INF_CUMULATIVE_GAP"},
    "uneventful-step-to-the-full-dose": set(),
    "wrong-rate-after-a-bag-change": {"INF_RATE_DEVIATION"},
    "icans-grade-1-to-3-infusion-stopped-in-time": {
        "ICANS_G1", "ICANS_G2", "ICANS_G3", "INF_INTERRUPT_SHORT", "INF_INTERRUPT_4H",
    },
    "child-with-two-seizures": {
        "ICANS_G1", "ICANS_G3", "DM_DISCONTINUE", "INF_INTERRUPT_SHORT", "INF_INTERRUPT_4H",
    },
    "neutropenic-fever-then-liver-enzymes-above-five-times-normal": {
        "NEUTROPENIA_SEVERE", "CRS_G1", "FN_ALERT", "LIVER_G3", "DM_INTERRUPT",
    },
    "heart-and-breathing-rise-hours-before-the-fever": {"EARLY_WARNING", "CRS_G1"},
    "tumour-lysis-on-day-2": {"TLS_LABORATORY", "TLS_CLINICAL", "DM_INTERRUPT"},
    "warfarin-on-day-2-and-a-drug-on-the-infusion-line": {
        "DDI_CYP_NTI_HIGH", "DDI_HYPOTENSIVE", "DDI_Y_SITE", "DDI_SEIZURE_THRESHOLD",
    },
}  # fmt: skip
"""Every alert code that a clinician must be told of in that story."""
UNCHARTED = {"OBS_OVERDUE", "LIVER_LABS_OVERDUE", "FN_ANC_MISSING"}
"""The older histories were recorded before nurses examined and blood was taken in them: that is told, and true."""
SCORES = {"NEWS2_URGENT", "NEWS2_EMERGENCY"}
MAY: dict[str, set[str]] = {
    "child-with-fever-on-nasal-oxygen": {"SPO2_LOW"} | UNCHARTED,
    "crs-grade-1-to-3-tocilizumab-hides-the-fever": {
        "INF_BAG_OVERRUN", "INF_BAG_EXPIRED", "DM_RESTART_LOW_SAME_CYCLE",
    } | UNCHARTED | SCORES,
    "crs-grade-4-two-vasopressors-then-ventilation": {"SPO2_LOW", "DM_DISCONTINUE"} | UNCHARTED | SCORES,
    "finger-probe-off-for-two-hours": UNCHARTED,
    "flush-at-a-bag-change": UNCHARTED,
    "late-and-duplicated-events-change-nothing": UNCHARTED,
    "monitor-silent-for-an-hour": UNCHARTED,
    "occlusion-becomes-a-four-hour-interruption": UNCHARTED,
    "restart-after-five-hours-without-premedication": UNCHARTED,
    "shock-without-fever-under-premedication": UNCHARTED | SCORES,
    "uneventful-step-to-the-full-dose": UNCHARTED,
    "heart-and-breathing-rise-hours-before-the-fever": SCORES,
    "icans-grade-1-to-3-infusion-stopped-in-time": {"INF_BAG_OVERRUN", "INF_BAG_EXPIRED", "SENSOR_OFF"} | SCORES,
}  # fmt: skip
"""True and worth telling, though not what the story is about. Any other code is a false alarm."""


@cache
def decisions_of(history: History) -> list[Decision]:
    """Judged once for all tests of this file."""
    return judged(history)


@pytest.fixture(params=HISTORIES, ids=lambda history: history.name)
def history(request: pytest.FixtureRequest) -> History:
    found = request.param
    assert isinstance(found, History)
    return found


def test_every_story_has_a_golden_history_and_every_history_its_expectation() -> None:
    names = {history.name for history in HISTORIES}
    assert names == set(STORIES) == set(MUST)
    assert set(MAY) <= names
    assert len(names) == len([path for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"])


def test_the_recorded_events_give_the_recorded_decisions_byte_for_byte(history: History) -> None:
    decisions = decisions_of(history)
    assert expected_bytes(decisions, history.rulebook) == history.expected.read_bytes(), (
        f"{history.name} is judged otherwise than recorded. `python -m tests.golden.rewrite --check` shows how; "
        "if a clinician agrees, `python -m tests.golden.rewrite` records it, and CHANGELOG.md says so under Clinical."
    )
    assert page(history, decisions) == history.readme.read_text(encoding="utf-8")


def test_what_must_be_told_is_told_and_nothing_false(history: History) -> None:
    steps = [decision for decision in decisions_of(history) if isinstance(decision, AlertTransition)]
    told = {step.alert.code for step in steps if step.transition in ("raised", "escalated", "updated")}
    assert MUST[history.name] <= told
    assert told <= MUST[history.name] | MAY.get(history.name, set())


def test_every_alert_and_grade_carries_its_rule_citation_and_evidence_times(history: History) -> None:
    for decision in decisions_of(history):
        if isinstance(decision, AlertTransition):
            assert decision.alert.rule_id
            assert decision.alert.citation
            assert decision.alert.summary
            assert decision.alert.since <= decision.alert.updated_at
        if isinstance(decision, GradeAssigned):
            assert decision.citation
            assert decision.because


def test_an_alert_is_raised_once_an_episode(history: History) -> None:
    raised = [
        decision.alert_id
        for decision in decisions_of(history)
        if isinstance(decision, AlertTransition) and decision.transition == "raised"
    ]
    assert len(raised) == len(set(raised))


def test_the_board_ends_where_the_alerts_do(history: History) -> None:
    standing: set[str] = set()
    board: set[str] = set()
    for decision in decisions_of(history):
        if isinstance(decision, AlertTransition):
            standing.discard(decision.alert_id)
            if decision.alert.state != "resolved":
                standing.add(decision.alert_id)
        elif isinstance(decision, PatientStatus):
            board = {alert.alert_id for alert in decision.alerts}
    assert board == standing


def test_a_history_stays_small_enough_to_be_read(history: History) -> None:
    assert history.events.stat().st_size < MOST_BYTES
    assert history.expected.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_replays_the_same_bytes_with_every_status(hash_seed: str, tmp_path: Path) -> None:
    name = "late-and-duplicated-events-change-nothing"
    here = b"".join(line + b"\n" for line in replay_lines(read_events(History(name).events), load_rulebook()))
    done = subprocess.run(
        [sys.executable, "-m", "blinwatch.cli", "replay", str(History(name).events)],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    assert done.stdout == here


def test_late_and_repeated_events_end_in_the_grades_of_the_undisturbed_story() -> None:
    """The same events in the order in which they happened, each once, give the same course of grades."""
    disturbed = History("late-and-duplicated-events-change-nothing")
    events = {event.event_id: event for event in read_events(disturbed.events)}
    in_order = sorted(events.values(), key=lambda event: (event.occurred_at, event.event_id))
    log = [line for line in replay_lines(in_order, load_rulebook()) if b'"type":"grade_assigned"' in line]
    seen = [decision for decision in decisions_of(disturbed) if isinstance(decision, GradeAssigned)]
    assert [(one.occurred_at.isoformat()[:19].encode(), one.code.encode()) for one in seen if not one.flags] == [
        (line.partition(b'"occurred_at":"')[2][:19], line.partition(b'"code":"')[2].partition(b'"')[0])
        for line in log
        if b'"flags":[]' in line
    ]
