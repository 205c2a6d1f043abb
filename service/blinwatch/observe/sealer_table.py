"""Every metric of a sealer of the audit."""

from blinwatch.observe.metric_table import MetricSpec

SEALED = MetricSpec(
    name="blinwatch_audit_sealed_total",
    kind="counter",
    meaning="Records of the audit that this process has sealed.",
)
NOT_SEALED = MetricSpec(
    name="blinwatch_audit_not_sealed",
    kind="gauge",
    labels=("partition",),
    meaning="Records of the audit that were not sealed when it last looked.",
)
LOOKED = MetricSpec(
    name="blinwatch_audit_sealed_timestamp_seconds",
    kind="gauge",
    meaning="When it last sealed all that there was.",
)
SEALER_METRICS: tuple[MetricSpec, ...] = (SEALED, NOT_SEALED, LOOKED)
