"""The bedside monitor sends nothing for an hour: nobody watches by machine."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    plan = InfusionPlan(phase="consolidation", cycle=1, bag_type_h=72, infused_h_before=26.0)
    return tell_story(patient, setting, plan=plan, course=Course(monitor_off_h=((5.0, 6.0),)))


STORY = Story(
    name="monitor-silent-for-an-hour",
    summary="The monitor's feed stops for an hour in the first days of a cycle; the pump is heard all the time.",
    expects="One medium alert that the feed is silent, and none for each of its sensors.",
    tell=_tell,
)
