"""A blinatumomab infusion by the label: premedication, first drop, bag changes, step, end of cycle.

Stories bend it through `InfusionPlan`; everything not bent follows the label as the rulebook states it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from blinwatch.simulate.arrival import Arrival
from blinwatch.simulate.curve import HOUR_S, MINUTE_S, seeded
from blinwatch.simulate.infusion_plan import InfusionPlan, Interruption
from blinwatch.simulate.label import Label, read_label
from blinwatch.simulate.patient import VirtualPatient
from blinwatch.simulate.pump_teller import PumpTeller
from blinwatch.simulate.setting import StorySetting

_CONNECTED_AFTER_S = 10 * MINUTE_S
"""A patient who comes with a running infusion is observed first; then the pump is connected to the gateway."""
_BAG_PAUSE_S = (6 * MINUTE_S, 12 * MINUTE_S)
"""How long a careful bag change stops the flow: well inside the 30 minutes that INF-7 allows."""
_STEP_NEAR_S = 2 * HOUR_S
"""When a bag ends this close to the step, bag change and step are one."""
_END_MARGIN_S = 15 * MINUTE_S
"""A bag is changed this long before its nominal time, so that the pause for the change is inside its limits too."""


@dataclass(slots=True)
class _Infusion:
    """The running infusion while its story is being worked out."""

    now_s: int
    infused_s: float
    bag_due_s: float
    """When the bag has hung long enough: what is left in it is discarded."""
    dose_mcg_day: float
    stepped: bool
    bag_changes: int = 0


def tell_infusion(patient: VirtualPatient, plan: InfusionPlan, setting: StorySetting) -> Iterator[Arrival]:
    """All events of order, pharmacy and pump in order of time."""
    told = _Course(patient, plan, setting, read_label(setting.rulebook.infusion, patient, plan))
    told.work_out()
    return told.pump.arrivals()


class _Course:
    """Works the infusion out from one happening to the next: bag end, step, interruption, end of cycle."""

    def __init__(self, patient: VirtualPatient, plan: InfusionPlan, setting: StorySetting, label: Label) -> None:
        self.plan, self.setting, self.label = plan, setting, label
        self.pump = PumpTeller(patient, setting, label)
        self.chance = seeded(setting.seed, patient.patient_id, "infusion")
        self.pending = sorted(plan.interruptions, key=lambda one: one.at_h)
        start_s = _CONNECTED_AFTER_S if plan.infused_h_before else round(plan.first_drop_h * HOUR_S)
        infused_s = plan.infused_h_before * HOUR_S
        stepped = not label.starts_low or infused_s >= self._step_due_s()
        self.run = _Infusion(
            now_s=start_s,
            infused_s=infused_s,
            bag_due_s=start_s + self._fresh_bag_s() - infused_s % self._fresh_bag_s(),
            dose_mcg_day=label.full_mcg_day if stepped else label.start_mcg_day,
            stepped=stepped,
        )

    def work_out(self) -> None:
        """Tell everything up to the end of the story or of the cycle."""
        self._begin()
        end_s = self.label.rules.cycle_end_from_h * HOUR_S
        while self.run.now_s < self.setting.duration_s:
            step_s = float("inf") if self.run.stepped else self._step_due_s() - self.run.infused_s
            stop_s = self.pending[0].at_h * HOUR_S - self.run.now_s if self.pending else float("inf")
            left_s = end_s - self.run.infused_s
            bag_s = self.run.bag_due_s - self.run.now_s
            flow_s = max(0.0, min(step_s, stop_s, bag_s, left_s))
            self._flow(round(flow_s))
            if flow_s == left_s:
                self.pump.end_of_cycle(self.run.now_s)
                return
            if flow_s == max(0.0, stop_s):
                self._interrupt(self.pending.pop(0))
            else:
                self._change_bag(stepping=step_s - flow_s <= _STEP_NEAR_S)

    def _begin(self) -> None:
        plan, run = self.plan, self.run
        self.pump.order(plan)
        if not plan.infused_h_before:
            self.pump.premedicate("cycle_start", run.now_s)
        hung_s = round(run.bag_due_s) - self._fresh_bag_s()
        self.pump.start(run.now_s, run.dose_mcg_day, bag_hung_s=run.now_s - hung_s)
        for loss in plan.communication_losses:
            self.pump.lose_communication(round(loss.from_h * HOUR_S), round(loss.to_h * HOUR_S))

    def _fresh_bag_s(self) -> int:
        return self.plan.bag_type_h * HOUR_S - _END_MARGIN_S

    def _step_due_s(self) -> float:
        asked_h = self.plan.step_at_infused_h
        return (asked_h if asked_h is not None else self.label.rules.step_due_from_h) * HOUR_S

    def _flow(self, seconds: int) -> None:
        self.run.now_s += seconds
        self.run.infused_s += seconds

    def _interrupt(self, interruption: Interruption) -> None:
        """Stop, wait, premedicate where INF-8 asks, and start again; after a long stop with a fresh bag."""
        run = self.run
        duration_s = round(interruption.duration_h * HOUR_S)
        self.pump.stop(run.now_s, interruption.gap_reason, occlusion=interruption.occlusion)
        run.now_s += duration_s
        if run.now_s >= self.setting.duration_s:
            return
        long = duration_s >= self.label.rules.gap_long_from_h * HOUR_S
        if long and interruption.premedicated:
            self.pump.premedicate("restart", run.now_s)
        if fresh_bag := long or run.now_s >= run.bag_due_s:
            run.bag_due_s = run.now_s + self._fresh_bag_s()
        self.pump.restart(run.now_s, run.dose_mcg_day, after_occlusion=interruption.occlusion, fresh_bag=fresh_bag)

    def _change_bag(self, *, stepping: bool) -> None:
        """Pause, hang the next bag, start; at the step with the full dose and premedication before."""
        run = self.run
        run.bag_changes += 1
        paused_s = self.chance.randint(*_BAG_PAUSE_S)
        mistake = next((one for one in self.plan.mistakes if one.bag_change == run.bag_changes), None)
        if stepping:
            run.stepped, run.dose_mcg_day = True, self.label.full_mcg_day
            self.pump.premedicate("step", run.now_s + paused_s)
        self.pump.pause_for_bag(run.now_s)
        if mistake is not None and mistake.kind == "flush":
            self.pump.flush(run.now_s + paused_s // 2)
        run.now_s += paused_s
        if run.now_s >= self.setting.duration_s:
            return
        factor = mistake.rate_factor if mistake is not None else 1.0
        self.pump.hang_bag(run.now_s, run.dose_mcg_day, stepping=stepping, rate_factor=factor)
        run.bag_due_s = run.now_s + self._fresh_bag_s()
        if mistake is not None and factor != 1.0:
            self._flow(round(mistake.corrected_after_min * MINUTE_S))
            self.pump.correct_rate(run.now_s)
