"""What a column of a monitor's table measures, read from its name: a signal, then the unit it ends with.

`HR_bpm`, `ABPSys_mmHg`, `SpO2_pct`, `Temp_C`: the form in which bedside numerics are commonly exported. A
name that cannot be read is an error and never a guess: a wrong guess would put one signal into the place of
another.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

PressureSource = Literal["arterial", "cuff", "unnamed"]
PRESSURE_SOURCES: tuple[PressureSource, ...] = ("arterial", "cuff", "unnamed")
"""Best first: a connected arterial line measures every beat, a cuff now and then."""

_UNITS = {
    "bpm": "bpm",
    "per_min": "per_min",
    "pct": "pct",
    "mmhg": "mmhg",
    "kpa": "kpa",
    "c": "c",
    "degc": "c",
    "f": "f",
    "degf": "f",
    "l_per_min": "l_min",
    "l_min": "l_min",
    "fraction": "fraction",
}
_SIGNALS = {
    "hr": "heart_rate",
    "ecghr": "heart_rate",
    "heartrate": "heart_rate",
    "pr": "pulse_rate",
    "pulse": "pulse_rate",
    "pulserate": "pulse_rate",
    "rr": "respiratory_rate",
    "resp": "respiratory_rate",
    "resprate": "respiratory_rate",
    "respiratoryrate": "respiratory_rate",
    "spo2": "spo2",
    "pi": "perfusion_index",
    "perfusionindex": "perfusion_index",
    "temp": "temperature",
    "temperature": "temperature",
    "fio2": "fio2",
    "o2flow": "o2_flow",
}
_FIELDS = {
    ("heart_rate", "bpm"): "heart_rate_bpm",
    ("heart_rate", "per_min"): "heart_rate_bpm",
    ("pulse_rate", "bpm"): "pulse_rate_bpm",
    ("pulse_rate", "per_min"): "pulse_rate_bpm",
    ("respiratory_rate", "per_min"): "respiratory_rate_per_min",
    ("respiratory_rate", "bpm"): "respiratory_rate_per_min",
    ("spo2", "pct"): "spo2_pct",
    ("perfusion_index", "pct"): "perfusion_index",
    ("temperature", "c"): "temperature_c",
    ("temperature", "f"): "temperature_f",
    ("fio2", "pct"): "fio2",
    ("fio2", "fraction"): "fio2",
    ("o2_flow", "l_min"): "o2_flow_l_min",
}
_PRESSURE_SOURCES: dict[str, PressureSource] = {
    "abp": "arterial",
    "art": "arterial",
    "ibp": "arterial",
    "nbp": "cuff",
    "nibp": "cuff",
    "cuff": "cuff",
    "bp": "unnamed",
}
_PRESSURE_PARTS = {
    "s": "sbp",
    "sys": "sbp",
    "systolic": "sbp",
    "d": "dbp",
    "dia": "dbp",
    "dias": "dbp",
    "diastolic": "dbp",
    "m": "map",
    "mean": "map",
}
_WHOLE_PRESSURES = {"sbp": "sbp", "dbp": "dbp", "map": "map"}
_PRESSURE_NAME = re.compile(rf"({'|'.join(_PRESSURE_SOURCES)})({'|'.join(_PRESSURE_PARTS)})")
_TIMES_S = {"second": 1, "seconds": 1, "minute": 60, "minutes": 60, "hour": 3600, "hours": 3600}

TIME_NAMES = tuple(_TIMES_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalColumn:
    """A column that holds a signal: its place, the event's field, and whose pressure it is."""

    position: int
    name: str
    field: str
    pressure_source: PressureSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A table's columns, read."""

    time_position: int
    time_name: str
    time_unit_s: int
    signals: tuple[SignalColumn, ...]


class ColumnError(Exception):
    """A column's name cannot be read; the message names it and says what is understood."""


def read_columns(header: Sequence[str]) -> Columns:
    """The columns of a header line; exactly one must be the time since the start of the record."""
    times = [(position, name) for position, name in enumerate(header) if name.strip().lower() in _TIMES_S]
    if len(times) != 1:
        found = ", ".join(f"'{name}'" for _, name in times) or "none"
        raise ColumnError(
            f"exactly one column must be the time since the start, named one of {', '.join(TIME_NAMES)}; found {found}"
        )
    time_position, time_name = times[0]
    signals = tuple(_read_signal(position, name) for position, name in enumerate(header) if position != time_position)
    taken: dict[tuple[str, PressureSource | None], str] = {}
    for column in signals:
        other = taken.setdefault((column.field, column.pressure_source), column.name)
        if other != column.name or header.count(column.name) > 1:
            raise ColumnError(f"columns '{other}' and '{column.name}' hold the same signal; keep one")
    return Columns(
        time_position=time_position,
        time_name=time_name,
        time_unit_s=_TIMES_S[time_name.strip().lower()],
        signals=signals,
    )


def _read_signal(position: int, name: str) -> SignalColumn:
    where = f"column {position + 1}, '{name}'"
    plain = name.strip().lower()
    suffix = next((one for one in sorted(_UNITS, key=len, reverse=True) if plain.endswith(f"_{one}")), None)
    if suffix is None:
        raise ColumnError(f"{where}: the name must end with its unit, one of _{', _'.join(_UNITS)}")
    unit = _UNITS[suffix]
    signal = re.sub(r"[^a-z0-9]", "", plain.removesuffix(f"_{suffix}"))
    pressure = _PRESSURE_NAME.fullmatch(signal)
    if pressure or signal in _WHOLE_PRESSURES:
        source = _PRESSURE_SOURCES[pressure[1]] if pressure else "unnamed"
        part = _PRESSURE_PARTS[pressure[2]] if pressure else _WHOLE_PRESSURES[signal]
        if unit not in ("mmhg", "kpa"):
            raise ColumnError(f"{where}: a pressure is in mmHg or kPa")
        return SignalColumn(position=position, name=name, field=f"{part}_{unit}", pressure_source=source)
    if signal not in _SIGNALS:
        pressures = f"a pressure ({', '.join(_PRESSURE_SOURCES)} with Sys, Dia or Mean)"
        raise ColumnError(f"{where}: is no signal known here; known are {', '.join(_SIGNALS)} and {pressures}")
    field = _FIELDS.get((_SIGNALS[signal], unit))
    if field is None:
        units = sorted(known for kind, known in _FIELDS if kind == _SIGNALS[signal])
        raise ColumnError(f"{where}: this signal has no unit _{suffix}; it takes _{', _'.join(units)}")
    return SignalColumn(position=position, name=name, field=field)
