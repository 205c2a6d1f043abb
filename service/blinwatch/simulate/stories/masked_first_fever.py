"""The first sign of CRS is shock without fever, because dexamethasone and paracetamol hide the fever."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import Curve
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import FOUR_HOURLY_MIN, Course, Rounds


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    course = Course(
        temperature_c=Curve(((8.0, 0.0), (10.0, 0.6), (13.5, 0.6), (15.0, 2.0), (18.0, 2.0), (24.0, 0.2))),
        sbp_mmhg=Curve(((10.0, 0.0), (11.2, -40.0), (13.0, -40.0), (19.0, -4.0), (24.0, 0.0))),
        rounds=(Rounds(0.0, FOUR_HOURLY_MIN), Rounds(11.4, 60), Rounds(24.0, FOUR_HOURLY_MIN)),
        cuff=(Rounds(0.0, 30), Rounds(11.0, 15), Rounds(24.0, 30)),
    )
    treatment = [
        give(setting, 8.5, "paracetamol", dose_mg=1000.0, route="oral"),
        give(setting, 12.0, "sodium chloride 0.9 %", route="iv", fluid_bolus_for_hypotension=True),
    ]
    return tell_story(patient, setting, plan=InfusionPlan(), course=course, extra=treatment)


STORY = Story(
    name="shock-without-fever-under-premedication",
    summary="Hypotension nine hours after first drop; dexamethasone and paracetamol keep the temperature "
    "below 38 °C, "
    "the fever shows when the paracetamol wears off.",
    expects="A high alert for suspected masked CRS while there is no fever, and grade 2 as soon as there is.",
    tell=_tell,
)
