"""Nothing goes wrong: the last day at the starting dose, the step to the full dose, and on."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    return tell_story(patient, setting, plan=InfusionPlan(infused_h_before=150.0), course=Course())


STORY = Story(
    name="uneventful-step-to-the-full-dose",
    summary="An adult with relapsed leukaemia reaches the step of cycle 1; probes slip and patients move, no more.",
    expects="No alert at all.",
    tell=_tell,
)
