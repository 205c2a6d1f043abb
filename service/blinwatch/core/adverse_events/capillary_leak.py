"""AE-LEAK: capillary leak.

Definition:  at least two of: weight up by 5 % within 72 h, albumin < 30 g/L, hypotension, new effusion or oedema.
Source:      rule reference section F [C].
Inputs:      weights, albumin, hypotension by CRS-6, effusion or oedema as charted.
Caveats:     - the present weight is the newest, if not older than 24 h, against the lowest of the 72 h before it.
             - one weight alone says nothing of a gain: the sign is then missing.
"""

from blinwatch.clinical.adverse_event_rules import AdverseEventRules
from blinwatch.core.adverse_events.memory import Weighed
from blinwatch.core.adverse_events.verdict import EventVerdict, Part, flags_of, lab_part, missing_words
from blinwatch.core.infusion.verdict import plain, reaches
from blinwatch.core.labs.lab_result import falls_below
from blinwatch.core.labs.lab_view import LabView

RULE_ID = "AE-LEAK"
_HOUR_MS = 3_600_000


def weight_gain(weights: tuple[Weighed, ...], at_ms: int, rules: AdverseEventRules) -> float | None:
    """The gain as a fraction from the lowest weight of the 72 h before the present one; None: not known."""
    known = [one for one in weights if one.at_ms <= at_ms]
    if not known or at_ms - known[-1].at_ms > round(rules.leak_weight_counts_h * _HOUR_MS):
        return None
    present = known[-1]
    from_ms = present.at_ms - round(rules.leak_weight_window_h * _HOUR_MS)
    before = [one.weight_kg for one in known[:-1] if one.at_ms >= from_ms]
    return None if not before else present.weight_kg / min(before) - 1


def judge_capillary_leak(
    labs: LabView, weights: tuple[Weighed, ...], *, hypotension: bool | None, effusion: bool | None
) -> EventVerdict:
    """Capillary leak from what is known now."""
    rules = labs.rulebook.adverse_events
    parts: list[Part] = []
    because: list[str] = []
    gain = weight_gain(weights, labs.at_ms, rules)
    gained = None if gain is None else reaches(gain, rules.leak_weight_gain_fraction_from)
    if gain is not None:
        parts.append(Part(name="weight gain in 72 h", value=round(100 * gain, 1), unit="%", at_ms=weights[-1].at_ms))
    if gain is not None and gained:
        because.append(f"weight up by {plain(round(100 * gain, 1))} % within 72 h ({RULE_ID})")
    albumin = labs.latest("albumin")
    low = None if albumin is None else falls_below(albumin, rules.leak_albumin_below_g_l)
    if albumin is not None:
        parts.append(lab_part("albumin", albumin, "g/L"))
        if low:
            because.append(f"albumin {albumin.text} g/L, below {plain(rules.leak_albumin_below_g_l)} ({RULE_ID})")
    for name, sign in (("hypotension", hypotension), ("new effusion or oedema", effusion)):
        if sign is not None:
            parts.append(Part(name=name, value=sign))
        if sign:
            because.append(f"{name} ({RULE_ID})")
    signs = (
        ("two weights within 72 h", gained),
        ("albumin", low),
        ("blood pressure", hypotension),
        ("new effusion or oedema (yes or no)", effusion),
    )
    count = sum(1 for _, sign in signs if sign)
    missing = [name for name, sign in signs if sign is None]
    holds = count >= rules.leak_criteria_from
    if missing:
        because.append(missing_words(missing, RULE_ID))
    quiet = "CAPILLARY_LEAK_NOT_EVALUABLE" if missing else "CAPILLARY_LEAK_NONE"
    return EventVerdict(
        code="CAPILLARY_LEAK" if holds else quiet,
        rule_id=RULE_ID,
        holds=holds,
        level=int(holds),
        score=count,
        parts=tuple(parts),
        flags=flags_of(missing=missing, results=(albumin,)),
        because=tuple(because) or (f"no sign of capillary leak ({RULE_ID})",),
        missing=tuple(missing),
        threshold=f"{rules.leak_criteria_from} of four signs",
    )
