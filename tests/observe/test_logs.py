"""Logs: one form for all loggers, and no patient in any line."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import structlog
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import TopicPartition
from pydantic import TypeAdapter, ValidationError

from blinwatch.observe.logs import (
    LIBRARIES,
    REPEATS_MOST,
    REPEATS_WINDOW_S,
    LogFormat,
    LogLevel,
    RepeatsOfLibraries,
    set_up_logging,
    tell_error,
)

PATIENT = "patient-7f3a"


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


class Log(NamedTuple):
    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def a_log(log_format: LogFormat = "json", level: LogLevel = "info", stream: io.StringIO | None = None) -> Log:
    log = Log(io.StringIO() if stream is None else stream)
    set_up_logging(log_format, level, log.stream)
    return log


def test_a_line_is_one_json_object_with_time_level_logger_and_fields() -> None:
    log = a_log()
    structlog.get_logger("blinwatch.stream").info("assigned", partitions=[0, 1])
    (entry,) = log.entries
    assert entry["message"] == "assigned"
    assert entry["level"] == "info"
    assert entry["logger"] == "blinwatch.stream"
    assert entry["partitions"] == [0, 1]
    assert entry["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", LIBRARIES)
def test_libraries_speak_through_the_same_renderer(name: str) -> None:
    log = a_log()
    logging.getLogger(f"{name}.somewhere").warning("lost %s of %d", "heartbeat", 3)
    (entry,) = log.entries
    assert entry["message"] == "lost heartbeat of 3"
    assert entry["logger"] == f"{name}.somewhere"
    assert entry["level"] == "warning"


def test_fields_that_hold_a_patient_are_dropped_at_any_depth_and_the_line_says_so() -> None:
    log = a_log()
    structlog.get_logger("blinwatch").info(
        "odd",
        patient_id=PATIENT,
        detail={"patient_id": PATIENT, "topic": "labs.resulted.v1"},
        rows=[{"key": PATIENT}],
    )
    (entry,) = log.entries
    assert PATIENT not in log.text
    assert entry["redacted"] == ["key", "patient_id"]
    assert entry["detail"] == {"topic": "labs.resulted.v1"}


def test_a_patient_bound_to_the_context_is_dropped_too() -> None:
    log = a_log()
    with structlog.contextvars.bound_contextvars(patient_id=PATIENT):
        structlog.get_logger("blinwatch").info("odd")
    assert PATIENT not in log.text


def test_an_extra_field_of_a_library_is_dropped_too() -> None:
    log = a_log()
    logging.getLogger("faust").warning("odd", extra={"patient_id": PATIENT})
    assert PATIENT not in log.text


def an_invalid_event() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(int).validate_python(PATIENT)
    assert PATIENT in str(caught.value), "the danger this test is about"
    return caught.value


def test_an_exception_is_told_by_kind_and_place_without_the_value_it_carries() -> None:
    log = a_log()
    try:
        raise an_invalid_event()
    except ValidationError:
        structlog.get_logger("blinwatch").exception("worker stopped")
    (entry,) = log.entries
    assert PATIENT not in log.text
    assert entry["error"].startswith("ValidationError")
    assert "test_logs.py" in entry["places"][0]


def test_an_exception_logged_by_a_library_is_told_the_same_way() -> None:
    log = a_log()
    try:
        raise an_invalid_event()
    except ValidationError as error:
        logging.getLogger("mode").exception("Crashed reason=%r", error)  # noqa: TRY401 (as mode does it)
    (entry,) = log.entries
    assert PATIENT not in log.text
    assert "ValidationError" in entry["message"]
    assert entry["error"].startswith("ValidationError")


def test_what_a_library_hands_over_to_be_printed_shows_its_kind_only() -> None:
    log = a_log()

    class Event:
        def __repr__(self) -> str:
            return PATIENT

    logging.getLogger("faust").error("dropped %r and %r and %r", Event(), PATIENT.encode(), [Event()])
    logging.getLogger("faust").error("dropped %(event)r", {"event": Event()})
    assert PATIENT not in log.text
    assert "<Event>" in log.entries[0]["message"]
    assert "<bytes>" in log.entries[0]["message"]


def test_topics_partitions_and_offsets_are_shown() -> None:
    log = a_log()
    logging.getLogger("aiokafka").info("assigned %r", {TopicPartition("vitals.observed.v1", 3)})
    assert "partition=3" in log.entries[0]["message"]


def test_libraries_never_print_below_info_where_they_print_records() -> None:
    log = a_log(level="debug")
    logging.getLogger("aiokafka.consumer.fetcher").debug("Adding fetch %s", PATIENT)
    structlog.get_logger("blinwatch").debug("shown")
    assert [entry["message"] for entry in log.entries] == ["shown"]


def test_the_level_is_kept_for_everybody() -> None:
    log = a_log(level="error")
    structlog.get_logger("blinwatch").warning("no")
    logging.getLogger("faust").warning("no")
    structlog.get_logger("blinwatch").error("yes")
    assert [entry["message"] for entry in log.entries] == ["yes"]


def test_auto_is_for_people_on_a_terminal_and_for_machines_elsewhere() -> None:
    terminal = a_log("auto", stream=Terminal())
    structlog.get_logger("blinwatch").info("assigned", partitions=2)
    assert "assigned" in terminal.text
    assert not terminal.text.startswith("{")
    elsewhere = a_log("auto")
    structlog.get_logger("blinwatch").info("assigned", partitions=2)
    assert elsewhere.entries[0]["partitions"] == 2


def test_errors_of_kafka_and_the_system_keep_their_text() -> None:
    assert "no brokers" in tell_error(KafkaConnectionError("no brokers"))
    assert "refused" in tell_error(ConnectionRefusedError(111, "refused"))
    assert PATIENT not in tell_error(KeyError(PATIENT))


def test_importing_faust_afterwards_changes_nothing() -> None:
    script = (
        "from blinwatch.observe.logs import set_up_logging\n"
        "set_up_logging('json', 'info')\n"
        "import faust, logging\n"
        "logging.getLogger('faust.app').warning('one line')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["message"] == "one line"


def test_a_kind_of_error_that_a_library_names_is_told_by_its_name() -> None:
    log = a_log()
    logging.getLogger("aiokafka.producer.sender").warning("Got error produce response, retrying. Error: %s", ValueError)
    assert log.entries[0]["message"] == "Got error produce response, retrying. Error: ValueError"


def complaint(partition: int, name: str = "aiokafka.consumer.fetcher", level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(name, level, "fetcher.py", 1, "Failed fetch from %s", (partition,), None)


def test_what_a_library_complains_of_again_and_again_is_told_a_few_times_and_then_counted() -> None:
    now_s = [100.0]
    repeats = RepeatsOfLibraries(lambda: now_s[0])
    assert [repeats(complaint(number)) for number in range(50)] == [True] * REPEATS_MOST + [False] * (50 - REPEATS_MOST)
    now_s[0] += REPEATS_WINDOW_S
    next_one = complaint(7)
    assert repeats(next_one)
    assert next_one.getMessage() == f"Failed fetch from 7 ({50 - REPEATS_MOST} more like this were left out)"
    now_s[0] += REPEATS_WINDOW_S
    after_a_silence = complaint(8)
    assert repeats(after_a_silence)
    assert after_a_silence.getMessage() == "Failed fetch from 8"


@pytest.mark.parametrize(
    "name, level", [("blinwatch.stream", logging.ERROR), ("aiokafka.consumer.fetcher", logging.INFO)]
)
def test_our_own_words_and_what_is_no_complaint_are_never_left_out(name: str, level: int) -> None:
    repeats = RepeatsOfLibraries()
    assert all(repeats(complaint(number, name, level)) for number in range(REPEATS_MOST * 3))


def test_one_complaint_does_not_hide_another() -> None:
    repeats = RepeatsOfLibraries(lambda: 0.0)
    for number in range(REPEATS_MOST + 1):
        repeats(complaint(number))
    assert repeats(complaint(0, "aiokafka.producer.sender"))
    assert repeats(complaint(0, level=logging.WARNING))
