"""What of a judgement need not be stored, because the rest of it gives it again.

What:      leaves out, and puts back, the grade of CRS (the course keeps it), the view of the infusion (ledger, order,
           premedication and chart give it for the moment at which it was judged), the view of the drugs (drug book and
           facts of that moment) and of the other adverse events (laboratory, signs, fever and facts of that moment).
Source:    core/judge_domains.py: each view is judged by exactly these inputs, and whatever changes one of them has the
           view judged again in the same step.
Inputs:    a judgement; the rulebook, to put the views back.
Caveats:   - by the same rulebook the value comes back equal; by another one it is what that rulebook says, as at a
             takeover it should be;
           - what remembers is no view: scores that stay while a part is missing, the fever's course, standing advice,
             what the ledger has settled. It is stored;
           - a view whose inputs are not known (an older release stored it) is not left out.
"""

from dataclasses import replace
from typing import Literal, get_args

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.judge import SCORES, EventView, judge_adverse_events
from blinwatch.core.evolve import evolve
from blinwatch.core.infusion.timeline import judge_timeline
from blinwatch.core.interactions.live import judge_interactions
from blinwatch.core.patient_state import Judgement, charted_in_force

Derived = Literal["grade", "infusion", "interactions", "events"]
DERIVED: tuple[Derived, ...] = get_args(Derived)


def derived_in(judgement: Judgement) -> tuple[Derived, ...]:
    """Which views the rest of this judgement gives again."""
    names: list[Derived] = []
    if judgement.grade is not None and judgement.grade == judgement.course.latest:
        names.append("grade")
    if judgement.infusion is not None and judgement.infusion_ms is not None:
        names.append("infusion")
    if judgement.interactions is not None and judgement.interaction_facts is not None:
        names.append("interactions")
    if judgement.events is not None and judgement.event_facts is not None and judgement.event_fever is not None:
        names.append("events")
    return tuple(names)


def without_views(judgement: Judgement, names: tuple[Derived, ...]) -> Judgement:
    """The judgement with these views left out; of the other adverse events the scores stay, which remember."""
    lean = evolve(judgement, **dict.fromkeys(names))
    if "events" not in names or judgement.events is None:
        return lean
    view = judgement.events
    return evolve(lean, events=EventView(view.at_ms, tuple(one for one in view.verdicts if one.rule_id in SCORES)))


def with_views(judgement: Judgement, names: tuple[Derived, ...], rulebook: Rulebook) -> Judgement:
    """The judgement with these views put back, as of when each was judged."""
    j = judgement
    if "grade" in names:
        j = evolve(j, grade=j.course.latest)
    if "infusion" in names and j.infusion_ms is not None:
        charted = charted_in_force(j, j.infusion_ms)
        findings = None if charted is None else charted.findings
        view = judge_timeline(j.ledger, j.order, j.premeds, j.infusion_ms, rulebook.infusion, charted=findings)
        j = evolve(j, infusion=view)
    if "interactions" in names and j.interactions_ms is not None and j.interaction_facts is not None:
        j = evolve(j, interactions=judge_interactions(j.drugs, j.interaction_facts, j.interactions_ms, rulebook))
    return evolve(j, events=_events_again(j, rulebook)) if "events" in names else j


def _events_again(j: Judgement, rulebook: Rulebook) -> EventView | None:
    """Every verdict of section F as of when it was judged; the scores are those that were stored."""
    stored, facts, fever = j.events, j.event_facts, j.event_fever
    if stored is None or facts is None or fever is None:
        return stored
    view = judge_adverse_events(replace(j.event_memory, fever=fever), j.labs, facts, stored.at_ms, rulebook)
    return EventView(stored.at_ms, tuple(stored.get(one.rule_id) or one for one in view.verdicts))
