"""Alerts in Debian's own Alertmanager: it holds what stands and lets go of what is over or answered."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from blinwatch.forward.alertmanager import Alertmanager
from blinwatch.forward.letter import Letter
from blinwatch.forward.targets_file import AlertmanagerTarget
from tests.forward.letters import letter
from tests.support.worker_process import free_port

PROGRAM = shutil.which("prometheus-alertmanager")
ROUTES = "route: {receiver: nobody, group_by: [alertname]}\nreceivers: [{name: nobody}]\n"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="NOT RUN: install Debian's prometheus-alertmanager"),
]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    assert PROGRAM is not None
    config, port = tmp_path / "alertmanager.yml", free_port()
    config.write_text(ROUTES, encoding="utf-8")
    words = [PROGRAM, f"--config.file={config}", f"--storage.path={tmp_path / 'data'}", "--cluster.listen-address="]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([*words, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(url))
        yield url
    finally:
        process.kill()
        process.wait(20)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/-/ready", timeout=5).is_success
    except httpx2.HTTPError:
        return False


def until(true: Callable[[], object]) -> None:
    end_s = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.1)


def standing(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx2.get(f"{url}/api/v2/alerts", params={"active": "true"}, timeout=5).json()
    return found


def just_now(step: str) -> Letter:
    """A step that became true a moment ago: Alertmanager drops what ended long before."""
    one, now = letter(step), datetime.now(UTC).isoformat()
    told = {**one.told, "occurred_at": now, "alert": {**one.alert, "raised_at": now}}
    return replace(one, value=orjson.dumps(told))


@pytest.mark.parametrize("end", ["resolved", "acknowledged"])
async def test_it_holds_an_alert_until_it_is_over_or_somebody_knows(url: str, end: str) -> None:
    way = Alertmanager(AlertmanagerTarget(name="on-call", kind="alertmanager", url=url))
    assert await way.deliver(just_now("raised")) == "HTTP 200"
    until(lambda: standing(url))
    (one,) = standing(url)
    assert one["labels"]["alertname"] == "CRS_G3"
    assert one["labels"]["severity"] == "critical"
    assert one["labels"]["alert_id"] == "alert-1"
    assert "patient_id" not in one["labels"]
    await way.deliver(just_now("raised"))
    assert len(standing(url)) == 1, "told twice, it is one alert"
    await way.deliver(just_now(end))
    until(lambda: not standing(url))
    await way.close()
