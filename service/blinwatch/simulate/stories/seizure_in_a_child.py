"""A child with a brief seizure: CAPD instead of ICE, grade 3, and a second seizure that ends the treatment."""

from collections.abc import Iterator
from dataclasses import replace

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.charting import Charting, Examination, well
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.patient import child
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = child(setting.seed, setting.patient_id, setting.ward)
    seizure = replace(well(patient, 12), seizure="brief_resolved", seizure_duration_s=90.0, loc="awakens_voice")
    charting = Charting(
        examinations=(
            Examination(3.0, well(patient, 5), 4.0),
            Examination(5.0, seizure, 2.0),
            Examination(6.0, replace(well(patient, 9), loc="drowsy_awakens_spontaneously"), 4.0),
            Examination(14.0, seizure, 2.0),
            Examination(15.0, well(patient, 7), 4.0),
        ),
    )
    treatment = [
        give(setting, 5.1, "lorazepam", dose_mg=2.0, route="iv"),
        give(setting, 5.6, "dexamethasone", dose_mg=5.0, route="iv", purpose="neuro_treatment"),
        give(setting, 14.1, "lorazepam", dose_mg=2.0, route="iv"),
    ]
    stopped = Interruption(at_h=5.05, duration_h=200.0, gap_reason="adverse_reaction")
    plan = InfusionPlan(cycle=2, infused_h_before=80.0, interruptions=(stopped,))
    return tell_story(patient, setting, plan=plan, course=Course(), charting=charting, extra=treatment)


STORY = Story(
    name="child-with-two-seizures",
    summary="A child on day 4 of cycle 2: CAPD 5, a seizure of 90 s, lorazepam; nine hours later a second seizure.",
    expects="ICANS grade 3 by the seizure; the sedative is asked about. Interrupt at the first seizure, "
    "discontinue for good at the second.",
    tell=_tell,
)
