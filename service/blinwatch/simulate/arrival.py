"""An event and when it arrives: what every simulated track yields."""

import heapq
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from blinwatch.core.events import AnyEvent


class Arrival(NamedTuple):
    """An event and the second, counted from the story's start, at which it reaches Kafka.

    Usually that is when it happened; a late event arrives after it happened.
    """

    offset_s: int
    event: AnyEvent


def merge(*tracks: Iterable[Arrival]) -> Iterator[Arrival]:
    """One stream in order of arrival.

    Events of one second are ordered by id, so that the order is the same always.
    """
    return heapq.merge(*tracks, key=lambda arrival: (arrival.offset_s, arrival.event.event_id))
