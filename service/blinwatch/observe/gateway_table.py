"""Every metric of a gateway: name, kind, labels, meaning. Labels are closed sets; none holds a patient or a device."""

from blinwatch.observe.metric_table import LATENCY_BUCKETS_S, MetricSpec

MESSAGES = MetricSpec(
    name="blinwatch_gateway_messages_total",
    kind="counter",
    labels=("kind", "answer"),
    meaning="Messages answered. AE and AR tell a sender that nothing of a message, or not all of it, was taken.",
)
PUBLISHED = MetricSpec(
    name="blinwatch_gateway_events_total",
    kind="counter",
    labels=("topic",),
    meaning="Events that Kafka acknowledged.",
)
UNREAD = MetricSpec(
    name="blinwatch_gateway_unread_total",
    kind="counter",
    labels=("reason",),
    meaning="Parts of messages that became no event; each lies in `gateway.unread.v1`.",
)
CLOCK = MetricSpec(
    name="blinwatch_gateway_clock_total",
    kind="counter",
    labels=("flag",),
    meaning="Events whose time was assumed or corrected.",
)
REPEATED = MetricSpec(
    name="blinwatch_gateway_repeated_total",
    kind="counter",
    meaning="Messages (over HTTP: events) that came again: their sender waited too long for an answer.",
)
HELD = MetricSpec(
    name="blinwatch_gateway_held",
    kind="gauge",
    meaning="Events of devices of which nobody has said whose they are; they wait for a patient.",
)
HELD_EXPIRED = MetricSpec(
    name="blinwatch_gateway_held_expired_total",
    kind="counter",
    meaning="Events that waited too long for a patient; each lies in `gateway.unread.v1`.",
)
CONNECTIONS = MetricSpec(
    name="blinwatch_gateway_connections",
    kind="gauge",
    meaning="Open connections.",
)
CONNECTIONS_ENDED = MetricSpec(
    name="blinwatch_gateway_connections_ended_total",
    kind="counter",
    labels=("how",),
    meaning="Connections that ended.",
)
ANSWER_SECONDS = MetricSpec(
    name="blinwatch_gateway_answer_seconds",
    kind="histogram",
    buckets=LATENCY_BUCKETS_S,
    meaning="From a complete message to its answer, Kafka's acknowledgement included.",
)
HTTP_REQUESTS = MetricSpec(
    name="blinwatch_gateway_http_requests_total",
    kind="counter",
    labels=("route", "http_outcome"),
    meaning="Requests answered. `refused` and `partly`: a sender has to mend something; `not_taken`: Kafka has to.",
)
HTTP_REFUSED = MetricSpec(
    name="blinwatch_gateway_http_refused_total",
    kind="counter",
    labels=("route", "reason"),
    meaning="Events, lines of a batch or whole requests that became no event; their senders were told why.",
)
HTTP_SECONDS = MetricSpec(
    name="blinwatch_gateway_http_seconds",
    kind="histogram",
    labels=("route",),
    buckets=LATENCY_BUCKETS_S,
    meaning="From a request's head to its answer, its content and Kafka's acknowledgement included.",
)

GATEWAY_METRICS: tuple[MetricSpec, ...] = (
    MESSAGES,
    PUBLISHED,
    UNREAD,
    CLOCK,
    REPEATED,
    HELD,
    HELD_EXPIRED,
    CONNECTIONS,
    CONNECTIONS_ENDED,
    ANSWER_SECONDS,
    HTTP_REQUESTS,
    HTTP_REFUSED,
    HTTP_SECONDS,
)
