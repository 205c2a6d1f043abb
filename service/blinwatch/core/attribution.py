"""Signs that staff attribute to another cause than CRS or ICANS.

What:      which attributions are in force at a moment, and how every later decision shows them.
Source:    rule reference CRS-3, CRS-6, CRS-8 (`*_attributed_other`), ICA-1 ("not attributable to another cause").
Inputs:    `SignAttributed` commands: who, why, until when. The latest word on a sign counts.
Caveats:   an attribution ends at its `until`, that moment no longer included; without one it holds until withdrawn.
"""

from blinwatch.core.alert_lifecycle import short_hash
from blinwatch.core.attributed_sign import AttributedSign
from blinwatch.core.decisions import AttributionRecorded
from blinwatch.core.events import SignAttributed
from blinwatch.core.evidence import to_ms


def attribution_holds(attribution: SignAttributed, at_ms: int) -> bool:
    """Whether staff's attribution to another cause is in force."""
    return attribution.active and (attribution.until is None or at_ms < to_ms(attribution.until))


def attributions_in_force(attributions: tuple[SignAttributed, ...], at_ms: int) -> tuple[AttributedSign, ...]:
    """What decisions made at `at_ms` show."""
    return tuple(told(one) for one in attributions if attribution_holds(one, at_ms))


def next_end_ms(attributions: tuple[SignAttributed, ...], after_ms: int) -> int | None:
    """When the next attribution in force ends by itself."""
    ends = [to_ms(one.until) for one in attributions if one.active and one.until is not None]
    return min((end for end in ends if end > after_ms), default=None)


def told(attribution: SignAttributed) -> AttributedSign:
    """An attribution as decisions show it."""
    return AttributedSign(
        sign=attribution.sign,
        cause=attribution.cause,
        by=attribution.by,
        reason=attribution.reason,
        since=attribution.occurred_at,
        until=attribution.until,
        event_id=attribution.event_id,
    )


def recorded(patient_id: str, attribution: SignAttributed) -> AttributionRecorded:
    """The audit's record of the command."""
    return AttributionRecorded(
        decision_id=short_hash(patient_id, "attribution", attribution.event_id),
        patient_id=patient_id,
        attribution=told(attribution),
        active=attribution.active,
        occurred_at=attribution.occurred_at,
        caused_by=attribution.event_id,
    )
