"""One target's letters: in order for each alert, tried until taken, held back until somebody answers, never dropped."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count, pairwise
from typing import Any

import pytest

from blinwatch.forward.course import PAUSE_MOST_S, Clocks, Course
from blinwatch.forward.letter import Letter, NotTakenError
from blinwatch.forward.targets_file import Targets
from tests.forward.letters import letter


class Time:
    """A clock that goes on when everybody waits."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now_s + seconds, next(self._numbers), woken))
        await woken

    async def until(self, *tasks: "asyncio.Task[Any]", end_s: float = 10_000.0) -> None:
        """Let time pass until these are done, or this moment has come."""
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if tasks and all(task.done() for task in tasks):
                return
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers or self._sleepers[0][0] > end_s:
                self.now_s = max(self.now_s, end_s)
                assert not tasks, "nobody sleeps and not everything is done"
                return
            self.now_s, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)


class Way:
    """A target that answers as it is told to."""

    def __init__(self, answer: Callable[[int, Letter], str] = lambda _try, _letter: "thanks") -> None:
        self.answer = answer
        self.tries: list[str] = []

    async def deliver(self, letter: Letter) -> str:
        self.tries.append(letter.id)
        return self.answer(len(self.tries), letter)

    async def close(self) -> None:
        pass


class Desk:
    """A course with its clock and what it kept."""

    def __init__(self, way: Way, fallback: Way | None = None, **fields: Any) -> None:
        rule = {} if fallback is None else {"fallback": {"to": "other", "after_s": 60}}
        one = {"name": "pager", "kind": "alertmanager", "url": "https://x.example", **rule, **fields}
        other = {"name": "other", "kind": "alertmanager", "url": "https://y.example"}
        self.time, self.kept = Time(), list[tuple[str, str, str, float]]()
        target = Targets.model_validate({"targets": [one, other]}).targets[0]
        clocks = Clocks(now_s=lambda: self.time.now_s, sleep=self.time.sleep)
        self.course = Course(target, way, self._keep, fallback=fallback, clocks=clocks)

    async def _keep(self, target: str, letter: Letter, outcome: str, _said: str, _tries: int) -> None:
        self.kept.append((target, letter.id, outcome, self.time.now_s))


def refuses(times: int, *, is_final: bool = False) -> Callable[[int, Letter], str]:
    def answer(tries: int, _letter: Letter) -> str:
        if tries <= times:
            raise NotTakenError("not now", is_final=is_final)
        return "thanks"

    return answer


async def test_a_target_that_comes_back_gets_the_letter() -> None:
    desk = Desk(way := Way(refuses(5)))
    task = desk.course.send(letter())
    await desk.time.until(task)
    assert [one[:3] for one in desk.kept] == [("pager", "decision-1-raised.page", "delivered")]
    assert len(way.tries) == 6


async def test_pauses_grow_and_stay_short_enough_to_find_a_target_that_is_back() -> None:
    moments: list[float] = []
    desk = Desk(Way())

    def answer(tries: int, _letter: Letter) -> str:
        moments.append(desk.time.now_s)
        return refuses(20)(tries, _letter)

    desk.course._way.answer = answer  # type: ignore[attr-defined]
    await desk.time.until(desk.course.send(letter()))
    pauses = [after - before for before, after in pairwise(moments)]
    assert pauses[0] <= 0.5
    assert max(pauses) <= PAUSE_MOST_S
    assert pauses[-1] >= PAUSE_MOST_S / 2


async def test_what_is_never_taken_is_kept_as_undelivered_and_nothing_waits_for_it_for_ever() -> None:
    desk = Desk(Way(refuses(10_000)), give_up_after_s=900)
    await desk.time.until(desk.course.send(letter()))
    (target, _, outcome, at_s) = desk.kept[0]
    assert (target, outcome) == ("pager", "undelivered")
    assert 800 <= at_s - 1000 <= 900


async def test_a_letter_that_a_target_will_never_take_is_not_tried_again() -> None:
    desk = Desk(way := Way(refuses(10_000, is_final=True)))
    await desk.time.until(desk.course.send(letter()))
    assert len(way.tries) == 1
    assert desk.kept[0][2] == "undelivered"


async def test_letters_of_an_alert_keep_their_order_and_those_of_others_do_not_wait() -> None:
    def answer(_tries: int, one: Letter) -> str:
        if one.subject == "alert-1" and desk.time.now_s < 1100:
            raise NotTakenError("not now")
        return "thanks"

    desk = Desk(Way(answer))
    tasks = [desk.course.send(one) for one in (letter("raised", 1), letter("resolved", 1), letter("raised", 2))]
    await desk.time.until(*tasks)
    assert [one[1] for one in desk.kept] == ["decision-2-raised.page", "decision-1-raised.page", "decision-1-resolved"]


async def test_who_asks_to_be_left_alone_is_left_alone() -> None:
    def answer(tries: int, _letter: Letter) -> str:
        if tries == 1:
            raise NotTakenError("slow down", wait_s=120)
        return "thanks"

    desk = Desk(Way(answer))
    await desk.time.until(desk.course.send(letter()))
    assert desk.kept[0][3] >= 1120


@pytest.mark.parametrize(
    "only,wanted",
    [
        ({"priorities": ["medium"]}, []),
        ({"codes": ["CRS_G3"]}, ["raised", "updated", "resolved"]),
        ({"codes": ["CRS_G4"]}, []),
        ({"wards": ["haematology-2"]}, ["raised", "updated", "resolved"]),
        ({"wards": ["another"]}, []),
        ({"calls_only": True}, ["raised", "resolved"]),
    ],
)
async def test_a_target_gets_what_it_wants(only: dict[str, Any], wanted: list[str]) -> None:
    desk = Desk(way := Way(), only=only)
    await desk.time.until(*[desk.course.send(letter(step)) for step in ("raised", "updated", "resolved")])
    assert [one.split("-")[2].removesuffix(".page") for one in way.tries] == wanted


async def test_a_record_of_which_no_message_can_be_made_is_kept_and_stops_nobody() -> None:
    def answer(_tries: int, one: Letter) -> str:
        if one.subject == "alert-1":
            raise KeyError("domain")
        return "thanks"

    desk = Desk(Way(answer))
    await desk.time.until(*[desk.course.send(letter(number=number)) for number in (1, 2)])
    assert [(one[1], one[2]) for one in desk.kept] == [
        ("decision-1-raised.page", "undelivered"),
        ("decision-2-raised.page", "delivered"),
    ]


# --- escalation ----------------------------------------------------------------------------------------------


async def test_a_call_that_nobody_answers_goes_to_the_next_after_the_time_that_was_set() -> None:
    desk = Desk(way := Way(), when_not_acknowledged_after_s=120)
    task = desk.course.send(letter(written_s=1000.0))
    await desk.time.until(end_s=1119.0)
    assert not way.tries
    await desk.time.until(task)
    assert desk.kept[0][3] == pytest.approx(1120.0)


@pytest.mark.parametrize("answer", ["acknowledged", "shelved", "inhibited", "resolved"])
async def test_a_call_that_somebody_answers_goes_no_further(answer: str) -> None:
    desk = Desk(way := Way(), when_not_acknowledged_after_s=120)
    tasks = [desk.course.send(letter())]
    await desk.time.until(end_s=1060.0)
    tasks.append(desk.course.send(letter(answer)))
    await desk.time.until(*tasks)
    assert not way.tries, "neither the call nor its end"


async def test_after_an_escalated_call_its_end_is_told_too() -> None:
    desk = Desk(way := Way(), when_not_acknowledged_after_s=120)
    await desk.time.until(desk.course.send(letter()))
    await desk.time.until(desk.course.send(letter("resolved")))
    assert way.tries == ["decision-1-raised.page", "decision-1-resolved"]


@pytest.mark.parametrize("is_answered", [True, False])
async def test_an_alert_that_becomes_graver_while_its_call_is_held_back_calls_again_unless_answered(
    is_answered: bool,
) -> None:
    desk = Desk(way := Way(), when_not_acknowledged_after_s=120)
    tasks = [desk.course.send(letter("raised", page=True, written_s=1000.0))]
    tasks.append(desk.course.send(letter("escalated", page=True, written_s=1060.0)))
    await desk.time.until(end_s=1100.0)
    if is_answered:
        tasks.append(desk.course.send(letter("acknowledged")))
    await desk.time.until(*tasks)
    assert way.tries == ([] if is_answered else ["decision-1-raised.page", "decision-1-escalated.page"])
    assert not desk.course._held


async def test_a_call_that_waited_while_nobody_ran_goes_out_at_once() -> None:
    desk = Desk(way := Way(), when_not_acknowledged_after_s=120)
    await desk.time.until(desk.course.send(letter(written_s=500.0)))
    assert desk.kept[0][3] == pytest.approx(1000.0)
    assert len(way.tries) == 1


async def test_a_call_of_the_past_waits_until_its_answer_can_have_been_read() -> None:
    desk = Desk(way := Way(), when_not_acknowledged_after_s=120)
    desk.course.is_behind = lambda _: True
    tasks = [desk.course.send(letter(number=number, written_s=500.0)) for number in (1, 2)]
    await desk.time.until(end_s=1001.0)
    tasks.append(desk.course.send(letter("acknowledged", 2)))
    desk.course.is_behind = lambda _: False
    await desk.time.until(*tasks)
    assert way.tries == ["decision-1-raised.page"]


async def test_a_reader_who_cannot_read_on_holds_no_call_back_for_long() -> None:
    desk = Desk(Way(), when_not_acknowledged_after_s=120)
    desk.course.is_behind = lambda _: True
    await desk.time.until(desk.course.send(letter(written_s=500.0)))
    assert desk.kept[0][3] == pytest.approx(1030.0, abs=1.0)


# --- fallback ------------------------------------------------------------------------------------------------


async def test_when_a_target_does_not_take_a_call_in_time_another_one_gets_it_and_the_first_is_tried_on() -> None:
    desk = Desk(Way(refuses(12)), fallback=Way())
    await desk.time.until(desk.course.send(letter()))
    assert [(target, outcome) for target, _, outcome, _ in desk.kept] == [("other", "fallback"), ("pager", "delivered")]
    assert desk.kept[0][3] == pytest.approx(1060.0)


async def test_when_a_target_will_never_take_a_call_another_one_gets_it_at_once() -> None:
    desk = Desk(Way(refuses(1, is_final=True)), fallback=Way())
    await desk.time.until(desk.course.send(letter()))
    assert [(target, outcome) for target, _, outcome, _ in desk.kept] == [
        ("pager", "undelivered"),
        ("other", "fallback"),
    ]
    assert desk.kept[1][3] == pytest.approx(1000.0)


async def test_what_calls_nobody_has_no_fallback() -> None:
    desk = Desk(Way(refuses(1, is_final=True)), fallback=Way())
    await desk.time.until(desk.course.send(letter("updated")))
    assert [(target, outcome) for target, _, outcome, _ in desk.kept] == [("pager", "undelivered")]


async def test_where_both_fail_both_are_kept_as_undelivered() -> None:
    desk = Desk(Way(refuses(10_000)), fallback=Way(refuses(10_000)), give_up_after_s=300)
    await desk.time.until(desk.course.send(letter()))
    assert sorted((target, outcome) for target, _, outcome, _ in desk.kept) == [
        ("other", "undelivered"),
        ("pager", "undelivered"),
    ]


async def test_nothing_is_remembered_of_what_is_settled() -> None:
    desk = Desk(Way(), when_not_acknowledged_after_s=10)
    await desk.time.until(*[desk.course.send(letter(number=number)) for number in range(50)])
    for _ in range(5):
        await asyncio.sleep(0)
    assert not desk.course._last
    assert not desk.course._held
