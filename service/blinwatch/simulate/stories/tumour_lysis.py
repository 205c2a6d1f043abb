"""Tumour lysis on the second day: first the laboratory, then the creatinine."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.charting import Charting
from blinwatch.simulate.curve import Curve
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    charting = Charting(
        laboratory={
            "urate": Curve(((4.0, 0.0), (8.0, 260.0), (16.0, 300.0), (36.0, 0.0))),
            "phosphate": Curve(((4.0, 0.0), (8.0, 0.6), (16.0, 0.8), (36.0, 0.0))),
            "potassium": Curve(((4.0, 0.0), (8.0, 1.2), (16.0, 2.1), (36.0, 0.0))),
            "creatinine": Curve(((4.0, 0.0), (12.0, 30.0), (18.0, 110.0), (48.0, 20.0))),
        },
        blood_every_h=6.0,
    )
    plan = InfusionPlan(infused_h_before=26.0)
    return tell_story(patient, setting, plan=plan, course=Course(), charting=charting)


STORY = Story(
    name="tumour-lysis-on-day-2",
    summary="Urate, phosphate and potassium rise within hours on day 2 of cycle 1; the creatinine follows.",
    expects="Laboratory tumour lysis, then clinical tumour lysis with the label's advice to interrupt.",
    tell=_tell,
)
