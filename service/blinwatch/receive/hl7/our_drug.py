"""Is this blinatumomab? By name or code, wherever HL7 writes a coded drug (CWE)."""

from blinwatch.core.recognise_drug import words
from blinwatch.receive.hl7.message import Segment

NAMES = frozenset({"blinatumomab", "blincyto"})
CODES = frozenset({"1597258", "1597262", "1597267", "L01FX07", "L01XC19"})
"""RxNorm and ATC, rule reference section H."""


def is_blinatumomab(segment: Segment, field: int) -> bool:
    """Whether a coded drug is blinatumomab: one of its codes, or its name as a whole word."""
    codes = {segment.text(field, component).upper() for component in (1, 4)}
    named = {word for component in (1, 2, 5, 9) for word in words(segment.text(field, component))}
    return bool(codes & CODES or named & NAMES)
