"""A changed copy of the judgement, as `dataclasses.replace` makes one, at a fraction of its price.

The hot path copies the judgement, a record of more than fifty fields, several times an event; `replace` runs `__init__`
by keyword each time. The judgement keeps its fields in a dictionary (a dataclass without slots), which the interpreter
copies in one go. Measured in one run: 0.7 µs; slot by slot 6.6 µs. It goes past `__init__`, so it would be wrong for a
record with a `__post_init__`.
"""

from dataclasses import fields
from typing import Any

from blinwatch.core.patient_state import Judgement

_FIELD_COUNT = len(fields(Judgement))


def evolve(judgement: Judgement, **changes: Any) -> Judgement:
    """A copy with the named fields changed; an unknown name is a `KeyError`."""
    copy = object.__new__(Judgement)
    values = copy.__dict__
    values |= judgement.__dict__
    values |= changes
    if len(values) != _FIELD_COUNT:
        unknown = ", ".join(sorted(changes.keys() - judgement.__dict__.keys()))
        raise KeyError(f"a judgement has no {unknown}")
    return copy
