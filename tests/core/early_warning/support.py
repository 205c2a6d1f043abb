"""Patients in the first days of an infusion, told hour by hour, for tests of the early warning."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from blinwatch.clinical.early_warning_rules import EarlyWarningRules
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import AlertTransition, Decision
from blinwatch.core.early_warning.judge_rise import RiseFacts
from blinwatch.core.early_warning.trends import HOUR_MS, NO_TRENDS, Reading, Trends, begin, close_bucket
from blinwatch.core.events import AnyEvent, VitalsObserved
from blinwatch.core.pump_events import DeliveryStarted
from tests.core.stories import header, order

BUCKET_MIN = 10
FACTS = RiseFacts(temperature_counts_h=4)
Told = Mapping[str, Callable[[float], float | None]]
"""Sign to its value by hour; None: nothing is measured."""
CALM: Told = {
    "temperature": lambda _: 36.6,
    "heart_rate": lambda _: 80.0,
    "respiratory_rate": lambda _: 16.0,
    "spo2": lambda _: 98.0,
}


def switched_on() -> Rulebook:
    """The rulebook with the early warning given, whatever is published."""
    rulebook = load_rulebook()
    return replace(rulebook, early_warning=replace(rulebook.early_warning, on=True))


def rules() -> EarlyWarningRules:
    return switched_on().early_warning


def after(hour: float, changed: float, before: float) -> Callable[[float], float]:
    """One value up to an hour, another from then on."""
    return lambda now: changed if now >= hour else before


def gathered(hours: float, told: Told, start_ms: int = 0, by: EarlyWarningRules | None = None) -> Trends:
    """The trends after so many hours of values, one in each bucket."""
    given = by or rules()
    trends = begin(NO_TRENDS, start_ms, given)
    for number in range(round(hours * 60 / BUCKET_MIN)):
        seen_ms = start_ms + round((number + 0.5) * BUCKET_MIN * 60_000)
        readings: dict[str, Reading] = {}
        for name, value_at in told.items():
            value = value_at((seen_ms - start_ms) / HOUR_MS)
            if value is not None:
                readings[name] = Reading(value, seen_ms)
        trends = close_bucket(trends, readings, trends.next_ms, given)
    return trends


def infusion(cycle: int = 1, dose_mcg_day: float = 9) -> list[AnyEvent]:
    """An order and the first drop half an hour later."""
    return [
        order(0, 0, cycle=cycle),
        DeliveryStarted(**header(1, 30), rate_ml_h=10, programmed_dose_mcg_day=dose_mcg_day),
    ]


def bedside(told: Told, from_h: float, to_h: float) -> Iterator[VitalsObserved]:
    """A monitor that reports every five minutes, and a temperature every hour."""
    for number in range(round(from_h * 12), round(to_h * 12)):
        minutes = number * 5 + 1.0
        hour = minutes / 60
        said = {
            "heart_rate_bpm": told["heart_rate"](hour),
            "respiratory_rate_per_min": told["respiratory_rate"](hour),
            "spo2_pct": told["spo2"](hour),
        }
        yield VitalsObserved(**header(1000 + number, minutes), monitoring="continuous", **said)
        if number % 12 == 0:
            temperature_c = told["temperature"](hour)
            if temperature_c is not None:
                yield VitalsObserved(
                    **header(20_000 + number, minutes + 0.5),
                    temperature_c=temperature_c,
                    sbp_mmhg=118,
                    dbp_mmhg=72,
                    o2_device="room_air",
                )


def in_order(*parts: list[AnyEvent]) -> list[AnyEvent]:
    return sorted((event for part in parts for event in part), key=lambda event: event.occurred_at)


def steps(decisions: list[Decision], key: str = "EARLY_WARNING") -> list[AlertTransition]:
    return [one for one in decisions if isinstance(one, AlertTransition) and one.alert.key == key]


def hours_after(start_of: AnyEvent, step_: AlertTransition) -> float:
    return (step_.occurred_at - start_of.occurred_at) / timedelta(hours=1)
