"""The ICANS grade of one neurological examination (ASTCT 2019).

Definition:  the worst of cognition, consciousness, seizures, motor findings and raised intracranial pressure,
             as far as no other cause explains it; death due to ICANS is grade 5 (ICA-1).
Source:      Lee et al., BBMT 2019;25:625 [S12][S13][S14]; ICA-6 to ICA-10 are choices where it is silent [C].
Inputs:      an examination as it was charted, and what the course, staff and the medication list know of it.
Caveats:     - missing is never normal: a grade built on less than all five domains says `INCOMPLETE`; where
               cognition is missing and nothing else grades, the answer is that it cannot be graded (ICA-9).
             - a domain that staff attribute to another cause, or mark as due to a haemorrhage, is missing.
             - a sedative on board asks for a word of staff and changes no grade; only `sedated` does (ICA-7).
             - marks of a haemorrhage without `intracranial_hemorrhage` exclude nothing; they raise the emergency
               unless a haemorrhage was denied.
"""

from dataclasses import dataclass

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.crs_sign import Reading
from blinwatch.core.findings import NeuroDomain, NeuroFindings
from blinwatch.core.icans.detect_cognition import CONF_SEDATIVE_ICANS, INCOMPLETE, Cognition, detect_cognition
from blinwatch.core.icans.detect_consciousness import detect_consciousness
from blinwatch.core.icans.detect_motor import detect_motor
from blinwatch.core.icans.detect_raised_icp import detect_raised_icp
from blinwatch.core.icans.detect_seizure import SeizureSeen, charted_seizure, detect_seizure
from blinwatch.core.icans.domain_grade import CHART_CONFLICT, DomainFinding, DomainGrade, put_aside
from blinwatch.core.icans.fresh_findings import fresh_findings
from blinwatch.core.plausibility import observation_overdue

NOT_EVALUABLE = "ICANS_NOT_EVALUABLE"
NEURO_EMERGENCY = "NEURO_EMERGENCY"


def grade_code(grade: int) -> str:
    """The result code of a numeric grade."""
    return f"ICANS_G{grade}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IcansContext:
    """What is known beside the examination."""

    last_grade: int | None = None
    """The last numeric grade, which stands when death has another cause (as CRS-12)."""
    attributed: tuple[NeuroDomain, ...] = ()
    """Signs that staff attribute to another cause (ICA-1)."""
    sedatives_on_board: tuple[str, ...] = ()
    """Names of sedatives that may still act (DDI-12)."""


NO_CONTEXT = IcansContext()


@dataclass(frozen=True, slots=True, kw_only=True)
class IcansGrade:
    """What one examination says about ICANS."""

    code: str
    grade: int | None
    """The numeric grade; None where it cannot be graded."""
    rule_id: str
    """The rule that decided."""
    domains: tuple[DomainGrade, ...]
    """Every domain's contribution, in ICA-9's order."""
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    """Sentences beyond those of the domains: what to repeat, whom to ask, the baseline."""
    because: tuple[str, ...]
    """Plain sentences for a nurse: what led to the grade, or what is missing."""
    readings: tuple[Reading, ...]
    """The values the grade rests on."""
    change_from_baseline: int | None
    """ICE points against the patient's usual score; below 0 is worse than usual (ICA-10)."""
    seizure: SeizureSeen | None
    """The seizure that was charted, whatever it is attributed to."""

    @property
    def complete(self) -> bool:
        """Whether every domain was examined in full (ICA-9)."""
        return INCOMPLETE not in self.flags


@dataclass(frozen=True, slots=True)
class _Verdict:
    grade: int | None
    rule_id: str
    notes: tuple[str, ...] = ()


def grade_icans(findings: NeuroFindings, context: IcansContext, rulebook: Rulebook) -> IcansGrade:
    """Grade one charted examination."""
    cognition, found = _examine(findings, context, rulebook)
    domains = tuple(one.graded for one in found)
    verdict = _judge(domains)
    if findings.death_due_to is not None:
        verdict = _judge_death(findings.death_due_to, verdict, context, rulebook)
    change, baseline_note = _change_from_baseline(cognition, found[0], findings.baseline_ice)
    told = tuple(one.graded.because for one in found if one.worth_telling or one.graded.grade != 0)
    notes = (*verdict.notes, *_asides(findings, context), *baseline_note)
    code = NOT_EVALUABLE if verdict.grade is None else grade_code(verdict.grade)
    return IcansGrade(
        code=code,
        grade=verdict.grade,
        rule_id=verdict.rule_id,
        domains=domains,
        flags=_flags(found, findings, context, rulebook),
        notes=notes,
        because=(*told, *notes) or ("no sign of ICANS was found in any of the five domains (ICA-1)",),
        readings=tuple(reading for one in found for reading in one.readings),
        change_from_baseline=change,
        seizure=charted_seizure(findings, rulebook.icans),
    )


def _examine(
    charted: NeuroFindings, context: IcansContext, rulebook: Rulebook
) -> tuple[Cognition, tuple[DomainFinding, ...]]:
    """The five domains in ICA-9's order; what another cause explains is put aside."""
    rules = rulebook.icans
    fresh = fresh_findings(charted, rulebook.vitals)
    findings = fresh.findings
    consciousness = _counted(detect_consciousness(findings, fresh.stale, rules), "loc", findings, context)
    level = findings.loc if consciousness.graded.known else None
    cognition = detect_cognition(findings, level, fresh.stale, rules)
    pressure = detect_raised_icp(findings, rules)
    if findings.intracranial_hemorrhage is True:
        pressure = put_aside(pressure, "haemorrhage", "excluded by the intracranial haemorrhage", "ICA-6")
    return cognition, (
        _counted(cognition.finding, "cognition", findings, context),
        consciousness,
        _counted(detect_seizure(findings, rules), "seizure", findings, context),
        _counted(detect_motor(findings, rules), "motor", findings, context),
        pressure,
    )


def _counted(
    finding: DomainFinding, sign: NeuroDomain, findings: NeuroFindings, context: IcansContext
) -> DomainFinding:
    """A domain as it counts: put aside where a sedative, a haemorrhage or staff's word explains it."""
    if findings.sedated is True and sign in ("cognition", "loc"):
        return put_aside(finding, "sedated", "the patient is charted as sedated", "ICA-7")
    if findings.intracranial_hemorrhage is True and sign in findings.due_to_hemorrhage:
        return put_aside(finding, "haemorrhage", "marked as due to the intracranial haemorrhage", "ICA-6")
    if sign in context.attributed:
        return put_aside(finding, "attributed", "staff attribute it to another cause", "ICA-1")
    return finding


def _judge(domains: tuple[DomainGrade, ...]) -> _Verdict:
    """ICA-1, ICA-9: the worst known domain; without cognition and without any grade there is no answer."""
    worst = max(domains, key=lambda domain: domain.grade or 0)
    cognition = domains[0]
    if worst.grade:
        return _Verdict(worst.grade, worst.rule_id)
    if cognition.known:
        return _Verdict(0, "ICA-1")
    if cognition.set_aside == "sedated":
        note = "ICANS cannot be graded under sedation: examine again when it has worn off (ICA-7)"
    else:
        note = "cognition is missing and nothing else grades, so ICANS cannot be graded: examine again now (ICA-9)"
    return _Verdict(None, cognition.rule_id, (note,))


def _judge_death(cause: str, verdict: _Verdict, context: IcansContext, rulebook: Rulebook) -> _Verdict:
    """Death due to ICANS is grade 5; after another death the last grade stands (as CRS-12)."""
    if cause == "icans":
        return _Verdict(rulebook.icans.death_grade, "ICA-1", ("death due to ICANS (ICA-1)",))
    if verdict.grade is None and context.last_grade is not None:
        note = "death with another principal cause: the last ICANS grade stands (ICA-1)"
        return _Verdict(context.last_grade, "ICA-1", (note,))
    return verdict


def _change_from_baseline(
    cognition: Cognition, counted: DomainFinding, usual_points: int | None
) -> tuple[int | None, tuple[str, ...]]:
    """ICA-10: ICE points against the patient's usual score; the grade stays literal."""
    points = cognition.ice_points
    if points is None or usual_points is None or not counted.graded.known:
        return None, ()
    change = points - usual_points
    compared = "" if change == 0 else f"{abs(change)} {'below' if change < 0 else 'above'} "
    words = f"ICE is {compared}the patient's usual {usual_points} points"
    return change, (f"{words}; the grade stays as it is (ICA-10)",)


def _asides(findings: NeuroFindings, context: IcansContext) -> tuple[str, ...]:
    """What staff should look into beside the grade."""
    notes: list[str] = []
    if findings.intracranial_hemorrhage is True:
        notes.append("intracranial haemorrhage: neurological emergency, no ICANS grade of its own (ICA-6)")
    elif findings.due_to_hemorrhage:
        marked = ", ".join(findings.due_to_hemorrhage)
        notes.append(f"marked as due to a haemorrhage, but none is charted, so it counts: {marked}; check (ICA-6)")
    if _ask_about_sedation(findings, context):
        drugs = ", ".join(context.sedatives_on_board)
        notes.append(
            f"sedatives on board: {drugs}; if they explain the findings, chart the patient as sedated (DDI-12)"
        )
    return tuple(notes)


def _ask_about_sedation(findings: NeuroFindings, context: IcansContext) -> bool:
    """DDI-12: a sedative is on board and nobody has said whether the patient is sedated."""
    return bool(context.sedatives_on_board) and findings.sedated is None


def _flags(
    found: tuple[DomainFinding, ...], findings: NeuroFindings, context: IcansContext, rulebook: Rulebook
) -> tuple[str, ...]:
    flags = [flag for one in found for flag in one.flags]
    if any(not one.graded.known for one in found):
        flags.append(INCOMPLETE)
    if findings.sedated is True or _ask_about_sedation(findings, context):
        flags.append(CONF_SEDATIVE_ICANS)
    if findings.intracranial_hemorrhage is True:
        flags.append(NEURO_EMERGENCY)
    elif findings.due_to_hemorrhage:
        flags.append(CHART_CONFLICT)
        if findings.intracranial_hemorrhage is None:
            flags.append(NEURO_EMERGENCY)
    if findings.age_years is None:
        flags.append("AGE_UNKNOWN")
    if observation_overdue(findings.hours_since_obs, findings.obs_interval_h, rulebook.vitals):
        flags.append("OBS_OVERDUE")
    return tuple(dict.fromkeys(flags))
