"""Every state that can be reached, breadth first, so that the way to a broken promise is a shortest one.

The two workers are alike, so of two states that differ only in their names one is looked at. Visited states are
remembered by their 64-bit hash: among ten million states the chance that two share one, and that
one of them is overlooked, is below one in 100,000.
"""

from dataclasses import dataclass

from tests.model.protocol import BrokenError, Protocol, State


@dataclass(frozen=True)
class Explored:
    """What was found."""

    states: int
    steps: int
    depth: int
    """The most steps that lead to a state not seen before."""
    broken: str | None
    """The promise that does not hold."""
    way: tuple[str, ...]
    """The steps that lead there."""


def explore(protocol: Protocol) -> Explored:
    """Go through all states; stop at the first broken promise."""
    search = _Search(protocol)
    frontier = [protocol.first()]
    search.came_from[_key(frontier[0])] = (0, "")
    depth = 0
    while frontier:
        following: list[State] = []
        for state in frontier:
            broken = search.look_around(state, following)
            if broken is not None:
                message, way = broken
                return Explored(len(search.came_from), search.steps, depth, message, way)
        frontier = following
        depth += 1
    return Explored(len(search.came_from), search.steps, depth, None, ())


def _key(state: State) -> int:
    """The same for two states that differ only in which worker is called which."""
    first, second = (hash((worker, state.owner == number)) for number, worker in enumerate(state.workers))
    return hash((min(first, second), max(first, second), state[2:], state.owner == -1))


class _Search:
    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self.came_from: dict[int, tuple[int, str]] = {}
        """Hash of a state to the hash of the one before it and the step between."""
        self.steps = 0

    def look_around(self, state: State, following: list[State]) -> tuple[str, tuple[str, ...]] | None:
        """Take every step from a state; what breaks, and the way there."""
        here = _key(state)
        taken = 0
        try:
            for name, after in self._protocol.steps(state):
                taken += 1
                there = _key(after)
                if there in self.came_from:
                    continue
                self.came_from[there] = (here, name)
                broken = self._protocol.promise_broken(after)
                if broken is not None:
                    return broken, self._way(there)
                following.append(after)
        except BrokenError as error:
            return str(error), self._way(here)
        self.steps += taken
        if not taken and not self._protocol.is_finished(state):
            return "it comes to an end: nothing can happen any more, and something is missing", self._way(here)
        return None

    def _way(self, there: int) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            there, name = self.came_from[there]
            if not name:
                return tuple(reversed(names))
            names.append(name)
