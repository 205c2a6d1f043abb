"""DM-5 to DM-8 and DM-13: neurological reactions and seizures.

Definition:  grade 1-2 continue. Grade 3: discontinue when it began at the low dose or takes more than 168 h to reach
             <= grade 1; interrupt until then; wait until it has been there for 72 h; then restart at the low dose.
             Grade 4, or more than one seizure in the treatment: discontinue.
Source:      rule reference DM-5 to DM-8, DM-13 and section I.
Inputs:      the grades, onset_dose_level, hours_since_onset, hours_to_le_g1, hours_at_le_g1, interruption_h,
             seizure_count, hours_since_restart, recurrence.
Caveats:     - missing onset_dose_level = full, hours_since_onset and hours_to_le_g1 = within the limit,
               hours_at_le_g1 = below 72 h, seizure_count = 1, each INCOMPLETE.
             - what asks for discontinuing goes on doing so on a low restart [C].
             - more than one seizure discontinues whichever of its reactions is charted [C].
             - grade now unknown after a known recovery: interrupt, because nobody knows that it stayed [C].
"""

from dataclasses import replace

from blinwatch.core.dose_advice.advice import (
    CONTINUE,
    DISCONTINUE,
    INCOMPLETE,
    INTERRUPT,
    WAIT,
    ReactionAdvice,
    Terms,
    flags_of,
)
from blinwatch.core.dose_advice.cycle_counting import hours_to_new_cycle, restart_low
from blinwatch.core.dose_advice.low_restart import judge_low_restart, recurred_severely
from blinwatch.core.dose_advice.not_evaluable import not_evaluable, plain_advice, with_flag
from blinwatch.core.dose_advice.read_grades import grade_now, has_gone_down, only_now_known, reached_grade
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import more_than, plain, reaches


def advise_neuro(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for a neurological reaction that is no seizure, or not only one."""
    if _several_seizures(findings, terms):
        return _for_seizures(findings, terms)
    reached = reached_grade(findings)
    if reached is None:
        return not_evaluable(findings, terms, "DM-6", "the neurological grade")
    return _by_grade(findings, terms, reached, "DM-6", "the neurological reaction")


def advise_seizure(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for a seizure: the first like a neurological grade 3, or 4 when prolonged or repetitive."""
    if _several_seizures(findings, terms):
        return _for_seizures(findings, terms)
    least = terms.rules.seizure_grade
    if findings.episode_grade is None:
        graded = replace(findings, grade=max(least, findings.grade or 0))
    else:
        graded = replace(findings, episode_grade=max(least, findings.episode_grade))
    advice = _by_grade(graded, terms, reached_grade(graded) or least, "DM-8", "the first seizure")
    return with_flag(advice, INCOMPLETE) if findings.seizure_count is None else advice


def _several_seizures(findings: ReactionFindings, terms: Terms) -> bool:
    count = findings.seizure_count
    return count is not None and count >= terms.rules.seizures_discontinue_from


def _for_seizures(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    text = f"{findings.seizure_count} seizures in this treatment: discontinue for good (DM-8)"
    return plain_advice(findings, terms, DISCONTINUE, "DM-8", text)


def _by_grade(findings: ReactionFindings, terms: Terms, reached: int, severe_rule: str, what: str) -> ReactionAdvice:
    if reached >= terms.rules.life_threatening_grade:
        rule_id = "DM-7" if severe_rule == "DM-6" else severe_rule
        text = f"{what} reached grade {reached}: discontinue for good ({rule_id})"
        return plain_advice(findings, terms, DISCONTINUE, rule_id, text)
    on_restart = judge_low_restart(findings, terms)
    if reached < terms.rules.severe_grade:
        text = f"{what} is grade {reached}: go on, examine at the times that are due (DM-13)"
        flags = (INCOMPLETE,) if only_now_known(findings) else ()
        return on_restart or plain_advice(findings, terms, CONTINUE, "DM-13", text, flags=flags)
    return _for_good(findings, terms, severe_rule, what) or on_restart or _severe(findings, terms, severe_rule, what)


def _for_good(findings: ReactionFindings, terms: Terms, rule_id: str, what: str) -> ReactionAdvice | None:
    """Grade 3 that began at the low dose or took too long is for good."""
    if findings.onset_dose_level == "low" or recurred_severely(findings, terms):
        text = f"{what} reached grade 3 and began at the low dose: discontinue for good ({rule_id})"
        return plain_advice(findings, terms, DISCONTINUE, rule_id, text)
    limit_h, took_h = terms.rules.neuro_limit_h, findings.hours_to_le_g1
    if took_h is not None and more_than(took_h, limit_h):
        text = (
            f"{what} reached grade 3 and took {plain(took_h)} h to come down to grade 1, "
            f"more than {plain(limit_h)} h: discontinue for good ({rule_id})"
        )
        return plain_advice(findings, terms, DISCONTINUE, rule_id, text)
    return None


def _severe(findings: ReactionFindings, terms: Terms, rule_id: str, what: str) -> ReactionAdvice:
    level_flags = (INCOMPLETE,) if findings.onset_dose_level is None else ()
    if not has_gone_down(findings, terms.rules):
        return _not_down(findings, terms, rule_id, what, level_flags)
    flags = flags_of(level_flags, (INCOMPLETE,) if findings.hours_to_le_g1 is None else ())
    needed_h, held_h = terms.rules.neuro_hold_h, findings.hours_at_le_g1
    reached = reached_grade(findings)
    if held_h is not None and reaches(held_h, needed_h):
        text = (
            f"{what} reached grade 3 and has been at grade 1 or below for {plain(held_h)} h "
            f"({plain(needed_h)} h are needed): restart at the low dose ({rule_id})"
        )
        return restart_low(findings, terms, rule_id, reached, (text,), flags)
    so_far = "for an unknown time" if held_h is None else f"for {plain(held_h)} h"
    text = f"{what} is at grade 1 or below {so_far}; restart only after {plain(needed_h)} h there ({rule_id})"
    advice = plain_advice(
        findings, terms, WAIT, rule_id, text, flags=flags_of(flags, (INCOMPLETE,) if held_h is None else ())
    )
    return replace(
        advice,
        restart_in_h=None if held_h is None else needed_h - held_h,
        decide_in_h=hours_to_new_cycle(findings, terms),
    )


def _not_down(
    findings: ReactionFindings, terms: Terms, rule_id: str, what: str, flags: tuple[str, ...]
) -> ReactionAdvice:
    limit_h, since_h = terms.rules.neuro_limit_h, findings.hours_since_onset
    came_down_once = grade_now(findings) is None and findings.hours_to_le_g1 is not None
    if came_down_once:
        text = f"{what} had come down to grade 1, but its grade now is not known: stay stopped ({rule_id})"
        return plain_advice(findings, terms, INTERRUPT, rule_id, text, flags=flags_of(flags, (INCOMPLETE,)))
    if since_h is None:
        text = f"{what} reached grade 3 and is not down to grade 1; since when is not known: interrupt ({rule_id})"
        return plain_advice(findings, terms, INTERRUPT, rule_id, text, flags=flags_of(flags, (INCOMPLETE,)))
    if more_than(since_h, limit_h):
        text = (
            f"{what} reached grade 3 and is not down to grade 1 after {plain(since_h)} h, "
            f"more than {plain(limit_h)} h: discontinue for good ({rule_id})"
        )
        return plain_advice(findings, terms, DISCONTINUE, rule_id, text, flags=flags)
    text = (
        f"{what} reached grade 3 and is not down to grade 1 {plain(since_h)} h after its onset: interrupt; "
        f"discontinue for good if it takes more than {plain(limit_h)} h ({rule_id})"
    )
    advice = plain_advice(findings, terms, INTERRUPT, rule_id, text, flags=flags)
    return replace(advice, decide_in_h=limit_h - since_h)
