"""AE-NEWS2: every band from both sides, what is missing, and that a worse sign never lowers the score."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.news2 import judge_news2
from tests.core.adverse_events.support import facts, points

RULES = load_rulebook().adverse_events


def part(name: str, **changes: Any) -> int | None:
    return points(judge_news2(facts(**changes), RULES))[name]


@pytest.mark.parametrize("rate,worth", [(8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3)])
def test_respiratory_rate(rate: float, worth: int) -> None:
    assert part("respiratory rate", respiratory_rate_per_min=rate) == worth


@pytest.mark.parametrize("spo2,worth", [(91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)])
def test_oxygen_saturation_on_scale_1(spo2: float, worth: int) -> None:
    assert part("SpO2", spo2_pct=spo2) == worth


@pytest.mark.parametrize(
    "pressure,worth", [(90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3)]
)
def test_systolic_pressure(pressure: float, worth: int) -> None:
    assert part("systolic pressure", sbp_mmhg=pressure) == worth


@pytest.mark.parametrize(
    "rate,worth", [(40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3)]
)
def test_heart_rate(rate: float, worth: int) -> None:
    assert part("heart rate", heart_rate_bpm=rate) == worth


@pytest.mark.parametrize(
    "temperature_c,worth",
    [(35.0, 3), (35.1, 1), (36.0, 1), (36.1, 0), (38.0, 0), (38.1, 1), (39.0, 1), (39.1, 2)],
)
def test_temperature(temperature_c: float, worth: int) -> None:
    assert part("temperature", temperature_c=temperature_c) == worth


@pytest.mark.parametrize(
    "level,worth", [("alert", 0), ("confusion", 3), ("voice", 3), ("pain", 3), ("unresponsive", 3)]
)
def test_anything_but_alert_is_three_points(level: str, worth: int) -> None:
    assert part("consciousness", consciousness=level) == worth


@pytest.mark.parametrize("gcs,worth", [(15, 0), (14, 3)])
def test_the_coma_scale_stands_in_where_no_level_is_charted(gcs: int, worth: int) -> None:
    assert part("consciousness", consciousness=None, gcs=gcs) == worth


@pytest.mark.parametrize(
    "changes,worth",
    [
        ({"o2_device": "room_air"}, 0),
        ({"o2_device": "nasal_cannula"}, 2),
        ({"o2_device": "invasive_ventilation"}, 2),
        ({"o2_device": "room_air", "o2_flow_l_min": 2.0}, 2),
        ({"o2_device": None, "fio2": 0.21}, 0),
        ({"o2_device": None, "fio2": 0.22}, 2),
        ({"o2_device": None, "invasive_ventilation": True}, 2),
    ],
)
def test_any_oxygen_is_two_points(changes: dict[str, Any], worth: int) -> None:
    assert part("oxygen", **changes) == worth


def test_values_between_two_bands_are_rounded_half_up() -> None:
    assert part("respiratory rate", respiratory_rate_per_min=20.4) == 0
    assert part("respiratory rate", respiratory_rate_per_min=20.5) == 2
    assert part("temperature", temperature_c=38.04) == 0
    assert part("temperature", temperature_c=38.05) == 1


def test_a_well_adult_scores_nothing(rulebook: Rulebook) -> None:
    judged = judge_news2(facts(), rulebook.adverse_events)
    assert (judged.code, judged.score, judged.flags, judged.holds) == ("NEWS2_NONE", 0, (), False)
    assert len(judged.parts) == 7


@pytest.mark.parametrize(
    "changes,score,code",
    [
        ({"heart_rate_bpm": 115, "sbp_mmhg": 95}, 4, "NEWS2_NONE"),
        ({"heart_rate_bpm": 115, "sbp_mmhg": 95, "temperature_c": 38.5}, 5, "NEWS2_URGENT"),
        ({"heart_rate_bpm": 115, "sbp_mmhg": 95, "temperature_c": 39.2}, 6, "NEWS2_URGENT"),
        ({"heart_rate_bpm": 115, "sbp_mmhg": 95, "temperature_c": 39.2, "spo2_pct": 95}, 7, "NEWS2_EMERGENCY"),
        ({"consciousness": "confusion"}, 3, "NEWS2_URGENT"),
        ({"heart_rate_bpm": 115, "temperature_c": 38.5}, 3, "NEWS2_NONE"),
    ],
)
def test_urgent_from_five_or_one_part_of_three_and_emergency_from_seven(
    changes: dict[str, Any], score: int, code: str, rulebook: Rulebook
) -> None:
    judged = judge_news2(facts(**changes), rulebook.adverse_events)
    assert (judged.score, judged.code) == (score, code)


@pytest.mark.parametrize(
    "field,name",
    [
        ("respiratory_rate_per_min", "respiratory rate"),
        ("spo2_pct", "SpO2"),
        ("o2_device", "oxygen"),
        ("sbp_mmhg", "systolic pressure"),
        ("heart_rate_bpm", "heart rate"),
        ("consciousness", "consciousness"),
        ("temperature_c", "temperature"),
    ],
)
def test_each_missing_part_is_named_and_makes_the_score_at_least(field: str, name: str, rulebook: Rulebook) -> None:
    judged = judge_news2(facts(**{field: None}), rulebook.adverse_events)
    assert judged.code == "NEWS2_NOT_EVALUABLE"
    assert judged.flags == ("INCOMPLETE",)
    assert judged.missing == (name,)
    assert "at least 0" in judged.because[0]


def test_a_score_that_reaches_its_limit_without_the_missing_part_is_told(rulebook: Rulebook) -> None:
    judged = judge_news2(facts(sbp_mmhg=88, temperature_c=None), rulebook.adverse_events)
    assert (judged.code, judged.score, judged.flags) == ("NEWS2_URGENT", 3, ("INCOMPLETE",))
    assert "at least 3: systolic pressure 88 mmHg: 3 points" in judged.because[0]


def test_nothing_known_cannot_be_evaluated(rulebook: Rulebook) -> None:
    judged = judge_news2(facts(dict.fromkeys(facts().__dataclass_fields__) | {"vasoactive_agents": ()}), RULES)
    assert judged.code == "NEWS2_NOT_EVALUABLE"
    assert len(judged.missing) == 7
    assert "AGE_UNKNOWN" in judged.flags


_WORSE: dict[str, tuple[float, float, int]] = {
    "respiratory_rate_per_min": (12, 60, 1),
    "spo2_pct": (50, 100, -1),
    "sbp_mmhg": (40, 219, -1),
    "heart_rate_bpm": (51, 250, 1),
    "temperature_c": (36.1, 43, 1),
}
"""Each sign over the range in which one direction is worse."""


@given(st.sampled_from(sorted(_WORSE)), st.data())
def test_the_score_never_falls_when_a_sign_worsens(name: str, data: st.DataObject) -> None:
    low, high, direction = _WORSE[name]
    one, other = sorted((data.draw(st.floats(low, high)), data.draw(st.floats(low, high))))
    better, worse = (one, other) if direction > 0 else (other, one)
    before = judge_news2(facts(**{name: better}), RULES)
    after = judge_news2(facts(**{name: worse}), RULES)
    assert (after.score or 0) >= (before.score or 0)
    assert after.level >= before.level
