"""Faust as its manual shows it: an agent takes one event at a time, a Table keeps the state, alerts are sent.

python -m benchmarks.peers.faust_agent --bootstrap HOST:PORT --state-topic TOPIC --events N

The same producer, commit and poll settings as blinwatch's worker; uvloop; the table's changelog is a real topic.
"""

import asyncio
import sys
import tempfile

import faust
import uvloop
from benchmarks.peers.work import COMMIT_INTERVAL_S, LINGER_MS, POLL_RECORDS_MOST, Options, parse_options

from tests.support.worker_process import free_port


def build(options: Options) -> faust.App:
    """The application."""
    work, pace = options.new_work(), options.new_pace("Faust agent with a Table")
    app = faust.App(
        options.group,
        broker=[f"kafka://{address}" for address in options.bootstrap.split(",")],
        datadir=tempfile.mkdtemp(prefix="bench-faust-"),
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=COMMIT_INTERVAL_S,
        broker_max_poll_records=POLL_RECORDS_MOST,
        producer_linger=LINGER_MS / 1000,
        producer_acks=-1,
        producer_max_batch_size=512 * 1024,
        web_port=free_port(),
        web_host="127.0.0.1",
        web_bind="127.0.0.1",
        worker_redirect_stdouts=False,
    )
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    changelog = app.topic(options.state_topic, compacting=True, **raw)
    table = app.Table("states", key_type=bytes, value_type=bytes, changelog_topic=changelog)
    outputs: dict[str, faust.TopicT] = {}

    @app.agent(app.topic(options.topic, **raw))
    async def judge(events: faust.StreamT) -> None:
        async for event in events.events():
            key = event.key
            if not work.knows(key):
                work.restore(key, table.get(key))
            made = work.handle(options.topic, key, event.value)
            table[key] = work.snapshot(key, options.topic, event.message.offset)
            for one in made:
                if one.topic not in outputs:
                    outputs[one.topic] = app.topic(one.topic, **raw)
                await outputs[one.topic].send(key=one.key, value=one.value, headers=list(one.headers))
            pace.count(1, len(made))

    return app


def main() -> None:
    options = parse_options(__doc__)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = faust.Worker(build(options), loop=loop, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None
    sys.exit(worker.execute_from_commandline())


if __name__ == "__main__":
    main()
