"""The judgement alone, in memory: reads the topic first, then decodes and judges. No runtime can be faster.

python -m benchmarks.peers.core_alone --bootstrap HOST:PORT --events N
"""

import gc

from benchmarks.peers.work import Options, parse_options
from confluent_kafka import Consumer, TopicPartition


def read_all(options: Options) -> list[tuple[bytes, bytes]]:
    """Key and value of the first records of the topic, partition by partition as a consumer gets them."""
    consumer = Consumer(
        {"bootstrap.servers": options.bootstrap, "group.id": options.group, "enable.auto.commit": False}
    )
    partitions = consumer.list_topics(options.topic, timeout=20).topics[options.topic].partitions
    consumer.assign([TopicPartition(options.topic, number, 0) for number in partitions])
    records: list[tuple[bytes, bytes]] = []
    while len(records) < options.events:
        for message in consumer.consume(1000, timeout=1.0):
            assert message.error() is None, message.error()
            records.append((message.key(), message.value()))
    consumer.close()
    return records[: options.events]


def main() -> None:
    options = parse_options(__doc__)
    work, pace = options.new_work(), options.new_pace("core alone")
    records = read_all(options)
    gc.collect()
    gc.freeze()
    for key, value in records:
        pace.count(1, len(work.handle(options.topic, key, value)))


if __name__ == "__main__":
    main()
