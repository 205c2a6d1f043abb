"""What holds for every test: reproducible properties, no settings of the machine it runs on, the kind of broker."""

import os
import re
import time
from collections.abc import Generator, Iterable

import pytest
from hypothesis import HealthCheck, settings

from tests.support.apache_kafka import keep_server_logs
from tests.support.brokers import choice
from tests.support.kafka_jars import CACHE, NoApacheKafkaError, kafka_jars

PREFIX = "BLINWATCH_"

# "ci" is the default for everybody: the same examples every time, so that a red test is red for all.
# HYPOTHESIS_PROFILE=dev searches new examples and more of them; a find becomes an ordinary test.
settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile(
    "dev",
    derandomize=False,
    deadline=None,
    max_examples=1000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# A developer's own settings and time zone must neither help nor hurt. Chatham (UTC+12:45) makes any use of
# local time wrong by an amount that no rule could hide.
for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]
os.environ["TZ"] = "Pacific/Chatham"
time.tzset()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--broker",
        choices=("mock", "apache"),
        default="mock",
        help="which Kafka the tests marked `kafka` talk to: the embedded mock cluster, or real Apache Kafka",
    )


def pytest_configure(config: pytest.Config) -> None:
    choice.kind = config.getoption("--broker")


def pytest_unconfigure() -> None:
    choice.close()


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Skip, and say why, what this run's broker cannot show; all of it where real Kafka is asked for and missing."""
    missing = ""
    if choice.kind == "apache":
        try:
            kafka_jars()
        except NoApacheKafkaError as error:
            missing = str(error)
    for item in items:
        other = item.get_closest_marker("apache" if choice.kind == "mock" else "mock")
        if other is not None:
            where = "real Kafka, `make test-kafka`" if choice.kind == "mock" else "the embedded broker, `make test`"
            item.add_marker(pytest.mark.skip(reason=f"only on {where}: {other.args[0]}"))
        elif choice.kind == "apache" and item.get_closest_marker("timeout") is None:
            # A first broker may take most of a minute to start on two busy cores.
            item.add_marker(pytest.mark.timeout(240))
        if missing and item.get_closest_marker("kafka") is not None:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what real brokers said when a test fails; they and their folders are gone afterwards."""
    report = yield
    if report.failed:
        kept = keep_server_logs(CACHE / "kafka-logs" / re.sub(r"[^A-Za-z0-9.]+", "-", item.nodeid))
        if kept:
            report.sections.append(("what the brokers said", "\n".join(map(str, kept))))
    return report
