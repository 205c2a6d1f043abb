"""Where the service and the second opinion answer the same case differently, in words.

Definition: one sentence a field; an empty list means that the two agree.
Source: none; both answers are taken as they are.
Inputs: a case, by domain.
Caveats: flags are compared where the reference defines them and says whether they hold.
"""

from collections.abc import Iterable
from typing import Any

from tests.oracle import crs_strategies, icans_strategies
from tests.oracle.adapters import status_of
from tests.oracle.course import Course
from tests.oracle.crs_course import judge_crs
from tests.oracle.dose_advice import advise
from tests.oracle.icans_course import judge_icans

ANSWERS = ("current", "worst_24h", "episode_max", "announced", "status")


def crs_differences(given: dict[str, Any]) -> list[str]:
    """CRS, a snapshot or a timeline."""
    ours, theirs = judge_crs(given), status_of("CRS", given).crs
    found = _answers(given, ours, theirs) + _flags(ours, theirs.flags, crs_strategies.FLAGS)
    if ours.would_be is not None and ours.would_be != theirs.would_be_grade:
        found.append(f"would-be grade: oracle {ours.would_be}, service {theirs.would_be_grade}")
    return found


def icans_differences(given: dict[str, Any]) -> list[str]:
    """ICANS, a snapshot or a timeline."""
    ours, grade = judge_icans(given)
    theirs = status_of("ICANS", given).icans
    found = _answers(given, ours, theirs) + _flags(ours, theirs.flags, icans_strategies.FLAGS)
    if grade is None:
        return found
    if grade.change_from_baseline is not None and grade.change_from_baseline != theirs.change_from_baseline:
        found.append(f"change: oracle {grade.change_from_baseline}, service {theirs.change_from_baseline}")
    parts = [part.grade for part in theirs.domains]
    if given.get("death_due_to") is None and "events" not in given and list(grade.parts.values()) != parts:
        found.append(f"domains: oracle {grade.parts}, service {parts}")
    return found


def dose_differences(given: dict[str, Any]) -> list[str]:
    """Dose advice, one reaction or several."""
    ours, theirs = advise(given), status_of("DOSE_MOD", given).dose
    if theirs is None:
        return [f"oracle {sorted(ours.codes)}, service gives no advice"]
    found = []
    if theirs.code not in ours.codes:
        found.append(f"advice: oracle {sorted(ours.codes)}, service {theirs.code} because {theirs.because}")
    incomplete = "INCOMPLETE" in theirs.flags
    if ours.incomplete is not None and incomplete != ours.incomplete:
        found.append(f"INCOMPLETE: oracle {ours.incomplete}, service {incomplete}, advice {theirs.code}")
    return found


def _answers(given: dict[str, Any], ours: Course, theirs: object) -> list[str]:
    """A snapshot answers only what is current."""
    asked = ANSWERS if "events" in given else ANSWERS[:1]
    return [
        f"{name}: oracle {getattr(ours, name)}, service {getattr(theirs, name)}"
        for name in asked
        if getattr(ours, name) != getattr(theirs, name)
    ]


def _flags(ours: Course, theirs: Iterable[str], defined: frozenset[str]) -> list[str]:
    shown = set(theirs) & defined
    differ = sorted((ours.flags ^ shown) - ours.left_open)
    return [f"flag {flag}: {'oracle' if flag in ours.flags else 'service'} only" for flag in differ]
