"""The drugs beside the infusion as a board shows them."""

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.advice_outputs import DrugStatus, InteractionStatus
from blinwatch.core.answer_interaction import told_interaction
from blinwatch.core.evidence import to_datetime
from blinwatch.core.interactions.live import DrugView
from blinwatch.core.interactions.verdict import NONE
from blinwatch.core.patient_state import Judgement


def interaction_status(judgement: Judgement, rulebook: Rulebook) -> InteractionStatus:
    """Every drug on board with what holds for it, and the last question's answer."""
    view = judgement.interactions
    if view is None:
        return InteractionStatus(
            headline=NONE,
            codes=(),
            flags=(),
            drugs=(),
            unknown_drugs=(),
            sedatives_on_board=(),
            masking_drugs=(),
            heart_rate_masked=False,
            answer=judgement.answer,
        )
    return InteractionStatus(
        headline=view.headline,
        codes=view.codes,
        flags=view.flags,
        drugs=tuple(_drug(drug, rulebook) for drug in view.drugs),
        unknown_drugs=view.unknown_drugs,
        sedatives_on_board=view.sedatives_on_board,
        masking_drugs=view.masking_drugs,
        heart_rate_masked=view.heart_rate_masked,
        answer=judgement.answer,
    )


def _drug(view: DrugView, rulebook: Rulebook) -> DrugStatus:
    return DrugStatus(
        drug=view.drug,
        route=view.route,
        running=view.running,
        last_given_at=to_datetime(view.last_ms),
        event_id=view.event_id,
        headline=view.headline,
        findings=tuple(told_interaction(finding, rulebook) for finding in view.findings),
        flags=view.flags,
    )
