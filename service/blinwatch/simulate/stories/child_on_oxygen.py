"""A child with fever needs a little oxygen: CRS grade 2 by a child's own limits."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import Curve
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import child
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import FOUR_HOURLY_MIN, Course, Oxygen, Rounds


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = child(setting.seed, setting.patient_id, setting.ward)
    course = Course(
        temperature_c=Curve(((3.0, 0.0), (4.0, 1.8), (8.0, 2.2), (14.0, 0.6), (20.0, 0.0))),
        # Lower than an adult may have, and normal for the age: 70 + 2 x completed years is the limit.
        sbp_mmhg=Curve(((4.0, 0.0), (6.0, -10.0), (14.0, 0.0))),
        respiratory_rate_per_min=Curve(((4.0, 0.0), (6.0, 8.0), (14.0, 0.0))),
        spo2_pct=Curve(((5.0, 0.0), (6.2, -9.0), (6.8, -2.5), (16.0, 0.0))),
        oxygen=(Oxygen(0.0, "room_air"), Oxygen(6.5, "nasal_cannula", 2.0), Oxygen(15.0, "room_air")),
        rounds=(Rounds(0.0, FOUR_HOURLY_MIN), Rounds(4.0, 120), Rounds(5.3, 60), Rounds(20.0, FOUR_HOURLY_MIN)),
    )
    treatment = [give(setting, 4.4, "paracetamol", dose_mg=float(round(15 * patient.weight_kg)), route="oral")]
    plan = InfusionPlan(bag_type_h=24, infused_h_before=20.0)
    return tell_story(patient, setting, plan=plan, course=course, extra=treatment)


STORY = Story(
    name="child-with-fever-on-nasal-oxygen",
    summary="A child below 45 kg, dosed by body surface, has fever and needs 2 L/min by nasal cannula for some hours.",
    expects="Grade 1 with the fever, grade 2 with the low SpO2 and on oxygen. No hypotension: 90 mmHg is "
    "normal at this age.",
    tell=_tell,
)
