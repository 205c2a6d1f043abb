"""A patient to whom everything happens at once: stories for measuring how much is remembered of one.

`a_busy_day`: every domain is busy: a monitor, charting rounds, neurological checks, laboratory twice a day, two dozen
drugs, a pump with gaps and alarms, reactions, attributions. `anything`: whatever a random stream of events may bring.
Ids are as long as those of real senders (a UUID).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from blinwatch.core.events import (
    AnyEvent,
    ClinicalSignsAssessed,
    CrsAssessed,
    InfusionAssessed,
    InteractionAssessed,
    LabResulted,
    MedicationAdministered,
    NeuroAssessed,
    PatientEvent,
    ReactionAssessed,
    SignAttributed,
    VitalsObserved,
)
from blinwatch.core.findings import (
    CrsFindings,
    InfusionFindings,
    InteractionFindings,
    NeuroFindings,
    ReactionFindings,
)
from blinwatch.core.pump_events import (
    BagChanged,
    DeliveryStarted,
    DeliveryStopped,
    LineFlushed,
    PumpAlarm,
    PumpStatusReported,
)
from tests.core.stories import header, tick

MONITOR_MIN = 15
"""Once a quarter of an hour, and for a while every few seconds, so that the window of events is full."""
DENSE_EVERY_S = 5
DENSE_REPORTS = 150
"""More than the window holds."""


def monitor_of(day: int, hours: range) -> Iterator[AnyEvent]:
    for number, minute in enumerate(range(hours.start * 60, hours.stop * 60, MONITOR_MIN)):
        feverish = (day + minute // 360) % 3 == 0
        yield VitalsObserved(
            **header(0, day * 1440 + minute + 0.1),
            monitoring="continuous",
            heart_rate_bpm=118.0 if feverish else 76.0,
            respiratory_rate_per_min=22.0 if feverish else 15.0,
            spo2_pct=91.0 if feverish and number % 5 == 0 else 97.0,
            temperature_c=(39.1 if feverish else 36.8) if number % 4 == 0 else None,
            sbp_mmhg=(86.0 if feverish else 118.0) if number % 4 == 2 else None,
            o2_device=("nasal_cannula" if feverish else "room_air") if number % 8 == 1 else None,
        )


LABS: tuple[tuple[str, str, float], ...] = (
    ("1742-6", "U/L", 40.0), ("1920-8", "U/L", 44.0), ("1975-2", "umol/L", 12.0), ("751-8", "10*9/L", 0.4),
    ("2823-3", "mmol/L", 3.9), ("2777-1", "mmol/L", 1.1), ("17861-6", "mmol/L", 2.2), ("2160-0", "umol/L", 70.0),
    ("2276-4", "ug/L", 900.0), ("3255-7", "g/L", 2.4), ("777-3", "10*9/L", 60.0), ("48065-7", "mg/L{FEU}", 1.0),
    ("6301-6", "{INR}", 1.1), ("5902-2", "s", 12.5), ("3040-3", "U/L", 40.0), ("2524-7", "mmol/L", 1.4),
    ("1751-7", "g/L", 33.0), ("19123-9", "mmol/L", 0.8), ("1988-5", "mg/L", 60.0), ("718-7", "g/L", 82.0),
    ("6690-2", "10*9/L", 1.1), ("2532-0", "U/L", 300.0), ("3084-1", "umol/L", 300.0),
)  # fmt: skip


DRUGS = (
    "paracetamol", "dexamethasone", "ondansetron", "aciclovir", "voriconazole", "pantoprazole", "morphine",
    "metoprolol", "allopurinol", "cefepime", "furosemide", "norepinephrine", "lorazepam", "warfarin", "ciclosporin",
    "haloperidol", "fluconazole", "levetiracetam", "amlodipine", "methotrexate", "tramadol", "digoxin", "phenytoin",
    "tacrolimus",
)  # fmt: skip


def people_of(day: int) -> Iterator[AnyEvent]:
    """What staff chart and give in a day."""

    def at(hour: float) -> dict[str, Any]:
        return header(0, day * 1440 + hour * 60)

    for hour in range(0, 24, 4):
        findings = CrsFindings(
            temperature_c=37.2 + (day + hour) % 5 / 2, sbp_mmhg=104.0, spo2_pct=96.0, o2_device="room_air"
        )
        yield CrsAssessed(**at(hour + 0.51), findings=findings)
        examined = NeuroFindings(ice_score=10 - (day + hour) % 7, loc="alert", seizure="none", motor_weakness="none")
        yield NeuroAssessed(**at(hour + 0.52), findings=examined)
    for number, (loinc, unit, value) in enumerate(LABS):
        for hour in (5.0, 17.0):
            result = value * (1 + (day * 7 + number) % 9 / 4)
            yield LabResulted(
                **at(hour + number / 100), loinc=loinc, unit=unit, value=result, reference_high=value * 1.5
            )
    for number, drug in enumerate(DRUGS):
        yield MedicationAdministered(
            **at(6 + number / 2 + 0.03),
            drug=drug,
            dose_mg=10.0,
            action=("given", "started", "stopped")[(number + day) % 3],
        )
    for number in range(3):
        yield MedicationAdministered(**at(20 + number / 10), drug=f"a drug of the pharmacy no {day * 3 + number}")
    yield ReactionAssessed(
        **at(9), reactions=(ReactionFindings(reaction="neuro", grade=2), ReactionFindings(reaction="liver", grade=3))
    )
    yield InteractionAssessed(**at(9.5), findings=InteractionFindings(drug="warfarin", cycle=1, cycle_day=2))
    yield ClinicalSignsAssessed(
        **at(10), infection_suspected=day % 2 == 0, abdominal_pain=True, weight_kg=70.0 + day / 4, pews_behaviour=1
    )
    for number, sign in enumerate(("fever", "hypotension", "cognition")):
        head = at(11 + number / 10)
        yield SignAttributed(
            **head, by="dr-2", reason="seen at the bedside", sign=sign, cause="line infection " * 6, active=day % 3 > 0,
            until=head["occurred_at"] + timedelta(hours=2),
        )  # fmt: skip
    yield InfusionAssessed(
        **at(13), findings=InfusionFindings(rate_ml_h=10.0, bag_type_h=24.0, gap_min=20.0, restarted=True)
    )


def pump_of(day: int) -> Iterator[AnyEvent]:
    def at(hour: float) -> dict[str, Any]:
        return header(0, day * 1440 + hour * 60)

    if day == 0:
        yield DeliveryStarted(**at(1), rate_ml_h=10.0, programmed_dose_mcg_day=9.0)
    yield BagChanged(**at(8.02), stage="started")
    yield BagChanged(**at(8.1), stage="ended", bag_type_h=24.0, rate_ml_h=10.0)
    for number in range(3):
        yield DeliveryStopped(**at(14 + number + 0.21), gap_reason="unplanned")
        yield DeliveryStarted(**at(14 + number + 0.61), rate_ml_h=10.0, programmed_dose_mcg_day=28.0)
        yield PumpAlarm(**at(14 + number + 0.71), alarm="occlusion", stage="started")
        yield PumpAlarm(**at(14 + number + 0.75), alarm="occlusion", stage="ended")
    for hour in range(24):
        yield PumpStatusReported(
            **at(hour + 0.9), rate_ml_h=10.0, delivering=True, volume_delivered_total_ml=hour * 10.0
        )


def dense_monitor_of(day: int) -> Iterator[AnyEvent]:
    """The monitor sends every value every few seconds, as one at the bedside does."""
    for number in range(DENSE_REPORTS):
        yield VitalsObserved(
            **header(0, day * 1440 + 22 * 60 + number * DENSE_EVERY_S / 60),
            monitoring="continuous",
            heart_rate_bpm=110.0 + number % 9,
            pulse_rate_bpm=110.0 + number % 9,
            respiratory_rate_per_min=22.0 + number % 3,
            spo2_pct=96.0 + number % 2,
            temperature_c=38.65 + number % 4 / 10,
            sbp_mmhg=112.0 + number % 5,
            dbp_mmhg=64.0,
            map_mmhg=80.0,
        )


def a_busy_day(day: int) -> list[AnyEvent]:
    """Everything that happens in a day, in order. Every third day ends with a full window."""
    events = [*monitor_of(day, range(24)), *people_of(day), *pump_of(day)]
    events += [tick(0, day * 1440 + hour * 60 + 0.77) for hour in range(24)]
    if day % 3 == 0:
        events += dense_monitor_of(day)
    events.sort(key=lambda event: event.occurred_at)
    return [_named(event, day * 10_000 + number) for number, event in enumerate(events)]


def _named(event: AnyEvent, number: int) -> AnyEvent:
    """The event by an id of its own, as long as those of real senders."""
    object.__setattr__(event, "event_id", str(UUID(int=number + (0xB11A << 112))))
    return event


# --- Anything ----------------------------------------------------------------------------------------------------

Maker = Callable[[Random, dict[str, Any]], PatientEvent]


def _some_vitals(random: Random, head: dict[str, Any]) -> PatientEvent:
    return VitalsObserved(
        **head,
        monitoring="continuous",
        heart_rate_bpm=random.choice((61.0, 118.0, 151.5)),
        respiratory_rate_per_min=random.choice((14.0, 27.0)),
        spo2_pct=random.choice((84.0, 91.5, 97.0)),
        sbp_mmhg=random.choice((78.0, 121.0, None)),
        temperature_c=random.choice((36.8, 38.9, 40.1, None)),
        o2_device=random.choice((None, "nasal_cannula", "room_air")),
    )


def _some_drug(random: Random, head: dict[str, Any]) -> PatientEvent:
    drug = random.choice((*DRUGS, f"a drug of the pharmacy no {random.randrange(1000)}"))
    action = random.choice(("given", "started", "stopped"))
    return MedicationAdministered(**head, drug=drug, dose_mg=10.0, action=action, route=random.choice((None, "iv")))


def _some_result(random: Random, head: dict[str, Any]) -> PatientEvent:
    loinc, unit, value = random.choice(LABS)
    result = value * random.choice((0.2, 1.0, 3.7))
    return LabResulted(**head, loinc=loinc, unit=unit, value=result, reference_high=value * 1.5)


def _some_pump_event(random: Random, head: dict[str, Any]) -> PatientEvent:
    return random.choice(
        (
            DeliveryStopped(**head, gap_reason=random.choice(("unplanned", "adverse_reaction"))),
            DeliveryStarted(**head, rate_ml_h=10.0, programmed_dose_mcg_day=random.choice((9.0, 28.0))),
            PumpStatusReported(**head, rate_ml_h=10.0, delivering=True, volume_delivered_total_ml=random.random() * 99),
            PumpAlarm(**head, alarm="occlusion", stage=random.choice(("started", "ended"))),
            BagChanged(**head, stage=random.choice(("started", "ended")), bag_type_h=24.0, rate_ml_h=10.0),
        )
    )


def _some_examination(random: Random, head: dict[str, Any]) -> PatientEvent:
    seizure = random.choice(("none", "none", "none", "brief_resolved"))
    findings = NeuroFindings(ice_score=random.randint(0, 10), loc="alert", seizure=seizure, motor_weakness="none")
    return NeuroAssessed(**head, findings=findings)


def _some_chart(random: Random, head: dict[str, Any]) -> PatientEvent:
    grade = random.randint(0, 4)
    return random.choice(
        (
            CrsAssessed(**head, findings=CrsFindings(temperature_c=36.0 + grade, sbp_mmhg=84.0 + 9 * grade)),
            ReactionAssessed(**head, reactions=(ReactionFindings(reaction="liver", grade=grade),)),
            InteractionAssessed(**head, findings=InteractionFindings(drug=random.choice(DRUGS), cycle=1, cycle_day=2)),
            ClinicalSignsAssessed(**head, infection_suspected=grade > 1, weight_kg=70.0 + grade, arrhythmia=grade > 2),
        )
    )


def _some_attribution(random: Random, head: dict[str, Any]) -> PatientEvent:
    sign = random.choice(("fever", "hypotension", "hypoxia", "cognition", "motor"))
    said = {"by": "dr-2", "reason": "seen at the bedside", "cause": "line infection"}
    return SignAttributed(**head, **said, sign=sign, active=random.random() < 0.5)


def _some_flush(random: Random, head: dict[str, Any]) -> PatientEvent:
    return LineFlushed(**head, drug_aspirated=random.random() < 0.5)


_MAKERS: tuple[tuple[Maker, int], ...] = (
    (_some_vitals, 60), (_some_drug, 12), (_some_result, 12), (_some_pump_event, 10), (_some_examination, 3),
    (_some_chart, 3), (_some_attribution, 2), (_some_flush, 1),
)  # fmt: skip


def anything(random: Random, count: int) -> Iterator[AnyEvent]:
    """Whatever happens: seconds or hours apart, one in twenty up to an hour late, values well and ill in turn."""
    makers, weights = zip(*_MAKERS, strict=True)
    minutes = 1.0
    for number in range(count):
        minutes += random.choice((0.05, 0.1, 0.1, 1.0, 1.0, 10.0, 60.0))
        late = random.choice((3.0, 40.0)) if random.random() < 0.05 else 0.0
        head = header(0, max(0.5, minutes - late))
        (make,) = random.choices(makers, weights)
        yield _named(make(random, head), 1_000_000 + number)
