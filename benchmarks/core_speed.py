"""Events per second through the judgement alone, on one core, with the whole rulebook.

    python -m benchmarks.core_speed [--patients 1000] [--events 200000] [--monitor-interval-s 1] [--profile]

A mixed ward of simulated patients, every story in turn and every patient at another hour of treatment
(ward_in_treatment.py). Its earlier hours are judged untimed; then the same events are judged from there: as they are
(`step`), and from the bytes of an event log (`decode + step`). Garbage collection is frozen first, as the worker does.
Compare figures of one run only.
"""

import argparse
import cProfile
import gc
import pstats
import time
from collections import Counter

from benchmarks.ward_in_treatment import tell_ward_in_treatment

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core import fold_event
from blinwatch.core.events import AnyEvent
from blinwatch.core.patient_state import PatientState, new_patient
from blinwatch.core.step import step
from blinwatch.receive.event_log import encode_event, topic_of
from blinwatch.receive.event_types import ADAPTERS

States = dict[str, PatientState]


def judge(states: States, events: list[AnyEvent], rulebook: Rulebook) -> int:
    """Step every event; returns how many decisions were made."""
    decisions = 0
    for event in events:
        patient = event.patient_id  # type: ignore[union-attr]
        state = states.get(patient) or new_patient(patient)
        states[patient], said = step(state, event, rulebook)
        decisions += len(said)
    return decisions


def decode_and_judge(states: States, lines: list[tuple[str, bytes]], rulebook: Rulebook) -> int:
    """The same from bytes, as a batch of the worker is."""
    return judge(states, [ADAPTERS[kind].validate_json(line) for kind, line in lines], rulebook)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--monitor-interval-s", type=int, default=1)
    parser.add_argument("--up-to-h", type=float, default=36, help="patients have been infusing for up to so many hours")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument(
        "--long-way", action="store_true", help="also without frames (docs/decisions/0012), for the ratio"
    )
    options = parser.parse_args()
    rulebook = load_rulebook()
    earlier, events = tell_ward_in_treatment(
        options.patients, options.events, options.monitor_interval_s, options.up_to_h, rulebook
    )
    warm: States = {}
    judge(warm, earlier, rulebook)
    kinds = Counter(event.type for event in events)
    print(f"{len(events)} events of {options.patients} patients: {dict(kinds.most_common())}")
    lines = [(topic_of(event), encode_event(event)) for event in events]
    gc.collect()
    gc.freeze()
    if options.profile:
        profile = cProfile.Profile()
        profile.runcall(judge, dict(warm), events, rulebook)
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    for name, run in (
        ("step", lambda: judge(dict(warm), events, rulebook)),
        ("decode + step", lambda: decode_and_judge(dict(warm), lines, rulebook)),
    ):
        began = time.process_time()
        decisions = run()
        seconds = time.process_time() - began
        rate = len(events) / seconds
        print(f"{name:14} {rate:10,.0f} events/s  {1e6 * seconds / len(events):7.1f} µs/event  {decisions} decisions")
    if options.long_way:
        fold_event.frame_of = lambda *_: None
        began = time.process_time()
        judge(dict(warm), events, rulebook)
        seconds = time.process_time() - began
        print(
            f"{'the long way':14} {len(events) / seconds:10,.0f} events/s  {1e6 * seconds / len(events):7.1f} µs/event"
        )


if __name__ == "__main__":
    main()
