"""One message to its answer: on Kafka before AA, twice the same is one event, nothing is lost without a reason."""

import asyncio

import pytest

from blinwatch.receive.hl7.framing import FrameFault
from tests.gateway.hands import HEART, Gateway, heart, later
from tests.receive.hl7.told import BPM, message_text, obx


async def test_a_message_is_answered_only_after_kafka_has_acknowledged_it() -> None:
    gateway = Gateway()
    gateway.kafka.gate.clear()
    answer = asyncio.create_task(gateway.say(*heart(88)))
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert not answer.done()
    gateway.kafka.gate.set()
    assert await answer == "AA"
    (event,) = gateway.kafka.events()
    assert (event["patient_id"], event["heart_rate_bpm"], event["source"]) == ("pt-1", 88, "hl7/GATE")
    assert gateway.ears.counts["vitals.observed.v1"] == 1


@pytest.mark.parametrize("how", ["down", "lost"])
async def test_while_kafka_does_not_take_it_the_sender_is_told_to_send_again(how: str) -> None:
    gateway = Gateway()
    setattr(gateway.kafka, how, True)
    assert await gateway.say(*heart(88)) == "AR"
    setattr(gateway.kafka, how, False)
    assert await gateway.say(*heart(88)) == "AA"
    assert [event["heart_rate_bpm"] for event in gateway.kafka.events()] == [88]
    assert gateway.ears.counts["vitals.observed.v1"] == 1


async def test_the_same_message_twice_is_one_event() -> None:
    gateway = Gateway()
    assert [await gateway.say(*heart(88)) for _ in range(3)] == ["AA"] * 3
    assert len(gateway.kafka.events()) == 1
    assert gateway.ears.counts["repeated"] == 2


async def test_after_a_restart_the_same_message_has_the_same_event_id() -> None:
    first, second = Gateway(), Gateway()
    await first.say(*heart(88))
    await second.say(*heart(88), sent="20260301080003+0100")
    assert first.kafka.events()[0]["event_id"] == second.kafka.events()[0]["event_id"]


async def test_another_message_under_the_same_control_id_is_another_event() -> None:
    gateway = Gateway()
    await gateway.say(*heart(88))
    await gateway.say(*heart(89))
    ids = {event["event_id"] for event in gateway.kafka.events()}
    assert len(ids) == 2


async def test_what_cannot_be_used_is_kept_and_the_rest_is_judged() -> None:
    gateway = Gateway()
    unknown = obx("150999^MDC_UNKNOWN^MDC", "1", BPM)
    assert await gateway.say(*heart(88), unknown) == "AA"
    assert gateway.kafka.unread() == [("unknown_code", unknown + "\r")]
    assert [event["heart_rate_bpm"] for event in gateway.kafka.events()] == [88]
    assert await gateway.say(*heart(88), obx(HEART, "high", BPM, "2.1.1.1"), control="c-2") == "AE"


async def test_an_unreadable_frame_is_kept_whole_and_answered_ar() -> None:
    gateway = Gateway()
    assert (await gateway.answer(b"hello")).startswith("MSA|AR")
    assert gateway.kafka.unread() == [("not_hl7", "hello")]
    taken = await gateway.desk.fault(FrameFault("cut_frame", 4, b"MSH|"))
    assert b"MSA|AR" in (await gateway.desk.settle(taken) or b"")
    assert gateway.kafka.unread()[1] == ("cut_frame", "MSH|")


async def test_every_message_of_a_batch_is_answered() -> None:
    gateway = Gateway()
    both = "BHS|^~\\&\r" + message_text(*heart(88)) + message_text(*heart(89), control="c-2") + "BTS|2\r"
    taken = await gateway.desk.take(both.encode())
    answers = [(await gateway.desk.settle(one) or b"").decode() for one in taken]
    assert ["MSA|AA|c-1" in answers[0], "MSA|AA|c-2" in answers[1]] == [True, True]


async def test_with_a_key_no_identifier_of_the_hospital_reaches_an_event() -> None:
    gateway = Gateway(key=b"sixteen bytes at least")
    await gateway.say(*heart(88, pid="PID|||4711/08-15^^^HOSP^MR"))
    (topic, key, value, _) = gateway.kafka.records[0]
    assert topic == "vitals.observed.v1"
    assert b"4711" not in key + (value or b"")
    assert key.startswith(b"p-")


async def test_without_a_key_an_identifier_that_is_no_pseudonym_is_refused() -> None:
    gateway = Gateway()
    assert await gateway.say(*heart(88, pid="PID|||Doe Ann^^^HOSP^MR")) == "AE"
    assert not gateway.kafka.events()
    assert gateway.ears.counts["wrong_value"] == 1


async def test_a_corrected_clock_is_told_with_the_event() -> None:
    gateway = Gateway()
    await gateway.say(*heart(88, at="20000101000000+0000"))
    assert gateway.kafka.records[0][3] == {"clock": "never_set"}
    assert gateway.ears.counts["never_set"] == 1


async def test_what_waits_for_a_patient_expires_and_says_so() -> None:
    gateway = Gateway()
    await gateway.say(*heart(88, pid="PID|||"))
    assert gateway.ears.waiting == 1
    gateway.now = later(61)
    gateway.desk.expire()
    assert (gateway.ears.waiting, gateway.ears.counts["expired"]) == (0, 1)


async def test_when_too_much_waits_the_sender_is_told() -> None:
    gateway = Gateway(holds=1)
    assert await gateway.say(*heart(88, pid="PID|||")) == "AA"
    assert await gateway.say(*heart(89, pid="PID|||"), control="c-2") == "AE"
    assert [reason for reason, _ in gateway.kafka.unread()] == ["unassociated", "hold_full"]


async def test_a_message_too_large_to_keep_whole_is_kept_in_part_and_not_sent_for_ever() -> None:
    gateway = Gateway()
    assert (await gateway.answer(b"x" * 1_040_000)).startswith("MSA|AR")
    assert await gateway.say(*heart(88), *[obx("150999^MDC_UNKNOWN^MDC", "1", BPM)] * 19_000, control="c-2") == "AA"
    for _, _, value, _ in gateway.kafka.records:
        assert len(value or b"") <= 900_000
    cut = [headers["original-bytes"] for *_, headers in gateway.kafka.records if "cut" in headers]
    assert cut[0] == "1040000"


async def test_a_remembered_answer_is_given_again_with_its_reasons() -> None:
    gateway = Gateway()
    lines = [*heart(88), obx(HEART, "high", BPM, "2.1.1.1")]
    first, again = [await gateway.answer(message_text(*lines).encode()) for _ in range(2)]
    assert first == again
    assert first.startswith("MSA|AE|c-1|1 part(s) cannot be used")


async def test_a_message_that_is_kept_whole_is_kept_as_it_came() -> None:
    gateway = Gateway()
    raw = message_text("PID|||Doe Ann^^^HOSP^MR||Größe", *heart(88)[1:]).encode("latin-1")
    assert (await gateway.answer(raw)).startswith("MSA|AE")
    assert gateway.kafka.records[-1][2] == raw


async def test_a_broker_that_says_nothing_does_not_leave_the_sender_without_an_answer() -> None:
    gateway = Gateway(within_s=0.05)
    gateway.kafka.gate.clear()
    assert await gateway.say(*heart(88)) == "AR"
    gateway.kafka.gate.set()
    assert await gateway.say(*heart(88)) == "AA"
    assert len({event["event_id"] for event in gateway.kafka.events()}) == 1
