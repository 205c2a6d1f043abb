"""Patients of whom events came later than the window, and from which moment on that leaves their course open.

Within the window (docs/decisions/0003) every order of events gives one judgement. An event beyond it counts as of the
window's end, and where that end is depends on what other topics have told by then. Kafka's log does not say in which
order two topics were read: a burst of vitals and pump reports that a monitor held back for twenty minutes is judged
rightly in several ways. The fault-free run is one of them, the run that was watched another.

So from the first event on that either run calls beyond the window, decisions about that patient may differ; before it,
and of everybody else, they may not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import AUDIT_TOPIC
from tests.aftermath.remains import Stored

BEYOND = b'"late_beyond_window"'


@dataclass(frozen=True)
class VeryLate:
    """Patient to the moment of the first event that came beyond the window, in either run."""

    since: Mapping[str, datetime]

    def leaves_open(self, content: bytes) -> bool:
        """Whether a decision with this content may differ between two faultless runs."""
        said = decision_in(content)
        since = self.since.get(said.get("patient_id", ""))
        return since is not None and datetime.fromisoformat(said["occurred_at"]) >= since


def find_very_late(records: Iterable[OutputRecord | Stored]) -> VeryLate:
    """From the notes in the audit records of both runs."""
    since: dict[str, datetime] = {}
    for record in records:
        if record.topic == AUDIT_TOPIC and BEYOND in (record.value or b""):
            said = decision_in(record.value or b"")
            at = datetime.fromisoformat(said["occurred_at"])
            since[said["patient_id"]] = min(at, since.get(said["patient_id"], at))
    return VeryLate(since)


def decision_in(content: bytes) -> dict[str, Any]:
    """The decision itself, of an audit record too."""
    said: dict[str, Any] = orjson.loads(content or b"{}")
    return said.get("decision", said)
