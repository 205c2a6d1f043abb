"""A simulated patient in a trend store: the story's events, and what the judgement made of them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from blinwatch.board.trend_rows import INPUT_TOPICS, OUTPUT_TOPICS, TrendRows
from blinwatch.board.trends.trend_store import TrendStore
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.commands.replay import replay_decisions
from blinwatch.core.events import AnyEvent, PatientEvent
from blinwatch.core.time_order import place_of
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.event_log import encode_event, encode_key, topic_of
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
Record = tuple[str, bytes, bytes | None]


def story_events(story: Story, patient_id: str, hours: float, rulebook: Rulebook) -> list[PatientEvent]:
    """The story's events in the order in which they happened."""
    setting = StorySetting(
        seed=7, patient_id=patient_id, start=START, rulebook=rulebook, ward="haematology", duration_h=hours
    )
    events = [arrival.event for arrival in story.tell(setting)]
    return [event for event in events if not hasattr(event, "partition")]


def records_of(events: Iterable[PatientEvent], rulebook: Rulebook) -> Iterator[Record]:
    """Every record of the topics that a trend store reads: inputs, and decisions as they are published."""
    in_order: list[AnyEvent] = sorted(events, key=place_of)
    for event in in_order:
        if topic_of(event) in INPUT_TOPICS:
            yield topic_of(event), encode_key(event), encode_event(event)
    publisher = DecisionPublisher(rulebook_version=rulebook.version, rulebook_digest=rulebook.digest)
    for decision in replay_decisions(in_order, rulebook):
        for record in publisher.records_of(decision):
            if record.topic in OUTPUT_TOPICS:
                yield record.topic, record.key, record.value


def fill(store: TrendStore, events: Iterable[PatientEvent], rulebook: Rulebook) -> None:
    """Put them into the store as the reader would."""
    rows = TrendRows(rulebook)
    offset = 0
    for offset, (topic, key, value) in enumerate(records_of(events, rulebook)):
        rows.take(topic, key, value, offset)
    assert not rows.unreadable, rows.unreadable
    store.write(rows.drain({("all", 0): offset + 1}))
