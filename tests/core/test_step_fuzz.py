"""Whatever valid events come, in whatever order: the judgement answers, its deadlines move on, its state stays small.

Goal: no event that the edge lets through may stop a partition. Method: events of every type with arbitrary valid
fields, at arbitrary times over three days, with ticks between; each state also survives freezing.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import Alert, AlertTransition
from blinwatch.core.events import AnyEvent, Tick
from blinwatch.core.evidence import to_ms
from blinwatch.core.patient_state import freeze, new_patient
from blinwatch.core.step import next_deadline_ms, present, step, thaw
from tests.core.stories import PATIENT, START, tick
from tests.receive.event_strategies import any_event

# A failing log of arbitrary events takes minutes to shrink; the example itself is reported and can be replayed.
FUZZ = settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def wild_logs(draw: st.DrawFn) -> list[AnyEvent]:
    log: list[AnyEvent] = []
    for number in range(draw(st.integers(1, 14))):
        minutes = draw(st.floats(0, 3 * 24 * 60, allow_nan=False))
        if draw(st.integers(0, 4)) == 0:
            log.append(tick(number, minutes))
            continue
        _, event = draw(any_event().filter(lambda pair: not isinstance(pair[1], Tick)))
        at = START + timedelta(minutes=minutes)
        log.append(replace(event, patient_id=PATIENT, event_id=f"e{number:03d}", occurred_at=at))
    return log


@FUZZ
@given(log=wild_logs())
def test_any_valid_log_is_judged_and_every_deadline_lies_ahead(log: list[AnyEvent], rulebook: Rulebook) -> None:
    state = new_patient(PATIENT)
    heard: dict[str, Alert] = {}
    for event in log:
        state, decisions = step(state, event, rulebook)
        due_ms = next_deadline_ms(state)
        assert due_ms is None or due_ms > state.head.clock_ms
        for decision in decisions:
            if isinstance(decision, AlertTransition):
                heard[decision.alert_id] = decision.alert
    standing = {alert_id for alert_id, alert in heard.items() if alert.state != "resolved"}
    assert standing == {alert.alert_id for alert in state.head.alerts.standing}
    thawed, kept = (
        replace(present(one, rulebook), steady=None, deadline_ms=None) for one in (thaw(freeze(state), rulebook), state)
    )
    assert thawed == kept


@FUZZ
@given(log=wild_logs())
def test_time_passing_alone_always_comes_to_an_end(log: list[AnyEvent], rulebook: Rulebook) -> None:
    state: Any = new_patient(PATIENT)
    for event in sorted(log, key=lambda one: to_ms(one.occurred_at)):
        state, _ = step(state, event, rulebook)
    for number in range(400):
        due_ms = next_deadline_ms(state)
        if due_ms is None:
            return
        minutes = (due_ms - to_ms(START)) / 60_000
        state, _ = step(state, tick(number, minutes + 0.001), rulebook)
    assert minutes > 3 * 24 * 60, "four hundred deadlines within the log's own three days"
