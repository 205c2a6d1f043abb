"""Where the service is known to answer otherwise than the rule reference says, until it is mended.

Definition: each entry is one fault of the service: what, the sentence of the reference, a case, what is wanted.
Source: found by this folder's tests.
Inputs: none.
Caveats: the generated comparison passes over a difference that an entry explains, and over nothing else. Once
mended, the entry's own test turns red (strict expected failure): remove the entry then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Explains = Callable[[dict[str, Any], str], bool]
"""Whether a case and one of its differences (a sentence of differences.py) are an instance of the fault."""


@dataclass(frozen=True)
class KnownDisagreement:
    """One fault."""

    name: str
    sentence: str
    """What the reference says."""
    domain: str
    case: dict[str, Any]
    explains: Explains


def _reactions(given: dict[str, Any]) -> list[dict[str, Any]]:
    shared = {name: value for name, value in given.items() if name != "reactions"}
    return [{**shared, **entry} for entry in given.get("reactions", [{}])]


def _any(test: Callable[[dict[str, Any]], bool], *services: str) -> Explains:
    """A fault in any of the reactions, by which the service answers one of these codes."""

    def explains(given: dict[str, Any], difference: str) -> bool:
        answers = any(f"service {code} " in difference for code in services)
        return answers and any(test(reaction) for reaction in _reactions(given))

    return explains


def _recurring_liver(reaction: dict[str, Any]) -> bool:
    names = ("interruption_h", "hours_since_restart")
    return (
        reaction.get("reaction") == "liver"
        and reaction.get("recurrence") is True
        and all(reaction.get(name) is not None for name in names)
    )


def _late(reaction: dict[str, Any]) -> bool:
    """More than 336 h, of a reaction other than neurological."""
    hours = max(reaction.get("hours_since_onset", 0), reaction.get("hours_to_le_g1", 0))
    return reaction.get("reaction") in {"other", "liver"} and hours > 336


KNOWN = (
    KnownDisagreement(
        name="the interruption before a low restart makes a mild recurrence of a liver reaction a grade 3",
        sentence='DM-5: "recurrence <= G2 -> DM_HOLD_LOW until gone"',
        domain="DOSE_MOD",
        case={
            "weight_kg": 70, "age_years": 40, "reaction": "liver", "recurrence": True, "grade": 2,
            "hours_since_restart": 100, "interruption_h": 100, "alt_x_uln": 4, "bili_x_uln": 1,
        },
        explains=_any(_recurring_liver, "DM_INTERRUPT", "DM_RESTART_LOW_SAME_CYCLE", "DM_RESTART_LOW_NEW_CYCLE"),
    ),
    KnownDisagreement(
        name="a grade 4 of more than 14 days is discontinued by the clock of grade 3",
        sentence='DM-12: "other G4 | DM_CONSIDER_DISCONTINUE"; DM-11 is "other clinically relevant G3"',
        domain="DOSE_MOD",
        case={
            "weight_kg": 70, "age_years": 40, "reaction": "other", "episode_grade": 4, "current_grade": 2,
            "hours_since_onset": 400,
        },
        explains=_any(_late, "DM_DISCONTINUE"),
    ),
    KnownDisagreement(
        name="a mild recurrence on the low restart is discontinued by the clock of the first event",
        sentence='DM-5: "recurrence <= G2 -> DM_HOLD_LOW until gone"',
        domain="DOSE_MOD",
        case={
            "weight_kg": 70, "age_years": 40, "reaction": "other", "episode_grade": 3, "current_grade": 2,
            "hours_since_onset": 400, "hours_since_restart": 100,
        },
        explains=_any(_late, "DM_DISCONTINUE"),
    ),
    KnownDisagreement(
        name="another reaction with a grade now is called incomplete",
        sentence='section 0: "`grade` (now, or reached when `episode_grade` is absent)"',
        domain="DOSE_MOD",
        case={"weight_kg": 70, "age_years": 40, "reaction": "other", "grade": 3, "hours_since_onset": 200},
        explains=lambda given, difference: (
            difference.startswith("INCOMPLETE: oracle False")
            and any(one.get("reaction") == "other" and "current_grade" not in one for one in _reactions(given))
        ),
    ),
    KnownDisagreement(
        name="a seizure without a count is not called incomplete",
        sentence='section D: "Missing ... `seizure_count` = 1 ... each `INCOMPLETE`"',
        domain="DOSE_MOD",
        case={
            "weight_kg": 70, "age_years": 40, "reaction": "seizure", "hours_since_onset": 1, "onset_dose_level": "full",
        },
        explains=lambda given, difference: (
            difference.startswith("INCOMPLETE: oracle True")
            and any(one.get("reaction") == "seizure" and "seizure_count" not in one for one in _reactions(given))
        ),
    ),
)  # fmt: skip
