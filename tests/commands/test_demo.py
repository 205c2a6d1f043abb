"""`blinwatch demo`: one command shows the service at work, on nothing but this machine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blinwatch.cli import build_app
from blinwatch.commands.failure import CommandError

BLINWATCH = [sys.executable, "-m", "blinwatch.cli"]
OCCLUSION = "occlusion-becomes-a-four-hour-interruption"
OCCLUDED_AT_H = 4
"""By then the pump of the story, blocked after three hours, has said so."""
HEADLESS = ["demo", "--headless", "--speed", "2000", "--patients", "2", "--story", OCCLUSION]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as page:  # noqa: S310 - our own loopback page
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def answers_hl7(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as peer:
        return peer.connect_ex((host, int(port))) == 0


def headless(*options: str) -> tuple[dict[str, Any], str]:
    """The summary of a demo of two patients whose pump is occluded, once it has come to that; and what it said."""
    for run_for in ("16s", "60s", "180s"):
        done = subprocess.run(
            [*BLINWATCH, *HEADLESS, "--for", run_for, *options],
            capture_output=True, text=True, check=False, timeout=400,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        figures: dict[str, Any] = json.loads(done.stdout)
        # On a busy machine the ward waits for the judgement: its hours count, not the seconds.
        if figures["ward_hours"] > OCCLUDED_AT_H:
            return figures, done.stderr
    pytest.fail(f"the ward came no further than {figures['ward_hours']} h")


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.mock("the demo brings its own broker")
@pytest.mark.timeout(900)
def test_headless_it_ends_by_itself_with_figures_that_add_up(tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    figures, said = headless("--svg", str(picture))
    assert figures["records_judged"] == figures["events_sent"] + figures["ticks_sent"]
    assert figures["dead_letters"] == 0
    assert set(figures["patients"]) == {"sim-1-01", "sim-1-02"}
    assert figures["alerts_by_code"]["INF_OCCLUSION"] == 2
    assert figures["alerts_raised"] == sum(figures["alerts_by_priority"].values())
    assert figures["event_to_alert_ms"]["p50"] > 0
    assert "mock cluster" in figures["broker"]
    assert figures["board_says"] in {"well", "behind"}
    assert f"board {figures['board']}" in said
    assert "acknowledge an alert" in said
    assert "OCCLUSION" in picture.read_text(encoding="utf-8")
    assert not answers(figures["metrics"]), "the worker outlives its demo"


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.mock("the demo brings its own broker")
@pytest.mark.timeout(900)
def test_a_ward_that_speaks_hl7_to_the_demos_gateway_has_the_same_alerts() -> None:
    figures, _ = headless("--hl7")
    hospital = figures["hospital"]
    assert hospital["alerts_on_kafka_as_pcd04_and_as_fhir"] == figures["alerts_raised"] >= 2
    steps = figures["transitions"]
    assert hospital["pcd04_messages"]["start"] == steps["raised"] + steps.get("uninhibited", 0)
    assert sum(hospital["fhir_resources"].values()) >= 2 * figures["alerts_raised"]
    assert hospital["for_example"]["fhir"].endswith(hospital["for_example"]["alert_id"])
    assert answers_hl7(figures["hl7"]) is False, "the gateway outlives its demo"
    assert figures["records_judged"] == figures["events_sent"] + figures["ticks_sent"]
    assert figures["dead_letters"] == 0
    assert figures["alerts_by_code"]["INF_OCCLUSION"] == 2


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.mock("the demo brings its own broker")
@pytest.mark.timeout(900)
def test_other_programs_read_its_alerts_answer_them_and_ctrl_c_stops_everything() -> None:
    demo = subprocess.Popen(
        [*BLINWATCH, "demo", "--speed", "1000", "--patients", "1", "--story", OCCLUSION],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert demo.stdout is not None
    said = ""
    try:
        while "INF_OCCLUSION" not in said:
            line = demo.stdout.readline()
            assert line, said
            said += line
        assert "mock cluster of librdkafka" in said
        found = re.search(r"blinwatch alerts --follow --bootstrap (\S+)", said)
        url = re.search(r"http://\S+/metrics", said)
        board = re.search(r"board +(http://\S+/)", said)
        assert found is not None
        assert url is not None
        assert board is not None
        assert answers(url[0])
        assert answers(board[1])
        listed = _run("alerts", "--json", "--bootstrap", found[1])
        (alert,) = [one for one in map(json.loads, listed.splitlines()) if one["code"] == "INF_OCCLUSION"]
        answer = _run("ack", alert["alert_id"], "--by", "nurse", "--reason", "there", "--bootstrap", found[1])
        assert "Acknowledged" in answer
    finally:
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0
    assert "Stopped." in rest
    assert "Traceback" not in rest
    assert not answers(url[0]), "the worker outlives its demo"
    assert not answers(board[1]), "the board outlives its demo"


def _run(*words: str) -> str:
    done = subprocess.run([*BLINWATCH, *words], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "words,said",
    [
        (["--headless"], "--headless needs --for"),
        (["--for", "soon"], "--for 'soon' is no duration; write for example 60s, 5m or 1h"),
        (["--for", "0s"], "is no duration"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_starts(words: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        CliRunner().invoke(build_app(), ["demo", *words], catch_exceptions=False)
    assert said in str(refused.value)
