"""INF-7, INF-9 and INF-21: interruptions of the flow.

What:      a gap past its grace time, of 4 h or more, of more than 7 days; and short gaps that add up within 24 h.
Source:    rule reference A2 (rate below 10 %), A3 (INF-7, INF-9), A5 (a closed gap below 4 h is history only).
Inputs:    gap_h or gap_min, gap_reason, restarted, gaps_24h_min, rate_ml_h with deviation_min, infused_h_total.
Caveats:   `restarted` absent means that the gap is open. After 672 infused hours a stop is no gap. gap_h and gap_min
           both given: the longer counts. A standstill (rate below 10 %) beside an open gap is that same gap.
"""

import math

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import GapReason, InfusionFindings
from blinwatch.core.infusion.bag_rate import is_standstill
from blinwatch.core.infusion.cycle_length import cycle_is_complete
from blinwatch.core.infusion.verdict import (
    ASKED,
    INCOMPLETE,
    InfusionFinding,
    RuleResult,
    found,
    known,
    length_of,
    more_than,
    plain,
    reaches,
)

_HOUR_MIN = 60
_REASON_WORDS: dict[GapReason, str] = {
    "unplanned": "unplanned",
    "bag_change": "for a bag change",
    "adverse_reaction": "for an adverse reaction",
}


def charted_gap_min(findings: InfusionFindings) -> float | None:
    """The charted gap in minutes, from whichever unit was used."""
    lengths = [] if findings.gap_min is None else [findings.gap_min]
    if findings.gap_h is not None:
        lengths.append(findings.gap_h * _HOUR_MIN)
    return max(lengths, default=None)


def closed_long_gap_min(findings: InfusionFindings, rules: InfusionRules) -> float | None:
    """The longest closed gap of 4 h or more that is given, or None.

    `gaps_24h_min` lists closed gaps too (section 0), so an entry of 4 h or more there is one.
    """
    gap_min = charted_gap_min(findings)
    lengths = list(findings.gaps_24h_min or ())
    if gap_min is not None and findings.restarted:
        lengths.append(gap_min)
    longest = max(lengths, default=0.0)
    return longest if reaches(longest, rules.gap_long_from_h * _HOUR_MIN) else None


def gap_is_known_short(findings: InfusionFindings, rules: InfusionRules) -> bool:
    """Whether a gap below 4 h is charted: a restart after it asks for nothing."""
    gap_min = charted_gap_min(findings)
    return gap_min is not None and not reaches(gap_min, rules.gap_long_from_h * _HOUR_MIN)


def open_gap(findings: InfusionFindings, rules: InfusionRules) -> tuple[float | None, GapReason] | None:
    """The open gap (minutes, reason), or None while drug flows. Minutes None: standing, nobody knows how long."""
    if cycle_is_complete(findings.infused_h_total, rules):
        return None
    gap_min = charted_gap_min(findings)
    charted_open = gap_min is not None and not findings.restarted
    if not is_standstill(findings, rules):
        return (gap_min, findings.gap_reason or "unplanned") if charted_open else None
    if not charted_open:
        return findings.deviation_min, "unplanned"
    return max(one for one in (gap_min, findings.deviation_min) if one is not None), findings.gap_reason or "unplanned"


def judge_interruption(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_INTERRUPT_SHORT, _4H or _GT7D; not asked without a gap or a standstill."""
    gap_min = charted_gap_min(findings)
    standstill = is_standstill(findings, rules)
    if gap_min is None and not standstill:
        return None
    collected: list[InfusionFinding] = []
    flags: tuple[str, ...] = ()
    if gap_min is not None and findings.restarted and _over_seven_days(gap_min, rules):
        reason = findings.gap_reason or "unplanned"
        collected.append(_finding("INF_INTERRUPT_GT7D", gap_min, reason, rules, is_open=False))
    current = open_gap(findings, rules)
    if current is not None:
        minutes, reason = current
        flags = (INCOMPLETE,) if minutes is None else ()
        code = interruption_code(minutes, reason, rules)
        if code is not None and code not in [finding.code for finding in collected]:
            collected.append(_finding(code, minutes, reason, rules, is_open=True))
    return RuleResult(findings=tuple(collected), flags=flags)


def interruption_code(gap_min: float | None, reason: GapReason, rules: InfusionRules) -> str | None:
    """The code of an open gap, None within its grace time. A standstill of unknown length is a short one."""
    if gap_min is None:
        return "INF_INTERRUPT_SHORT"
    if _over_seven_days(gap_min, rules):
        return "INF_INTERRUPT_GT7D"
    if reaches(gap_min, rules.gap_long_from_h * _HOUR_MIN):
        return "INF_INTERRUPT_4H"
    return "INF_INTERRUPT_SHORT" if more_than(gap_min, rules.gap_grace_min[reason]) else None


def _over_seven_days(gap_min: float, rules: InfusionRules) -> bool:
    return more_than(gap_min / _HOUR_MIN, rules.gap_new_cycle_after_h)


def _finding(
    code: str, gap_min: float | None, reason: GapReason, rules: InfusionRules, *, is_open: bool
) -> InfusionFinding:
    grace_min = rules.gap_grace_min[reason]
    advice, threshold = {
        "INF_INTERRUPT_SHORT": ("restart, or find the cause", f"> {plain(grace_min)} min"),
        "INF_INTERRUPT_4H": (
            "premedicate again and restart under supervision or in hospital",
            f">= {plain(rules.gap_long_from_h)} h",
        ),
        "INF_INTERRUPT_GT7D": ("a restart begins a new cycle", f"> {plain(rules.gap_new_cycle_after_h)} h"),
    }[code]
    length = "for an unknown time" if gap_min is None else f"for {length_of(gap_min)}"
    stands = "has been stopped" if is_open else "had been stopped"
    return InfusionFinding(
        code=code,
        rule_id="INF-21" if code == "INF_INTERRUPT_GT7D" else "INF-7",
        because=f"the infusion {stands} {length} ({_REASON_WORDS[reason]}); {advice}",
        threshold=threshold,
        evidence=(known("gap_min", gap_min, "min"), known("gap_reason", reason)),
    )


def judge_gap_sum(findings: InfusionFindings, rules: InfusionRules) -> RuleResult | None:
    """INF_CUMULATIVE_GAP; not asked without the list of closed gaps of the last 24 h."""
    if findings.gaps_24h_min is None:
        return None
    minutes = list(findings.gaps_24h_min)
    current = open_gap(findings, rules)
    open_min = 0.0 if current is None else current[0] or 0.0
    long_from_min = rules.gap_long_from_h * _HOUR_MIN
    if _closed_gap_touches(findings, rules) or reaches(max([*minutes, open_min]), long_from_min):
        return ASKED
    if current is not None and current[1] == "bag_change":
        open_min = max(0.0, open_min - rules.bag_change_free_min)
    return judge_gap_total(math.fsum([*minutes, open_min]), rules)


def judge_gap_total(total_min: float, rules: InfusionRules) -> RuleResult:
    """INF_CUMULATIVE_GAP for the sum of the gaps of 24 h, none of which is 4 h or longer."""
    if not reaches(total_min, rules.gap_sum_from_min):
        return ASKED
    return found(
        InfusionFinding(
            code="INF_CUMULATIVE_GAP",
            rule_id="INF-9",
            because=f"short gaps of the last {plain(rules.gap_window_h)} h add up to {length_of(total_min)}",
            threshold=f">= {length_of(rules.gap_sum_from_min)} in {plain(rules.gap_window_h)} h",
            evidence=(known("gaps_24h_sum_min", round(total_min, 3), "min"),),
        )
    )


def _closed_gap_touches(findings: InfusionFindings, rules: InfusionRules) -> bool:
    """Whether a charted closed gap of 4 h or more ended within the window; time of restart unknown = within."""
    if not findings.restarted or closed_long_gap_min(findings, rules) is None:
        return False
    since_h = findings.hours_since_restart
    return since_h is None or since_h < rules.gap_window_h
