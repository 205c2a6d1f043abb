"""Rows of a trend store, made by hand."""

from typing import Any

from blinwatch.board.trends.trend_store import Mark, Reading, Signal, Transition, TrendBatch, Watch

START_MS = 1_772_323_200_000
"""2026-03-01 00:00 UTC: the beginning of a day, so that days and buckets are easy to count."""
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
PATIENT = "pt-0001"


def reading(at_ms: int, value: float, signal: Signal = "temperature_c", **changes: Any) -> Reading:
    told: dict[str, Any] = {"patient_id": PATIENT, "signal": signal, "at_ms": START_MS + at_ms, "value": value}
    return Reading(**{**told, **changes})


def mark(mark_id: str, at_ms: int, **changes: Any) -> Mark:
    moment_ms = START_MS + at_ms
    told: dict[str, Any] = {
        "mark_id": mark_id,
        "patient_id": PATIENT,
        "kind": "grade",
        "at_ms": moment_ms,
        "as_of_ms": moment_ms,
        "code": "CRS_G1",
    }
    return Mark(**{**told, **changes})


def transition(decision_id: str, at_ms: int, step: str = "raised", **changes: Any) -> Transition:
    told: dict[str, Any] = {
        "decision_id": decision_id,
        "alert_id": "a1",
        "patient_id": PATIENT,
        "ward": "haematology",
        "at_ms": START_MS + at_ms,
        "step": step,
        "key": "CRS",
        "code": "CRS_G1",
        "rule_id": "CRS-2",
        "priority": "medium",
        "inhibited": False,
        "late": False,
        "reason": None,
    }
    return Transition(**{**told, **changes})


def watch(at_ms: int, **changes: Any) -> Watch:
    told: dict[str, Any] = {"patient_id": PATIENT, "ward": "haematology", "at_ms": START_MS + at_ms}
    return Watch(**{**told, **changes})


def batch(**rows: Any) -> TrendBatch:
    return TrendBatch(**{"next_offsets": {}, **rows})
