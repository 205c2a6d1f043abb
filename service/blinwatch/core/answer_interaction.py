"""A question put to the interaction check, answered."""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.advice_outputs import InteractionAnswer, InteractionChecked, InteractionTold
from blinwatch.core.alert_lifecycle import short_hash
from blinwatch.core.events import InteractionAssessed
from blinwatch.core.interactions.check import check_interactions
from blinwatch.core.interactions.verdict import InteractionFinding


def answer_interaction(patient_id: str, event: InteractionAssessed, rulebook: Rulebook) -> InteractionChecked:
    """The answer as interactions.checked.v1 carries it."""
    verdict = check_interactions(event.findings, rulebook)
    answer = InteractionAnswer(
        headline=verdict.headline,
        drug=verdict.drug,
        findings=tuple(told_interaction(finding, rulebook) for finding in verdict.findings),
        flags=verdict.flags,
        asked_at=event.occurred_at,
        event_id=event.event_id,
    )
    return InteractionChecked(
        decision_id=short_hash(patient_id, "interaction", event.event_id),
        patient_id=patient_id,
        answer=answer,
        rulebook_version=rulebook.version,
        rulebook_digest=rulebook.digest,
        occurred_at=event.occurred_at,
        caused_by=event.event_id,
    )


def told_interaction(finding: InteractionFinding, rulebook: Rulebook) -> InteractionTold:
    """One finding with its citation."""
    return InteractionTold(
        code=finding.code,
        rule_id=finding.rule_id,
        drug=finding.drug,
        severity=finding.severity,
        evidence_level=finding.evidence_level,
        management=finding.management,
        because=finding.because,
        citation=rulebook.cite(finding.rule_id),
    )
