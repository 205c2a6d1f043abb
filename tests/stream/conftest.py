"""Both ways of reading, each against an embedded broker of the test's own: one costs milliseconds."""

from collections.abc import Iterator

import pytest

from blinwatch.simulate.embedded_broker import EmbeddedBroker
from tests.support.embedded import catalogue_broker


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """The catalogue's topics on a broker of this test's own."""
    with catalogue_broker() as embedded:
        yield embedded


@pytest.fixture(params=["batch", "agent"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both ways of reading must behave alike."""
    return str(request.param)
