"""All rules of section F at one moment.

What:      asks every rule and puts the verdicts side by side; each stands for itself.
Source:    rule reference section F; who is judged by which score: children by Phoenix and PEWS, adults by NEWS2.
Inputs:    the memory, the laboratory, the live values (`EventFacts`), the time.
Caveats:   - an unknown age is judged as an adult's, AGE_UNKNOWN; a PEWS that somebody charted is judged then, too.
           - a verdict changes with events and, by time alone, at `next_change_ms`; live vital signs matter only when
             `signature` changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.adverse_events.capillary_leak import judge_capillary_leak
from blinwatch.core.adverse_events.dic import judge_dic
from blinwatch.core.adverse_events.facts import Consciousness, EventFacts, is_child
from blinwatch.core.adverse_events.febrile_neutropenia import judge_febrile_neutropenia, read_fever
from blinwatch.core.adverse_events.iec_hs import judge_iec_hs
from blinwatch.core.adverse_events.liver import judge_liver, judge_liver_labs
from blinwatch.core.adverse_events.memory import (
    NOTHING_REMEMBERED,
    EventMemory,
    is_charted,
    note_signs,
    note_temperature,
    note_weight,
)
from blinwatch.core.adverse_events.neutropenia import judge_neutropenia, read_neutrophils
from blinwatch.core.adverse_events.news2 import judge_news2
from blinwatch.core.adverse_events.next_change import next_change_ms
from blinwatch.core.adverse_events.pancreatitis import judge_pancreatitis
from blinwatch.core.adverse_events.pews import judge_pews
from blinwatch.core.adverse_events.phoenix import judge_phoenix, suspected_infection
from blinwatch.core.adverse_events.signature import Signature, signature, steady_spans
from blinwatch.core.adverse_events.stale_findings import not_lowered_by_silence, warned
from blinwatch.core.adverse_events.tumour_lysis import judge_tumour_lysis
from blinwatch.core.adverse_events.verdict import EventVerdict
from blinwatch.core.labs.lab_book import LabBook
from blinwatch.core.labs.lab_view import LabView
from blinwatch.core.units import below

__all__ = [
    "NOTHING_REMEMBERED",
    "SCORES",
    "Consciousness",
    "EventFacts",
    "EventMemory",
    "EventVerdict",
    "EventView",
    "Signature",
    "carried_on",
    "judge_adverse_events",
    "next_change_ms",
    "note_signs",
    "note_temperature",
    "note_weight",
    "signature",
    "steady_spans",
]


@dataclass(frozen=True, slots=True)
class EventView:
    """Every verdict of section F at one moment, those that hold and those that do not."""

    at_ms: int
    verdicts: tuple[EventVerdict, ...]

    @property
    def holding(self) -> tuple[EventVerdict, ...]:
        """The verdicts whose code is a finding."""
        return tuple(verdict for verdict in self.verdicts if verdict.holds)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings."""
        return tuple(verdict.code for verdict in self.holding)

    @property
    def scores(self) -> dict[str, int]:
        """Rule id to score, where the rule is one; "at least" where the verdict says INCOMPLETE."""
        return {verdict.rule_id: verdict.score for verdict in self.verdicts if verdict.score is not None}

    def get(self, rule_id: str) -> EventVerdict | None:
        """The first verdict of a rule; None where it was not asked."""
        return next((verdict for verdict in self.verdicts if verdict.rule_id == rule_id), None)


def judge_adverse_events(
    memory: EventMemory, book: LabBook, facts: EventFacts, at_ms: int, rulebook: Rulebook
) -> EventView:
    """Every rule of section F on what is known at `at_ms`."""
    rules = rulebook.adverse_events
    labs = LabView(book, at_ms, facts.age_years, rulebook)

    def charted(name: str) -> bool | None:
        return is_charted(memory, name, at_ms, rulebook)

    fever = read_fever(memory.fever, facts.temperature_c, at_ms, rulebook)
    febrile = judge_febrile_neutropenia(fever, read_neutrophils(book, at_ms, rulebook), at_ms, rulebook)
    verdicts: list[EventVerdict | None] = [febrile]
    child = is_child(facts.age_years, rules.child_below_years)
    if child:
        hot = facts.temperature_c is not None and not below(facts.temperature_c, rules.fever_sustained_from_c)
        infection = suspected_infection(
            charted=charted("infection_suspected"),
            febrile_neutropenia=febrile.code == "FN_ALERT",
            fever=hot or fever.present,
        )
        verdicts.append(judge_phoenix(facts, labs, infection, pupils_fixed=charted("pupils_fixed")))
    else:
        verdicts.append(judge_news2(facts, rules))
    if child or facts.age_years is None:
        pews = judge_pews(memory, facts.age_years, at_ms, rulebook)
        verdicts.append(pews if child or pews.parts else None)
    verdicts.append(judge_neutropenia(book, at_ms, rulebook))
    if not facts.therapy_ended:
        start_ms, since_ms = facts.infusion_start_ms, facts.watched_since_ms
        verdicts.append(judge_liver_labs(book, start_ms, at_ms, rulebook, since_ms))
    verdicts += [warned(labs, rule) for rule in _laboratory_rules(memory, facts, charted)]
    return EventView(at_ms, tuple(verdict for verdict in verdicts if verdict is not None))


def _laboratory_rules(
    memory: EventMemory, facts: EventFacts, charted: Callable[[str], bool | None]
) -> tuple[Callable[[LabView], EventVerdict | None], ...]:
    """The rules that read laboratory results, with everything else that they ask filled in."""
    seizure = _either(charted("seizure"), facts.seizure_24h)
    return (
        partial(
            judge_tumour_lysis,
            start_ms=facts.infusion_start_ms,
            arrhythmia=charted("arrhythmia"),
            seizure=seizure,
        ),
        judge_liver,
        partial(judge_pancreatitis, pain=charted("abdominal_pain"), imaging=charted("pancreatitis_on_imaging")),
        partial(
            judge_iec_hs,
            start_ms=facts.infusion_start_ms,
            haemophagocytosis=charted("haemophagocytosis"),
            crs_improving=facts.crs_improving,
            crs_current=facts.crs_current,
        ),
        partial(
            judge_capillary_leak,
            weights=memory.weights,
            hypotension=facts.hypotension_present,
            effusion=charted("new_effusion_or_oedema"),
        ),
        judge_dic,
    )


def carried_on(before: EventView | None, now: EventView) -> EventView:
    """The view of now, in which no score of live signs has fallen for want of a value (section 0)."""
    if before is None:
        return now
    kept = [
        not_lowered_by_silence(before.get(one.rule_id), one) if one.rule_id in SCORES else one for one in now.verdicts
    ]
    return EventView(now.at_ms, tuple(kept))


SCORES = ("AE-NEWS2", "AE-PEWS", "AE-PHOENIX")
"""Rules whose verdict depends on the one before; every other verdict is of the moment alone."""


def _either(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - two answers of equal rank
    """Yes if either says so; else no if either says so; else not known."""
    if one or other:
        return True
    return False if one is False or other is False else None
