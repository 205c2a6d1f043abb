"""A ward of virtual patients: who has which story, and all their events as one stream."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import AnyEvent
from blinwatch.receive.event_log import topic_of
from blinwatch.simulate.curve import HOUR_S, MINUTE_S, seeded
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.storytelling import Story

MIXED = "mixed"
"""Instead of a story's name: the patients get the stories in turn."""
PATIENTS_MOST = 5000
"""More than the beds of five large hospitals; each bed costs memory and a place in the merge."""
_ADMISSIONS_WITHIN_S = 20 * MINUTE_S
"""The patients' stories begin within this time, so that not everything happens to everybody at once."""


class UnknownStoryError(Exception):
    """No story has that name; the message lists those there are."""


class Sending(NamedTuple):
    """An event on its way: the second of the ward's time at which it is sent, its topic, itself."""

    offset_s: int
    topic: str
    event: AnyEvent


@dataclass(frozen=True, slots=True)
class Bed:
    """A patient with a story that begins `admitted_s` after the ward's own start."""

    admitted_s: int
    story: Story
    setting: StorySetting


@dataclass(frozen=True, slots=True, kw_only=True)
class WardPlan:
    """What ward to make."""

    patients: int
    story: str
    seed: int
    start: datetime
    rulebook: Rulebook
    duration_h: float
    monitor_interval_s: int = 60
    pump_interval_s: int = 60


def make_ward(plan: WardPlan) -> tuple[Bed, ...]:
    """The beds of a ward; the same plan gives the same ward. Raises `UnknownStoryError`."""
    if plan.story != MIXED and plan.story not in STORIES:
        names = "\n".join(f"  {name}" for name in (MIXED, *STORIES))
        raise UnknownStoryError(f"there is no story '{plan.story}'; there are\n{names}")
    stories = list(STORIES.values()) if plan.story == MIXED else [STORIES[plan.story]]
    return tuple(_bed(plan, number, stories[number % len(stories)]) for number in range(plan.patients))


def _bed(plan: WardPlan, number: int, story: Story) -> Bed:
    patient_id = f"sim-{plan.seed}-{number + 1:02d}"
    admitted_s = seeded(plan.seed, patient_id, "admission").randrange(0, _ADMISSIONS_WITHIN_S)
    setting = StorySetting(
        seed=plan.seed,
        patient_id=patient_id,
        start=plan.start + timedelta(seconds=admitted_s),
        rulebook=plan.rulebook,
        ward="paediatrics" if story.name.startswith("child") else "haematology",
        duration_h=max(0.0, plan.duration_h - admitted_s / HOUR_S),
        monitor_interval_s=plan.monitor_interval_s,
        pump_interval_s=plan.pump_interval_s,
    )
    return Bed(admitted_s, story, setting)


def tell_ward(beds: tuple[Bed, ...]) -> Iterator[Sending]:
    """The events of all beds in the order in which they are sent.

    Lazy: a ward of a month fits into memory.
    """
    return heapq.merge(*(_tell_bed(bed) for bed in beds), key=lambda one: (one.offset_s, one.event.event_id))


def _tell_bed(bed: Bed) -> Iterator[Sending]:
    for offset_s, event in bed.story.tell(bed.setting):
        yield Sending(bed.admitted_s + offset_s, topic_of(event), event)
