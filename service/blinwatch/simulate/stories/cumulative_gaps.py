"""Three stops of under an hour and a half, none of them long, add up to more than four hours in a day."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    stops = tuple(Interruption(at_h=hour, duration_h=1.4) for hour in (2.0, 6.0, 10.0))
    plan = InfusionPlan(phase="mrd", cycle=1, bag_type_h=96, infused_h_before=80.0, interruptions=stops)
    return tell_story(patient, setting, plan=plan, course=Course())


STORY = Story(
    name="three-short-stops-add-up-to-four-hours",
    summary="Scan, shower and line trouble: three stops of 84 minutes within a day.",
    expects="A short interruption at each stop, gone at its restart; an advisory once the day's gaps reach four hours.",
    tell=_tell,
)
