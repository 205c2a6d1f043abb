"""DM-11 to DM-13: other clinically relevant adverse reactions.

Definition:  grade 1-2 continue. Grade 3: interrupt until <= grade 1, then restart at the low dose; more than 336 h to
             get there: discontinue. Grade 4: consider discontinuing, and stop meanwhile.
Source:      rule reference DM-11 (no 72 h needed), DM-12, DM-13, DM-16 (CONSIDER_DISCONTINUE stops now).
Inputs:      the grades, hours_since_onset, hours_to_le_g1, hours_at_le_g1, interruption_h, hours_since_restart.
Caveats:     - missing hours_since_onset and hours_to_le_g1 = within the limit, INCOMPLETE.
             - DM-11's clock is that of a grade 3 which has not led to a restart; a grade 4 stays DM-12's decision,
               which stops the infusion at once, however long it lasts.
             - a low restart after a grade 4 is the decision that DM-12 asks for; DM-5 then holds [C].
"""

from dataclasses import replace

from blinwatch.core.dose_advice.advice import (
    CONSIDER_DISCONTINUE,
    CONTINUE,
    DISCONTINUE,
    INCOMPLETE,
    INTERRUPT,
    ReactionAdvice,
    Terms,
)
from blinwatch.core.dose_advice.cycle_counting import restart_low
from blinwatch.core.dose_advice.low_restart import judge_low_restart
from blinwatch.core.dose_advice.not_evaluable import name_of, not_evaluable, plain_advice
from blinwatch.core.dose_advice.read_grades import grade_now, has_gone_down, only_now_known, reached_grade
from blinwatch.core.findings import ReactionFindings
from blinwatch.core.infusion.verdict import more_than, plain


def advise_other(findings: ReactionFindings, terms: Terms) -> ReactionAdvice:
    """The advice for a reaction that no other family knows."""
    reached = reached_grade(findings)
    if reached is None:
        return not_evaluable(findings, terms, "DM-11", "its grade")
    if reached < terms.rules.severe_grade:
        text = f"other adverse reaction, grade {reached}: go on (DM-13)"
        flags = (INCOMPLETE,) if only_now_known(findings) else ()
        milder = plain_advice(findings, terms, CONTINUE, "DM-13", text, flags=flags)
        return judge_low_restart(findings, terms) or milder
    unknown = grade_now(findings) is None and findings.hours_at_le_g1 is None
    gone_down = None if unknown else has_gone_down(findings, terms.rules)
    return judge_severe(findings, terms, "DM-11", reached, gone_down=gone_down)


def judge_severe(
    findings: ReactionFindings, terms: Terms, rule_id: str, reached: int, *, gone_down: bool | None
) -> ReactionAdvice:
    """Grade 3 or 4 of an "other" or a liver reaction (DM-11, DM-12).

    `gone_down`: it is at <= grade 1 now; None where nobody knows.
    """
    on_restart = judge_low_restart(findings, terms)
    if on_restart is not None:
        # The restart itself says that the first event had come down: its clock is over.
        return on_restart
    what = name_of(findings.reaction)
    if reached >= terms.rules.life_threatening_grade:
        text = f"{what} reached grade {reached}: stop now and decide whether for good (DM-12)"
        return plain_advice(findings, terms, CONSIDER_DISCONTINUE, "DM-12", text)
    too_long = _took_too_long(findings, terms, gone_down=gone_down)
    if too_long is not None:
        return too_long
    if gone_down:
        flags = (INCOMPLETE,) if findings.hours_to_le_g1 is None else ()
        text = f"{what} reached grade {reached} and is at grade 1 or below: restart at the low dose (DM-11)"
        return restart_low(findings, terms, rule_id, reached, (text,), flags)
    return _not_down(findings, terms, rule_id, reached, gone_down=gone_down)


def _took_too_long(findings: ReactionFindings, terms: Terms, *, gone_down: bool | None) -> ReactionAdvice | None:
    limit_h, what = terms.rules.other_limit_h, name_of(findings.reaction)
    took_h, since_h = findings.hours_to_le_g1, findings.hours_since_onset
    if took_h is not None and more_than(took_h, limit_h):
        text = (
            f"{what} took {plain(took_h)} h to come down to grade 1, more than {plain(limit_h)} h: "
            "discontinue for good (DM-11)"
        )
        return plain_advice(findings, terms, DISCONTINUE, "DM-11", text)
    came_down_once = gone_down is None and took_h is not None
    if gone_down or came_down_once or since_h is None or not more_than(since_h, limit_h):
        return None
    state = "is not known to be" if gone_down is None else "is not"
    text = (
        f"{what} {state} down to grade 1 after {plain(since_h)} h, more than {plain(limit_h)} h: "
        "discontinue for good (DM-11)"
    )
    flags = (INCOMPLETE,) if gone_down is None else ()
    return plain_advice(findings, terms, DISCONTINUE, "DM-11", text, flags=flags)


def _not_down(
    findings: ReactionFindings, terms: Terms, rule_id: str, reached: int, *, gone_down: bool | None
) -> ReactionAdvice:
    limit_h, since_h, what = terms.rules.other_limit_h, findings.hours_since_onset, name_of(findings.reaction)
    unknown = gone_down is None or since_h is None
    state = "is not known to be" if gone_down is None else "is not"
    since = "" if since_h is None else f" {plain(since_h)} h after its onset"
    text = (
        f"{what} reached grade {reached} and {state} down to grade 1{since}: interrupt; "
        f"discontinue for good if it takes more than {plain(limit_h)} h ({rule_id})"
    )
    advice = plain_advice(findings, terms, INTERRUPT, rule_id, text, flags=(INCOMPLETE,) if unknown else ())
    return replace(advice, decide_in_h=None if since_h is None or since_h > limit_h else limit_h - since_h)
