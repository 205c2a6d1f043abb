"""Logs: structured, one renderer for blinwatch and the libraries it stands on, and no patient in any line.

JSON where machines read, aligned text on a terminal. Three guards keep patients out: fields that could hold
one are dropped by name; libraries never log below INFO, where they print records; and what a library hands
over to be printed (an exception, an event, bytes) is printed as its kind only, for its text may hold what a
record held.
"""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.types import EventDict, Processor

LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]

DROPPED_FIELDS = frozenset(
    {"patient_id", "patient", "patient_ids", "key", "value", "payload", "record", "headers", "event_ids"}
)
"""Field names that hold, or easily come to hold, a patient or a record. `redacted` lists what was dropped."""
LIBRARIES = ("faust", "mode", "aiokafka", "kafka", "aiohttp", "asyncio")
REPEATS_MOST = 5
"""Enough to see each of a few brokers or partitions named."""
REPEATS_WINDOW_S = 10.0
"""A person who follows the log still sees within seconds that it goes on."""
KINDS_MOST = 1000
"""Different complaints remembered. Libraries have some hundreds of texts; one that fills them in beforehand, as some
do, has as many as there are partitions."""
_PLAIN_TYPES = (str, int, float, bool, type(None))
_PLAIN_MODULES = ("aiokafka.structs", "faust.types.tuples", "enum")
"""Where Kafka's own coordinates (topic, partition, offset) come from: no part of them is about a patient."""


def set_up_logging(log_format: LogFormat, log_level: LogLevel, stream: TextIO | None = None) -> None:
    """Route every logger of this process through one renderer, to `stream` (standard error).

    Faust must be started with `override_logging=False`, or it replaces what is set up here.
    """
    target = sys.stderr if stream is None else stream
    shared = _shared_processors()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_renderers(log_format, target),
        ],
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(formatter)
    handler.addFilter(_plain_arguments)
    handler.addFilter(RepeatsOfLibraries())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level.upper())
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(logging.INFO, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class RepeatsOfLibraries:
    """A filter that lets a library say the same complaint only so often.

    While a broker is away aiokafka writes about 75 lines a second (measured with one of three brokers killed), under
    which a worker's own words would be lost, and then a disk be filled.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._windows: dict[tuple[str, int, str], tuple[float, int]] = {}
        """Logger, level and unfilled text to the start of the window and the records in it."""

    def __call__(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be printed; the first one after a silence tells how many were not."""
        if record.levelno < logging.WARNING or record.name.partition(".")[0] not in LIBRARIES:
            return True
        kind, now_s = (record.name, record.levelno, str(record.msg)), self._now_s()
        since_s, count = self._windows.get(kind, (now_s, 0))
        if now_s - since_s >= REPEATS_WINDOW_S:
            left_out = count - REPEATS_MOST
            since_s, count = now_s, 0
            if left_out > 0:
                record.msg = f"{record.msg} ({left_out} more like this were left out)"
        if kind not in self._windows and len(self._windows) >= KINDS_MOST:
            self._windows.clear()
        self._windows[kind] = (since_s, count + 1)
        return count < REPEATS_MOST


def drop_patient_fields(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Take every field out that could hold a patient, at any depth, and say which names were taken out."""
    dropped: set[str] = set()
    cleaned = cast("EventDict", _without_patients(entry, dropped))
    if dropped:
        cleaned["redacted"] = sorted(dropped)
    return cleaned


def describe_exception(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Replace an exception by its type, the places it passed and, where it is safe, its text."""
    wanted = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if wanted is True else wanted
    if isinstance(error, tuple):
        error = cast("tuple[Any, BaseException | None, Any]", error)[1]
    if isinstance(error, BaseException):
        entry["error"] = tell_error(error)
        entry["places"] = list(_places(error.__traceback__))
    return entry


def tell_error(error: BaseException) -> str:
    """An error in words. Only errors whose text is ours, Kafka's or the system's speak for themselves."""
    kind = type(error)
    if kind.__module__.startswith(("blinwatch.", "aiokafka.errors")) or isinstance(error, OSError):
        return f"{kind.__name__}: {error}"
    return f"{kind.__name__} (text not shown: it may hold what a record held)"


def _places(trace: TracebackType | None) -> Iterable[str]:
    """Where the error passed, outermost first: file, line, function. Source text and values stay out."""
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next


def _without_patients(value: object, dropped: set[str]) -> object:
    if isinstance(value, Mapping):
        kept: dict[str, object] = {}
        for name, inner in cast("Mapping[str, object]", value).items():
            if name in DROPPED_FIELDS:
                dropped.add(name)
            else:
                kept[name] = _without_patients(inner, dropped)
        return kept
    if isinstance(value, list | tuple):
        return [_without_patients(inner, dropped) for inner in cast("list[object]", value)]
    return value


def _plain_arguments(record: logging.LogRecord) -> bool:
    """A filter that lets every record pass, with nothing but plain arguments to print."""
    if isinstance(record.args, tuple):
        record.args = tuple(_plain(value) for value in record.args)
    elif record.args:
        record.args = {name: _plain(value) for name, value in record.args.items()}
    return True


def _plain(value: object) -> object:
    """The value itself where its text can hold no record, otherwise its kind."""
    if isinstance(value, _PLAIN_TYPES) or type(value).__module__ in _PLAIN_MODULES:
        return value
    if isinstance(value, BaseException):
        return tell_error(value)
    if isinstance(value, type):
        return value.__name__
    if type(value) in (set, frozenset, list, tuple):
        return [_plain(inner) for inner in cast("Iterable[object]", value)]
    return f"<{type(value).__name__}>"


def _shared_processors() -> list[Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.contextvars.merge_contextvars,
        describe_exception,
        drop_patient_fields,
    ]


def _renderers(log_format: LogFormat, target: TextIO) -> list[Processor]:
    on_terminal = target.isatty()
    if log_format == "console" or (log_format == "auto" and on_terminal):
        return [structlog.dev.ConsoleRenderer(colors=on_terminal)]
    return [structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer(sort_keys=True)]
