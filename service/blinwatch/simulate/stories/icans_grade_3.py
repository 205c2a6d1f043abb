"""ICANS rises from a slip in the ICE score to grade 3, the infusion is stopped, the patient comes back."""

from collections.abc import Iterator
from dataclasses import replace

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.charting import Charting, Examination, well
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import Course


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    drowsy = replace(well(patient, 5), loc="awakens_voice", motor_weakness="tremor")
    charting = Charting(
        examinations=(
            Examination(2.0, replace(well(patient, 9), motor_weakness="tremor"), 4.0),
            Examination(6.0, drowsy, 4.0),
            Examination(8.0, replace(drowsy, ice_score=1, loc="awakens_tactile"), 2.0),
            Examination(26.0, replace(well(patient, 6), loc="drowsy_awakens_spontaneously"), 4.0),
            Examination(34.0, well(patient, 8), 4.0),
            Examination(58.0, well(patient), 4.0),
        ),
    )
    treatment = [
        give(setting, 8.2, "dexamethasone", dose_mg=8.0, route="iv", purpose="neuro_treatment"),
        give(setting, 16.2, "dexamethasone", dose_mg=8.0, route="iv", purpose="neuro_treatment"),
        give(setting, 24.2, "dexamethasone", dose_mg=8.0, route="iv", purpose="neuro_treatment"),
        give(setting, 8.5, "levetiracetam", dose_mg=500.0, route="iv"),
    ]
    stopped = Interruption(at_h=8.1, duration_h=200.0, gap_reason="adverse_reaction")
    plan = InfusionPlan(cycle=2, infused_h_before=60.0, interruptions=(stopped,))
    return tell_story(patient, setting, plan=plan, course=Course(), charting=charting, extra=treatment)


STORY = Story(
    name="icans-grade-1-to-3-infusion-stopped-in-time",
    summary="On day 3 of cycle 2 a tremor and ICE 9, then drowsy, then awake to touch only with ICE 1; dexamethasone.",
    expects="ICANS grade 1, 2, then 3, each part shown. Label advice: interrupt, then wait until 72 h at grade 1 or "
    "less, then the low dose in the same cycle, within 168 h.",
    tell=_tell,
)
