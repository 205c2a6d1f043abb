"""Somebody flushes the line at a bag change: the drug in the line goes in as a bolus."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan, Mistake
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    plan = InfusionPlan(infused_h_before=20.0, mistakes=(Mistake(bag_change=1, kind="flush"),))
    return tell_story(patient, setting, plan=plan, course=Course())


STORY = Story(
    name="flush-at-a-bag-change",
    summary="During a bag change the line that holds drug is flushed with 5 mL.",
    expects="One high alert at the flush; it stays current for 24 hours. The bag change itself raises nothing.",
    tell=_tell,
)
