"""Heart rate and breathing rise hours before a fever is charted; a hospital has the early warning switched on."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import Curve
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import FOUR_HOURLY_MIN, Course, Rounds


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    course = Course(
        temperature_c=Curve(((9.5, 0.0), (14.5, 1.9), (24.0, 1.9))),
        heart_rate_bpm=Curve(((7.5, 0.0), (9.0, 18.0), (24.0, 18.0))),
        respiratory_rate_per_min=Curve(((7.5, 0.0), (9.0, 5.5), (24.0, 5.5))),
        rounds=(Rounds(0.0, FOUR_HOURLY_MIN), Rounds(15.5, 120)),
    )
    return tell_story(patient, setting, plan=InfusionPlan(infused_h_before=20.0), course=course)


STORY = Story(
    name="heart-and-breathing-rise-hours-before-the-fever",
    summary="On the second day heart rate and breathing climb and stay up; the fever is charted hours later.",
    expects="Where the hospital has switched the early warning on: one notice of low priority that names both signs "
    "with the patient's own baseline, hidden by CRS grade 1 when the fever is charted. Otherwise only grade 1.",
    tell=_tell,
)
