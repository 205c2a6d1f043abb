"""The patient of the self-test, who is no person, and how everybody can see that.

What:      `blinwatch doctor` asks a running installation about a patient of its own. Ids that begin with `MARK` are
           the doctor's and nobody else's.
Caveats:   no sender can use such an id: every identifier of an event begins with a letter or a digit
           (`event_header.Identifier`), so any other record about one is refused, by workers of every release.
"""

MARK = "~doctor."
"""How the id of every self-test patient begins."""
ALARM_CODE = "INF_AIR"
"""The alert that a self-test raises: it needs one charted fact, no history, and ends at once with it."""


def is_self_test(patient_id: str) -> bool:
    """Whether this is the doctor's patient."""
    return patient_id.startswith(MARK)
