"""What became of each letter, on Kafka: a receipt for everything, and the letter itself where nobody took it."""

from datetime import UTC, datetime
from typing import Literal

import orjson

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.forward.letter import Letter

RECEIPTS_TOPIC = "forward.receipts.v1"
UNDELIVERED_TOPIC = "forward.undelivered.v1"
Outcome = Literal["delivered", "fallback", "undelivered"]
REASON_CHARACTERS_MOST = 300


def receipt(target: str, letter: Letter, outcome: str, said: str, tries: int, at_s: float) -> OutputRecord:
    """One line for whoever asks later whether somebody was told, and when."""
    told = {
        "target": target,
        "outcome": outcome,
        "said": said[:REASON_CHARACTERS_MOST],
        "tries": tries,
        "at": datetime.fromtimestamp(at_s, UTC).isoformat(),
        "after_s": round(max(0.0, at_s - letter.written_s), 3),
        "ce_id": letter.id,
        "decision_id": letter.told.get("decision_id"),
        "alert_id": letter.told.get("alert_id"),
        "transition": letter.step or None,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
    }
    return OutputRecord(topic=RECEIPTS_TOPIC, key=letter.key, value=orjson.dumps(told))


def undelivered(target: str, letter: Letter, said: str, tries: int, at_s: float) -> OutputRecord:
    """The letter as it was, with who did not take it and why."""
    told = (
        ("target", target.encode()),
        ("reason", said[:REASON_CHARACTERS_MOST].encode()),
        ("tries", str(tries).encode()),
        ("given-up-at", datetime.fromtimestamp(at_s, UTC).isoformat().encode()),
        ("source-topic", letter.topic.encode()),
        ("source-partition", str(letter.partition).encode()),
        ("source-offset", str(letter.offset).encode()),
    )
    return OutputRecord(topic=UNDELIVERED_TOPIC, key=letter.key, value=letter.value, headers=(*letter.headers, *told))
