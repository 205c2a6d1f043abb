"""DDI-12: drugs that sedate, to be asked about before ICANS is graded.

What:      a dose within the time of its class, or propofol or dexmedetomidine running.
Source:    rule reference DDI-12; ASTCT footnote on sedation.
Inputs:    drug or ATC code, hours_since_dose, route (a patch counts longer), running.
Caveats:   no time given = within the limit. This code grades nothing: ICA-7 applies only where a nurse or doctor marks
           the patient as sedated.
"""

from blinwatch.clinical.interaction_rules import InteractionClass
from blinwatch.core.interactions.verdict import Asked, RuleAnswer, found, listed, since_dose

SEDATIVE_CLASSES: tuple[InteractionClass, ...] = (
    "benzodiazepine",
    "opioid",
    "sedating_antihistamine",
    "gabapentinoid",
    "antipsychotic",
    "continuous_sedative",
)


def judge_sedative(asked: Asked) -> RuleAnswer | None:
    """CONF_SEDATIVE_ICANS; not asked for other drugs or older doses."""
    running = asked.findings.running
    classes = asked.active_classes(*SEDATIVE_CLASSES)
    if classes:
        says = listed(asked.rules.classes[name].says for name in classes)
        reason = f"{asked.name}, {says}, was given {since_dose(asked.findings.hours_since_dose)}"
        return found(asked.finding("CONF_SEDATIVE_ICANS", f"{reason} and can look like ICANS"))
    if running:
        names = listed(running)
        return found(asked.finding("CONF_SEDATIVE_ICANS", f"{names} is running and can look like ICANS", drug=names))
    return None
