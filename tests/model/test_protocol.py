"""The protocol keeps its promises in every state that can be reached, and the search sees when one is broken.

Larger bounds: `python -m tests.model`.
"""

import pytest

from tests.model.explore import explore
from tests.model.protocol import Protocol, Rules, State, World
from tests.model.worlds import (
    KNOWN_RECORD_RULES,
    KNOWN_RECORD_WAY,
    KNOWN_RECORD_WORLD,
    MISTAKES,
    SMALL,
    SMALL_CHAIN,
)


@pytest.mark.slow
def test_two_workers_a_kill_and_a_lost_ownership_break_no_promise_in_any_order() -> None:
    found = explore(Protocol(Rules(), SMALL))
    assert found.broken is None, "\n".join((found.broken, *found.way))
    assert found.states > 30_000, "the search has become smaller than it says"


def test_neither_does_a_lost_ownership_within_one_topic() -> None:
    found = explore(Protocol(Rules(), SMALL_CHAIN))
    assert found.broken is None, "\n".join((found.broken, *found.way))
    assert found.states > 500


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_search_finds_what_a_mistake_would_do(mistake: str) -> None:
    rules, world = MISTAKES[mistake]
    found = explore(Protocol(rules, world))
    assert found.broken is not None, f"not caught: {mistake}"


def along(protocol: Protocol, way: tuple[str, ...]) -> State:
    state = protocol.first()
    for step in way:
        assert protocol.promise_broken(state) is None
        state = dict(protocol.steps(state))[step]
    return state


def test_a_record_that_is_known_already_has_its_state_written_again_before_it_is_committed() -> None:
    """The owner before wrote the state; the one between knew nothing of it, and its state would win."""
    mistaken = Protocol(KNOWN_RECORD_RULES, KNOWN_RECORD_WORLD)
    broken = mistaken.promise_broken(along(mistaken, KNOWN_RECORD_WAY))
    assert broken is not None
    assert broken.startswith("nothing lost")
    protocol = Protocol(Rules(), KNOWN_RECORD_WORLD)
    commits = KNOWN_RECORD_WAY.index("worker 0 commits (1, 0)")
    steps = dict(protocol.steps(along(protocol, KNOWN_RECORD_WAY[:commits])))
    assert "worker 0 commits (1, 0)" not in steps
    assert "worker 0's state of patient 0 lands" in steps


def test_a_worker_that_is_alone_and_never_fails_ends_with_everything_committed() -> None:
    protocol = Protocol(Rules(), World(logs=((0, 1),), kills_most=0, takeovers_most=0))
    state = protocol.first()
    for _ in range(50):
        following = [after for _, after in protocol.steps(state)]
        if not following:
            break
        state = following[-1]
    assert protocol.is_finished(state)
