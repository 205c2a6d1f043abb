"""A simulated device that speaks HL7 says what it says without it; python-hl7 and hl7apy read it too."""

from dataclasses import replace
from datetime import UTC, datetime

import hl7
import pytest
from hl7apy.parser import parse_message

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import AnyEvent, TherapyOrdered, VitalsObserved
from blinwatch.core.pump_events import PumpStatusReported
from blinwatch.receive.hl7.draft import Reading, finish
from blinwatch.receive.hl7.message import read_messages
from blinwatch.receive.hl7.translate import translate
from blinwatch.simulate.hl7_ward import tell_admission, tell_device
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.ward import MIXED, WardPlan, make_ward, tell_ward

START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def ward(patients: int) -> WardPlan:
    return WardPlan(
        patients=patients, story=MIXED, seed=3, start=START, rulebook=load_rulebook(), duration_h=10,
        monitor_interval_s=600, pump_interval_s=600,
    )  # fmt: skip


@pytest.fixture(scope="module")
def told() -> list[AnyEvent]:
    return [one.event for one in tell_ward(make_ward(ward(len(STORIES))))]


def heard(event: AnyEvent) -> AnyEvent | None:
    said = tell_device(event, None)
    if said is None:
        return None
    (message,) = read_messages(said.text.encode())
    (group,) = translate(message, Reading(received_at=event.occurred_at, zone=UTC)).groups
    assert not group.unread, (said.text, group.unread)
    (draft,) = group.drafts
    assert not isinstance(event, TherapyOrdered)
    identity = {"patient_id": group.patient, "event_id": message.control_id, "source": event.source}
    return finish(draft, **identity)  # type: ignore[return-value]


def test_every_device_of_every_story_is_heard_as_it_spoke(told: list[AnyEvent]) -> None:
    compared = 0
    for event in told:
        again = heard(event)
        if again is None:
            continue
        compared += 1
        assert again == event or again == replace(event, device_id=getattr(again, "device_id", None)), event
    assert compared > 500


def test_monitors_and_pumps_speak_hl7_and_staff_does_not(told: list[AnyEvent]) -> None:
    spoke = {type(event) for event in told if tell_device(event, None) is not None}
    assert {VitalsObserved, PumpStatusReported} <= spoke
    assert TherapyOrdered not in spoke
    rounds = [event for event in told if isinstance(event, VitalsObserved) and event.source == "simulated-chart"]
    assert rounds
    assert all(tell_device(event, None) is None for event in rounds)


def test_a_monitor_in_a_bed_names_the_bed_and_not_the_patient(told: list[AnyEvent]) -> None:
    event = next(one for one in told if isinstance(one, VitalsObserved) and one.monitoring == "continuous")
    said = tell_device(event, 0)
    assert said is not None
    assert event.patient_id not in said.text.split("\r", 1)[1]
    assert "PV1|1|I|WARD^1^A" in said.text


def test_other_libraries_read_what_the_ward_says(told: list[AnyEvent]) -> None:
    bed = make_ward(ward(1))[0]
    admission = tell_admission(bed, 0)
    assert str(hl7.parse(admission.text).segment("PV1")[3]) == "WARD^1^A"
    event = next(one for one in told if isinstance(one, VitalsObserved) and one.monitoring == "continuous")
    said = tell_device(event, None)
    assert said is not None
    theirs = parse_message(said.text, find_groups=False)
    assert theirs is not None
    assert theirs.msh.msh_10.value == said.control_id
    assert len(theirs.obx) == sum(line.startswith("OBX") for line in said.text.split("\r"))
