"""What the infusion tests share: orders, pump events by the hour, and the verdict on a short story."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import to_datetime
from blinwatch.core.findings import InfusionFindings, Premedication
from blinwatch.core.infusion.judge import judge_infusion
from blinwatch.core.infusion.ledger import EMPTY_LEDGER, Ledger, record
from blinwatch.core.infusion.premedication import PremedDose
from blinwatch.core.infusion.timeline import TimelineView, judge_timeline
from blinwatch.core.infusion.verdict import InfusionVerdict
from blinwatch.core.pump_events import (
    BagChanged,
    BolusGiven,
    CommunicationLost,
    CommunicationRestored,
    DeliveryStarted,
    DeliveryStopped,
    DoseProgrammed,
    LineFlushed,
    LumenUsed,
    PumpAlarm,
    PumpEvent,
    PumpStatusReported,
    RateChanged,
    VolumeMeasured,
)

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
START_MS = 1_772_352_000_000
"""2026-03-01 08:00 UTC: first drop, hour 0 of every story."""

LOW: dict[str, Any] = {"programmed_dose_mcg_day": 9.0}
FULL: dict[str, Any] = {"programmed_dose_mcg_day": 28.0}
REACTION: dict[str, Any] = {"gap_reason": "adverse_reaction"}

KINDS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "start": (DeliveryStarted, {}),
    "restart": (DeliveryStarted, {}),
    "stop": (DeliveryStopped, {}),
    "rate": (RateChanged, {}),
    "dose": (DoseProgrammed, {}),
    "status": (PumpStatusReported, {}),
    "bag_change_start": (BagChanged, {"stage": "started"}),
    "bag_change_end": (BagChanged, {"stage": "ended"}),
    "flush": (LineFlushed, {}),
    "bolus": (BolusGiven, {}),
    "lumen": (LumenUsed, {}),
    "volume": (VolumeMeasured, {}),
    "occlusion": (PumpAlarm, {"alarm": "occlusion"}),
    "air": (PumpAlarm, {"alarm": "air_in_line"}),
    "battery": (PumpAlarm, {"alarm": "battery_low"}),
    "comm_lost": (CommunicationLost, {}),
    "comm_back": (CommunicationRestored, {}),
}
Told = tuple[float, str] | tuple[float, str, dict[str, Any]]
"""Hour, kind, and what the event says beside that."""


def ms(hour: float) -> int:
    """The moment of an hour of the story."""
    return START_MS + round(hour * HOUR_MS)


def pump_event(number: int, told: Told) -> PumpEvent:
    kind, given = KINDS[told[1]]
    said: dict[str, Any] = told[2] if len(told) == 3 else {}
    return kind(
        event_id=f"e{number:04d}",
        patient_id="p1",
        occurred_at=to_datetime(ms(told[0])),
        source="test",
        **{**given, **said},
    )


def pump_events(story: Iterable[Told]) -> list[PumpEvent]:
    return [pump_event(number, told) for number, told in enumerate(story)]


def ledger_of(events: Iterable[PumpEvent], rules: InfusionRules, order: TherapyOrdered | None = None) -> Ledger:
    ledger = EMPTY_LEDGER
    for event in events:
        ledger = record(ledger, event, rules, order)
    return ledger


def ordered(at_h: float = -1, **said: Any) -> TherapyOrdered:
    """An adult of 70 kg in R/R cycle 2 unless said otherwise."""
    values: dict[str, Any] = {
        "age_years": 40.0,
        "weight_kg": 70.0,
        "phase": "rr",
        "cycle": 2,
        "cycle_start_premed_documented": True,
    }
    values.update(said)
    if isinstance(values.get("birth_date"), str):
        values["birth_date"] = date.fromisoformat(values["birth_date"])
    return TherapyOrdered(
        event_id=f"order-{at_h}", patient_id="p1", occurred_at=to_datetime(ms(at_h)), source="test", **values
    )


def premed(hour: float, drug: str = "dexamethasone", dose_mg: float | None = 20.0) -> PremedDose:
    return PremedDose(drug=drug, dose_mg=dose_mg, at_ms=ms(hour), event_id=f"premed-{hour}")


def told_at(
    hour: float,
    story: Iterable[Told],
    rules: InfusionRules,
    order: TherapyOrdered | None = None,
    premeds: tuple[PremedDose, ...] = (),
    charted: InfusionFindings | None = None,
) -> TimelineView:
    """The live verdict on a story at an hour."""
    order = ordered() if order is None else order
    return judge_timeline(ledger_of(pump_events(story), rules, order), order, premeds, ms(hour), rules, charted)


def snapshot(rules: InfusionRules, **given: Any) -> InfusionVerdict:
    """The verdict on a charted snapshot; `premed` as dictionaries."""
    if "premed" in given:
        given["premed"] = tuple(Premedication(**dose) for dose in given["premed"])
    return judge_infusion(InfusionFindings(**given), rules)


def codes(verdict: InfusionVerdict) -> list[str]:
    return [finding.code for finding in verdict.findings]
