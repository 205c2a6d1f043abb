"""Neutropenic fever beside CRS, then enzymes above five times normal."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.charting import Charting
from blinwatch.simulate.curve import Curve
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import FOUR_HOURLY_MIN, Course, Rounds


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    course = Course(
        temperature_c=Curve(((2.0, 0.0), (3.5, 2.0), (9.0, 1.8), (13.0, 0.2))),
        rounds=(Rounds(0.0, FOUR_HOURLY_MIN), Rounds(3.0, 60), Rounds(14.0, 110)),
    )
    charting = Charting(
        laboratory={
            "anc": Curve(((0.0, -2.2), (48.0, -2.3))),
            "alt": Curve(((0.0, 20.0), (12.0, 90.0), (24.0, 230.0), (48.0, 120.0))),
            "ast": Curve(((0.0, 15.0), (12.0, 70.0), (24.0, 160.0), (48.0, 90.0))),
        },
        blood_every_h=12.0,
    )
    treatment = [give(setting, 4.2, "piperacillin-tazobactam", dose_mg=4500.0, route="iv")]
    plan = InfusionPlan(infused_h_before=70.0)
    return tell_story(patient, setting, plan=plan, course=course, charting=charting, extra=treatment)


STORY = Story(
    name="neutropenic-fever-then-liver-enzymes-above-five-times-normal",
    summary="Day 4 of cycle 1: fever with 0.2 neutrophils; antibiotics; a day later ALT above five times normal.",
    expects="Febrile neutropenia at once and beside CRS grade 1, never instead of it; then the liver, and the label's "
    "advice to interrupt.",
    tell=_tell,
)
