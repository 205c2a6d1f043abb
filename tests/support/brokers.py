"""Which broker the tests of this run talk to: the embedded mock cluster, or real Apache Kafka (`--broker apache`).

The mock cluster starts in milliseconds, so every test gets its own. Apache Kafka takes seconds, so one broker serves
all tests of a process one after another, each with topics made anew.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from tests.support.apache_kafka import ApacheKafka


class Broker(Protocol):
    """What tests need of one broker, whichever it is."""

    bootstrap: str

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """Create topics (name -> number of partitions); those of the catalogue get its configuration."""
        ...

    def set_down(self) -> None:
        """Make it unreachable; it forgets nothing."""
        ...

    def set_up(self) -> None:
        """Let it answer again."""
        ...


class SharedApache:
    """The Apache broker of this process, as one test sees it."""

    def __init__(self, kafka: ApacheKafka) -> None:
        self._kafka = kafka
        self.bootstrap = kafka.bootstrap

    def create_topics(self, topics: Mapping[str, int]) -> None:
        self._kafka.create_topics(topics)

    def set_down(self) -> None:
        self._kafka.stop_broker(1, kill=True)

    def set_up(self) -> None:
        self._kafka.start_broker(1)


class BrokerChoice:
    """The kind of broker, and the shared Apache broker once it runs."""

    def __init__(self) -> None:
        self.kind: Literal["mock", "apache"] = "mock"
        self._shared: ApacheKafka | None = None

    def empty_apache(self) -> SharedApache:
        """The shared broker, whatever the test before has left in it."""
        if self._shared is None:
            self._shared = ApacheKafka().__enter__()
        else:
            self._shared.bring_up()
            self._shared.clear()
        return SharedApache(self._shared)

    def close(self) -> None:
        """End the shared broker."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None


choice = BrokerChoice()
"""Set by tests/conftest.py."""
