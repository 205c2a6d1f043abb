"""What each role of a person may do at the board.

A ward gives out the least that a job needs: who only watches cannot answer an alert, and who runs the service sees no
patient.
"""

from types import MappingProxyType
from typing import Literal, get_args

RoleName = Literal["viewer", "clinician", "pharmacist", "operator"]
Right = Literal["ward", "alarm_load", "answer", "attribute", "assess"]

ROLES: tuple[RoleName, ...] = get_args(RoleName)
RIGHTS: MappingProxyType[RoleName, frozenset[Right]] = MappingProxyType(
    {
        # A wall screen, a student, an auditor.
        "viewer": frozenset({"ward", "alarm_load"}),
        # Nurses and doctors: what changes a grade is theirs alone.
        "clinician": frozenset({"ward", "alarm_load", "answer", "attribute", "assess"}),
        # Answers interaction and premedication alerts; does not examine patients.
        "pharmacist": frozenset({"ward", "alarm_load", "answer"}),
        # Keeps the service running and needs nobody's data for that.
        "operator": frozenset({"alarm_load"}),
    }
)
RIGHT_OF_ACT: MappingProxyType[str, Right] = MappingProxyType(
    {"acknowledge": "answer", "shelve": "answer", "attribute": "attribute", "assess": "assess"}
)
"""Kinds of acts (`board.acts`) and the right that each needs."""
