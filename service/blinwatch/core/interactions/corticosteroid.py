"""DDI-6: systemic corticosteroids, by what they are given for.

What:      expected use (premedication, prephase, treatment of severe CRS or neurotoxicity, replacement) against any
           other purpose.
Source:    rule reference DDI-6.
Inputs:    drug, route, purpose, crs_grade_now, icans_grade_now.
Caveats:   dose and time of a premedication are judged by INF-8 and INF-19 only. No purpose charted = any other
           purpose, incomplete. A grade that is missing counts as 0, incomplete.
"""

from blinwatch.core.interactions.verdict import Asked, InteractionFinding, RuleAnswer, found


def judge_corticosteroid(asked: Asked) -> RuleAnswer | None:
    """DDI_STEROID_OK or DDI_STEROID_ANTAGONISM; not asked for other drugs or local use."""
    if not asked.active_classes("corticosteroid"):
        return None
    findings, rules = asked.findings, asked.rules
    purpose = findings.purpose
    if purpose is None:
        return found(_antagonism(asked, "nobody charted what for"), incomplete=True)
    if purpose in rules.steroid_ok_purposes:
        return found(asked.finding("DDI_STEROID_OK", f"{asked.name} is given as {_PURPOSE_WORDS[purpose]}"))
    if purpose == "crs_treatment":
        return _as_treatment(asked, "CRS", findings.crs_grade_now, rules.steroid_ok_crs_from_grade)
    if purpose == "neuro_treatment":
        return _as_treatment(asked, "ICANS", findings.icans_grade_now, rules.steroid_ok_icans_from_grade)
    return found(_antagonism(asked, f"for {_PURPOSE_WORDS[purpose]}"))


_PURPOSE_WORDS = {
    "premed": "premedication",
    "prephase": "prephase",
    "replacement": "physiological replacement",
    "crs_treatment": "treatment of CRS",
    "neuro_treatment": "treatment of neurotoxicity",
    "other": "another purpose than the label's",
}


def _as_treatment(asked: Asked, event: str, grade: int | None, from_grade: int) -> RuleAnswer:
    if grade is None:
        return found(_antagonism(asked, f"for {event}, whose grade is not known"), incomplete=True)
    if grade >= from_grade:
        return found(asked.finding("DDI_STEROID_OK", f"{asked.name} is given for {event} of grade {grade}"))
    return found(_antagonism(asked, f"for {event} of grade {grade}; it is meant from grade {from_grade} on"))


def _antagonism(asked: Asked, purpose: str) -> InteractionFinding:
    reason = f"{asked.name}, a corticosteroid, is given {purpose}"
    return asked.finding("DDI_STEROID_ANTAGONISM", reason)
