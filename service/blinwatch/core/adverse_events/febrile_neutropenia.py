"""AE-FN: febrile neutropenia.

Definition:  38.3 °C or more once, or 38.0 °C or more for at least one hour; and ANC < 0.5 x 10⁹/L, or < 1.0 and
             falling. Antibiotics within 60 minutes.
Source:      IDSA [K]; rule reference section F.
Inputs:      the memory of fever, the temperature now, neutrophil counts.
Caveats:     - never suppressed by a CRS grade: CRS and sepsis look alike and both are judged.
             - a fever counts for 24 h after it was measured; between readings, and for 4 h after the last, a
               temperature is taken to hold, so one reading of 38.0 °C is a fever an hour later.
             - with fever and no count of the last 24 h the answer is FN_ANC_MISSING, never "no neutropenia". If the
               last known count, up to 7 days old, was low, it is FN_ALERT and INCOMPLETE.
"""

from dataclasses import dataclass

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.memory import FeverRun, holds_for_ms, lasts_for_ms
from blinwatch.core.adverse_events.neutropenia import NeutrophilState
from blinwatch.core.adverse_events.verdict import INCOMPLETE, EventVerdict, Part, flags_of, lab_part, missing_words
from blinwatch.core.infusion.verdict import plain
from blinwatch.core.units import below

RULE_ID = "AE-FN"
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class FeverNow:
    """Fever by AE-FN: present, absent, or (`known` False) not to be told."""

    present: bool
    known: bool
    since_ms: int | None = None
    because: str = ""
    part: Part | None = None


def read_fever(fever: FeverRun, temperature_c: float | None, at_ms: int, rulebook: Rulebook) -> FeverNow:
    """Whether there is a fever now, or was one within the time for which it counts."""
    rules = rulebook.adverse_events
    once_c, lasting_c = plain(rules.fever_once_from_c), plain(rules.fever_sustained_from_c)
    counts_ms = round(rules.fever_counts_h * _HOUR_MS)
    if temperature_c is not None and not below(temperature_c, rules.fever_once_from_c):
        part = Part(name="temperature", value=temperature_c, unit="°C", at_ms=fever.high_ms)
        said = f"temperature {plain(temperature_c)} °C, at or above {once_c} °C"
        since_ms = at_ms if fever.high_ms is None else fever.high_ms
        return FeverNow(present=True, known=True, since_ms=since_ms, because=said, part=part)
    if fever.high_ms is not None and fever.high_c is not None and at_ms - fever.high_ms <= counts_ms:
        part = Part(name="temperature", value=fever.high_c, unit="°C", at_ms=fever.high_ms)
        said = f"temperature was {plain(fever.high_c)} °C within the last {plain(rules.fever_counts_h)} h"
        return FeverNow(
            present=True, known=True, since_ms=fever.high_ms, because=f"{said}, at or above {once_c} °C", part=part
        )
    until_ms = _lasting_until_ms(fever, at_ms, rulebook)
    if until_ms is not None and at_ms - until_ms <= counts_ms:
        said = f"temperature at or above {lasting_c} °C for at least {plain(rules.fever_sustained_h)} h"
        part = Part(name="temperature at or above", value=rules.fever_sustained_from_c, unit="°C", at_ms=until_ms)
        since_ms = fever.since_ms if fever.since_ms is not None else until_ms
        return FeverNow(present=True, known=True, since_ms=since_ms, because=said, part=part)
    return FeverNow(present=False, known=temperature_c is not None)


def _lasting_until_ms(fever: FeverRun, at_ms: int, rulebook: Rulebook) -> int | None:
    """The end of the last run of at least an hour; the present moment while it still goes on."""
    if fever.since_ms is not None and fever.seen_ms is not None:
        end_ms = min(at_ms, fever.seen_ms + holds_for_ms(rulebook))
        if end_ms - fever.since_ms >= lasts_for_ms(rulebook):
            return end_ms
    return fever.lasted_until_ms


def judge_febrile_neutropenia(
    fever: FeverNow, neutrophils: NeutrophilState, at_ms: int, rulebook: Rulebook
) -> EventVerdict:
    """Febrile neutropenia from the fever and the newest neutrophil count."""
    if not fever.present:
        return _without_fever(fever)
    rules = rulebook.adverse_events
    newest = neutrophils.newest
    low = neutrophils.low
    if neutrophils.stale and newest is not None:
        warns = at_ms - newest.at_ms <= round(rules.anc_stale_warns_h * _HOUR_MS)
        low = True if low and warns else None
    parts = tuple(
        part
        for part in (fever.part, None if newest is None else lab_part("neutrophil count", newest, "10*9/L"))
        if part is not None
    )
    if low is None:
        missing = ("neutrophil count of the last 24 h",)
        doubt = f"fever, and neutropenia cannot be excluded: {neutrophils.because}; take a blood count now ({RULE_ID})"
        return EventVerdict(
            code="FN_ANC_MISSING",
            rule_id=RULE_ID,
            holds=True,
            level=1,
            parts=parts,
            flags=(INCOMPLETE,),
            because=(f"{fever.because} ({RULE_ID})", doubt),
            missing=missing,
            since_ms=fever.since_ms,
        )
    if not low:
        return EventVerdict(
            code="FN_NONE",
            rule_id=RULE_ID,
            holds=False,
            parts=parts,
            flags=flags_of(results=(newest,)),
            because=(f"{fever.because}; {neutrophils.because} ({RULE_ID})",),
        )
    incomplete = neutrophils.stale or neutrophils.trend_unknown
    act = f"febrile neutropenia: antibiotics within {rules.antibiotics_within_min} min, whatever the CRS grade"
    return EventVerdict(
        code="FN_ALERT",
        rule_id=RULE_ID,
        holds=True,
        level=2,
        parts=parts,
        flags=flags_of(results=(newest,), more=(INCOMPLETE,) if incomplete else ()),
        because=(f"{fever.because} ({RULE_ID})", f"{neutrophils.because} ({RULE_ID})", f"{act} ({RULE_ID})"),
        missing=("neutrophil count of the last 24 h",) if neutrophils.stale else (),
        threshold=f"ANC < {plain(rules.fever_anc_below)} x 10⁹/L, or < {plain(rules.anc_falling_below)} and falling",
        since_ms=fever.since_ms,
    )


def _without_fever(fever: FeverNow) -> EventVerdict:
    if fever.known:
        return EventVerdict(code="FN_NONE", rule_id=RULE_ID, holds=False, because=(f"no fever ({RULE_ID})",))
    missing = ("temperature",)
    return EventVerdict(
        code="FN_NOT_EVALUABLE",
        rule_id=RULE_ID,
        holds=False,
        flags=(INCOMPLETE,),
        because=(missing_words(missing, RULE_ID),),
        missing=missing,
    )
