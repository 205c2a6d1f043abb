"""A gateway holds events back and sends some twice while a mild CRS runs its course."""

import heapq
from collections.abc import Iterator

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import HOUR_S, MINUTE_S, Curve, seeded
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story, give, tell_story
from blinwatch.simulate.vitals import FOUR_HOURLY_MIN, Course, Rounds

_TWICE = 0.12
"""Share of events that are sent twice."""
_LATE = 0.25
"""Share of events that arrive late."""
_LATEST_S = 8 * MINUTE_S
"""Ordinary lateness: inside the window in which the judgement puts events back into their order."""
_OUTAGE_H = (7.0, 7.8)
"""In this time the gateway keeps everything and sends it when it is back: later than the window."""


def _tell(setting: StorySetting) -> Iterator[Arrival]:
    patient = adult(setting.seed, setting.patient_id, setting.ward)
    course = Course(
        temperature_c=Curve(((3.0, 0.0), (4.0, 1.9), (6.0, 2.2), (8.0, 2.0), (12.0, 0.0))),
        rounds=(Rounds(0.0, FOUR_HOURLY_MIN), Rounds(4.0, 120), Rounds(14.0, FOUR_HOURLY_MIN)),
    )
    treatment = [give(setting, 4.5, "paracetamol", dose_mg=1000.0, route="oral")]
    plan = InfusionPlan(phase="rr", cycle=1, infused_h_before=21.0)
    in_order = tell_story(patient, setting, plan=plan, course=course, extra=treatment)
    return _disturbed(in_order, setting)


def _disturbed(in_order: Iterator[Arrival], setting: StorySetting) -> Iterator[Arrival]:
    """The same events in their order of arrival: some later, some twice."""
    chance = seeded(setting.seed, setting.patient_id, "gateway")
    waiting: list[tuple[int, int, str, int, Arrival]] = []
    for offset_s, event in in_order:
        # Nothing that is still to come can arrive before it happens, so what arrives earlier can go out.
        while waiting and waiting[0][0] < offset_s:
            yield heapq.heappop(waiting)[-1]
        arrives_s = offset_s
        if _OUTAGE_H[0] * HOUR_S <= offset_s < _OUTAGE_H[1] * HOUR_S:
            arrives_s = round(_OUTAGE_H[1] * HOUR_S)
        elif chance.random() < _LATE:
            arrives_s += chance.randint(1, _LATEST_S)
        heapq.heappush(waiting, (arrives_s, offset_s, event.event_id, 1, Arrival(arrives_s, event)))
        if chance.random() < _TWICE:
            again_s = arrives_s + chance.randint(0, _LATEST_S)
            heapq.heappush(waiting, (again_s, offset_s, event.event_id, 2, Arrival(again_s, event)))
    while waiting:
        yield heapq.heappop(waiting)[-1]


STORY = Story(
    name="late-and-duplicated-events-change-nothing",
    summary="A quarter of the events arrive up to 8 minutes late, some come twice, and for 48 minutes the "
    "gateway keeps all.",
    expects="The same grade 1 as without the disturbance; feed and pump silent while the gateway is. Duplicates and "
    "events beyond the window are noted for the audit.",
    tell=_tell,
)
