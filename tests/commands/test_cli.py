"""The `blinwatch` program: help, version, and failures said in sentences."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from blinwatch import __version__
from blinwatch.cli import COMMAND_MODULES, build_app, describe_failure
from blinwatch.commands.failure import CommandError

EVERY_COMMAND = (
    "worker", "gateway", "forward", "audit", "topics", "roles", "doctor", "backup", "schemas", "alerts", "ack", "board",
    "people", "demo", "simulate", "import", "cases", "replay", "explain", "grade", "rulebook", "alarm-load",
)  # fmt: skip


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "blinwatch.cli", *words], capture_output=True, text=True, check=False)


def test_help_names_every_command_and_what_the_program_is_for() -> None:
    shown = CliRunner().invoke(build_app(), ["--help"])
    assert shown.exit_code == 0
    assert "blinatumomab" in shown.output
    for command in EVERY_COMMAND:
        assert command in shown.output


@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_every_command_explains_itself(command: str) -> None:
    for flag in ("--help", "-h"):
        shown = CliRunner().invoke(build_app(), [command, flag])
        assert shown.exit_code == 0
        assert "Usage" in shown.output


def test_every_module_of_the_list_is_there() -> None:
    assert len(COMMAND_MODULES) == len(EVERY_COMMAND)


def test_version_is_the_packages() -> None:
    shown = run("--version")
    assert (shown.returncode, shown.stdout.strip()) == (0, f"blinwatch {__version__}")


def test_a_failure_is_one_sentence_on_standard_error_and_status_1() -> None:
    failed = run("simulate", "--story", "no-such-story")
    assert failed.returncode == 1
    assert "there is no story 'no-such-story'" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not failed.stdout


def test_the_trace_is_shown_to_those_who_ask_for_it() -> None:
    failed = run("--traceback", "simulate", "--story", "no-such-story")
    assert failed.returncode == 1
    assert "Traceback" in failed.stderr


def test_an_unknown_command_is_refused_as_a_wrong_usage() -> None:
    failed = run("frobnicate")
    assert failed.returncode == 2
    assert "No such command" in failed.stderr


def test_blinwatchs_own_errors_speak_for_themselves_and_others_are_called_a_fault() -> None:
    assert describe_failure(CommandError("the pump is blue")) == "blinwatch: the pump is blue"
    assert "unexpected KeyError" in describe_failure(KeyError("x"))
    assert "fault of blinwatch" in describe_failure(KeyError("x"))


def test_a_reader_that_goes_away_ends_the_program_quietly() -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "blinwatch.cli", "simulate", "--out", "-", "--duration-h", "20"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    assert writer.stdout.readline()
    writer.stdout.close()
    complaint = writer.stderr.read()
    writer.stderr.close()
    writer.wait()
    assert complaint == b""
