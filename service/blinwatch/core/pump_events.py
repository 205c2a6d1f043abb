"""What an infusion pump and its line can report (pump.events.v1), as a union tagged by `type`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from blinwatch.core.bounds import Text, Within
from blinwatch.core.event_header import Event, OptionalMoment, Volume
from blinwatch.core.findings import BagTypeHours, Dose, GapReason, Hours, LumenEvent, Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpEventBase(Event):
    """What every pump event carries beside the header."""

    device_id: Annotated[str | None, Text(64)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStarted(PumpEventBase):
    """Flow started or restarted. While a gap is open this closes it; the first of a cycle is first drop."""

    type: Literal["delivery_started"] = "delivery_started"
    rate_ml_h: Rate = None
    programmed_dose_mcg_day: Dose = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStopped(PumpEventBase):
    """Flow stopped; no reason given counts as unplanned."""

    type: Literal["delivery_stopped"] = "delivery_stopped"
    gap_reason: GapReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChanged(PumpEventBase):
    """The measured rate from now on."""

    type: Literal["rate_changed"] = "rate_changed"
    rate_ml_h: Annotated[float, Within(0, 2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseProgrammed(PumpEventBase):
    """The programmed dose from now on. Never restarts flow."""

    type: Literal["dose_programmed"] = "dose_programmed"
    programmed_dose_mcg_day: Annotated[float, Within(0, 1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpStatusReported(PumpEventBase):
    """The pump's periodic report: it is alive, how fast it runs and how much it has given in all."""

    type: Literal["status_reported"] = "status_reported"
    rate_ml_h: Rate = None
    delivering: bool | None = None
    volume_delivered_total_ml: Volume = None
    volume_remaining_ml: Volume = None
    programmed_dose_mcg_day: Dose = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BagChanged(PumpEventBase):
    """A documented bag change: `started` when flow pauses for it, `ended` when the new bag runs.

    The `ended` event describes the new bag; what it leaves out is unknown, not as before.
    """

    type: Literal["bag_changed"] = "bag_changed"
    stage: Literal["started", "ended"]
    bag_type_h: BagTypeHours = None
    bag_label_rate_ml_h: Rate = None
    preservative: bool | None = None
    warmed_at: OptionalMoment = None
    """When the bag left the refrigerator: room-temperature hours count from here."""
    room_temp_h_before: Hours = None
    """Room-temperature hours spent before `warmed_at` or, without it, before hanging."""
    fridge_d: Annotated[float | None, Within(0, 10_000)] = None
    rerefrigerated: bool | None = None
    recon_h: Hours = None
    recon_storage: Literal["room", "fridge"] | None = None
    rate_ml_h: Rate = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BolusGiven(PumpEventBase):
    """A bolus or purge while connected."""

    type: Literal["bolus_given"] = "bolus_given"
    kind: Literal["bolus", "purge"] = "bolus"
    volume_ml: Volume = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFlushed(PumpEventBase):
    """A flush of the blinatumomab line or lumen."""

    type: Literal["line_flushed"] = "line_flushed"
    drug_aspirated: bool | None = None
    volume_ml: Volume = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LumenUsed(PumpEventBase):
    """Something else went through the blinatumomab lumen."""

    type: Literal["lumen_used"] = "lumen_used"
    lumen_event: LumenEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMeasured(PumpEventBase):
    """A volume delivered over a window, as a pump or a check after an occlusion release reports it."""

    type: Literal["volume_measured"] = "volume_measured"
    volume_delivered_ml: Annotated[float, Within(0, 100_000)]
    window_min: Annotated[float, Within(0, 1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpAlarm(PumpEventBase):
    """A pump alarm began or ended."""

    type: Literal["alarm"] = "alarm"
    alarm: Literal["occlusion", "air_in_line", "battery_low", "near_end_of_infusion", "door_open", "other"]
    stage: Literal["started", "ended"] = "started"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationLost(PumpEventBase):
    """The gateway lost the pump."""

    type: Literal["communication_lost"] = "communication_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationRestored(PumpEventBase):
    """The gateway has the pump again; a totaliser shortfall tells flow lost in between."""

    type: Literal["communication_restored"] = "communication_restored"
    volume_shortfall_ml: Volume = None


PumpEvent = (
    DeliveryStarted
    | DeliveryStopped
    | RateChanged
    | DoseProgrammed
    | PumpStatusReported
    | BagChanged
    | BolusGiven
    | LineFlushed
    | LumenUsed
    | VolumeMeasured
    | PumpAlarm
    | CommunicationLost
    | CommunicationRestored
)
