"""A patient whose vital signs are a real monitor record, beside a simulated infusion."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from blinwatch.core.evidence import to_ms
from blinwatch.receive.monitor_csv import read_monitor_csv
from blinwatch.simulate.arrival import Arrival, merge
from blinwatch.simulate.infusion import tell_infusion
from blinwatch.simulate.infusion_plan import InfusionPlan
from blinwatch.simulate.patient import adult
from blinwatch.simulate.setting import StorySetting
from blinwatch.simulate.storytelling import Story
from blinwatch.simulate.ward import Bed

RECORD_WARD = "intensive care"
_RECORD_AGE_YEARS = 60.0
"""A monitor's table says nothing about its patient; the published record this is meant for is of a 60-year-old."""


def record_story(path: Path) -> Story:
    """The story of the record in `path`; a fault in the table raises `MonitorTableError` while it is told."""

    def tell(setting: StorySetting) -> Iterator[Arrival]:
        patient = replace(adult(setting.seed, setting.patient_id, setting.ward), age_years=_RECORD_AGE_YEARS)
        plan = InfusionPlan(phase="rr", cycle=2, bag_type_h=168, infused_h_before=100.0)
        return merge(_vitals(path, setting), tell_infusion(patient, plan, setting))

    return Story(
        name="real-monitor-record",
        summary="Vital signs of a real bedside monitor, with its zeros and gaps; no temperature, so no CRS grade.",
        expects="Sensors said to be off, CRS not evaluable, and real low or high values judged.",
        tell=tell,
    )


def with_record(beds: tuple[Bed, ...], path: Path) -> tuple[Bed, ...]:
    """The same ward, with the record in its last bed."""
    last = beds[-1]
    setting = replace(last.setting, ward=RECORD_WARD)
    return (*beds[:-1], Bed(last.admitted_s, record_story(path), setting))


def _vitals(path: Path, setting: StorySetting) -> Iterator[Arrival]:
    for event in read_monitor_csv(path, patient_id=setting.patient_id, start=setting.start):
        offset_s = (to_ms(event.occurred_at) - to_ms(setting.start)) // 1000
        if offset_s >= setting.duration_s:
            return
        yield Arrival(offset_s, event)
