"""bytewax: KafkaSource, a stateful step whose snapshots go to its recovery store, KafkaSink.

.venv-bench/bin/python -m benchmarks.peers.bytewax_flow --bootstrap HOST:PORT --events N

A snapshot is the patient's state as bytes, taken when an epoch of one second closes, as blinwatch does at a commit.
Source positions are kept in the same recovery store (SQLite), so no group is joined.
"""

import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from benchmarks.peers.work import COMMIT_INTERVAL_S, LINGER_MS, Options, Pace, Work, parse_options
from bytewax._bytewax import init_db_dir, run_main
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulLogic
from bytewax.recovery import RecoveryConfig

from blinwatch.deliver.output_record import OutputRecord


class PatientLogic(StatefulLogic[KafkaSourceMessage, OutputRecord, bytes]):
    """One patient."""

    def __init__(self, work: Work, pace: Pace, topic: str, stored: bytes | None) -> None:
        self._work = work
        self._pace = pace
        self._topic = topic
        self._stored = stored
        self._key = b""
        self._offset = 0

    def on_item(self, value: KafkaSourceMessage) -> tuple[Iterable[OutputRecord], bool]:
        """Judge one event."""
        self._key, self._offset = value.key, value.offset or 0
        if not self._work.knows(self._key):
            self._work.restore(self._key, self._stored)
        made = self._work.handle(self._topic, self._key, value.value)
        self._pace.count(1, len(made))
        return made, StatefulLogic.RETAIN

    def snapshot(self) -> bytes:
        """The state as bytes, for the recovery store."""
        return self._work.snapshot(self._key, self._topic, self._offset)


def run(options: Options) -> None:
    """Build the dataflow and run it."""
    work, pace = options.new_work(), options.new_pace("bytewax")
    store = Path(tempfile.mkdtemp(prefix="bench-bytewax-"))
    init_db_dir(store, 1)
    flow = Dataflow("race")
    source = KafkaSource([options.bootstrap], [options.topic], add_config={"fetch.wait.max.ms": "100"})
    events = op.input("read", flow, source)
    keyed = op.key_on("patient", events, lambda message: message.key.decode())
    judged = op.stateful("judge", keyed, lambda stored: PatientLogic(work, pace, options.topic, stored))
    records = op.map("record", judged, lambda item: _to_message(item[1]))
    producer = {"acks": "all", "enable.idempotence": "true", "linger.ms": str(LINGER_MS)}
    op.output("write", records, KafkaSink([options.bootstrap], "alerts.lifecycle.v1", add_config=producer))
    run_main(flow, epoch_interval=timedelta(seconds=COMMIT_INTERVAL_S), recovery_config=RecoveryConfig(str(store)))


def _to_message(record: OutputRecord) -> KafkaSinkMessage:
    return KafkaSinkMessage(key=record.key, value=record.value, topic=record.topic, headers=list(record.headers))


if __name__ == "__main__":
    run(parse_options(__doc__))
