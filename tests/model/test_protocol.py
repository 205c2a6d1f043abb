"""The protocol keeps its promises in every state that can be reached, and the search sees when one is broken.

Larger bounds: `python -m tests.model`.
"""

import pytest

from tests.model.explore import explore
from tests.model.protocol import Protocol, Rules, State, World
from tests.model.worlds import MISTAKES, SMALL, SMALL_CHAIN


@pytest.mark.slow
def test_two_workers_a_kill_and_a_lost_ownership_break_no_promise_in_any_order() -> None:
    found = explore(Protocol(Rules(), SMALL))
    assert found.broken is None, "\n".join((found.broken, *found.way))
    assert found.states > 50_000, "the search has become smaller than it says"


def test_neither_does_a_lost_ownership_within_one_topic() -> None:
    found = explore(Protocol(Rules(), SMALL_CHAIN))
    assert found.broken is None, "\n".join((found.broken, *found.way))
    assert found.states > 1_000


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_search_finds_what_a_mistake_would_do(mistake: str) -> None:
    rules, world = MISTAKES[mistake]
    found = explore(Protocol(rules, world))
    assert found.broken is not None, f"not caught: {mistake}"
    protocol = Protocol(rules, world)
    state: State = protocol.first()
    for step in found.way[:-1]:
        assert protocol.promise_broken(state) is None
        state = dict(protocol.steps(state))[step]


def test_a_worker_that_is_alone_and_never_fails_ends_with_everything_committed() -> None:
    protocol = Protocol(Rules(), World(logs=((0, 1),), kills_most=0, takeovers_most=0))
    state = protocol.first()
    for _ in range(50):
        following = [after for _, after in protocol.steps(state)]
        if not following:
            break
        state = following[-1]
    assert protocol.is_finished(state)
