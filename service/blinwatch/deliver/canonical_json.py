"""One value, one sequence of bytes: JSON with sorted keys, UTC times and no spaces.

Subscribers may compare records byte by byte, and a repeat after a crash is recognisable as the same record.
"""

from datetime import datetime
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter

from blinwatch.core.decisions import Alert, Decision
from blinwatch.deliver.cloud_event import utc_text

_ADAPTERS: dict[type, TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in (*get_args(Decision), Alert)}
"""Built once: building one costs milliseconds."""


def to_plain(value: Decision | Alert) -> Any:
    """The value as dictionaries, lists, text, numbers and times."""
    return _ADAPTERS[type(value)].dump_python(value)


def to_bytes(plain: Any) -> bytes:
    """Plain data as JSON bytes: keys sorted, times as RFC 3339 in UTC whatever offset they came with."""
    return orjson.dumps(plain, default=_utc, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME)


def _utc(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no form in our records")
    return utc_text(value)
