"""What the demo shows: a live screen, plain lines where there is no terminal, and the summary."""

from datetime import timedelta
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from blinwatch.commands.alert_text import describe_transition, moment_text
from blinwatch.commands.demo_run import PARTITIONS, DemoRun
from blinwatch.simulate.ward_table import news_text, ward_table

BROKER_SENTENCE = (
    "The broker is the mock cluster of librdkafka inside Confluent's own confluent-kafka wheel: the real Kafka "
    "protocol over TCP, all in memory. It keeps the newest 5 MiB of each partition and forgets everything when the "
    "demo ends."
)
TO_TRY = "on the board: a patient's name leads to why; acknowledge an alert, and see below where your act is found"
SVG_WIDTH = 176
"""Columns of the recorded screen: all of the table's columns without cutting."""


def screen(run: DemoRun) -> RenderableType:
    """The whole live screen."""
    table = ward_table(run.view.patients.values(), run.stories, run.ward_now)
    return Group(
        Text.assemble(
            ("blinwatch demo", "bold"),
            f"  {len(run.beds)} simulated patients at {run.plan.speed:g}x, on the ward it is ",
            (moment_text(run.ward_now), "bold"),
            "  no real patient" if run.plan.record is None else "  one patient is a recorded real monitor",
        ),
        table,
        Panel(news_text(run.view.news), title="What happened last", title_align="left", height=8),
        _throughput(run),
        hints(run),
        Text(BROKER_SENTENCE, style="dim"),
    )


def hints(run: DemoRun) -> Text:
    """How to look at the same from another terminal."""
    bootstrap = run.settings.bootstrap_servers
    text = Text()
    for heading, words in (
        *(_gateway_hint(run)),
        ("board", f"{run.board_url}   (the ward in your browser)"),
        ("try", TO_TRY),
        ("broker", f"{bootstrap}   ({PARTITIONS} partitions a topic)"),
        ("metrics", run.metrics_url),
        ("alerts", f"blinwatch alerts --follow --bootstrap {bootstrap}   (your act comes by here)"),
        ("or kcat", f"kcat -b {bootstrap} -t alerts.lifecycle.v1 -C -o beginning"),
        ("seen", f'blinwatch ack ALERT_ID --by NAME --reason "..." --bootstrap {bootstrap}'),
    ):
        text.append(f"{heading:<8} ", style="bold")
        text.append(f"{words}\n")
    text.rstrip()
    return text


def _gateway_hint(run: DemoRun) -> tuple[tuple[str, str], ...]:
    if run.gateway is None:
        return ()
    gateway = ("HL7", f"{run.gateway.host}:{run.gateway.port}   (MLLP; monitors, pumps and admissions speak to it)")
    return gateway, ("hospital", hospital_line(run))


def hospital_line(run: DemoRun) -> str:
    """How many alerts came out as PCD-04 and as FHIR, and one of them."""
    hospital = run.hospital
    if hospital is None:
        return ""
    both = sorted(run.heard_everywhere)
    counts = f"{hospital.alarms.total()} PCD-04 messages, {hospital.resources.total()} FHIR resources"
    one = (
        f"; {hospital.heard_as_pcd04[both[-1]]} on Kafka, as PCD-04 and as {hospital.heard_as_fhir[both[-1]]}"
        if both
        else ""
    )
    return f"{counts}; {len(both)} alerts heard on Kafka and in both ways{one}"


def _throughput(run: DemoRun) -> Text:
    progress, view = run.progress, run.view
    accepted = run.counters.get("accepted", 0.0)
    standing = sum(len(status.alerts) for status in view.patients.values())
    p50, p99 = view.latency_ms(0.5), view.latency_ms(0.99)
    text = Text()
    text.append(f"{progress.events / max(run.elapsed_s, 0.001):,.0f} events/s", style="bold")
    text.append(f", {progress.events:,} sent and {progress.ticks:,} clock ticks; {accepted:,.0f} judged; ")
    text.append(f"{view.raised.total():,} alerts raised, {standing} standing", style="bold")
    text.append(f"; {run.counters.get('dead_letters', 0.0):,.0f} dead letters")
    if p50 is not None and p99 is not None:
        text.append(f"; event to alert {p50:.0f} ms, 99 % within {p99:.0f} ms")
    if progress.finished:
        text.append("; the ward's month is over", style="yellow")
    elif run.held:
        text.append("; the ward waits for the judgement", style="yellow")
    return text


def plain_line(run: DemoRun) -> Text:
    """The state of the demo on one line, for output that is no terminal."""
    return Text.assemble((moment_text(run.ward_now), "bold"), "  ", _throughput(run))


class PlainShow:
    """Prints each alert as it comes and the state now and then."""

    EVERY_S = 5.0

    def __init__(self, console: Console, run: DemoRun) -> None:
        """Says at once how to reach the demo."""
        self._console, self._run = console, run
        self._told = 0
        self._next_s = 0.0
        self._print(Text(BROKER_SENTENCE))
        self._print(hints(run))

    def show(self) -> None:
        """Print what is new."""
        view = self._run.view
        fresh = view.news_count - self._told
        self._told = view.news_count
        for step in list(view.news)[-fresh:] if fresh else []:
            self._print(describe_transition(step))
        if self._run.elapsed_s >= self._next_s:
            self._next_s = self._run.elapsed_s + self.EVERY_S
            self._print(plain_line(self._run))

    def _print(self, text: Text) -> None:
        """Long lines stay whole: what reads this is a file or another program."""
        self._console.print(text, soft_wrap=True)


def summary(run: DemoRun) -> dict[str, Any]:
    """The figures of a run, for machines."""
    view, progress = run.view, run.progress
    by_priority = {
        priority: sum(count for (_, one), count in view.raised.items() if one == priority)
        for priority in ("high", "medium", "low")
    }
    return {
        "events_sent": progress.events,
        "ticks_sent": progress.ticks,
        "records_judged": int(run.counters.get("accepted", 0.0)),
        "events_per_second": round(progress.events / max(run.elapsed_s, 0.001), 1),
        "ward_hours": round(progress.simulated_s / 3600, 2),
        "speed": run.plan.speed,
        "seed": run.plan.seed,
        "patients": {
            patient_id: {
                "story": run.stories.get(patient_id),
                "infusion": status.infusion.state,
                "crs": status.crs.current,
                "crs_worst_24h": status.crs.worst_24h,
                "alerts": [alert.code for alert in status.alerts],
            }
            for patient_id, status in sorted(view.patients.items())
        },
        "alerts_raised": view.raised.total(),
        "alerts_by_code": {
            code: sum(count for (one, _), count in view.raised.items() if one == code)
            for code in sorted({code for code, _ in view.raised})
        },
        "alerts_by_priority": by_priority,
        "transitions": dict(sorted(view.transitions.items())),
        "grade_records": dict(sorted(view.grades.items())),
        "dead_letters": int(run.counters.get("dead_letters", 0.0)),
        "event_to_alert_ms": {"p50": _rounded(view.latency_ms(0.5)), "p99": _rounded(view.latency_ms(0.99))},
        "bootstrap": run.settings.bootstrap_servers,
        "hl7": None if run.gateway is None else f"{run.gateway.host}:{run.gateway.port}",
        "hospital": _hospital(run),
        "board": run.board_url,
        "board_says": run.board_says,
        "metrics": run.metrics_url,
        "broker": "librdkafka mock cluster inside the confluent-kafka wheel, in memory",
        "ward_time": str(timedelta(seconds=round(progress.simulated_s))),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _hospital(run: DemoRun) -> dict[str, Any] | None:
    """Who heard the alerts beside the readers of Kafka."""
    hospital = run.hospital
    if hospital is None:
        return None
    both = sorted(run.heard_everywhere)
    return {
        "pcd04_messages": dict(sorted(hospital.alarms.items())),
        "fhir_resources": dict(sorted(hospital.resources.items())),
        "alerts_on_kafka_as_pcd04_and_as_fhir": len(both),
        "for_example": None
        if not both
        else {
            "alert_id": both[-1],
            "pcd04": hospital.heard_as_pcd04[both[-1]],
            "fhir": hospital.heard_as_fhir[both[-1]],
        },
    }
