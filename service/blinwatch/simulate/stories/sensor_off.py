"""The finger probe lies beside the patient for two hours and the monitor sends zeros."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    plan = InfusionPlan(phase="rr", cycle=2, bag_type_h=168, infused_h_before=30.0)
    return tell_story(patient, setting, plan=plan, course=Course(sensor_off_h=((3.0, 5.0),)))


STORY = Story(
    name="finger-probe-off-for-two-hours",
    summary="SpO2, pulse and perfusion read 0 for two hours while heart rate and breathing go on.",
    expects="A low technical alert that the SpO2 sensor is off. No hypoxia, no grade from a zero.",
    tell=_tell,
)
