"""Dose advice after an adverse reaction, a second time (rule reference, section D, DM-1 to DM-16).

Definition: one advice code for one or several reactions, and whether an input was missing.
Source: section D of the rule reference; the rows below stand in its order and words.
Inputs: a snapshot in the vocabulary of section 0 ("DOSE_MOD fields"), `reactions[]` for several.
Caveats: written from the reference alone; it decides nothing in the service. Where the text allows more than one
reading, every one of them is admitted here, and docs/clinical/open-points.md says which one the service takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

from tests.oracle.exact import exact

Given = Mapping[str, Any]

# ---- hours ------------------------------------------------------------------------------------------------
SAME_CYCLE_UNTIL_H = 168  # DM-9, DM-15
LOW_RESTART_H = 168  # DM-5: from here on, no recurrence -> DM_ESCALATE
NEURO_TO_G1_UNTIL_H = 168  # DM-6
NEURO_AT_G1_FROM_H = 72  # DM-6
OTHER_TO_G1_UNTIL_H = 336  # DM-11, 14 d

# ---- DM-10, DM-11: times the upper limit of normal --------------------------------------------------------
#               grade: above    transaminase    bilirubin
LIVER_ABOVE = (
    (4, 20, 10),
    (3, 5, 3),
    (2, 3, Fraction("1.5")),  # <= G1: ALT and AST <= 3 and bilirubin <= 1.5
)

# ---- DM-14 ------------------------------------------------------------------------------------------------
ANC_BELOW, ANC_LOW_FROM_DAYS = Fraction("0.5"), 7

# ---- DM-16, most restrictive first ------------------------------------------------------------------------
ORDER = (
    "DISCONTINUE",
    "CONSIDER_DISCONTINUE",
    "INTERRUPT",
    "WAIT",
    "NOT_EVALUABLE",
    "RESTART_LOW_NEW_CYCLE",
    "NEW_CYCLE",
    "RESTART_LOW_SAME_CYCLE",
    "HOLD_LOW",
    "ESCALATE",
    "RESUME_SAME_DOSE",
    "CONTINUE",
)
ESSENTIAL_GRADE = ("crs", "neuro", "other")


Codes = tuple[str, ...]
"""The admissible codes without their prefix, the plain reading first."""


@dataclass(frozen=True)
class Advice:
    """All reactions together."""

    codes: frozenset[str]
    """More than one only where the reference can be read in more than one way."""
    incomplete: bool | None
    """Whether INCOMPLETE must be flagged; None where the reference leaves it open."""


@dataclass
class _Reaction:
    """One reaction, with the inputs that were missed on the way."""

    given: Given
    missed: list[str] = field(default_factory=list)
    perhaps_missed: list[str] = field(default_factory=list)
    """Missing, but it decides nothing here."""

    def hours(self, name: str) -> Fraction | None:
        """A time; missed if not given."""
        value = self.given.get(name)
        if value is None:
            self.missed.append(name)
            return None
        return exact(value)

    def over(self, name: str, limit: int) -> bool:
        """Whether a time is over its limit; a missing one is within it."""
        value = self.hours(name)
        return value is not None and value > limit

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    @property
    def reached(self) -> int | None:
        """`episode_grade`, else `grade`; what is present now has been reached too."""
        names = ("episode_grade", "grade", "current_grade")
        return max((self.given[name] for name in names if self.has(name)), default=None)

    @property
    def now(self) -> int | None:
        """`current_grade`, else `grade` ("now, or reached when `episode_grade` is absent")."""
        return self.given["current_grade"] if self.has("current_grade") else self.given.get("grade")


def advise(given: Given) -> Advice:
    """Section D for a snapshot; DM-16 for several reactions."""
    shared = {name: value for name, value in given.items() if name != "reactions"}
    reactions = [_Reaction({**shared, **entry}) for entry in given.get("reactions") or [{}]]
    every = [_advise_one(reaction) for reaction in reactions]
    codes = frozenset(f"DM_{_leading(combination)}" for combination in product(*every))
    if any(reaction.missed for reaction in reactions):
        return Advice(codes, incomplete=True)
    return Advice(codes, incomplete=None if any(reaction.perhaps_missed for reaction in reactions) else False)


def _leading(codes: Codes) -> str:
    """DM-16."""
    leading = min(codes, key=ORDER.index)
    if leading == "NEW_CYCLE" and "RESTART_LOW_SAME_CYCLE" in codes:
        return "RESTART_LOW_NEW_CYCLE"
    return leading


def _advise_one(reaction: _Reaction) -> Codes:
    kind = reaction.given.get("reaction")
    if kind is None or (kind in ESSENTIAL_GRADE and reaction.reached is None):
        reaction.missed.append("essential")
        return ("NOT_EVALUABLE",)
    if reaction.now is None or (kind == "other" and not reaction.has("current_grade")):
        reaction.perhaps_missed.append("current_grade")  # not in section D's list of what is missed
    return {
        "crs": _crs,
        "neuro": _neuro,
        "seizure": _seizure,
        "liver": _liver,
        "other": _other,
        "pancreatitis": _pancreatitis,
        "tls_clinical": _tumour_lysis,
        "neutropenia": _neutropenia,
        "technical": _technical,
    }[kind](reaction)


# ---- DM-5 and DM-9 ----------------------------------------------------------------------------------------


def _on_low_restart(reaction: _Reaction, now: int | None, reached: int | None) -> Codes | None:
    """DM-5; None: a recurrence of G3 or more is a new event, judged by the reaction's own rule."""
    grade = None
    if reaction.given.get("recurrence") is True:
        grade = reached
    elif now is not None and now >= 2:
        grade = now
    if grade is not None and grade >= 3:
        return None
    if grade is not None and now != 0:
        return ("HOLD_LOW",)
    if exact(reaction.given["hours_since_restart"]) < LOW_RESTART_H:
        return ("HOLD_LOW",)
    # Read: whether an open CRS episode holds the low dose is not said.
    return ("ESCALATE", "HOLD_LOW") if reaction.given.get("crs_status") == "CRS_OPEN" else ("ESCALATE",)


def _restarted_all_the_same(reaction: _Reaction, codes: Codes, limit: int) -> Codes:
    """Read: whether a first event that should never have been restarted still discontinues is not said."""
    took = reaction.given.get("hours_to_le_g1")
    too_long = took is not None and exact(took) > limit
    began_low = limit == NEURO_TO_G1_UNTIL_H and reaction.given.get("onset_dose_level") == "low"
    return (*codes, "DISCONTINUE") if too_long or began_low else codes


def _restart_low(reaction: _Reaction) -> Codes:
    """DM-9."""
    new = reaction.over("interruption_h", SAME_CYCLE_UNTIL_H)
    return ("RESTART_LOW_NEW_CYCLE",) if new else ("RESTART_LOW_SAME_CYCLE",)


# ---- one rule each ----------------------------------------------------------------------------------------


def _crs(reaction: _Reaction) -> Codes:
    """DM-1 to DM-4."""
    reached, now = reaction.reached or 0, reaction.now
    if reached >= 4:
        return ("DISCONTINUE",)
    if reaction.has("hours_since_restart") and (codes := _on_low_restart(reaction, now, reached)):
        return codes
    if reached <= 2:
        return ("CONTINUE",)
    status = reaction.given.get("crs_status")
    # Read: a status that says resolved while a sign is charted now is not believed.
    charted_now = now if reaction.has("current_grade") or reaction.has("episode_grade") else None
    resolved = charted_now in {None, 0} if status == "CRS_RESOLVED" else status is None and now == 0
    return _restart_low(reaction) if resolved else ("INTERRUPT",)


def _neuro(reaction: _Reaction) -> Codes:
    """DM-6, DM-7, DM-13."""
    return _neurological(reaction, reaction.reached or 0, reaction.now)


def _seizure(reaction: _Reaction) -> Codes:
    """DM-8: more than one -> discontinue; the first as neuro G3, or G4 if so graded."""
    count = reaction.given.get("seizure_count")
    if count is not None and count > 1:
        return ("DISCONTINUE",)
    now = reaction.now if reaction.has("current_grade") or reaction.has("episode_grade") else 3
    codes = _neurological(reaction, max(3, reaction.reached or 0), now)
    if count is None:
        (reaction.perhaps_missed if "DISCONTINUE" in codes else reaction.missed).append("seizure_count")
    return codes


def _neurological(reaction: _Reaction, reached: int, now: int | None) -> Codes:
    if reached >= 4:
        return ("DISCONTINUE",)
    began_low = reaction.given.get("onset_dose_level") == "low"
    if reaction.has("hours_since_restart"):
        if codes := _on_low_restart(reaction, now, reached):
            return _restarted_all_the_same(reaction, codes, NEURO_TO_G1_UNTIL_H) if reached >= 3 else codes
        began_low = True  # "a new event that began at the low dose"
    if reached <= 2:
        return ("CONTINUE",)
    if began_low:
        return ("DISCONTINUE",)
    codes = _at_full_dose(reaction, now)
    if not reaction.has("onset_dose_level"):  # missing = full
        (reaction.perhaps_missed if "DISCONTINUE" in codes else reaction.missed).append("onset_dose_level")
    return codes


def _at_full_dose(reaction: _Reaction, now: int | None) -> Codes:
    """DM-6 of a grade 3 that began at the full dose."""
    took = reaction.given.get("hours_to_le_g1")
    if took is not None and exact(took) > NEURO_TO_G1_UNTIL_H:
        return ("DISCONTINUE",)
    if now is None or now > 1:
        # A time to <= G1 that was within the limit stands, though the reaction has come up again.
        over = took is None and reaction.over("hours_since_onset", NEURO_TO_G1_UNTIL_H)
        return ("DISCONTINUE",) if over else ("INTERRUPT",)
    if took is None:
        reaction.missed.append("hours_to_le_g1")
    held = reaction.hours("hours_at_le_g1")
    codes = ("WAIT",) if held is None or held < NEURO_AT_G1_FROM_H else _restart_low(reaction)
    return (*codes, "DISCONTINUE") if _took_longer(reaction, NEURO_TO_G1_UNTIL_H) else codes


def _took_longer(reaction: _Reaction, limit: int) -> bool:
    """Read: a missing time to <= G1 may be told by the other two ("missing = within the limit" says no)."""
    if reaction.has("hours_to_le_g1") or not reaction.has("hours_since_onset"):
        return False
    return exact(reaction.given["hours_since_onset"]) - exact(reaction.given.get("hours_at_le_g1") or 0) > limit


def _other(reaction: _Reaction) -> Codes:
    """DM-11 to DM-13."""
    reached, now = reaction.reached or 0, reaction.now
    if reached >= 4:
        return _grade_4(reaction, now, reached)
    if reaction.has("hours_since_restart") and (codes := _on_low_restart(reaction, now, reached)):
        return _restarted_all_the_same(reaction, codes, OTHER_TO_G1_UNTIL_H) if reached >= 3 else codes
    if reached <= 2:
        return ("CONTINUE",)
    return _dm_11(reaction, recovered=now is not None and now <= 1)


def _grade_4(reaction: _Reaction, now: int | None, reached: int) -> Codes:
    """DM-12. Read: restarted at the low dose all the same, DM-5 may be what holds."""
    if reaction.has("hours_since_restart") and (codes := _on_low_restart(reaction, now, reached)):
        return ("CONSIDER_DISCONTINUE", *codes)
    return ("CONSIDER_DISCONTINUE",)


def _dm_11(reaction: _Reaction, *, recovered: bool) -> Codes:
    took = reaction.given.get("hours_to_le_g1")
    if took is not None and exact(took) > OTHER_TO_G1_UNTIL_H:
        return ("DISCONTINUE",)
    if not recovered:
        over = took is None and reaction.over("hours_since_onset", OTHER_TO_G1_UNTIL_H)
        return ("DISCONTINUE",) if over else ("INTERRUPT",)
    if took is None:
        reaction.missed.append("hours_to_le_g1")
    codes = _restart_low(reaction)
    return (*codes, "DISCONTINUE") if _took_longer(reaction, OTHER_TO_G1_UNTIL_H) else codes


# ---- DM-10 ------------------------------------------------------------------------------------------------


def liver_grade(given: Given) -> int | None:
    """The grade now, from the enzymes: 0 stands for <= G1; None = no enzyme known."""
    transaminases = [exact(given[name]) for name in ("alt_x_uln", "ast_x_uln") if given.get(name) is not None]
    bilirubin = None if given.get("bili_x_uln") is None else exact(given["bili_x_uln"])
    if not transaminases and bilirubin is None:
        return None
    for grade, enzyme_above, bilirubin_above in LIVER_ABOVE:
        if any(value > enzyme_above for value in transaminases):
            return grade
        if bilirubin is not None and bilirubin > bilirubin_above:
            return grade
    return 0


def _liver(reaction: _Reaction) -> Codes:
    """DM-10."""
    by_enzymes, charted = liver_grade(reaction.given), reaction.reached
    if by_enzymes is None and charted is None:
        reaction.missed.append("one enzyme or a grade")
        return ("NOT_EVALUABLE",)
    both = reaction.has("bili_x_uln") and (reaction.has("alt_x_uln") or reaction.has("ast_x_uln"))
    if not both:
        reaction.perhaps_missed.append("the other enzyme")
    now = reaction.now if by_enzymes is None else by_enzymes
    reached = max(grade for grade in (charted, by_enzymes) if grade is not None)
    if reached >= 4:
        return _grade_4(reaction, now, reached)
    if reaction.has("hours_since_restart") and (codes := _on_low_restart(reaction, now, reached)):
        if not both and codes == ("ESCALATE",):
            codes = ("ESCALATE", "HOLD_LOW")  # read: "recovery needs a transaminase and bilirubin known" may hold here
        return _restarted_all_the_same(reaction, codes, OTHER_TO_G1_UNTIL_H) if reached >= 3 else codes
    recovered = both and by_enzymes == 0
    if reaction.has("episode_grade") or reaction.has("interruption_h"):
        codes = _dm_11(reaction, recovered=recovered)
        # Read: an episode of G1-2 was no reason to interrupt, so DM-13 may hold.
        mild = reached <= 2 and not reaction.has("interruption_h")
        if mild:
            reaction.perhaps_missed += reaction.missed
            reaction.missed.clear()
        return (*codes, "CONTINUE") if mild else codes
    return _liver_without_interruption(reaction, reached, recovered=recovered)


def _liver_without_interruption(reaction: _Reaction, reached: int, *, recovered: bool) -> Codes:
    if reached <= 2:
        return ("CONTINUE",)
    # Read: whether DM-11 with its 14 days holds before an interruption is known, too, is not said.
    reaction.perhaps_missed.append("interruption")
    later = _dm_11(reaction, recovered=recovered)
    reaction.perhaps_missed += reaction.missed
    reaction.missed.clear()
    return ("INTERRUPT", *later)


# ---- DM-14 and DM-15 --------------------------------------------------------------------------------------


def _pancreatitis(reaction: _Reaction) -> Codes:
    """DM-14."""
    del reaction  # the suspicion is enough
    return ("INTERRUPT",)


def _tumour_lysis(reaction: _Reaction) -> Codes:
    """DM-14; "EU differences: TLS G3 interrupt, G4 discontinue"."""
    if reaction.given.get("label_region") != "EU":
        return ("INTERRUPT",)
    if reaction.reached is None:
        reaction.perhaps_missed.append("grade")
    return ("DISCONTINUE",) if (reaction.reached or 0) >= 4 else ("INTERRUPT",)


def _neutropenia(reaction: _Reaction) -> Codes:
    """DM-14."""
    count, days = reaction.given.get("anc"), reaction.given.get("anc_low_days")
    if count is None or (exact(count) < ANC_BELOW and days is None):
        reaction.missed.append("anc or anc_low_days")
        return ("NOT_EVALUABLE",)
    prolonged = exact(count) < ANC_BELOW and days is not None and exact(days) >= ANC_LOW_FROM_DAYS
    return ("INTERRUPT",) if prolonged else ("CONTINUE",)


def _technical(reaction: _Reaction) -> Codes:
    """DM-15."""
    return ("NEW_CYCLE",) if reaction.over("interruption_h", SAME_CYCLE_UNTIL_H) else ("RESUME_SAME_DOSE",)
