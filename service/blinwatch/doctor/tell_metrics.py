"""An examination as metrics."""

from blinwatch.doctor.finding import CHECKS, Examination
from blinwatch.observe.doctor_metrics import DoctorMetrics


class MetricsTelling:
    """Hands each round to the metrics."""

    def __init__(self) -> None:
        self.metrics = DoctorMetrics(CHECKS)

    def examined(self, examination: Examination) -> None:
        """One round is over."""
        self.metrics.round_over(
            alert_s=[seconds for one in examination.findings for seconds in one.alert_s],
            failed=[one.check for one in examination.findings if one.verdict == "failed"],
            well_at_s=examination.at.timestamp() if examination.is_well else None,
        )
