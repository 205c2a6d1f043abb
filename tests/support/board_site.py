"""A ward with a worker and a board, for tests in a browser: what hospital systems write about its patients."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from tests.support.board_process import BoardProcess
from tests.support.embedded import PlainWriter


@dataclass
class Site:
    """A ward with a worker and a board."""

    bootstrap: str
    folder: Path
    writer: PlainWriter
    board: BoardProcess
    number: int = 0

    def tell(self, topic: str, patient_id: str, kind: str, minutes_ago: float, **fields: Any) -> None:
        """One event of a patient, as a hospital system would write it."""
        self.number += 1
        moment = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        event = {
            "type": kind,
            "event_id": f"{patient_id}-{self.number}",
            "patient_id": patient_id,
            "occurred_at": moment.isoformat(),
            "source": "test",
            **fields,
        }
        self.writer.write(topic, patient_id, orjson.dumps(event))
        self.writer.flush()

    def admit(self, patient_id: str, ward: str = "haematology") -> None:
        """An adult on the first day of the first cycle, of whom nothing is wrong."""
        self.tell(
            "therapy.orders.v1", patient_id, "therapy_ordered", 120,
            phase="rr", cycle=1, weight_kg=71.5, birth_date="1991-11-02", ward=ward, label_region="US",
            dose_plan=[{"from_cycle_day": 1, "dose_mcg_day": 9}, {"from_cycle_day": 8, "dose_mcg_day": 28}],
            bag_type_h=24, bag_label_rate_ml_h=10, location="inpatient", obs_interval_h=4,
        )  # fmt: skip
        self.measure(patient_id, minutes_ago=90)

    def measure(self, patient_id: str, minutes_ago: float = 0.1, **signals: Any) -> None:
        """A round of observations."""
        calm = {
            "temperature_c": 36.8, "heart_rate_bpm": 80, "respiratory_rate_per_min": 16, "spo2_pct": 98,
            "sbp_mmhg": 122, "dbp_mmhg": 75, "o2_device": "room_air", "consciousness": "alert",
        }  # fmt: skip
        told = {"monitoring": "spot", **calm, **signals}
        self.tell("vitals.observed.v1", patient_id, "vitals_observed", minutes_ago, **told)

    def worsen(self, patient_id: str) -> None:
        """Fever with hypoxia on a non-rebreather mask: CRS grade 3 (CRS-8)."""
        oxygen = {"spo2_pct": 93, "o2_device": "non_rebreather", "o2_flow_l_min": 15}
        self.measure(patient_id, temperature_c=39.4, heart_rate_bpm=125, **oxygen)
