"""DDI-17: drugs that harm the liver while its enzymes are high.

What:      an azole, pegaspargase, methotrexate, inotuzumab, or paracetamol above 4 g a day, with ALT or AST above
           3 x ULN.
Source:    rule reference DDI-17, expert opinion; dose advice on the liver is DM-10.
Inputs:    drug or ATC code, route, daily_dose_g, alt_x_uln, ast_x_uln.
Caveats:   enzymes or a daily dose that are not known leave the answer incomplete where they could decide.
"""

from blinwatch.core.interactions.verdict import ASKED, Asked, RuleAnswer, found, plain
from blinwatch.core.units import above


def judge_hepatotoxic(asked: Asked) -> RuleAnswer | None:
    """DDI_HEPATOTOXIC; not asked for other drugs, nor for paracetamol of which neither dose nor enzymes are known."""
    findings, rules = asked.findings, asked.rules
    is_paracetamol = "paracetamol" in asked.classes
    if not is_paracetamol and "hepatotoxic" not in asked.classes:
        return None
    enzymes = {"ALT": findings.alt_x_uln, "AST": findings.ast_x_uln}
    known = {name: value for name, value in enzymes.items() if value is not None}
    high = {name: value for name, value in known.items() if above(value, rules.liver_above_x_uln)}
    no_answer = RuleAnswer(incomplete=len(known) < len(enzymes))
    if "hepatotoxic" in asked.classes:
        return _answer(asked, high, "can harm the liver") if high else no_answer
    dose_g = findings.daily_dose_g
    if dose_g is None:
        return RuleAnswer(incomplete=True) if high else None
    if not above(dose_g, rules.paracetamol_above_g_day):
        return ASKED
    return _answer(asked, high, f"is given at {plain(dose_g)} g a day") if high else no_answer


def _answer(asked: Asked, high: dict[str, float], why: str) -> RuleAnswer:
    values = " and ".join(f"{name} is {plain(value)} x ULN" for name, value in high.items())
    return found(asked.finding("DDI_HEPATOTOXIC", f"{asked.name} {why} and {values}"))
