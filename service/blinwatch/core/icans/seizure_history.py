"""How many seizures a patient has had over the treatment (DM-8), told from examinations.

Definition:  an examination with a seizure adds one, unless it tells of the same seizure again: the examination
             before told of a seizure of the same kind and duration, not more than 12 h earlier.
Source:      rule reference DM-8 ("more than one seizure in treatment"); what is the same seizure is our choice [C].
Inputs:      the seizure of each examination, in time order.
Caveats:     - an examination that says nothing about seizures separates nothing; one that says "none" does.
             - a duration told later of a seizure first charted without one makes it no other seizure.
             - repeated seizures charted once count once here; they are grade 4 anyway.
             - a seizure counts whatever it is attributed to: the label speaks of seizures, not of ICANS.
"""

from dataclasses import dataclass

from blinwatch.clinical.icans_rules import IcansRules
from blinwatch.core.findings import NeuroFindings, Seizure
from blinwatch.core.icans.detect_seizure import SeizureSeen

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SeizureHistory:
    """Seizures over the whole treatment. Times are those of the examinations, ms since 1970 UTC."""

    count: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    """When the latest seizure was first told."""
    worst_grade: int | None = None
    told_ms: int | None = None
    """When the latest seizure was last told of."""
    told_kind: Seizure | None = None
    """Kind of the seizure the latest word on seizures was about; None after "none"."""
    told_duration_s: float | None = None


NO_SEIZURES = SeizureHistory()


def note_seizure(
    history: SeizureHistory, findings: NeuroFindings, seen: SeizureSeen | None, at_ms: int, rules: IcansRules
) -> SeizureHistory:
    """The history after one examination."""
    if seen is None:
        if findings.seizure is None or history.told_kind is None:
            return history
        return SeizureHistory(
            count=history.count,
            first_ms=history.first_ms,
            last_ms=history.last_ms,
            worst_grade=history.worst_grade,
            told_ms=history.told_ms,
        )
    again = _told_again(history, seen, at_ms, rules)
    return SeizureHistory(
        count=history.count if again else history.count + 1,
        first_ms=at_ms if history.first_ms is None else history.first_ms,
        last_ms=history.last_ms if again else at_ms,
        worst_grade=max(seen.grade, history.worst_grade or 0),
        told_ms=at_ms,
        told_kind=seen.kind,
        told_duration_s=seen.duration_s if seen.duration_s is not None or not again else history.told_duration_s,
    )


def _told_again(history: SeizureHistory, seen: SeizureSeen, at_ms: int, rules: IcansRules) -> bool:
    """Whether this is the seizure of the examination before, charted once more."""
    if history.told_ms is None or history.told_kind != seen.kind:
        return False
    durations_s = {history.told_duration_s, seen.duration_s} - {None}
    return len(durations_s) <= 1 and at_ms - history.told_ms <= round(rules.seizure_same_within_h * _HOUR_MS)
