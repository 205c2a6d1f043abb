"""DM-1 to DM-9 and DM-13 on charted reactions: every boundary on both sides, and missing values."""

from typing import Any

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.advice import DoseAdvice
from blinwatch.core.dose_advice.advise import advise
from blinwatch.core.dose_advice.facts import NO_FACTS
from blinwatch.core.findings import ReactionFindings

SAME, NEW = "DM_RESTART_LOW_SAME_CYCLE", "DM_RESTART_LOW_NEW_CYCLE"


def judged(rulebook: Rulebook, kind: str, **values: Any) -> DoseAdvice:
    return advise([ReactionFindings(reaction=kind, **values)], NO_FACTS, rulebook)


CRS = [
    ("no CRS", {"grade": 0}, "DM_CONTINUE"),
    ("grade 2", {"grade": 2}, "DM_CONTINUE"),
    ("grade 3", {"grade": 3}, "DM_INTERRUPT"),
    ("grade 4", {"grade": 4}, "DM_DISCONTINUE"),
    ("grade 5", {"grade": 5}, "DM_DISCONTINUE"),
    ("grade 3 now grade 1", {"episode_grade": 3, "current_grade": 1}, "DM_INTERRUPT"),
    ("grade 3, grade now unknown", {"episode_grade": 3}, "DM_INTERRUPT"),
    ("grade 3 now grade 0", {"episode_grade": 3, "current_grade": 0}, SAME),
    ("grade 3 with the grade now as `grade`", {"episode_grade": 3, "grade": 0}, SAME),
    ("grade 3 by `grade`, now 0", {"grade": 3, "current_grade": 0}, SAME),
    ("open at grade 0", {"episode_grade": 3, "current_grade": 0, "crs_status": "CRS_OPEN"}, "DM_INTERRUPT"),
    ("resolved", {"episode_grade": 3, "current_grade": 0, "crs_status": "CRS_RESOLVED"}, SAME),
    ("resolved, grade now not said", {"episode_grade": 3, "crs_status": "CRS_RESOLVED"}, SAME),
    (
        "resolved but grade 1 now",
        {"episode_grade": 3, "current_grade": 1, "crs_status": "CRS_RESOLVED"},
        "DM_INTERRUPT",
    ),
    ("no episode known", {"episode_grade": 3, "current_grade": 0, "crs_status": "CRS_NONE"}, "DM_INTERRUPT"),
    ("grade 4, grade 0 now", {"episode_grade": 4, "current_grade": 0, "crs_status": "CRS_RESOLVED"}, "DM_DISCONTINUE"),
    ("168 h stopped", {"episode_grade": 3, "current_grade": 0, "interruption_h": 168}, SAME),
    ("more than 168 h stopped", {"episode_grade": 3, "current_grade": 0, "interruption_h": 168.001}, NEW),
    ("no grade", {"crs_status": "CRS_OPEN"}, "DM_NOT_EVALUABLE"),
]


@pytest.mark.parametrize("values,expected", [case[1:] for case in CRS], ids=[case[0] for case in CRS])
def test_crs(rulebook: Rulebook, values: dict[str, Any], expected: str) -> None:
    assert judged(rulebook, "crs", **values).code == expected


DOWN = {"episode_grade": 3, "current_grade": 1, "onset_dose_level": "full"}
UP = {"episode_grade": 3, "current_grade": 2, "onset_dose_level": "full"}
NEURO = [
    ("grade 2", {"grade": 2}, "DM_CONTINUE"),
    ("grade 4", {"grade": 4}, "DM_DISCONTINUE"),
    ("grade 4 that is gone", {"episode_grade": 4, "current_grade": 0}, "DM_DISCONTINUE"),
    ("168 h above grade 1", {**UP, "hours_since_onset": 168}, "DM_INTERRUPT"),
    ("more than 168 h above grade 1", {**UP, "hours_since_onset": 168.001}, "DM_DISCONTINUE"),
    ("grade now unknown after 169 h", {"episode_grade": 3, "hours_since_onset": 169}, "DM_DISCONTINUE"),
    ("came down in 168 h", {**DOWN, "hours_to_le_g1": 168, "hours_at_le_g1": 72}, SAME),
    ("took more than 168 h", {**DOWN, "hours_to_le_g1": 168.001, "hours_at_le_g1": 72}, "DM_DISCONTINUE"),
    ("under 72 h down", {**DOWN, "hours_to_le_g1": 48, "hours_at_le_g1": 71.999}, "DM_WAIT"),
    ("72 h down", {**DOWN, "hours_to_le_g1": 48, "hours_at_le_g1": 72}, SAME),
    ("how long down unknown", {**DOWN, "hours_to_le_g1": 48}, "DM_WAIT"),
    ("risen again", {**UP, "hours_to_le_g1": 48, "hours_at_le_g1": 80, "hours_since_onset": 150}, "DM_INTERRUPT"),
    (
        "down once, grade now unknown",
        {"episode_grade": 3, "hours_to_le_g1": 48, "hours_since_onset": 200},
        "DM_INTERRUPT",
    ),
    ("72 h down, grade now not said", {"episode_grade": 3, "hours_to_le_g1": 48, "hours_at_le_g1": 72}, SAME),
    ("a hold beyond 7 days", {**DOWN, "hours_to_le_g1": 150, "hours_at_le_g1": 72, "interruption_h": 222}, NEW),
    ("began low", {**DOWN, "onset_dose_level": "low", "hours_at_le_g1": 72}, "DM_DISCONTINUE"),
    ("began low, grade 2", {"grade": 2, "onset_dose_level": "low"}, "DM_CONTINUE"),
    ("two seizures", {"grade": 2, "seizure_count": 2}, "DM_DISCONTINUE"),
    ("two seizures, grade unknown", {"seizure_count": 2}, "DM_DISCONTINUE"),
]


@pytest.mark.parametrize("values,expected", [case[1:] for case in NEURO], ids=[case[0] for case in NEURO])
def test_neurological_reactions(rulebook: Rulebook, values: dict[str, Any], expected: str) -> None:
    assert judged(rulebook, "neuro", **values).code == expected


SEIZURE = [
    ("the first", {"seizure_count": 1}, "DM_INTERRUPT"),
    ("count unknown", {}, "DM_INTERRUPT"),
    ("the second", {"seizure_count": 2}, "DM_DISCONTINUE"),
    ("prolonged", {"seizure_count": 1, "grade": 4}, "DM_DISCONTINUE"),
    ("charted as grade 2", {"seizure_count": 1, "grade": 2}, "DM_INTERRUPT"),
    ("at the low dose", {"seizure_count": 1, "onset_dose_level": "low"}, "DM_DISCONTINUE"),
    ("gone for 72 h", {"seizure_count": 1, "current_grade": 0, "hours_to_le_g1": 1, "hours_at_le_g1": 72}, SAME),
    ("gone for less", {"seizure_count": 1, "current_grade": 0, "hours_to_le_g1": 1, "hours_at_le_g1": 71}, "DM_WAIT"),
    ("on the low restart", {"seizure_count": 1, "hours_since_restart": 20}, "DM_DISCONTINUE"),
    ("before the low restart", {"seizure_count": 1, "current_grade": 0, "hours_since_restart": 20}, "DM_HOLD_LOW"),
    ("charted as the episode's", {"seizure_count": 1, "episode_grade": 1, "hours_since_onset": 169}, "DM_DISCONTINUE"),
]


@pytest.mark.parametrize("values,expected", [case[1:] for case in SEIZURE], ids=[case[0] for case in SEIZURE])
def test_seizures(rulebook: Rulebook, values: dict[str, Any], expected: str) -> None:
    assert judged(rulebook, "seizure", **values).code == expected


RESTART = [
    ("crs", {"episode_grade": 3, "hours_since_restart": 167.999}, "DM_HOLD_LOW"),
    ("crs", {"episode_grade": 3, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("crs", {"episode_grade": 3, "current_grade": 1, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("crs", {"episode_grade": 3, "current_grade": 2, "hours_since_restart": 168}, "DM_HOLD_LOW"),
    ("crs", {"episode_grade": 3, "grade": 2, "hours_since_restart": 168}, "DM_HOLD_LOW"),
    ("crs", {"episode_grade": 3, "current_grade": 3, "hours_since_restart": 100}, "DM_INTERRUPT"),
    ("crs", {"grade": 3, "current_grade": 0, "hours_since_restart": 100}, "DM_HOLD_LOW"),
    ("crs", {"grade": 1, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("crs", {"grade": 2, "hours_since_restart": 168}, "DM_HOLD_LOW"),
    ("crs", {"grade": 3, "hours_since_restart": 168}, "DM_INTERRUPT"),
    ("crs", {"grade": 4, "hours_since_restart": 168}, "DM_DISCONTINUE"),
    ("crs", {"episode_grade": 4, "current_grade": 0, "hours_since_restart": 10}, "DM_DISCONTINUE"),
    ("crs", {"grade": 1, "recurrence": True, "hours_since_restart": 168}, "DM_HOLD_LOW"),
    ("crs", {"grade": 2, "current_grade": 0, "recurrence": True, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("crs", {"grade": 2, "current_grade": 0, "recurrence": True, "hours_since_restart": 167}, "DM_HOLD_LOW"),
    ("crs", {"grade": 2, "current_grade": 1, "recurrence": True, "hours_since_restart": 168}, "DM_HOLD_LOW"),
    ("crs", {"episode_grade": 3, "current_grade": 0, "recurrence": True, "hours_since_restart": 20}, SAME),
    ("crs", {"grade": 2, "recurrence": True}, "DM_HOLD_LOW"),
    ("crs", {"grade": 2, "current_grade": 0, "recurrence": True}, "DM_HOLD_LOW"),
    ("crs", {"hours_since_restart": 168}, "DM_NOT_EVALUABLE"),
    ("neuro", {"episode_grade": 3, "current_grade": 1, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("neuro", {"grade": 3, "recurrence": True, "hours_since_restart": 20}, "DM_DISCONTINUE"),
    ("neuro", {"grade": 3, "recurrence": True}, "DM_DISCONTINUE"),
    ("neuro", {"episode_grade": 3, "current_grade": 3, "hours_since_restart": 20}, "DM_DISCONTINUE"),
    ("neuro", {"episode_grade": 3, "onset_dose_level": "low", "hours_since_restart": 20}, "DM_DISCONTINUE"),
    ("neuro", {"grade": 2, "hours_since_restart": 170}, "DM_HOLD_LOW"),
    ("other", {"episode_grade": 3, "current_grade": 0, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("other", {"grade": 3, "recurrence": True, "hours_since_restart": 20}, "DM_INTERRUPT"),
    ("other", {"grade": 4, "hours_since_restart": 20}, "DM_CONSIDER_DISCONTINUE"),
    ("other", {"episode_grade": 4, "current_grade": 0, "hours_since_restart": 20}, "DM_HOLD_LOW"),
    ("other", {"grade": 1, "hours_since_restart": 20}, "DM_HOLD_LOW"),
    ("liver", {"episode_grade": 3, "alt_x_uln": 2, "bili_x_uln": 1, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("liver", {"episode_grade": 3, "alt_x_uln": 4, "bili_x_uln": 1, "hours_since_restart": 168}, "DM_HOLD_LOW"),
    ("liver", {"episode_grade": 3, "alt_x_uln": 6, "bili_x_uln": 1, "hours_since_restart": 168}, "DM_INTERRUPT"),
    ("liver", {"alt_x_uln": 2, "bili_x_uln": 1, "hours_since_restart": 20}, "DM_HOLD_LOW"),
    ("liver", {"grade": 2, "bili_x_uln": 1.4, "interruption_h": 9, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("liver", {"grade": 3, "bili_x_uln": 1.4, "interruption_h": 9, "hours_since_restart": 168}, "DM_ESCALATE"),
    ("liver", {"grade": 2, "interruption_h": 9, "hours_since_restart": 168}, "DM_HOLD_LOW"),
    ("neutropenia", {"anc": 1.0, "hours_since_restart": 20}, "DM_HOLD_LOW"),
    ("neutropenia", {"anc": 0.4, "anc_low_days": 7, "hours_since_restart": 20}, "DM_INTERRUPT"),
    ("neutropenia", {"anc": 0.4, "anc_low_days": 6, "hours_since_restart": 20}, "DM_HOLD_LOW"),
]


@pytest.mark.parametrize("kind,values,expected", RESTART)
def test_the_low_dose_restart(rulebook: Rulebook, kind: str, values: dict[str, Any], expected: str) -> None:
    assert judged(rulebook, kind, **values).code == expected


NEEDED = [
    ("neuro", {**UP, "hours_since_onset": 10}, "onset_dose_level"),
    ("neuro", {**UP, "hours_since_onset": 10}, "hours_since_onset"),
    ("neuro", {**DOWN, "hours_to_le_g1": 8, "hours_at_le_g1": 72, "interruption_h": 80}, "hours_to_le_g1"),
    ("neuro", {**DOWN, "hours_to_le_g1": 8, "hours_at_le_g1": 72, "interruption_h": 80}, "hours_at_le_g1"),
    ("neuro", {**DOWN, "hours_to_le_g1": 8, "hours_at_le_g1": 72, "interruption_h": 80}, "interruption_h"),
    ("seizure", {"seizure_count": 1, "onset_dose_level": "full", "hours_since_onset": 1}, "seizure_count"),
    ("other", {"episode_grade": 3, "current_grade": 2, "hours_since_onset": 10}, "hours_since_onset"),
    ("other", {"episode_grade": 3, "current_grade": 1, "hours_to_le_g1": 9, "interruption_h": 9}, "hours_to_le_g1"),
    ("technical", {"interruption_h": 6}, "interruption_h"),
    ("liver", {"alt_x_uln": 2, "bili_x_uln": 1}, "bili_x_uln"),
    ("liver", {"alt_x_uln": 2, "bili_x_uln": 1}, "alt_x_uln"),
    ("tls_clinical", {"grade": 3, "label_region": "EU"}, "grade"),
]


@pytest.mark.parametrize("kind,values,field", NEEDED)
def test_a_missing_value_is_assumed_and_flagged(
    rulebook: Rulebook, kind: str, values: dict[str, Any], field: str
) -> None:
    assert "INCOMPLETE" not in judged(rulebook, kind, **values).flags
    lacking = {name: value for name, value in values.items() if name != field}
    assert "INCOMPLETE" in judged(rulebook, kind, **lacking).flags


def test_only_the_grade_now_is_known_of_a_mild_reaction(rulebook: Rulebook) -> None:
    for kind in ("crs", "neuro", "other"):
        advice = judged(rulebook, kind, current_grade=1)
        assert advice.code == "DM_CONTINUE"
        assert "INCOMPLETE" in advice.flags


@pytest.mark.parametrize(
    "kind,grade,scale", [("crs", 3, "ASTCT"), ("neuro", 3, "label"), ("other", 3, "CTCAE"), ("liver", 3, "CTCAE")]
)
def test_every_advice_names_the_scale_and_grade_it_rests_on(
    rulebook: Rulebook, kind: str, grade: int, scale: str
) -> None:
    advice = judged(rulebook, kind, grade=grade)
    assert (advice.scale, advice.grade) == (scale, grade)
    assert (advice.by_reaction[0].scale, advice.by_reaction[0].grade) == (scale, grade)
