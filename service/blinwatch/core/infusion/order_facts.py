"""What the order says, read once for a whole timeline.

What:      weight, body surface, dose levels, bag and region of an order in the form the rules compare in.
Source:    rule reference sections 0 (units) and A1 (weight band fixed at cycle start, Mosteller).
Inputs:    the order in force, the weight at cycle start, charted values.
Caveats:   a weight of the same cycle that differs by more than 10 % from the one at its start corrects an error, so
           the band is taken anew.
"""

from dataclasses import dataclass, replace
from math import sqrt

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.core.events import TherapyOrdered
from blinwatch.core.findings import InfusionFindings, LabelRegion
from blinwatch.core.infusion.dose_due import DoseLevels, dose_levels, step_applies
from blinwatch.core.infusion.ledger_entry import HungBag
from blinwatch.core.infusion.verdict import more_than
from blinwatch.core.units import pounds_to_kg


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """The order as the timeline reads it. `known` holds what the rules read of it; levels are the band's doses."""

    known: InfusionFindings
    levels: DoseLevels | None
    stepped: bool
    """R/R cycle 1: the dose is stepped whether or not a low-dose restart is on."""
    restart_low: bool | None
    infused_before_ms: int
    charted: InfusionFindings | None
    """What somebody charted beside the pump's story."""
    start_weight_kg: float | None
    """Weight at cycle start, where it was kept."""

    @property
    def charted_rate_ml_h(self) -> float | None:
        """A charted rate: stands in where the pump told none."""
        return None if self.charted is None else self.charted.rate_ml_h


_HOUR_MS = 3_600_000


def weight_of(order: TherapyOrdered, rules: InfusionRules) -> float | None:
    """The ordered weight in kg; pounds only where no kg are given."""
    if order.weight_kg is not None:
        return order.weight_kg
    return None if order.weight_lb is None else pounds_to_kg(order.weight_lb, rules.kg_per_lb)


def body_surface_of(order: TherapyOrdered, rules: InfusionRules) -> float | None:
    """The ordered body surface in m²; Mosteller from height and weight where it is not given."""
    weight_kg = weight_of(order, rules)
    if order.bsa_m2 is not None or order.height_cm is None or weight_kg is None:
        return order.bsa_m2
    return sqrt(order.height_cm * weight_kg / rules.mosteller_divisor)


def read_order(
    order: TherapyOrdered | None,
    charted: InfusionFindings | None,
    start_weight_kg: float | None,
    rules: InfusionRules,
) -> OrderFacts:
    """The order's facts; a charted value stands in where the order says nothing."""
    ordered = InfusionFindings() if order is None else _findings_of(order, rules)
    known = ordered if charted is None else _filled(ordered, charted)
    dose_weight_kg = band_weight_kg(known.weight_kg, start_weight_kg, rules)
    return OrderFacts(
        known=known,
        levels=dose_levels(dose_weight_kg, known.bsa_m2, rules),
        stepped=bool(step_applies(known.phase, known.cycle, rules, restart_low=None)),
        restart_low=known.restart_low,
        infused_before_ms=round(((None if order is None else order.infused_h_before) or 0.0) * _HOUR_MS),
        charted=charted,
        start_weight_kg=start_weight_kg,
    )


def band_weight_kg(weight_kg: float | None, start_weight_kg: float | None, rules: InfusionRules) -> float | None:
    """The weight that decides the dose band: that of the cycle's start, unless it was plainly wrong."""
    if weight_kg is None or start_weight_kg is None:
        return weight_kg
    change = abs(weight_kg - start_weight_kg) / start_weight_kg
    return weight_kg if more_than(change, rules.weight_correction_ratio) else start_weight_kg


def _findings_of(order: TherapyOrdered, rules: InfusionRules) -> InfusionFindings:
    return InfusionFindings(
        weight_kg=weight_of(order, rules),
        bsa_m2=body_surface_of(order, rules),
        phase=order.phase,
        cycle=order.cycle,
        label_region=order.label_region,
        benzyl_min_weight_kg=order.benzyl_min_weight_kg,
        bag_type_h=order.bag_type_h,
        bag_label_rate_ml_h=order.bag_label_rate_ml_h,
        preservative=order.preservative,
        restart_low=order.restart_low,
        filter_present=order.filter_present,
        location=order.location,
    )


_STANDING_FIELDS = (
    "weight_kg",
    "bsa_m2",
    "phase",
    "cycle",
    "label_region",
    "benzyl_min_weight_kg",
    "bag_type_h",
    "bag_label_rate_ml_h",
    "preservative",
    "restart_low",
    "filter_present",
    "location",
)


def _filled(ordered: InfusionFindings, charted: InfusionFindings) -> InfusionFindings:
    gaps = {name: getattr(charted, name) for name in _STANDING_FIELDS if getattr(ordered, name) is None}
    return replace(ordered, **gaps)


@dataclass(frozen=True, slots=True)
class BagFacts:
    """What is known of the bag that hangs, for the rules of bags and rates."""

    bag_type_h: float | None
    bag_label_rate_ml_h: float | None
    preservative: bool | None
    label_region: LabelRegion | None


def bag_facts(known: InfusionFindings, bag: HungBag | None) -> BagFacts:
    """The bag that hangs: what its change says wins, the order stands in.

    The order's label rate and preservative describe the ordered bag type, so they stand in only for a bag of that
    type or of none said.
    """
    if bag is None:
        return BagFacts(known.bag_type_h, known.bag_label_rate_ml_h, known.preservative, known.label_region)
    same = bag.bag_type_h is None or bag.bag_type_h == known.bag_type_h
    return BagFacts(
        bag_type_h=known.bag_type_h if bag.bag_type_h is None else bag.bag_type_h,
        bag_label_rate_ml_h=known.bag_label_rate_ml_h if same and bag.label_rate_ml_h is None else bag.label_rate_ml_h,
        preservative=known.preservative if same and bag.preservative is None else bag.preservative,
        label_region=known.label_region,
    )
