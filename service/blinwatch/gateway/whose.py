"""The patient of one draft: by what the message names, what people said, and who lies in the bed; or nobody's.

Caveats:   where two of them disagree, the data is given to neither: a wrong patient is worse than a missing value.
"""

from dataclasses import dataclass
from datetime import datetime

from blinwatch.gateway.association import Associations
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.receive.hl7.draft import PUMP, VITALS, Draft, Group
from blinwatch.receive.hl7.refusal import Hl7Error

_MEASURED = frozenset({VITALS, PUMP})
"""What a device at a bed tells. A laboratory's or a pharmacy's message says a bed too, often an old one."""
_UNTRUSTED = frozenset({"never_set", "unsynchronised", "ahead_corrected", "hour_ambiguous"})


@dataclass(frozen=True, slots=True)
class Resolver:
    """Answers whose a draft is."""

    associations: Associations
    pseudonyms: Pseudonyms
    beds_count: bool = True
    """Whether a bed's occupant counts for a device that names nobody."""

    def patient_of(self, group: Group, draft: Draft, received_at: datetime) -> str:
        """The pseudonym. Raises `Hl7Error`: nobody's, of two people, or an identifier that cannot be used."""
        claimed = ""
        if group.patient:
            claimed = self.associations.current(self.pseudonyms.of(group.patient, group.authority))
        if draft.topic not in _MEASURED:
            if not claimed:
                raise Hl7Error("no_patient", "PID[1]-3", "the message names no patient")
            return claimed
        found = self._found(group, draft, draft.moment.at, claimed)
        if draft.moment.flags & _UNTRUSTED and self._found(group, draft, received_at, claimed) != found:
            raise Hl7Error(
                "patient_conflict", draft.where, "the device's clock is wrong, and its patient has changed since"
            )
        return found

    def _found(self, group: Group, draft: Draft, at: datetime, claimed: str) -> str:
        by_device = [self.associations.who(f"device:{name}", at) for name in draft.devices]
        by_bed = self.associations.who(group.bed, at) if group.bed and self.beds_count else None
        said = {one for one in (claimed, *by_device, by_bed) if one}
        if len(said) == 1:
            return said.pop()
        if said:
            message = "the message, its device and its bed do not agree on the patient; it is given to neither"
            raise Hl7Error("patient_conflict", draft.where, message)
        message = "no patient is known for this device or bed at that moment; held until one is"
        raise Hl7Error("unassociated", draft.where, message)
