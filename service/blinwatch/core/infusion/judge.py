"""All infusion rules on one set of findings.

What:      asks every rule whose own field is given, and puts the answers under one headline.
Source:    rule reference sections 0 and A5.
Inputs:    `InfusionFindings`, charted by somebody or assembled by the live state.
Caveats:   an essential that is missing gives INF_NOT_EVALUABLE and INCOMPLETE beside whatever else holds. No rule
           asked gives INF_NOT_EVALUABLE.
"""

from collections.abc import Callable, Iterable

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.bag_life import judge_hang_time, judge_storage, judge_vial
from blinwatch.core.infusion.bag_rate import judge_rate, rate_due_ml_h, region_flags
from blinwatch.core.infusion.benzyl_alcohol import judge_benzyl_alcohol
from blinwatch.core.infusion.communication import judge_silence
from blinwatch.core.infusion.cycle_length import judge_cycle_end, judge_drug_free
from blinwatch.core.infusion.dose_due import dose_due_mcg_day, judge_dose
from blinwatch.core.infusion.dose_step import judge_dose_step
from blinwatch.core.infusion.flush_and_bolus import judge_pump_act, judge_volume
from blinwatch.core.infusion.headline import headline, in_order
from blinwatch.core.infusion.interruption import judge_gap_sum, judge_interruption
from blinwatch.core.infusion.line import judge_filter, judge_line_alarm, judge_lumen
from blinwatch.core.infusion.premedication import judge_premedication, premed_target_mg
from blinwatch.core.infusion.setting import judge_setting
from blinwatch.core.infusion.verdict import (
    INCOMPLETE,
    NOT_EVALUABLE,
    InfusionFinding,
    InfusionVerdict,
    RuleResult,
    listed,
)

Rule = Callable[[InfusionFindings, InfusionRules], RuleResult | None]

RULES: tuple[Rule, ...] = (
    judge_dose,
    judge_dose_step,
    judge_cycle_end,
    judge_drug_free,
    judge_rate,
    judge_interruption,
    judge_gap_sum,
    judge_premedication,
    judge_pump_act,
    judge_volume,
    judge_hang_time,
    judge_storage,
    judge_vial,
    judge_benzyl_alcohol,
    judge_lumen,
    judge_line_alarm,
    judge_filter,
    judge_silence,
    judge_setting,
)
"""Every rule of section A; each is asked only when its own field is given."""


def ask(rules_to_ask: Iterable[Rule], findings: InfusionFindings, rules: InfusionRules) -> list[RuleResult]:
    """The answers of those rules that were asked."""
    answers = (rule(findings, rules) for rule in rules_to_ask)
    return [answer for answer in answers if answer is not None]


def judge_infusion(findings: InfusionFindings, rules: InfusionRules) -> InfusionVerdict:
    """The verdict on one snapshot."""
    return conclude(ask(RULES, findings, rules), findings, rules)


def conclude(results: list[RuleResult], findings: InfusionFindings, rules: InfusionRules) -> InfusionVerdict:
    """The answers under one headline, with the values worth showing taken from `findings`."""
    collected = [finding for result in results for finding in result.findings]
    flags = {flag for result in results for flag in result.flags} | set(region_flags(findings, rules))
    missing = list(dict.fromkeys(name for result in results for name in result.missing))
    if missing or not results:
        flags.add(INCOMPLETE)
        collected.append(_not_evaluable(missing))
    ordered = in_order(_without_repeats(collected), rules)
    return InfusionVerdict(
        headline=headline(ordered),
        findings=ordered,
        flags=tuple(sorted(flags)),
        dose_due_mcg_day=dose_due_mcg_day(findings, rules),
        rate_due_ml_h=rate_due_ml_h(findings, rules),
        premed_target_mg=premed_target_mg(findings, rules),
    )


def _not_evaluable(missing: list[str]) -> InfusionFinding:
    because = (
        f"cannot judge everything, because {listed(missing)} is missing" if missing else "nothing to judge is known"
    )
    return InfusionFinding(code=NOT_EVALUABLE, rule_id="INF-1", because=because)


def _without_repeats(findings: list[InfusionFinding]) -> list[InfusionFinding]:
    """One finding for each code and past event: the first said."""
    kept: dict[tuple[str, str | None], InfusionFinding] = {}
    for finding in findings:
        kept.setdefault((finding.code, finding.event_id), finding)
    return list(kept.values())
