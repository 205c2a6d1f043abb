"""How much is stored of the busiest patient, part by part, and what a snapshot costs beside the form before.

    python -m benchmarks.state_size --days 28

Prints the stored sizes (uncompressed JSON: median, largest, the largest one by part) and, for states from the same run,
the time to write and to read a snapshot in this form and in that of schema version 2, as ratios of one run.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import orjson
from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import PatientEvent, Tick
from blinwatch.core.patient_state import Judgement, PatientSnapshot, PatientState, new_patient
from blinwatch.core.step import step
from blinwatch.stream.state_codec import StateWriter, read_state, snapshot_of
from tests.core.busy_patient import a_busy_day
from tests.core.stories import PATIENT, START, order

_SNAPSHOT, _JUDGEMENT = TypeAdapter(PatientSnapshot), TypeAdapter(Judgement)
_EVENT: TypeAdapter[PatientEvent | Tick] = TypeAdapter(PatientEvent | Tick)
EVERY = 23
TIMED = 40
"""So many states of the run are timed."""


def written_by_name(state: PatientState) -> bytes:
    """The state as schema version 2 stored it."""
    base = _JUDGEMENT.dump_json(state.base)
    pending = b",".join(_EVENT.dump_json(event, exclude_none=True) for event in state.pending)
    rest = {"applied": {}, "deadline_ms": None, "middle_count": state.middle_count, "status_ms": state.status_ms}
    return b'{"base":%b,"pending":[%b],%b' % (base, pending, orjson.dumps({**rest, "schema_version": 2})[1:])


def states(days: int, rulebook: Rulebook) -> Iterator[PatientState]:
    """States all through the cycle."""
    state = new_patient(PATIENT)
    state, _ = step(state, order(cycle=1), rulebook)
    events = (event for day in range(days) for event in a_busy_day(day) if event.occurred_at != START)
    for number, event in enumerate(events):
        state, _ = step(state, event, rulebook)
        if number % EVERY == 0:
            yield state


def took_us(work: Callable[[], object]) -> float:
    """The least of five times of the processor, in microseconds."""
    times: list[float] = []
    for _ in range(5):
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1e6)
    return min(times)


def parts_of(value: bytes) -> dict[str, int]:
    """Bytes by part, the largest first."""
    document = orjson.loads(value)
    sizes = {"window of events": len(orjson.dumps(document["pending"]))}
    sizes |= {name: len(orjson.dumps(part)) for name, part in document["parts"].items()}
    sizes["everything else"] = len(orjson.dumps(document["base"]))
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


def snapshots_us(days: int, rulebook: Rulebook) -> tuple[float, float]:
    """A snapshot after every event, as a worker writes them: mean time, and the median, by a writer that remembers."""
    writer, times, state = StateWriter(), list[float](), new_patient(PATIENT)
    state, _ = step(state, order(cycle=1), rulebook)
    for event in (event for day in range(days) for event in a_busy_day(day) if event.occurred_at != START):
        state, _ = step(state, event, rulebook)
        began = time.process_time()
        writer.write(state, {}, None)
        times.append((time.process_time() - began) * 1e6)
    return statistics.mean(times), statistics.median(times)


def timed(many: list[PatientState], rulebook: Rulebook) -> None:
    """Times of writing and reading, this form and the one before."""
    rows: dict[str, list[tuple[float, float]]] = {"write, nothing known": [], "read": []}
    for state in many[:: max(1, len(many) // TIMED)]:
        before, now = written_by_name(state), StateWriter().write(state, {}, None)
        rows["write, nothing known"].append(
            (took_us(lambda s=state: written_by_name(s)), took_us(lambda s=state: StateWriter().write(s, {}, None)))
        )
        rows["read"].append(
            (
                took_us(lambda b=before: _SNAPSHOT.validate_json(b)),
                took_us(lambda n=now: snapshot_of(read_state(n), rulebook)),
            )
        )
    for name, pairs in rows.items():
        before_us, now_us = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"{name}: version 2 {before_us:.0f} us, this form {now_us:.0f} us, ratio {now_us / before_us:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=28)
    arguments = parser.parse_args()
    rulebook = load_rulebook()
    many = list(states(arguments.days, rulebook))
    values = [StateWriter().write(state, {}, None) for state in many]
    sizes, before = [len(value) for value in values], [len(written_by_name(state)) for state in many]
    largest = max(range(len(many)), key=sizes.__getitem__)
    print(f"{len(many)} states; version 2: median {statistics.median(before):.0f} bytes, largest {max(before)}")
    print(f"this form: median {statistics.median(sizes):.0f} bytes, largest {max(sizes)}")
    state = many[largest]
    print(
        f"the largest: {len(state.base.alerts.standing)} alerts, {len(state.base.drugs.drugs)} drugs, "
        f"{len(state.pending)} events in the window"
    )
    for name, size in parts_of(values[largest]).items():
        print(f"  {name}: {size}")
    timed(many, rulebook)
    mean_us, median_us = snapshots_us(min(2, arguments.days), rulebook)
    print(f"a snapshot after every event: mean {mean_us:.0f} us, median {median_us:.0f} us")


if __name__ == "__main__":
    main()
