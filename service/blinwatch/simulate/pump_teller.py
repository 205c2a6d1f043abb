"""Tells an infusion as events: the order, premedication, and what the pump and its gateway report.

The totaliser is the sum of the flow told here, so the volumes agree with the rates to the second.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from blinwatch.clinical.infusion_rules import OccasionName
from blinwatch.core.events import (
    MedicationAdministered,
    PatientEvent,
    PlannedDose,
    TherapyEnded,
    TherapyOrdered,
)
from blinwatch.core.findings import GapReason
from blinwatch.core.pump_events import (
    BagChanged,
    CommunicationLost,
    CommunicationRestored,
    DeliveryStarted,
    DeliveryStopped,
    DoseProgrammed,
    LineFlushed,
    PumpAlarm,
    PumpStatusReported,
    RateChanged,
    VolumeMeasured,
)
from blinwatch.simulate.arrival import Arrival, merge
from blinwatch.simulate.curve import HOUR_S, MINUTE_S
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.label import Label
from blinwatch.simulate.patient import VirtualPatient
from blinwatch.simulate.setting import StorySetting

_BAG_VOLUME_SPARE_ML = 20.0
"""A bag holds more than its dose volume, for priming (section A2)."""
_OCCLUSION_BUILDS_UP_S = MINUTE_S
"""Pressure builds up for about a minute before the pump alarms and stops."""
_VOLUME_CHECK_MIN = 15


@dataclass(slots=True)
class _Flow:
    """The rate over time and the volume given until each change of it."""

    changes_s: list[int] = field(default_factory=list[int])
    rates_ml_h: list[float] = field(default_factory=list[float])
    given_ml: list[float] = field(default_factory=list[float])

    def change(self, at_s: int, rate_ml_h: float) -> None:
        self.given_ml.append(self.total_ml(at_s))
        self.changes_s.append(at_s)
        self.rates_ml_h.append(rate_ml_h)

    def rate_ml_h(self, at_s: int) -> float:
        place = bisect_right(self.changes_s, at_s) - 1
        return self.rates_ml_h[place] if place >= 0 else 0.0

    def total_ml(self, at_s: int) -> float:
        place = bisect_right(self.changes_s, at_s) - 1
        if place < 0:
            return 0.0
        return self.given_ml[place] + self.rates_ml_h[place] * (at_s - self.changes_s[place]) / HOUR_S


class PumpTeller:
    """Collects what the pump did and then reports it, discrete events and periodic status alike."""

    def __init__(self, patient: VirtualPatient, setting: StorySetting, label: Label) -> None:
        """Nothing has happened yet."""
        self._patient, self._setting, self._label = patient, setting, label
        self._told: list[Arrival] = []
        self._flow = _Flow()
        self._doses: list[tuple[int, float]] = []
        self._bags_ml: list[tuple[int, float]] = []
        """When each bag was hung, and the totaliser then."""
        self._deaf: list[tuple[int, int]] = []
        self._status_until_s = setting.duration_s

    def arrivals(self) -> Iterator[Arrival]:
        """Everything told, in order of time; silent while communication is lost."""
        until_s = self._setting.duration_s
        audible = [one for one in self._told if one.offset_s < until_s and not self._is_deaf(one)]
        return merge(sorted(audible, key=lambda one: (one.offset_s, one.event.event_id)), self._status())

    def order(self, plan: InfusionPlan) -> None:
        """The therapy order: everything the label asks about, baselines included."""
        patient, label = self._patient, self._label
        doses = [PlannedDose(from_cycle_day=1, dose_mcg_day=label.start_mcg_day)]
        if label.starts_low:
            step_day = round(label.rules.step_due_from_h) // 24 + 1
            doses.append(PlannedDose(from_cycle_day=step_day, dose_mcg_day=label.full_mcg_day))
        self._tell(
            0,
            "order",
            TherapyOrdered,
            source="simulated-orders",
            phase=plan.phase,
            cycle=plan.cycle,
            weight_kg=patient.weight_kg,
            height_cm=patient.height_cm,
            bsa_m2=patient.bsa_m2,
            age_years=patient.age_years,
            dose_plan=tuple(doses),
            bag_type_h=float(plan.bag_type_h),
            label_region=plan.label_region,
            line="dedicated_lumen",
            filter_present=True,
            location=plan.location,
            ward=patient.ward,
            infused_h_before=plan.infused_h_before or None,
            cycle_start_premed_documented=True if plan.infused_h_before else None,
            baseline_sbp_mmhg=patient.sbp_mmhg,
            baseline_spo2_pct=patient.spo2_pct,
            baseline_heart_rate_bpm=patient.heart_rate_bpm,
        )

    def premedicate(self, occasion: OccasionName, at_s: int) -> None:
        """The premedication the label asks for before this occasion at `at_s`."""
        for dose in self._label.premedication(occasion):
            self._tell(
                at_s - round(dose.lead_min * MINUTE_S),
                "premed",
                MedicationAdministered,
                source="simulated-pharmacy",
                drug=dose.drug,
                dose_mg=dose.dose_mg,
                purpose="premed",
            )

    def start(self, at_s: int, dose_mcg_day: float, bag_hung_s: int) -> None:
        """First drop, or a patient who comes with a bag that has run for `bag_hung_s` seconds."""
        self._bag(at_s, "hung", warmed_s=at_s - bag_hung_s)
        self._pump(
            at_s,
            "start",
            DeliveryStarted,
            rate_ml_h=self._label.rate_ml_h,
            programmed_dose_mcg_day=dose_mcg_day,
        )
        self._doses.append((at_s, dose_mcg_day))
        self._flow.change(at_s, self._label.rate_ml_h)

    def stop(self, at_s: int, gap_reason: GapReason | None, *, occlusion: bool) -> None:
        """The flow stops; with an occlusion the alarm comes first."""
        if occlusion:
            alarm_s = at_s - _OCCLUSION_BUILDS_UP_S
            self._pump(alarm_s, "occlusion", PumpAlarm, alarm="occlusion", stage="started")
        self._pump(at_s, "stop", DeliveryStopped, gap_reason=gap_reason)
        self._flow.change(at_s, 0.0)

    def restart(self, at_s: int, dose_mcg_day: float, *, after_occlusion: bool, fresh_bag: bool) -> None:
        """The flow starts again; after an occlusion the delivered volume is checked (INF-11)."""
        rate = self._label.rate_ml_h
        if fresh_bag:
            self._bag(at_s, "hung", warmed_s=at_s)
        if after_occlusion:
            self._pump(at_s, "occlusion_ended", PumpAlarm, alarm="occlusion", stage="ended")
        self._pump(at_s, "start", DeliveryStarted, rate_ml_h=rate, programmed_dose_mcg_day=dose_mcg_day)
        self._flow.change(at_s, rate)
        if after_occlusion:
            self._pump(
                at_s + _VOLUME_CHECK_MIN * MINUTE_S,
                "volume",
                VolumeMeasured,
                volume_delivered_ml=round(rate * _VOLUME_CHECK_MIN / 60, 2),
                window_min=float(_VOLUME_CHECK_MIN),
            )

    def pause_for_bag(self, at_s: int) -> None:
        """A documented bag change begins."""
        self._pump(at_s, "bag_change", BagChanged, stage="started")
        self._flow.change(at_s, 0.0)

    def flush(self, at_s: int) -> None:
        """The line is flushed while it holds drug: what must never happen (INF-10)."""
        self._pump(at_s, "flush", LineFlushed, drug_aspirated=False, volume_ml=5.0)

    def hang_bag(self, at_s: int, dose_mcg_day: float, *, stepping: bool, rate_factor: float) -> None:
        """The new bag runs; at the step with its new dose."""
        rate = round(self._label.rate_ml_h * rate_factor, 2)
        self._bag(at_s, "bag_change_ended", warmed_s=at_s, rate_ml_h=rate)
        if stepping:
            self._pump(at_s, "dose", DoseProgrammed, programmed_dose_mcg_day=dose_mcg_day)
            self._doses.append((at_s, dose_mcg_day))
        self._flow.change(at_s, rate)

    def correct_rate(self, at_s: int) -> None:
        """Somebody notices and sets the label rate."""
        self._pump(at_s, "rate", RateChanged, rate_ml_h=self._label.rate_ml_h)
        self._flow.change(at_s, self._label.rate_ml_h)

    def lose_communication(self, from_s: int, to_s: int) -> None:
        """The gateway loses the pump and finds it again; the totaliser shows that the flow went on."""
        self._deaf.append((from_s, to_s))
        self._pump(from_s, "comm_lost", CommunicationLost)
        self._pump(to_s, "comm_back", CommunicationRestored, volume_shortfall_ml=0.0)

    def end_of_cycle(self, at_s: int) -> None:
        """All 28 days are infused: the pump stops and the therapy of this cycle ends."""
        self._pump(at_s, "stop", DeliveryStopped)
        self._tell(at_s + 10 * MINUTE_S, "ended", TherapyEnded, source="simulated-orders", reason="completed")
        self._flow.change(at_s, 0.0)
        self._status_until_s = min(at_s, self._setting.duration_s)

    def _bag(self, at_s: int, kind: str, *, warmed_s: int, rate_ml_h: float | None = None) -> None:
        self._bags_ml.append((at_s, self._flow.total_ml(at_s)))
        self._pump(
            at_s,
            kind,
            BagChanged,
            stage="ended",
            bag_type_h=self._label.bag.bag_type_h,
            warmed_at=self._setting.moment(warmed_s),
            fridge_d=1.0,
            rate_ml_h=self._label.rate_ml_h if rate_ml_h is None else rate_ml_h,
        )

    def _status(self) -> Iterator[Arrival]:
        """The pump's periodic report, from first drop on."""
        setting = self._setting
        first_s = self._flow.changes_s[0]
        for at_s in range(first_s + setting.pump_interval_s, self._status_until_s, setting.pump_interval_s):
            if any(from_s <= at_s < to_s for from_s, to_s in self._deaf):
                continue
            rate = self._flow.rate_ml_h(at_s)
            total_ml = self._flow.total_ml(at_s)
            hung_ml = [ml for hung_s, ml in self._bags_ml if hung_s <= at_s][-1]
            bag_ml = self._label.rate_ml_h * self._label.bag.bag_type_h + _BAG_VOLUME_SPARE_ML
            yield Arrival(
                at_s,
                PumpStatusReported(
                    event_id=setting.event_id("status", at_s),
                    patient_id=setting.patient_id,
                    occurred_at=setting.moment(at_s),
                    source="simulated-pump",
                    device_id=self._device_id,
                    rate_ml_h=rate,
                    delivering=rate > 0,
                    volume_delivered_total_ml=round(total_ml, 3),
                    volume_remaining_ml=round(max(0.0, bag_ml - (total_ml - hung_ml)), 3),
                    programmed_dose_mcg_day=[dose for since_s, dose in self._doses if since_s <= at_s][-1],
                ),
            )

    @property
    def _device_id(self) -> str:
        return f"pump-{self._setting.patient_id}"

    def _is_deaf(self, arrival: Arrival) -> bool:
        """The gateway's own two messages come through; the pump's do not."""
        gateway = isinstance(arrival.event, CommunicationLost | CommunicationRestored)
        pump = hasattr(arrival.event, "device_id")
        return pump and not gateway and any(start <= arrival.offset_s < end for start, end in self._deaf)

    def _pump(self, at_s: int, kind: str, event_class: type[PatientEvent], **fields: Any) -> None:
        self._tell(at_s, kind, event_class, source="simulated-pump", device_id=self._device_id, **fields)

    def _tell(self, at_s: int, kind: str, event_class: type[PatientEvent], **fields: Any) -> None:
        """Add an event of any class; the class's own field names are the keywords."""
        event = event_class(
            event_id=self._setting.event_id(kind, at_s),
            patient_id=self._setting.patient_id,
            occurred_at=self._setting.moment(at_s),
            **fields,
        )
        self._told.append(Arrival(at_s, event))
