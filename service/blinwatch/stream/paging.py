"""Who is to be called now: alerts that ask for attention and that nobody has been paged for yet.

What:      every record of alerts.lifecycle.v1 says in headers whether a pager should act on it (`page`), and whether it
           came in time (`delivery`, `delay-s`). An alert that is raised while a partition catches up with the past
           waits here; when the partition has caught up, or after `HOLD_MOST_S`, its newest record is written again
           with `page: yes` and `repeat: yes`, if the alert still stands. What was resolved meanwhile never pages.
Why:       after an outage an hour of alerts comes within seconds. Most are over; those that are not must be heard.
Caveats:   the marks depend on the wall clock, so they are headers: values stay the same in every replay. What waits
           here is stored with the patient's state, so a crash in the middle pages twice at worst, with the same ids
           (docs/decisions/0015).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import orjson

from blinwatch.core.decisions import AlertTransition, TransitionKind
from blinwatch.core.evidence import to_ms
from blinwatch.deliver.cloud_event import as_call
from blinwatch.deliver.output_record import Headers, OutputRecord
from blinwatch.deliver.page_marks import DELAY_S, DELIVERY, PAGE, REPEAT
from blinwatch.stream.stored_state import StateError

LATE_AFTER_MS = 60_000
"""A tick may be 5 s late and a commit or a rebalance takes some 10 s; what is a minute old came another way."""
HOLD_MOST_S = 60.0
"""Catching up with an hour of a hospital takes some seconds. A worker that is still behind after a minute may stay
so, and then an alert that might be over is better than one that nobody hears."""
_CALLING: frozenset[TransitionKind] = frozenset(("raised", "escalated", "unshelved", "uninhibited"))


class Told(NamedTuple):
    """A transition of this batch, its record, and which of the batch's output records that is."""

    transition: AlertTransition
    record: OutputRecord
    place: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What a batch's transitions come to."""

    marked: dict[int, OutputRecord]
    """Place among the batch's outputs to the record with its marks."""
    repeated: list[OutputRecord]
    """Records of earlier batches, written again so that somebody is paged."""
    released: set[str]
    """Patients of whom less waits than before: their states must be written."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    record: OutputRecord
    occurred_at: datetime
    since_s: float | None
    """Since when it waits, on a steady clock; None where that was in another process."""
    place: int | None = None
    """Where the record is among the outputs of the batch under way; None where it was written before."""


class Pages:
    """The alerts of one partition that wait to be paged for."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, _Waiting]] = {}
        """Patient to alert id to what waits."""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def of(self, patient_id: str) -> tuple[OutputRecord, ...]:
        """What waits for one patient: part of what must be remembered."""
        return tuple(waiting.record for waiting in self._waiting.get(patient_id, {}).values())

    def recover(self, patient_id: str, records: Iterable[OutputRecord]) -> None:
        """Take over what waited when the patient's state was stored."""
        for record in records:
            alert_id, occurred_at = _identity(record)
            self._waiting.setdefault(patient_id, {})[alert_id] = _Waiting(record, occurred_at, None)

    def settle(self, told: Sequence[Told], *, is_behind: bool, now: datetime, now_s: float) -> Settled:
        """Mark a batch's transitions and let go of what need not wait any longer.

        `is_behind` tells whether the partition still catches up with the past; `now_s` is a steady clock.
        """
        settled = Settled({}, [], set())
        for one in told:
            self._take(one, now_s)
            settled.marked[one.place] = _marked(one.record, one.transition.occurred_at, now, page=False)
        for patient_id, alerts in list(self._waiting.items()):
            for alert_id, waiting in list(alerts.items()):
                since_s = now_s if waiting.since_s is None else waiting.since_s
                if is_behind and now_s - since_s < HOLD_MOST_S:
                    alerts[alert_id] = replace(waiting, since_s=since_s, place=None)
                    continue
                paged = _marked(waiting.record, waiting.occurred_at, now, page=True)
                if waiting.place is None:
                    settled.repeated.append(replace(paged, headers=(*paged.headers, (REPEAT, b"yes"))))
                else:
                    settled.marked[waiting.place] = paged
                self._drop(patient_id, alert_id)
                settled.released.add(patient_id)
        return settled

    def _take(self, told: Told, now_s: float) -> None:
        transition = told.transition
        patient_id, alert_id = transition.patient_id, transition.alert_id
        before = self._waiting.get(patient_id, {}).get(alert_id)
        if not _wants_attention(transition):
            if before is not None:
                self._drop(patient_id, alert_id)
        elif before is not None or transition.transition in _CALLING:
            since_s = now_s if before is None else before.since_s
            newest = _Waiting(told.record, transition.occurred_at, since_s, told.place)
            self._waiting.setdefault(patient_id, {})[alert_id] = newest

    def _drop(self, patient_id: str, alert_id: str) -> None:
        alerts = self._waiting[patient_id]
        del alerts[alert_id]
        if not alerts:
            del self._waiting[patient_id]


def _wants_attention(transition: AlertTransition) -> bool:
    alert = transition.alert
    return alert.state == "active" and alert.inhibited_by is None


def _marked(record: OutputRecord, occurred_at: datetime, now: datetime, *, page: bool) -> OutputRecord:
    delay_ms = to_ms(now) - to_ms(occurred_at)
    marks: list[tuple[str, bytes]] = [(PAGE, b"yes" if page else b"no")]
    if delay_ms > LATE_AFTER_MS:
        marks += [(DELIVERY, b"late"), (DELAY_S, str(delay_ms // 1000).encode("ascii"))]
    else:
        marks.append((DELIVERY, b"live"))
    headers = as_call(record.headers) if page else record.headers
    return replace(record, headers=(*headers, *marks))


# --- as the changelog keeps it ----------------------------------------------------------------------------------


def write_unpaged(records: Sequence[OutputRecord]) -> bytes:
    """What waits for a patient, as the value of a header of its state."""
    return orjson.dumps(
        [
            {
                "topic": record.topic,
                "key": _text(record.key),
                "value": _text(record.value),
                "headers": [[name, value.decode("utf-8")] for name, value in record.headers],
            }
            for record in records
        ]
    )


def read_unpaged(stored: bytes) -> tuple[OutputRecord, ...]:
    """What waited for a patient; `StateError` when it is not of our form."""
    try:
        return tuple(
            OutputRecord(
                topic=entry["topic"],
                key=entry["key"].encode("utf-8"),
                value=entry["value"].encode("utf-8"),
                headers=_headers(entry["headers"]),
            )
            for entry in orjson.loads(stored)
        )
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise StateError(f"a stored state's alerts to be paged cannot be read ({type(error).__name__})") from error


def _headers(pairs: Iterable[Sequence[str]]) -> Headers:
    return tuple((name, value.encode("utf-8")) for name, value in pairs)


def _text(part: bytes | None) -> str:
    assert part is not None, "a transition has a key and a value"  # noqa: S101 - invariant
    return part.decode("utf-8")


def _identity(record: OutputRecord) -> tuple[str, datetime]:
    """The alert and the time of a stored transition."""
    try:
        value: Mapping[str, str] = orjson.loads(record.value or b"")
        return value["alert_id"], datetime.fromisoformat(value["occurred_at"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StateError(f"a stored state's alerts to be paged cannot be read ({type(error).__name__})") from error
