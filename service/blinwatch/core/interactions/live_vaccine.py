"""DDI-5: live vaccines around the treatment.

What:      a live vaccine less than 14 days before the start, during treatment (intervals between cycles included), or
           before B cells have recovered after the last cycle.
Source:    rule reference DDI-5; US and EU label.
Inputs:    vaccine, or a drug known as a vaccine; days_before_start, on_infusion, days_after_last_dose,
           b_cell_recovered.
Caveats:   a live vaccine without timing is not allowed; recovery not known = not recovered. Where both a time before a
           start and a time after a last dose are given (between two cycles), both must allow it. A time before a start
           together with a later cycle, or with a day of this one, lies in a treatment-free interval: not allowed.
"""

from blinwatch.core.findings import InteractionFindings
from blinwatch.core.interactions.verdict import ASKED, Asked, RuleAnswer, found, plain
from blinwatch.core.units import below


def judge_live_vaccine(asked: Asked) -> RuleAnswer | None:
    """DDI_LIVE_VACCINE; not asked without a vaccine."""
    live = asked.findings.vaccine == "live" or "live_vaccine" in asked.classes
    if not live and asked.findings.vaccine is None and "inactivated_vaccine" not in asked.classes:
        return None
    if not live:
        return RuleAnswer(note="an inactivated vaccine is allowed; the response to it may be poor (DDI-5)")
    if (reason := _why_not(asked)) is None:
        return ASKED
    name = "live vaccine" if asked.drug is None else asked.drug.drug
    finding = asked.finding("DDI_LIVE_VACCINE", f"{name}, which can cause disease now: {reason}", drug=name)
    return found(finding, incomplete=_timing_unknown(asked))


def _timing_unknown(asked: Asked) -> bool:
    findings = asked.findings
    return not findings.on_infusion and findings.days_before_start is None and findings.days_after_last_dose is None


def _treatment_has_begun(findings: InteractionFindings) -> bool:
    """A later cycle, or a day of this one, is charted: the start that is waited for is not the first."""
    later_cycle = findings.cycle is not None and findings.cycle > 1
    return later_cycle or (findings.cycle_day is not None and findings.cycle_day >= 1)


def _why_not(asked: Asked) -> str | None:
    """Why the vaccine is not allowed, or None."""
    findings, limit_d = asked.findings, asked.rules.live_vaccine_before_start_d
    if findings.on_infusion:
        return "treatment is under way"
    if _timing_unknown(asked):
        return "nobody charted how it lies to the treatment"
    if (
        findings.days_before_start is not None
        and findings.days_after_last_dose is None
        and _treatment_has_begun(findings)
    ):
        return "it falls into a treatment-free interval, which counts as treatment"
    before_d, after_d = findings.days_before_start, findings.days_after_last_dose
    if before_d is not None and below(before_d, limit_d):
        return f"treatment starts {plain(before_d)} d after it; {plain(limit_d)} d are needed"
    if after_d is not None and (after_d < 0 or not findings.b_cell_recovered):
        return f"it is {plain(after_d)} d after the last dose and B cells are not known to have recovered"
    return None
