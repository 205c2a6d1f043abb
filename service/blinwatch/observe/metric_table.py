"""Every metric of a worker in one table: name, kind, labels, meaning. Code and documentation come from it.

Labels are closed sets (a code of ours, a topic of the catalogue, a ward of the settings), so the number of
series has a bound, and no label ever holds anything that a patient or a record brought along.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram", "info"]

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""1 ms is faster than any broker answers; 60 s is where an alert is too late to call it one."""
WORK_BUCKETS_S = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
"""A batch of one event takes some 0.1 ms, a commit up to the request timeout of 30 s."""
RECORD_BUCKETS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""A quiet ward hands over single records; a restart reads thousands at a time."""
LATENESS_BUCKETS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 900)
"""Workers write a tick every 5 s by default; after 15 min (900 s) a silence itself would be told too late."""
ACKNOWLEDGED_BUCKETS_S = (15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400)
"""From "the nurse stood beside it" to half a shift; an alert may be shelved for at most 1,800 s."""
BYTE_BUCKETS = (1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 49_152, 65_536, 131_072)
"""A patient's state must stay under 64 KiB (design, "Sizes"): a bucket ends there, one lies beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric as it is registered and documented."""

    name: str
    """Full name as Prometheus shows it; a counter ends in `_total`."""
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


LABEL_MEANINGS: dict[str, str] = {
    "topic": "a topic of `schemas/topics.yaml`",
    "outcome": "what became of the record: `accepted`, `dead_letter`, `redelivered` (known), `moved`; of a letter: "
    "`delivered`, `fallback`, `undelivered`",
    "target": "a name of the forwarder's targets' file",
    "status": "`delivered`, `accepted`, `refused`, `failed`; `unknown`",
    "type": "`alert_transition`, `grade_assigned`, `patient_status`, `input_note`",
    "transition": "a step in an alert's life: `raised`, `escalated`, `acknowledged`, `resolved` ...",
    "rule": "rule id of the rulebook, such as `CRS-1`",
    "code": "result code of the rule reference, such as `CRS_G2` or `INF_OCCLUSION`",
    "priority": "`high`, `medium`, `low` (IEC 60601-1-8)",
    "advice": "headline of the label advice (DM-16), as in `advice.dose.v1`",
    "state": "of an alert: `active`, `acknowledged`, `shelved`; of an infusion: as in `patients.status.v1`",
    "grade": "`CRS_G0` to `CRS_G5`, `CRS_NOT_EVALUABLE`, `CRS_SUSPECT_MASKED`, `ICANS_G0` to `ICANS_G5`, "
    "`ICANS_NOT_EVALUABLE`; `other`",
    "ward": "a ward named in BLINWATCH_WARDS; `other` for any other ward, `unknown` where none was told",
    "kind": "of silence: `sensor`, `feed` (the whole monitor), `pump`; `any` counts each patient once. Of a message: "
    "`ORU`, `ADT`, `RAS`, `RGV`, `RDE`; `other`",
    "due": "`bag`: to be changed within 4 h, or overdue; `step`: of the dose within 24 h; `end`: within 24 h",
    "sign": "`reading_loop`, `broker`, `membership`, `recovery`, `position` (records wait and none is judged)",
    "reason": "reason code of a dead letter, of an unread part of a message or of a refused request, such as "
    "`wrong_value`",
    "check": "of the doctor: `broker`, `topics`, `workers`, `test_patient`",
    "partition": "partition number",
    "answer": "MSA-1 of the answer: `AA`, `AE`, `AR`",
    "flag": "what was done to a time, such as `zone_assumed`, `clock_corrected`, `late`",
    "route": "`events`, `events:batch`, `fhir`",
    "http_outcome": "`taken`, `partly`, `refused`, `id_taken`, `unknown_caller`, `too_many`, `not_taken`, `failed`",
    "how": "why a connection ended, such as `closed`, `half_open`, `abusive`, `too_many`",
    "version": "version of the service",
    "rulebook_version": "version of the clinical data in force",
    "rulebook_digest": "names the exact clinical data: workers with one digest judge alike",
}

EVENTS = MetricSpec(
    name="blinwatch_events_total",
    kind="counter",
    labels=("topic", "outcome"),
    meaning="Records read from the input topics, by what became of them.",
)
DEAD_LETTERS = MetricSpec(
    name="blinwatch_dead_letters_total",
    kind="counter",
    labels=("topic", "reason"),
    meaning="Records refused and written to `dlq.<topic>`. Any growth wants somebody to look.",
)
TRACES_DROPPED = MetricSpec(
    name="blinwatch_trace_contexts_dropped_total",
    kind="counter",
    labels=("topic",),
    meaning="Records that led to decisions and whose `traceparent` or `tracestate` could not be handed on.",
)
DECISIONS = MetricSpec(
    name="blinwatch_decisions_total",
    kind="counter",
    labels=("type",),
    meaning="Decisions of the judgement.",
)
ALERT_TRANSITIONS = MetricSpec(
    name="blinwatch_alert_transitions_total",
    kind="counter",
    labels=("transition",),
    meaning="Steps in the lives of alerts.",
)
ALERTS_RAISED = MetricSpec(
    name="blinwatch_alerts_raised_total",
    kind="counter",
    labels=("rule", "code", "priority"),
    meaning="Alerts raised, by the code and priority they were raised with.",
)
ALERTS_RESOLVED = MetricSpec(
    name="blinwatch_alerts_resolved_total",
    kind="counter",
    labels=("rule", "code", "priority"),
    meaning="Alerts resolved, by the code and priority they ended with.",
)
ALERTS_ACTIVE = MetricSpec(
    name="blinwatch_alerts_active",
    kind="gauge",
    labels=("ward", "rule", "code", "priority", "state"),
    meaning="Alerts that stand now, from each patient's latest status. A combination at zero has no series.",
)
PATIENTS = MetricSpec(
    name="blinwatch_patients",
    kind="gauge",
    labels=("ward", "grade"),
    meaning="Patients this worker holds, by current CRS result. After a restart each counts again from its next "
    "status on (within a minute of events).",
)
PATIENTS_ICANS = MetricSpec(
    name="blinwatch_patients_icans",
    kind="gauge",
    labels=("ward", "grade"),
    meaning="Patients this worker holds, by current ICANS result; one never examined is ICANS_NOT_EVALUABLE.",
)
PATIENTS_ADVISED = MetricSpec(
    name="blinwatch_patients_advised",
    kind="gauge",
    labels=("ward", "advice"),
    meaning="Patients this worker holds with standing label advice, by its headline.",
)
INFUSIONS = MetricSpec(
    name="blinwatch_infusions",
    kind="gauge",
    labels=("ward", "state"),
    meaning="Infusions of the patients this worker holds, by state.",
)
INFUSIONS_DUE = MetricSpec(
    name="blinwatch_infusions_due",
    kind="gauge",
    labels=("ward", "due"),
    meaning="Infusions at which something is due soon or overdue, by each patient's latest status.",
)
INFUSION_GAP = MetricSpec(
    name="blinwatch_infusion_gap_seconds",
    kind="gauge",
    labels=("ward",),
    meaning="Time for which the infusions of these patients have stood still in their present cycles, summed up.",
)
GRADE_CHANGES = MetricSpec(
    name="blinwatch_grade_changes_total",
    kind="counter",
    labels=("ward", "grade"),
    meaning="Times a patient's CRS or ICANS result became this one. A patient who is new to the worker is no change.",
)
PATIENT_SECONDS = MetricSpec(
    name="blinwatch_patient_seconds_total",
    kind="counter",
    labels=("ward",),
    meaning="Time for which patients were watched, summed up, in the time of their own events: alerts divided by this "
    "are the alarm load. A day of a patient is 86,400.",
)
PATIENTS_SILENT = MetricSpec(
    name="blinwatch_patients_silent",
    kind="gauge",
    labels=("ward", "kind"),
    meaning="Patients of whom a sensor, the whole monitor feed or the pump has gone quiet.",
)
NEWEST_OBSERVATION = MetricSpec(
    name="blinwatch_newest_observation_timestamp_seconds",
    kind="gauge",
    labels=("ward",),
    meaning="When the newest vital sign of any patient of the ward was observed (its own time).",
)
WARD_ALERTS_RAISED = MetricSpec(
    name="blinwatch_ward_alerts_raised_total",
    kind="counter",
    labels=("ward", "priority"),
    meaning="Alerts raised, by ward and the priority they were raised with: the alarm load.",
)
ALERT_ACKNOWLEDGED = MetricSpec(
    name="blinwatch_alert_acknowledged_seconds",
    kind="histogram",
    labels=("priority",),
    buckets=ACKNOWLEDGED_BUCKETS_S,
    meaning="From an alert's beginning to its first acknowledgement, by the events' own times.",
)
TICK_LATENESS = MetricSpec(
    name="blinwatch_tick_lateness_seconds",
    kind="histogram",
    buckets=LATENESS_BUCKETS_S,
    meaning="How late a clock tick was judged against its own time: deadlines (silence, gaps, steps) pass as late as "
    "this.",
)
OUTPUT_ACKNOWLEDGED = MetricSpec(
    name="blinwatch_output_acknowledged_seconds",
    kind="histogram",
    buckets=LATENCY_BUCKETS_S,
    meaning="From handing a batch's last output to the producer to the broker's acknowledgement.",
)
ALERT_LATENCY = MetricSpec(
    name="blinwatch_event_to_alert_seconds",
    kind="histogram",
    buckets=LATENCY_BUCKETS_S,
    meaning="From an event's record on the broker to its alert acknowledged by the broker.",
)
BATCH_RECORDS = MetricSpec(
    name="blinwatch_batch_records",
    kind="histogram",
    buckets=RECORD_BUCKETS,
    meaning="Records handed over in one batch of one partition.",
)
BATCH_STEP_SECONDS = MetricSpec(
    name="blinwatch_batch_step_seconds",
    kind="histogram",
    buckets=WORK_BUCKETS_S,
    meaning="Time to judge one batch. Divided by `blinwatch_batch_records` it is the time of one step.",
)
COMMIT_SECONDS = MetricSpec(
    name="blinwatch_commit_seconds",
    kind="histogram",
    buckets=WORK_BUCKETS_S,
    meaning="Time to make changed states and offsets durable.",
)
STATE_BYTES = MetricSpec(
    name="blinwatch_state_snapshot_bytes",
    kind="histogram",
    buckets=BYTE_BUCKETS,
    meaning="Size of one patient's state as written to the changelog; the limit is 65,536.",
)
STATE_PATIENTS = MetricSpec(
    name="blinwatch_state_patients",
    kind="gauge",
    meaning="Patients whose state this worker holds.",
)
PARTITIONS = MetricSpec(
    name="blinwatch_partitions_assigned",
    kind="gauge",
    meaning="Partition numbers this worker owns. The sum over all workers is BLINWATCH_PARTITIONS.",
)
PARTITIONS_CONFIGURED = MetricSpec(
    name="blinwatch_partitions_configured",
    kind="gauge",
    meaning="BLINWATCH_PARTITIONS of this worker: how many partition numbers the workers share.",
)
REBALANCES = MetricSpec(
    name="blinwatch_rebalances_total",
    kind="counter",
    meaning="Times the group gave this worker a new assignment.",
)
LAG = MetricSpec(
    name="blinwatch_consumer_lag_records",
    kind="gauge",
    labels=("topic", "partition"),
    meaning="Records between this worker's position and the end of the partition.",
)
OLDEST_WAITING = MetricSpec(
    name="blinwatch_oldest_unjudged_seconds",
    kind="gauge",
    meaning="How long the oldest record that is not judged has been there at least, seen from outside the worker's "
    "event loop. Grows while a worker stands still or cannot keep up.",
)
LAST_PROGRESS = MetricSpec(
    name="blinwatch_last_progress_timestamp_seconds",
    kind="gauge",
    meaning="When this worker last judged a record, or found that none waited.",
)
SIGN_OF_LIFE = MetricSpec(
    name="blinwatch_sign_of_life_failing_seconds",
    kind="gauge",
    labels=("sign",),
    meaning="For how long a sign of life of the worker has failed; seconds or less while it is well. At "
    "BLINWATCH_STALL_EXIT_S the watchdog ends the worker.",
)
BUILD = MetricSpec(
    name="blinwatch_build_info",
    kind="info",
    labels=("version", "rulebook_version", "rulebook_digest"),
    meaning="What runs: always 1.",
)

METRICS: tuple[MetricSpec, ...] = (
    EVENTS,
    DEAD_LETTERS,
    TRACES_DROPPED,
    DECISIONS,
    ALERT_TRANSITIONS,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ALERTS_ACTIVE,
    PATIENTS,
    PATIENTS_ICANS,
    PATIENTS_ADVISED,
    INFUSIONS,
    INFUSIONS_DUE,
    INFUSION_GAP,
    GRADE_CHANGES,
    PATIENT_SECONDS,
    PATIENTS_SILENT,
    NEWEST_OBSERVATION,
    WARD_ALERTS_RAISED,
    ALERT_ACKNOWLEDGED,
    TICK_LATENESS,
    OUTPUT_ACKNOWLEDGED,
    ALERT_LATENCY,
    BATCH_RECORDS,
    BATCH_STEP_SECONDS,
    COMMIT_SECONDS,
    STATE_BYTES,
    STATE_PATIENTS,
    PARTITIONS,
    PARTITIONS_CONFIGURED,
    REBALANCES,
    LAG,
    OLDEST_WAITING,
    LAST_PROGRESS,
    SIGN_OF_LIFE,
    BUILD,
)


def series_names(spec: MetricSpec) -> tuple[str, ...]:
    """The names under which Prometheus stores a metric."""
    if spec.kind == "histogram":
        return tuple(f"{spec.name}_{part}" for part in ("bucket", "sum", "count"))
    return (spec.name,)
