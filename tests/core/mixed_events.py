"""Patients as a ward sees them: events of every domain in one log, their values on and around the limits.

Times lie on whole seconds, each second at most once, so that a log has one order in time; tests that need events at
the same moment say so. `unusual` events are rarer than the rest, because a death or the end of therapy silences much.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from blinwatch.core.alert_lifecycle import short_hash
from blinwatch.core.events import (
    AlertAcknowledged,
    AlertShelved,
    AnyEvent,
    ClinicalSignsAssessed,
    CrsAssessed,
    DeathRecorded,
    InfusionAssessed,
    InteractionAssessed,
    LabResulted,
    MedicationAdministered,
    NeuroAssessed,
    PatientEvent,
    ReactionAssessed,
    SignAttributed,
    TherapyEnded,
    VitalsObserved,
)
from blinwatch.core.findings import CrsFindings, InteractionFindings, NeuroFindings
from tests.core.dose_advice.generated import REACTIONS
from tests.core.icans.icans_support import examinations
from tests.core.infusion.generated import SAID, findings
from tests.core.infusion.story import KINDS
from tests.core.stories import PATIENT, START, header, order, tick

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "0"))
"""More examples of each property than a hand-in can wait for: `PROPERTY_EXAMPLES=20000 make test-long`."""
MINUTE_S = 60
HOUR_S = 3600

Make = Callable[[st.DrawFn, dict[str, Any]], PatientEvent]
"""An event from what is drawn and its header."""


def examples(usual: int) -> settings:
    """So many examples in every run, or as many as PROPERTY_EXAMPLES asks for.

    A failing log is reported as it was found: shrinking one would take minutes.
    """
    return settings(
        max_examples=EXAMPLES or usual,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def _among(*choices: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices)


DEVICES = (
    "room_air", "nasal_cannula", "blow_by", "high_flow_nasal_cannula", "simple_facemask", "non_rebreather", "venturi",
    "cpap", "bipap", "invasive_ventilation",
)  # fmt: skip
VITALS: dict[str, st.SearchStrategy[Any]] = {
    "temperature_c": _among(36.6, 37.4, 37.95, 38.0, 38.3, 39.2, 41.0, 44.0),
    "temperature_f": _among(98.6, 100.3, 100.4, 102.2),
    "heart_rate_bpm": _among(72, 90, 112, 131, 300),
    "pulse_rate_bpm": _among(72, 88, 130),
    "respiratory_rate_per_min": _among(15, 21, 25, 40),
    "spo2_pct": _among(98, 95, 93, 90, 89, 84, 30),
    "perfusion_index": _among(0.2, 0.3, 2.0),
    "sbp_mmhg": _among(118, 101, 90, 89, 84, 70, 65, 500),
    "sbp_kpa": _among(15.7, 11.9, 11.0),
    "dbp_mmhg": _among(72, 50, 117),
    "map_mmhg": _among(80, 65, 64),
    "o2_device": _among("room_air", *DEVICES),
    "o2_flow_l_min": _among(0, 2, 6, 6.1, 15),
    "fio2": _among(0.21, 0.4, 1.0, 60.0),
    "o2_reason": _among("comfort", "hypoxia"),
    "consciousness": _among("alert", "confusion", "voice", "unresponsive"),
    "glasgow_coma_scale": _among(15, 11, 10, 3),
}
_CHARTED: dict[str, st.SearchStrategy[Any]] = {
    **{name: VITALS[name] for name in VITALS if name in CrsFindings.__dataclass_fields__},
    "age_years": _among(0.5, 8.0, 12.0, 40.0),
    "fever_attributed_other": st.booleans(),
    "antipyretic_given": st.booleans(),
    "hours_since_antipyretic": _among(2.0, 8.0, 9.0),
    "tocilizumab_given": st.booleans(),
    "vasopressors": _among((), (), ("norepinephrine",), ("norepinephrine", "epinephrine"), ("vasopressin",)),
    "fluid_bolus_for_hypotension": st.booleans(),
    "baseline_sbp_mmhg": _among(85.0, 120.0),
}
DRUGS = (
    "paracetamol", "dexamethasone", "tocilizumab", "norepinephrine", "vasopressin", "dobutamine", "anakinra",
    "Warfarin",
    "ciclosporin", "cyclosporine", "tacrolimus", "digoxin", "metoprolol", "lorazepam", "morphine", "propofol",
    "cefepime", "methotrexate", "cytarabine", "amlodipine", "ondansetron", "amiodarone", "voriconazole",
    "an unheard-of drug",
)  # fmt: skip
LABS: tuple[tuple[str, str, tuple[float, ...]], ...] = (
    ("1742-6", "U/L", (20, 130, 210, 900)),
    ("1920-8", "U/L", (20, 130, 210)),
    ("1975-2", "umol/L", (10, 35, 70)),
    ("1975-2", "mg/dL", (0.5, 3.0)),
    ("751-8", "10*9/L", (0.3, 0.5, 0.9, 3)),
    ("3084-1", "umol/L", (300, 476, 600)),
    ("2823-3", "mmol/L", (3.2, 4.1, 6.0)),
    ("2777-1", "mmol/L", (1.0, 1.45, 2.4)),
    ("17861-6", "mmol/L", (2.3, 1.7)),
    ("2160-0", "umol/L", (70, 190)),
    ("2276-4", "ug/L", (100, 5000, 90000)),
    ("3255-7", "g/L", (3.0, 1.4, 0.9)),
    ("777-3", "10*9/L", (200, 80, 40)),
    ("48065-7", "mg/L{FEU}", (0.3, 6.0)),
    ("6301-6", "{INR}", (1.0, 1.6)),
    ("5902-2", "s", (12, 17, 22)),
    ("3040-3", "U/L", (30, 700)),
    ("2524-7", "mmol/L", (1, 6, 12)),
    ("1751-7", "g/L", (38, 25)),
    ("19123-9", "mmol/L", (0.8, 0.6)),
    ("2823-3", "furlong", (4.0,)),
)
_KEYS = (
    "CRS",
    "CRS_SUSPECT_MASKED",
    "ICANS",
    "INF_FLUSH",
    "INF_INTERRUPT",
    "SPO2_LOW",
    "OBS_OVERDUE",
    "DM",
    "FN_ALERT",
)
"""Keys of alerts that commands of staff refer to; most of them do not stand, which is a case of its own."""


def _some(draw: st.DrawFn, fields: dict[str, st.SearchStrategy[Any]], one_in: int) -> dict[str, Any]:
    return {name: draw(values) for name, values in fields.items() if draw(st.integers(1, one_in)) == 1}


def _vitals(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    said = _some(draw, VITALS, 3)
    return VitalsObserved(**head, monitoring=draw(_among("continuous", "continuous", "spot", None)), **said)


def _quiet_vitals(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    said: dict[str, Any] = {"heart_rate_bpm": draw(st.integers(70, 76)), "spo2_pct": 97, "respiratory_rate_per_min": 15}
    whole: dict[str, Any] = (
        {"temperature_c": 36.7, "sbp_mmhg": 118, "o2_device": "room_air"} if draw(st.booleans()) else {}
    )
    return VitalsObserved(**head, monitoring="continuous", **said, **whole)


def _crs(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    return CrsAssessed(**head, findings=CrsFindings(**_some(draw, _CHARTED, 2)))


def _neuro(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    fields: dict[str, Any] = {**draw(examinations()), "death_due_to": None}
    return NeuroAssessed(**head, findings=NeuroFindings(**fields))


def _pump(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    name = draw(_among(*SAID, "start", "stop", "start", "stop"))
    kind, given = KINDS[name]
    return kind(**head, **{**given, **draw(SAID[name])})


def _drug(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "dose_mg": _among(4.0, 20.0, 500.0),
        "route": _among("iv", "oral", "intrathecal", "inhaled"),
        "purpose": _among("premed", "crs_treatment", "replacement", "other"),
        "fluid_bolus_for_hypotension": st.just(value=True),
        "same_lumen": st.just(value=True),
        "benzyl_alcohol_source": st.just(value=True),
        "vaccine": _among("live", "inactivated"),
        "dose_g_m2": _among(0.5, 3.0),
    }
    action = draw(_among("given", "given", "started", "stopped"))
    return MedicationAdministered(**head, drug=draw(_among(*DRUGS)), action=action, **_some(draw, fields, 4))


def _lab(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    loinc, unit, values = draw(_among(*LABS))
    status = draw(_among("final", "final", "final", "corrected", "preliminary", "cancelled"))
    comparator = draw(_among(None, None, None, "<", ">="))
    return LabResulted(
        **head, loinc=loinc, unit=unit, value=draw(_among(*values)), status=status, comparator=comparator
    )


def _order(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "phase": _among("rr", "mrd", "consolidation"),
        "cycle": _among(1, 2, 7),
        "weight_kg": _among(70.0, 30.0, 8.0),
        "age_years": _among(0.04, 5.0, 11.999, 40.0),
        "bag_type_h": _among(24, 96, 168),
        "label_region": _among("US", "EU"),
        "restart_low": st.booleans(),
        "location": _among("inpatient", "home"),
        "baseline_sbp_mmhg": _among(85.0, 160.0),
        "baseline_ice": _among(8, 10),
        "developmental_delay": st.booleans(),
        "preservative": st.booleans(),
        "ward": _among("3 East", "3 West"),
    }
    return replace(order(**_some(draw, fields, 3)), **head)


def _signs(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    yes_no = (
        "infection_suspected",
        "abdominal_pain",
        "arrhythmia",
        "seizure",
        "new_effusion_or_oedema",
        "pupils_fixed",
    )
    fields: dict[str, st.SearchStrategy[Any]] = {
        **{name: st.booleans() for name in yes_no},
        "weight_kg": _among(70.0, 74.0),
        **{f"pews_{part}": st.integers(0, 3) for part in ("behaviour", "cardiovascular", "respiratory")},
    }
    return ClinicalSignsAssessed(**head, **_some(draw, fields, 3))


def _reaction(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    return ReactionAssessed(**head, reactions=tuple(draw(st.lists(REACTIONS, min_size=1, max_size=2))))


def _question(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    asked = InteractionFindings(
        drug=draw(_among(*DRUGS)), cycle=draw(_among(1, 2, None)), cycle_day=draw(_among(1, 9, 10))
    )
    return InteractionAssessed(**head, findings=asked)


def _attributed(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    until = draw(_among(None, 5, 240))
    return SignAttributed(
        **head,
        by="dr-2",
        reason="seen at the bedside",
        cause="another illness",
        sign=draw(_among("fever", "hypotension", "hypoxia", "cognition", "loc", "seizure", "motor")),
        until=None if until is None else head["occurred_at"] + timedelta(minutes=until),
        active=draw(st.sampled_from((True, True, False))),
    )


def _command(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    alert_id = short_hash(PATIENT, draw(_among(*_KEYS)), draw(_among(1, 1, 2)))
    who: dict[str, Any] = {"by": "nurse-1", "reason": "seen", "alert_id": alert_id}
    if draw(st.booleans()):
        return AlertAcknowledged(**head, **who)
    return AlertShelved(**head, **who, shelve_min=draw(_among(5, 30)))


def _unusual(draw: st.DrawFn, head: dict[str, Any]) -> PatientEvent:
    kind = draw(_among("charted infusion", "charted infusion", "end", "death"))
    if kind == "charted infusion":
        return InfusionAssessed(**head, findings=draw(findings()))
    if kind == "end":
        return TherapyEnded(**head, reason=draw(_among("completed", "discontinued", "transferred")))
    return DeathRecorded(**head, death_due_to=draw(_among("crs", "icans", "other")))


_KINDS: tuple[Make, ...] = (
    _vitals, _vitals, _vitals, _quiet_vitals, _quiet_vitals, _crs, _crs, _neuro, _neuro, _pump, _pump, _pump,
    _drug, _drug, _drug, _lab, _lab, _order, _signs, _reaction, _question, _attributed, _command,
)  # fmt: skip


@st.composite
def mixed_logs(
    draw: st.DrawFn, *, most: int = 24, span_s: int = 6 * HOUR_S, unusual: bool = True
) -> list[PatientEvent]:
    """An order and up to `most` further events within `span_s`, in the order in which they happened."""
    count = draw(st.integers(1, most))
    seconds = sorted(draw(st.lists(st.integers(1, span_s), min_size=count, max_size=count, unique=True)))
    log: list[PatientEvent] = [order()]
    for number, second in enumerate(seconds, start=1):
        make = _unusual if unusual and draw(st.integers(0, 39)) == 0 else draw(_among(*_KINDS))
        log.append(make(draw, header(number, second / MINUTE_S)))
    return log


def with_ticks(log: list[PatientEvent], every_s: int) -> list[AnyEvent]:
    """The log with a tick of the clock every so often, as the workers write them, and some time after its end.

    Ticks fall between whole seconds, so that none shares its moment with an event.
    """
    end_s = round((max(event.occurred_at for event in log) - START).total_seconds()) + 2 * every_s
    ticks = [tick(number, (second + 0.5) / MINUTE_S) for number, second in enumerate(range(0, end_s, every_s))]
    return sorted([*log, *ticks], key=lambda event: event.occurred_at)
