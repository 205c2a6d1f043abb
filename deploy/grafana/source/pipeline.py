"""The pipeline from records to commits: throughput, batches, times, memory, processor, Kafka."""

from deploy.grafana.source.frame import Page, Row
from deploy.grafana.source.look import HIGH, MEDIUM, Step
from deploy.grafana.source.panels import Graph, Tile

WORKERS = 'job="blinwatch-worker"'
STATE_LIMIT_BYTES = 65_536
CONTAINER_BYTES = 2_000_000_000
"""`mem_limit` of a worker in docker-compose.yml."""


def _shares(histogram: str) -> dict[str, str]:
    return {
        name: f"histogram_quantile({share:g}, sum by (le) (rate({histogram}_bucket[$__rate_interval])))"
        for name, share in (("half", 0.5), ("99 of 100", 0.99))
    }


NOW = Row(
    "Now",
    (
        Tile(
            title="Events a second",
            about="Records judged, all workers together.",
            unit="short",
            decimals=0,
            query="sum(rate(blinwatch_events_total[1m])) or vector(0)",
        ),
        Tile(
            title="Time of one step",
            about="Judging one event, on average over the last minute. Zero: nothing was judged.",
            unit="s",
            query="(sum(rate(blinwatch_batch_step_seconds_sum[1m])) / sum(rate(blinwatch_batch_records_sum[1m])) > 0)"
            " or vector(0)",
        ),
        Tile(
            title="Patients held",
            about="Patients whose state the workers hold.",
            unit="short",
            decimals=0,
            query="sum(blinwatch_state_patients) or vector(0)",
        ),
        Tile(
            title="Records waiting",
            about="Records between the workers' positions and the ends of the inputs.",
            unit="short",
            decimals=0,
            query="sum(blinwatch_consumer_lag_records) or vector(0)",
            runbook="BlinwatchFallingBehind",
        ),
        Tile(
            title="Processor, busiest worker",
            about="A worker judges on one core: at 100 % it cannot go faster, and another worker helps.",
            unit="percentunit",
            decimals=0,
            steps=(Step(0.8, MEDIUM),),
            query=f"max(rate(process_cpu_seconds_total{{{WORKERS}}}[1m])) or vector(0)",
            runbook="BlinwatchFallingBehind",
        ),
        Tile(
            title="Memory, largest worker",
            about="At 2 GB its container is ended and starts again.",
            unit="bytes",
            decimals=0,
            steps=(Step(0.75 * CONTAINER_BYTES, MEDIUM),),
            query=f"max(process_resident_memory_bytes{{{WORKERS}}}) or vector(0)",
            runbook="BlinwatchMemoryHigh",
        ),
    ),
)

THROUGHPUT = Row(
    "Throughput",
    (
        Graph(
            title="Events a second, by topic",
            about="Records read, by input topic.",
            unit="short",
            queries={"{{topic}}": "sum by (topic) (rate(blinwatch_events_total[$__rate_interval]))"},
        ),
        Graph(
            title="Events a second, by outcome",
            about="accepted: judged; redelivered: known already; moved: sent on to its own partition; dead_letter: "
            "refused.",
            unit="short",
            queries={"{{outcome}}": "sum by (outcome) (rate(blinwatch_events_total[$__rate_interval]))"},
        ),
        Graph(
            title="Decisions a second",
            about="What the judgement said, by kind.",
            unit="short",
            queries={"{{type}}": "sum by (type) (rate(blinwatch_decisions_total[$__rate_interval]))"},
        ),
        Graph(
            title="Records in a batch",
            about="One on a quiet ward, thousands after a restart.",
            unit="short",
            queries=_shares("blinwatch_batch_records"),
        ),
        Graph(
            title="Time of a batch",
            about="Judging one batch of one partition; for so long other partitions wait.",
            unit="s",
            queries=_shares("blinwatch_batch_step_seconds"),
        ),
        Graph(
            title="Time of one step",
            about="Judging one event, on average.",
            unit="s",
            queries={
                "step": "sum(rate(blinwatch_batch_step_seconds_sum[$__rate_interval]))"
                " / sum(rate(blinwatch_batch_records_sum[$__rate_interval]))"
            },
        ),
    ),
)

KAFKA = Row(
    "Kafka",
    (
        Graph(
            title="Outputs taken within",
            about="From handing an output to the producer to the broker's acknowledgement.",
            unit="s",
            steps=(Step(1, MEDIUM),),
            queries=_shares("blinwatch_output_acknowledged_seconds"),
            runbook="BlinwatchOutputsSlow",
        ),
        Graph(
            title="Time of a commit",
            about="Making changed states and offsets durable. After a crash so much is judged again.",
            unit="s",
            steps=(Step(10, MEDIUM),),
            queries=_shares("blinwatch_commit_seconds"),
            runbook="BlinwatchCommitsSlow",
        ),
        Graph(
            title="Records waiting, by topic",
            about="Records between the workers' positions and the ends of the inputs.",
            unit="short",
            decimals=0,
            queries={"{{topic}}": "sum by (topic) (blinwatch_consumer_lag_records)"},
            runbook="BlinwatchFallingBehind",
        ),
        Graph(
            title="Records waiting, by partition",
            about="One partition far above the others: one patient, or one worker, is the reason.",
            unit="short",
            decimals=0,
            queries={"{{partition}}": "topk(8, sum by (partition) (blinwatch_consumer_lag_records))"},
            runbook="BlinwatchFallingBehind",
        ),
        Graph(
            title="Partitions, by worker",
            about="The workers share all partitions; one that stands by has none.",
            unit="short",
            decimals=0,
            queries={"{{instance}}": "blinwatch_partitions_assigned"},
            runbook="BlinwatchPartitionsUnowned",
        ),
        Graph(
            title="Assignments in ten minutes",
            about="Each one hands patients over and delays them by seconds.",
            unit="short",
            decimals=0,
            steps=(Step(6, MEDIUM),),
            queries={"{{instance}}": "increase(blinwatch_rebalances_total[10m])"},
            runbook="BlinwatchRebalancing",
        ),
    ),
)

MACHINE = Row(
    "State, processor, memory",
    (
        Graph(
            title="Size of a patient's state",
            about="As written to the changelog. The dashed line is the limit of 64 KiB.",
            unit="bytes",
            steps=(Step(STATE_LIMIT_BYTES, HIGH),),
            queries=_shares("blinwatch_state_snapshot_bytes"),
            runbook="BlinwatchStateLarge",
        ),
        Graph(
            title="Processor, by worker",
            about="Cores in use. A worker judges on one.",
            unit="percentunit",
            steps=(Step(0.8, MEDIUM),),
            queries={"{{instance}}": f"rate(process_cpu_seconds_total{{{WORKERS}}}[$__rate_interval])"},
            runbook="BlinwatchFallingBehind",
        ),
        Graph(
            title="Memory, by worker",
            about="Resident. The dashed line is three quarters of the container.",
            unit="bytes",
            steps=(Step(0.75 * CONTAINER_BYTES, MEDIUM),),
            queries={"{{instance}}": f"process_resident_memory_bytes{{{WORKERS}}}"},
            runbook="BlinwatchMemoryHigh",
        ),
        Graph(
            title="Patients held, by worker",
            about="Patients whose state each worker holds.",
            unit="short",
            decimals=0,
            queries={"{{instance}}": "blinwatch_state_patients"},
        ),
        Graph(
            title="Open files, by worker",
            about="Sockets and files; a steady rise is a leak.",
            unit="short",
            decimals=0,
            queries={"{{instance}}": f"process_open_fds{{{WORKERS}}}"},
        ),
        Graph(
            title="Time of a scrape",
            about="How long each worker took to answer Prometheus; more than a second means that its loop is busy.",
            unit="s",
            steps=(Step(1, MEDIUM),),
            queries={"{{instance}}": f"scrape_duration_seconds{{{WORKERS}}}"},
        ),
    ),
)

PAGE = Page(
    name="pipeline",
    title="Pipeline",
    about="From records to commits. For the engineer who looks for what is slow.",
    rows=(NOW, THROUGHPUT, KAFKA, MACHINE),
    by_ward=False,
)
