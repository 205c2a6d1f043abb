"""Letters for tests, made of the committed examples of alerts.lifecycle.v1."""

import copy
from pathlib import Path
from typing import Any

import orjson

from blinwatch.deliver.publish_decisions import LIFECYCLE_TOPIC
from blinwatch.forward.letter import Letter

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples" / LIFECYCLE_TOPIC
RAISED: dict[str, Any] = orjson.loads((EXAMPLES / "alert-transition-raised.json").read_bytes())


def told(step: str = "raised", number: int = 1, **alert: Any) -> dict[str, Any]:
    """A transition of alert `number`."""
    made = copy.deepcopy(RAISED)
    made["alert"] |= {"alert_id": f"alert-{number}", "priority": "high", "code": "CRS_G3", **alert}
    return {**made, "alert_id": f"alert-{number}", "transition": step, "decision_id": f"decision-{number}-{step}"}


def headers(step: str = "raised", number: int = 1, *, page: bool | None = None) -> tuple[tuple[str, bytes], ...]:
    calls = step == "raised" if page is None else page
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", f"decision-{number}-{step}{'.page' if calls else ''}".encode()),
        ("ce_source", b"urn:blinwatch:topic:alerts.lifecycle.v1"),
        ("ce_type", b"blinwatch.alert_transition.v1"),
        ("ce_subject", b"pt-4f7a"),
        ("content-type", b"application/json"),
        ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("priority", b"high"),
        ("page", b"yes" if calls else b"no"),
        ("delivery", b"live"),
    )


def letter(
    step: str = "raised", number: int = 1, *, page: bool | None = None, written_s: float = 1000.0, **alert: Any
) -> Letter:
    return Letter(
        topic=LIFECYCLE_TOPIC,
        partition=0,
        offset=number,
        key=b"pt-4f7a",
        value=orjson.dumps(told(step, number, **alert)),
        headers=headers(step, number, page=page),
        written_s=written_s,
    )
