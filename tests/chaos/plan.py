"""What happens in one seed: blows, one after another, with the pauses between them. The seed alone decides.

Times are chosen so that each mechanism is met: a worker's session ends after 6 s, a broker's after 6 s, and a
rebalance waits for members; blows fall inside and outside of all of these.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

Kind = Literal[
    "kill", "stop", "freeze", "join", "kill broker", "freeze broker", "cut", "slow", "stutter", "deaf", "mute"
]
EVERYTHING: Mapping[Kind, float] = {
    "kill": 60, "stop": 6, "freeze": 6, "join": 4, "kill broker": 6, "freeze broker": 3,
    "cut": 5, "slow": 3, "stutter": 3, "deaf": 4, "mute": 4,
}  # fmt: skip
"""How often each kind is drawn, among a hundred or so."""
KILLS_ONLY: Mapping[Kind, float] = {"kill": 1}
STORM: Mapping[Kind, float] = {"join": 3, "stop": 3, "freeze": 1}
"""Members come and go, so that the group hardly ever rests."""
LASTS_S: Mapping[Kind, tuple[float, float]] = {
    # How long a worker stays away, or a fault lasts.
    "kill": (0.0, 8.0),
    "stop": (0.0, 8.0),
    "freeze": (0.5, 14.0),
    "join": (2.0, 15.0),
    "kill broker": (0.5, 12.0),
    "freeze broker": (0.5, 9.0),
    "cut": (0.0, 0.0),
    "slow": (2.0, 8.0),
    "stutter": (2.0, 8.0),
    "deaf": (0.5, 12.0),
    "mute": (0.5, 12.0),
}


@dataclass(frozen=True)
class Blow:
    """One thing that goes wrong."""

    after_s: float
    """Seconds after the blow before."""
    kind: Kind
    target: int
    """Which worker or broker, counted from 0; the fleet takes it modulo how many there are."""
    lasts_s: float


@dataclass(frozen=True)
class Plan:
    """All that happens in one seed."""

    seed: int
    blows: tuple[Blow, ...]
    kinds: Mapping[Kind, float] = field(repr=False)

    @property
    def kills(self) -> int:
        """Workers that are killed."""
        return sum(blow.kind == "kill" for blow in self.blows)


def draw_plan(seed: int, *, kills: int, kinds: Mapping[Kind, float] = EVERYTHING, pace_s: float = 4.0) -> Plan:
    """Blows until so many workers have been killed; `pace_s`: their mean distance."""
    blows: list[Blow] = []
    for blow in _blows(_from(seed), kinds, pace_s):
        blows.append(blow)
        if sum(one.kind == "kill" for one in blows) == kills:
            return Plan(seed, tuple(blows), kinds)
    raise AssertionError("blows never end")


def draw_plan_for(seed: int, *, seconds: float, kinds: Mapping[Kind, float], pace_s: float) -> Plan:
    """Blows for so many seconds."""
    blows: list[Blow] = []
    passed_s = 0.0
    for blow in _blows(_from(seed), kinds, pace_s):
        passed_s += blow.after_s
        if passed_s > seconds:
            return Plan(seed, tuple(blows), kinds)
        blows.append(blow)
    raise AssertionError("blows never end")


def _from(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - a seed, not a secret


def _blows(random: Random, kinds: Mapping[Kind, float], pace_s: float) -> Iterator[Blow]:
    while True:
        (kind,) = random.choices(list(kinds), list(kinds.values()))
        # Most blows come by themselves, some upon each other: failures are not independent.
        after_s = random.uniform(0, 0.5) if random.random() < 0.2 else random.uniform(0.1, 2 * pace_s)
        yield Blow(after_s, kind, random.randrange(1000), random.uniform(*LASTS_S[kind]))
