"""One fact in the infusion's ledger, and how a pump event becomes one.

What:      a small flat record of what an event says that some rule will read.
Source:    rule reference section 0 (INFUSION event payloads).
Caveats:   an event that no rule reads (a battery alarm, an alarm's end) is still a sign of life of the pump.
"""

from dataclasses import dataclass
from typing import Literal

from blinwatch.core.evidence import to_ms
from blinwatch.core.findings import GapReason, LumenEvent, ReconStorage
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

EntryKind = Literal[
    "started",
    "stopped",
    "rate",
    "dose",
    "status",
    "bag_started",
    "bag_ended",
    "flush",
    "bolus",
    "purge",
    "lumen",
    "volume",
    "occlusion",
    "air",
    "message",
    "comm_lost",
    "comm_back",
    "cycle_ordered",
    "therapy_ended",
]
FROM_THE_PUMP: frozenset[EntryKind] = frozenset(
    ("started", "stopped", "rate", "dose", "status", "volume", "occlusion", "air", "message", "comm_back")
)
"""What the pump says itself. Flushes, lumen events and bag changes may be charted by people while it is silent."""


@dataclass(frozen=True, slots=True)
class HungBag:
    """A bag as its change was documented. None: not said."""

    hung_ms: int
    event_id: str
    bag_type_h: float | None = None
    label_rate_ml_h: float | None = None
    preservative: bool | None = None
    warmed_ms: int | None = None
    room_temp_h_before: float | None = None
    fridge_d: float | None = None
    rerefrigerated: bool | None = None
    recon_h: float | None = None
    recon_storage: ReconStorage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One fact. Fields that a kind does not carry stay None."""

    at_ms: int
    event_id: str
    kind: EntryKind
    rate_ml_h: float | None = None
    dose_mcg_day: float | None = None
    volume_ml: float | None = None
    """Volume measured, totaliser shortfall, or the totaliser at a status report."""
    window_min: float | None = None
    gap_reason: GapReason | None = None
    lumen_event: LumenEvent | None = None
    aspirated: bool | None = None
    delivering: bool | None = None
    bag: HungBag | None = None
    until_ms: int | None = None
    """Status only: the last report of a run of equal ones, and the totaliser it gave."""
    until_volume_ml: float | None = None

    @property
    def place(self) -> tuple[int, str]:
        """Where the fact belongs in the story."""
        return self.at_ms, self.event_id

    @property
    def last_ms(self) -> int:
        """When the last report of this entry was made."""
        return self.at_ms if self.until_ms is None else self.until_ms


def entry_of(event: PumpEvent) -> LedgerEntry:
    """The fact that a pump event states."""
    at_ms, event_id = to_ms(event.occurred_at), event.event_id
    match event:
        case DeliveryStarted():
            return LedgerEntry(
                at_ms=at_ms,
                event_id=event_id,
                kind="started",
                rate_ml_h=event.rate_ml_h,
                dose_mcg_day=event.programmed_dose_mcg_day,
            )
        case DeliveryStopped():
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind="stopped", gap_reason=event.gap_reason)
        case RateChanged():
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind="rate", rate_ml_h=event.rate_ml_h)
        case DoseProgrammed():
            dose = event.programmed_dose_mcg_day
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind="dose", dose_mcg_day=dose)
        case PumpStatusReported():
            return _status(event, at_ms)
        case BagChanged():
            return _bag_change(event, at_ms)
        case _:
            return _happening(event, at_ms)


def _status(event: PumpStatusReported, at_ms: int) -> LedgerEntry:
    return LedgerEntry(
        at_ms=at_ms,
        event_id=event.event_id,
        kind="status",
        rate_ml_h=event.rate_ml_h,
        dose_mcg_day=event.programmed_dose_mcg_day,
        delivering=event.delivering,
        volume_ml=event.volume_delivered_total_ml,
    )


def _bag_change(event: BagChanged, at_ms: int) -> LedgerEntry:
    if event.stage == "started":
        return LedgerEntry(at_ms=at_ms, event_id=event.event_id, kind="bag_started", gap_reason="bag_change")
    bag = HungBag(
        hung_ms=at_ms,
        event_id=event.event_id,
        bag_type_h=event.bag_type_h,
        label_rate_ml_h=event.bag_label_rate_ml_h,
        preservative=event.preservative,
        warmed_ms=None if event.warmed_at is None else to_ms(event.warmed_at),
        room_temp_h_before=event.room_temp_h_before,
        fridge_d=event.fridge_d,
        rerefrigerated=event.rerefrigerated,
        recon_h=event.recon_h,
        recon_storage=event.recon_storage,
    )
    return LedgerEntry(at_ms=at_ms, event_id=event.event_id, kind="bag_ended", rate_ml_h=event.rate_ml_h, bag=bag)


def _happening(
    event: BolusGiven
    | LineFlushed
    | LumenUsed
    | VolumeMeasured
    | PumpAlarm
    | CommunicationLost
    | CommunicationRestored,
    at_ms: int,
) -> LedgerEntry:
    """Something that happened at one moment."""
    event_id = event.event_id
    match event:
        case BolusGiven():
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind=event.kind, volume_ml=event.volume_ml)
        case LineFlushed():
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind="flush", aspirated=event.drug_aspirated)
        case LumenUsed():
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind="lumen", lumen_event=event.lumen_event)
        case VolumeMeasured():
            return LedgerEntry(
                at_ms=at_ms,
                event_id=event_id,
                kind="volume",
                volume_ml=event.volume_delivered_ml,
                window_min=event.window_min,
            )
        case CommunicationLost():
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind="comm_lost")
        case CommunicationRestored():
            shortfall = event.volume_shortfall_ml
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind="comm_back", volume_ml=shortfall)
        case _:
            return LedgerEntry(at_ms=at_ms, event_id=event_id, kind=_alarm_kind(event))


def _alarm_kind(event: PumpAlarm) -> EntryKind:
    if event.stage == "started" and event.alarm == "occlusion":
        return "occlusion"
    return "air" if event.stage == "started" and event.alarm == "air_in_line" else "message"
