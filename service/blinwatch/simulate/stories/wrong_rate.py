"""After a bag change the pump runs at the wrong rate until the second check finds it."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan, Mistake
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    # 30 % too fast for 25 minutes is 7.5 minutes' worth too much: a deviation, still no bolus (INF-11: 15
    # minutes' worth).
    wrong = Mistake(bag_change=1, kind="wrong_rate", rate_factor=1.3, corrected_after_min=25)
    plan = InfusionPlan(phase="consolidation", cycle=3, infused_h_before=45.0, mistakes=(wrong,))
    return tell_story(patient, setting, plan=plan, course=Course())


STORY = Story(
    name="wrong-rate-after-a-bag-change",
    summary="The new bag is started 30 % too fast and set right after 25 minutes.",
    expects="A rate deviation once it has lasted 10 minutes, gone after the correction.",
    tell=_tell,
)
