"""The demo's view of the ward: what a subscriber knows from the output topics, and the table drawn from it."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from rich.console import Console

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.decisions import (
    AlertTransition,
    Decision,
    GradeAssigned,
    PatientStatus,
)
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import step
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.ward_table import news_text, ward_table
from blinwatch.simulate.ward_view import VIEW_TOPICS, WardView

RULEBOOK = load_rulebook()
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
PUBLISHER = DecisionPublisher(rulebook_version=RULEBOOK.version, rulebook_digest=RULEBOOK.digest)


def decisions(name: str, hours: float) -> list[Decision]:
    setting = StorySetting(
        seed=1,
        patient_id="p-1",
        start=START,
        rulebook=RULEBOOK,
        duration_h=hours,
        monitor_interval_s=300,
        pump_interval_s=300,
    )
    state, made = new_patient("p-1"), list[Decision]()
    for _, event in STORIES[name].tell(setting):
        state, said = step(state, event, RULEBOOK)
        made += said
    return made


@pytest.fixture(scope="module")
def crs() -> list[Decision]:
    return decisions("crs-grade-4-two-vasopressors-then-ventilation", 6.9)


def view_of(made: list[Decision]) -> WardView:
    """The view after reading exactly the records a worker publishes."""
    view = WardView()
    for decision in made:
        for record in PUBLISHER.records_of(decision):
            if record.topic in VIEW_TOPICS:
                view.read(SimpleNamespace(topic=record.topic, value=record.value, headers=record.headers), at_s=10.0)
    return view


def drawn(view: WardView, now: datetime) -> str:
    console = Console(width=180, file=io.StringIO())
    console.print(ward_table(view.patients.values(), {"p-1": "crs-grade-4"}, now))
    console.print(news_text(view.news))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_the_view_counts_what_was_published(crs: list[Decision]) -> None:
    view = view_of(crs)
    steps = [decision for decision in crs if isinstance(decision, AlertTransition)]
    assert view.raised.total() == len([one for one in steps if one.transition == "raised"])
    assert view.transitions.total() == len(steps)
    kinds = ("raised", "escalated", "resolved", "acknowledged")
    assert view.news_count == len([one for one in steps if one.transition in kinds])
    assert view.grades.total() == len([one for one in crs if isinstance(one, GradeAssigned)])


def test_the_table_shows_cycle_day_infusion_grade_alerts_and_age_of_data(crs: list[Decision]) -> None:
    view = view_of(crs)
    text = drawn(view, view.patients["p-1"].as_of + timedelta(minutes=40))
    for part in ("p-1", "RR c1 d2", "interrupted", "grade 4 open", "HIGH", "CRS_G4", "40 min", "crs grade 4"):
        assert part in text
    assert "escalated CRS_G4 p-1" in text


def test_a_patient_that_cannot_be_graded_is_said_so_and_never_shown_as_grade_0() -> None:
    view = view_of(decisions("uneventful-step-to-the-full-dose", 0.02))
    text = drawn(view, START)
    assert "cannot grade" in text
    assert "grade 0" not in text


def test_an_older_status_never_replaces_a_newer_one(crs: list[Decision]) -> None:
    statuses = [decision for decision in crs if isinstance(decision, PatientStatus)]
    view = view_of([statuses[-1], statuses[0]])
    assert view.patients["p-1"] == statuses[-1]


def test_event_to_alert_time_runs_from_the_producers_hand_to_the_reader(crs: list[Decision]) -> None:
    raised = next(
        one for one in crs if isinstance(one, AlertTransition) and one.transition == "raised" and one.caused_by
    )
    view = WardView()
    view.sent(str(raised.caused_by), at_s=9.75)
    for record in PUBLISHER.records_of(raised):
        if record.topic in VIEW_TOPICS:
            view.read(SimpleNamespace(topic=record.topic, value=record.value, headers=record.headers), at_s=10.0)
    assert view.latency_ms(0.5) == pytest.approx(250)
    assert view.latency_ms(0.99) == pytest.approx(250)
    assert WardView().latency_ms(0.5) is None


def test_a_record_written_again_to_page_for_it_is_not_counted_twice(crs: list[Decision]) -> None:
    raised = next(one for one in crs if isinstance(one, AlertTransition) and one.transition == "raised")
    view = WardView()
    first, *_ = PUBLISHER.records_of(raised)
    for marks in ((("page", b"no"),), (("page", b"yes"), ("repeat", b"yes"))):
        view.read(SimpleNamespace(topic=first.topic, value=first.value, headers=(*first.headers, *marks)), at_s=10.0)
    assert view.transitions == {"raised": 1}
