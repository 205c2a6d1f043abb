"""Drugs that do not go with the first days: warfarin, an antihypertensive, a live vaccine, an unknown drug."""

from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    drugs = [
        give(setting, 1.0, "Warfarin 5 mg", rxnorm="11289", dose_mg=5.0, route="oral"),
        give(setting, 3.0, "lisinopril", dose_mg=10.0, route="oral"),
        give(setting, 4.0, "oxycodone", dose_mg=5.0, route="oral"),
        give(setting, 6.0, "zanubrutamol", dose_mg=80.0, route="oral"),
        give(setting, 8.0, "paracetamol", dose_mg=1000.0, route="oral"),
        give(setting, 9.0, "cefepime", dose_mg=2000.0, route="iv", same_lumen=True),
    ]
    plan = InfusionPlan(infused_h_before=40.0)
    return tell_story(patient, setting, plan=plan, course=Course(), extra=drugs)


STORY = Story(
    name="warfarin-on-day-2-and-a-drug-on-the-infusion-line",
    summary="An adult on day 2 of cycle 1 takes warfarin, lisinopril, oxycodone and a drug nobody knows; cefepime is "
    "run through the lumen of the infusion.",
    expects="Warfarin in the window of cytokine release, the shared lumen as high priority, the antihypertensive and "
    "cefepime as cautions; the unknown drug listed as unknown, never as safe.",
    tell=_tell,
)
