"""The infusion's ledger: what the pump reported, in the order in which it happened.

What:      facts of pump events, sorted by (time, event id), inserted at any position and once each; a run of equal
           periodic status reports is one entry. The oldest entries are settled into what follows from them.
Source:    rule reference section 0 (INFUSION event payloads), A1 (weight band fixed at cycle start); design 3.
Inputs:    pump events, orders, the end of therapy.
Caveats:   the newest `KEPT_ENTRIES` facts can be joined by late ones and judged anew under a newer order; an event
           older than the settled part is ignored. A status report that comes late into a run of equal ones is dropped.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import to_ms
from blinwatch.core.infusion.flow import MINUTE_MS, Flow
from blinwatch.core.infusion.fold import fold
from blinwatch.core.infusion.ledger_entry import LedgerEntry, entry_of
from blinwatch.core.infusion.order_facts import OrderFacts, read_order, weight_of
from blinwatch.core.pump_events import PumpEvent

KEPT_ENTRIES = 48
"""About ten quiet days: a bag change leaves three to five facts. About 100 bytes each: 5 of a state's 64 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The story of one patient's infusion."""

    entries: tuple[LedgerEntry, ...] = ()
    settled: Flow | None = None
    """What the entries older than `entries` amount to."""
    settled_at_ms: int = -1
    settled_event_id: str = ""
    cycle_name: str | None = None
    """Phase and cycle of the order in force, to notice the next one."""
    start_weight_kg: float | None = None
    """Weight at cycle start: it fixes the dose band."""


EMPTY_LEDGER = Ledger()


def record(ledger: Ledger, event: PumpEvent, rules: InfusionRules, order: TherapyOrdered | None = None) -> Ledger:
    """The ledger with one more pump event; one known already changes nothing.

    `order` is the order in force; what is settled meanwhile is settled by it.
    """
    return _insert(ledger, entry_of(event), rules, order)


def take_order(ledger: Ledger, order: TherapyOrdered, rules: InfusionRules) -> Ledger:
    """A new order: another phase or cycle closes the old cycle's story, and the weight at cycle start is kept.

    An order that leaves phase or cycle out tells of no new cycle. Until first drop the newest weight counts.
    """
    known = order.phase is not None and order.cycle is not None
    name = f"{order.phase}/{order.cycle}" if known else ledger.cycle_name
    weight_kg = weight_of(order, rules)
    if name == ledger.cycle_name or ledger.cycle_name is None:
        fixed = ledger.start_weight_kg is not None and _has_begun(ledger, order, rules)
        return replace(ledger, cycle_name=name, start_weight_kg=ledger.start_weight_kg if fixed else weight_kg)
    ledger = replace(ledger, cycle_name=name, start_weight_kg=weight_kg)
    marker = LedgerEntry(at_ms=to_ms(order.occurred_at), event_id=order.event_id, kind="cycle_ordered")
    return _insert(ledger, marker, rules, order)


def _has_begun(ledger: Ledger, order: TherapyOrdered, rules: InfusionRules) -> bool:
    """Whether drug had flowed in this cycle when the order was written."""
    facts = read_order(order, None, ledger.start_weight_kg, rules)
    return flow_at(ledger, facts, to_ms(order.occurred_at), rules).first_drop_ms is not None


def end_therapy(
    ledger: Ledger, at_ms: int, event_id: str, rules: InfusionRules, order: TherapyOrdered | None = None
) -> Ledger:
    """The infusion of this cycle is over for good: from here on a stop is no gap."""
    return _insert(ledger, LedgerEntry(at_ms=at_ms, event_id=event_id, kind="therapy_ended"), rules, order)


def _insert(ledger: Ledger, entry: LedgerEntry, rules: InfusionRules, order: TherapyOrdered | None) -> Ledger:
    entries = ledger.entries
    if entry.place <= (ledger.settled_at_ms, ledger.settled_event_id):
        return ledger
    if any(known.event_id == entry.event_id for known in entries):
        return ledger
    index = bisect_left(entries, entry.place, key=lambda known: known.place)
    if index > 0 and _same_run(entries[index - 1], entry, rules):
        return _extend_run(ledger, index - 1, entry)
    ledger = replace(ledger, entries=(*entries[:index], entry, *entries[index:]))
    return ledger if len(ledger.entries) <= KEPT_ENTRIES else _settle(ledger, rules, order)


def _same_run(before: LedgerEntry, entry: LedgerEntry, rules: InfusionRules) -> bool:
    """Whether a status report says again what the one just before it said, with no silence between."""
    return (
        before.kind == entry.kind == "status"
        and before.rate_ml_h == entry.rate_ml_h
        and before.delivering == entry.delivering
        and before.dose_mcg_day == entry.dose_mcg_day
        and (before.volume_ml is None) == (entry.volume_ml is None)
        and entry.at_ms - before.last_ms <= rules.silence_after_min * MINUTE_MS
    )


def _extend_run(ledger: Ledger, index: int, entry: LedgerEntry) -> Ledger:
    run = ledger.entries[index]
    if entry.at_ms <= run.last_ms:
        return ledger
    run = replace(run, until_ms=entry.at_ms, until_volume_ml=entry.volume_ml)
    return replace(ledger, entries=(*ledger.entries[:index], run, *ledger.entries[index + 1 :]))


def _settle(ledger: Ledger, rules: InfusionRules, order: TherapyOrdered | None) -> Ledger:
    """Fold the oldest entry into what is settled."""
    oldest = ledger.entries[0]
    facts = read_order(order, None, ledger.start_weight_kg, rules)
    settled = fold(ledger.settled or Flow(), (oldest,), facts, rules, until_ms=None)
    return replace(
        ledger,
        entries=ledger.entries[1:],
        settled=settled,
        settled_at_ms=oldest.at_ms,
        settled_event_id=oldest.event_id,
    )


def flow_at(ledger: Ledger, facts: OrderFacts, at_ms: int, rules: InfusionRules) -> Flow:
    """What the ledger amounts to at a moment; later entries are ignored."""
    past = [entry for entry in ledger.entries if entry.at_ms <= at_ms]
    if not past and ledger.settled is None:
        return Flow()
    return fold(ledger.settled or Flow(), past, facts, rules, until_ms=at_ms)
