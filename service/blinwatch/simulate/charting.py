"""What nurses and the laboratory chart of a virtual patient: neurological examinations and daily blood results.

Examinations come at the times section G asks for (every 12 h, every 4 h while something is wrong), blood is taken
every morning and soon after admission.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from blinwatch.core.events import LabResulted, NeuroAssessed
from blinwatch.core.findings import NeuroFindings
from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import FLAT, HOUR_S, MINUTE_S, Curve, seeded
from blinwatch.simulate.patient import VirtualPatient
from blinwatch.simulate.setting import StorySetting

_FIRST_EXAMINATION_S = 10 * MINUTE_S
_FIRST_BLOOD_S = 20 * MINUTE_S
"""A patient is examined and has blood taken within minutes of admission, before the first drop."""
_EXAMINATION_JITTER_S = 10 * MINUTE_S
_BLOOD_EVERY_H = 24.0
_WELL_EVERY_H = 11.5
"""At most 12 h apart when somebody is some minutes late."""


@dataclass(frozen=True, slots=True)
class Examination:
    """From `from_h` on a neurological examination finds this, every `every_h` hours."""

    from_h: float
    findings: NeuroFindings
    every_h: float = _WELL_EVERY_H


@dataclass(frozen=True, slots=True)
class Analyte:
    """A result as the laboratory sends it: code, unit, an ordinary value, its spread, the upper limit of normal."""

    loinc: str
    unit: str
    usual: float
    spread: float
    upper: float | None = None
    decimals: int = 1


PANEL: dict[str, Analyte] = {
    "alt": Analyte("1742-6", "U/L", 24, 4, 40, 0),
    "ast": Analyte("1920-8", "U/L", 26, 4, 40, 0),
    "bilirubin": Analyte("1975-2", "umol/L", 9, 1.5, 21),
    "creatinine": Analyte("2160-0", "umol/L", 68, 5, 104, 0),
    "potassium": Analyte("2823-3", "mmol/L", 4.1, 0.15, 5.1),
    "phosphate": Analyte("2777-1", "mmol/L", 1.1, 0.06, 1.45, 2),
    "calcium": Analyte("17861-6", "mmol/L", 2.3, 0.04, 2.6, 2),
    "urate": Analyte("3084-1", "umol/L", 280, 20, 420, 0),
    "anc": Analyte("751-8", "10*9/L", 2.4, 0.2, None, 2),
    "platelets": Analyte("777-3", "10*9/L", 160, 12, None, 0),
    "albumin": Analyte("1751-7", "g/L", 38, 1.2, None, 0),
    "fibrinogen": Analyte("3255-7", "g/L", 3.0, 0.2, None),
}
"""What is taken every day of the first 9 and what section F asks for besides."""
WELL = NeuroFindings(loc="alert", seizure="none", motor_weakness="none", cerebral_edema="none", icp_sign="none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charting:
    """How the examinations and the blood results of one patient go; empty: nothing is wrong."""

    examinations: tuple[Examination, ...] = ()
    laboratory: Mapping[str, Curve] = field(default_factory=dict[str, Curve])
    """Analyte to its difference from the usual value, over hours since the story's start."""
    blood_every_h: float = _BLOOD_EVERY_H


NOTHING_WRONG = Charting()


def well(patient: VirtualPatient, score: int | None = None) -> NeuroFindings:
    """An examination by the tool for the patient's age: ICE from 12 years, CAPD below; `score` unless normal."""
    if patient.age_years < 12:  # noqa: PLR2004 - section C: CAPD below 12 years
        return replace(WELL, capd_score=0 if score is None else score)
    return replace(WELL, ice_score=10 if score is None else score)


def tell_examinations(patient: VirtualPatient, charting: Charting, setting: StorySetting) -> Iterator[Arrival]:
    """The neurological examinations."""
    chance = seeded(setting.seed, setting.patient_id, "examinations")
    steps = (Examination(0.0, well(patient)), *charting.examinations)
    offset_s = _FIRST_EXAMINATION_S
    while offset_s < setting.duration_s:
        hour = offset_s / HOUR_S
        step = next(one for one in reversed(steps) if one.from_h <= hour)
        yield Arrival(
            offset_s,
            NeuroAssessed(
                event_id=setting.event_id("examination", offset_s),
                patient_id=setting.patient_id,
                occurred_at=setting.moment(offset_s),
                source="simulated-ward",
                findings=step.findings,
            ),
        )
        due_s = offset_s + round(step.every_h * HOUR_S)
        # Somebody sees the patient when something changes, whatever the clock says.
        changes = [round(one.from_h * HOUR_S) for one in steps if offset_s < round(one.from_h * HOUR_S) < due_s]
        offset_s = min(changes) if changes else due_s + chance.randrange(0, _EXAMINATION_JITTER_S)


def tell_laboratory(patient: VirtualPatient, charting: Charting, setting: StorySetting) -> Iterator[Arrival]:
    """The blood results; `occurred_at` is when the blood was taken."""
    del patient
    chance = seeded(setting.seed, setting.patient_id, "laboratory")
    offset_s = _FIRST_BLOOD_S
    while offset_s < setting.duration_s:
        hour = offset_s / HOUR_S
        for name, analyte in PANEL.items():
            value = analyte.usual + chance.gauss(0, analyte.spread) + charting.laboratory.get(name, FLAT).at(hour)
            yield Arrival(
                offset_s,
                LabResulted(
                    event_id=setting.event_id(name, offset_s),
                    patient_id=setting.patient_id,
                    occurred_at=setting.moment(offset_s),
                    source="simulated-laboratory",
                    loinc=analyte.loinc,
                    value=max(0.0, round(value, analyte.decimals)),
                    unit=analyte.unit,
                    reference_high=analyte.upper,
                ),
            )
        offset_s += round(charting.blood_every_h * HOUR_S)
