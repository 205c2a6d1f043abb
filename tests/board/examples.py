"""A patient's status and alerts as the topics hold them: the catalogue's own examples, changed where needed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter

from blinwatch.core.decisions import Alert, PatientStatus, StandingAlert

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples"
STATUS_BYTES = (EXAMPLES / "patients.status.v1" / "patient-status.json").read_bytes()
ALERT_BYTES = (EXAMPLES / "alerts.active.v1" / "alert.json").read_bytes()
STATUS = TypeAdapter(PatientStatus).validate_json(STATUS_BYTES)
ALERT = TypeAdapter(Alert).validate_json(ALERT_BYTES)


def changed(raw: bytes, **fields: Any) -> bytes:
    """A record with other fields."""
    return orjson.dumps({**orjson.loads(raw), **fields})


def well(patient_id: str = "pt-well", **fields: Any) -> PatientStatus:
    """A patient of whom nothing stands: no grade, no alert, nothing silent."""
    calm = {
        "patient_id": patient_id,
        "alerts": (),
        "silent": (),
        "crs": replace(STATUS.crs, current="CRS_G0"),
        "icans": replace(STATUS.icans, current="ICANS_G0"),
    }
    return replace(STATUS, **{**calm, **fields})


def standing(priority: str, state: str = "active", **fields: Any) -> StandingAlert:
    """An alert of a status."""
    return replace(STATUS.alerts[0], priority=priority, state=state, **fields)
