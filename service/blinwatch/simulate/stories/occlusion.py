"""An occlusion stops the pump, and it takes more than four hours until the line runs again."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    blocked = Interruption(at_h=3.0, duration_h=4.5, occlusion=True)
    plan = InfusionPlan(phase="mrd", cycle=1, bag_type_h=96, infused_h_before=60.0, interruptions=(blocked,))
    return tell_story(patient, setting, plan=plan, course=Course())


STORY = Story(
    name="occlusion-becomes-a-four-hour-interruption",
    summary="The line blocks, the pump stops; a new line takes four and a half hours; premedication before "
    "the restart.",
    expects="Occlusion with the flow stopped, a short interruption after 5 minutes, the 4-hour interruption"
    " exactly four "
    "hours after the stop. The restart is premedicated, so nothing is missing.",
    tell=_tell,
)
