"""A ward of patients for section F: well, unknown, and ill in one way each, so that every finding speaks once."""

from collections.abc import Iterator
from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import EventMemory, EventView, note_signs, note_temperature, note_weight
from blinwatch.core.adverse_events.verdict import EventVerdict, part_words
from blinwatch.core.events import ClinicalSignsAssessed
from blinwatch.core.evidence import to_datetime
from tests.core.adverse_events.support import HOUR_MS, START_MS, WELL_ADULT, WELL_CHILD, at, book_of, view

Results = tuple[tuple[str, float], ...]
NORMAL: Results = (
    *(("alt", 20), ("ast", 20), ("bilirubin", 8), ("ferritin", 100), ("fibrinogen", 3), ("inr", 1), ("pt", 12)),
    *(("d_dimer", 0.3), ("urate", 300), ("potassium", 4), ("phosphate", 1), ("calcium", 2.3), ("creatinine", 70)),
    *(("amylase", 50), ("lipase", 30), ("lactate", 1), ("anc", 4), ("platelets", 220), ("hemoglobin", 130)),
    *(("albumin", 40), ("pao2", 90)),
)
NO_SIGNS: dict[str, Any] = {
    "infection_suspected": False,
    "abdominal_pain": False,
    "pancreatitis_on_imaging": False,
    "arrhythmia": False,
    "seizure": False,
    "new_effusion_or_oedema": False,
    "haemophagocytosis": False,
    "pupils_fixed": False,
}
STARTED: dict[str, Any] = {"infusion_start_ms": START_MS, "watched_since_ms": START_MS, "seizure_24h": False}
KNOWN: dict[str, Any] = {**STARTED, "hypotension_present": False, "crs_current": 0, "gcs": 15}
CHILD: dict[str, Any] = {**WELL_CHILD, **KNOWN}
PEWS: dict[str, Any] = {"pews_behaviour": 0, "pews_cardiovascular": 0, "pews_respiratory": 0}
Patient = tuple[str, dict[str, Any], tuple[tuple[str, float], ...], dict[str, Any]]
"""What is the matter; live values; results that are not normal (None of them: nothing was taken); charted signs."""


def results(**changed: float) -> Results:
    """Normal results but for those named."""
    return (*(pair for pair in NORMAL if pair[0] not in changed), *changed.items())


PATIENTS: tuple[Patient, ...] = (
    ("nothing is known", {}, (), {}),
    ("a well adult", {**WELL_ADULT, **KNOWN}, NORMAL, NO_SIGNS),
    ("a well child", CHILD, NORMAL, {**NO_SIGNS, **PEWS}),
    ("well by the monitor, no blood taken, nobody asked", {**WELL_ADULT, **STARTED}, (), {}),
    ("feverish without neutrophils", {**WELL_ADULT, **KNOWN, "temperature_c": 38.6}, results(anc=0.2), NO_SIGNS),
    ("feverish, neutrophils not known", {**WELL_ADULT, **KNOWN, "temperature_c": 38.6}, (), NO_SIGNS),
    ("few neutrophils, no fever", {**WELL_ADULT, **KNOWN}, results(anc=0.4), NO_SIGNS),
    (
        "an adult in septic shock",
        {
            **WELL_ADULT,
            **KNOWN,
            "temperature_c": 39.2,
            "heart_rate_bpm": 135.0,
            "respiratory_rate_per_min": 28.0,
            "spo2_pct": 88.0,
            "o2_device": "nasal_cannula",
            "o2_flow_l_min": 4.0,
            "sbp_mmhg": 84.0,
            "map_mmhg": 55.0,
            "consciousness": "voice",
            "vasoactive_agents": ("norepinephrine",),
            "hypotension_present": True,
        },
        results(lactate=5, platelets=60, inr=1.8, creatinine=190),
        {**NO_SIGNS, "infection_suspected": True},
    ),
    (
        "a child in septic shock, ventilated",
        {
            **CHILD,
            "temperature_c": 39.2,
            "heart_rate_bpm": 170.0,
            "spo2_pct": 90.0,
            "o2_device": "invasive_ventilation",
            "fio2": 0.6,
            "invasive_ventilation": True,
            "map_mmhg": 38.0,
            "gcs": 9,
            "consciousness": "pain",
            "vasoactive_agents": ("epinephrine", "norepinephrine"),
            "hypotension_present": True,
        },
        results(lactate=12, platelets=60, inr=1.8, d_dimer=3, fibrinogen=0.8, pao2=60),
        {
            **NO_SIGNS,
            "infection_suspected": True,
            "pupils_fixed": True,
            "pews_behaviour": 3,
            "pews_cardiovascular": 2,
            "pews_respiratory": 1,
        },
    ),
    (
        "a child with one part of PEWS uncharted",
        CHILD,
        NORMAL,
        {**NO_SIGNS, "pews_behaviour": 2, "pews_respiratory": 3},
    ),
    ("an adult of unknown age", {**WELL_ADULT, **KNOWN, "age_years": None}, NORMAL, NO_SIGNS),
    ("liver grade 2", {**WELL_ADULT, **KNOWN}, results(alt=160), NO_SIGNS),
    ("liver grade 4", {**WELL_ADULT, **KNOWN}, results(alt=900, ast=500, bilirubin=250), NO_SIGNS),
    ("laboratory tumour lysis", {**WELL_ADULT, **KNOWN}, results(urate=600, potassium=6.4), NO_SIGNS),
    (
        "clinical tumour lysis",
        {**WELL_ADULT, **KNOWN, "seizure_24h": True},
        results(urate=600, potassium=6.4, phosphate=2.2, calcium=1.6, creatinine=250),
        {**NO_SIGNS, "arrhythmia": True, "seizure": True},
    ),
    ("low albumin and low calcium", {**WELL_ADULT, **KNOWN}, results(calcium=1.8, albumin=24), NO_SIGNS),
    (
        "overt DIC",
        {**WELL_ADULT, **KNOWN},
        results(platelets=35, d_dimer=6, pt=24, fibrinogen=0.7, inr=2.2),
        NO_SIGNS,
    ),
    ("some of DIC", {**WELL_ADULT, **KNOWN}, results(platelets=80, d_dimer=1.0), NO_SIGNS),
    (
        "hyperinflammation after CRS",
        {**WELL_ADULT, **KNOWN, "crs_current": 0, "crs_improving": True},
        results(ferritin=6000, alt=300, fibrinogen=0.9, platelets=40, hemoglobin=70, anc=0.4),
        {**NO_SIGNS, "haemophagocytosis": True},
    ),
    ("ferritin alone", {**WELL_ADULT, **KNOWN, "crs_current": 1}, results(ferritin=2500), NO_SIGNS),
    ("enzyme of the pancreas", {**WELL_ADULT, **KNOWN}, results(lipase=400), NO_SIGNS),
    (
        "pancreatitis",
        {**WELL_ADULT, **KNOWN},
        results(lipase=400, amylase=500),
        {**NO_SIGNS, "abdominal_pain": True, "pancreatitis_on_imaging": True},
    ),
    ("pain, no enzyme", {**WELL_ADULT, **KNOWN}, (), {**NO_SIGNS, "abdominal_pain": True}),
    (
        "capillary leak",
        {**WELL_ADULT, **KNOWN, "hypotension_present": True, "sbp_mmhg": 84.0},
        results(albumin=22),
        {**NO_SIGNS, "new_effusion_or_oedema": True},
    ),
)
HOURS = (26.0, 36.0, 60.0)
"""Blood was taken and signs were charted at hour 25, and on the day before everything had been normal: fresh, hours
later, and when all of it is older than a day."""


def seen(rulebook: Rulebook, patient: Patient, hours: float) -> EventView:
    """Everything of section F for a patient at an hour after the first drop."""
    _, live, taken, signs = patient
    book = book_of(
        rulebook, *((name, 1, value) for name, value in NORMAL if taken), *((name, 25, one) for name, one in taken)
    )
    memory = EventMemory()
    if signs:
        event = ClinicalSignsAssessed(
            event_id="signs", patient_id="pt-1", occurred_at=to_datetime(at(25)), source="ward", **signs
        )
        memory = note_signs(memory, event, at(25))
        for hour, weight_kg in ((1, 70.0), (25, 75.0 if signs["new_effusion_or_oedema"] else 70.2)):
            memory = note_weight(memory, weight_kg, at(hour), f"weight-{hour}", rulebook)
    if live.get("temperature_c") is not None:
        memory = note_temperature(memory, live["temperature_c"], at(25), rulebook)
    base = dict.fromkeys(WELL_ADULT)
    return view(rulebook, hours, memory, book, **{**base, **live})


def told(rulebook: Rulebook) -> str:
    """What section F says of every patient, rule by rule; an answer already given in the same words is left out."""
    lines: list[str] = []
    said: set[tuple[str, ...]] = set()
    for patient in PATIENTS:
        for hours in HOURS:
            lines.append(f"{patient[0]}, {hours:g} h after the first drop")
            for one in seen(rulebook, patient, hours).verdicts:
                answer = tuple(_words(one))
                if answer not in said:
                    said.add(answer)
                    lines += answer
    return "".join(f"{line}\n" for line in lines)


def _words(one: EventVerdict) -> Iterator[str]:
    """An answer as a reviewer reads it: code, level and score, flags, threshold, sentences, values."""
    score = "" if one.score is None else f", score {one.score}"
    flags = f" [{', '.join(one.flags)}]" if one.flags else ""
    threshold = "" if one.threshold is None else f" ({one.threshold})"
    yield f"    {one.code}, level {one.level}{score}{flags}{threshold}"
    for sentence in one.because:
        yield f"        {sentence}"
    for part in one.parts:
        taken = "" if part.at_ms is None else f" at hour {(part.at_ms - START_MS) / HOUR_MS:g}"
        yield f"        - {part_words(part)}{taken}"
