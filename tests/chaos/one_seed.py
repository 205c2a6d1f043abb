"""One seed on real processes: from the ward's first event to the last commit, and what the checker says of it."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from confluent_kafka import KafkaException

from blinwatch.catalogue import load_catalogue
from tests.aftermath.checker import Fault, Verdict, check
from tests.chaos.fleet import GROUP, PARTITIONS, Fleet, Tally, fleet_on
from tests.chaos.plan import Plan
from tests.chaos.topics_left import read_remains
from tests.chaos.ward_feed import ChaosWard, Gateway
from tests.support.apache_kafka import ApacheKafka
from tests.support.embedded import committed_offsets, end_offsets

LOOK_EVERY_S = 0.05
RECOVER_MOST_S = 240.0
"""After the last blow: a session, a rebalance that waits a minute for the dead, and the backlog, on two busy cores."""


@dataclass
class SeedReport:
    """What one seed came to."""

    seed: int
    verdict: Verdict
    tally: Tally = field(default_factory=Tally)
    events: int = 0
    seconds: float = 0.0
    """From the first event to the last commit."""
    caught_up_s: float = 0.0
    """From the last event or blow to the last commit."""
    resident_kb_most: int = 0
    minute_kb: list[int] = field(default_factory=list[int])
    """Memory of the busiest worker once a minute."""


def run_seed(kafka: ApacheKafka, ward: ChaosWard, plan: Plan, folder: Path) -> SeedReport:
    """Play one seed on a cluster whose topics it makes anew."""
    kafka.bring_up()
    kafka.clear()
    kafka.create_catalogue_topics(PARTITIONS)
    ward.fill_changelog(kafka.bootstrap, GROUP)
    report = SeedReport(plan.seed, Verdict([]))
    with fleet_on(kafka, folder, plan.seed) as fleet:
        fleet.start_all()
        gateway = Gateway(kafka.bootstrap, ward, PARTITIONS)
        began_s = time.monotonic()
        gateway.start()
        _play(fleet, plan, gateway, report)
        last_s = time.monotonic()
        stuck = until_committed(kafka, fleet)
        report.seconds, report.caught_up_s = time.monotonic() - began_s, time.monotonic() - last_s
        report.events, report.tally = gateway.written, fleet.tally
        fleet.stop_all()
    kafka.until_in_sync(len(kafka.brokers))
    if stuck is not None:
        report.verdict = Verdict([Fault("finished", stuck)])
    else:
        report.verdict = check(read_remains(kafka.bootstrap, PARTITIONS, GROUP, ward.states))
    return report


def _play(fleet: Fleet, plan: Plan, gateway: Gateway, report: SeedReport) -> None:
    """Blow after blow while the ward's events are written."""
    at_s = time.monotonic() + Random(plan.seed).uniform(1, 8)  # noqa: S311 - a seed, not a secret
    for blow in plan.blows:
        at_s += blow.after_s
        fleet.later(at_s - time.monotonic(), lambda blow=blow: fleet.strike(blow))
    looked_s, minute_s = 0.0, time.monotonic()
    while gateway.is_alive() or not fleet.is_calm():
        fleet.go_on()
        time.sleep(LOOK_EVERY_S)
        if time.monotonic() - looked_s > 1.0:
            looked_s = time.monotonic()
            now_kb = max(fleet.resident_kb, default=0)
            report.resident_kb_most = max(report.resident_kb_most, now_kb)
            if looked_s - minute_s > 60:
                minute_s = looked_s
                report.minute_kb.append(now_kb)
    gateway.finish(1.0)


def until_committed(kafka: ApacheKafka, fleet: Fleet) -> str | None:
    """Wait until everything is judged and committed; what is not, when it takes too long."""
    inputs = [topic.name for topic in load_catalogue(PARTITIONS).inputs]
    ends = {place: end for place, end in end_offsets(kafka.bootstrap, inputs).items() if end}
    end_s = time.monotonic() + RECOVER_MOST_S
    missing: object = None
    while time.monotonic() < end_s:
        for _ in range(20):
            fleet.go_on()
            time.sleep(LOOK_EVERY_S)
        try:
            found = committed_offsets(kafka.bootstrap, GROUP, inputs, PARTITIONS)
        except KafkaException as error:
            missing = error
            continue
        missing = {place: end - found.get(place, 0) for place, end in ends.items() if found.get(place, 0) != end}
        if not missing:
            return None
    return f"not everything was judged and committed within {RECOVER_MOST_S:g} s of the last blow: {missing}"
