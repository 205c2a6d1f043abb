"""Values exactly at a limit, and what is said where nothing is known: each from both sides."""

import pytest

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.stale_findings import warned
from blinwatch.core.adverse_events.verdict import INCOMPLETE, EventVerdict
from blinwatch.core.crs_sign import Fever
from blinwatch.core.detect_fever import detect_fever
from blinwatch.core.findings import CrsFindings
from blinwatch.core.infusion.flow import Gap
from blinwatch.core.infusion.flow_time import covered_ms
from blinwatch.core.labs.lab_view import LabView
from tests.core.adverse_events.support import labs

# --- Fever: present, and whether it counts as CRS (CRS-2, CRS-3) ---------------------------------------------------


@pytest.mark.parametrize(
    "temperature_c,attributed_other,stopped_h,episode_open,present,counts",
    [
        (37.9, None, None, False, False, False),
        (37.9, None, None, True, False, False),
        (38.0, None, None, False, True, True),
        (38.0, True, None, False, True, False),
        (38.0, False, None, False, True, True),
        (38.0, True, None, True, True, True),
        (38.0, None, 48, False, True, True),
        (38.0, None, 48.1, False, True, False),
        (38.0, False, 48.1, False, True, True),
        (38.0, None, 48.1, True, True, True),
        (38.0, True, 48.1, True, True, True),
    ],
)
def test_a_fever_is_told_whether_or_not_it_counts_as_crs(
    rulebook: Rulebook,
    temperature_c: float,
    attributed_other: bool | None,
    stopped_h: float | None,
    episode_open: bool,
    present: bool,
    counts: bool,
) -> None:
    said = CrsFindings(
        temperature_c=temperature_c, fever_attributed_other=attributed_other, hours_since_infusion_stop=stopped_h
    )
    fever = detect_fever(said, rulebook.crs, episode_open=episode_open)
    assert (fever.temperature_c, fever.present, fever.counts) == (temperature_c, present, counts)


def test_without_a_temperature_there_is_no_fever_even_in_an_episode(rulebook: Rulebook) -> None:
    for episode_open in (False, True):
        fever = detect_fever(CrsFindings(), rulebook.crs, episode_open=episode_open)
        assert fever == Fever(None, present=False, counts=False)


# --- A finding of old results stands where new ones are missing ----------------------------------------------------


def event_verdict(level: int, *, missing: bool = False, flags: tuple[str, ...] = ()) -> EventVerdict:
    return EventVerdict(
        code="LIVER_G3",
        rule_id="AE-LIVER",
        holds=level > 0,
        level=level,
        flags=flags,
        because=("found",),
        missing=("bilirubin",) if missing else (),
    )


@pytest.mark.parametrize(
    "now,before,stands",
    [
        (None, None, "now"),
        (None, event_verdict(0), "now"),
        (None, event_verdict(1), "before"),
        (event_verdict(0), event_verdict(3), "now"),
        (event_verdict(0, missing=True), None, "now"),
        (event_verdict(0, missing=True), event_verdict(0), "now"),
        (event_verdict(0, missing=True), event_verdict(1), "before"),
        (event_verdict(2, missing=True), event_verdict(1), "now"),
        (event_verdict(2, missing=True), event_verdict(2), "now"),
        (event_verdict(2, missing=True), event_verdict(3), "before"),
        (event_verdict(2, missing=True), event_verdict(3, flags=(INCOMPLETE,)), "before"),
    ],
)
def test_the_worse_finding_of_old_results_stands_only_where_new_ones_are_missing(
    rulebook: Rulebook, now: EventVerdict | None, before: EventVerdict | None, stands: str
) -> None:
    def judge(view: LabView) -> EventVerdict | None:
        return before if view.old_results_warn else now

    found = warned(labs(rulebook, 1), judge)
    if stands == "now":
        assert found is now
        return
    assert found is not None
    assert before is not None
    assert (found.level, found.flags.count(INCOMPLETE)) == (before.level, 1)
    assert found.because == ("found", "some of these results are older than 24 h: repeat them now (AE-LIVER)")


# --- Time that gaps cover together --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "gaps,covered",
    [
        ([], 0),
        ([(0, 100)], 0),
        ([(0, 50)], 0),
        ([(0, 101)], 1),
        ([(100, 200)], 100),
        ([(120, 130)], 10),
        ([(120, 160), (130, 140)], 40),
        ([(120, 160), (130, 140), (150, 170)], 50),
        ([(120, 140), (140, 150)], 30),
        ([(190, 300)], 10),
        ([(200, 300)], 0),
        ([(250, 300)], 0),
        ([(150, None)], 50),
        ([(0, 50), (120, 130), (250, None)], 10),
    ],
)
def test_gaps_before_within_and_after_one_another_count_each_minute_once(
    gaps: list[tuple[int, int | None]], covered: int
) -> None:
    known = tuple(Gap(start_ms, end_ms, None, f"gap-{number}") for number, (start_ms, end_ms) in enumerate(gaps))
    assert covered_ms(known, 100, 200) == covered
