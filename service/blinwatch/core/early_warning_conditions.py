"""The early warning as an alert condition, with every sign it rests on in a sentence.

What:      one condition of low priority; its text names each sign's value, its change against the patient's own
           baseline, its slope and the limit, and the drugs that may hide a sign.
Sources:   rules EW-1 to EW-4 (clinical/early_warning.yaml).
Inputs:    the judgement, the verdict in force.
Caveats:   a notice keeps the words it was raised with; CRS alerts hide it (crs_conditions.py).
"""

from blinwatch.clinical.early_warning_rules import EarlyWarningRules
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.crs_conditions import priority_of
from blinwatch.core.early_warning.judge_rise import Move, RiseFacts, Verdict
from blinwatch.core.early_warning.live import EARLY_WARNING, facts_of
from blinwatch.core.early_warning.trends import HOUR_MS, SIGNS, Trends, bucket_ms, last_bucket
from blinwatch.core.evidence import Condition, Evidence, to_datetime
from blinwatch.core.patient_state import Judgement

_WORDS = {
    "temperature": ("temperature", " °C"),
    "heart_rate": ("heart rate", "/min"),
    "respiratory_rate": ("respiratory rate", "/min"),
    "spo2": ("SpO2", " %"),
}
"""Name and unit for people."""
_UNITS = {"temperature": "Cel", "heart_rate": "/min", "respiratory_rate": "/min", "spo2": "%"}


def early_warning_conditions(judgement: Judgement, verdict: Verdict | None, moment: Moment) -> tuple[Condition, ...]:
    """The notice, while one holds."""
    return () if verdict is None else (_condition(judgement, verdict, moment),)


def _condition(j: Judgement, verdict: Verdict, moment: Moment) -> Condition:
    rules = moment.rulebook.early_warning
    facts = facts_of(j, moment, moment.rulebook)
    risen = [move for move in verdict.moves if move.risen]
    because = [_sentence(move, j.trends, rules) for move in risen]
    because += [_hidden_sentence(name, facts) for name in verdict.hidden]
    if facts.fever_hidden_by and "temperature" not in verdict.hidden:
        because.append(f"A drug on board may hide a fever ({', '.join(facts.fever_hidden_by)})")
    if facts.heart_rate_hidden_by and "heart_rate" not in verdict.hidden:
        drugs = ", ".join(facts.heart_rate_hidden_by)
        share = f"{100 * rules.heart_rate_rise_masked_fraction:g} %"
        because.append(f"A drug that slows the heart is on board ({drugs}): a rise of {share} counts (DDI-10)")
    return Condition(
        key=EARLY_WARNING,
        code=EARLY_WARNING,
        rule_id="EW-1",
        domain="early_warning",
        scale="site",
        priority=priority_of(EARLY_WARNING, moment.rulebook),
        summary=". ".join(("Rising risk of CRS, before any grade: look at the patient and measure again", *because))
        + ".",
        threshold="; ".join(f"{_WORDS[move.sign][0]} {move.limit}" for move in risen) or None,
        evidence=tuple(part for move in risen for part in _evidence(move, j.trends, moment)),
        since_ms=moment.at_ms if j.trends.raised_ms is None else j.trends.raised_ms,
    )


def _sentence(move: Move, trends: Trends, rules: EarlyWarningRules) -> str:
    name, unit = _WORDS[move.sign]
    ago_h = _ago_h(move, trends, rules)
    now, baseline = round(move.now, 1), round(move.baseline, 1)
    change = round(now - baseline, 1)
    share = "" if move.sign in ("temperature", "spo2") else f" ({100 * change / move.baseline:+.0f} %)"
    when = "" if ago_h < 1 else f", measured {ago_h:.1f} h ago"
    slope = "" if move.slope_per_h is None else f", now {round(move.slope_per_h, 2):+g}{unit} per hour"
    return (
        f"{name[0].upper()}{name[1:]} {now:g}{unit}{when}, {change:+g}{unit}{share} against"
        f" the patient's own {baseline:g}{unit} (median of {move.baseline_hours} earlier hours)"
        f"{slope}; counts from {move.limit}"
    )


def _ago_h(move: Move, trends: Trends, rules: EarlyWarningRules) -> float:
    """How long before the end of the last bucket the value was seen, to the bucket."""
    return (last_bucket(trends, rules) - move.seen_bucket) * bucket_ms(rules) / HOUR_MS


def _hidden_sentence(name: str, facts: RiseFacts) -> str:
    drugs = facts.fever_hidden_by if name == "temperature" else facts.heart_rate_hidden_by
    words = _WORDS[name][0]
    return f"{words[0].upper()}{words[1:]} had risen and may now be hidden by {', '.join(drugs)}"


def _evidence(move: Move, trends: Trends, moment: Moment) -> tuple[Evidence, ...]:
    length_ms = bucket_ms(moment.rulebook.early_warning)
    seen_ms = None if trends.origin_ms is None else trends.origin_ms + (move.seen_bucket + 1) * length_ms
    observed = None if seen_ms is None else to_datetime(seen_ms)
    part, unit = SIGNS[move.sign], _UNITS[move.sign]
    return (
        Evidence(part, round(move.now, 1), unit, observed),
        Evidence(f"baseline_{part}", round(move.baseline, 1), unit, observed),
    )
