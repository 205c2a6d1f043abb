"""DDI-18: drugs that prolong QT.

What:      QTc of 500 ms or more with any QT drug, or two or more of them with low potassium or magnesium.
Source:    rule reference DDI-18.
Inputs:    qt_drug_count, else the drug itself counts one where it is of the short list; qtc_ms, potassium_mmol_l,
           magnesium_mmol_l.
Caveats:   a drug of the list counts one whatever the count says. Values that are not known leave the answer incomplete
           where they could decide; a question of QT data alone needs a count and at least one value.
"""

from blinwatch.core.interactions.verdict import ASKED, Asked, InteractionFinding, RuleAnswer, found, plain
from blinwatch.core.units import below


def judge_qt(asked: Asked) -> RuleAnswer | None:
    """DDI_QT; not asked where neither the drug nor any value speaks of QT."""
    findings = asked.findings
    values = (findings.qtc_ms, findings.potassium_mmol_l, findings.magnesium_mmol_l)
    nothing_measured = all(value is None for value in values)
    own = 1 if asked.active_classes("qt_drug") else 0
    if own == 0 and findings.qt_drug_count is None:
        if nothing_measured or asked.drug is not None:
            return None
        return RuleAnswer(missing=("number of QT drugs",))
    count = max(findings.qt_drug_count or 0, own)
    if (finding := _finding(asked, count)) is not None:
        return found(finding)
    if count > 0 and nothing_measured and asked.drug is None:
        return RuleAnswer(missing=("QTc, potassium and magnesium",))
    return RuleAnswer(incomplete=True) if _could_decide(asked, count) else ASKED


def _finding(asked: Asked, count: int) -> InteractionFinding | None:
    findings, rules = asked.findings, asked.rules
    name = "QT drugs" if asked.drug is None else asked.drug.drug
    qtc_ms = findings.qtc_ms
    if count >= 1 and qtc_ms is not None and not below(qtc_ms, rules.qtc_from_ms):
        reason = f"QTc is {plain(qtc_ms)} ms and {_drugs(count)} given"
        return asked.finding("DDI_QT", reason, drug=name)
    if count < rules.qt_drugs_from:
        return None
    lows: list[str] = []
    if findings.potassium_mmol_l is not None and below(findings.potassium_mmol_l, rules.potassium_below_mmol_l):
        lows.append(f"potassium is {plain(findings.potassium_mmol_l)} mmol/L")
    if findings.magnesium_mmol_l is not None and below(findings.magnesium_mmol_l, rules.magnesium_below_mmol_l):
        lows.append(f"magnesium is {plain(findings.magnesium_mmol_l)} mmol/L")
    if not lows:
        return None
    return asked.finding("DDI_QT", f"{_drugs(count)} given and {' and '.join(lows)}", drug=name)


def _could_decide(asked: Asked, count: int) -> bool:
    """Whether a value that is missing could have made the code hold."""
    findings = asked.findings
    salts_missing = findings.potassium_mmol_l is None or findings.magnesium_mmol_l is None
    return (count >= 1 and findings.qtc_ms is None) or (count >= asked.rules.qt_drugs_from and salts_missing)


def _drugs(count: int) -> str:
    return "1 drug that prolongs QT is" if count == 1 else f"{count} drugs that prolong QT are"
