"""What the audit must keep about an input that was not simply judged."""

from typing import Literal

from blinwatch.core.alert_lifecycle import short_hash
from blinwatch.core.decisions import InputNote
from blinwatch.core.events import PatientEvent, Tick

NoteKind = Literal["late_beyond_window", "duplicate", "command_refused", "lab_refused"]


def note_on(patient_id: str, event: PatientEvent | Tick, kind: NoteKind, detail: str) -> InputNote:
    """A note on one event; the same event and kind give the same note id every time."""
    return InputNote(
        decision_id=short_hash(patient_id, kind, event.event_id),
        patient_id=patient_id,
        note=kind,
        detail=detail,
        occurred_at=event.occurred_at,
        caused_by=event.event_id,
    )
