"""The alarm load as the page gets it: the same figures as the CSV, and the targets beside them."""

from dataclasses import asdict
from typing import Any

from blinwatch.board.alarm_load import (
    TARGET_HIGH_SHARE,
    TARGET_PER_PATIENT_DAY,
    AlarmLoad,
    CodeLoad,
    most_overridden,
)

LOAD_DAYS = (1, 7, 28)
"""Spans a page may ask for: a day, a week, a cycle."""
OVERRIDDEN_MOST = 10


def load_page(load: AlarmLoad) -> dict[str, Any]:
    """What the page draws; moments in ms since 1970 UTC."""
    return {
        "since": load.since_ms,
        "until": load.until_ms,
        "ward": load.ward,
        "patient_days": load.patient_days,
        "within_target": load.within_target,
        "target": {"per_patient_day": TARGET_PER_PATIENT_DAY, "high_share": TARGET_HIGH_SHARE},
        "total": asdict(load.total),
        "priorities": {priority: asdict(figures) for priority, figures in load.by_priority.items()},
        "codes": [_code(row) for row in load.by_code],
        "overridden": [_code(row) for row in most_overridden(load, OVERRIDDEN_MOST)],
    }


def _code(row: CodeLoad) -> dict[str, Any]:
    return {"rule_id": row.rule_id, "code": row.code, "priority": row.priority, "load": asdict(row.load)}
