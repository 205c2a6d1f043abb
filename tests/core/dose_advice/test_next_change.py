"""Time alone changes an advice at the moments that were told, and at no other."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.dose_advice.live import standing_advice
from blinwatch.core.dose_advice.reaction_book import compose, next_change_ms
from blinwatch.core.findings import ReactionFindings
from tests.core.dose_advice.course import ADULT, Course, ms
from tests.core.dose_advice.generated import REACTIONS

OBSERVED = st.tuples(
    st.floats(0, 200),
    st.sampled_from(["crs", "neuro", "other"]),
    st.integers(0, 4),
    st.sampled_from(["ASTCT", "CTCAE"]),
)


def told(course: Course, hour: float) -> Course:
    course.at(hour)
    return course


@given(
    st.lists(OBSERVED, max_size=8),
    st.lists(st.tuples(st.floats(0, 200), REACTIONS), max_size=3),
    st.none() | st.floats(0, 200),
    st.sampled_from(["adverse_reaction", "unplanned", "bag_change"]),
    st.sampled_from(["CRS_OPEN", "CRS_RESOLVED", "CRS_NONE"]),
    st.none() | st.floats(0, 200),
    st.floats(0.01, 0.999),
)
def test_between_now_and_the_next_change_the_advice_stays(
    rulebook: Rulebook,
    observed: list[tuple[float, str, int, str]],
    charted: list[tuple[float, ReactionFindings]],
    stopped: float | None,
    reason: str,
    status: str,
    anc_low_since: float | None,
    share: float,
) -> None:
    course = Course(rulebook, replace(ADULT, crs_status=status))
    story = [(hour, "grade", rest) for hour, *rest in observed] + [(hour, "chart", [one]) for hour, one in charted]
    for hour, act, rest in sorted(story, key=lambda entry: entry[0]):
        getattr(course, act)(hour, *rest)
    if stopped is not None:
        course.stop(stopped, reason)
    if anc_low_since is not None:
        course.facts = replace(course.facts, anc=0.3, anc_low_since_ms=ms(anc_low_since))
    now = 200.0
    for _ in range(12):
        before = told(course, now).advice
        due_ms = course.next_ms(now)
        until_ms = ms(now) + (due_ms - ms(now) if due_ms is not None else 5_000_000_000)
        between_ms = ms(now) + round((until_ms - ms(now)) * share)
        if ms(now) < between_ms < until_ms:
            later = standing_advice(course.book, course.facts, between_ms, rulebook)
            assert (None if before is None else before.code) == (None if later is None else later.code)
        if due_ms is None:
            return
        assert due_ms > ms(now)
        now = (due_ms - ms(0)) / 3_600_000


@given(st.lists(OBSERVED, max_size=6), st.floats(0, 400))
def test_a_patient_with_nothing_on_has_no_deadline_that_never_moves_on(
    rulebook: Rulebook, observed: list[tuple[float, str, int, str]], hour: float
) -> None:
    course = Course(rulebook)
    for at_hour, *rest in sorted(observed):
        course.grade(at_hour, *rest)
    book, facts = course.book, course.facts
    for _ in range(40):
        due_ms = next_change_ms(book, facts, ms(hour), rulebook)
        if due_ms is None:
            return
        assert due_ms > ms(hour)
        hour = (due_ms - ms(0)) / 3_600_000
    raise AssertionError("more deadlines than the memory has limits")


def test_nothing_remembered_has_no_deadline(rulebook: Rulebook) -> None:
    course = Course(rulebook)
    assert course.next_ms(5) is None
    assert compose(course.book, course.facts, ms(5), rulebook) == ()
    assert course.grade(5, "crs", 2).next_ms(5) is not None


def test_a_liver_value_gets_old_after_24_hours(rulebook: Rulebook) -> None:
    course = Course(rulebook).stop(20)
    values = {"alt_x_uln": 6.0, "alt_ms": ms(34), "bili_x_uln": 1.0, "bili_ms": ms(33)}
    assert course.code(35, **values) == "DM_INTERRUPT"
    course.at(50)
    assert course.next_ms(50) == ms(33 + 24) + 1
    assert course.next_ms(57.1) == ms(34 + 24) + 1


def test_the_limits_of_a_live_reaction_are_told_to_the_millisecond(rulebook: Rulebook) -> None:
    course = Course(rulebook).grade(50, "neuro", 3).stop(51)
    assert course.next_ms(56) == ms(50 + 12) + 1, "the examination gets old"
    course.examined(58, 210, 2)
    assert course.next_ms(211) == ms(50 + 168) + 1
