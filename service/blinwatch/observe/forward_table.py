"""Every metric of a forwarder: name, kind, labels, meaning. `target` is a name of the targets' file."""

from blinwatch.observe.metric_table import MetricSpec

LETTERS = MetricSpec(
    name="blinwatch_forward_letters_total",
    kind="counter",
    labels=("target", "outcome"),
    meaning="Alerts (and grades, for FHIR) that a target has taken, or its fallback, or nobody: `undelivered`.",
)
OPEN = MetricSpec(
    name="blinwatch_forward_open",
    kind="gauge",
    labels=("target",),
    meaning="Letters that are being tried, or held back until somebody answers.",
)
SECONDS = MetricSpec(
    name="blinwatch_forward_delivery_seconds",
    kind="histogram",
    labels=("target",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0),
    meaning="From the alert's record on the broker to the target's word that it has it, holding back included.",
)
LAST_TAKEN = MetricSpec(
    name="blinwatch_forward_last_taken_timestamp_seconds",
    kind="gauge",
    labels=("target",),
    meaning="When the target last took anything; 0: not since the start.",
)
REPORTS = MetricSpec(
    name="blinwatch_forward_status_reports_total",
    kind="counter",
    labels=("target", "status"),
    meaning="What alarm managers reported of alerts (IHE PCD-05); `unknown`: about none of ours.",
)

FORWARD_METRICS: tuple[MetricSpec, ...] = (LETTERS, OPEN, SECONDS, LAST_TAKEN, REPORTS)
