"""Every clinical story: told the same by the same seed, valid at the edge, and in an order a broker can carry."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import PatientEvent, Tick
from blinwatch.receive.decode import decode_record
from blinwatch.receive.event_log import encode_event, encode_key, to_line, topic_of
from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import MINUTE_S
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.stories import STORIES

RULEBOOK = load_rulebook()
LATE = "late-and-duplicated-events-change-nothing"
SETTING = StorySetting(
    seed=7,
    patient_id="story-patient",
    start=datetime(2026, 3, 1, 8, tzinfo=UTC),
    rulebook=RULEBOOK,
    duration_h=48,
    monitor_interval_s=10 * MINUTE_S,
    pump_interval_s=10 * MINUTE_S,
)


def told(name: str, setting: StorySetting = SETTING) -> list[Arrival]:
    return list(STORIES[name].tell(setting))


def lines(arrivals: list[Arrival]) -> list[bytes]:
    return [to_line(topic_of(event), event) for _, event in arrivals]


@pytest.fixture(params=list(STORIES))
def story(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_same_seed_tells_the_same_story_byte_for_byte(story: str) -> None:
    assert lines(told(story)) == lines(told(story))


def test_another_seed_tells_it_with_other_values(story: str) -> None:
    assert lines(told(story)) != lines(told(story, replace(SETTING, seed=8)))


def test_every_event_is_valid_at_the_edge_under_its_patients_key(story: str) -> None:
    for _, event in told(story):
        assert decode_record(topic_of(event), encode_key(event), encode_event(event)) == event


def test_events_come_in_order_of_arrival_and_none_before_it_happened(story: str) -> None:
    arrivals = told(story)
    assert [one.offset_s for one in arrivals] == sorted(one.offset_s for one in arrivals)
    for offset_s, event in arrivals:
        assert event.occurred_at <= SETTING.moment(offset_s)


def test_an_event_id_stands_for_one_event(story: str) -> None:
    events: dict[str, PatientEvent | Tick] = {}
    for _, event in told(story):
        assert events.setdefault(event.event_id, event) == event


def test_only_the_story_of_late_events_has_late_or_repeated_ones(story: str) -> None:
    arrivals = told(story)
    late = [event for offset_s, event in arrivals if event.occurred_at != SETTING.moment(offset_s)]
    repeated = [count for count in Counter(event.event_id for _, event in arrivals).values() if count > 1]
    assert bool(late) == bool(repeated) == (story == LATE)


def test_nothing_is_told_beyond_the_duration_but_what_was_held_back(story: str) -> None:
    short = replace(SETTING, duration_h=9.5)
    assert all(event.occurred_at < short.moment(short.duration_s) for _, event in told(story, short))


def test_a_story_moved_in_time_is_the_same_story_at_another_date(story: str) -> None:
    later = replace(SETTING, start=datetime(2027, 3, 1, 8, tzinfo=UTC))
    assert [(offset_s, type(event)) for offset_s, event in told(story)] == [
        (offset_s, type(event)) for offset_s, event in told(story, later)
    ]


def test_a_name_is_a_clinical_sentence_and_every_story_says_what_to_expect(story: str) -> None:
    assert story == story.lower()
    assert len(story.split("-")) > 2
    assert STORIES[story].summary.endswith(".")
    assert STORIES[story].expects.endswith(".")
