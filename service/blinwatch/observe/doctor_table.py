"""Every metric of a permanent self-test: name, kind, labels, meaning. No label says whose alert it was: nobody's."""

from blinwatch.observe.metric_table import LATENCY_BUCKETS_S, MetricSpec

ALERT_SECONDS = MetricSpec(
    name="blinwatch_doctor_alert_seconds",
    kind="histogram",
    buckets=LATENCY_BUCKETS_S,
    meaning="From a made-up patient's event to its alert read back; one observation a partition and round.",
)
LAST_SUCCESS = MetricSpec(
    name="blinwatch_doctor_last_success_timestamp_seconds",
    kind="gauge",
    meaning="When all checks went well last, in seconds since 1970; 0 while they never have since the doctor started.",
)
EXAMINATIONS = MetricSpec(
    name="blinwatch_doctor_examinations_total",
    kind="counter",
    meaning="Rounds that are over, well or not.",
)
FAILURES = MetricSpec(
    name="blinwatch_doctor_failures_total",
    kind="counter",
    labels=("check",),
    meaning="Checks that failed.",
)
DOCTOR_METRICS: tuple[MetricSpec, ...] = (ALERT_SECONDS, LAST_SUCCESS, EXAMINATIONS, FAILURES)
