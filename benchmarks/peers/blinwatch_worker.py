"""blinwatch's own worker, put together by wiring.py, with a state topic of its own for each run and a count.

python -m benchmarks.peers.blinwatch_worker --bootstrap HOST:PORT --state-topic TOPIC --events N

It reads all input topics, whichever of them hold anything, and writes no clock ticks.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.peers.work import COMMIT_INTERVAL_S, LINGER_MS, Options, parse_options

from blinwatch import wiring
from blinwatch.catalogue import Catalogue
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import Decision
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import DecisionPublisher
from blinwatch.observe.logs import set_up_logging
from blinwatch.observe.metrics import Metrics
from blinwatch.settings import Settings
from blinwatch.stream.faust_app import StreamSettings, StreamWorker
from blinwatch.stream.run_worker import run_worker
from tests.support.worker_process import free_port

PARTITIONS = 8


def build(options: Options) -> StreamWorker:
    """The worker of wiring.py; only the state topic's name differs, and whoever measures is told of each batch."""
    pace = options.new_pace("blinwatch")
    in_wiring, told, made_by = wiring.stream_settings, Metrics.batch_judged, DecisionPublisher.records_of

    def own_state_topic(settings: Settings, catalogue: Catalogue, rulebook: Rulebook) -> StreamSettings:
        return replace(in_wiring(settings, catalogue, rulebook), state_topic=options.state_topic)

    def counted(self: Metrics, topic: str, outcomes: Mapping[str, int], step_s: float) -> None:
        told(self, topic, outcomes, step_s)
        assert set(outcomes) == {"accepted"}, f"the race is fed with valid events only: {outcomes}"
        pace.count(outcomes["accepted"])

    def counted_records(self: DecisionPublisher, decision: Decision) -> tuple[OutputRecord, ...]:
        made = made_by(self, decision)
        pace.count(0, len(made))
        return made

    wiring.stream_settings = own_state_topic
    DecisionPublisher.records_of = counted_records  # type: ignore[method-assign]
    Metrics.batch_judged = counted  # type: ignore[method-assign]
    settings = Settings(
        kafka_bootstrap=options.bootstrap,  # type: ignore[arg-type]
        group_id=options.group,
        partitions=PARTITIONS,
        commit_interval_s=COMMIT_INTERVAL_S,
        linger_ms=LINGER_MS,
        scratch_dir=Path(tempfile.mkdtemp(prefix="bench-blinwatch-")),
        web_port=free_port(),
        log_level="warning",
    )
    return wiring.build_worker(settings, ticks=None)


def main() -> None:
    options = parse_options(__doc__)
    set_up_logging("console", "warning")
    sys.exit(run_worker(lambda: build(options)))


if __name__ == "__main__":
    main()
