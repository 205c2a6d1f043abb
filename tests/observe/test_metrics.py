"""Metrics: what the stream tells arrives under the documented names, and no patient with it."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from blinwatch.core.decisions import (
    Alert,
    AlertTransition,
    CrsStatus,
    InfusionStatus,
    InputNote,
    PatientStatus,
    StandingAlert,
    TransitionKind,
)
from blinwatch.observe.metric_table import LABEL_MEANINGS, METRICS, series_names
from blinwatch.observe.metrics import Metrics
from blinwatch.observe.metrics_page import ALL_METRICS, render_metrics_page
from blinwatch.observe.ward_census import CRS_CODES, ICANS_CODES, INFUSION_STATES
from blinwatch.stream.progress import SIGNS, Progress
from blinwatch.stream.telemetry import Telemetry
from tests.support.statuses import NO_ICANS, NO_INTERACTIONS

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENT = "patient-7f3a"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="0.1.0", rulebook_version="1.1.0", rulebook_digest="abc123", partitions=8, wards=("north",))


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def an_alert() -> Alert:
    return Alert(
        alert_id="alert-1",
        patient_id=PATIENT,
        ward="north",
        key="crs",
        code="CRS_G3",
        rule_id="CRS-1",
        domain="crs",
        scale="ASTCT",
        priority="high",
        level=3,
        episode=1,
        state="active",
        summary="CRS grade 3",
        threshold=None,
        evidence=(),
        citation="Lee 2019",
        rulebook_version="1.1.0",
        rulebook_digest="abc",
        since=NOON,
        raised_at=NOON,
        updated_at=NOON,
    )


def a_transition(kind: TransitionKind) -> AlertTransition:
    return AlertTransition(
        decision_id=f"d-{kind}",
        alert_id="alert-1",
        patient_id=PATIENT,
        transition=kind,
        occurred_at=NOON,
        late=False,
        caused_by=None,
        alert=an_alert(),
    )


def a_status() -> PatientStatus:
    grade = "CRS_G3"
    return PatientStatus(
        decision_id="d-status",
        patient_id=PATIENT,
        ward="north",
        as_of=NOON,
        phase="rr",
        cycle=1,
        cycle_day=2,
        cycle_hour=30.0,
        crs=CrsStatus(
            current=grade,
            worst_24h=grade,
            episode_max=grade,
            announced=grade,
            status="CRS_OPEN",
            flags=(),
            because=(),
            hypotension_grade=3,
            hypoxia_grade=0,
            would_be_grade=None,
            observed_at=NOON,
        ),
        icans=NO_ICANS,
        dose=None,
        interactions=NO_INTERACTIONS,
        attributions=(),
        infusion=InfusionStatus(
            state="interrupted",
            headline="",
            codes=(),
            flags=(),
            because=(),
            gap_min=45.0,
            bag_due_at=NOON + timedelta(hours=3),
            step_due_at=NOON + timedelta(hours=25),
        ),
        alerts=(
            StandingAlert(
                alert_id="alert-1",
                code="CRS_G3",
                rule_id="CRS-7",
                priority="high",
                state="active",
                since=NOON,
                summary="…",
            ),
        ),
        signals_last_at={"heart_rate": NOON},
        silent=("pump",),
        rulebook_version="1.1.0",
        rulebook_digest="abc",
        caused_by=None,
    )


def tell_everything(metrics: Metrics) -> None:
    """One call of each kind, as a worker would make them."""
    metrics.assigned([0, 1])
    metrics.batch_judged("vitals.observed.v1", {"accepted": 40, "dead_letter": 2}, 0.004)
    metrics.dead_letters("vitals.observed.v1", {"wrong_value": 2})
    metrics.traces_dropped({"vitals.observed.v1": 3})
    note = InputNote(
        decision_id="d-note",
        patient_id=PATIENT,
        note="duplicate",
        detail="",
        occurred_at=NOON,
        caused_by=None,
    )
    acknowledged = replace(a_transition("acknowledged"), occurred_at=NOON + timedelta(seconds=90))
    metrics.decisions(1, [a_transition("raised"), acknowledged, a_transition("resolved"), a_status(), note])
    metrics.outputs_acknowledged(0.01)
    metrics.ticks_judged([0.4, 12.0])
    metrics.oldest_waiting(0.5)
    metrics.alert_delivered(0.02)
    metrics.committed(0.05, [2_000, 70_000])
    metrics.state_held(12)
    metrics.lag({("vitals.observed.v1", 1): 7})
    metrics.progressed(1_700_000_000.0)
    metrics.watch_signs_of_life(lambda: {"reading_loop": 0.4, "broker": 12.0})


def test_the_stream_may_tell_its_measurements_to_metrics(metrics: Metrics) -> None:
    told: Telemetry = metrics  # pyright checks that the calls fit; below, that none is missing
    calls = [name for name in vars(Telemetry) if not name.startswith("_")]
    assert calls
    assert all(callable(getattr(told, name)) for name in calls)


def test_events_and_dead_letters_are_counted_by_topic(metrics: Metrics) -> None:
    tell_everything(metrics)
    topic = "vitals.observed.v1"
    assert value(metrics, "blinwatch_events_total", topic=topic, outcome="accepted") == 40
    assert value(metrics, "blinwatch_dead_letters_total", topic=topic, reason="wrong_value") == 2
    assert value(metrics, "blinwatch_trace_contexts_dropped_total", topic=topic) == 3
    assert value(metrics, "blinwatch_batch_records_sum") == 42
    assert value(metrics, "blinwatch_batch_step_seconds_count") == 1


def test_a_raised_alert_is_counted_and_stands(metrics: Metrics) -> None:
    tell_everything(metrics)
    rule = {"rule": "CRS-1", "code": "CRS_G3", "priority": "high"}
    assert value(metrics, "blinwatch_alerts_raised_total", **rule) == 1
    assert value(metrics, "blinwatch_alerts_resolved_total", **rule) == 1
    standing = {"ward": "north", "rule": "CRS-7", "code": "CRS_G3", "priority": "high", "state": "active"}
    assert value(metrics, "blinwatch_alerts_active", **standing) == 1


def test_patients_infusions_and_silence_are_shown_by_ward_also_where_nobody_stands(metrics: Metrics) -> None:
    tell_everything(metrics)
    assert value(metrics, "blinwatch_patients", ward="north", grade="CRS_G3") == 1
    assert value(metrics, "blinwatch_patients", ward="north", grade="CRS_G4") == 0
    assert value(metrics, "blinwatch_infusions", ward="north", state="interrupted") == 1
    assert value(metrics, "blinwatch_patients_silent", ward="north", kind="pump") == 1
    assert value(metrics, "blinwatch_newest_observation_timestamp_seconds", ward="north") == NOON.timestamp()


def test_the_alarm_load_is_counted_by_ward_and_the_way_to_the_bedside_is_timed(metrics: Metrics) -> None:
    tell_everything(metrics)
    assert value(metrics, "blinwatch_ward_alerts_raised_total", ward="north", priority="high") == 1
    assert value(metrics, "blinwatch_alert_acknowledged_seconds_sum", priority="high") == 90
    assert value(metrics, "blinwatch_alert_acknowledged_seconds_bucket", priority="high", le="60.0") == 0


def test_a_bag_due_within_four_hours_is_counted_and_a_step_after_a_day_is_not(metrics: Metrics) -> None:
    tell_everything(metrics)
    assert value(metrics, "blinwatch_infusions_due", ward="north", due="bag") == 1
    assert value(metrics, "blinwatch_infusions_due", ward="north", due="step") == 0
    assert value(metrics, "blinwatch_infusion_gap_seconds", ward="north") == 45 * 60


def test_deadlines_are_as_late_as_the_ticks_that_bring_them(metrics: Metrics) -> None:
    tell_everything(metrics)
    metrics.ticks_judged([-600.0])  # a simulated ward's time runs ahead
    assert value(metrics, "blinwatch_tick_lateness_seconds_sum") == pytest.approx(12.4)
    assert value(metrics, "blinwatch_tick_lateness_seconds_bucket", le="10.0") == 2


def test_a_grade_that_rises_is_counted_where_it_rose_to_and_a_newcomer_is_not(metrics: Metrics) -> None:
    def told(grade: str, minute: int, ward: str = "north") -> None:
        status = a_status()
        as_of = NOON + timedelta(minutes=minute)
        metrics.decisions(1, [replace(status, ward=ward, as_of=as_of, crs=replace(status.crs, current=grade))])

    told("CRS_G1", 0)
    assert value(metrics, "blinwatch_grade_changes_total", ward="north", grade="CRS_G1") == 0
    told("CRS_G3", 1)
    told("CRS_G3", 2)
    told("CRS_G3", 3, ward="nowhere we know")
    assert value(metrics, "blinwatch_grade_changes_total", ward="north", grade="CRS_G3") == 1
    assert value(metrics, "blinwatch_grade_changes_total", ward="other", grade="CRS_G3") == 0, "moved, not worse"
    told("CRS_G1", 4)
    assert value(metrics, "blinwatch_grade_changes_total", ward="north", grade="CRS_G1") == 1


def test_the_time_under_watch_is_that_of_the_patients_own_events(metrics: Metrics) -> None:
    for minute in (0, 30, 20, 60):  # late evidence tells of an earlier moment, which counts nothing twice
        metrics.decisions(1, [replace(a_status(), as_of=NOON + timedelta(minutes=minute))])
    assert value(metrics, "blinwatch_patient_seconds_total", ward="north") == 60 * 60


def test_a_counter_of_alerts_is_there_before_the_first_alert(metrics: Metrics) -> None:
    assert value(metrics, "blinwatch_ward_alerts_raised_total", ward="north", priority="high") == 0
    assert value(metrics, "blinwatch_alert_acknowledged_seconds_count", priority="low") == 0
    assert value(metrics, "blinwatch_grade_changes_total", ward="north", grade="ICANS_G4") == 0


def test_a_sign_of_life_that_fails_is_shown_with_how_long(metrics: Metrics) -> None:
    metrics.watch_signs_of_life(Progress(now_s=iter(range(100)).__next__).failing_s)
    shown = {sign: value(metrics, "blinwatch_sign_of_life_failing_seconds", sign=sign) for sign in SIGNS}
    assert shown["broker"] != 0
    assert shown["recovery"] == 0
    assert None not in shown.values()


LABELS = st.sampled_from(["north", "south", "west", None])
STATUSES = st.builds(
    lambda number, ward, grade, state, code, silent: replace(
        a_status(),
        patient_id=f"{PATIENT}-{number}",
        ward=ward,
        crs=replace(a_status().crs, current=grade),
        infusion=replace(a_status().infusion, state=state),
        alerts=(replace(a_status().alerts[0], code=code),),
        silent=silent,
    ),
    st.integers(0, 10_000),
    LABELS | st.text(max_size=8),
    st.sampled_from(CRS_CODES) | st.text(max_size=8),
    st.sampled_from(INFUSION_STATES),
    st.sampled_from(["CRS_G1", "CRS_G3", "INF_FLUSH"]),
    st.lists(st.sampled_from(["pump", "feed:vitals", "sensor:spo2"]), max_size=3).map(tuple),
)


@given(st.lists(STATUSES, max_size=60))
def test_whatever_patients_say_the_number_of_series_stays_below_what_wards_and_codes_allow(
    statuses: list[PatientStatus],
) -> None:
    metrics = Metrics(version="1", rulebook_version="1", rulebook_digest="1", partitions=8, wards=("north", "south"))
    metrics.decisions(1, statuses)
    shown: Counter[str] = Counter()
    for family in metrics.registry.collect():
        for sample in family.samples:
            shown[sample.name] += 1
            assert sample.labels.get("ward", "other") in {"north", "south", "other", "unknown"}
    wards, codes, states = 4, 3, 3
    assert shown["blinwatch_patients"] <= wards * len(CRS_CODES)
    assert shown["blinwatch_patients_icans"] <= wards * len(ICANS_CODES)
    assert shown["blinwatch_grade_changes_total"] <= wards * (len(CRS_CODES) + len(ICANS_CODES))
    assert shown["blinwatch_infusions"] <= wards * len(INFUSION_STATES)
    assert shown["blinwatch_alerts_active"] <= wards * codes * states
    assert shown["blinwatch_patient_seconds_total"] <= wards


def test_the_number_of_series_does_not_grow_with_the_number_of_patients(metrics: Metrics) -> None:
    def shown(patients: int) -> int:
        metrics.decisions(1, [replace(a_status(), patient_id=f"{PATIENT}-{number}") for number in range(patients)])
        return sum(1 for line in metrics.exposition().decode().splitlines() if not line.startswith("#"))

    tell_everything(metrics)
    assert shown(10) == shown(1_000)


def test_a_state_beyond_64_kib_is_visible(metrics: Metrics) -> None:
    tell_everything(metrics)
    assert value(metrics, "blinwatch_state_snapshot_bytes_bucket", le="65536.0") == 1
    assert value(metrics, "blinwatch_state_snapshot_bytes_bucket", le="+Inf") == 2


def test_a_record_from_a_clock_ahead_of_ours_counts_as_fast_not_as_negative(metrics: Metrics) -> None:
    metrics.alert_delivered(-3.0)
    assert value(metrics, "blinwatch_event_to_alert_seconds_sum") == 0
    assert value(metrics, "blinwatch_event_to_alert_seconds_count") == 1


def test_what_moved_to_another_worker_leaves_no_stale_figures(metrics: Metrics) -> None:
    tell_everything(metrics)
    metrics.revoked([("vitals.observed.v1", 1), ("vitals.observed.v1", 6)])
    assert value(metrics, "blinwatch_consumer_lag_records", topic="vitals.observed.v1", partition="1") is None
    assert value(metrics, "blinwatch_patients", ward="north", grade="CRS_G3") == 0
    assert "CRS_G3" not in str(metrics.census.alerts())


def test_no_patient_reaches_the_exposition(metrics: Metrics) -> None:
    tell_everything(metrics)
    text = metrics.exposition().decode()
    assert 'grade="CRS_G3"' in text
    for secret in (PATIENT, "alert-1", "d-status"):
        assert secret not in text


def test_the_exposition_is_prometheus_text_and_says_what_runs(metrics: Metrics) -> None:
    families = {family.name for family in text_string_to_metric_families(metrics.exposition().decode())}
    assert "blinwatch_events" in families
    labels = {"version": "0.1.0", "rulebook_version": "1.1.0", "rulebook_digest": "abc123"}
    assert value(metrics, "blinwatch_build_info", **labels) == 1


def test_what_is_registered_is_what_the_table_documents(metrics: Metrics) -> None:
    tell_everything(metrics)
    found: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        for sample in family.samples:
            if sample.name.startswith("blinwatch_") and not sample.name.endswith("_created"):
                found.setdefault(sample.name, set()).update(set(sample.labels) - {"le"})
    assert found == {name: set(spec.labels) for spec in METRICS for name in series_names(spec)}


def test_names_follow_the_prometheus_conventions() -> None:
    for spec in ALL_METRICS:
        assert re.fullmatch(r"blinwatch_[a-z_]+", spec.name), spec.name
        assert spec.name.endswith("_total") == (spec.kind == "counter"), spec.name
        assert spec.name.endswith("_info") == (spec.kind == "info"), spec.name
        assert not re.search(r"_(ms|minutes|hours|kb|kib)(_|$)", spec.name), f"{spec.name}: base units only"
        assert not {"patient_id", "alert_id", "event_id"}.intersection(spec.labels), spec.name


def test_every_label_is_explained_and_every_explanation_used() -> None:
    assert {label for spec in ALL_METRICS for label in spec.labels} == set(LABEL_MEANINGS)


def test_the_page_of_metrics_is_the_one_the_code_prints() -> None:
    written = (ROOT / "docs/operating/metrics.md").read_text(encoding="utf-8")
    command = "python -m blinwatch.observe.metrics_page > docs/operating/metrics.md"
    assert written == render_metrics_page(), f"run: {command}"
