"""Which records a decision becomes, with which key, headers and bytes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest

from blinwatch.core.advice_outputs import (
    DoseAdviceGiven,
    InteractionAnswer,
    InteractionChecked,
    InteractionStatus,
)
from blinwatch.core.attributed_sign import AttributedSign
from blinwatch.core.decisions import (
    Alert,
    AlertTransition,
    AttributionRecorded,
    CrsStatus,
    Decision,
    GradeAssigned,
    IcansStatus,
    InfusionStatus,
    InputNote,
    PatientStatus,
)
from blinwatch.core.evidence import Evidence
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import DecisionPublisher

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
PUBLISHER = DecisionPublisher(rulebook_version="1.1.0", rulebook_digest="abc")

ALERT = Alert(
    alert_id="a-1",
    patient_id="pt-1",
    ward="7 North",
    key="crs",
    code="CRS_G2",
    rule_id="CRS-3",
    domain="crs",
    scale="ASTCT",
    priority="medium",
    level=2,
    episode=1,
    state="active",
    summary="CRS grade 2",
    threshold="sbp < 90 mmHg",
    evidence=(Evidence("sbp_mmhg", 84.0, "mmHg", AT, "e-9"),),
    citation="Lee 2019",
    rulebook_version="1.1.0",
    rulebook_digest="abc",
    since=AT,
    raised_at=AT,
    updated_at=AT,
)
RAISED = AlertTransition(
    decision_id="d-1",
    alert_id="a-1",
    patient_id="pt-1",
    transition="raised",
    occurred_at=AT,
    late=False,
    caused_by="e-9",
    alert=ALERT,
)
RESOLVED = replace(RAISED, decision_id="d-2", transition="resolved", alert=replace(ALERT, state="resolved"))
GRADE = GradeAssigned(
    decision_id="d-3",
    patient_id="pt-1",
    toxicity="crs",
    scale="ASTCT",
    code="CRS_G2",
    grade=2,
    would_be_grade=None,
    worst_24h="CRS_G2",
    episode_max="CRS_G2",
    announced="CRS_G2",
    status="active",
    flags=(),
    because=("hypotension",),
    rule_id="CRS-3",
    evidence=(),
    citation="Lee 2019",
    rulebook_version="1.1.0",
    rulebook_digest="abc",
    occurred_at=AT,
    caused_by="e-9",
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
ANSWER = InteractionChecked(
    decision_id="d-6",
    patient_id="pt-1",
    answer=InteractionAnswer(
        headline="DDI_NONE", drug="lisinopril", findings=(), flags=(), asked_at=AT, event_id="e-9"
    ),
    rulebook_version="1.1.0",
    rulebook_digest="abc",
    occurred_at=AT,
    caused_by="e-9",
)
ADVICE = DoseAdviceGiven(
    decision_id="d-7",
    patient_id="pt-1",
    advice=None,
    attributions=(),
    citation="label",
    rulebook_version="1.1.0",
    rulebook_digest="abc",
    occurred_at=AT,
    caused_by="e-9",
)
ATTRIBUTION = AttributionRecorded(
    decision_id="d-8",
    patient_id="pt-1",
    attribution=AttributedSign(
        sign="fever", cause="transfusion", by="dr-2", reason="during platelets", since=AT, until=None, event_id="e-9"
    ),
    active=True,
    occurred_at=AT,
    caused_by="e-9",
)
STATUS = PatientStatus(
    decision_id="d-4",
    patient_id="pt-1",
    ward=None,
    as_of=AT,
    phase=None,
    cycle=None,
    cycle_day=None,
    cycle_hour=None,
    crs=CrsStatus(
        current="CRS_G0",
        worst_24h="CRS_G0",
        episode_max="CRS_G0",
        announced="CRS_G0",
        status="none",
        flags=(),
        because=(),
        hypotension_grade=0,
        hypoxia_grade=0,
        would_be_grade=None,
        observed_at=None,
    ),
    icans=IcansStatus(
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
    ),
    infusion=InfusionStatus(state="running", headline="INF_OK", codes=(), flags=(), because=()),
    dose=None,
    interactions=NO_INTERACTIONS,
    attributions=(),
    alerts=(),
    signals_last_at={"temperature": AT},
    silent=(),
    rulebook_version="1.1.0",
    rulebook_digest="abc",
    caused_by=None,
)
NOTE = InputNote(
    decision_id="d-5", patient_id="pt-1", note="duplicate", detail="known", occurred_at=AT, caused_by="e-9"
)


def by_topic(decision: Decision) -> dict[str, OutputRecord]:
    return {record.topic: record for record in PUBLISHER.records_of(decision)}


@pytest.mark.parametrize(
    "decision,topics",
    [
        (RAISED, ["alerts.lifecycle.v1", "alerts.active.v1", "audit.decisions.v1"]),
        (RESOLVED, ["alerts.lifecycle.v1", "alerts.active.v1", "audit.decisions.v1"]),
        (GRADE, ["toxicity.grades.v1", "audit.decisions.v1"]),
        (STATUS, ["patients.status.v1"]),
        (NOTE, ["audit.decisions.v1"]),
        (ADVICE, ["advice.dose.v1", "audit.decisions.v1"]),
        (ANSWER, ["interactions.checked.v1", "audit.decisions.v1"]),
        (ATTRIBUTION, ["audit.decisions.v1"]),
    ],
)
def test_each_kind_of_decision_goes_to_its_topics(decision: Decision, topics: list[str]) -> None:
    assert [record.topic for record in PUBLISHER.records_of(decision)] == topics


def test_everything_is_keyed_by_the_patient_but_the_active_alert_by_itself() -> None:
    records = by_topic(RAISED)
    assert records.pop("alerts.active.v1").key == b"a-1"
    assert {record.key for record in records.values()} == {b"pt-1"}


def test_an_alert_that_stands_is_published_whole() -> None:
    value = by_topic(RAISED)["alerts.active.v1"].value
    assert value is not None
    alert = orjson.loads(value)
    assert alert["code"] == "CRS_G2"
    assert alert["evidence"][0] == {
        "event_id": "e-9",
        "name": "sbp_mmhg",
        "observed_at": "2026-03-01T08:00:00Z",
        "unit": "mmHg",
        "value": 84.0,
    }


def test_a_resolved_alert_is_removed_from_the_active_ones_and_told_in_its_lifecycle() -> None:
    records = by_topic(RESOLVED)
    assert records["alerts.active.v1"].value is None
    lifecycle = records["alerts.lifecycle.v1"].value
    assert lifecycle is not None
    assert orjson.loads(lifecycle)["transition"] == "resolved"


def test_the_audit_names_the_rulebook_beside_the_whole_decision() -> None:
    for decision in (RAISED, GRADE, NOTE):
        value = by_topic(decision)["audit.decisions.v1"].value
        assert value is not None
        entry = orjson.loads(value)
        assert (entry["rulebook_version"], entry["rulebook_digest"]) == ("1.1.0", "abc")
        assert entry["decision"]["decision_id"] == decision.decision_id


def test_headers_let_a_subscriber_choose_without_reading_the_value() -> None:
    headers = dict(by_topic(RAISED)["alerts.lifecycle.v1"].headers)
    assert {name: value for name, value in headers.items() if not name.startswith("ce_")} == {
        "content-type": b"application/json",
        "type": b"alert_transition",
        "priority": b"medium",
        "rule": b"CRS-3",
        "decision-id": b"d-1",
    }
    assert dict(by_topic(RAISED)["alerts.active.v1"].headers)["type"] == b"alert"
    assert dict(by_topic(GRADE)["toxicity.grades.v1"].headers)["rule"] == b"CRS-3"
    assert dict(by_topic(STATUS)["patients.status.v1"].headers)["type"] == b"patient_status"


@pytest.mark.parametrize("decision", [RAISED, RESOLVED, GRADE, STATUS, NOTE, ADVICE, ANSWER, ATTRIBUTION])
def test_values_are_json_with_sorted_keys_and_no_spaces(decision: Decision) -> None:
    for record in PUBLISHER.records_of(decision):
        if record.value is not None:
            assert record.value == orjson.dumps(orjson.loads(record.value), option=orjson.OPT_SORT_KEYS)


def test_the_same_moment_in_another_zone_gives_the_same_bytes() -> None:
    tokyo = timezone(timedelta(hours=9))
    there = replace(NOTE, occurred_at=AT.astimezone(tokyo))
    ours, theirs = by_topic(NOTE)["audit.decisions.v1"].value, by_topic(there)["audit.decisions.v1"].value
    assert ours is not None
    assert theirs is not None
    assert orjson.loads(ours)["decision"]["occurred_at"] == "2026-03-01T08:00:00Z"
    assert ours == theirs
