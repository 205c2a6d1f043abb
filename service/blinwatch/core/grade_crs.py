"""The CRS grade of one observation (ASTCT 2019).

Definition:  fever without another cause, and the worse of hypotension and hypoxia; fever alone is grade 1;
             death due to CRS is grade 5 (CRS-1, CRS-12).
Source:      Lee et al., BBMT 2019;25:625 [S11][S14]; CRS-3, 5, 10, 11 are choices where it is silent [C].
Inputs:      a screened observation (core/plausibility.py) and what is known of the episode.
Caveats:     - missing is never normal: a grade built on less than temperature, blood pressure and oxygen says
               `INCOMPLETE`; where nothing decisive is known the answer is that it cannot be graded.
             - inside an open episode fever is no longer needed (CRS-4).
             - a first fever hidden by a drug is suspected, not graded (CRS-5). A fever that is there to be
               seen but attributed to another cause (CRS-3) is not hidden: that is G0 with the sign's own
               alerts.
"""

from dataclasses import dataclass

from blinwatch.clinical.crs_rules import CrsRules
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_sign import Fever, Reading, Sign
from blinwatch.core.detect_fever import detect_fever
from blinwatch.core.detect_hypotension import detect_hypotension
from blinwatch.core.detect_hypoxia import detect_hypoxia
from blinwatch.core.findings import CrsFindings
from blinwatch.core.plausibility import observation_overdue
from blinwatch.core.recognise_drug import MaskingDrug

SUSPECT_MASKED = "CRS_SUSPECT_MASKED"
NOT_EVALUABLE = "CRS_NOT_EVALUABLE"


def grade_code(grade: int) -> str:
    """The result code of a numeric grade."""
    return f"CRS_G{grade}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrsGrade:
    """What one observation says about CRS."""

    code: str
    grade: int | None
    """The numeric grade; None for a suspicion and where it cannot be graded."""
    would_be_grade: int | None
    """What hypotension or hypoxia would be worth if the missing or hidden fever were there."""
    rule_id: str
    """The rule that decided."""
    fever: Fever
    hypotension: Sign
    hypoxia: Sign
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    """Sentences beyond those of the signs: the episode, the masking drug, what is missing."""

    @property
    def because(self) -> tuple[str, ...]:
        """Plain sentences for a nurse: what led to the grade, or what is missing."""
        sentences = (*self.fever.because, *self.hypotension.because, *self.hypoxia.because, *self.notes)
        return sentences or ("no fever, hypotension or hypoxia was found (CRS-1)",)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The values the grade rests on."""
        fever = self.fever.temperature_c
        own = () if fever is None else (Reading("temperature_c", fever, "°C"),)
        return (*own, *self.hypotension.readings, *self.hypoxia.readings)

    @property
    def sign_present(self) -> bool:
        """Whether anything that CRS-2, 6, 7, 8 or 9 counts was there (CRS-10)."""
        return self.fever.counts or self.hypotension.grade > 0 or self.hypoxia.grade > 0

    @property
    def complete(self) -> bool:
        """Whether temperature, blood pressure and oxygen were all known (CRS-10, CRS-11)."""
        return self.fever.known and self.hypotension.known and self.hypoxia.known


@dataclass(frozen=True, slots=True)
class EpisodeContext:
    """What the course tells about the moment of an observation."""

    open: bool
    masking_drugs: tuple[MaskingDrug, ...] = ()
    """Drugs on board that may hide a fever (CRS-5)."""
    last_grade: int | None = None
    """The last numeric grade, which stands when death has another cause (CRS-12)."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    code: str
    grade: int | None
    rule_id: str
    notes: tuple[str, ...] = ()
    would_be_grade: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Signs:
    fever: Fever
    hypotension: Sign
    hypoxia: Sign
    worst: int
    """The worse of hypotension and hypoxia."""

    @property
    def complete(self) -> bool:
        """Whether temperature, blood pressure and oxygen were all known."""
        return self.fever.known and self.hypotension.known and self.hypoxia.known

    @property
    def worst_rule_id(self) -> str:
        """The rule of the worse sign; of two equals hypotension leads."""
        leading = self.hypotension if self.hypotension.grade == self.worst else self.hypoxia
        return leading.rule_id


def grade_crs(
    findings: CrsFindings, episode: EpisodeContext, rulebook: Rulebook, screen_flags: tuple[str, ...] = ()
) -> CrsGrade:
    """Grade one screened observation. `screen_flags` are those of the plausibility gate."""
    fever = detect_fever(findings, rulebook.crs, episode_open=episode.open)
    hypotension = detect_hypotension(findings, rulebook.crs, rulebook.drugs)
    hypoxia = detect_hypoxia(findings, rulebook.crs)
    signs = _Signs(fever, hypotension, hypoxia, max(hypotension.grade, hypoxia.grade))
    verdict = _judge_signs(signs, episode, rulebook.crs)
    if findings.death_due_to is not None:
        verdict = _judge_death(findings.death_due_to, verdict, episode, rulebook.crs)
    flags: list[str] = [*screen_flags, *fever.flags, *hypotension.flags, *hypoxia.flags, *verdict.flags]
    notes = verdict.notes
    if not signs.complete:
        flags.append("INCOMPLETE")
        notes += _missing_notes(signs)
    if findings.age_years is None:
        flags.append("AGE_UNKNOWN")
    if observation_overdue(findings.hours_since_obs, findings.obs_interval_h, rulebook.vitals):
        flags.append("OBS_OVERDUE")
    return CrsGrade(
        code=verdict.code,
        grade=verdict.grade,
        would_be_grade=verdict.would_be_grade,
        rule_id=verdict.rule_id,
        fever=fever,
        hypotension=hypotension,
        hypoxia=hypoxia,
        flags=tuple(dict.fromkeys(flags)),
        notes=notes,
    )


def _missing_notes(signs: _Signs) -> tuple[str, ...]:
    """What to measure, in words."""
    missing = [sign.missing for sign in (signs.hypotension, signs.hypoxia) if sign.missing is not None]
    if not signs.fever.known:
        missing.insert(0, "temperature")
    return tuple(f"{name} is missing, stale or an artefact (CRS-11)" for name in missing)


def _judge_signs(signs: _Signs, episode: EpisodeContext, rules: CrsRules) -> _Verdict:
    """The grade of what was observed, before any death is looked at."""
    if signs.fever.counts:
        return _graded_with_fever(signs, rules)
    if episode.open:
        return _graded_in_episode(signs)
    if not signs.fever.known:
        return _without_temperature(signs, rules)
    if signs.fever.present:
        return _Verdict(grade_code(0), 0, "CRS-3", would_be_grade=signs.worst or None)
    return _afebrile(signs, episode, rules)


def _graded_with_fever(signs: _Signs, rules: CrsRules) -> _Verdict:
    """CRS-1: fever alone, or the worse of hypotension and hypoxia."""
    alone = rules.fever_alone_grade
    if signs.worst <= alone:
        return _Verdict(grade_code(alone), alone, "CRS-2")
    return _Verdict(grade_code(signs.worst), signs.worst, signs.worst_rule_id)


def _graded_in_episode(signs: _Signs) -> _Verdict:
    """CRS-4, CRS-11: in an open episode hypotension and hypoxia grade without fever."""
    if signs.worst > 0:
        note = "a CRS episode is open, so fever is not needed (CRS-4)"
        return _Verdict(grade_code(signs.worst), signs.worst, signs.worst_rule_id, (note,))
    if signs.complete:
        note = "no fever, hypotension or hypoxia now; a CRS episode ends after 24 h without signs (CRS-10)"
        return _Verdict(grade_code(0), 0, "CRS-4", (note,))
    note = "a CRS episode is open and nothing that was measured grades: cannot be graded (CRS-11)"
    return _Verdict(NOT_EVALUABLE, None, "CRS-11", (note,))


def _without_temperature(signs: _Signs, rules: CrsRules) -> _Verdict:
    """CRS-11: no episode and no temperature cannot be graded; hypotension or hypoxia make that urgent."""
    if signs.worst >= rules.suspect_from_grade:
        note = f"without a temperature CRS cannot be graded; with fever it would be grade {signs.worst} (CRS-11)"
        return _Verdict(NOT_EVALUABLE, None, "CRS-11", (note,), signs.worst, ("TEMP_MISSING_HIGH",))
    note = "without a temperature CRS cannot be graded (CRS-11)"
    return _Verdict(NOT_EVALUABLE, None, "CRS-11", (note,))


def _afebrile(signs: _Signs, episode: EpisodeContext, rules: CrsRules) -> _Verdict:
    """No episode and no fever: G0, or a suspicion where a drug may hide the fever (CRS-5)."""
    if signs.worst < rules.suspect_from_grade:
        return _Verdict(grade_code(0), 0, "CRS-2")
    if episode.masking_drugs:
        drugs = ", ".join(episode.masking_drugs)
        note = f"a drug that may hide fever is on board: {drugs}; with fever grade {signs.worst} (CRS-5)"
        return _Verdict(SUSPECT_MASKED, None, "CRS-5", (note,), signs.worst)
    note = "no fever, no open CRS episode, no drug that hides fever: look for sepsis and other causes (CRS-5)"
    return _Verdict(grade_code(0), 0, "CRS-5", (note,), signs.worst)


def _judge_death(cause: str, verdict: _Verdict, episode: EpisodeContext, rules: CrsRules) -> _Verdict:
    """CRS-12: death due to CRS is grade 5; after another death the last grade stands."""
    if cause == "crs":
        grade = rules.death_grade
        return _Verdict(grade_code(grade), grade, "CRS-12", ("death due to CRS (CRS-12)",))
    if verdict.grade is None and episode.last_grade is not None:
        note = "death with another principal cause: the last CRS grade stands (CRS-12)"
        return _Verdict(grade_code(episode.last_grade), episode.last_grade, "CRS-12", (note,))
    return verdict
