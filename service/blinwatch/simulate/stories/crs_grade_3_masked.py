"""CRS rises from grade 1 to grade 3; tocilizumab takes the fever away and the grade stays."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import Curve
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import FOUR_HOURLY_MIN, Course, Rounds


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    course = Course(
        temperature_c=Curve(((2.5, 0.0), (4.0, 2.0), (6.0, 2.6), (9.5, 2.4), (12.0, 0.2), (16.0, 0.0))),
        sbp_mmhg=Curve(((6.0, 0.0), (7.4, -42.0), (10.0, -42.0), (14.0, -6.0), (20.0, 0.0))),
        respiratory_rate_per_min=Curve(((4.0, 0.0), (8.0, 4.0), (14.0, 0.0))),
        rounds=(
            Rounds(0.0, FOUR_HOURLY_MIN),
            Rounds(4.0, 120),
            Rounds(7.5, 60),
            Rounds(9.0, 15),
            Rounds(18.0, 60),
            Rounds(24.0, FOUR_HOURLY_MIN),
        ),
        cuff=(Rounds(0.0, 30), Rounds(7.5, 15), Rounds(18.0, 30)),
    )
    treatment = [
        give(setting, 4.5, "paracetamol", dose_mg=1000.0, route="oral"),
        give(setting, 7.7, "sodium chloride 0.9 %", route="iv", fluid_bolus_for_hypotension=True),
        give(setting, 9.0, "norepinephrine", action="started", route="iv"),
        give(setting, 9.2, "dexamethasone", dose_mg=8.0, route="iv", purpose="crs_treatment"),
        give(setting, 9.5, "tocilizumab", dose_mg=float(min(800, round(8 * patient.weight_kg))), route="iv"),
        give(setting, 16.0, "norepinephrine", action="stopped", route="iv"),
    ]
    stopped = Interruption(at_h=9.1, duration_h=34.0, gap_reason="adverse_reaction")
    plan = InfusionPlan(infused_h_before=30.0, interruptions=(stopped,))
    return tell_story(patient, setting, plan=plan, course=course, extra=treatment)


STORY = Story(
    name="crs-grade-1-to-3-tocilizumab-hides-the-fever",
    summary="Fever on day 2, hypotension, one vasopressor; tocilizumab normalises the temperature within hours.",
    expects="Grade 1, 2, then 3 on the vasopressor. The grade stays 3 without fever until the vasopressor has been "
    "off for an hour. The stopped infusion is an interruption, past 4 hours of high priority, and its bag grows "
    "too old while it hangs.",
    tell=_tell,
)
