"""The infusion is restarted after five hours, and nobody premedicated again."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    away = Interruption(at_h=2.0, duration_h=5.0, premedicated=False)
    plan = InfusionPlan(infused_h_before=70.0, interruptions=(away,))
    return tell_story(patient, setting, plan=plan, course=Course())


STORY = Story(
    name="restart-after-five-hours-without-premedication",
    summary="A catheter change takes five hours; the infusion is restarted without dexamethasone.",
    expects="A 4-hour interruption while it lasts, and missing premedication at the restart, current for 24 hours.",
    tell=_tell,
)
