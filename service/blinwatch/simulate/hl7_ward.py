"""A simulated ward that speaks HL7: its monitors and pumps as PCD-01 and PCD-10, its admissions as ADT.

What no monitor and no pump says (orders, nurses' rounds, bag changes as somebody documents them) has no such message
here and goes to Kafka as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from blinwatch.core.events import AnyEvent, VitalsObserved
from blinwatch.core.pump_events import (
    BolusGiven,
    CommunicationLost,
    CommunicationRestored,
    DeliveryStarted,
    DeliveryStopped,
    LineFlushed,
    PumpAlarm,
    PumpStatusReported,
    RateChanged,
)
from blinwatch.simulate.ward import Bed

_BPM, _BREATHS = "264864^MDC_DIM_BEAT_PER_MIN^MDC", "264928^MDC_DIM_RESP_PER_MIN^MDC"
_PERCENT, _MMHG = "262688^MDC_DIM_PERCENT^MDC", "266016^MDC_DIM_MMHG^MDC"
_CELSIUS, _FAHRENHEIT = "268192^MDC_DIM_DEGC^MDC", "266560^MDC_DIM_FAHR^MDC"
_ML_H, _ML = "265266^MDC_DIM_MILLI_L_PER_HR^MDC", "263762^MDC_DIM_MILLI_L^MDC"
_MCG_DAY = "^MDC_DIM_MICRO_G_PER_DAY^MDC^ug/d^ug/d^UCUM"
_VITALS = (
    ("heart_rate_bpm", "147842^MDC_ECG_HEART_RATE^MDC", _BPM),
    ("pulse_rate_bpm", "149530^MDC_PULS_OXIM_PULS_RATE^MDC", _BPM),
    ("respiratory_rate_per_min", "151562^MDC_RESP_RATE^MDC", _BREATHS),
    ("spo2_pct", "150456^MDC_PULS_OXIM_SAT_O2^MDC", _PERCENT),
    ("perfusion_index", "^MDC_BLD_PERF_INDEX^MDC", _PERCENT),
    ("sbp_mmhg", "150021^MDC_PRESS_BLD_NONINV_SYS^MDC", _MMHG),
    ("dbp_mmhg", "150022^MDC_PRESS_BLD_NONINV_DIA^MDC", _MMHG),
    ("map_mmhg", "150023^MDC_PRESS_BLD_NONINV_MEAN^MDC", _MMHG),
    ("temperature_c", "", _CELSIUS),
    ("temperature_f", "", _FAHRENHEIT),
)
_TEMPERATURES = {
    None: "150344^MDC_TEMP^MDC",
    "core": "150368^MDC_TEMP_CORE^MDC",
    "skin": "150388^MDC_TEMP_SKIN^MDC",
    "tympanic": "150392^MDC_TEMP_TYMP^MDC",
    "oral": "^MDC_TEMP_ORAL^MDC",
    "rectal": "^MDC_TEMP_RECT^MDC",
    "axillary": "^MDC_TEMP_AXILLA^MDC",
}
_SAID = frozenset({"type", "event_id", "patient_id", "occurred_at", "source", "monitoring", "temp_site", "device_id"})
_ALARMS = {
    "occlusion": "196940^MDC_EVT_FLUID_LINE_OCCL^MDC",
    "air_in_line": "^MDC_EVT_FLUID_LINE_AIR^MDC",
    "battery_low": "196802^MDC_EVT_BATT_LO^MDC",
    "near_end_of_infusion": "197334^MDC_EVT_VOL_INFUS_NEAR_COMP^MDC",
    "door_open": "^MDC_EVT_DOOR_OPEN^MDC",
    "other": "196616^MDC_EVT_ALARM^MDC",
}
_DRUG = ("184330^MDC_DRUG_NAME_TYPE^MDC", "ST", "Blinatumomab", "")
_Line = tuple[str, str, str, str]
"""Code, value type, value, unit."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message and what it is about."""

    text: str
    control_id: str


def tell_admission(bed: Bed, number: int) -> Told:
    """ADT^A01: a patient of the ward comes into a bed."""
    setting = bed.setting
    at, control_id = _stamp(setting.start), f"adm-{setting.patient_id}"
    lines = [f"EVN||{at}||||{at}", _pid(setting.patient_id), f"PV1|1|I|{_bed_name(number)}"]
    return Told(_message("ADT^A01^ADT_A01", at, control_id, lines), control_id)


def tell_device(event: AnyEvent, bed_number: int | None) -> Told | None:
    """What a monitor (PCD-01) or pump (PCD-01, PCD-10) would send; None where neither says such a thing.

    A monitor names no patient, only its bed (`bed_number`, None: it names the patient): who lies there is ADT's word.
    """
    if isinstance(event, VitalsObserved):
        return _tell_monitor(event, bed_number)
    kind, lines = _pump_lines(event)
    if not lines or isinstance(event, VitalsObserved):
        return None
    patient, device = getattr(event, "patient_id", ""), getattr(event, "device_id", None) or "pump"
    at = _stamp(event.occurred_at)
    head = f"OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0|||||||X|||||||{device}"
    return _device_message(kind, event.event_id, at, [_pid(patient)], [head], lines)


def _tell_monitor(event: VitalsObserved, bed_number: int | None) -> Told | None:
    given = {one.name for one in fields(event) if getattr(event, one.name) not in (None, ())}
    if not given <= _SAID | {name for name, _, _ in _VITALS}:
        return None
    lines: list[_Line] = []
    for name, code, unit in _VITALS:
        value = getattr(event, name)
        if value is not None:
            lines.append((code or _TEMPERATURES[event.temp_site], "NM", _plain(value), unit))
    who = [_pid(event.patient_id)] if bed_number is None else ["PID|||", f"PV1|1|I|{_bed_name(bed_number)}"]
    head = "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X"
    return _device_message("ORU^R01^ORU_R01", event.event_id, _stamp(event.occurred_at), who, [head], lines)


def _pump_lines(event: AnyEvent) -> tuple[str, list[_Line]]:
    """Message type and the lines of a pump's message; none where a pump has no word for the event."""
    happened: list[_Line] = []
    match event:
        case PumpStatusReported():
            status = {True: "^pump-status-infusing", False: "^pump-status-standby"}.get(event.delivering or False)
            said = [("184508^MDC_PUMP_STAT^MDC", "CWE", status or "", "")] if event.delivering is not None else []
            numbers = _numbers(
                (event.rate_ml_h, "^MDC_FLOW_FLUID_PUMP_CURRENT^MDC", _ML_H),
                (event.volume_delivered_total_ml, "157993^MDC_VOL_FLUID_DELIV_TOTAL^MDC", _ML),
                (event.volume_remaining_ml, "157872^MDC_VOL_FLUID_TBI_REMAIN^MDC", _ML),
                (event.programmed_dose_mcg_day, "157924^MDC_RATE_DOSE^MDC", _MCG_DAY),
            )
            return "ORU^R01^ORU_R01", [_DRUG, *said, *numbers]
        case DeliveryStarted():
            happened = [_event("197288^MDC_EVT_PUMP_DELIV_START^MDC")]
            happened += _numbers(
                (event.rate_ml_h, "^MDC_FLOW_FLUID_PUMP_CURRENT^MDC", _ML_H),
                (event.programmed_dose_mcg_day, "157924^MDC_RATE_DOSE^MDC", _MCG_DAY),
            )
        case DeliveryStopped(gap_reason=None | "unplanned"):
            happened = [_event("^MDC_EVT_PUMP_DELIV_STOP^MDC")]
        case RateChanged():
            happened = [_event("^MDC_EVT_PUMP_DELIV_RATE_CHANGE^MDC")]
            happened += _numbers((event.rate_ml_h, "^MDC_FLOW_FLUID_PUMP_CURRENT^MDC", _ML_H))
        case BolusGiven() | LineFlushed(drug_aspirated=None):
            mode = "^pump-mode-flush" if isinstance(event, LineFlushed) else f"^pump-mode-{event.kind}"
            happened = [_event("197288^MDC_EVT_PUMP_DELIV_START^MDC"), ("184504^MDC_PUMP_MODE^MDC", "CWE", mode, "")]
            happened += _numbers((event.volume_ml, "157864^MDC_VOL_FLUID_DELIV^MDC", _ML))
        case PumpAlarm():
            phase = "start" if event.stage == "started" else "end"
            happened = [_event(_ALARMS[event.alarm]), ("68481^MDC_ATTR_EVENT_PHASE^MDC", "ST", phase, "")]
        case CommunicationLost() | CommunicationRestored(volume_shortfall_ml=None):
            status = "offline" if isinstance(event, CommunicationLost) else "online"
            happened = [_event("^MDC_EVT_COMM_STATUS_CHANGE^MDC"), ("^MDC_COMM_STATUS^MDC", "ST", status, "")]
        case _:
            return "", []
    return "ORU^R42^ORU_R01", [_DRUG, *happened]


def _event(condition: str) -> _Line:
    return "68487^MDC_ATTR_EVT_COND^MDC", "CWE", condition, ""


def _numbers(*rows: tuple[float | None, str, str]) -> list[_Line]:
    return [(code, "NM", _plain(value), unit) for value, code, unit in rows if value is not None]


def _device_message(kind: str, event_id: str, at: str, who: Iterable[str], head: list[str], lines: list[_Line]) -> Told:
    told = [
        f"OBX|{number}|{type_}|{code}|1.1.1.{number}|{value}|{unit}|||||R|||{at}"
        for number, (code, type_, value, unit) in enumerate(lines, start=len(head) + 1)
    ]
    return Told(_message(kind, at, event_id, [*who, f"OBR|1||||||{at}", *head, *told]), event_id)


def _message(kind: str, at: str, control_id: str, segments: list[str]) -> str:
    header = f"MSH|^~\\&|SIMULATED_WARD|WARD|BLINWATCH||{at}||{kind}|{control_id}|P|2.6|||NE|AL|||UNICODE UTF-8"
    return "\r".join((header, *segments, ""))


def _pid(patient_id: str) -> str:
    return f"PID|||{patient_id}^^^SIM^MR"


def _bed_name(number: int) -> str:
    return f"WARD^{number // 2 + 1}^{'AB'[number % 2]}"


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03d}{at:%z}"


def _plain(value: float) -> str:
    return f"{value:.10g}"
