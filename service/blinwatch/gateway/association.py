"""Whose data is it? Which patient is in which bed, or at which device, and since when.

What:      stays (a patient at a place, from then to then), from ADT messages and from people's commands.
Caveats:   - a question is always about a moment: what a monitor measured before its patient was moved out belongs to
             the one who lay there, whenever it arrives.
           - a place holds one patient at a time: whoever arrives ends the stay of the one before.
           - nothing is inferred from an earlier message of the same device. A device that names its patient is asked
             each time, and contradicted when a bed or a command knows better: then the data is nobody's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import orjson

from blinwatch.receive.hl7.refusal import Hl7Error

STAYS_MOST = 16
"""Stays remembered of one place: two weeks of a bed that changes its patient every day."""
KEPT_AFTER_END = timedelta(days=14)
"""As long as unread messages are kept: nothing that could still be asked about an older stay exists."""
PLACES_MOST = 100_000
"""Beds and devices; the largest hospital groups have a tenth of that."""
MERGES_MOST = 100_000
"""Identifiers given up; a large hospital merges a few thousand a year."""
By = Literal["adt", "command"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One patient at one place."""

    place: str
    """`bed:...` or `device:...`."""
    patient_id: str
    since: datetime
    until: datetime | None = None
    by: By = "adt"

    def covers(self, at: datetime) -> bool:
        """Whether the patient was there at that moment; the end belongs to whoever came next."""
        return self.since <= at and (self.until is None or at < self.until)

    @property
    def key(self) -> bytes:
        """The record's key: a place and a patient, so that two gateways never write over each other's stays."""
        return f"{self.place}|{self.patient_id}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """An identifier that was given up for another; both are pseudonyms."""

    gone: str
    stays: str

    @property
    def key(self) -> bytes:
        """The record's key."""
        return f"merged:{self.gone}".encode()


Fact = Stay | Merged


def encode(fact: Fact) -> bytes:
    """A fact as the value of its record."""
    return orjson.dumps(fact)


def decode(value: bytes) -> Fact | None:
    """The fact of a record; None where a later release wrote what this one cannot read."""
    try:
        read = cast("dict[str, Any]", orjson.loads(value))
        if "gone" in read:
            return Merged(gone=str(read["gone"]), stays=str(read["stays"]))
        until = read.get("until")
        return Stay(
            place=str(read["place"]),
            patient_id=str(read["patient_id"]),
            since=datetime.fromisoformat(read["since"]),
            until=None if until is None else datetime.fromisoformat(until),
            by="command" if read.get("by") == "command" else "adt",
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


class Associations:
    """All stays and merges that are known."""

    def __init__(self) -> None:
        self._stays: dict[str, tuple[Stay, ...]] = {}
        self._merged: dict[str, str] = {}

    def take(self, fact: Fact) -> None:
        """Add what a record says. The same record twice changes nothing. Raises `Hl7Error` beyond the limits."""
        if isinstance(fact, Merged):
            if fact.gone not in self._merged and len(self._merged) >= MERGES_MOST:
                raise Hl7Error("alias_full", "MRG[1]-1", f"more than {MERGES_MOST} identifiers have been merged")
            self._merged[fact.gone] = fact.stays
            return
        before = self._stays.get(fact.place, ())
        if not before and len(self._stays) >= PLACES_MOST:
            raise Hl7Error("hold_full", "PV1[1]-3", f"more than {PLACES_MOST} beds and devices are known")
        others = [one for one in before if (one.patient_id, one.since) != (fact.patient_id, fact.since)]
        ends = [one.until for one in (fact, *before) if one not in others and one.until is not None]
        # An end stands: a gateway reads its own older record again after it has written the newer one.
        fact = replace(fact, until=min(ends, default=None))
        stays = sorted([*others, fact], key=lambda one: (one.since, one.patient_id))
        self._stays[fact.place] = tuple(stays[-STAYS_MOST:])

    def arrival(self, place: str, patient_id: str, at: datetime, by: By) -> list[Stay]:
        """The facts of an arrival: the new stay, and the end of whoever was there. Empty where nothing changes."""
        now = self._at(place, at)
        if now is not None and now.patient_id == patient_id:
            return []
        ended = [replace(now, until=at)] if now is not None and now.since < at else []
        later = [one.since for one in self._stays.get(place, ()) if one.since > at]
        return [*ended, Stay(place=place, patient_id=patient_id, since=at, until=min(later, default=None), by=by)]

    def presence(self, place: str, patient_id: str, at: datetime) -> list[Stay]:
        """As an arrival, but only into a bed that nobody is in and from which this patient has not gone before.

        An update (A08) also comes after a discharge, and still names the bed.
        """
        known = {one.patient_id for one in self._stays.get(place, ())}
        if patient_id in known or self._at(place, at) is not None:
            return []
        return self.arrival(place, patient_id, at, "adt")

    def leaves_elsewhere(self, place: str, patient_id: str, at: datetime) -> list[Stay]:
        """The ends of a patient's stays in other beds: nobody lies in two."""
        return [
            replace(one, until=at)
            for one in self.standing()
            if one.patient_id == patient_id and one.by == "adt" and one.place != place and one.since < at
        ]

    def departure(self, place: str, patient_id: str | None, at: datetime) -> list[Stay]:
        """The facts of a departure; `patient_id` None: whoever is there. Empty where nobody (or another) is."""
        now = self._at(place, at)
        if now is None or (patient_id is not None and self.current(now.patient_id) != self.current(patient_id)):
            return []
        return [replace(now, until=at)]

    def current(self, patient_id: str) -> str:
        """The identifier that stands, after all merges; a ring of merges ends where it was entered."""
        seen = {patient_id}
        while (after := self._merged.get(patient_id)) is not None and after not in seen:
            seen.add(after)
            patient_id = after
        return patient_id

    def who(self, place: str, at: datetime) -> str | None:
        """The patient at a place at a moment."""
        stay = self._at(place, at)
        return None if stay is None else self.current(stay.patient_id)

    def outdated(self, place: str, now: datetime) -> list[Stay]:
        """Stays of a place that ended so long ago that their records can go."""
        return [one for one in self._stays.get(place, ()) if one.until is not None and now - one.until > KEPT_AFTER_END]

    def standing(self) -> Iterable[Stay]:
        """Every stay that has not ended."""
        return (one for stays in self._stays.values() for one in stays if one.until is None)

    def _at(self, place: str, at: datetime) -> Stay | None:
        """The stay of a moment: of several the one that began last."""
        return next((one for one in reversed(self._stays.get(place, ())) if one.covers(at)), None)
