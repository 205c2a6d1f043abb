"""A simulated ward: who has which story, one stream in order, clock ticks, sending at a chosen speed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.events import Tick
from blinwatch.receive.decode import decode_record
from blinwatch.receive.event_log import encode_event, encode_key, to_line
from blinwatch.simulate.send_stream import StreamSender
from blinwatch.simulate.stories import STORIES
from blinwatch.simulate.ticks import with_ticks
from blinwatch.simulate.ward import MIXED, Sending, UnknownStoryError, WardPlan, make_ward, tell_ward

PLAN = WardPlan(
    patients=12,
    story=MIXED,
    seed=1,
    start=datetime(2026, 3, 1, 8, tzinfo=UTC),
    rulebook=load_rulebook(),
    duration_h=6,
)


def stream(plan: WardPlan = PLAN) -> list[Sending]:
    return list(tell_ward(make_ward(plan)))


def test_a_mixed_ward_gives_each_patient_another_story_while_there_are_enough() -> None:
    beds = make_ward(PLAN)
    assert len({bed.setting.patient_id for bed in beds}) == 12
    assert len({bed.story.name for bed in beds}) == 12
    assert {bed.story.name for bed in make_ward(replace(PLAN, patients=len(STORIES)))} == set(STORIES)


def test_a_named_story_is_everybodys() -> None:
    name = next(iter(STORIES))
    assert {bed.story.name for bed in make_ward(replace(PLAN, story=name))} == {name}


def test_an_unknown_story_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownStoryError, match="no story 'fever'") as refused:
        make_ward(replace(PLAN, story="fever"))
    assert all(name in str(refused.value) for name in STORIES)


def test_the_same_seed_gives_the_same_ward_and_another_seed_another() -> None:
    def lines(plan: WardPlan) -> list[bytes]:
        return [to_line(topic, event) for _, topic, event in stream(plan)]

    assert lines(PLAN) == lines(PLAN)
    assert lines(PLAN) != lines(replace(PLAN, seed=2))


def test_one_more_patient_changes_nothing_for_the_others() -> None:
    told = stream(replace(PLAN, patients=13))
    grown = [one for one in told if one.event.patient_id != "sim-1-13"]  # type: ignore[union-attr]
    assert grown == stream()


def test_the_ward_is_told_in_order_and_nothing_happens_after_its_duration() -> None:
    told = stream()
    assert [one.offset_s for one in told] == sorted(one.offset_s for one in told)
    assert all(one.event.occurred_at < PLAN.start + timedelta(hours=6) for one in told)


def test_a_ward_of_a_month_is_told_lazily() -> None:
    first = list(islice(tell_ward(make_ward(replace(PLAN, patients=200, duration_h=700))), 500))
    assert len(first) == 500


def test_children_lie_on_a_ward_of_their_own() -> None:
    wards = {bed.story.name: bed.setting.ward for bed in make_ward(replace(PLAN, patients=len(STORIES)))}
    assert wards["child-with-fever-on-nasal-oxygen"] == "paediatrics"
    assert wards["uneventful-step-to-the-full-dose"] == "haematology"


def test_ticks_reach_every_partition_each_minute_and_never_run_ahead_of_events() -> None:
    told = list(with_ticks(stream(), PLAN.start, partitions=3, interval_s=60))
    ticks = [one.event for one in told if isinstance(one.event, Tick)]
    last_s = stream()[-1].offset_s
    assert len(ticks) == 3 * ((last_s - 1) // 60)
    assert {tick.partition for tick in ticks} == {0, 1, 2}
    newest = PLAN.start
    for one in told:
        if isinstance(one.event, Tick):
            # Everything that is sent up to the tick's second has been sent before it.
            assert newest <= one.event.occurred_at
            newest = one.event.occurred_at
        else:
            assert PLAN.start + timedelta(seconds=one.offset_s) >= newest


def test_a_tick_is_valid_at_the_edge_under_its_partitions_key() -> None:
    told = with_ticks(stream(), PLAN.start, partitions=2, interval_s=600)
    for tick in [one for one in told if isinstance(one.event, Tick)][:4]:
        assert decode_record(tick.topic, encode_key(tick.event), encode_event(tick.event)) == tick.event


class RecordingProducer:
    """Acknowledges at once and remembers what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None, int | None]] = []

    async def send(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int | None = None,
    ) -> asyncio.Future[object]:
        self.sent.append((topic, key, value, partition))
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class RefusingProducer(RecordingProducer):
    """The broker is there and does not take the record."""

    async def send(
        self,
        topic: str,  # noqa: ARG002 - the protocol's own parameters
        value: bytes | None = None,  # noqa: ARG002
        key: bytes | None = None,  # noqa: ARG002
        partition: int | None = None,  # noqa: ARG002
    ) -> asyncio.Future[object]:
        refused: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        refused.set_exception(ConnectionError("the broker went away"))
        return refused


async def test_everything_is_sent_in_order_and_ticks_go_to_their_partition() -> None:
    producer = RecordingProducer()
    told = list(with_ticks(islice(tell_ward(make_ward(PLAN)), 400), PLAN.start, partitions=2, interval_s=60))
    progress = await StreamSender(producer, speed=1e9).send_all(told)
    assert [value for _, _, value, _ in producer.sent] == [encode_event(one.event) for one in told]
    assert [key for _, key, _, _ in producer.sent] == [encode_key(one.event) for one in told]
    for one, (topic, _, _, partition) in zip(told, producer.sent, strict=True):
        assert topic == one.topic
        assert partition == (one.event.partition if isinstance(one.event, Tick) else None)
    assert progress.finished
    assert progress.events + progress.ticks == len(told)


async def test_a_record_the_broker_refuses_is_an_error_and_not_forgotten() -> None:
    with pytest.raises(ConnectionError, match="went away"):
        await StreamSender(RefusingProducer(), speed=1e9).send_all(islice(tell_ward(make_ward(PLAN)), 10))


async def test_a_held_ward_sends_nothing_until_it_is_let_go() -> None:
    producer = RecordingProducer()
    sender = StreamSender(producer, speed=1e9)
    sender.hold(held=True)
    sending = asyncio.create_task(sender.send_all(islice(tell_ward(make_ward(PLAN)), 10)))
    await asyncio.sleep(0.1)
    assert not producer.sent
    sender.hold(held=False)
    await sending
    assert len(producer.sent) == 10


def test_ticks_stay_behind_and_catch_up_when_the_story_is_over() -> None:
    told = list(with_ticks(stream(), PLAN.start, partitions=1, interval_s=60, behind_s=600.0))
    plain = list(with_ticks(stream(), PLAN.start, partitions=1, interval_s=60))

    def moments(sendings: list[Sending]) -> list[datetime]:
        return [one.event.occurred_at for one in sendings if isinstance(one.event, Tick)]

    assert moments(told) == moments(plain)
    last_event = max(place for place, one in enumerate(told) if not isinstance(one.event, Tick))
    for place, one in enumerate(told):
        if isinstance(one.event, Tick) and place < last_event:
            assert one.offset_s >= (one.event.occurred_at - PLAN.start).total_seconds() + 600
