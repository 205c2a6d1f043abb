"""CloudEvents 1.0 headers of our output records: the Kafka protocol binding in binary mode.

What:      the value stays as it is; what CloudEvents says of it stands in headers `ce_*` and `content-type`.
Source:    CloudEvents 1.0.2, and its Kafka protocol binding 1.0.2 (headers `ce_`, UTF-8).
Caveats:   - `ce_id` is the decision's id, so a record that is written again after a crash is recognised. A record that
             calls somebody (`page: yes`) is an event of its own, with an id of its own: whoever drops what he has seen
             by `ce_id` must never drop the call because the same decision had come with `page: no` before;
           - an empty value (an alert that stands no more) is an event without data: no content type, no schema;
           - the constant part of a topic's headers is made once (docs/decisions/0017-cloudevents-and-trace-context.md).
"""

from datetime import UTC, datetime
from functools import cache

from blinwatch.deliver.output_record import Headers

PREFIX = "ce_"
ID = "ce_id"
TIME = "ce_time"
SUBJECT = "ce_subject"
CONTENT_TYPE = "content-type"
JSON = b"application/json"
SOURCE_PREFIX = "urn:blinwatch:topic:"
TYPE_PREFIX = "blinwatch."
SCHEMA_PREFIX = "urn:blinwatch:schema:"
"""With a topic's name: the `$id` of the JSON Schema of its records."""
CALL_SUFFIX = b".page"


@cache
def constant_headers(topic: str, type_name: str, *, has_data: bool = True, content_type: bytes = JSON) -> Headers:
    """What is the same in every record of one type on one topic; `type` stands among them for plain filtering.

    `ce_type` is `blinwatch.<type>.<version of the topic>`; an event without data says that something is removed.
    """
    version = topic.rpartition(".")[2]
    kind = type_name if has_data else "alert_removed"
    envelope = (
        ("ce_specversion", b"1.0"),
        ("ce_source", f"{SOURCE_PREFIX}{topic}".encode("ascii")),
        ("ce_type", f"{TYPE_PREFIX}{kind}.{version}".encode("ascii")),
    )
    if has_data:
        envelope += (("ce_dataschema", f"{SCHEMA_PREFIX}{topic}".encode("ascii")), (CONTENT_TYPE, content_type))
    return (*envelope, ("type", type_name.encode("ascii")))


def own_headers(identity: bytes, happened_at: datetime, subject: bytes | None) -> Headers:
    """What differs from record to record: the id, when it happened, and the pseudonym of the patient it is about.

    `subject` None: it is about nobody in particular.
    """
    told = ((ID, identity), (TIME, utc_text(happened_at).encode("ascii")))
    return told if subject is None else (*told, (SUBJECT, subject))


def as_call(headers: Headers) -> Headers:
    """The headers of the same record when it calls somebody: another event, which no reader may take for the first."""
    return tuple((name, value + CALL_SUFFIX) if name == ID else (name, value) for name, value in headers)


def utc_text(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC, whatever offset it came with."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
