"""What holds for any patient, whatever happens to him or her: the whole live judgement through its one door.

Goal: the invariants of the judgement as a whole, over events of every domain at once; each domain's own invariants
stand in its folder. Method: logs of tests/core/mixed_events.py, and for what one examination must give, charts with one
value changed. A few hundred logs in every run; `PROPERTY_EXAMPLES=20000 make test-long` asks for more.
"""

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_event_conditions import adverse_event_conditions
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.attribution import attributions_in_force
from blinwatch.core.crs_conditions import crs_conditions
from blinwatch.core.decisions import Alert, AlertTransition, Decision, InputNote, PatientStatus
from blinwatch.core.detect_silence import silence_conditions
from blinwatch.core.dose_conditions import dose_conditions
from blinwatch.core.events import AnyEvent, PatientEvent
from blinwatch.core.evidence import Condition, to_ms
from blinwatch.core.icans_conditions import icans_conditions
from blinwatch.core.infusion_conditions import infusion_conditions
from blinwatch.core.interaction_conditions import interaction_conditions
from blinwatch.core.patient_state import Judgement, PatientState, new_patient, ward_of
from blinwatch.core.step import next_deadline_ms, present, step, thaw
from blinwatch.core.tell_dose import advice_signature
from blinwatch.stream.state_codec import StateWriter, read_state
from tests.core.mixed_events import HOUR_S, MINUTE_S, examples, mixed_logs, with_ticks
from tests.core.stories import PATIENT, START, run, tick


def whole(state: PatientState, rulebook: Rulebook) -> Judgement:
    """All that is judged; not how it was reached, nor how the next report could be judged more cheaply."""
    return replace(present(state, rulebook), log=(), steady=None)


def summary(state: PatientState, rulebook: Rulebook) -> dict[str, Any]:
    """What anybody would act on: grades, codes, standing alerts, advice."""
    j = present(state, rulebook)
    return {
        "crs": None if j.grade is None else (j.grade.code, j.grade.flags, j.course.episode.worst_grade),
        "icans": None if j.neuro.latest is None else (j.neuro.latest.code, j.neuro.latest.flags),
        "ctcae": [None if one is None else one.grade for one in (j.ctcae_crs, j.ctcae_neuro)],
        "infusion": None if j.infusion is None else [one.code for one in j.infusion.verdict.findings],
        "events": None if j.events is None else sorted(one.code for one in j.events.verdicts),
        "alerts": sorted((one.key, one.code, one.level, one.priority, one.state) for one in j.alerts.standing),
        "advice": advice_signature(j.advice),
        "silent": j.silent,
    }


# --- (a) a shift of whole days changes nothing but times ----------------------------------------------------------

_GREGORIAN_CYCLE_DAYS = 146_097
"""Four hundred years: after these the calendar repeats, leap years and birthdays included."""


def shifted(value: Any, by: timedelta) -> Any:
    """The same record with every moment in it moved, and ids that are computed from moments left out."""
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, date):
        return value + by
    if isinstance(value, tuple):
        return tuple(shifted(one, by) for one in value)
    if isinstance(value, dict):
        return {key: shifted(one, by) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: shifted(getattr(value, one.name), by) for one in fields(value)}
        if "decision_id" in changed:
            changed["decision_id"] = ""
        return replace(value, **{name: new for name, new in changed.items() if name != "type"})
    return value


@examples(60)
@given(log=mixed_logs(), days=st.sampled_from([1, 30, 59, 366, _GREGORIAN_CYCLE_DAYS]))
def test_the_same_story_on_another_day_is_judged_alike(log: list[PatientEvent], days: int, rulebook: Rulebook) -> None:
    later = timedelta(days=days)
    _, here = run(with_ticks(log, HOUR_S), rulebook)
    _, there = run([shifted(event, later) for event in with_ticks(log, HOUR_S)], rulebook)
    assert [shifted(said, -later) for said in there] == [shifted(said, timedelta()) for said in here]
