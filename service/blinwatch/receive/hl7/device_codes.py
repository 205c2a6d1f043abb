"""Codes of devices' observations: reference id first, number second (rule reference, section H).

Reference ids are the text of IEEE 11073-10101; numbers are its context-free codes. Some senders use other numbers for
the same id, or the low 16 bits only: an id that is known decides, whatever stands beside it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from blinwatch.receive.hl7.message import Delimiters, Segment, split_components

CODES_CACHED = 4096
"""More codes than a hospital's devices send; the same few hundred come again and again."""
Kind = Literal[
    "temperature", "pressure", "rate", "percent", "fraction", "oxygen_flow", "index",
    "flow", "volume", "dose_rate", "words", "clock",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What one code stands for."""

    name: str
    """The signal: a field of `VitalsObserved` without its unit, or what a pump's parameter is called here."""
    kind: Kind
    source: str = ""
    """Where it was measured, where that matters: the sensor of a pressure, the site of a temperature."""
    pump: bool = False


_Row = tuple[tuple[str, ...], tuple[int, ...], DeviceCode]


def _vital(ids: str, numbers: tuple[int, ...], name: str, kind: Kind, source: str = "") -> _Row:
    return tuple(ids.split()), numbers, DeviceCode(name, kind, source)


def _pump(ids: str, numbers: tuple[int, ...], name: str, kind: Kind) -> _Row:
    return tuple(ids.split()), numbers, DeviceCode(name, kind, pump=True)


_ART, _CUFF = "arterial", "cuff"
_ROWS: tuple[_Row, ...] = (
    _vital("MDC_ECG_HEART_RATE MDC_ECG_CARD_BEAT_RATE", (147842,), "heart_rate", "rate"),
    _vital("MDC_PULS_OXIM_PULS_RATE MDC_PULS_RATE", (149530,), "pulse_rate", "rate"),
    _vital("MDC_PULS_OXIM_SAT_O2", (150456,), "spo2", "percent"),
    _vital("MDC_BLD_PERF_INDEX MDC_PULS_OXIM_PERF_REL", (), "perfusion_index", "index"),
    _vital("MDC_RESP_RATE", (151562,), "respiratory_rate", "rate", "monitor"),
    _vital("MDC_AWAY_RESP_RATE", (151570,), "respiratory_rate", "rate", "airway"),
    _vital("MDC_TTHOR_RESP_RATE", (151578,), "respiratory_rate", "rate", "impedance"),
    _vital("MDC_PRESS_BLD_NONINV_SYS MDC_PRESS_CUFF_SYS", (150021,), "sbp", "pressure", _CUFF),
    _vital("MDC_PRESS_BLD_NONINV_DIA MDC_PRESS_CUFF_DIA", (150022,), "dbp", "pressure", _CUFF),
    _vital("MDC_PRESS_BLD_NONINV_MEAN MDC_PRESS_CUFF_MEAN", (150023,), "map", "pressure", _CUFF),
    _vital("MDC_PRESS_BLD_ART_ABP_SYS MDC_PRESS_BLD_ART_SYS", (150037,), "sbp", "pressure", _ART),
    _vital("MDC_PRESS_BLD_ART_ABP_DIA MDC_PRESS_BLD_ART_DIA", (150038,), "dbp", "pressure", _ART),
    _vital("MDC_PRESS_BLD_ART_ABP_MEAN MDC_PRESS_BLD_ART_MEAN", (150039,), "map", "pressure", _ART),
    _vital("MDC_TEMP", (150344,), "temperature", "temperature"),
    _vital("MDC_TEMP_BODY", (150364,), "temperature", "temperature"),
    _vital("MDC_TEMP_CORE", (150368,), "temperature", "temperature", "core"),
    _vital("MDC_TEMP_SKIN", (150388,), "temperature", "temperature", "skin"),
    _vital("MDC_TEMP_TYMP", (150392,), "temperature", "temperature", "tympanic"),
    _vital("MDC_TEMP_ORAL", (), "temperature", "temperature", "oral"),
    _vital("MDC_TEMP_RECT", (), "temperature", "temperature", "rectal"),
    _vital("MDC_TEMP_AXIL MDC_TEMP_AXILLA", (), "temperature", "temperature", "axillary"),
    _vital("MDC_CONC_AWAY_O2_INSP", (), "fio2", "fraction"),
    _pump("MDC_FLOW_FLUID_PUMP_CURRENT", (), "rate_now", "flow"),
    _pump("MDC_FLOW_FLUID_PUMP", (157784,), "rate", "flow"),
    _pump("MDC_VOL_FLUID_DELIV_TOTAL MDC_VOL_INFUS_ACTUAL_TOTAL", (157993,), "volume_total", "volume"),
    _pump("MDC_VOL_FLUID_DELIV", (157864,), "volume_delivered", "volume"),
    _pump("MDC_VOL_FLUID_TBI_REMAIN", (157872,), "volume_remaining", "volume"),
    _pump("MDC_RATE_DOSE", (157924,), "dose_rate", "dose_rate"),
    _pump("MDC_DRUG_NAME_TYPE MDC_DRUG_NAME_LABEL", (184330,), "drug", "words"),
    _pump("MDC_PUMP_MODE", (184504,), "mode", "words"),
    _pump("MDC_PUMP_STAT MDC_PUMP_INFUSING_STATUS", (184508,), "status", "words"),
    _pump("MDC_DEV_PUMP_CURRENT_DELIVERY_STATUS", (158005,), "delivery_status", "words"),
    _pump("MDC_DEV_PUMP_NOT_DELIVERING_REASON", (158006,), "not_delivering_reason", "words"),
    _pump("MDC_DEV_PUMP_PROGRAM_DELIVERY_MODE", (158008,), "delivery_mode", "words"),
    _pump("MDC_ATTR_EVT_COND", (68487,), "event", "words"),
    _pump("MDC_ATTR_EVT_SOURCE", (68488,), "event_source", "words"),
    _pump("MDC_ATTR_EVENT_PHASE", (), "event_phase", "words"),
    _pump("MDC_ATTR_ALARM_STATE MDC_ATTR_ALARM_INACTIVATION_STATE", (), "alarm_state", "words"),
    _pump("MDC_COMM_STATUS", (), "communication", "words"),
    _vital("MDC_TIME_SYNC_PROTOCOL", (), "synchronisation", "clock"),
)
BY_ID = MappingProxyType({one: code for ids, _, code in _ROWS for one in ids})
BY_NUMBER = MappingProxyType({number: code for _, numbers, code in _ROWS for number in numbers})
BY_LOINC = MappingProxyType(
    {
        "8867-4": DeviceCode("heart_rate", "rate"),
        "9279-1": DeviceCode("respiratory_rate", "rate", "monitor"),
        "59408-5": DeviceCode("spo2", "percent"),
        "2708-6": DeviceCode("spo2", "percent"),
        "8480-6": DeviceCode("sbp", "pressure"),
        "8462-4": DeviceCode("dbp", "pressure"),
        "8478-0": DeviceCode("map", "pressure"),
        "8310-5": DeviceCode("temperature", "temperature"),
        "8331-1": DeviceCode("temperature", "temperature", "oral"),
        "8332-9": DeviceCode("temperature", "temperature", "rectal"),
        "8328-7": DeviceCode("temperature", "temperature", "axillary"),
        "3151-8": DeviceCode("o2_flow", "oxygen_flow"),
        "3150-0": DeviceCode("fio2", "fraction"),
        "3150-6": DeviceCode("fio2", "fraction"),
    }
)
"""3150-6 fails the check digit and is often quoted: accepted as an alias."""

_NUMBER = re.compile(r"[0-9]{1,9}")
_PARTITION = 1 << 16
_SCADA = 2 * _PARTITION
"""Measured quantities are partition 2: a sender that writes the low 16 bits only leaves 131072 away."""

_BEATS = "MDC_DIM_BEAT_PER_MIN 264864 MDC_DIM_PULS_PER_MIN"
_UNITS_BY_KIND: MappingProxyType[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "temperature": (("c", "MDC_DIM_DEGC 268192 Cel"), ("f", "MDC_DIM_FAHR 266560 [degF]")),
        "pressure": (("mmhg", "MDC_DIM_MMHG 266016 mm[Hg]"), ("kpa", "MDC_DIM_KILO_PASCAL kPa")),
        "rate": (("", f"{_BEATS} MDC_DIM_RESP_PER_MIN 264928 /min {{beats}}/min {{breaths}}/min"),),
        "percent": (("", "MDC_DIM_PERCENT 262688 %"),),
        "fraction": (("percent", "MDC_DIM_PERCENT 262688 %"), ("one", "MDC_DIM_DIMLESS 262656 1 {fraction}")),
        "oxygen_flow": (("", "MDC_DIM_L_PER_MIN L/min"),),
        "index": (("", "MDC_DIM_PERCENT 262688 % MDC_DIM_DIMLESS 262656 1"),),
        "flow": (("", "MDC_DIM_MILLI_L_PER_HR 265266 mL/h"),),
        "volume": (("", "MDC_DIM_MILLI_L 263762 mL"),),
        "dose_rate": (
            ("mcg_day", "MDC_DIM_MICRO_G_PER_DAY ug/d"),
            ("mcg_h", "MDC_DIM_MICRO_G_PER_HR ug/h"),
            ("mcg_min", "MDC_DIM_MICRO_G_PER_MIN ug/min"),
        ),
    }
)  # fmt: skip
UNITS = MappingProxyType(
    {kind: {one: unit for unit, spelled in rows for one in spelled.split()} for kind, rows in _UNITS_BY_KIND.items()}
)
"""Kind of quantity to unit (reference id, number or UCUM code) to what it is called here."""


def code_of(segment: Segment, field: int = 3) -> DeviceCode | None:
    """What an observation identifier (CWE) stands for; its alternative triple is asked after the first."""
    return _code(segment.raw(field), segment.marks)


def unit_of(segment: Segment, kind: str, field: int = 6) -> str | None:
    """What the unit of an observation is called here; None where it is missing or none of this quantity's."""
    return _unit(segment.raw(field), segment.marks, kind)


@lru_cache(maxsize=CODES_CACHED)
def _code(raw: str, marks: Delimiters) -> DeviceCode | None:
    parts = split_components(raw, marks, 6)
    triples = (parts[:3], parts[3:])
    for _, name, _ in triples:
        if name in BY_ID:
            return BY_ID[name]
    for number, name, system in triples:
        if number in BY_ID:  # a sender that has turned the two round
            return BY_ID[number]
        if system == "LN" and number in BY_LOINC:
            return BY_LOINC[number]
        if system in ("MDC", "") and _NUMBER.fullmatch(number):
            found = _by_number(int(number), low_bits=not name.startswith("MDC_"))
            if found is not None:
                return found
    return None


@lru_cache(maxsize=CODES_CACHED)
def _unit(raw: str, marks: Delimiters, kind: str) -> str | None:
    known = UNITS[kind]
    parts = split_components(raw, marks, 5)
    return next((known[parts[place]] for place in (1, 0, 4, 3) if parts[place] in known), None)


def _by_number(number: int, *, low_bits: bool) -> DeviceCode | None:
    """`low_bits`: the number may lack its partition. Beside an id, even an unknown one, it is taken as it stands."""
    if number in BY_NUMBER:
        return BY_NUMBER[number]
    return BY_NUMBER.get(number + _SCADA) if low_bits and number < _PARTITION else None
