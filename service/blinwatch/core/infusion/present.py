"""What is true of the infusion now, in the vocabulary that the rules read.

What:      one `InfusionFindings` from the flow record and the order.
Source:    rule reference section 0 (INFUSION fields and events).
Caveats:   fields of which nothing is known stay None, so that their rules are not asked. After the end of therapy
           nothing is asked that only a running infusion can answer.
"""

from dataclasses import replace
from typing import Any

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.age import age_years_at
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.evidence import to_ms
from blinwatch.core.findings import InfusionFindings
from blinwatch.core.infusion.cycle_length import cycle_is_complete
from blinwatch.core.infusion.flow import (
    HOUR_MS,
    MINUTE_MS,
    Flow,
    at_start_dose_ms,
    infused_total_ms,
    restart_low_in_force,
    step_in_force,
)
from blinwatch.core.infusion.ledger_entry import HungBag
from blinwatch.core.infusion.order_facts import BagFacts, OrderFacts, bag_facts

_DAY_MS = 24 * HOUR_MS


def cycle_start_ms(flow: Flow, facts: OrderFacts) -> int | None:
    """First drop of the cycle; hours infused before anybody listened push it back."""
    return None if flow.first_drop_ms is None else flow.first_drop_ms - facts.infused_before_ms


def age_known_at(order: TherapyOrdered | None, facts: OrderFacts, at_ms: int) -> float | None:
    """Age by the order, else as charted."""
    age_years = None if order is None else age_years_at(order, at_ms)
    return facts.charted.age_years if age_years is None and facts.charted is not None else age_years


def is_active(flow: Flow) -> bool:
    """Whether a cycle is on: begun, and not declared over."""
    return flow.first_drop_ms is not None and not flow.therapy_over


def hanging_bag(flow: Flow, facts: OrderFacts) -> HungBag | None:
    """The bag whose hang time is known: the last documented change, else the bag that first drop came from.

    The latter is judged of a pump that reports periodically only, and not when the cycle began before it did.
    """
    if not is_active(flow) or flow.ended_ms is not None:
        return None
    if flow.bag is not None:
        return flow.bag
    if not flow.reports_status or facts.infused_before_ms or flow.first_drop_ms is None:
        return None
    return HungBag(hung_ms=flow.first_drop_ms, event_id="")


def last_sign_ms(flow: Flow) -> int | None:
    """Since when nothing has been heard of the pump; None where silence says nothing.

    A gateway that lost the pump starts the silence; what the pump said after that restarts it.
    """
    if not is_active(flow) or flow.ended_ms is not None:
        return None
    if flow.comm_lost_ms is not None:
        return max(flow.comm_lost_ms, flow.last_message_ms or flow.comm_lost_ms)
    return flow.last_message_ms if flow.reports_status else None


def drug_free_h(flow: Flow, order: TherapyOrdered | None, at_ms: int, rules: InfusionRules) -> float | None:
    """Hours without drug before this cycle, told for 24 h after its first drop."""
    first_ms = flow.first_drop_ms
    if first_ms is None or at_ms - first_ms > rules.past_event_current_h * HOUR_MS:
        return None
    end_ms = flow.previous_end_ms
    if order is not None and order.previous_cycle_ended_at is not None:
        end_ms = to_ms(order.previous_cycle_ended_at)
    return None if end_ms is None or end_ms > first_ms else (first_ms - end_ms) / HOUR_MS


def present_findings(
    flow: Flow, facts: OrderFacts, order: TherapyOrdered | None, at_ms: int, rules: InfusionRules
) -> InfusionFindings:
    """Everything the rules may read, as of `at_ms`."""
    active = is_active(flow)
    bag = bag_facts(facts.known, flow.bag)
    values: dict[str, Any] = {
        "age_years": age_known_at(order, facts, at_ms),
        "restart_low": restart_low_in_force(flow, facts) or facts.restart_low,
        "location": facts.known.location if active or _day_is_charted(flow, facts) else None,
        "bag_type_h": bag.bag_type_h,
        "bag_label_rate_ml_h": bag.bag_label_rate_ml_h,
        "preservative": bag.preservative,
    }
    if flow.first_drop_ms is not None:
        infused_h = infused_total_ms(flow, facts) / HOUR_MS
        values["infused_h_total"] = infused_h
        values |= _gap(flow, at_ms, complete=cycle_is_complete(infused_h, rules))
    if active:
        values |= _cycle(flow, facts, order, at_ms, rules)
        values |= _rate(flow, at_ms)
        values |= _bag_age(flow, facts, bag, at_ms)
    return replace(facts.known, **values)


def _day_is_charted(flow: Flow, facts: OrderFacts) -> bool:
    """Before first drop the setting is judged only where somebody charted the cycle day."""
    return not flow.therapy_over and facts.charted is not None and facts.charted.cycle_day is not None


def _cycle(
    flow: Flow, facts: OrderFacts, order: TherapyOrdered | None, at_ms: int, rules: InfusionRules
) -> dict[str, Any]:
    start_ms = cycle_start_ms(flow, facts)
    sign_ms = last_sign_ms(flow)
    stepped = step_in_force(flow, facts)
    return {
        "cycle_day": None if start_ms is None else (at_ms - start_ms) // _DAY_MS + 1,
        "drug_free_h": drug_free_h(flow, order, at_ms, rules),
        "programmed_dose_mcg_day": flow.dose_mcg_day,
        "infused_h_at_start_dose": at_start_dose_ms(flow, facts, rules) / HOUR_MS if stepped else None,
        "minutes_since_message": None if sign_ms is None else max(0, at_ms - sign_ms) / MINUTE_MS,
    }


def _gap(flow: Flow, at_ms: int, *, complete: bool) -> dict[str, Any]:
    """The open gap; after a complete cycle the time since its end, which `cycle_length` reads as not running."""
    if flow.gap is not None:
        length_min = flow.gap.length_ms(at_ms) / MINUTE_MS
        return {"gap_min": length_min, "gap_reason": flow.gap.reason, "restarted": False}
    if flow.ended_ms is not None and complete:
        return {"gap_min": max(0, at_ms - flow.ended_ms) / MINUTE_MS, "restarted": False}
    return {}


def _rate(flow: Flow, at_ms: int) -> dict[str, Any]:
    """The measured rate while drug flows. A rate that only turned a shortfall into time needs no bag type."""
    if not flow.flowing or flow.rate_ml_h is None:
        return {}
    if flow.rate_due_ml_h is None and flow.shortfall_ms is not None:
        return {}
    since_ms = at_ms if flow.deviating_since_ms is None else flow.deviating_since_ms
    return {"rate_ml_h": flow.rate_ml_h, "deviation_min": max(0, at_ms - since_ms) / MINUTE_MS}


def _bag_age(flow: Flow, facts: OrderFacts, known: BagFacts, at_ms: int) -> dict[str, Any]:
    """Hang time and storage of the bag. Hanging is at room temperature, so hang time counts there too."""
    bag = hanging_bag(flow, facts)
    if bag is None:
        return {}
    values: dict[str, Any] = {
        "fridge_d": bag.fridge_d,
        "rerefrigerated": bag.rerefrigerated,
        "recon_h": bag.recon_h,
        "recon_storage": bag.recon_storage,
    }
    if known.bag_type_h is not None:
        since_warm_ms = bag.hung_ms if bag.warmed_ms is None else min(bag.warmed_ms, bag.hung_ms)
        values["hang_h"] = max(0, at_ms - bag.hung_ms) / HOUR_MS
        values["room_temp_h"] = (bag.room_temp_h_before or 0.0) + max(0, at_ms - since_warm_ms) / HOUR_MS
    return values
