"""The ICANS rows of case tables, through the functions of this package alone."""

import os
from pathlib import Path

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import NeuroAssessed
from blinwatch.core.evidence import to_ms
from blinwatch.core.icans.course import (
    EMPTY_ICANS_COURSE,
    announced,
    current_code,
    episode_max,
    observe_icans,
    status,
    worst_24h,
)
from blinwatch.core.icans.grade import NO_CONTEXT
from blinwatch.receive.case_table import Case, read_cases

PUBLIC = Path(os.environ.get("CLINICAL_CASES", Path(__file__).parents[4] / "shared" / "clinical" / "cases_public.csv"))
"""The rule reference's own cases live beside the project, not in it."""
OWN = Path(__file__).parents[2] / "cases" / "icans_cases.csv"


def judged(case: Case, rulebook: Rulebook) -> tuple[str, tuple[str, ...]]:
    course, at_ms = EMPTY_ICANS_COURSE, 0
    for event in case.events:
        at_ms = to_ms(event.occurred_at)
        if isinstance(event, NeuroAssessed):
            course, _ = observe_icans(course, event.findings, NO_CONTEXT, at_ms, rulebook)
    answers = {
        "current": current_code(course),
        "worst_24h": worst_24h(course, at_ms),
        "episode_max": episode_max(course),
        "announced": announced(course, at_ms),
        "status": status(course),
    }
    return answers[case.query], () if course.latest is None else course.latest.flags


@pytest.mark.parametrize("path", [PUBLIC, OWN], ids=["public", "own"])
def test_every_icans_row_is_answered_as_expected(rulebook: Rulebook, path: Path) -> None:
    if not path.exists():
        pytest.skip("this table is not here")
    cases = [case for case in read_cases(path) if isinstance(case, Case) and case.domain == "ICANS"]
    assert len(cases) >= 46
    wrong: list[str] = []
    for case in cases:
        answer, flags = judged(case, rulebook)
        if answer != case.expected or not set(case.flags) <= set(flags):
            wrong.append(f"{case.case_id}: {answer} {flags}, expected {case.expected} {case.flags}")
    assert not wrong, "\n".join(wrong)
