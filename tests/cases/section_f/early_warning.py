"""NEWS2 for adults, each band's edges, and Brighton PEWS where charted, from section F."""

from typing import Any

from tests.cases.section_f.chart import NEWS2_EMERGENCY, NEWS2_URGENT, PEWS, Scenario, signs, vitals

WELL: dict[str, Any] = {
    "respiratory_rate_per_min": 16,
    "spo2_pct": 97,
    "o2_device": "room_air",
    "sbp_mmhg": 125,
    "heart_rate_bpm": 70,
    "consciousness": "alert",
    "temperature_c": 37.0,
}
BANDS: dict[str, tuple[tuple[float, int], ...]] = {
    "respiratory_rate_per_min": ((8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3)),
    "spo2_pct": ((91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0)),
    "sbp_mmhg": ((90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3)),
    "heart_rate_bpm": ((40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3)),
    "temperature_c": (
        (35.0, 3),
        (35.04, 3),
        (35.1, 1),
        (36.0, 1),
        (36.1, 0),
        (38.0, 0),
        (38.04, 0),
        (38.05, 1),
        (38.1, 1),
        (39.0, 1),
        (39.1, 2),
    ),
}
"""Value and points, at both edges of every band."""
FILLERS: tuple[tuple[str, float, int], ...] = (
    ("heart_rate_bpm", 115, 2),
    ("respiratory_rate_per_min", 22, 2),
    ("spo2_pct", 92, 2),
    ("sbp_mmhg", 95, 2),
    ("temperature_c", 38.5, 1),
    ("heart_rate_bpm", 95, 1),
    ("spo2_pct", 94, 1),
    ("sbp_mmhg", 105, 1),
)
"""Points from other signs, none of them a single 3, to bring a total to just at or just below a limit."""
LIMITS = ((5, NEWS2_URGENT), (7, NEWS2_EMERGENCY))
RULE = "Urgent >= 5 or any single 3; emergency >= 7"


def filled(signal: str, points: int) -> dict[str, Any]:
    """Signs other than `signal` that give exactly so many points."""
    seen: dict[str, Any] = {}
    left = points
    for name, value, worth in FILLERS:
        if name not in (signal, *seen) and worth <= left:
            seen[name] = value
            left -= worth
    assert left == 0, f"the fillers cannot give {points} points beside {signal}"
    return seen


def _story(name: str, observed: dict[str, Any], total: int, *, single_three: bool, age_years: float = 50) -> Scenario:
    stands: set[str] = {finding for limit, finding in LIMITS if total >= limit} | (
        {NEWS2_URGENT} if single_three else set[str]()
    )
    if NEWS2_EMERGENCY in stands:
        stands.discard(NEWS2_URGENT)  # whether the lower level is shown beside the higher is the product's business
        absent = frozenset[str]()
    else:
        absent = frozenset({NEWS2_URGENT, NEWS2_EMERGENCY} - stands)
    facts = (vitals(1, **{**WELL, **observed}),)
    return Scenario(name, RULE, age_years, facts, stands=frozenset(stands), absent=absent)


def _bands() -> list[Scenario]:
    stories: list[Scenario] = []
    for signal, edges in BANDS.items():
        for value, points in edges:
            totals = {points, 6, 7} if points == 3 else {4, 5, 6, 7}
            for total in sorted(totals):
                observed = {**filled(signal, total - points), signal: value}
                name = f"{signal} {value}: {points}, total {total}"
                stories.append(_story(name, observed, total, single_three=points == 3))
    return stories


def _oxygen_and_consciousness() -> list[Scenario]:
    stories = [_story("well: 0 points", {}, 0, single_three=False)]
    oxygen = {"o2_device": "nasal_cannula", "o2_flow_l_min": 2}
    for total in (4, 5):
        observed = {**filled("", total - 2), **oxygen}
        stories.append(_story(f"oxygen: 2, total {total}", observed, total, single_three=False))
    stories += [
        _story(f"{level} is a single 3", {"consciousness": level}, 3, single_three=True)
        for level in ("confusion", "voice", "pain", "unresponsive")
    ]
    stories.append(_story("voice, total 7", {"consciousness": "voice", **filled("", 4)}, 7, single_three=True))
    return stories


def _age() -> list[Scenario]:
    grave = {**WELL, "heart_rate_bpm": 135, "respiratory_rate_per_min": 28, "sbp_mmhg": 88}
    both = frozenset({NEWS2_URGENT, NEWS2_EMERGENCY})
    return [
        Scenario("18 y is an adult", "Adult: NEWS2", 18.0, (vitals(1, **grave),), stands=frozenset({NEWS2_EMERGENCY})),
        Scenario("17.9 y is none", "Adult: NEWS2", 17.9, (vitals(1, **grave),), absent=both),
    ]


def _pews() -> list[Scenario]:
    rule = "behaviour, cardiovascular, respiratory 0-3 each, alert >= 5 or any 3"
    rows = (
        ((0, 0, 0), False),
        ((2, 2, 0), False),
        ((2, 1, 1), False),
        ((2, 2, 1), True),
        ((1, 2, 2), True),
        ((3, 0, 0), True),
        ((0, 3, 0), True),
        ((0, 0, 3), True),
    )
    stories: list[Scenario] = []
    for (behaviour, heart, lungs), alerts in rows:
        fact = signs(1, pews_behaviour=behaviour, pews_cardiovascular=heart, pews_respiratory=lungs)
        found = frozenset({PEWS})
        stories.append(
            Scenario(
                f"PEWS {behaviour} + {heart} + {lungs}",
                rule,
                6,
                (fact,),
                stands=found if alerts else frozenset(),
                absent=frozenset() if alerts else found,
            )
        )
    return stories


SCENARIOS = [*_bands(), *_oxygen_and_consciousness(), *_age(), *_pews()]
