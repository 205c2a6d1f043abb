"""Parts of a patient's status that a test is not about."""

from blinwatch.core.advice_outputs import InteractionStatus
from blinwatch.core.decisions import IcansStatus

NO_ICANS = IcansStatus(
    current="ICANS_NOT_EVALUABLE",
    worst_24h="ICANS_NOT_EVALUABLE",
    episode_max="ICANS_G0",
    announced="ICANS_NOT_EVALUABLE",
    status="ICANS_NONE",
    flags=(),
    because=(),
    domains=(),
    change_from_baseline=None,
    seizure_count=0,
    examined_at=None,
    next_due_at=None,
)
NO_INTERACTIONS = InteractionStatus(
    headline="DDI_NONE",
    codes=(),
    flags=(),
    drugs=(),
    unknown_drugs=(),
    sedatives_on_board=(),
    masking_drugs=(),
    heart_rate_masked=False,
    answer=None,
)
