"""The full dose is started more than a day before the starting dose has run its seven days."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    plan = InfusionPlan(infused_h_before=136.0, step_at_infused_h=143.0)
    return tell_story(patient, setting, plan=plan, course=Course())


STORY = Story(
    name="full-dose-a-day-too-early",
    summary="Somebody counts six days instead of seven: the step to the full dose comes at 143 infused hours.",
    expects="A high alert that the step is early, from the moment the full dose is programmed.",
    tell=_tell,
)
