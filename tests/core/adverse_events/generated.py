"""Patients as hypothesis makes them up: any live values, any laboratory, any chart."""

from typing import Any

from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.adverse_events.judge import EventFacts, EventMemory, note_weight
from blinwatch.core.labs.lab_book import LabBook
from tests.core.adverse_events.support import START_MS, at, charted, result_event, taken, temperatures

RULEBOOK = load_rulebook()
_LEVELS = ["alert", "confusion", "voice", "pain", "unresponsive"]
_DEVICES = ["room_air", "nasal_cannula", "simple_facemask", "bipap", "invasive_ventilation"]
_YES_NO = [True, False]
HOURS = [-80, -48, -2, 0, 1, 12, 23.5, 24, 47, 100, 168, 170, 192]


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


def _tenths(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(round(low * 10), round(high * 10)).map(lambda tenths: tenths / 10)


def live_facts() -> st.SearchStrategy[EventFacts]:
    """Any live values, each of which may be missing."""
    return st.builds(
        EventFacts,
        age_years=_maybe(st.sampled_from([0.02, 0.5, 1.5, 3.0, 8.0, 14.0, 17.99, 18.0, 50.0])),
        temperature_c=_maybe(_tenths(34, 41)),
        heart_rate_bpm=_maybe(st.integers(30, 180).map(float)),
        respiratory_rate_per_min=_maybe(st.integers(5, 60).map(float)),
        spo2_pct=_maybe(st.integers(70, 100).map(float)),
        fio2=_maybe(st.sampled_from([0.21, 0.3, 0.6, 1.0])),
        o2_device=_maybe(st.sampled_from(_DEVICES)),
        o2_flow_l_min=_maybe(st.sampled_from([0.0, 2.0, 10.0])),
        sbp_mmhg=_maybe(st.integers(50, 230).map(float)),
        map_mmhg=_maybe(st.integers(10, 110).map(float)),
        consciousness=_maybe(st.sampled_from(_LEVELS)),
        gcs=_maybe(st.integers(3, 15)),
        vasoactive_agents=st.sampled_from([(), ("epinephrine",), ("epinephrine", "milrinone")]),
        invasive_ventilation=_maybe(st.booleans()),
        crs_current=_maybe(st.integers(0, 4)),
        crs_improving=_maybe(st.booleans()),
        infusion_start_ms=_maybe(st.just(START_MS)),
        hypotension_present=_maybe(st.booleans()),
        seizure_24h=_maybe(st.booleans()),
        therapy_ended=st.booleans(),
    )


@st.composite
def books(draw: st.DrawFn) -> LabBook:
    """Any laboratory of two weeks: usual and extreme values, with and without limits and comparators."""
    analytes = sorted(RULEBOOK.labs.analytes)
    events = []
    for number in range(draw(st.integers(0, 14))):
        analyte = draw(st.sampled_from([*analytes, "anc", "anc", "urate", "potassium", "alt", "ferritin"]))
        low, high = RULEBOOK.labs.analytes[analyte].possible
        usual = RULEBOOK.labs.default_uln.get(analyte)
        near = usual[-1].uln if usual else low + (high - low) / 1000
        value = (
            draw(st.sampled_from([near * fold for fold in (0.2, 0.9, 1.6, 3, 4, 6, 25)])) if near < high / 30 else near
        )
        events.append(
            result_event(
                RULEBOOK,
                analyte,
                draw(st.sampled_from(HOURS)),
                min(max(value, low), high),
                event_id=f"lab-{number}",
                comparator=draw(st.sampled_from([None, None, None, "<", ">"])),
                status=draw(st.sampled_from(["final", "final", "preliminary", "corrected", "cancelled"])),
                reference_high=draw(_maybe(st.just(near))),
            )
        )
    return taken(RULEBOOK, *events)


@st.composite
def memories(draw: st.DrawFn) -> EventMemory:
    """Any memory: temperatures, charted signs, weights."""
    readings = draw(st.lists(st.tuples(st.sampled_from(HOURS), _tenths(36, 40)), max_size=5))
    memory = temperatures(RULEBOOK, *sorted(readings))
    for hours in draw(st.lists(st.sampled_from(HOURS), max_size=3)):
        signs = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "infection_suspected": st.sampled_from(_YES_NO),
                    "abdominal_pain": st.sampled_from(_YES_NO),
                    "pancreatitis_on_imaging": st.sampled_from(_YES_NO),
                    "arrhythmia": st.sampled_from(_YES_NO),
                    "seizure": st.sampled_from(_YES_NO),
                    "new_effusion_or_oedema": st.sampled_from(_YES_NO),
                    "haemophagocytosis": st.sampled_from(_YES_NO),
                    "pupils_fixed": st.sampled_from(_YES_NO),
                    "pews_behaviour": st.integers(0, 3),
                    "pews_respiratory": st.integers(0, 3),
                },
            )
        )
        memory = charted(hours, memory, **signs)
    for number, hours in enumerate(draw(st.lists(st.sampled_from(HOURS), max_size=4))):
        memory = note_weight(memory, draw(_tenths(60, 75)), at(hours), f"w{number}", RULEBOOK)
    return memory
