"""The gateway's metrics: a desk can tell them everything, and nothing of it names anybody."""

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from blinwatch.gateway.telling import Telling
from blinwatch.observe.gateway_metrics import GatewayMetrics
from blinwatch.observe.gateway_table import GATEWAY_METRICS


def test_everything_a_desk_tells_is_shown_and_kinds_are_a_closed_set() -> None:
    metrics = GatewayMetrics()
    telling: Telling = metrics
    telling.answered("ORU", "AA", 0.01)
    telling.answered("what a stranger sends as a kind", "AR", 0.01)
    telling.published("vitals.observed.v1")
    telling.unread("unknown_code")
    telling.clock("late")
    telling.repeated()
    telling.held(3, 2)
    telling.connected(1)
    telling.ended("closed")
    shown = generate_latest(metrics.registry).decode()
    values = {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(shown)
        for sample in family.samples
    }
    assert values["blinwatch_gateway_messages_total", ("AA", "ORU")] == 1
    assert values["blinwatch_gateway_messages_total", ("AR", "other")] == 1
    assert values["blinwatch_gateway_events_total", ("vitals.observed.v1",)] == 1
    assert values["blinwatch_gateway_unread_total", ("unknown_code",)] == 1
    assert values["blinwatch_gateway_clock_total", ("late",)] == 1
    assert values["blinwatch_gateway_repeated_total", ()] == 1
    assert (values["blinwatch_gateway_held", ()], values["blinwatch_gateway_held_expired_total", ()]) == (3, 2)
    assert values["blinwatch_gateway_connections", ()] == 1
    assert values["blinwatch_gateway_answer_seconds_count", ()] == 2
    assert "stranger" not in shown


def test_what_is_registered_is_what_the_table_documents() -> None:
    collected = {family.name for family in GatewayMetrics().registry.collect() if family.name.startswith("blinwatch_")}
    assert collected == {spec.name.removesuffix("_total") for spec in GATEWAY_METRICS}
