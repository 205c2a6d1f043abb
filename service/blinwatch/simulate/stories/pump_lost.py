"""The gateway loses the pump for three quarters of an hour; the pump runs on."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import CommunicationLoss, InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    lost = CommunicationLoss(from_h=3.0, to_h=3.75)
    plan = InfusionPlan(phase="mrd", cycle=2, bag_type_h=96, infused_h_before=200.0, communication_losses=(lost,))
    return tell_story(patient, setting, plan=plan, course=Course())


STORY = Story(
    name="pump-out-of-reach-while-it-runs-on",
    summary="No message from the pump for 45 minutes; its totaliser afterwards shows that nothing was missed.",
    expects="A communication loss after 15 minutes, ended by the return. No interruption.",
    tell=_tell,
)
