"""The bounds within which the protocol is searched, and the ways to get it wrong that the search must catch."""

from tests.model.protocol import Rules, World

SMALL = World(logs=((0,), (0,)), kills_most=1, takeovers_most=1)
"""A record of the same patient on either topic."""
WORLDS = {
    "one patient, one record on each topic, one kill, two lost ownerships": World(
        logs=((0,), (0,)), kills_most=1, takeovers_most=2
    ),
    "one patient, two records and one": World(logs=((0, 0), (0,)), kills_most=1, takeovers_most=1),
    "two patients on the first topic, one of them on the second": World(
        logs=((0, 1), (0,)), kills_most=1, takeovers_most=1
    ),
    "one patient, one record on each topic, and Kafka forgets the group": World(
        logs=((0,), (0,)), kills_most=2, takeovers_most=1, forgets=1
    ),
}
"""What `python -m tests.model` goes through: some minutes."""

SMALL_CHAIN = World(logs=((0, 0),), kills_most=0, takeovers_most=1)
"""Two records of a patient on one topic."""

MISTAKES: dict[str, tuple[Rules, World]] = {
    "offsets are frozen after the states": (Rules(offsets_frozen="after states"), SMALL),
    "states are written before their outputs are acknowledged": (Rules(states_written="at once"), SMALL),
    "offsets are committed before the acknowledgements": (Rules(commit="at once"), SMALL),
    "recovery takes the state written last": (Rules(recovery_prefers="last written"), SMALL),
    "recovery takes the state with the greatest sum of offsets": (Rules(recovery_prefers="sum of offsets"), SMALL),
    "states do not know which records they include": (Rules(states_know_offsets=False), SMALL),
    "a commit outlives the ownership it was frozen in": (Rules(commit_belongs_to="anybody"), SMALL),
    "reading starts at whatever is committed": (Rules(reading_starts="as fetched"), SMALL_CHAIN),
    "a commit is sent after it was seen to be ours": (Rules(commit_is_checked="before it is sent"), SMALL),
    "states are written by whoever read them back": (
        Rules(states_are_frozen="by whoever read them back"),
        World(logs=((0, 0),), kills_most=1, takeovers_most=2),
    ),
    "a new era shows first in its states": (
        Rules(new_era="shows in its states"),
        World(logs=((0,), (0,)), kills_most=2, takeovers_most=1, forgets=1),
    ),
    "the changelog is compacted while a lost owner still writes": (
        Rules(),
        World(logs=((0,), (0,)), kills_most=0, takeovers_most=1, compacts=True),
    ),
}
"""The last one is no mistake of ours but the gap that decision 0005 names: Kafka keeps the record written last."""

KNOWN_RECORD_RULES = Rules(known_records="change nothing")
KNOWN_RECORD_WORLD = World(logs=((0,), (0,)), kills_most=1, takeovers_most=2)
KNOWN_RECORD_WAY = (
    "worker 0 takes over",
    "worker 0 reads states back",
    "worker 0 goes to the committed offsets",
    "worker 0 judges record 0 of topic 0",
    "an output of worker 0 lands",
    "worker 0 freezes a commit",
    "worker 1 takes over",
    "worker 1 reads states back",
    "worker 0's state of patient 0 lands",
    "worker 0 is killed",
    "worker 1 goes to the committed offsets",
    "worker 0 takes over",
    "worker 0 reads states back",
    "worker 0 goes to the committed offsets",
    "worker 0 judges record 0 of topic 0",
    "worker 0 freezes a commit",
    "worker 0 commits (1, 0)",
    "worker 1 judges record 0 of topic 1",
    "an output of worker 1 lands",
    "worker 1 freezes a commit",
    "worker 1's state of patient 0 lands",
)
"""What goes wrong when a record that a state includes already does not have the state written again.

The search took 645,858 states to find it; the test goes this way alone.
"""
