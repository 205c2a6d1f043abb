"""What one check found, and what all of them come to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Check = Literal["broker", "topics", "workers", "test_patient"]
CHECKS: tuple[Check, ...] = get_args(Check)
Verdict = Literal["well", "failed", "not_asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check's answer."""

    check: Check
    verdict: Verdict
    said: str
    """One sentence for a person."""
    remedy: str = ""
    """What to do; empty where all is well."""
    alert_s: tuple[float, ...] = ()
    """Of the test patient: from the event handed over to the alert read, one for each partition that answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All findings of one round."""

    at: datetime
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing failed."""
        return not any(one.verdict == "failed" for one in self.findings)
