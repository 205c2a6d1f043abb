"""CRS over time, a second time: episodes and their resolution (rule reference, CRS-3, 4, 5, 10, 12 and section 0).

Definition: folds a list of observations and drug-given events, in time order, into the five answers at a query.
Source: section 0 ("CRS over time", "Outputs per domain"), CRS-4, CRS-5, CRS-10, CRS-12, section G (concordance).
Inputs: `events` with `t_h`, fields that hold for all of them, `query_t_h`.
Caveats: a dose is remembered from its own time on (one told by an observation: from that observation on);
everything else is forgotten with its observation.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.oracle.chart import Chart, Given, Value, read_chart
from tests.oracle.course import Course, Moment, announced, episode_max, number_of, worst_24h
from tests.oracle.crs import MASKING_DRUGS, CrsGrade, grade_crs, masked_by_charted_drug
from tests.oracle.exact import HOUR_MS, exact, to_ms

RESOLVES_AFTER_MS = 24 * HOUR_MS  # "absent for 24 h (>= 24 h resolves)"
NO_ANTIPYRETIC_MS = 8 * HOUR_MS  # "no antipyretic in the last 8 h (exactly 8 h is allowed)"
COUNTED_INTERVAL_MS = 8 * HOUR_MS  # "an interval of more than 8 h ... adds nothing, exactly 8 h counts in full"

DRUG_FIELDS = {name for row in MASKING_DRUGS for name in row[:2]}


@dataclass
class _Episode:
    codes: list[str]
    free_ms: int = 0
    """Time without a sign that has been counted."""
    counted_to_ms: int = 0
    """The observation from which the next interval counts: the last with a sign, or the last full one."""
    resolved: bool = False


@dataclass
class _Patient:
    doses: dict[str, list[int]] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    episode: _Episode | None = None
    moments: list[Moment] = field(default_factory=list)
    last: CrsGrade | None = None
    fatal: bool = False
    """Death of CRS outside an open episode."""


def judge_crs(given: Given) -> Course:
    """A snapshot or a timeline to all that can be asked."""
    shared = {name: value for name, value in given.items() if name not in {"events", "query", "query_t_h"}}
    if "events" not in given:
        entries, query_ms = [(0, shared)], 0
    else:
        timeline = sorted(given["events"], key=lambda entry: exact(entry["t_h"]))
        query_ms = to_ms(given.get("query_t_h", timeline[-1]["t_h"] if timeline else 0))
        entries = [(to_ms(entry["t_h"]), _merged(shared, entry)) for entry in timeline]
    known = [(at_ms, observed) for at_ms, observed in entries if at_ms <= query_ms]
    patient = _Patient()
    drug_events = [entry for entry in known if entry[1] and set(entry[1]) <= DRUG_FIELDS]
    for at_ms, observed in drug_events:
        _remember_doses(patient, at_ms, observed)
    for at_ms, observed in known:
        if (at_ms, observed) not in drug_events:  # a drug-given event is no observation
            _remember_doses(patient, at_ms, observed)
            _take(patient, at_ms, observed)
    return _answers(patient, query_ms)


def _merged(shared: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    own = {name: value for name, value in entry.items() if name != "t_h"}
    return own if own and set(own) <= DRUG_FIELDS else {**shared, **own}


def _take(patient: _Patient, at_ms: int, observed: dict[str, Any]) -> None:
    chart = read_chart(observed, at_ms, patient.values)
    for signal, value in chart.values.items():
        if signal not in patient.values or value.at_ms >= patient.values[signal].at_ms:
            patient.values[signal] = value
    running = patient.episode is not None and not patient.episode.resolved
    episode_open = running or observed.get("crs_active") is True
    masked = masked_by_charted_drug(observed) or _masked_by_dose(patient, at_ms)
    grade = grade_crs(observed, chart, episode_open=episode_open, masked=masked)
    code = _after_death(patient, observed, grade)
    if not running and (grade.qualifies or episode_open):
        patient.episode = _Episode(codes=[])
        running = True
    if running and patient.episode is not None:
        patient.episode.codes.append(code)
        _count_sign_free(patient, patient.episode, at_ms, grade, chart)
    elif grade.code == "CRS_G5":  # read: a death of CRS is never left out of the highest grade
        patient.fatal = True
    patient.moments.append(Moment(at_ms, code))
    patient.last = grade


def _remember_doses(patient: _Patient, at_ms: int, observed: dict[str, Any]) -> None:
    """A dose is given at the event, or as long before as `since` tells."""
    for name, since, unit_h, _ in MASKING_DRUGS:
        ago = observed.get(since)
        if observed.get(name) is True or (observed.get(name) is None and ago is not None):
            given_ms = at_ms - (0 if ago is None else to_ms(exact(ago) * unit_h))
            patient.doses.setdefault(name, []).append(given_ms)


def _masked_by_dose(patient: _Patient, at_ms: int) -> bool:
    return any(
        0 <= at_ms - given_ms <= to_ms(limit_h)
        for name, _, _, limit_h in MASKING_DRUGS
        for given_ms in patient.doses.get(name, [])
    )


def _after_death(patient: _Patient, observed: dict[str, Any], grade: CrsGrade) -> str:
    """CRS-12: death of another cause keeps the last CRS grade."""
    if observed.get("death_due_to") in {"icans", "other"} and number_of(grade.code) is None:
        for moment in reversed(patient.moments):
            if number_of(moment.code) is not None:
                return moment.code
    return grade.code


def _count_sign_free(patient: _Patient, episode: _Episode, at_ms: int, grade: CrsGrade, chart: Chart) -> None:
    """CRS-10 for one observation of a running episode."""
    sign = grade.fever is True or grade.hypotension.grade > 0 or grade.hypoxia.grade > 0
    if sign or len(episode.codes) == 1:
        episode.free_ms, episode.counted_to_ms = 0, at_ms
        return
    if chart.temperature is None or not grade.hypotension.known or not grade.hypoxia.known:
        return
    interval_ms = at_ms - episode.counted_to_ms
    episode.free_ms += interval_ms if interval_ms <= COUNTED_INTERVAL_MS else 0
    episode.counted_to_ms = at_ms
    antipyretics = patient.doses.get("antipyretic_given", [])
    recent = any(0 <= at_ms - given_ms < NO_ANTIPYRETIC_MS for given_ms in antipyretics)
    episode.resolved = episode.free_ms >= RESOLVES_AFTER_MS and not recent


def _answers(patient: _Patient, query_ms: int) -> Course:
    episode, moments = patient.episode, patient.moments
    status = "CRS_NONE" if episode is None else "CRS_RESOLVED" if episode.resolved else "CRS_OPEN"
    return Course(
        current=moments[-1].code if moments else "CRS_NOT_EVALUABLE",
        worst_24h=worst_24h("CRS", moments, query_ms),
        episode_max="CRS_G5" if patient.fatal else episode_max("CRS", None if episode is None else episode.codes),
        announced=announced("CRS", moments, query_ms),
        status=status,
        flags=frozenset() if patient.last is None else patient.last.flags,
        left_open=frozenset() if patient.last is None else patient.last.left_open,
        would_be=None if patient.last is None else patient.last.would_be,
    )
