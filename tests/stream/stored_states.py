"""States as releases stored them: made once by the release of that schema version, kept, and read ever after.

    python -m tests.stream.stored_states    write tests/stream/states/v<version>/ as this release stores states

Run it once, when a schema version is released; never anew for an old one. Each state is a golden history cut in the
middle and followed by `a_dense_quarter` of a monitor, so that the window of events is full when it is stored.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import AnyEvent, VitalsObserved
from blinwatch.core.patient_state import STATE_SCHEMA_VERSION
from blinwatch.receive.event_log import read_events
from blinwatch.stream.core_judge import CoreJudge

FOLDER = Path(__file__).resolve().parent / "states"
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
CUTS = {
    "child-with-two-seizures": 300,
    "crs-grade-1-to-3-tocilizumab-hides-the-fever": 500,
    "neutropenic-fever-then-liver-enzymes-above-five-times-normal": 430,
    "restart-after-five-hours-without-premedication": 380,
    "warfarin-on-day-2-and-a-drug-on-the-infusion-line": 200,
}
"""History to the number of its events before the dense quarter. Part of what the stored files mean."""
DENSE_EVENTS = 120
DENSE_EVERY_S = 3
OFFSETS = {"vitals.observed.v1": 41, "pump.events.v1": 7}
DEADLINE_MS = 1_772_352_000_000


def a_dense_quarter(after: VitalsObserved) -> Iterator[VitalsObserved]:
    """What that monitor reports every few seconds from then on: its values go up and down by a little."""
    for number in range(1, DENSE_EVENTS + 1):
        at = after.occurred_at + timedelta(seconds=DENSE_EVERY_S * number)
        heart = None if after.heart_rate_bpm is None else after.heart_rate_bpm + number % 7
        yield replace(after, event_id=f"dense-{number:04d}", occurred_at=at, heart_rate_bpm=heart)


def history(name: str) -> tuple[list[AnyEvent], list[AnyEvent]]:
    """What had happened when the state was stored, and what happened then."""
    events = list(read_events(GOLDEN / name / "events.jsonl"))
    before, after = events[: CUTS[name]], events[CUTS[name] :]
    last = next(event for event in reversed(before) if isinstance(event, VitalsObserved))
    dense = list(a_dense_quarter(last))
    return [*before, *dense], after


def written_now(name: str) -> bytes:
    """The state of that history as this release stores it."""
    judge = CoreJudge(load_rulebook())
    state = judge.new_patient("golden")
    for event in history(name)[0]:
        state, _ = judge.step(state, event)
    return judge.new_writer().write(state, OFFSETS, DEADLINE_MS)


def main() -> None:
    """Write the states of this release's schema version."""
    folder = FOLDER / f"v{STATE_SCHEMA_VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in CUTS:
        (folder / f"{name}.json").write_bytes(written_now(name))


if __name__ == "__main__":
    main()
