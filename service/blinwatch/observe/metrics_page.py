"""`docs/operating/metrics.md`: every metric and every label, written from the tables."""

from collections.abc import Iterable

from blinwatch.observe.doctor_table import DOCTOR_METRICS
from blinwatch.observe.forward_table import FORWARD_METRICS
from blinwatch.observe.gateway_table import GATEWAY_METRICS
from blinwatch.observe.metric_table import LABEL_MEANINGS, METRICS, MetricSpec
from blinwatch.observe.sealer_table import SEALER_METRICS

PROCESSES: dict[str, tuple[MetricSpec, ...]] = {
    "worker": METRICS,
    "gateway": GATEWAY_METRICS,
    "forwarder": FORWARD_METRICS,
    "sealer": SEALER_METRICS,
    "doctor": DOCTOR_METRICS,
}
ALL_METRICS: tuple[MetricSpec, ...] = tuple(spec for specs in PROCESSES.values() for spec in specs)
_INTRODUCTIONS = {
    "worker": "A worker serves them at `/metrics`.",
    "forwarder": "`blinwatch forward` serves them at the port that `--metrics-port` names.",
    "sealer": "`blinwatch audit seal` serves them at the port that `--metrics-port` names.",
    "gateway": "A gateway serves them at the port that `--metrics-port` names.",
    "doctor": "`blinwatch doctor --every` serves them at the port that `--metrics-port` names.",
}


def render_metrics_page() -> str:
    """The page, as Markdown."""
    lines = [
        "# Metrics",
        "",
        "Generated from the tables in `service/blinwatch/observe/`: change them there, then run",
        "`python -m blinwatch.observe.metrics_page > docs/operating/metrics.md`.",
        "",
        "They watch the service; patients are watched on alert topics. No label holds a patient identifier. The",
        "Prometheus client adds its `process_*` metrics.",
    ]
    for process, specs in PROCESSES.items():
        lines += ["", f"## Of a {process}", "", _INTRODUCTIONS[process], "", *_table(specs)]
    lines += ["", "## Labels", "", "| label | values |", "|---|---|"]
    lines += [f"| `{label}` | {meaning} |" for label, meaning in LABEL_MEANINGS.items()]
    lines += ["", "## Buckets", "", "| histogram | upper bounds |", "|---|---|"]
    lines += [
        f"| `{spec.name}` | {', '.join(f'{bound:g}' for bound in spec.buckets)} |"
        for spec in ALL_METRICS
        if spec.buckets
    ]
    return "\n".join([*lines, ""])


def _table(specs: Iterable[MetricSpec]) -> Iterable[str]:
    yield "| metric | kind | labels | meaning |"
    yield "|---|---|---|---|"
    for spec in specs:
        labels = ", ".join(f"`{label}`" for label in spec.labels) or "–"
        yield f"| `{spec.name}` | {spec.kind} | {labels} | {spec.meaning} |"


if __name__ == "__main__":
    print(render_metrics_page(), end="")  # noqa: T201
