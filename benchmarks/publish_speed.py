"""What turning decisions into records costs, beside the judgement that made them.

    python -m benchmarks.publish_speed [--patients 100] [--events 20000] [--rounds 7]

A mixed ward of simulated patients in the middle of treatment (ward_in_treatment.py) is judged from bytes; then its
decisions are turned into records, again and again, and the best round counts. Compare ratios of one run, or runs of two
versions that took turns on one machine.
"""

import argparse
import gc
import time
from collections import Counter

from benchmarks.core_speed import States
from benchmarks.ward_in_treatment import tell_ward_in_treatment

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import Decision
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import step
from blinwatch.deliver.dead_letter import headers_bytes
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.receive.event_log import encode_event, topic_of
from blinwatch.receive.event_types import ADAPTERS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    rulebook = load_rulebook()
    earlier, events = tell_ward_in_treatment(options.patients, options.events, 1, 36, rulebook)
    publisher = DecisionPublisher(rulebook_version=rulebook.version, rulebook_digest=rulebook.digest)
    states: States = {}
    for name, told_events in (("the hours before", earlier), ("in treatment", events)):
        lines = [(topic_of(event), encode_event(event)) for event in told_events]
        gc.collect()
        gc.freeze()
        began = time.process_time()
        decisions = decode_and_judge(states, lines, rulebook)
        judging_s = time.process_time() - began
        kinds = Counter(decision.type for decision in decisions)
        print(f"{name}: {len(lines)} events, decisions: {dict(kinds.most_common())}")
        report(publisher, decisions, len(lines), judging_s, options.rounds)


def decode_and_judge(states: States, lines: list[tuple[str, bytes]], rulebook: Rulebook) -> list[Decision]:
    """Every decision that the events lead to."""
    decisions: list[Decision] = []
    for kind, line in lines:
        event = ADAPTERS[kind].validate_json(line)
        patient = event.patient_id  # type: ignore[union-attr]
        states[patient], told = step(states.get(patient) or new_patient(patient), event, rulebook)
        decisions += told
    return decisions


def report(publisher: DecisionPublisher, decisions: list[Decision], events: int, judging_s: float, rounds: int) -> None:
    """Make the records of these decisions, and say what that cost."""
    best_s, records = float("inf"), list[OutputRecord]()
    for _ in range(rounds):
        began = time.process_time()
        records = [record for decision in decisions for record in publisher.records_of(decision)]
        best_s = min(best_s, time.process_time() - began)
    headers = sum(headers_bytes(record.headers) for record in records)
    values = sum(len(record.value or b"") for record in records)
    print(f"  decode + step  {1e6 * judging_s / events:8.1f} µs/event")
    print(f"  records_of     {1e6 * best_s / len(decisions):8.1f} µs/decision {1e6 * best_s / events:8.2f} µs/event")
    print(f"  share          {100 * best_s / (judging_s + best_s):8.2f} % of judging and publishing")
    print(f"  headers        {headers / len(records):8.0f} bytes/record beside {values / len(records):.0f} of value")


if __name__ == "__main__":
    main()
