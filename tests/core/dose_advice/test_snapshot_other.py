"""DM-10 to DM-16 on charted reactions, and the EU differences."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import DoseAdvice
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.facts import NO_FACTS
from blinwatch.core.findings import ReactionFindings

SAME, NEW = "DM_RESTART_LOW_SAME_CYCLE", "DM_RESTART_LOW_NEW_CYCLE"


def judged(rulebook: Rulebook, kind: str | None, **values: Any) -> DoseAdvice:
    return advise([ReactionFindings(reaction=kind, **values)], NO_FACTS, rulebook)


NOT_DOWN = {"episode_grade": 3, "alt_x_uln": 4.0, "bili_x_uln": 1.0}
WAS_DOWN = {"episode_grade": 3, "alt_x_uln": 2.0, "hours_to_le_g1": 90}
LIVER = [
    ("at both limits", {"alt_x_uln": 5.0, "ast_x_uln": 5.0, "bili_x_uln": 3.0}, "DM_CONTINUE"),
    ("ALT above", {"alt_x_uln": 5.001, "bili_x_uln": 1.0}, "DM_INTERRUPT"),
    ("AST above", {"ast_x_uln": 5.001, "bili_x_uln": 1.0}, "DM_INTERRUPT"),
    ("bilirubin above", {"alt_x_uln": 1.0, "bili_x_uln": 3.001}, "DM_INTERRUPT"),
    ("bilirubin alone", {"bili_x_uln": 3.001}, "DM_INTERRUPT"),
    ("ALT 20", {"alt_x_uln": 20.0, "bili_x_uln": 1.0}, "DM_INTERRUPT"),
    ("ALT above 20", {"alt_x_uln": 20.001, "bili_x_uln": 1.0}, "DM_CONSIDER_DISCONTINUE"),
    ("bilirubin 10", {"alt_x_uln": 1.0, "bili_x_uln": 10.0}, "DM_INTERRUPT"),
    ("bilirubin above 10", {"alt_x_uln": 1.0, "bili_x_uln": 10.001}, "DM_CONSIDER_DISCONTINUE"),
    ("nothing known", {}, "DM_NOT_EVALUABLE"),
    ("only a length known", {"interruption_h": 10}, "DM_NOT_EVALUABLE"),
    ("a grade alone", {"grade": 3}, "DM_INTERRUPT"),
    ("a mild grade alone", {"grade": 2}, "DM_CONTINUE"),
    ("stopped, not down", {"alt_x_uln": 3.001, "bili_x_uln": 1.5, "interruption_h": 10}, "DM_INTERRUPT"),
    ("stopped, bilirubin not down", {"alt_x_uln": 3.0, "bili_x_uln": 1.501, "interruption_h": 10}, "DM_INTERRUPT"),
    ("stopped and down", {"alt_x_uln": 3.0, "bili_x_uln": 1.5, "interruption_h": 10}, SAME),
    ("never stopped", {"alt_x_uln": 3.0, "bili_x_uln": 1.5, "interruption_h": 0}, "DM_CONTINUE"),
    ("down for the episode's grade", {"episode_grade": 3, "ast_x_uln": 3.0, "bili_x_uln": 1.5}, SAME),
    ("down, more than 7 days", {"episode_grade": 3, "ast_x_uln": 3, "bili_x_uln": 1, "interruption_h": 169}, NEW),
    ("bilirubin unknown", {"episode_grade": 3, "alt_x_uln": 2.0}, "DM_INTERRUPT"),
    ("transaminases unknown", {"episode_grade": 3, "bili_x_uln": 1.0}, "DM_INTERRUPT"),
    ("only charted as down", {"episode_grade": 3, "current_grade": 0}, "DM_INTERRUPT"),
    ("not down in 336 h", {**NOT_DOWN, "hours_since_onset": 336}, "DM_INTERRUPT"),
    ("not down for longer", {**NOT_DOWN, "hours_since_onset": 337}, "DM_DISCONTINUE"),
    ("down too late", {"episode_grade": 3, "alt_x_uln": 2, "bili_x_uln": 1, "hours_to_le_g1": 336.1}, "DM_DISCONTINUE"),
    ("was down, bilirubin unknown now", {**WAS_DOWN, "hours_since_onset": 400}, "DM_INTERRUPT"),
    ("never known to be down", {"episode_grade": 3, "alt_x_uln": 2, "hours_since_onset": 400}, "DM_DISCONTINUE"),
    ("grade 4 that is down", {"episode_grade": 4, "alt_x_uln": 2, "bili_x_uln": 1}, "DM_CONSIDER_DISCONTINUE"),
    ("the enzymes are newer", {"episode_grade": 3, "grade": 3, "alt_x_uln": 2, "bili_x_uln": 1}, SAME),
]  # fmt: skip


@pytest.mark.parametrize("values,expected", [case[1:] for case in LIVER], ids=[case[0] for case in LIVER])
def test_liver(rulebook: Rulebook, values: dict[str, Any], expected: str) -> None:
    assert judged(rulebook, "liver", **values).code == expected


OTHER = [
    ("grade 2", {"grade": 2}, "DM_CONTINUE"),
    ("grade 3", {"grade": 3}, "DM_INTERRUPT"),
    ("grade 4", {"grade": 4}, "DM_CONSIDER_DISCONTINUE"),
    ("grade 3 now 2 at 336 h", {"episode_grade": 3, "current_grade": 2, "hours_since_onset": 336}, "DM_INTERRUPT"),
    ("grade 3 now 2 later", {"episode_grade": 3, "current_grade": 2, "hours_since_onset": 336.001}, "DM_DISCONTINUE"),
    ("grade 3 now 1", {"episode_grade": 3, "current_grade": 1}, SAME),
    ("no 72 h are needed", {"episode_grade": 3, "current_grade": 1, "hours_at_le_g1": 1}, SAME),
    ("down in 336 h", {"episode_grade": 3, "current_grade": 1, "hours_to_le_g1": 336}, SAME),
    ("down too late", {"episode_grade": 3, "current_grade": 1, "hours_to_le_g1": 336.001}, "DM_DISCONTINUE"),
    ("grade now unknown", {"episode_grade": 3, "hours_to_le_g1": 100}, "DM_INTERRUPT"),
    (
        "grade now unknown for long",
        {"episode_grade": 3, "hours_to_le_g1": 100, "hours_since_onset": 400},
        "DM_INTERRUPT",
    ),
    ("never known to be down", {"episode_grade": 3, "hours_since_onset": 400}, "DM_DISCONTINUE"),
    ("down by its hours", {"episode_grade": 3, "hours_at_le_g1": 5}, SAME),
    ("grade 4 now 0", {"episode_grade": 4, "current_grade": 0}, "DM_CONSIDER_DISCONTINUE"),
    ("no grade", {}, "DM_NOT_EVALUABLE"),
]


@pytest.mark.parametrize("values,expected", [case[1:] for case in OTHER], ids=[case[0] for case in OTHER])
def test_other_reactions(rulebook: Rulebook, values: dict[str, Any], expected: str) -> None:
    assert judged(rulebook, "other", **values).code == expected


WARNINGS = [
    ("pancreatitis", {}, "DM_INTERRUPT"),
    ("pancreatitis", {"grade": 4}, "DM_INTERRUPT"),
    ("tls_clinical", {}, "DM_INTERRUPT"),
    ("tls_clinical", {"grade": 4}, "DM_INTERRUPT"),
    ("tls_clinical", {"grade": 3, "label_region": "EU"}, "DM_INTERRUPT"),
    ("tls_clinical", {"grade": 4, "label_region": "EU"}, "DM_DISCONTINUE"),
    ("tls_clinical", {"label_region": "EU"}, "DM_INTERRUPT"),
    ("neutropenia", {}, "DM_NOT_EVALUABLE"),
    ("neutropenia", {"anc": 0.49}, "DM_NOT_EVALUABLE"),
    ("neutropenia", {"anc": 0.5}, "DM_CONTINUE"),
    ("neutropenia", {"anc": 0.5, "anc_low_days": 30}, "DM_CONTINUE"),
    ("neutropenia", {"anc": 0.49, "anc_low_days": 6.99}, "DM_CONTINUE"),
    ("neutropenia", {"anc": 0.49, "anc_low_days": 7}, "DM_INTERRUPT"),
    ("technical", {"interruption_h": 168}, "DM_RESUME_SAME_DOSE"),
    ("technical", {"interruption_h": 168.001}, "DM_NEW_CYCLE"),
    ("technical", {}, "DM_RESUME_SAME_DOSE"),
    ("technical", {"interruption_h": 5, "hours_since_restart": 50}, "DM_RESUME_SAME_DOSE"),
    (None, {"grade": 4}, "DM_NOT_EVALUABLE"),
]


@pytest.mark.parametrize("kind,values,expected", WARNINGS)
def test_warnings_and_technical_stops(
    rulebook: Rulebook, kind: str | None, values: dict[str, Any], expected: str
) -> None:
    assert judged(rulebook, kind, **values).code == expected


def test_a_grade_4_of_pancreatitis_is_told_to_be_decided(rulebook: Rulebook) -> None:
    assert any("DM-12" in sentence for sentence in judged(rulebook, "pancreatitis", grade=4).because)
    assert not any("DM-12" in sentence for sentence in judged(rulebook, "pancreatitis", grade=3).because)
    assert any("DM-12" in sentence for sentence in judged(rulebook, "tls_clinical", grade=4).because)


def test_the_eu_label_adds_its_condition_to_a_liver_interruption(rulebook: Rulebook) -> None:
    severe = {"alt_x_uln": 6.0, "bili_x_uln": 1.0}
    assert any("clinically relevant" in one for one in judged(rulebook, "liver", label_region="EU", **severe).because)
    assert not any("clinically relevant" in one for one in judged(rulebook, "liver", **severe).because)


def several(rulebook: Rulebook, *reactions: dict[str, Any]) -> DoseAdvice:
    return advise([ReactionFindings(**one) for one in reactions], NO_FACTS, rulebook)


def test_no_reaction_at_all_is_no_advice(rulebook: Rulebook) -> None:
    advice = advise([], NO_FACTS, rulebook)
    assert (advice.code, advice.flags) == ("DM_NOT_EVALUABLE", ("INCOMPLETE",))


def test_a_new_cycle_and_a_low_restart_are_a_low_restart_in_a_new_cycle(rulebook: Rulebook) -> None:
    technical = {"reaction": "technical", "interruption_h": 200}
    advice = several(rulebook, technical, {"reaction": "crs", "episode_grade": 3, "current_grade": 0})
    assert (advice.code, advice.rule_id, advice.reaction, advice.grade) == (NEW, "DM-16", "crs", 3)
    assert any("DM-15" in sentence for sentence in advice.because)
    assert any("DM-3" in sentence for sentence in advice.because)
    stricter = several(
        rulebook, technical, {"reaction": "crs", "episode_grade": 3, "current_grade": 0}, {"reaction": "neuro"}
    )
    assert stricter.code == "DM_NOT_EVALUABLE"


ORDER = [
    {"reaction": "crs", "grade": 4},
    {"reaction": "other", "grade": 4},
    {"reaction": "crs", "grade": 3},
    {"reaction": "neuro", "episode_grade": 3, "current_grade": 1, "hours_at_le_g1": 5},
    {"reaction": "neuro"},
    {"reaction": "crs", "episode_grade": 3, "current_grade": 0, "interruption_h": 169},
    {"reaction": "technical", "interruption_h": 169},
    {"reaction": "crs", "episode_grade": 3, "hours_since_restart": 1},
    {"reaction": "crs", "episode_grade": 3, "hours_since_restart": 168},
    {"reaction": "technical", "interruption_h": 5},
    {"reaction": "crs", "grade": 1},
]
"""One reaction for each step of DM-16, the most restrictive first (but DM_RESTART_LOW_SAME_CYCLE, tested above)."""


def test_of_two_reactions_the_more_restrictive_leads(rulebook: Rulebook) -> None:
    codes = [several(rulebook, one).code for one in ORDER]
    assert codes == [code for code in rulebook.dose.restrictiveness if code != SAME]
    for stronger, first in enumerate(ORDER):
        for second in ORDER[stronger + 1 :]:
            assert several(rulebook, second, first).code == codes[stronger]
