"""What subscribers are told of ICANS: every change that somebody could see, on both scales, and nothing twice."""

from typing import Any

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.alert_lifecycle import Moment
from blinwatch.core.decisions import GradeAssigned
from blinwatch.core.events import NeuroAssessed
from blinwatch.core.findings import NeuroFindings
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import present
from blinwatch.core.tell_icans import icans_signature, tell_icans
from tests.core.icans.icans_support import ASLEEP, G2, WELL
from tests.core.stories import PATIENT, header, order, run, tick


def told(rulebook: Rulebook, *examinations: dict[str, Any]) -> list[GradeAssigned]:
    """What was told of examinations, one an hour."""
    events = [
        NeuroAssessed(**header(number, 60 * number), findings=NeuroFindings(**fields))
        for number, fields in enumerate(examinations, start=1)
    ]
    _, decisions = run([order(), *events, tick(99, 60 * len(events) + 30)], rulebook)
    return [one for one in decisions if isinstance(one, GradeAssigned) and one.toxicity == "icans"]


def test_before_the_first_examination_there_is_nothing_to_tell(rulebook: Rulebook) -> None:
    assert icans_signature(present(new_patient(PATIENT), rulebook), 0) == ()
    assert told(rulebook) == []


def test_the_same_findings_again_are_told_once(rulebook: Rulebook) -> None:
    assert [one.code for one in told(rulebook, WELL, WELL, WELL)] == ["ICANS_G0"]


def test_a_tremor_that_only_ctcae_grades_is_told_although_icans_stays_the_same(rulebook: Rulebook) -> None:
    well, shaking = told(rulebook, WELL, {**WELL, "motor_weakness": "tremor"})
    assert (well.code, shaking.code) == ("ICANS_G0", "ICANS_G0")
    assert [one.code for one in well.other_scales] == ["CTCAE_NEURO_G0"]
    assert [one.code for one in shaking.other_scales] == ["CTCAE_NEURO_G1"]


def test_each_domain_tells_its_own_part_of_the_grade(rulebook: Rulebook) -> None:
    (grade,) = told(rulebook, G2)
    parts = {one.domain: one.grade for one in grade.domains}
    assert (grade.grade, parts["cognition"], parts["loc"]) == (2, 2, 0)
    assert all(one.because for one in grade.domains)


def test_an_examination_that_cannot_be_graded_is_told_with_what_is_missing(rulebook: Rulebook) -> None:
    (grade,) = told(rulebook, ASLEEP)
    assert grade.grade is None
    assert "INCOMPLETE" in grade.flags
    assert grade.because


def test_the_moment_and_the_rulebook_stand_beside_the_grade(rulebook: Rulebook) -> None:
    state, _ = run([order(), NeuroAssessed(**header(1, 60), findings=NeuroFindings(**G2)), tick(9, 90)], rulebook)
    j = present(state, rulebook)
    moment = Moment(PATIENT, None, j.clock_ms, "e00001", rulebook)
    grade = tell_icans(j, moment)
    assert (grade.patient_id, grade.caused_by, grade.scale) == (PATIENT, "e00001", "ASTCT")
    assert (grade.rulebook_version, grade.rulebook_digest) == (rulebook.version, rulebook.digest)
    assert (grade.worst_24h, grade.episode_max, grade.announced) == ("ICANS_G2", "ICANS_G2", "ICANS_G2")
    assert grade.evidence
    assert tell_icans(j, moment).decision_id == grade.decision_id
