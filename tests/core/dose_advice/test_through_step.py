"""Dose advice through the one door: monitor, pump and orders in, advice and alerts out."""

from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import AnyEvent, NeuroAssessed
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.patient_state import PatientState
from blinwatch.core.pump_events import DeliveryStarted, DeliveryStopped
from tests.core.stories import header, order, run, tick, vitals

SEVERE: dict[str, Any] = {
    "temperature_c": 39.5,
    "sbp_mmhg": 110,
    "spo2_pct": 95,
    "o2_device": "simple_facemask",
    "o2_flow_l_min": 8,
}
CALM: dict[str, Any] = {"temperature_c": 36.8, "sbp_mmhg": 118, "spo2_pct": 97, "o2_device": "room_air"}


class Log:
    """Events in time order, each with a number of its own."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = [order()]
        self.start(0, 28.0)

    def _next(self, hour: float) -> dict[str, Any]:
        return header(len(self.events), hour * 60)

    def start(self, hour: float, dose: float) -> None:
        self.events.append(DeliveryStarted(**self._next(hour), programmed_dose_mcg_day=dose, rate_ml_h=10))

    def stop(self, hour: float) -> None:
        self.events.append(DeliveryStopped(**self._next(hour), gap_reason="adverse_reaction"))

    def see(self, hour: float, signals: dict[str, Any]) -> None:
        self.events.append(vitals(len(self.events), hour * 60, **signals))

    def examine(self, hour: float, **found: Any) -> None:
        findings = NeuroFindings(age_years=40, motor_weakness="none", cerebral_edema="none", **found)
        self.events.append(NeuroAssessed(**self._next(hour), findings=findings))

    def judged(self, rulebook: Rulebook, hour: float) -> PatientState:
        """What is judged at that hour of everything that has happened by then."""
        now = tick(9999, hour * 60)
        state, _ = run([*(event for event in self.events if event.occurred_at <= now.occurred_at), now], rulebook)
        return state


def code(state: PatientState) -> str | None:
    return None if state.head.advice is None else state.head.advice.code


def test_severe_crs_is_interrupted_restarted_low_and_brought_up_again(rulebook: Rulebook) -> None:
    log = Log()
    log.see(20, CALM)
    assert code(log.judged(rulebook, 20.1)) is None
    log.see(24, SEVERE)
    interrupted = log.judged(rulebook, 24.1)
    assert code(interrupted) == "DM_INTERRUPT"
    log.stop(24.5)
    for hour in range(26, 52, 4):
        log.see(hour, CALM)
    restart = log.judged(rulebook, 50.1)
    assert code(restart) == "DM_RESTART_LOW_SAME_CYCLE"
    assert restart.head.advice is not None
    assert restart.head.advice.dose_mcg_day == 9.0
    assert "DM_RESTART" in [alert.key for alert in restart.head.alerts.standing]
    log.start(56, 9.0)
    hold = log.judged(rulebook, 57)
    assert code(hold) == "DM_HOLD_LOW"
    assert code(log.judged(rulebook, 56 + 167.9)) == "DM_HOLD_LOW"
    assert code(log.judged(rulebook, 56 + 168.1)) == "DM_ESCALATE"


def test_a_neurological_grade_3_by_seizure_is_waited_for(rulebook: Rulebook) -> None:
    log = Log()
    log.examine(30, ice_score=2, loc="alert", seizure="brief_resolved")
    assert code(log.judged(rulebook, 30.1)) == "DM_INTERRUPT"
    log.stop(30.5)
    for hour in range(36, 112, 8):
        log.examine(hour, ice_score=10, loc="alert", seizure="none")
    waiting = log.judged(rulebook, 107.9)
    assert code(waiting) == "DM_WAIT"
    assert waiting.head.advice is not None
    assert waiting.head.advice.restart_earliest_ms is not None
    assert code(log.judged(rulebook, 108)) == "DM_RESTART_LOW_SAME_CYCLE"
