"""ICANS over time, a second time: episodes and their resolution (rule reference, ICA-11 and section 0).

Definition: folds examinations in time order into the answers at a query.
Source: ICA-11 and section 0 ("Outputs per domain", "CRS over time ... ICANS: same form").
Inputs: `events` with `t_h`, fields that hold for all of them, `query_t_h`.
Caveats: `announced` follows the general sentence of section 0, which names no domain.
"""

from dataclasses import dataclass

from tests.oracle.chart import Given
from tests.oracle.course import Course, Moment, announced, episode_max, number_of, worst_24h
from tests.oracle.exact import HOUR_MS, exact, to_ms
from tests.oracle.icans import IcansGrade, grade_icans

RESOLVES_AFTER_MS = 24 * HOUR_MS  # "resolves when G0 has held 24 h (>= 24 h)"
COUNTED_INTERVAL_MS = 12 * HOUR_MS  # "intervals > 12 h adding nothing"


@dataclass
class _Episode:
    codes: list[str]
    counted_to_ms: int
    free_ms: int = 0
    resolved: bool = False


def judge_icans(given: Given) -> tuple[Course, IcansGrade | None]:
    """A snapshot or a timeline to all that can be asked, and the latest examination's own judgement."""
    shared = {name: value for name, value in given.items() if name not in {"events", "query", "query_t_h"}}
    if "events" not in given:
        entries, query_ms = [(0, shared)], 0
    else:
        timeline = sorted(given["events"], key=lambda entry: exact(entry["t_h"]))
        query_ms = to_ms(given.get("query_t_h", timeline[-1]["t_h"] if timeline else 0))
        entries = [(to_ms(entry["t_h"]), {**shared, **entry}) for entry in timeline]
    episode: _Episode | None = None
    moments: list[Moment] = []
    grade = None
    for at_ms, observed in entries:
        if at_ms > query_ms:
            continue
        grade = grade_icans(observed)
        code = _after_death(observed, grade, moments)
        moments.append(Moment(at_ms, code))
        episode = _follow(episode, at_ms, code)
    course = Course(
        current=moments[-1].code if moments else "ICANS_NOT_EVALUABLE",
        worst_24h=worst_24h("ICANS", moments, query_ms),
        episode_max=episode_max("ICANS", None if episode is None else episode.codes),
        announced=announced("ICANS", moments, query_ms),
        status="ICANS_NONE" if episode is None else "ICANS_RESOLVED" if episode.resolved else "ICANS_OPEN",
        flags=frozenset() if grade is None else grade.flags,
        left_open=frozenset() if grade is None else grade.left_open,
    )
    return course, grade


def _after_death(observed: Given, grade: IcansGrade, moments: list[Moment]) -> str:
    """Death of another cause keeps the last ICANS grade (as CRS-12)."""
    if observed.get("death_due_to") in {"crs", "other"} and number_of(grade.code) is None:
        for moment in reversed(moments):
            if number_of(moment.code) is not None:
                return moment.code
    return grade.code


def _follow(episode: _Episode | None, at_ms: int, code: str) -> _Episode | None:
    """ICA-11 for one examination."""
    number = number_of(code)
    running = episode is not None and not episode.resolved
    if number is not None and number >= 1:
        if not running or episode is None:
            return _Episode([code], at_ms)
        episode.codes.append(code)
        episode.free_ms, episode.counted_to_ms = 0, at_ms
        return episode
    if running and episode is not None and number == 0:
        interval_ms = at_ms - episode.counted_to_ms
        episode.codes.append(code)
        episode.free_ms += interval_ms if interval_ms <= COUNTED_INTERVAL_MS else 0
        episode.counted_to_ms = at_ms
        episode.resolved = episode.free_ms >= RESOLVES_AFTER_MS
    return episode
