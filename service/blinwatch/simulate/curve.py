"""Curves of a virtual patient's course, and the noise around them."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

MINUTE_S = 60
HOUR_S = 3600
DAY_H = 24.0
_COLDEST_HOUR = 4.0
"""Body temperature, heart rate and pressure are lowest about 04:00."""
_NOISE_MEMORY_S = 900.0
"""How long a random swing lasts: about 15 minutes, so neighbouring minutes resemble each other."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A value over hours since the story's start: straight lines between points, flat outside them."""

    points: tuple[tuple[float, float], ...] = ((0.0, 0.0),)

    def at(self, hour: float) -> float:
        """The value at that hour."""
        before = self.points[0]
        for point in self.points:
            if point[0] > hour:
                if before[0] >= point[0] or hour <= before[0]:
                    return before[1]
                share = (hour - before[0]) / (point[0] - before[0])
                return before[1] + share * (point[1] - before[1])
            before = point
        return before[1]


FLAT = Curve()


def diurnal(clock_hour: float) -> float:
    """The day's swing from -1 at night to +1 in the afternoon.

    `clock_hour` is the patient's own wall clock.
    """
    return -math.cos(2 * math.pi * (clock_hour - _COLDEST_HOUR) / DAY_H)


def seeded(seed: int, patient_id: str, track: str) -> random.Random:
    """A generator of its own for each track, so that adding one track never changes another."""
    return random.Random(f"{seed}/{patient_id}/{track}")


def wander(generator: random.Random, spread: float, interval_s: int) -> Iterator[float]:
    """Random noise with memory around 0, standard deviation `spread`, never beyond three times that."""
    keep = math.exp(-interval_s / _NOISE_MEMORY_S)
    push = spread * math.sqrt(1 - keep * keep)
    value = generator.gauss(0, spread)
    while True:
        value = max(-3 * spread, min(3 * spread, value))
        yield value
        value = keep * value + generator.gauss(0, push)
