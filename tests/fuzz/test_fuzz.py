"""A short, seeded run over every reader; the long one is `python -m tests.fuzz --seconds 3600`."""

import random

import pytest

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import SEEDS, TARGETS

INPUTS = 400


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_reader_takes_its_seeds_and_never_breaks_over_what_is_made_of_them(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)
    chance = random.Random(f"{name} 1")  # noqa: S311 - the same every time
    for number in range(INPUTS):
        content = mutated(chance.choice(SEEDS[name]), chance)
        try:
            TARGETS[name](content)
        except Exception as error:
            raise AssertionError(f"input {number} of {name}: {content!r}") from error


def test_the_same_number_makes_the_same_input() -> None:
    first, second = (random.Random(5) for _ in range(2))  # noqa: S311 - the same every time
    assert mutated(SEEDS["fhir"][0], first) == mutated(SEEDS["fhir"][0], second) != SEEDS["fhir"][0]
