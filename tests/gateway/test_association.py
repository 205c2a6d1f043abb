"""Whose data it is: by PID, by bed, by command; and that a device which moves never mixes two patients."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.gateway.association import Associations, Merged, Stay, decode, encode
from tests.gateway.hands import Gateway, admit, heart, later
from tests.receive.hl7.told import NOW

NOBODY, BED = "PID|||", "HEMA^12^A"


def told(gateway: Gateway) -> list[tuple[str, float]]:
    return [(event["patient_id"], event["heart_rate_bpm"]) for event in gateway.kafka.events()]


async def test_a_device_that_names_nobody_is_its_beds_patients() -> None:
    gateway = Gateway()
    await gateway.say(*admit("pt-7", BED, "20260301070000+0100"), kind="ADT^A01", control="a")
    assert await gateway.say(*heart(88, pid=NOBODY, bed=BED)) == "AA"
    assert told(gateway) == [("pt-7", 88)]


async def test_what_is_measured_before_the_admission_is_entered_waits_for_it() -> None:
    gateway = Gateway()
    assert await gateway.say(*heart(88, pid=NOBODY, bed=BED, at="20260301075900+0100")) == "AA"
    assert await gateway.say(*heart(70, pid=NOBODY, bed=BED, at="20260301074900+0100"), control="c-2") == "AA"
    assert told(gateway) == []
    assert [reason for reason, _ in gateway.kafka.unread()] == ["unassociated", "unassociated"]
    await gateway.say(*admit("pt-7", BED, "20260301075500+0100"), kind="ADT^A01", control="a")
    assert told(gateway) == [("pt-7", 88)], "what was measured before the patient came is not the patient's"
    assert gateway.ears.waiting == 1


async def test_a_bed_that_changes_its_patient_never_mixes_them_however_late_the_data_comes() -> None:
    gateway = Gateway()
    await gateway.say(*admit("pt-1", BED, "20260301070000+0100"), kind="ADT^A01", control="a")
    await gateway.say(*admit("pt-1", BED, "20260301073000+0100"), kind="ADT^A03", control="b")
    await gateway.say(*admit("pt-2", BED, "20260301074000+0100"), kind="ADT^A01", control="c")
    for control, minute in (("1", "20"), ("2", "35"), ("3", "45"), ("4", "29"), ("5", "30"), ("6", "40")):
        at = f"202603010{7}{minute}00+0100"
        await gateway.say(*heart(int(minute), pid=NOBODY, bed=BED, at=at), control=control)
    assert told(gateway) == [("pt-1", 20), ("pt-2", 45), ("pt-1", 29), ("pt-2", 40)]


async def test_a_transfer_takes_the_patient_along_even_without_the_old_bed() -> None:
    gateway = Gateway()
    await gateway.say(*admit("pt-1", BED, "20260301070000+0100"), kind="ADT^A01", control="a")
    await gateway.say(*admit("pt-1", "ICU^3^B", "20260301073000+0100"), kind="ADT^A02", control="b")
    await gateway.say(*heart(80, pid=NOBODY, bed=BED, at="20260301074500+0100"))
    await gateway.say(*heart(90, pid=NOBODY, bed="ICU^3^B", at="20260301074500+0100"), control="c-2")
    assert told(gateway) == [("pt-1", 90)]


async def test_an_update_after_the_discharge_does_not_put_the_patient_back() -> None:
    gateway = Gateway()
    for trigger, minute in (("A01", "00"), ("A03", "30"), ("A08", "40")):
        said = admit("pt-1", BED, f"2026030107{minute}00+0100")
        await gateway.say(*said, kind=f"ADT^{trigger}", control=trigger)
    await gateway.say(*heart(80, pid=NOBODY, bed=BED))
    assert told(gateway) == []


async def test_a_device_that_says_another_patient_than_its_bed_counts_for_neither() -> None:
    gateway = Gateway()
    await gateway.say(*admit("pt-7", BED, "20260301070000+0100"), kind="ADT^A01", control="a")
    assert await gateway.say(*heart(88, bed=BED)) == "AE"
    assert told(gateway) == []
    assert gateway.ears.counts["patient_conflict"] == 1


async def test_a_device_put_to_a_patient_by_command_is_that_patients_until_it_is_taken_away() -> None:
    gateway = Gateway()
    for fact in gateway.associations.arrival("device:MON-1", "pt-9", later(-30), "command"):
        await gateway.desk.learn(fact)
    await gateway.say(*heart(88, pid=NOBODY))
    for fact in gateway.associations.departure("device:MON-1", None, later(-10)):
        await gateway.desk.learn(fact)
    await gateway.say(*heart(89, pid=NOBODY, at="20260301074000+0100"), control="c-2")
    await gateway.say(*heart(90, pid=NOBODY, at="20260301075500+0100"), control="c-3")
    assert told(gateway) == [("pt-9", 88), ("pt-9", 89)]


async def test_a_command_hands_out_what_waited_for_it() -> None:
    gateway = Gateway()
    await gateway.say(*heart(88, pid=NOBODY))
    await gateway.desk.learn(Stay(place="device:MON-1", patient_id="pt-9", since=later(-5), by="command"))
    assert told(gateway) == [("pt-9", 88)]
    assert gateway.ears.waiting == 0


async def test_while_kafka_is_down_what_waited_goes_on_waiting() -> None:
    gateway = Gateway()
    await gateway.say(*heart(88, pid=NOBODY, bed=BED))
    gateway.kafka.lost = True
    said = admit("pt-7", BED, "20260301070000+0100")
    assert await gateway.say(*said, kind="ADT^A01", control="a") == "AR"
    gateway.kafka.lost = False
    assert await gateway.say(*said, kind="ADT^A01", control="a") == "AA"
    assert told(gateway) == [("pt-7", 88)]


async def test_an_unreliable_clock_does_not_carry_data_over_a_change_of_patient() -> None:
    gateway = Gateway()
    await gateway.say(*admit("pt-1", BED, "20260301070000+0100"), kind="ADT^A01", control="a")
    await gateway.say(*admit("pt-2", BED, "20260301080004+0100"), kind="ADT^A01", control="b")
    assert await gateway.say(*heart(88, pid=NOBODY, bed=BED, at="20000101000000+0000")) == "AE"
    assert told(gateway) == []


async def test_after_a_merge_the_old_identifier_is_the_new_patient() -> None:
    gateway = Gateway()
    merge = ["EVN||20260301070000+0100", "PID|||pt-new^^^HOSP^MR", "MRG|pt-1^^^HOSP^MR"]
    assert await gateway.say(*merge, kind="ADT^A40", control="m") == "AA"
    await gateway.say(*heart(88))
    assert told(gateway) == [("pt-new", 88)]


async def test_beds_can_be_left_out_of_it() -> None:
    gateway = Gateway(beds=False)
    await gateway.say(*admit("pt-7", BED, "20260301070000+0100"), kind="ADT^A01", control="a")
    await gateway.say(*heart(88, pid=NOBODY, bed=BED))
    assert told(gateway) == []


def test_a_ring_of_merges_ends() -> None:
    known = Associations()
    known.take(Merged(gone="a", stays="b"))
    known.take(Merged(gone="b", stays="a"))
    assert known.current("a") in ("a", "b")


@pytest.mark.parametrize(
    "fact",
    [
        Stay(place="bed:x", patient_id="p", since=NOW, until=later(1), by="command"),
        Stay(place="bed:x", patient_id="p", since=NOW),
        Merged(gone="a", stays="b"),
    ],
)
def test_a_fact_is_read_back_as_it_was_written(fact: Stay | Merged) -> None:
    assert decode(encode(fact)) == fact


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"{}", b'{"place": 1}', b'{"place":"x","patient_id":"y","since":"soon"}']
)
def test_a_record_of_another_release_is_passed_over(value: bytes) -> None:
    assert decode(value) is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.booleans()), max_size=12))
def test_reading_the_log_again_gives_the_same_patient_at_every_moment(acts: list[tuple[str, int, bool]]) -> None:
    known, log = Associations(), list[Stay]()
    for patient, minute, comes in sorted(acts, key=lambda one: one[1]):
        at = NOW + timedelta(minutes=minute)
        facts = known.arrival("bed:x", patient, at, "adt") if comes else known.departure("bed:x", patient, at)
        for fact in facts:
            known.take(fact)
            log.append(fact)
    again = Associations()
    for fact in log + log[:3]:
        again.take(fact)
    for minute in range(-1, 22):
        at = NOW + timedelta(minutes=minute, seconds=30)
        assert again.who("bed:x", at) == known.who("bed:x", at)
