"""Alerts and grades as FHIR R4: taken by an independent library, the same at every repetition, no 0 that is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from fhir.resources.R4B.communication import Communication
from fhir.resources.R4B.detectedissue import DetectedIssue
from fhir.resources.R4B.flag import Flag
from fhir.resources.R4B.observation import Observation

from blinwatch.catalogue import load_catalogue
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.commands.replay import replay_decisions
from blinwatch.core.decisions import Alert, AlertTransition, Decision, DomainContribution, GradeAssigned, ScaleGrade
from blinwatch.core.evidence import Evidence
from blinwatch.deliver.fhir import codes
from blinwatch.deliver.fhir.alert_resources import delivered
from blinwatch.deliver.fhir.parts import resource_id
from blinwatch.deliver.fhir.resources_of import FHIR_TOPIC, RESOURCE_TYPES, fhir_records_of, resources_of
from blinwatch.deliver.output_record import OutputRecord
from blinwatch.deliver.publish_decisions import OUTPUT_TOPICS, DecisionPublisher
from blinwatch.receive.event_log import read_events
from tests.deliver.test_publish_decisions import ALERT, AT, GRADE, PUBLISHER, RAISED, RESOLVED, STATUS

READERS: dict[str, Any] = {
    "Communication": Communication,
    "DetectedIssue": DetectedIssue,
    "Flag": Flag,
    "Observation": Observation,
}
"""R4B differs from R4 in none of these four."""
STATUSES = {
    "Communication": {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "unknown"},
    "DetectedIssue": {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "unknown"},
    "Flag": {"active", "inactive"},
    "Observation": {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "unknown"},
}
"""The value sets that FHIR R4 requires, without entered-in-error; the library checks none of them."""
STORIES = Path(__file__).parents[2] / "golden"
INTERACTION = replace(
    ALERT,
    domain="interaction",
    code="DDI_CYP_NTI_HIGH",
    key="DDI_CYP_NTI_HIGH:warfarin",
    evidence=(
        Evidence("severity of the interaction", "moderate"),
        Evidence("last dose of warfarin", "given", None, AT),
    ),
)


def told(decision: Decision, topic: str, *, calls: bool = False) -> OutputRecord:
    record = next(one for one in PUBLISHER.records_of(decision) if one.topic == topic)
    return replace(record, headers=(*record.headers, ("page", b"yes" if calls else b"no")))


def of_alert(alert: Alert, step: AlertTransition = RAISED, *, calls: bool = False) -> list[dict[str, Any]]:
    return resources_of(told(replace(step, alert=alert), "alerts.lifecycle.v1", calls=calls))


def of_grade(**changes: Any) -> dict[str, Any]:
    (one,) = resources_of(told(replace(GRADE, **changes), "toxicity.grades.v1"))
    return one


def read(resource: dict[str, Any]) -> Any:
    """The resource as an independent library understands it; it refuses what FHIR refuses."""
    return READERS[resource["resourceType"]].model_validate(resource)


@pytest.mark.parametrize(
    "story,expected",
    [
        ("warfarin-on-day-2-and-a-drug-on-the-infusion-line", {"DetectedIssue", "Communication", "Observation"}),
        ("shock-without-fever-under-premedication", {"Flag", "Communication", "Observation"}),
    ],
)
def test_an_independent_library_takes_all_that_a_history_leads_to(story: str, expected: set[str]) -> None:
    rulebook: Rulebook = load_rulebook()
    publisher = DecisionPublisher(rulebook_version=rulebook.version, rulebook_digest=rulebook.digest)
    seen = set[str]()
    for decision in replay_decisions(read_events(STORIES / story / "events.jsonl"), rulebook):
        for record in publisher.records_of(decision):
            calling = replace(record, headers=(*record.headers, ("page", b"yes")))
            for one in resources_of(calling):
                back = orjson.loads(read(one).model_dump_json())
                assert back["id"] == one["id"]
                assert set(back) >= set(one), "nothing of it is unknown to the library"
                assert one["status"] in STATUSES[one["resourceType"]]
                assert one.get("priority", "stat") in {"routine", "urgent", "asap", "stat"}
                assert one.get("severity", "low") in {"high", "moderate", "low"}
                seen.add(one["resourceType"])
    assert seen == expected


def test_an_interaction_is_a_detected_issue_with_its_own_severity_and_both_drugs() -> None:
    (issue,) = map(read, of_alert(INTERACTION))
    assert issue.severity == "moderate", "how grave it is, not how loud the alarm"
    assert [drug.display for drug in issue.implicated] == ["blinatumomab", "warfarin"]
    assert {(code.system, code.code) for code in issue.code.coding} == {
        (codes.ACT_CODE, "DRG"),
        (codes.OURS, "DDI_CYP_NTI_HIGH"),
    }
    assert issue.mitigation is None
    assert issue.identifiedPeriod.end is None


def test_an_acknowledged_interaction_says_by_whom_and_why() -> None:
    acknowledged = replace(
        INTERACTION, state="acknowledged", acknowledged_by="nurse-7", acknowledged_reason="INR daily"
    )
    (issue,) = map(read, of_alert(acknowledged))
    assert issue.mitigation[0].action.text == "acknowledged: INR daily"
    assert issue.mitigation[0].author.display == "nurse-7"


def test_any_other_alert_is_a_flag_that_stands_until_the_alert_has_ended() -> None:
    (standing,) = of_alert(ALERT)
    ended = replace(ALERT, state="resolved", resolved_at=AT + timedelta(hours=2))
    (over,) = of_alert(ended, RESOLVED)
    assert standing["id"] == over["id"], "the same Flag: a PUT replaces it"
    assert (read(standing).status, read(over).status) == ("active", "inactive")
    assert read(over).period.end == AT + timedelta(hours=2)
    assert read(standing).extension[0].valueCodeableConcept.coding[0].code == "PM"


@pytest.mark.parametrize("state", ["acknowledged", "shelved"])
def test_an_alert_that_somebody_has_seen_still_stands(state: Any) -> None:
    assert of_alert(replace(ALERT, state=state))[0]["status"] == "active"


def test_only_a_record_that_calls_somebody_is_a_communication_and_it_says_what_it_is_about() -> None:
    assert [one["resourceType"] for one in of_alert(ALERT)] == ["Flag"]
    flag, call = of_alert(replace(ALERT, priority="high"), calls=True)
    message = read(call)
    assert message.priority == "stat"
    assert message.about[0].reference == f"Flag/{flag['id']}"
    assert message.status == "in-progress", "nobody has confirmed it yet"
    assert ALERT.summary in message.payload[0].contentString


def test_a_delivered_message_replaces_the_one_under_way() -> None:
    call = of_alert(ALERT, calls=True)[1]
    done = delivered(call, sent_at=AT, received_at=AT + timedelta(seconds=2), recipient="pager 7 North")
    assert done["id"] == call["id"]
    assert read(done).status == "completed"
    assert read(done).received - read(done).sent == timedelta(seconds=2)
    assert call["status"] == "in-progress", "what was handed in stays as it was"


def test_a_grade_is_an_observation_with_its_parts_and_the_other_scale_beside_it() -> None:
    grade = of_grade(
        domains=(
            DomainContribution(domain="fever", grade=1, because="38.6 °C"),
            DomainContribution(domain="hypoxia", grade=None, because="no saturation"),
        ),
        other_scales=(ScaleGrade(scale="CTCAE", term="CRS", code="CTCAE_CRS_G2", grade=2, because=()),),
    )
    observation = read(grade)
    assert observation.valueInteger == 2
    values = {part.code.coding[0].code: part for part in observation.component}
    assert values["CRS_FEVER"].valueInteger == 1
    assert values["CRS_HYPOXIA"].valueInteger is None
    assert values["CRS_HYPOXIA"].dataAbsentReason.coding[0].code == "unknown"
    assert values["CTCAE_CRS"].valueInteger == 2
    assert values["CRS_WORST_24H"].valueCodeableConcept.coding[0].code == "CRS_G2"


@pytest.mark.parametrize("code", ["CRS_NOT_EVALUABLE", "CRS_SUSPECT_MASKED"])
def test_a_grade_that_cannot_be_given_has_no_value_and_says_why(code: str) -> None:
    observation = read(of_grade(code=code, grade=None, would_be_grade=3, because=("no temperature",)))
    assert observation.valueInteger is None
    assert observation.dataAbsentReason.text == f"{code}: no temperature"
    assert [part.valueInteger for part in observation.component if part.code.coding[0].code == "CRS_WOULD_BE"] == [3]


def test_grade_0_is_a_value() -> None:
    assert of_grade(code="CRS_G0", grade=0)["valueInteger"] == 0


def test_the_patient_is_named_by_pseudonym_in_the_hospitals_own_system() -> None:
    (flag,) = resources_of(told(RAISED, "alerts.lifecycle.v1"), patient_system="urn:oid:1.2.3")
    assert flag["subject"] == {"type": "Patient", "identifier": {"system": "urn:oid:1.2.3", "value": "pt-1"}}


def test_other_records_and_removals_become_nothing() -> None:
    others = [one for one in PUBLISHER.records_of(RESOLVED) if one.topic != "alerts.lifecycle.v1"]
    assert [resources_of(one) for one in (*others, *PUBLISHER.records_of(STATUS))] == [[]] * 3
    assert fhir_records_of(others[0]) == []


def test_the_topics_records_are_cloud_events_and_the_same_at_every_repetition() -> None:
    record = told(RAISED, "alerts.lifecycle.v1", calls=True)
    made = fhir_records_of(record)
    assert made == fhir_records_of(record)
    assert [one.key for one in made] == [b"pt-1", b"pt-1"]
    events = [from_kafka_event(KafkaMessage(dict(one.headers), one.key, one.value or b"")) for one in made]
    assert [event.get_type() for event in events] == ["blinwatch.Flag.v1", "blinwatch.Communication.v1"]
    assert len({event.get_id() for event in events}) == 2
    assert {event.get_datacontenttype() for event in events} == {"application/fhir+json"}
    assert {event.get_time() for event in events} == {datetime(2026, 3, 1, 8, tzinfo=UTC)}
    assert FHIR_TOPIC not in OUTPUT_TOPICS, "a worker does not write it: whoever forwards does"


@pytest.mark.parametrize("name", ["a", "pt-1-fever-1", "x" * 80, "with space", "ä", "a/b"])
def test_an_id_is_one_that_fhir_allows_and_always_the_same(name: str) -> None:
    identity = resource_id("flag", name)
    read({**of_alert(ALERT)[0], "id": identity})
    assert identity == resource_id("flag", name)
    assert len(identity) <= 64


def test_the_four_types_are_those_of_the_topic() -> None:
    assert load_catalogue().topic(FHIR_TOPIC).event_types == RESOURCE_TYPES
    assert set(RESOURCE_TYPES) == set(READERS)


def test_different_names_have_different_ids() -> None:
    names = ["ä", "ö", "a/b", "a b", "x" * 80, "x" * 81]
    assert len({resource_id("flag", name) for name in names}) == len(names)


BROKEN: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("a moment that is no time", lambda flag: flag["period"].update(start="yesterday")),
    ("no patient", lambda flag: flag.pop("subject")),
    ("a field that no Flag has", lambda flag: flag.update(colour="red")),
]


@pytest.mark.parametrize("what,spoil", BROKEN, ids=[what for what, _ in BROKEN])
def test_the_library_would_refuse(what: str, spoil: Callable[[dict[str, Any]], object]) -> None:
    (flag,) = of_alert(ALERT)
    spoil(flag)
    with pytest.raises(ValueError, match=r"period|subject|colour"):
        read(flag)


def test_a_grade_names_its_rule_and_its_source() -> None:
    assert isinstance(GRADE, GradeAssigned)
    grade = of_grade()
    assert grade["meta"]["tag"] == [{"system": codes.RULES, "code": "CRS-3"}]
    assert grade["method"]["text"] == "CRS-3: Lee 2019"
