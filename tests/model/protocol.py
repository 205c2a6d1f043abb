"""The protocol of ownership and durability (docs/decisions/0005) as a small machine.

Every step it can take, and what must hold after each of them (docs/decisions/0014).

What is modelled
    Two workers, one partition of each of two input topics, a few records of one or two patients. The broker keeps the
    two input logs, the outputs, the changelog (for each patient the record written last and the one that recovery
    prefers: all that recovery or compaction can ever need), the committed offsets, and who owns the partition in which
    generation. A worker has its states, its reading positions, outputs handed to its producer and not yet on the
    broker, and at most one commit under way.

    A worker may at any moment: judge the next record of either topic (so every order between the topics happens), have
    its oldest output land, freeze a commit, have one of the frozen states land, commit, be killed, lose its ownership
    without noticing and go on with all of this (a zombie), hear that it lost it, take the partition over (again), read
    the states back (at once, or when others have owned the partition since), and go to the committed offsets. Records
    read and not judged leave no trace when they are forgotten, so delivering and judging are one step. A refused write
    ends the worker, which is a kill. Kafka may forget the group and count its generations from the start again.

What must hold in every state that can be reached
    nothing lost       Whatever happens next, recovery finds a state that counts every record below the committed
                       offsets. So a commit is never ahead of what is durable, and the state that recovery prefers is
                       never older than what was committed.
    no alert lost      A state on the changelog counts only records whose output is on the broker: recovery would leave
                       the record out, and nobody would write the output again.
    nothing twice      No state counts a record twice.
    one content        Whatever is written under one output's id, by whichever worker, is the same.
    in order           The outputs that follow from one topic's records of one patient land in the order of these
                       records (the first time each lands; repeats are recognised by id).
    it comes to an end A state in which nothing can happen any more has everything judged, written and committed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Seen = tuple[tuple[int, ...], ...]
"""For each topic the offsets a patient's state counts, in the order in which they were counted."""
OUT, GIVEN, READ_BACK, OWNS = range(4)
"""Where a worker stands: without the partition; given it; its states are read back; reading and judging."""
Term = tuple[int, int]
"""Era and generation (`stream.state_table`)."""


@dataclass(frozen=True)
class Rules:
    """The protocol's choices. The default is the protocol; each other value is a way to get it wrong."""

    offsets_frozen: Literal["before states", "after states"] = "before states"
    states_written: Literal["after outputs", "at once"] = "after outputs"
    commit: Literal["after acks", "at once"] = "after acks"
    recovery_prefers: Literal["term, then progress", "sum of offsets", "last written"] = "term, then progress"
    states_know_offsets: bool = True
    known_records: Literal["write the state again", "change nothing"] = "write the state again"
    commit_belongs_to: Literal["one ownership", "anybody"] = "one ownership"
    commit_is_checked: Literal["as it is sent", "before it is sent"] = "as it is sent"
    reading_starts: Literal["where an owner may commit", "as fetched"] = "where an owner may commit"
    new_era: Literal["made known before anything else", "shows in its states"] = "made known before anything else"
    states_are_frozen: Literal["by a proven owner", "by whoever read them back"] = "by a proven owner"


@dataclass(frozen=True)
class World:
    """The bounds: what is in the logs and how much may go wrong."""

    logs: tuple[tuple[int, ...], ...]
    """For each topic the patient numbers of its records."""
    kills_most: int
    takeovers_most: int
    """How often a partition may be given to another worker while the first still believes that it holds it."""
    compacts: bool = False
    """Whether the changelog may lose all but the last record of each patient, at any moment."""
    forgets: int = 0
    """How often Kafka may forget the group, when no worker is left."""

    @property
    def patients(self) -> range:
        """The patient numbers."""
        return range(1 + max(patient for log in self.logs for patient in log))


class Stored(NamedTuple):
    """A changelog record."""

    term: Term
    seen: Seen


class Commit(NamedTuple):
    """A commit under way."""

    generation: int
    """The generation in which it was frozen."""
    offsets: tuple[int, ...] | None
    """None: not frozen yet (only when the rules freeze offsets after states)."""
    awaited: int
    """Outputs at the head of the queue that it waits for."""
    states: tuple[tuple[int, Stored], ...]
    """Frozen states that have not landed yet."""
    is_checked: bool = False
    """It was seen to be of this ownership, and is on its way (only when the rules check before sending)."""


class Worker(NamedTuple):
    """One worker process."""

    place: int
    generation: int
    """The generation in which it was given the partition."""
    term: Term
    """The term of what it writes: that of the takeover, also when it keeps the partition."""
    is_unknown: bool
    """It begins an era of which the changelog does not know yet."""
    knows_better: bool
    """It has heard that it is no longer a member; its client has forgotten the generation."""
    seen: tuple[Seen, ...]
    changed: tuple[int, ...]
    position: tuple[int, ...]
    outputs: tuple[tuple[int, int, tuple[int, ...]], ...]
    """(topic, offset, content) handed to the producer, oldest first."""
    commit: Commit | None


class State(NamedTuple):
    """Everything."""

    workers: tuple[Worker, ...]
    owner: int
    """-1: nobody, the group is empty."""
    generation: int
    committed: tuple[int, ...]
    preferred: tuple[Stored, ...]
    """For each patient the changelog record that recovery takes."""
    last: tuple[Stored, ...]
    """For each patient the changelog record that was written last."""
    outputs: tuple[tuple[tuple[int, ...] | None, ...], ...]
    """For each topic and offset the content that landed; None: nothing yet."""
    kills: int
    takeovers: int
    forgotten: int
    newest: Term
    """The newest term that the changelog tells of, in a state or by itself."""


class BrokenError(Exception):
    """A step broke a promise; the message says which."""


class Protocol:
    """All steps that can be taken in a state."""

    def __init__(self, rules: Rules, world: World) -> None:
        self.rules, self.world = rules, world
        self._topics = range(len(world.logs))
        self._nobody: Seen = tuple(() for _ in self._topics)
        start = tuple(0 for _ in self._topics)
        self._blank = Worker(OUT, 0, (0, 0), False, False, (), (), start, (), None)  # noqa: FBT003 - a row of fields
        self._before = tuple(
            tuple(tuple(i for i in range(offset) if log[i] == patient) for offset, patient in enumerate(log))
            for log in world.logs
        )
        """For each topic and offset the earlier records of the same patient in that topic."""

    def first(self) -> State:
        """Nobody works, nothing is written."""
        empty = tuple(Stored((0, 0), self._nobody) for _ in self.world.patients)
        return State(
            workers=(self._blank, self._blank),
            owner=-1,
            generation=0,
            committed=tuple(0 for _ in self._topics),
            preferred=empty,
            last=empty,
            outputs=tuple((None,) * len(log) for log in self.world.logs),
            kills=0,
            takeovers=0,
            forgotten=0,
            newest=(0, 0),
        )

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """What can happen next. Raises `BrokenError` where a step breaks a promise by itself."""
        for number, worker in enumerate(state.workers):
            yield from self._membership(state, number, worker)
            if worker.place == OUT:
                continue
            yield from self._judging(state, number, worker)
            yield from self._landing(state, number, worker)
            yield from self._committing(state, number, worker)
        if self.world.compacts and state.preferred != state.last:
            yield "the changelog is compacted", state._replace(preferred=state.last)
        # A week after the last member left. Whoever slept for so long with writes in hand is a gap that 0005 names.
        nobody = all(worker.place == OUT for worker in state.workers)
        if nobody and state.generation and state.forgotten < self.world.forgets:
            yield "Kafka forgets the group", state._replace(generation=0, forgotten=state.forgotten + 1)

    # --- ownership ----------------------------------------------------------------------------------------

    def _membership(self, state: State, number: int, worker: Worker) -> Iterator[tuple[str, State]]:
        if worker.place != OUT and state.kills < self.world.kills_most:
            owner = -1 if state.owner == number else state.owner
            dead = state._replace(owner=owner, kills=state.kills + 1)
            yield f"worker {number} is killed", _with(dead, number, self._blank)
        if worker.place == GIVEN:
            yield f"worker {number} reads states back", _with(state, number, self._read_back(state, worker))
        if worker.is_unknown:
            known = state._replace(newest=max(state.newest, worker.term))
            yield f"worker {number}'s new era lands", _with(known, number, worker._replace(is_unknown=False))
        if worker.place == READ_BACK and not worker.is_unknown and self._may_start(state, number, worker):
            at_work = worker._replace(place=OWNS, position=state.committed)
            yield f"worker {number} goes to the committed offsets", _with(state, number, at_work)
        is_zombie = worker.place != OUT and (state.owner != number or state.generation != worker.generation)
        if is_zombie and not worker.knows_better:
            yield f"worker {number} hears that it lost", _with(state, number, worker._replace(knows_better=True))
        takes_from_other = state.owner not in {-1, number}
        if takes_from_other and state.takeovers >= self.world.takeovers_most:
            return
        if state.owner != number and (worker.place == OUT or worker.knows_better):
            yield f"worker {number} takes over", self._taken_over(state, number, takes_from_other)
        if state.owner == number and worker.place == OWNS and state.takeovers < self.world.takeovers_most:
            # The next generation gives it the same partition: it keeps its states and reads from what is committed.
            again = state._replace(generation=state.generation + 1, takeovers=state.takeovers + 1)
            kept = worker._replace(generation=again.generation, position=state.committed)
            yield f"worker {number} keeps the partition in a new generation", _with(again, number, kept)

    def _may_start(self, state: State, number: int, worker: Worker) -> bool:
        """Anybody may fetch committed offsets; only the owner may commit them again, which proves that they are its."""
        is_owner = state.owner == number and state.generation == worker.generation
        return is_owner or self.rules.reading_starts == "as fetched"

    def _taken_over(self, state: State, number: int, takes_from_other: bool) -> State:
        generation = state.generation + 1
        old = state.workers[number]
        fresh = self._blank._replace(place=GIVEN, generation=generation, outputs=old.outputs, commit=old.commit)
        after = state._replace(
            owner=number, generation=generation, takeovers=state.takeovers + (1 if takes_from_other else 0)
        )
        return _with(after, number, fresh)

    def _read_back(self, state: State, worker: Worker) -> Worker:
        """States as recovery finds them now, those that compaction would lose marked to be written again."""
        era, newest = state.newest
        is_new = worker.generation <= newest
        return worker._replace(
            place=READ_BACK,
            term=(era + is_new, worker.generation),
            is_unknown=is_new and self.rules.new_era == "made known before anything else",
            seen=tuple(stored.seen for stored in state.preferred),
            changed=tuple(one for one in self.world.patients if state.preferred[one] != state.last[one]),
        )

    # --- judging ------------------------------------------------------------------------------------------

    def _judging(self, state: State, number: int, worker: Worker) -> Iterator[tuple[str, State]]:
        if worker.place != OWNS:
            return
        for topic in self._topics:
            offset = worker.position[topic]
            if offset < len(self.world.logs[topic]):
                yield (
                    f"worker {number} judges record {offset} of topic {topic}",
                    _with(state, number, self._judged(worker, topic, offset)),
                )

    def _judged(self, worker: Worker, topic: int, offset: int) -> Worker:
        patient = self.world.logs[topic][offset]
        position = _put(worker.position, topic, offset + 1)
        seen = worker.seen[patient]
        counted = seen[topic]
        changed = worker.changed if patient in worker.changed else tuple(sorted((*worker.changed, patient)))
        if self.rules.states_know_offsets and counted and offset <= counted[-1]:
            if self.rules.known_records == "change nothing":
                changed = worker.changed
            return worker._replace(position=position, changed=changed)
        return worker._replace(
            position=position,
            seen=_put(worker.seen, patient, _put(seen, topic, (*counted, offset))),
            changed=changed,
            outputs=(*worker.outputs, (topic, offset, counted)),
        )

    def _landing(self, state: State, number: int, worker: Worker) -> Iterator[tuple[str, State]]:
        """The oldest output reaches the broker."""
        if not worker.outputs:
            return
        (topic, offset, content), *rest = worker.outputs
        known = state.outputs[topic][offset]
        if known is not None and known != content:
            raise BrokenError(f"one content: two contents under the output of record {offset} of topic {topic}")
        if any(state.outputs[topic][before] is None for before in self._before[topic][offset]):
            raise BrokenError(f"in order: the output of record {offset} of topic {topic} lands before an earlier one")
        commit = worker.commit
        if commit is not None and commit.awaited:
            commit = commit._replace(awaited=commit.awaited - 1)
        outputs = _put(state.outputs, topic, _put(state.outputs[topic], offset, content))
        after = worker._replace(outputs=tuple(rest), commit=commit)
        yield f"an output of worker {number} lands", _with(state._replace(outputs=outputs), number, after)

    # --- committing ---------------------------------------------------------------------------------------

    def _committing(self, state: State, number: int, worker: Worker) -> Iterator[tuple[str, State]]:
        commit = worker.commit
        if commit is None:
            if worker.place == OWNS and (worker.changed or worker.position != state.committed):
                yield f"worker {number} freezes a commit", _with(state, number, self._frozen(worker))
            unproven = worker.place == READ_BACK and worker.changed
            if unproven and self.rules.states_are_frozen == "by whoever read them back":
                frozen = self._frozen(worker._replace(position=state.committed))
                yield f"worker {number} freezes states", _with(state, number, frozen._replace(position=worker.position))
            return
        if commit.offsets is None:
            late = worker._replace(commit=commit._replace(offsets=worker.position))
            if worker.place == OWNS:
                yield f"worker {number} notes the offsets", _with(state, number, late)
        if not commit.awaited or self.rules.states_written == "at once":
            for patient, stored in commit.states:
                after = self._state_landed(state, number, worker, patient, stored)
                yield f"worker {number}'s state of patient {patient} lands", after
        if commit.offsets is not None and (self.rules.commit == "at once" or not (commit.awaited or commit.states)):
            if self.rules.commit_is_checked == "before it is sent" and not commit.is_checked:
                sent = worker._replace(
                    commit=None if self._is_void(worker, commit) else commit._replace(is_checked=True)
                )
                yield f"worker {number} looks whose commit it is", _with(state, number, sent)
                return
            yield f"worker {number} commits {commit.offsets}", self._committed(state, number, worker, commit)

    def _is_void(self, worker: Worker, commit: Commit) -> bool:
        """Whether a commit belongs to an ownership that is over, as far as the worker knows."""
        return worker.knows_better or commit.generation != worker.generation

    def _frozen(self, worker: Worker) -> Worker:
        states = tuple((patient, Stored(worker.term, worker.seen[patient])) for patient in worker.changed)
        offsets = worker.position if self.rules.offsets_frozen == "before states" else None
        commit = Commit(worker.generation, offsets, len(worker.outputs), states)
        return worker._replace(changed=(), commit=commit)

    def _state_landed(self, state: State, number: int, worker: Worker, patient: int, stored: Stored) -> State:
        assert worker.commit is not None
        states = tuple(entry for entry in worker.commit.states if entry[0] != patient)
        preferred = state.preferred
        if self._rank(stored) >= self._rank(preferred[patient]):
            preferred = _put(preferred, patient, stored)
        newest = max(state.newest, stored.term)
        after = state._replace(preferred=preferred, last=_put(state.last, patient, stored), newest=newest)
        return _with(after, number, worker._replace(commit=worker.commit._replace(states=states)))

    def _rank(self, stored: Stored) -> tuple[Term, int]:
        applied = [offsets[-1] for offsets in stored.seen if offsets]
        if self.rules.recovery_prefers == "last written":
            return (0, 0), 0
        if self.rules.recovery_prefers == "sum of offsets":
            return (0, 0), sum(applied)
        return stored.term, sum(applied) + len(applied)

    def _committed(self, state: State, number: int, worker: Worker, commit: Commit) -> State:
        assert commit.offsets is not None
        done = _with(state, number, worker._replace(commit=None))
        is_void = self._is_void(worker, commit) and not commit.is_checked
        if is_void and self.rules.commit_belongs_to == "one ownership":
            return done
        # Kafka takes an offset from a member of this generation, and from anybody while the group has no members.
        is_taken = state.owner == -1 if worker.knows_better else state.generation == worker.generation
        is_taken = is_taken and (worker.knows_better or state.owner == number)
        return done._replace(committed=commit.offsets) if is_taken else done

    # --- promises -----------------------------------------------------------------------------------------

    def promise_broken(self, state: State) -> str | None:
        """The first promise that does not hold in this state."""
        for topic, log in enumerate(self.world.logs):
            for offset, patient in enumerate(log):
                counted = state.preferred[patient].seen[topic]
                if offset < state.committed[topic] and offset not in counted:
                    return f"nothing lost: record {offset} of topic {topic} is committed and in no state to recover"
                if offset in counted and state.outputs[topic][offset] is None:
                    return f"no alert lost: record {offset} of topic {topic} is in a stored state, its output nowhere"
        held = [seen for worker in state.workers for seen in worker.seen]
        for seen in (*held, *(stored.seen for stored in state.preferred)):
            if any(len(set(offsets)) != len(offsets) for offsets in seen):
                return "nothing twice: a state counts a record twice"
        return None

    def is_finished(self, state: State) -> bool:
        """Whether everything is judged, written and committed."""
        ends = tuple(len(log) for log in self.world.logs)
        return state.committed == ends and all(None not in topic for topic in state.outputs)


def _put(row: tuple, place: int, value: object) -> tuple:
    return (*row[:place], value, *row[place + 1 :])


def _with(state: State, number: int, worker: Worker) -> State:
    return state._replace(workers=_put(state.workers, number, worker))
