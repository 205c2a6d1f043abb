"""What every clinical story is told with."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from blinwatch.core.events import MedicationAdministered
from blinwatch.simulate.arrival import Arrival, merge
from blinwatch.simulate.charting import NOTHING_WRONG, Charting, tell_examinations, tell_laboratory
from blinwatch.simulate.curve import HOUR_S
from blinwatch.simulate.infusion import tell_infusion
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import VirtualPatient
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.vitals import Course, tell_vitals

_CHARTED_AFTER_S = 15
"""Past the full minute, when the monitor reports: which of two events of one second came first would be chance."""


@dataclass(frozen=True, slots=True)
class Story:
    """A named clinical story.

    The name is a clinical sentence; `expects` says what a clinician should be told.
    """

    name: str
    summary: str
    expects: str
    tell: Callable[[StorySetting], Iterator[Arrival]]


def tell_story(
    patient: VirtualPatient,
    setting: StorySetting,
    *,
    plan: InfusionPlan,
    course: Course,
    charting: Charting = NOTHING_WRONG,
    extra: Iterable[Arrival] = (),
) -> Iterator[Arrival]:
    """Vital signs, infusion, examinations, laboratory and `extra` events as one stream, up to the end of the story."""
    within = [one for one in extra if one.offset_s < setting.duration_s]
    ordered = sorted(within, key=lambda one: (one.offset_s, one.event.event_id))
    return merge(
        tell_vitals(patient, course, setting),
        tell_infusion(patient, plan, setting),
        tell_examinations(patient, charting, setting),
        tell_laboratory(patient, charting, setting),
        ordered,
    )


def give(setting: StorySetting, hour: float, drug: str, **fields: Any) -> Arrival:
    """A drug given, started or stopped about that hour; `fields` are those of `MedicationAdministered`."""
    offset_s = round(hour * HOUR_S) + _CHARTED_AFTER_S
    action = str(fields.get("action", "given"))
    kind = f"{drug.split(maxsplit=1)[0].lower()}_{action}"
    return Arrival(
        offset_s,
        MedicationAdministered(
            event_id=setting.event_id(kind, offset_s),
            patient_id=setting.patient_id,
            occurred_at=setting.moment(offset_s),
            source="simulated-pharmacy",
            drug=drug,
            **fields,
        ),
    )
