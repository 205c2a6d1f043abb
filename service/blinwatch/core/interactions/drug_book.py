"""The drugs that a patient is given, as the live state remembers them.

What:      one entry a drug and route (of a corticosteroid also a purpose): when it was last given, whether it is
           running, and what the last doses were like where a rule asks.
Source:    rule reference section E (times after the last dose); design decision 3 (facts keep their own time).
Inputs:    medication events, with their own time.
Caveats:   events may be learned in any order: each fact is the one with the latest time, so the same events give
           the same book. A stop counts as the last exposure. An entry goes when its longest window has passed,
           measured from the book's latest dose.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from blinwatch.clinical.interaction_rules import DrugEntry, InteractionClass, InteractionRules
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.events import MedicationAdministered
from blinwatch.core.findings import Purpose, Route, Vaccine
from blinwatch.core.interactions.drug_index import (
    DrugIndex,
    counting_classes,
    index_of,
    recognise,
    recognise_in,
    route_of,
)
from blinwatch.core.interactions.verdict import HOURS_PER_DAY
from blinwatch.core.recognise_drug import NAMES_CACHED
from blinwatch.core.units import below

HOUR_MS = 3_600_000
When = TypeVar("When", int, "TimedDose")
MAX_DRUGS = 40
"""Twice the drugs that a busy ward patient has within their windows; stored at about 100 bytes each, 4 of the state's
64 KiB, for their verdicts follow from them. The one given longest ago goes first."""


@dataclass(frozen=True, slots=True, order=True)
class TimedDose:
    """An amount and when it was given; of two at the same time the larger one counts."""

    at_ms: int
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugOnBook:
    """One drug by one route (and a corticosteroid for one purpose)."""

    drug: str
    """Canonical name, or the name as charted where the table does not know it."""
    atc: str | None = None
    """Kept only where it says more than the name does."""
    route: Route | None = None
    purpose: Purpose | None = None
    vaccine: Vaccine | None = None
    """As the sender said it."""
    last_ms: int
    """The latest dose, start or stop."""
    event_id: str
    """The event of `last_ms`."""
    started_ms: int | None = None
    stopped_ms: int | None = None
    """The latest start and stop of a continuous infusion."""
    daily_dose: TimedDose | None = None
    """The latest daily dose charted, in g."""
    high_dose: TimedDose | None = None
    """The latest dose that was high (DDI-14), in g/m²: a small dose after it does not undo it."""
    same_lumen_ms: int | None = None
    """When it was last given through the lumen of blinatumomab."""
    benzyl_alcohol_ms: int | None = None
    """When a preparation with benzyl alcohol was last given."""

    @property
    def running(self) -> bool:
        """Whether a continuous infusion was started and not stopped since."""
        return self.started_ms is not None and (self.stopped_ms is None or self.started_ms >= self.stopped_ms)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells entries apart."""
        return self.drug, self.route or "", self.purpose or "", self.vaccine or "", self.atc or ""


@dataclass(frozen=True, slots=True)
class DrugBook:
    """The drugs on record, ordered by name, route and purpose."""

    drugs: tuple[DrugOnBook, ...] = ()


NO_DRUGS = DrugBook()


def take_dose(book: DrugBook, event: MedicationAdministered, own_ms: int, rulebook: Rulebook) -> DrugBook:
    """The book with one medication event in it; `own_ms` is when the drug was given.

    Never raises. A name the table does not know is kept as charted, so that it can be told as unknown.
    """
    dose = _entry(event, own_ms, rulebook)
    known = {entry.key: entry for entry in book.drugs}
    earlier = known.get(dose.key)
    known[dose.key] = dose if earlier is None else _merged(earlier, dose)
    latest_ms = max(entry.last_ms for entry in known.values())
    kept = [entry for entry in known.values() if is_on_board(entry, latest_ms, rulebook)]
    if len(kept) > MAX_DRUGS:
        kept = sorted(kept, key=lambda entry: (entry.last_ms, entry.key))[-MAX_DRUGS:]
    return DrugBook(tuple(sorted(kept, key=lambda entry: entry.key)))


def _entry(event: MedicationAdministered, own_ms: int, rulebook: Rulebook) -> DrugOnBook:
    """One event as an entry of its own."""
    rules = rulebook.interactions
    drug = recognise(event.drug, rulebook, event.rxnorm, event.atc)
    by_name = recognise(drug.drug, rulebook)
    high = event.dose_g_m2 is not None and not below(event.dose_g_m2, rules.high_dose_from_g_m2)
    return DrugOnBook(
        drug=drug.drug,
        atc=None if by_name.classes == drug.classes and by_name.known == drug.known else event.atc,
        route=route_of(event.route, event.drug, rules),
        # Only corticosteroids are judged by their purpose: one entry a purpose, so that none hides another.
        purpose=event.purpose if "corticosteroid" in drug.classes else None,
        vaccine=event.vaccine,
        last_ms=own_ms,
        event_id=event.event_id,
        started_ms=own_ms if event.action == "started" else None,
        stopped_ms=own_ms if event.action == "stopped" else None,
        daily_dose=None if event.daily_dose_g is None else TimedDose(own_ms, event.daily_dose_g),
        high_dose=TimedDose(own_ms, event.dose_g_m2) if high and event.dose_g_m2 is not None else None,
        same_lumen_ms=own_ms if event.same_lumen else None,
        benzyl_alcohol_ms=own_ms if event.benzyl_alcohol_source else None,
    )


def _merged(one: DrugOnBook, other: DrugOnBook) -> DrugOnBook:
    """Two entries of one drug as one: each fact is that of the later event."""
    late = max(one, other, key=lambda entry: (entry.last_ms, entry.event_id))
    return replace(
        late,
        started_ms=_later(one.started_ms, other.started_ms),
        stopped_ms=_later(one.stopped_ms, other.stopped_ms),
        daily_dose=_later(one.daily_dose, other.daily_dose),
        high_dose=_later(one.high_dose, other.high_dose),
        same_lumen_ms=_later(one.same_lumen_ms, other.same_lumen_ms),
        benzyl_alcohol_ms=_later(one.benzyl_alcohol_ms, other.benzyl_alcohol_ms),
    )


def _later(one: When | None, other: When | None) -> When | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def is_on_board(entry: DrugOnBook, at_ms: int, rulebook: Rulebook) -> bool:
    """Whether the drug is running, or its longest window has not passed; the limit itself still counts."""
    return entry.running or at_ms <= leaves_ms(entry, rulebook)


def leaves_ms(entry: DrugOnBook, rulebook: Rulebook) -> int:
    """The last moment at which a drug that is not running counts as on board."""
    return entry.last_ms + round(profile_of(entry, rulebook).keep_h * HOUR_MS)


@dataclass(frozen=True, slots=True)
class DrugProfile:
    """What the table says of a drug by one route: computed once, asked at every judgement."""

    entries: tuple[DrugEntry, ...]
    classes: frozenset[InteractionClass]
    limits_h: tuple[tuple[str, float], ...]
    """How long after a dose each rule with a limit asks about it, by rule id; a patch by its own limit."""
    keep_h: float
    """How long after its last dose it stays in the view: the longest of these limits and its own time."""


def profile_of(entry: DrugOnBook, rulebook: Rulebook) -> DrugProfile:
    """What the table says of the drug of an entry; a vaccine counts also as what the sender called it."""
    return _profile(entry.drug, entry.atc, entry.route, entry.vaccine, index_of(rulebook))


@lru_cache(maxsize=NAMES_CACHED)
def _profile(drug: str, atc: str | None, route: Route | None, vaccine: Vaccine | None, index: DrugIndex) -> DrugProfile:
    rules = index.rules
    known = recognise_in(index, drug, atc=atc)
    said: tuple[InteractionClass, ...] = ("live_vaccine",) if vaccine == "live" else ()
    classes = counting_classes((*known.classes, *said), route, rules)
    limits = _limits_h(classes, known.entries, route, rules)
    own = [
        *(part.current_h for part in known.entries),
        *(rules.classes[name].current_h for name in classes),
    ]
    keep_h = max([rules.current_h, *(time_h for time_h in own if time_h is not None), *limits.values()])
    return DrugProfile(known.entries, classes, tuple(sorted(limits.items())), keep_h)


def _limits_h(
    classes: frozenset[InteractionClass],
    entries: tuple[DrugEntry, ...],
    route: Route | None,
    rules: InteractionRules,
) -> dict[str, float]:
    limits: dict[str, float] = {}
    for name in classes:
        limit_h = _class_limit_h(name, route, rules)
        if limit_h is not None:
            rule_id = rules.classes[name].rules[0]
            limits[rule_id] = max(limit_h, limits.get(rule_id, 0.0))
    for part in () if route in rules.cyp_not_by_routes else entries:
        if part.cyp is not None:
            active_h = rules.cyp_active_h if part.cyp.active_h is None else part.cyp.active_h
            limits["DDI-1"] = max(active_h, limits.get("DDI-1", 0.0))
    return limits


def _class_limit_h(name: InteractionClass, route: Route | None, rules: InteractionRules) -> float | None:
    if name == "il6_blocker":
        return rules.il6_blocker_d * HOURS_PER_DAY
    if name == "neurotoxic_chemotherapy":
        return rules.neurotoxic_within_d * HOURS_PER_DAY
    rule = rules.classes[name]
    patch_h = rule.transdermal_within_h if route == "transdermal" else None
    return rule.within_h if patch_h is None else patch_h
