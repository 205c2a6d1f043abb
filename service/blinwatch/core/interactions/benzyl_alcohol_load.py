"""DDI-15: a further source of benzyl alcohol beside a preserved bag in a small patient.

What:      another drug with benzyl alcohol while a preservative bag runs and the weight is below the site's minimum.
Source:    rule reference DDI-15; bag, weight limit and newborns are judged as by INF-15 (core/infusion/benzyl_alcohol).
Inputs:    benzyl_alcohol_source, preservative (else bag_type_h and label_region), weight_kg, age_years,
           benzyl_min_weight_kg.
Caveats:   weight is essential on a preservative bag; a newborn of unknown weight fires. Whether a drug holds benzyl
           alcohol is the sender's word: preparations of one drug differ. A bag of which nothing is known cannot be
           judged unless the weight allows any bag.
"""

from dataclasses import replace

from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.benzyl_alcohol import is_preserved, judge_benzyl_alcohol
from blinwatch.core.interactions.verdict import ASKED, Asked, RuleAnswer, found, plain


def judge_benzyl_alcohol_load(asked: Asked) -> RuleAnswer | None:
    """DDI_BENZYL_ALCOHOL_LOAD; not asked without a further source."""
    findings = asked.findings
    if not findings.benzyl_alcohol_source:
        return None
    bag = InfusionFindings(
        preservative=findings.preservative,
        bag_type_h=findings.bag_type_h,
        label_region=findings.label_region,
        weight_kg=findings.weight_kg,
        age_years=findings.age_years,
        benzyl_min_weight_kg=findings.benzyl_min_weight_kg,
    )
    preserved = is_preserved(bag, asked.rulebook.infusion)
    if preserved is False:
        return ASKED
    on_preserved_bag = judge_benzyl_alcohol(replace(bag, preservative=True), asked.rulebook.infusion)
    too_small = on_preserved_bag is not None and bool(on_preserved_bag.findings)
    if preserved and too_small:
        who = "a newborn of unknown weight" if findings.weight_kg is None else f"{plain(findings.weight_kg)} kg"
        name = "another drug" if asked.drug is None else asked.drug.drug
        reason = f"{name} holds benzyl alcohol, and so does the bag; the patient is {who}"
        finding = asked.finding("DDI_BENZYL_ALCOHOL_LOAD", reason, drug=name)
        return found(finding, incomplete=findings.weight_kg is None)
    if findings.weight_kg is None:
        return RuleAnswer(missing=("weight",))
    return RuleAnswer(missing=("bag type or preservative",)) if too_small else ASKED
