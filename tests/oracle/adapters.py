"""The service's answer to a case, by the same door as `blinwatch cases`: case table, `step`, `tell_status`.

Definition: turns the fields of a case into the status that the second opinion is compared with.
Source: none; this file knows how to ask, not what is right.
Inputs: `given` in the vocabulary of section 0 of the rule reference.
Caveats: whole status records are handed over, so that one run answers every query.
"""

import json
from functools import cache
from typing import Any
from unittest.mock import patch

from pydantic import TypeAdapter

from blinwatch.clinical.load_rulebook import load_rulebook
from blinwatch.clinical.rulebook import Rulebook
from blinwatch.core.decisions import PatientStatus
from blinwatch.core.patient_state import new_patient
from blinwatch.core.step import present, step
from blinwatch.core.tell_status import tell_status
from blinwatch.receive import case_table


@cache
def rulebook() -> Rulebook:
    """The rulebook in force, read once."""
    return load_rulebook()


_reader = cache(TypeAdapter)
"""One reader a record type: making one takes milliseconds, and a long run reads millions of records."""


def as_case(domain: str, given: dict[str, Any]) -> case_table.Case:
    """One row of a case table, read as the case runner reads it."""
    cells = {"id": "generated", "domain": domain, "given": json.dumps(given), "expected": "?", "rule": "", "flags": ""}
    with patch.object(case_table, "TypeAdapter", _reader):
        return case_table._case("generated", {}, cells)


def status_of(domain: str, given: dict[str, Any]) -> PatientStatus:
    """What a ward board would show after the case, at its query."""
    state = new_patient(case_table.PATIENT)
    for event in as_case(domain, given).events:
        state, _ = step(state, event, rulebook())
    return tell_status(present(state, rulebook()), None, rulebook())
