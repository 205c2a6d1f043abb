"""What the page has to know of the rules: what a form may offer, and when a value is too old to count.

A form is made of what the worker's door takes, so it cannot offer what would be refused.
"""

from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.clinical.vital_sign_rules import VitalSignRules
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.observation import HOUR_MS, LEADING_PARTS
from blinwatch.core.staleness import stale_after_h

LISTS = (
    "ice_not_done_reason",
    "capd_not_done_reason",
    "loc",
    "seizure",
    "motor_weakness",
    "icp_sign",
    "cerebral_edema",
)
"""Fields with a closed set of values, in the order in which they are examined."""
YES_NO = ("sedated", "developmental_delay", "intracranial_hemorrhage")


def examination_choices(rules: IcansRules) -> dict[str, Any]:
    """`ice`: most points of each item; `capd`: number of items and most of one; `lists`: values of each field."""
    hints = get_type_hints(NeuroFindings)
    return {
        "ice": dict(rules.ice_item_points),
        "capd": {"items": rules.capd_item_count, "most": rules.capd_item_most_points},
        "lists": {name: list(_values(hints[name])) for name in LISTS},
        "yes_no": list(YES_NO),
    }


def stale_after_ms(rules: VitalSignRules) -> dict[str, int]:
    """After how many milliseconds a signal's value no longer counts (section G); the shortest of its parts."""
    found: dict[str, int] = {}
    for signal, parts in LEADING_PARTS.items():
        limits = [stale_after_h(part, rules, continuous=True) for part in parts]
        found[signal] = round(min(limit for limit in limits if limit is not None) * HOUR_MS)
    return found


def _values(hint: Any) -> tuple[str, ...]:
    """The strings of a `Literal`, also where None may stand beside it."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return next(_values(part) for part in get_args(hint) if part is not type(None))
    raise TypeError(f"{hint} is no closed set of values")
