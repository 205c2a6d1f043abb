"""The metrics of one worker, in a registry of its own.

Updates come once per batch with counts, because one update costs about 1 µs (measured; a whole event has 20).
Gauges about patients are computed from the census when somebody asks, not when something changes.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from prometheus_client import ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from blinwatch.core.decisions import AlertTransition, Decision, PatientStatus
from blinwatch.core.evidence import Priority
from blinwatch.observe import metric_table as table
from blinwatch.observe.registered import new_counter, new_gauge, new_histogram
from blinwatch.observe.ward_census import (
    ADVICE_CODES,
    CRS_CODES,
    DUE_KINDS,
    ICANS_CODES,
    INFUSION_STATES,
    SILENT_KINDS,
    WardCensus,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format, which every scraper reads."""


class Metrics:
    """What a worker tells Prometheus. All labels are closed sets; none holds a patient identifier."""

    def __init__(
        self,
        *,
        version: str,
        rulebook_version: str,
        rulebook_digest: str,
        partitions: int,
        wards: tuple[str, ...] = (),
    ) -> None:
        """Register every metric; `wards` are the wards told apart (BLINWATCH_WARDS)."""
        self.registry = CollectorRegistry()
        self.census = WardCensus(wards)
        ProcessCollector(registry=self.registry)
        self.registry.register(_CensusCollector(self.census))
        self._events = new_counter(table.EVENTS, self.registry)
        self._dead_letters = new_counter(table.DEAD_LETTERS, self.registry)
        self._traces_dropped = new_counter(table.TRACES_DROPPED, self.registry)
        self._decisions = new_counter(table.DECISIONS, self.registry)
        self._transitions = new_counter(table.ALERT_TRANSITIONS, self.registry)
        self._raised = new_counter(table.ALERTS_RAISED, self.registry)
        self._resolved = new_counter(table.ALERTS_RESOLVED, self.registry)
        self._ward_raised = new_counter(table.WARD_ALERTS_RAISED, self.registry)
        self._acknowledged = new_histogram(table.ALERT_ACKNOWLEDGED, self.registry)
        self._tick_lateness = new_histogram(table.TICK_LATENESS, self.registry)
        self._output_acknowledged = new_histogram(table.OUTPUT_ACKNOWLEDGED, self.registry)
        self._alert_latency = new_histogram(table.ALERT_LATENCY, self.registry)
        self._batch_records = new_histogram(table.BATCH_RECORDS, self.registry)
        self._batch_step = new_histogram(table.BATCH_STEP_SECONDS, self.registry)
        self._commit = new_histogram(table.COMMIT_SECONDS, self.registry)
        self._state_bytes = new_histogram(table.STATE_BYTES, self.registry)
        self._state_patients = new_gauge(table.STATE_PATIENTS, self.registry)
        self._partitions = new_gauge(table.PARTITIONS, self.registry)
        self._partitions_configured = new_gauge(table.PARTITIONS_CONFIGURED, self.registry)
        self._partitions_configured.set(partitions)
        self._rebalances = new_counter(table.REBALANCES, self.registry)
        self._lag = new_gauge(table.LAG, self.registry)
        self._oldest_waiting = new_gauge(table.OLDEST_WAITING, self.registry)
        self._last_progress = new_gauge(table.LAST_PROGRESS, self.registry)
        new_gauge(table.BUILD, self.registry).labels(version, rulebook_version, rulebook_digest).set(1)
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Show what can be counted before it happens: Prometheus cannot see a counter rise that begins at one."""
        for priority in get_args(Priority):
            self._acknowledged.labels(priority)
            for ward in self.census.wards:
                self._ward_raised.labels(ward, priority)

    def watch_signs_of_life(self, failing: Callable[[], Mapping[str, float]]) -> None:
        """Show the signs of life: `failing` says for how many seconds each has failed, asked at every scrape."""
        self.registry.register(_SignCollector(failing))

    def exposition(self) -> bytes:
        """The text that /metrics answers with (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def batch_judged(self, topic: str, outcomes: Mapping[str, int], step_s: float) -> None:
        """One batch of one topic went through the judgement in `step_s` seconds, with these outcomes."""
        self._batch_records.observe(sum(outcomes.values()))
        self._batch_step.observe(step_s)
        for outcome, count in outcomes.items():
            self._events.labels(topic, outcome).inc(count)

    def dead_letters(self, topic: str, reasons: Mapping[str, int]) -> None:
        """Records of an input topic were refused, by reason code."""
        for reason, count in reasons.items():
            self._dead_letters.labels(topic, reason).inc(count)

    def traces_dropped(self, topics: Mapping[str, int]) -> None:
        """Records of these input topics led to decisions, and their trace context could not be handed on."""
        for topic, count in topics.items():
            self._traces_dropped.labels(topic).inc(count)

    def decisions(self, partition: int, decisions: Iterable[Decision]) -> None:
        """The judgement decided these for patients of one partition."""
        kinds = Tally[str]()
        for decision in decisions:
            kinds[decision.type] += 1
            if isinstance(decision, PatientStatus):
                self.census.record(partition, decision)
            elif isinstance(decision, AlertTransition):
                self._alert_moved(decision)
        for kind, count in kinds.items():
            self._decisions.labels(kind).inc(count)

    def alert_delivered(self, latency_s: float) -> None:
        """An alert was acknowledged by the broker this long after its event's record."""
        # Broker and worker have different clocks; a record "from the future" was simply fast.
        self._alert_latency.observe(max(0.0, latency_s))

    def outputs_acknowledged(self, wait_s: float) -> None:
        """The broker had the last output of a batch this long after it was handed over."""
        self._output_acknowledged.observe(wait_s)

    def ticks_judged(self, lateness_s: Iterable[float]) -> None:
        """Clock ticks were judged so long after their own time."""
        for seconds in lateness_s:
            # A simulated ward's time runs ahead of the clock.
            self._tick_lateness.observe(max(0.0, seconds))

    def committed(self, commit_s: float, snapshot_bytes: Iterable[int]) -> None:
        """States of these sizes and the offsets they include became durable in `commit_s` seconds."""
        self._commit.observe(commit_s)
        for size in snapshot_bytes:
            self._state_bytes.observe(size)

    def state_held(self, patients: int) -> None:
        """This many patients' states are in memory."""
        self._state_patients.set(patients)

    def assigned(self, partitions: Iterable[int]) -> None:
        """The group gave this worker these partition numbers, in place of those before."""
        self._rebalances.inc()
        self._partitions.set(len(set(partitions)))

    def revoked(self, topic_partitions: Iterable[tuple[str, int]]) -> None:
        """Another worker owns these now: its figures are the true ones."""
        numbers: set[int] = set()
        for topic, partition in topic_partitions:
            numbers.add(partition)
            self._lag.remove(topic, str(partition))
        self.census.forget_partitions(numbers)

    def lag(self, records_behind: Mapping[tuple[str, int], int]) -> None:
        """How many records wait in each input partition this worker owns."""
        for (topic, partition), count in records_behind.items():
            self._lag.labels(topic, str(partition)).set(count)

    def oldest_waiting(self, seconds: float) -> None:
        """The oldest record that is not judged has been there for at least so long."""
        self._oldest_waiting.set(seconds)

    def progressed(self, unix_s: float) -> None:
        """Records were judged, or none waited, at this moment (seconds since 1970)."""
        self._last_progress.set(unix_s)

    def _alert_moved(self, decision: AlertTransition) -> None:
        self._transitions.labels(decision.transition).inc()
        alert = decision.alert
        if decision.transition == "raised":
            self._raised.labels(alert.rule_id, alert.code, alert.priority).inc()
            self._ward_raised.labels(self.census.ward_label(alert.ward), alert.priority).inc()
        elif decision.transition == "acknowledged":
            waited_s = (decision.occurred_at - alert.raised_at).total_seconds()
            self._acknowledged.labels(alert.priority).observe(max(0.0, waited_s))
        elif decision.transition == "resolved":
            self._resolved.labels(alert.rule_id, alert.code, alert.priority).inc()


class _CensusCollector(Collector):
    """Turns the census into gauges when Prometheus asks."""

    def __init__(self, census: WardCensus) -> None:
        self._census = census

    def collect(self) -> Iterable[Metric]:
        """The figures about patients; every ward shows all its states, also those at zero."""
        census = self._census
        patients, infusions, silent = map(_family, (table.PATIENTS, table.INFUSIONS, table.PATIENTS_SILENT))
        icans, advised, due = map(_family, (table.PATIENTS_ICANS, table.PATIENTS_ADVISED, table.INFUSIONS_DUE))
        gap = _family(table.INFUSION_GAP)
        for ward in census.shown_wards():
            for family, kind, values in (
                (patients, "patients", CRS_CODES),
                (icans, "icans", ICANS_CODES),
                (advised, "advised", ADVICE_CODES),
                (infusions, "infusions", INFUSION_STATES),
                (due, "due", DUE_KINDS),
                (silent, "silent", SILENT_KINDS),
            ):
                for value in values:
                    family.add_metric([ward, value], census.count(kind, ward, value))
            gap.add_metric([ward], census.gap_seconds(ward))
        alerts, newest = _family(table.ALERTS_ACTIVE), _family(table.NEWEST_OBSERVATION)
        for labels, count in census.alerts().items():
            alerts.add_metric(labels, count)
        for ward, moment in census.newest_observations().items():
            newest.add_metric([ward], moment.timestamp())
        return (patients, icans, advised, infusions, due, gap, silent, alerts, newest, *self._counters())

    def _counters(self) -> Iterable[CounterMetricFamily]:
        census = self._census
        changes, watched = map(_counter_family, (table.GRADE_CHANGES, table.PATIENT_SECONDS))
        for ward in census.counted_wards():
            for grade in dict.fromkeys((*CRS_CODES, *ICANS_CODES)):
                changes.add_metric([ward, grade], census.grade_changes(ward, grade))
            watched.add_metric([ward], census.patient_seconds(ward))
        return (changes, watched)


class _SignCollector(Collector):
    """Asks for the signs of life when Prometheus asks."""

    def __init__(self, failing: Callable[[], Mapping[str, float]]) -> None:
        self._failing = failing

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One gauge a sign."""
        family = _family(table.SIGN_OF_LIFE)
        for sign, for_s in self._failing().items():
            family.add_metric([sign], for_s)
        return (family,)


def _family(spec: table.MetricSpec) -> GaugeMetricFamily:
    return GaugeMetricFamily(spec.name, spec.meaning, labels=spec.labels)


def _counter_family(spec: table.MetricSpec) -> CounterMetricFamily:
    return CounterMetricFamily(spec.name, spec.meaning, labels=spec.labels)
