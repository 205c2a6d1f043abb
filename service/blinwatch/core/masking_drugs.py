"""Drugs that hide a fever: when each was last given, and whether it is still on board.

What:      the memory of masking drugs over a course, and CRS-5's question "is a masking drug on board?".
Source:    rule reference CRS-4, CRS-5, CRS-10.
Inputs:    dose events, and the flags and times charted inside an observation.
Caveats:   an unknown time is on board. A charted "not given" never overrules a dose that was recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from blinwatch.core.findings import CrsFindings
from blinwatch.core.recognise_drug import MaskingDrug
from blinwatch.core.units import above

HOUR_MS = 3_600_000
_HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class MaskingDrugs:
    """When each kind was last given (ms since 1970 UTC); None = never seen."""

    antipyretic_ms: int | None = None
    steroid_ms: int | None = None
    tocilizumab_ms: int | None = None
    siltuximab_ms: int | None = None
    anakinra_ms: int | None = None


NO_MASKING_DRUGS = MaskingDrugs()


def _charted(findings: CrsFindings) -> tuple[tuple[MaskingDrug, float | None], ...]:
    """The masking drugs an observation speaks of, each with its hours since (None = unknown time)."""
    found: list[tuple[MaskingDrug, float | None]] = []
    if findings.antipyretic_given or findings.hours_since_antipyretic is not None:
        found.append(("antipyretic", findings.hours_since_antipyretic))
    if findings.steroid_given or findings.hours_since_steroid is not None:
        found.append(("steroid", findings.hours_since_steroid))
    if findings.anakinra_given or findings.hours_since_anakinra is not None:
        found.append(("anakinra", findings.hours_since_anakinra))
    if findings.tocilizumab_given or findings.days_since_tocilizumab is not None:
        found.append(("tocilizumab", _hours(findings.days_since_tocilizumab)))
    if findings.siltuximab_given or findings.days_since_siltuximab is not None:
        found.append(("siltuximab", _hours(findings.days_since_siltuximab)))
    return tuple(found)


def _hours(days: float | None) -> float | None:
    return None if days is None else days * _HOURS_PER_DAY


def _given_at(drugs: MaskingDrugs) -> tuple[tuple[MaskingDrug, int | None], ...]:
    return (
        ("antipyretic", drugs.antipyretic_ms),
        ("steroid", drugs.steroid_ms),
        ("tocilizumab", drugs.tocilizumab_ms),
        ("siltuximab", drugs.siltuximab_ms),
        ("anakinra", drugs.anakinra_ms),
    )


def remember_drug(drugs: MaskingDrugs, kind: MaskingDrug, given_ms: int) -> MaskingDrugs:
    """The memory with one more dose; an older dose than the known one changes nothing."""
    times = dict(_given_at(drugs))
    known_ms = times[kind]
    if known_ms is not None and known_ms >= given_ms:
        return drugs
    times[kind] = given_ms
    return MaskingDrugs(
        antipyretic_ms=times["antipyretic"],
        steroid_ms=times["steroid"],
        tocilizumab_ms=times["tocilizumab"],
        siltuximab_ms=times["siltuximab"],
        anakinra_ms=times["anakinra"],
    )


def remember_charted_drugs(drugs: MaskingDrugs, findings: CrsFindings, at_ms: int) -> MaskingDrugs:
    """The memory with the drugs charted inside an observation; without a time they count as given then."""
    for kind, hours in _charted(findings):
        given_ms = at_ms if hours is None else at_ms - round(hours * HOUR_MS)
        drugs = remember_drug(drugs, kind, given_ms)
    return drugs


def drugs_on_board(
    drugs: MaskingDrugs, findings: CrsFindings, at_ms: int, max_h: Mapping[str, float]
) -> tuple[MaskingDrug, ...]:
    """The masking drugs that may hide a fever now (CRS-5); a drug's limit itself is still on board."""
    found: list[MaskingDrug] = [
        kind for kind, hours in _charted(findings) if hours is None or not above(hours, max_h[kind])
    ]
    for kind, given_ms in _given_at(drugs):
        if given_ms is not None and at_ms - given_ms <= round(max_h[kind] * HOUR_MS) and kind not in found:
            found.append(kind)
    return tuple(found)


def antipyretic_within(drugs: MaskingDrugs, at_ms: int, hours: float) -> bool:
    """Whether an antipyretic was given less than `hours` ago; exactly that long ago is allowed (CRS-10)."""
    return drugs.antipyretic_ms is not None and at_ms - drugs.antipyretic_ms < round(hours * HOUR_MS)
