"""Is the monitor itself to be relied on: does it see, does it judge, is it quick, and would anybody hear if not."""

from deploy.grafana.source.frame import Page, Row
from deploy.grafana.source.look import GROUND, HIGH, MEDIUM, Step
from deploy.grafana.source.panels import Bars, Graph, Size, Table, Tile

WORKERS = 'job="blinwatch-worker"'
UNOWNED = (
    "clamp_min(max(blinwatch_partitions_configured) - sum(blinwatch_partitions_assigned), 0)"
    " or vector(1) unless on () blinwatch_partitions_configured"
)
"""Without any worker nothing is owned: one at least."""


GATEWAYS = 'job="blinwatch-gateway"'
ANSWERS = "blinwatch_gateway_answer_seconds"
MESSAGES_REFUSED = 'blinwatch_gateway_messages_total{answer=~"AE|AR"}'
MESSAGES_REFUSED_IN_A_DAY = (
    f"round(sum(({MESSAGES_REFUSED} unless {MESSAGES_REFUSED} offset 1d) or increase({MESSAGES_REFUSED}[1d])))"
    " or vector(0)"
)
REFUSED = "blinwatch_dead_letters_total"
REFUSED_IN_A_DAY = f"round(sum(({REFUSED} unless {REFUSED} offset 1d) or increase({REFUSED}[1d]))) or vector(0)"
"""A series begins with its first refusal, which no increase can show: a young one counts with all it has."""
NEVER_REFUSED = f'label_replace(vector(0), "topic", "none", "", "") unless on () (sum({REFUSED}) > 0)'


def _share(share: float, histogram: str, span: str = "5m") -> str:
    return f"histogram_quantile({share:g}, sum by (le) (rate({histogram}_bucket[{span}])))"


def _newest_share(histogram: str) -> str:
    """The slowest of a hundred in five minutes; zero while there was none."""
    return f"({_share(0.99, histogram)} > 0) or vector(0)"


NOW = Row(
    "Now",
    (
        Tile(
            title="Workers",
            about="Workers that answer. ✖: nobody watches.",
            unit="prefix:✔ ",
            steps=(Step(0, HIGH), Step(1, GROUND)),
            words={0: "✖ NONE"},
            query=f"sum(up{{{WORKERS}}}) or vector(0)",
            runbook="BlinwatchNoWorker",
        ),
        Tile(
            title="▲ Partitions without a worker",
            about="The patients of these partitions are not watched. Seconds of it belong to every hand-over.",
            unit="prefix:▲ ",
            steps=(Step(1, HIGH),),
            words={0: "none"},
            query=UNOWNED,
            runbook="BlinwatchPartitionsUnowned",
        ),
        Tile(
            title="Oldest event not judged",
            about="For how long the oldest event that is not judged has been there; of several workers the worst.",
            unit="s",
            decimals=1,
            steps=(Step(10, MEDIUM), Step(60, HIGH)),
            query="max(blinwatch_oldest_unjudged_seconds) or vector(0)",
            runbook="BlinwatchNotProgressing",
        ),
        Tile(
            title="◆ Patients not seen",
            about="Patients of whom a sensor, the whole monitor feed or the pump has gone quiet; each counts once.",
            unit="prefix:◆ ",
            steps=(Step(1, MEDIUM),),
            words={0: "none"},
            query='sum(blinwatch_patients_silent{ward=~"$ward",kind="any"}) or vector(0)',
            runbook="BlinwatchMonitorsSilent",
        ),
        Tile(
            title="◆ Dead letters, last day",
            about="Records that were refused: what a hospital system said about a patient and blinwatch does not know.",
            unit="prefix:◆ ",
            decimals=0,
            steps=(Step(0.5, MEDIUM),),
            words={0: "none"},
            query=REFUSED_IN_A_DAY,
            runbook="BlinwatchDeadLetters",
        ),
        Tile(
            title="Alarm path",
            about="The watchdog alarm fires always. ✖: Prometheus evaluates no rules, so no alarm of the service would "
            "come.",
            unit="short",
            steps=(Step(0, HIGH), Step(1, GROUND)),
            words={0: "✖ BROKEN", 1: "✔ works"},
            query='count(ALERTS{alertname="BlinwatchWatchdog",alertstate="firing"}) or vector(0)',
            runbook="BlinwatchWatchdog",
        ),
        Tile(
            title="Event to alert, 99 of 100",
            about="In the last five minutes: from an event's record on the broker to its alert acknowledged by the "
            "broker. "
            "Zero: no alert.",
            unit="s",
            decimals=2,
            steps=(Step(1, MEDIUM), Step(2, HIGH)),
            query=_newest_share("blinwatch_event_to_alert_seconds"),
            runbook="BlinwatchAlertsSlow",
        ),
        Tile(
            title="Deadlines late by, 99 of 100",
            about="How late the clock's ticks were judged in the last five minutes: silence, pauses and steps are "
            "noticed so "
            "much later.",
            unit="s",
            decimals=1,
            steps=(Step(10, MEDIUM), Step(30, HIGH)),
            query=_newest_share("blinwatch_tick_lateness_seconds"),
            runbook="BlinwatchDeadlinesLate",
        ),
        Tile(
            title="Outputs taken within, 99 of 100",
            about="From handing an output to the producer to the broker's acknowledgement, in the last five minutes.",
            unit="s",
            decimals=2,
            steps=(Step(1, MEDIUM),),
            query=_newest_share("blinwatch_output_acknowledged_seconds"),
            runbook="BlinwatchOutputsSlow",
        ),
        Tile(
            title="Records waiting",
            about="Records between the workers' positions and the ends of the inputs, all together.",
            unit="short",
            decimals=0,
            query="sum(blinwatch_consumer_lag_records) or vector(0)",
            runbook="BlinwatchFallingBehind",
        ),
        Tile(
            title="Worst sign of life",
            about="The worker's own watchdog: for how long the worst sign of life of any worker has failed. Seconds "
            "are "
            "normal; at BLINWATCH_STALL_EXIT_S the worker ends itself and is started anew.",
            unit="s",
            decimals=0,
            steps=(Step(30, MEDIUM), Step(60, HIGH)),
            query="max(blinwatch_sign_of_life_failing_seconds) or vector(0)",
            runbook="BlinwatchNotProgressing",
        ),
        Tile(
            title="Age of the newest data",
            about="How old the newest vital sign of the ward is; of several wards the oldest.",
            unit="s",
            decimals=0,
            steps=(Step(300, MEDIUM), Step(900, HIGH)),
            query="max(clamp_min(time() - max by (ward)"
            ' (blinwatch_newest_observation_timestamp_seconds{ward=~"$ward"}), 0))',
            runbook="BlinwatchWardSilent",
        ),
    ),
)

ALARMS = Row(
    "Alarms of the service",
    (
        Table(
            title="What fires",
            about="Alarms that fire now and who acts: page at once, ticket today, ward at the bed, none nobody. The "
            "watchdog "
            "is always there.",
            unit="short",
            query='sum by (alertname, severity, instance, ward, topic) (ALERTS{alertstate="firing"})',
            columns={
                "alertname": "Alarm",
                "severity": "Who acts",
                "ward": "Ward",
                "instance": "Worker",
                "topic": "Topic",
            },
            size=Size(12, 8),
        ),
        Table(
            title="Rulebook in force",
            about="What each worker judges by. Two digests at once: two patients with the same signs may be graded "
            "differently.",
            unit="short",
            query="count by (version, rulebook_version, rulebook_digest) (blinwatch_build_info)",
            columns={
                "version": "Service",
                "rulebook_version": "Rulebook",
                "rulebook_digest": "Digest",
                "Value": "Workers",
            },
            runbook="BlinwatchRulebooksDiffer",
            size=Size(12, 8),
        ),
    ),
)

COURSE = Row(
    "The last hours",
    (
        Graph(
            title="Event to alert",
            about="From an event's record on the broker to its alert acknowledged by the broker. No line: no alert.",
            unit="s",
            steps=(Step(2, HIGH),),
            queries={
                "half": _share(0.5, "blinwatch_event_to_alert_seconds"),
                "95 of 100": _share(0.95, "blinwatch_event_to_alert_seconds"),
                "99 of 100": _share(0.99, "blinwatch_event_to_alert_seconds"),
            },
            runbook="BlinwatchAlertsSlow",
        ),
        Graph(
            title="Deadlines late by",
            about="How late the clock's ticks were judged against their own time.",
            unit="s",
            steps=(Step(30, HIGH),),
            queries={
                "half": _share(0.5, "blinwatch_tick_lateness_seconds"),
                "99 of 100": _share(0.99, "blinwatch_tick_lateness_seconds"),
            },
            runbook="BlinwatchDeadlinesLate",
        ),
        Graph(
            title="Signs of life",
            about="For how long each sign of life has failed, of the worst worker.",
            unit="s",
            steps=(Step(60, HIGH),),
            queries={"{{sign}}": "max by (sign) (blinwatch_sign_of_life_failing_seconds)"},
            runbook="BlinwatchNotProgressing",
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
            title="Oldest event not judged, by worker",
            about="Grows while a worker stands still or cannot keep up.",
            unit="s",
            steps=(Step(60, HIGH),),
            queries={"{{instance}}": "blinwatch_oldest_unjudged_seconds"},
            runbook="BlinwatchNotProgressing",
        ),
        Bars(
            title="Dead letters, by topic and reason",
            about="Refused since the workers' start. A row `none` at zero: not one.",
            unit="short",
            decimals=0,
            query=f"sum by (topic, reason) ({REFUSED}) or {NEVER_REFUSED}",
            names="{{topic}} {{reason}}",
            coloured=((".+ .+", MEDIUM),),
            runbook="BlinwatchDeadLetters",
            size=Size(8, 8),
        ),
    ),
)

GATEWAY = Row(
    "What hospital systems send",
    (
        Tile(
            title="Gateways",
            about="Gateways that answer. Zero where a hospital writes to Kafka itself.",
            unit="short",
            decimals=0,
            query=f"sum(up{{{GATEWAYS}}}) or vector(0)",
            runbook="BlinwatchGatewayDown",
        ),
        Tile(
            title="◆ Messages refused, last day",
            about="Messages answered AE (a part was not taken) or AR (nothing was taken).",
            unit="prefix:◆ ",
            decimals=0,
            steps=(Step(1, MEDIUM),),
            words={0: "none"},
            query=MESSAGES_REFUSED_IN_A_DAY,
            runbook="BlinwatchGatewayRefuses",
        ),
        Tile(
            title="◆ Events without a patient",
            about="A device sends, and nobody has said whose it is. They wait for an hour.",
            unit="prefix:◆ ",
            decimals=0,
            steps=(Step(1, MEDIUM),),
            words={0: "none"},
            query="sum(blinwatch_gateway_held) or vector(0)",
            runbook="BlinwatchGatewayHolds",
        ),
        Graph(
            title="Messages a second, by kind and answer",
            about="AA: taken, and on Kafka.",
            unit="short",
            queries={
                "{{kind}} {{answer}}": "sum by (kind, answer)"
                " (rate(blinwatch_gateway_messages_total[$__rate_interval]))"
            },
            runbook="BlinwatchGatewayRefuses",
        ),
        Graph(
            title="From a message to its answer",
            about="Kafka's acknowledgement included.",
            unit="s",
            steps=(Step(2, HIGH),),
            queries={
                "half": _share(0.5, ANSWERS),
                "99 of 100": _share(0.99, ANSWERS),
            },
            runbook="BlinwatchGatewaySlow",
        ),
        Bars(
            title="Parts of messages that became no event, by reason",
            about="Since the gateways' start. Many are harmless: docs/operating/connect-hl7.md tells which.",
            unit="short",
            decimals=0,
            query="sum by (reason) (blinwatch_gateway_unread_total)"
            ' or label_replace(vector(0), "reason", "none", "", "") unless on () blinwatch_gateway_unread_total',
            names="{{reason}}",
            runbook="BlinwatchGatewayRefuses",
            size=Size(8, 8),
        ),
    ),
)

PAGE = Page(
    name="safety",
    title="Safety of the monitor",
    about="Is the monitor itself to be relied on. For the engineer on call; every panel leads to the page that tells "
    "what to do.",
    rows=(NOW, ALARMS, COURSE, GATEWAY),
)
