"""CRS grade 4: several vasopressors, then ventilation; the infusion is stopped for good."""

from collections.abc import Iterator

from blinwatch.core.events import TherapyEnded
from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import HOUR_S, Curve
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import FOUR_HOURLY_MIN, Course, Oxygen, Rounds


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    course = Course(
        temperature_c=Curve(((2.5, 0.0), (4.0, 2.4), (8.0, 3.0), (16.0, 1.6), (30.0, 0.2))),
        sbp_mmhg=Curve(((4.0, 0.0), (5.0, -42.0), (12.0, -44.0), (24.0, -10.0), (36.0, 0.0))),
        respiratory_rate_per_min=Curve(((4.0, 0.0), (6.0, 10.0), (12.0, 4.0), (30.0, 0.0))),
        spo2_pct=Curve(((4.0, 0.0), (5.4, -9.0), (5.8, -4.0), (6.8, -9.0), (7.2, -2.0), (24.0, 0.0))),
        oxygen=(
            Oxygen(0.0, "room_air"),
            Oxygen(5.5, "nasal_cannula", 4.0),
            Oxygen(6.0, "non_rebreather", 15.0),
            Oxygen(7.0, "invasive_ventilation"),
            Oxygen(26.0, "nasal_cannula", 2.0),
            Oxygen(32.0, "room_air"),
        ),
        rounds=(
            Rounds(0.0, FOUR_HOURLY_MIN),
            Rounds(4.0, 60),
            Rounds(5.5, 15),
            Rounds(24.0, 60),
            Rounds(40.0, FOUR_HOURLY_MIN),
        ),
        cuff=(Rounds(0.0, 30), Rounds(4.5, 15), Rounds(24.0, 30)),
    )
    treatment = [
        give(setting, 4.3, "paracetamol", dose_mg=1000.0, route="iv"),
        give(setting, 5.2, "sodium chloride 0.9 %", route="iv", fluid_bolus_for_hypotension=True),
        give(setting, 5.6, "norepinephrine", action="started", route="iv"),
        give(setting, 5.7, "dexamethasone", dose_mg=8.0, route="iv", purpose="crs_treatment"),
        give(setting, 5.9, "tocilizumab", dose_mg=float(min(800, round(8 * patient.weight_kg))), route="iv"),
        give(setting, 6.3, "vasopressin", action="started", route="iv"),
        give(setting, 6.6, "epinephrine", action="started", route="iv"),
        give(setting, 14.0, "epinephrine", action="stopped", route="iv"),
        give(setting, 18.0, "vasopressin", action="stopped", route="iv"),
        give(setting, 24.0, "norepinephrine", action="stopped", route="iv"),
    ]
    ended_s = 9 * HOUR_S
    ended = Arrival(
        ended_s,
        TherapyEnded(
            event_id=setting.event_id("ended", ended_s),
            patient_id=setting.patient_id,
            occurred_at=setting.moment(ended_s),
            source="simulated-orders",
            reason="discontinued",
        ),
    )
    stopped = Interruption(at_h=5.65, duration_h=setting.duration_h, gap_reason="adverse_reaction")
    plan = InfusionPlan(infused_h_before=26.0, interruptions=(stopped,))
    return tell_story(patient, setting, plan=plan, course=course, extra=[*treatment, ended])


STORY = Story(
    name="crs-grade-4-two-vasopressors-then-ventilation",
    summary="High fever, shock on norepinephrine, vasopressin and epinephrine, intubation; therapy is discontinued.",
    expects="Grade 1 to 3 within two hours, 4 with the second counted vasopressor (vasopressin alone does "
    "not make it) "
    "and by ventilation. The alert escalates; one alert, not four.",
    tell=_tell,
)
