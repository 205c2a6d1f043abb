"""All of section F together: who is asked what, time by itself, the cheap question, and that nothing ever raises."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import (
    NOTHING_REMEMBERED,
    EventFacts,
    EventMemory,
    EventView,
    judge_adverse_events,
    next_change_ms,
    signature,
    steady_spans,
)
from blinwatch.core.labs.lab_book import NO_LABS, LabBook
from tests.core.adverse_events.generated import HOURS, RULEBOOK, books, live_facts, memories
from tests.core.adverse_events.support import (
    START_MS,
    WELL_CHILD,
    at,
    book_of,
    charted,
    facts,
    result_event,
    taken,
    temperatures,
    verdict,
    view,
    weights,
)

Outcome = list[tuple[Any, ...]]


def outcome(judged: EventView) -> Outcome:
    """What subscribers act on: everything but sentences and shown values."""
    return [
        (one.code, one.holds, one.level, one.score, one.flags, one.missing, [part.points for part in one.parts])
        for one in judged.verdicts
    ]


def latest_ms(memory: EventMemory, book: LabBook) -> int:
    """The time of the newest fact."""
    times = [memory.fever.noted_ms, memory.fever.high_ms or 0]
    times += [one.at_ms for one in (*memory.weights, *memory.signs.values())]
    return max([*times, *(result.at_ms for series in book.series.values() for result in series.recent)])


def test_of_nothing_everything_is_not_evaluable_and_nothing_is_none(rulebook: Rulebook) -> None:
    judged = judge_adverse_events(NOTHING_REMEMBERED, NO_LABS, EventFacts(), at(0), rulebook)
    assert judged.codes == ()
    assert all(one.code.endswith("_NOT_EVALUABLE") for one in judged.verdicts)
    assert all("INCOMPLETE" in one.flags and one.missing for one in judged.verdicts)
    assert "AGE_UNKNOWN" in verdict(judged, "AE-NEWS2").flags


def test_an_adult_is_asked_by_adult_rules_and_a_child_by_childrens(rulebook: Rulebook) -> None:
    adult = {one.rule_id for one in view(rulebook, 0).verdicts}
    child = {one.rule_id for one in view(rulebook, 0, **WELL_CHILD).verdicts}
    assert adult - child == {"AE-NEWS2"}
    assert child - adult == {"AE-PHOENIX", "AE-PEWS"}
    assert {"AE-FN", "AE-TLS", "AE-LIVER", "AE-ANC", "AE-PANC", "AE-IECHS", "AE-LEAK", "AE-DIC"} <= adult & child


def test_the_view_tells_codes_and_scores(rulebook: Rulebook) -> None:
    judged = view(rulebook, 1, book=book_of(rulebook, ("anc", 0, 0.2)), heart_rate_bpm=140, sbp_mmhg=88)
    assert set(judged.codes) == {"NEWS2_URGENT", "NEUTROPENIA_SEVERE"}
    assert judged.scores["AE-NEWS2"] == 6
    assert judged.get("AE-PEWS") is None


def test_charted_signs_reach_their_rules(rulebook: Rulebook) -> None:
    book = taken(
        rulebook,
        result_event(rulebook, "lipase", 0, 400, reference_high=60.0),
        result_event(rulebook, "ferritin", 0, 5000),
        result_event(rulebook, "fibrinogen", 0, 1.2),
        result_event(rulebook, "albumin", 0, 25),
    )
    memory = charted(0, abdominal_pain=True, haemophagocytosis=True, new_effusion_or_oedema=True)
    codes = view(rulebook, 1, memory, book).codes
    assert {"PANCREATITIS_SUSPECTED", "IECHS_SCREEN", "CAPILLARY_LEAK"} <= set(codes)
    imaging = charted(0, pancreatitis_on_imaging=True)
    assert "PANCREATITIS_SUSPECTED" in view(rulebook, 1, imaging, book).codes
    assert "PANCREATIC_ENZYMES" in view(rulebook, 1, book=book).codes


def test_arrhythmia_pupils_and_hypotension_reach_their_rules(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("urate", 0, 500), ("potassium", 0, 6.5), ("albumin", 0, 20))
    assert "TLS_CLINICAL" in view(rulebook, 1, charted(0, arrhythmia=True), book).codes
    assert "CAPILLARY_LEAK" in view(rulebook, 1, book=book, hypotension_present=True).codes
    fixed = view(rulebook, 1, charted(0, pupils_fixed=True, infection_suspected=True), book, **WELL_CHILD)
    assert "SEPSIS_PHOENIX" in fixed.codes


def test_a_view_survives_being_stored_and_stays_small(rulebook: Rulebook) -> None:
    analytes = rulebook.labs.analytes
    book = taken(rulebook, *(result_event(rulebook, name, 0, sum(one.possible) / 3) for name, one in analytes.items()))
    judged = view(rulebook, 1, charted(0, pews_behaviour=1), book, infusion_start_ms=START_MS)
    adapter = TypeAdapter(EventView)
    assert adapter.validate_json(adapter.dump_json(judged)) == judged
    assert len(adapter.dump_json(judged)) < 10 * 1024


# --- Time by itself ------------------------------------------------------------------------------------------


def test_the_hour_of_fever_is_a_deadline(rulebook: Rulebook) -> None:
    memory = temperatures(rulebook, (1, 38.0))
    assert next_change_ms(memory, NO_LABS, facts(), at(1), rulebook) == at(2)
    assert next_change_ms(memory, NO_LABS, facts(), at(2), rulebook) == at(5) + 1
    assert next_change_ms(memory, NO_LABS, facts(), at(5) + 1, rulebook) == at(29) + 1


def test_nothing_known_has_no_deadline(rulebook: Rulebook) -> None:
    assert next_change_ms(NOTHING_REMEMBERED, NO_LABS, EventFacts(), at(0), rulebook) is None


def test_results_signs_and_weights_growing_old_are_deadlines(rulebook: Rulebook) -> None:
    assert next_change_ms(NOTHING_REMEMBERED, book_of(rulebook, ("alt", 0, 9)), facts(), at(1), rulebook) == at(24) + 1
    assert next_change_ms(NOTHING_REMEMBERED, book_of(rulebook, ("pao2", 0, 90)), facts(), at(1), rulebook) == at(4) + 1
    assert next_change_ms(charted(0, seizure=True), NO_LABS, facts(), at(1), rulebook) == at(24) + 1
    assert next_change_ms(weights(rulebook, (0, 70)), NO_LABS, facts(), at(1), rulebook) == at(24) + 1


def test_seven_days_of_neutropenia_and_daily_tests_are_deadlines(rulebook: Rulebook) -> None:
    low = book_of(rulebook, ("anc", 0, 0.2), ("anc", 150, 0.2))
    assert next_change_ms(NOTHING_REMEMBERED, low, facts(), at(151), rulebook) == at(168)
    started = facts(infusion_start_ms=START_MS)
    assert next_change_ms(NOTHING_REMEMBERED, NO_LABS, started, at(1), rulebook) == at(24.5)
    assert next_change_ms(NOTHING_REMEMBERED, NO_LABS, started, at(200), rulebook) == at(216)
    ended = replace(started, therapy_ended=True)
    assert next_change_ms(NOTHING_REMEMBERED, NO_LABS, ended, at(200), rulebook) is None


@settings(max_examples=300)
@given(memories(), books(), live_facts(), st.sampled_from(HOURS), st.floats(0, 1))
def test_between_two_deadlines_time_alone_changes_nothing(
    memory: EventMemory, book: LabBook, live: EventFacts, hours: float, share: float
) -> None:
    now_ms = max(at(hours), latest_ms(memory, book))
    due_ms = next_change_ms(memory, book, live, now_ms, RULEBOOK)
    last_ms = now_ms + 400 * 3_600_000 if due_ms is None else due_ms - 1
    assert last_ms >= now_ms
    before = outcome(judge_adverse_events(memory, book, live, now_ms, RULEBOOK))
    for later_ms in (last_ms, now_ms + round(share * (last_ms - now_ms))):
        assert outcome(judge_adverse_events(memory, book, live, later_ms, RULEBOOK)) == before


# --- The cheap question --------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(
    memories(), books(), live_facts(), live_facts(), st.sets(st.sampled_from(sorted(EventFacts.__dataclass_fields__)))
)
def test_facts_of_one_signature_are_judged_alike(
    memory: EventMemory, book: LabBook, one: EventFacts, other: EventFacts, taken_over: set[str]
) -> None:
    mixed = replace(one, **{name: getattr(other, name) for name in taken_over})
    if signature(one, RULEBOOK) == signature(mixed, RULEBOOK):
        now_ms = at(192)
        assert outcome(judge_adverse_events(memory, book, one, now_ms, RULEBOOK)) == outcome(
            judge_adverse_events(memory, book, mixed, now_ms, RULEBOOK)
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature_c": 38.0},
        {"temperature_c": 38.3},
        {"heart_rate_bpm": 91},
        {"respiratory_rate_per_min": 21},
        {"spo2_pct": 95},
        {"sbp_mmhg": 110},
        {"consciousness": "voice"},
        {"o2_device": "nasal_cannula"},
        {"crs_improving": True},
        {"hypotension_present": True},
        {"age_years": 17.9},
        {"age_years": None},
        {"heart_rate_bpm": None},
    ],
)
def test_what_a_rule_can_tell_apart_changes_the_signature(changes: dict[str, Any], rulebook: Rulebook) -> None:
    assert signature(facts(**changes), rulebook) != signature(facts(), rulebook)


@pytest.mark.parametrize(
    "changes", [{"heart_rate_bpm": 90}, {"temperature_c": 37.9}, {"spo2_pct": 96}, {"sbp_mmhg": 111}, {"map_mmhg": 30}]
)
def test_what_no_rule_can_tell_apart_leaves_the_signature(changes: dict[str, Any], rulebook: Rulebook) -> None:
    assert signature(facts(**changes), rulebook) == signature(facts(), rulebook)


@pytest.mark.parametrize("changes", [{"map_mmhg": 44}, {"consciousness": "pain"}, {"vasoactive_agents": ("dopamine",)}])
def test_of_a_child_phoenix_is_told_apart_too(changes: dict[str, Any], rulebook: Rulebook) -> None:
    assert signature(facts(WELL_CHILD, **changes), rulebook) != signature(facts(WELL_CHILD), rulebook)


@settings(max_examples=300)
@given(memories(), books(), live_facts(), st.data())
def test_within_its_span_a_value_changes_neither_the_signature_nor_any_verdict(
    memory: EventMemory, book: LabBook, live: EventFacts, data: st.DataObject
) -> None:
    before = signature(live, RULEBOOK)
    judged = outcome(judge_adverse_events(memory, book, live, at(192), RULEBOOK))
    for name, (low, high) in steady_spans(live, RULEBOOK).items():
        value = data.draw(st.sampled_from([max(low, 0.0), min(high, 300.0), getattr(live, name)]))
        assert low <= getattr(live, name) <= high
        moved = replace(live, **{name: value})
        assert signature(moved, RULEBOOK) == before
        assert outcome(judge_adverse_events(memory, book, moved, at(192), RULEBOOK)) == judged


def test_the_saturation_of_a_child_on_room_air_with_a_charted_fio2_is_judged_at_every_value(rulebook: Rulebook) -> None:
    charted = facts(WELL_CHILD, spo2_pct=70.0, fio2=0.21, o2_device=None)
    assert steady_spans(charted, rulebook)["spo2_pct"] == (70.0, 70.0)
    assert signature(replace(charted, spo2_pct=60.0), rulebook) != signature(charted, rulebook)


def test_a_span_ends_where_the_points_change(rulebook: Rulebook) -> None:
    low, high = steady_spans(facts(heart_rate_bpm=76), rulebook)["heart_rate_bpm"]
    assert 50.5 < low < 50.51
    assert 90.49 < high < 90.5
    assert steady_spans(facts(temperature_c=37.0), rulebook)["temperature_c"][1] < 38.0
    assert steady_spans(facts(WELL_CHILD), rulebook)["spo2_pct"][0] == pytest.approx(95.5, abs=0.001)
    assert steady_spans(facts(WELL_CHILD, o2_device="nasal_cannula"), rulebook)["spo2_pct"] == (98, 98)


# --- Properties ----------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(memories(), books(), live_facts(), st.sampled_from(HOURS))
def test_no_patient_ever_raises_and_what_is_missing_is_never_none(
    memory: EventMemory, book: LabBook, live: EventFacts, hours: float
) -> None:
    judged = judge_adverse_events(memory, book, live, at(hours), RULEBOOK)
    for one in judged.verdicts:
        assert one.because
        assert all(one.rule_id in sentence or "(DM-" in sentence for sentence in one.because)
        assert RULEBOOK.cite(one.rule_id)
        assert bool(one.missing) == ("INCOMPLETE" in one.flags) or one.code == "FN_ALERT"
        if one.code.endswith("_NONE") and one.rule_id != "AE-IECHS":
            assert not one.missing
        if one.holds:
            assert one.code in RULEBOOK.codes


@settings(max_examples=100)
@given(memories(), books(), live_facts(), st.integers(-400, 400))
def test_a_shift_of_all_times_changes_nothing(memory: EventMemory, book: LabBook, live: EventFacts, days: int) -> None:
    """Whole days: one result stands for an older day, and days are counted from midnight UTC."""
    by_ms = days * 86_400_000
    moved_memory = EventMemory(
        fever=replace(
            memory.fever,
            **{
                name: None if (ms := getattr(memory.fever, name)) is None else ms + by_ms
                for name in ("noted_ms", "since_ms", "seen_ms", "lasted_until_ms", "high_ms")
            },
        ),
        weights=tuple(replace(one, at_ms=one.at_ms + by_ms) for one in memory.weights),
        signs={name: replace(sign, at_ms=sign.at_ms + by_ms) for name, sign in memory.signs.items()},
    )
    moved_book = LabBook(
        {
            analyte: replace(
                series,
                recent=tuple(replace(one, at_ms=one.at_ms + by_ms) for one in series.recent),
                days=tuple((ms + by_ms, value, comparator) for ms, value, comparator in series.days),
            )
            for analyte, series in book.series.items()
        }
    )
    start_ms = None if live.infusion_start_ms is None else live.infusion_start_ms + by_ms
    moved = replace(live, infusion_start_ms=start_ms)
    assert outcome(judge_adverse_events(moved_memory, moved_book, moved, at(192) + by_ms, RULEBOOK)) == outcome(
        judge_adverse_events(memory, book, live, at(192), RULEBOOK)
    )


def test_the_screen_for_iec_hs_tells_the_crs_grade_that_is_improving(rulebook: Rulebook) -> None:
    book = book_of(rulebook, ("ferritin", 0, 5000), ("fibrinogen", 0, 1.2), ("alt", 0, 900))
    judged = view(rulebook, 1, book=book, crs_improving=True, crs_current=1)
    assert any("CRS is improving, now grade 1" in sentence for sentence in verdict(judged, "AE-IECHS").because)


@given(live_facts())
def test_a_signature_is_still_equal_after_it_was_stored(live: EventFacts) -> None:
    adapter = TypeAdapter(tuple[object, ...])
    told = signature(live, RULEBOOK)
    assert adapter.validate_json(adapter.dump_json(told)) == told
