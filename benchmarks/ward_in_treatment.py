"""A ward in the middle of treatment: what a benchmark of the judgement is fed with.

Every patient has been infusing for another number of hours, so that quiet nights, fevers, bag changes, examinations
and advice all occur in the minutes that are timed. The hours before are told sparsely (`earlier`) and only bring the
states to where they would be; the minutes themselves (`now`) at the full rate of the monitors.
"""

import heapq
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import AnyEvent
from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import HOUR_S, seeded
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.storytelling import Story

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
_SPARSE_S = 300
"""Hours before: a report of monitor and pump every five minutes, inside every limit for silence."""


def tell_ward_in_treatment(
    patients: int, count: int, interval_s: int, up_to_h: float, rulebook: Rulebook
) -> tuple[list[AnyEvent], list[AnyEvent]]:
    """`earlier` and `now`: the events that lead up to the moment, and the first `count` after it."""
    duration_s = 2 * interval_s * (count // patients + 1)
    earlier: list[AnyEvent] = []
    tracks: list[Iterator[tuple[int, str, AnyEvent]]] = []
    stories = list(STORIES.values())
    for number in range(patients):
        patient_id = f"bench-{number + 1:05d}"
        since_s = round(seeded(11, patient_id, "since").uniform(0.5, up_to_h) * HOUR_S)
        story = stories[number % len(stories)]
        sparse = _setting(patient_id, since_s, 0, _SPARSE_S, rulebook)
        earlier += [one.event for one in story.tell(sparse) if one.offset_s < since_s]
        dense = _setting(patient_id, since_s, duration_s, interval_s, rulebook)
        tracks.append(_from(story, dense, since_s))
    now = [event for _, _, event in itertools.islice(heapq.merge(*tracks, key=lambda one: one[:2]), count)]
    return earlier, now


def _setting(patient_id: str, since_s: int, duration_s: int, interval_s: int, rulebook: Rulebook) -> StorySetting:
    return StorySetting(
        seed=7,
        patient_id=patient_id,
        start=NOW - timedelta(seconds=since_s),
        rulebook=rulebook,
        ward="haematology",
        duration_h=(since_s + duration_s) / HOUR_S,
        monitor_interval_s=interval_s,
        monitor_from_s=since_s if duration_s else 60,
        pump_interval_s=60 if duration_s else _SPARSE_S,
    )


def _from(story: Story, setting: StorySetting, since_s: int) -> Iterator[tuple[int, str, AnyEvent]]:
    told: Iterator[Arrival] = story.tell(setting)
    return ((one.offset_s - since_s, one.event.event_id, one.event) for one in told if one.offset_s >= since_s)
