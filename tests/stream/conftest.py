"""Both ways of reading, each against a broker that has nothing in it but the catalogue's topics."""

from collections.abc import Iterator

import pytest

from tests.support.brokers import Broker
from tests.support.embedded import catalogue_broker


@pytest.fixture
def broker() -> Iterator[Broker]:
    """The catalogue's topics on a broker of this test's own."""
    with catalogue_broker() as one:
        yield one


@pytest.fixture(params=["batch", "agent"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both ways of reading must behave alike."""
    return str(request.param)
