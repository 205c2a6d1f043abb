"""Quix Streams: a stateful apply with its own State (RocksDB and a changelog topic), alerts to their topics.

.venv-bench/bin/python -m benchmarks.peers.quix_streams --bootstrap HOST:PORT --events N

The patient's state is set as bytes with each event; Quix writes the last of them when it commits, once a second.
"""

import tempfile
from typing import Any

from benchmarks.peers.work import COMMIT_INTERVAL_S, LINGER_MS, Options, parse_options
from quixstreams import Application
from quixstreams.models.serializers import Serializer

from blinwatch.deliver.output_record import OutputRecord


class RecordValue(Serializer):
    """An output record's own bytes."""

    def __call__(self, value: OutputRecord, ctx: Any) -> bytes | None:
        del ctx
        return value.value


def run(options: Options) -> None:
    """Build the pipeline and run it."""
    work, pace = options.new_work(), options.new_pace("Quix Streams")
    app = Application(
        broker_address=options.bootstrap,
        consumer_group=options.group,
        auto_offset_reset="earliest",
        commit_interval=COMMIT_INTERVAL_S,
        state_dir=tempfile.mkdtemp(prefix="bench-quix-"),
        loglevel="WARNING",
        producer_extra_config={"acks": "all", "enable.idempotence": True, "linger.ms": LINGER_MS},
        consumer_extra_config={"fetch.wait.max.ms": 100},
    )
    source = app.topic(options.topic, key_deserializer="bytes", value_deserializer="bytes")
    outputs: dict[str, Any] = {}
    offsets = {"next": 0}

    def topic_of(record: OutputRecord, *_: Any) -> Any:
        if record.topic not in outputs:
            outputs[record.topic] = app.topic(record.topic, key_serializer="bytes", value_serializer=RecordValue())
        return outputs[record.topic]

    def judge(value: bytes, key: bytes, _timestamp: int, _headers: Any, state: Any) -> list[OutputRecord]:
        if not work.knows(key):
            work.restore(key, state.get_bytes("state"))
        made = work.handle(options.topic, key, value)
        # Quix hands no offset to the function; a running number has about as many digits.
        offsets["next"] += 1
        state.set_bytes("state", work.snapshot(key, options.topic, offsets["next"]))
        pace.count(1, len(made))
        return made

    frame = app.dataframe(source).apply(judge, stateful=True, metadata=True, expand=True)
    frame = frame.set_headers(lambda record, *_: list(record.headers))
    frame.to_topic(topic_of, key=lambda record: record.key)
    app.run()


if __name__ == "__main__":
    run(parse_options(__doc__))
