"""RAS, RGV and RDE: doses given become `medication_administered`, doses to be given become a question.

What:      RAS (RXA): given, started, stopped. RGV (RXG) and RDE (RXE): nobody has been given anything yet; they ask the
           interaction check (`interaction_assessed`), whose answer comes on `interactions.checked.v1`.
Source:    HL7 v2.5.1 chapter 4A; tables 0162 (route), 0322 (completion status), 0206 (action).
Caveats:   - blinatumomab itself is watched at its pump and is no medication beside itself.
           - a dose counts in mg, g, µg or g/m²; in other units (tablets, mL) the drug counts and the dose is unknown.
           - a record that deletes an earlier one cannot take it back from the judgement: it is kept as `withdrawn`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from blinwatch.receive.hl7.device_clock import Stamp, read_stamp
from blinwatch.receive.hl7.draft import ASSESSMENTS, MEDICATIONS, Draft, Group
from blinwatch.receive.hl7.message import Segment
from blinwatch.receive.hl7.our_drug import is_blinatumomab
from blinwatch.receive.hl7.refusal import Hl7Error, Unread

_ROUTES = {
    "IV": "iv", "IVP": "iv", "IVPB": "iv", "PO": "oral", "IT": "intrathecal", "TD": "transdermal",
    "SC": "subcutaneous", "SQ": "subcutaneous", "SUBQ": "subcutaneous", "IM": "intramuscular",
    "TP": "topical", "IH": "inhaled",
}  # fmt: skip
MG_OF_UNIT = {"mg": 1.0, "g": 1000.0, "ug": 0.001, "mcg": 0.001, "MDC_DIM_MILLI_G": 1.0, "MDC_DIM_MICRO_G": 0.001}
_PER_AREA = frozenset({"g/m2"})
_NOT_GIVEN = frozenset({"RE", "NA"})
_DISCONTINUES = frozenset({"DC", "OD", "CA", "OC", "DR", "CR"})


@dataclass(frozen=True, slots=True)
class _Order:
    """One order's segments: ORC and what follows it."""

    control: str
    details: tuple[Segment, ...]
    route: Segment | None


def read_administrations(segments: tuple[Segment, ...], group: Group) -> None:
    """RAS: add the events of the doses given."""
    for order in _orders(segments, "RXA"):
        for rxa in order.details:
            try:
                _administered(rxa, order, group)
            except Hl7Error as error:
                group.unread.append(error.unread(rxa.whole()))


def read_orders(segments: tuple[Segment, ...], group: Group) -> None:
    """RGV and RDE: ask about each drug that is ordered."""
    for name, field in (("RXG", 4), ("RXE", 2)):
        for order in _orders(segments, name):
            for one in order.details:
                _ask(one, field, order, group)


def _orders(segments: tuple[Segment, ...], name: str) -> Iterator[_Order]:
    control, details, route = "", list[Segment](), None
    for segment in segments:
        if segment.name == "ORC":
            if details:
                yield _Order(control, tuple(details), route)
            control, details, route = segment.text(1).upper(), [], None
        elif segment.name == name:
            details.append(segment)
        elif segment.name == "RXR":
            route = route or segment
    if details:
        yield _Order(control, tuple(details), route)


def _administered(rxa: Segment, order: _Order, group: Group) -> None:
    if rxa.text(21).upper() == "D":
        raise Hl7Error("withdrawn", rxa.where(21), "an earlier record is deleted; what was judged with it stands")
    if rxa.text(20).upper() in _NOT_GIVEN:
        raise Hl7Error("not_given", rxa.where(20), "the dose was refused or not administered")
    drug = _drug(rxa, 5)
    if is_blinatumomab(rxa, 5):
        raise Hl7Error("other_infusion", rxa.where(5), "blinatumomab itself is watched at its pump")
    start = read_stamp(rxa.text(3), rxa.where(3), group.clock.zone)
    end = read_stamp(rxa.text(4), rxa.where(4), group.clock.zone)
    if start is None:
        raise Hl7Error("missing_field", rxa.where(3), "nothing says when the dose was given")
    fields: dict[str, object] = {"type": "medication_administered", **drug, **_route(order, group)}
    continuous = bool(rxa.text(12)) or "/h" in rxa.text(7) or "/min" in rxa.text(7)
    if order.control in _DISCONTINUES:
        _add(group, rxa, {**fields, "action": "stopped"}, end or start)
    elif continuous:
        _add(group, rxa, {**fields, "action": "started"}, start)
        if end is not None and end.at > start.at:
            _add(group, rxa, {**fields, "action": "stopped"}, end)
    else:
        dosed = {**fields, **_dose(rxa, group), **_purpose(rxa)}
        _add(group, rxa, dosed, start)


def _add(group: Group, rxa: Segment, fields: dict[str, object], at: Stamp) -> None:
    moment = group.clock.charted(at)
    group.drafts.append(Draft(topic=MEDICATIONS, fields=fields, moment=moment, where=rxa.where(5)))


def _ask(one: Segment, field: int, order: _Order, group: Group) -> None:
    if order.control in _DISCONTINUES:
        detail = "an order is cancelled or discontinued: nothing is given by that"
        group.unread.append(Unread(reason="not_given", where=one.where(1), detail=detail, part=one.whole()))
        return
    if is_blinatumomab(one, field):
        detail = "an order of blinatumomab; the therapy order comes on therapy.orders.v1"
        group.unread.append(Unread(reason="other_infusion", where=one.where(field), detail=detail))
        return
    try:
        drug = _drug(one, field)
    except Hl7Error as error:
        group.unread.append(error.unread(one.whole()))
        return
    findings = {name: drug[name] for name in ("drug", "atc") if name in drug} | _route(order, group)
    fields: dict[str, object] = {"type": "interaction_assessed", "findings": findings}
    moment = group.clock.charted(None)
    group.drafts.append(Draft(topic=ASSESSMENTS, fields=fields, moment=moment, where=one.where(field)))


def _drug(segment: Segment, field: int) -> dict[str, object]:
    """Name and codes of a drug. Raises `Hl7Error` where it has neither."""
    names = [segment.text(field, component) for component in (2, 5, 9, 1, 4)]
    name = next((one for one in names if one), "")
    if not name:
        raise Hl7Error("missing_field", segment.where(field), "the drug is not named")
    found: dict[str, object] = {"drug": name}
    for first in (1, 4):
        system = segment.text(field, first + 2).upper()
        if system in ("RXNORM", "RXN"):
            found.setdefault("rxnorm", segment.text(field, first))
        elif system in ("ATC", "WHOATC", "ATCC", "WC"):
            found.setdefault("atc", segment.text(field, first))
    return found


def _route(order: _Order, group: Group) -> dict[str, object]:
    if order.route is None or not order.route.raw(1):
        return {}
    route = _ROUTES.get(order.route.text(1).upper())
    if route is None:
        detail = "the route is none that is told apart here; the drug counts as given systemically"
        where, part = order.route.where(1), order.route.whole()
        group.unread.append(Unread(reason="unknown_code", where=where, detail=detail, part=part))
        return {}
    return {"route": route}


def _dose(rxa: Segment, group: Group) -> dict[str, object]:
    written, amount = [rxa.text(7, component) for component in (1, 2)], rxa.text(6)
    if not amount or amount == "999":  # HL7's own word for "not recorded"
        return {}
    try:
        value = float(amount) if amount.isascii() and "_" not in amount else float("nan")
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise Hl7Error("wrong_value", rxa.where(6), "must be a number")
    for unit in written:
        if unit in _PER_AREA:
            return {"dose_g_m2": value}
        if unit in MG_OF_UNIT:
            return {"dose_mg": value * MG_OF_UNIT[unit]}
    detail = "the dose is in none of mg, g, ug, g/m2: the drug counts, its dose is unknown"
    group.unread.append(Unread(reason="unknown_unit", where=rxa.where(7), detail=detail, part=rxa.whole()))
    return {}


def _purpose(rxa: Segment) -> dict[str, object]:
    """RXA-19, where it says premedication: the one purpose that a rule waits for."""
    said = f"{rxa.text(19)} {rxa.text(19, 2)}".lower()
    return {"purpose": "premed"} if "premed" in said else {}
