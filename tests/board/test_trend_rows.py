"""Records of the topics become rows of the trend store."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from blinwatch.board.trend_rows import OUTPUT_TOPICS, TOPICS, TrendRows
from blinwatch.board.trends.trend_store import KnownPatient, Mark, TrendBatch
from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.core.evidence import to_ms
from tests.support.records import PUMP, START, VITALS, at, vitals

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples"
ALL_EXAMPLES = [file for topic in TOPICS for file in sorted((EXAMPLES / topic).glob("*.json"))]
PATIENT = "pt-0001"
START_MS = to_ms(START)
RULEBOOK = load_rulebook()
MEDICATIONS, ASSESSMENTS, ORDERS = "medications.administered.v1", "assessments.recorded.v1", "therapy.orders.v1"


def _rows_of(*records: tuple[str, bytes]) -> TrendBatch:
    rows = TrendRows(RULEBOOK)
    for offset, (topic, value) in enumerate(records):
        rows.take(topic, json.loads(value)["patient_id"].encode(), value, offset)
    assert not rows.unreadable
    return rows.drain({})


def _event(topic_type: str, minutes: float, number: int = 1, **told: Any) -> bytes:
    header = {"event_id": f"e{number}", "patient_id": PATIENT, "occurred_at": at(minutes), "source": "test"}
    return orjson.dumps({"type": topic_type, **header, **told})


def _example(topic: str, name: str) -> tuple[str, bytes]:
    return topic, (EXAMPLES / topic / f"{name}.json").read_bytes()


def _told(batch: TrendBatch) -> list[tuple[str, float, bool]]:
    return [(one.signal, one.value, one.plausible) for one in batch.readings]


def _one(batch: TrendBatch) -> Mark:
    (mark,) = batch.marks
    return mark


def test_every_signal_is_kept_in_one_unit() -> None:
    batch = _rows_of((VITALS, vitals(PATIENT, 1, 0, temperature_f=101.5, sbp_kpa=13.1, dbp_kpa=7.3, fio2=40)))
    values = [("temperature_c", 38.6), ("sbp_mmhg", 98), ("dbp_mmhg", 55), ("fio2", 0.4)]
    assert _told(batch) == [(signal, value, True) for signal, value in values]
    assert {one.at_ms for one in batch.readings} == {START_MS}


def test_what_the_gate_takes_for_an_artefact_is_kept_raw_and_marked() -> None:
    batch = _rows_of(
        (VITALS, vitals(PATIENT, 1, 0, temperature_c=12.0, heart_rate_bpm=80)),
        (VITALS, vitals(PATIENT, 2, 1, temperature_f=40.0, spo2_pct=0)),
    )
    assert _told(batch) == [
        ("temperature_c", 12.0, False),
        ("heart_rate_bpm", 80, True),
        ("temperature_c", 4.4, False),
        ("spo2_pct", 0, False),
    ]


def test_a_second_concordant_reading_is_believed_as_the_judgement_believes_it() -> None:
    batch = _rows_of(
        (VITALS, vitals(PATIENT, 1, 0, heart_rate_bpm=260)),
        (VITALS, vitals(PATIENT, 2, 1, heart_rate_bpm=261)),
    )
    assert [plausible for _, _, plausible in _told(batch)] == [False, True]


def test_a_restart_between_two_readings_changes_how_neither_is_marked() -> None:
    hot, cold = vitals(PATIENT, 1, 0, temperature_c=39.9), vitals(PATIENT, 2, 0.2, temperature_c=37.0)
    whole = _told(_rows_of((VITALS, hot), (VITALS, cold)))
    assert whole == [("temperature_c", 39.9, True), ("temperature_c", 37.0, False)]
    first = _rows_of((VITALS, hot))
    known = KnownPatient(
        patient_id=PATIENT, ward=None, born_ms=None, first_ms=0, last_ms=START_MS, remembered=first.remembered[PATIENT]
    )
    again = TrendRows(RULEBOOK)
    again.know([known])
    again.take(VITALS, PATIENT.encode(), cold, 1)
    assert [*_told(first), *_told(again.drain({}))] == whole


def test_a_childs_limits_hold_once_an_order_has_told_the_age_and_after_a_restart_too() -> None:
    order = orjson.dumps(
        {
            "type": "therapy_ordered",
            "event_id": "o1",
            "patient_id": PATIENT,
            "occurred_at": at(0),
            "source": "orders",
            "age_years": 0.5,
            "ward": "children",
        }
    )
    fast = (VITALS, vitals(PATIENT, 1, 1, heart_rate_bpm=262))
    batch = _rows_of((ORDERS, order), fast)
    assert _told(_rows_of(fast)) != _told(batch)
    born_ms = batch.watches[0].born_ms
    assert (batch.watches[0].ward, round((START_MS - (born_ms or 0)) / 86_400_000)) == ("children", 183)
    again = TrendRows(RULEBOOK)
    again.know(
        [
            KnownPatient(
                patient_id=PATIENT, ward="children", born_ms=born_ms, first_ms=0, last_ms=START_MS, remembered=None
            )
        ]
    )
    again.take(VITALS, PATIENT.encode(), fast[1], 0)
    assert _told(again.drain({})) == _told(batch)


def test_a_charted_examination_feeds_the_course_and_is_marked() -> None:
    batch = _rows_of((ASSESSMENTS, _event("crs_assessed", 0, findings={"temperature_c": 38.2, "sbp_mmhg": 101})))
    assert _told(batch) == [("temperature_c", 38.2, True), ("sbp_mmhg", 101, True)]
    assert (_one(batch).kind, _one(batch).code) == ("assessment", "crs_assessed")


def test_an_ice_score_stands_on_its_examination() -> None:
    batch = _rows_of((ASSESSMENTS, _event("neuro_assessed", 0, findings={"ice_score": 8, "loc": "alert"})))
    assert (_one(batch).code, _one(batch).series, _one(batch).value) == ("neuro_assessed", "ice", 8)


def test_the_pumps_rate_is_a_course_that_is_zero_while_it_stands_still() -> None:
    batch = _rows_of(
        (PUMP, _event("delivery_started", 0, 1, rate_ml_h=10)),
        (PUMP, _event("status_reported", 1, 2, rate_ml_h=10.2, delivering=True)),
        (PUMP, _event("delivery_stopped", 2, 3, gap_reason="adverse_reaction")),
        (PUMP, _event("rate_changed", 4, 4, rate_ml_h=5)),
        (PUMP, _event("bag_changed", 5, 5, stage="started")),
        (PUMP, _event("bag_changed", 6, 6, stage="ended", bag_type_h=48, rate_ml_h=5)),
        (PUMP, _event("status_reported", 7, 7, rate_ml_h=5, delivering=False)),
    )
    assert [(one.signal, one.value) for one in batch.readings] == [
        ("rate_ml_per_h", value) for value in (10, 10.2, 0, 5, 0, 5, 0)
    ]
    assert [(one.kind, one.code, one.series, one.text) for one in batch.marks] == [
        ("flow", "started", None, ""),
        ("flow", "stopped", "adverse_reaction", ""),
        ("bag", "started", None, ""),
        ("bag", "ended", None, "48 h bag"),
    ]


@pytest.mark.parametrize(
    "name,kind,code,series,value",
    [
        ("dose-programmed", "dose", "programmed", None, 9.0),
        ("alarm-occlusion", "pump", "occlusion", "started", None),
        ("bolus-given", "pump", "bolus", None, 2.0),
        ("line-flushed", "pump", "line_flushed", None, None),
        ("lumen-used", "pump", "lumen_used", None, None),
        ("volume-measured", "pump", "volume_measured", None, None),
        ("communication-lost", "pump", "communication_lost", None, None),
        ("communication-restored", "pump", "communication_restored", None, None),
    ],
)
def test_what_befalls_pump_and_line_is_marked(name: str, kind: str, code: str, series: str | None, value: Any) -> None:
    mark = _one(_rows_of(_example(PUMP, name)))
    assert (mark.kind, mark.code, mark.series) == (kind, code, series)
    assert value is None or isinstance(mark.value, float)


def test_the_programmed_dose_is_a_course_whichever_event_tells_it() -> None:
    batch = _rows_of(
        (PUMP, _event("delivery_started", 0, 1, programmed_dose_mcg_day=9)),
        (PUMP, _event("dose_programmed", 1, 2, programmed_dose_mcg_day=28)),
        (PUMP, _event("status_reported", 2, 3, programmed_dose_mcg_day=28)),
    )
    assert [(one.signal, one.value) for one in batch.readings] == [("dose_mcg_per_day", dose) for dose in (9, 28, 28)]


def test_a_drug_is_marked_with_dose_route_and_purpose() -> None:
    mark = _one(_rows_of(_example(MEDICATIONS, "medication-administered-premedication")))
    assert (mark.kind, mark.code, mark.series, mark.value) == ("drug", "dexamethasone", "given", 20)
    assert mark.text == "20 mg, iv, for premed"


def test_an_alert_is_one_mark_through_its_life_and_each_step_is_a_transition() -> None:
    raised = _example("alerts.lifecycle.v1", "alert-transition-raised")
    resolved = _example("alerts.lifecycle.v1", "alert-transition-resolved")
    batch = _rows_of(raised, resolved)
    assert [(one.step, one.code, one.priority, one.ward) for one in batch.transitions] == [
        ("raised", "DDI_CYP_NTI_HIGH", "medium", "haematology-2"),
        ("resolved", "INF_INTERRUPT_SHORT", "medium", "haematology-2"),
    ]
    stands, over = batch.marks
    assert (stands.kind, stands.until_ms, stands.rule_id, stands.version) == ("alert", None, "DDI-1", 0)
    assert (over.code, over.until_ms, over.version) == ("INF_INTERRUPT_SHORT", over.as_of_ms, 1)
    assert over.text.startswith("the infusion has been stopped for 5 min")


def test_a_grade_is_marked_on_each_scale_and_the_scales_stay_apart() -> None:
    batch = _rows_of(_example("toxicity.grades.v1", "grade-assigned"))
    assert [(one.series, one.scale, one.code, one.value) for one in batch.marks] == [
        ("icans", "ASTCT", "ICANS_G1", 1),
        ("icans", "CTCAE", "CTCAE_NEURO_G1", 1),
    ]
    assert len({one.mark_id for one in batch.marks}) == 2


def test_dose_advice_is_marked_and_so_is_its_end() -> None:
    topic, told = _example("advice.dose.v1", "dose-advice")
    over = orjson.dumps({**orjson.loads(told), "advice": None, "decision_id": "d-over"})
    batch = _rows_of((topic, told), (topic, over))
    assert [(one.code, one.series, one.rule_id) for one in batch.marks] == [
        ("DM_INTERRUPT", "crs", "DM-2"),
        ("none", None, None),
    ]


def test_a_status_says_that_the_patient_is_watched_and_on_which_ward() -> None:
    batch = _rows_of(_example("patients.status.v1", "patient-status"))
    assert [(one.patient_id, one.ward) for one in batch.watches] == [("pt-4f7a", "haematology-2")]


def test_a_removed_status_is_no_fault() -> None:
    rows = TrendRows(RULEBOOK)
    rows.take("patients.status.v1", b"pt-0001", None, 0)
    assert not rows.unreadable
    assert not rows.drain({}).watches


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("value", [b"\xff\xfe", b"{", b"[]", b'{"type": "nothing we know"}', b"null"])
def test_an_unreadable_record_is_counted_with_its_reason_and_left_out(topic: str, value: bytes) -> None:
    rows = TrendRows(RULEBOOK)
    rows.take(topic, b"pt-0001", value, 0)
    assert sum(rows.unreadable.values()) == 1
    ((where, reason),) = rows.unreadable
    assert where == topic
    assert reason
    batch = rows.drain({})
    assert [*batch.readings, *batch.marks, *batch.transitions, *batch.watches] == []


@pytest.mark.parametrize("file", ALL_EXAMPLES, ids=lambda path: path.stem)
def test_every_example_of_the_schemas_can_be_read(file: Path) -> None:
    assert _rows_of((file.parent.name, file.read_bytes())).watches or file.parent.name in OUTPUT_TOPICS


def test_memory_of_patients_who_left_is_let_go() -> None:
    rows = TrendRows(RULEBOOK)
    rows.take(VITALS, b"pt-old", vitals("pt-old", 1, 0, heart_rate_bpm=260), 0)
    rows.take(VITALS, b"pt-new", vitals("pt-new", 1, 60, heart_rate_bpm=260), 1)
    rows.forget_before(START_MS + 1)
    rows.take(VITALS, b"pt-old", vitals("pt-old", 2, 1, heart_rate_bpm=261), 2)
    rows.take(VITALS, b"pt-new", vitals("pt-new", 2, 61, heart_rate_bpm=261), 3)
    assert [plausible for _, _, plausible in _told(rows.drain({}))] == [False, False, False, True]
