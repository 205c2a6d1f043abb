"""The unit that a field's name ends with, as a UCUM code, for programs that carry units as data."""

from types import MappingProxyType

_UCUM = MappingProxyType(
    {
        "_c": "Cel",
        "_f": "[degF]",
        "_bpm": "/min",
        "_per_min": "/min",
        "_pct": "%",
        "_mmhg": "mm[Hg]",
        "_kpa": "kPa",
        "_l_min": "L/min",
        "_ml_h": "mL/h",
        "_mcg_day": "ug/d",
        "_mg": "mg",
        "_g": "g",
        "_g_m2": "g/m2",
        "_ml": "mL",
        "_kg": "kg",
        "_lb": "[lb_av]",
        "_cm": "cm",
        "_m2": "m2",
        "_mmol_l": "mmol/L",
        "_years": "a",
        "_d": "d",
        "_h": "h",
        "_min": "min",
        "_s": "s",
        "_ms": "ms",
    }
)


def unit_of(field: str) -> str | None:
    """The UCUM code of the longest unit that ends the name; None where it says none."""
    fitting = [suffix for suffix in _UCUM if field.endswith(suffix)]
    return _UCUM[max(fitting, key=len)] if fitting else None
