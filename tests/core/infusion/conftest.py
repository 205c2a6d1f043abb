"""The infusion part of the rulebook in force."""

import pytest

from blinwatch.clinical.infusion_rules import InfusionRules
from blinwatch.clinical.rulebook import Rulebook


@pytest.fixture(scope="session")
def rules(rulebook: Rulebook) -> InfusionRules:
    return rulebook.infusion
