"""A ward that lives now: patients with monitors, and single events that make a patient worse.

What:      every patient has an order, a running pump and vital signs at a steady interval, written as any sender would.
           `probe` takes a patient one step further on a course of which each step raises an alert of its own: grades
           of CRS and ICANS, drugs that interact. What a monitor shows after a step, it goes on showing.
Caveats:   times are this machine's now; the noise of the signs stays within every limit.
"""

import itertools
import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import orjson
from confluent_kafka import Producer

CALM: dict[str, Any] = {
    "temperature_c": 36.8,
    "heart_rate_bpm": 80,
    "respiratory_rate_per_min": 16,
    "spo2_pct": 98,
    "sbp_mmhg": 122,
    "dbp_mmhg": 75,
    "o2_device": "room_air",
    "consciousness": "alert",
}
FEVER = {"temperature_c": 38.3, "heart_rate_bpm": 96}
_ICE_LOST = {"orientation": 0, "naming": 0, "command": 0, "writing": 0, "attention": 0}
_EXAMINED = {"loc": "alert", "seizure": "none", "motor_weakness": "none"}
STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("medications.administered.v1", "medication_administered", {"drug": "warfarin", "action": "given", "dose_mg": 5}),
    ("medications.administered.v1", "medication_administered", {"drug": "sirolimus", "action": "given"}),
    (
        "assessments.recorded.v1",
        "neuro_assessed",
        {"findings": {"ice_items": {**_ICE_LOST, "orientation": 4, "naming": 3, "command": 1}, **_EXAMINED}},
    ),
    (
        "vitals.observed.v1",
        "vitals_observed",
        {"temperature_c": 38.4, "spo2_pct": 94, "o2_device": "nasal_cannula", "o2_flow_l_min": 2},
    ),
    (
        "assessments.recorded.v1",
        "neuro_assessed",
        {"findings": {"ice_items": {**_ICE_LOST, "orientation": 4}, **_EXAMINED}},
    ),
    ("medications.administered.v1", "medication_administered", {"drug": "ciclosporin", "action": "given"}),
    (
        "vitals.observed.v1",
        "vitals_observed",
        {"temperature_c": 38.6, "spo2_pct": 93, "o2_device": "non_rebreather", "o2_flow_l_min": 15},
    ),
    (
        "assessments.recorded.v1",
        "neuro_assessed",
        {"findings": {"ice_items": {**_ICE_LOST, "orientation": 1}, **_EXAMINED, "loc": "awakens_tactile"}},
    ),
    ("medications.administered.v1", "medication_administered", {"drug": "phenytoin", "action": "given"}),
    ("medications.administered.v1", "medication_administered", {"drug": "theophylline", "action": "given"}),
    ("medications.administered.v1", "medication_administered", {"drug": "carbamazepine", "action": "given"}),
)
"""What befalls a patient, one after another: topic, type of event, what it says."""
TURN_S = 0.01
JOIN_S = 60.0
"""The patients come one after another, so that their statuses (one a minute where nothing happens) are spread too."""


class LiveWard:
    """Patients of now; a context manager whose thread writes their monitors' reports."""

    def __init__(self, bootstrap: str, patients: int, feverish: int, interval_s: float = 1) -> None:
        """`feverish`: so many have a fever from the beginning; only they can be taken through all steps.

        `interval_s`: between two reports of a patient's monitor.
        """
        self._interval_s = interval_s
        self._producer: Any = Producer(
            {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 0, "log_level": 0}
        )
        self.names = [f"bed-{number:03d}" for number in range(1, patients + 1)]
        self._signs: dict[str, dict[str, Any]] = {name: dict(CALM) for name in self.names}
        for name in self.names[:feverish]:
            self._signs[name] |= FEVER
        self._place = {name: number for number, name in enumerate(self.names)}
        self._here: set[str] = set()
        self._step = dict.fromkeys(self.names, 0)
        self._chance = random.Random(7)  # noqa: S311 - noise of a monitor
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self.sent = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._producer.flush(10)

    def _admit(self, name: str) -> None:
        number = self._place[name]
        self._tell(
            "therapy.orders.v1", name, "therapy_ordered", 120,
            phase="rr", cycle=1, weight_kg=71.5, birth_date="1991-11-02", ward=f"ward-{number % 4 + 1}",
            label_region="US",
            dose_plan=[{"from_cycle_day": 1, "dose_mcg_day": 9}, {"from_cycle_day": 8, "dose_mcg_day": 28}],
            bag_type_h=24, bag_label_rate_ml_h=10, location="inpatient", obs_interval_h=4,
        )  # fmt: skip
        self._tell("pump.events.v1", name, "delivery_started", 110,
                   device_id=f"pump-{name}", rate_ml_h=10, programmed_dose_mcg_day=9)  # fmt: skip
        self._tell("vitals.observed.v1", name, "vitals_observed", 1, monitoring="continuous", **self._signs[name])

    def probe(self, name: str) -> tuple[str, float]:
        """One step further with a patient; the event's id, and when it was handed to the producer (s since 1970)."""
        topic, kind, fields = STEPS[self._step[name]]
        self._step[name] += 1
        with self._lock:
            if kind == "vitals_observed":
                self._signs[name].update(fields)
                fields = {"monitoring": "continuous", **self._signs[name]}
            at_s = time.time()
            event_id = self._tell(topic, name, kind, 0, **fields)
            self._producer.poll(0)
        return event_id, at_s

    def can_worsen(self, name: str) -> bool:
        """Whether there is a step left."""
        return self._step[name] < len(STEPS)

    def _live(self) -> None:
        began_s, turns = time.monotonic(), self._turns()
        for second, name in turns:
            while time.monotonic() < began_s + second:
                if self._stop.wait(TURN_S):
                    return
            with self._lock:
                if not self._is_here(name, second):
                    continue
                noisy = {
                    **self._signs[name],
                    "heart_rate_bpm": self._signs[name]["heart_rate_bpm"] + self._chance.randint(-3, 3),
                    "respiratory_rate_per_min": 16 + self._chance.randint(-1, 1),
                }
                self._tell("vitals.observed.v1", name, "vitals_observed", 0, monitoring="continuous", **noisy)
                self._producer.poll(0)
            self.sent += 1

    def _is_here(self, name: str, second: float) -> bool:
        """Whether the patient has come; whose turn it is, is admitted."""
        if name not in self._here and second >= JOIN_S * self._place[name] / len(self.names):
            self._admit(name)
            self._here.add(name)
        return name in self._here

    def _turns(self) -> Iterator[tuple[float, str]]:
        """When each report is due: every patient once in an interval, spread over it."""
        for number in itertools.count():
            turn, place = divmod(number, len(self.names))
            yield self._interval_s * (turn + place / len(self.names)), self.names[place]

    def _tell(self, topic: str, name: str, kind: str, minutes_ago: float, **fields: Any) -> str:
        event_id = f"{name}-{next(self._numbers)}"
        event = {
            "type": kind,
            "event_id": event_id,
            "patient_id": name,
            "occurred_at": (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat(),
            "source": "bench",
            **fields,
        }
        self._producer.produce(topic, orjson.dumps(event), name)
        return event_id
