"""Debian's Prometheus and Alertmanager as real servers for tests, with the project's own files.

Only addresses, folders and waiting times differ from what is deployed; `hurried` says which times.
"""

import json
import re
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import yaml

from tests.support.free_ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/rules"
RUNBOOKS = ROOT / "docs/operating/runbooks"
ALERTMANAGER = ROOT / "deploy/alertmanager/alertmanager.yml"
PROGRAMS = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
SCRAPE = "500ms"


def missing_programs() -> list[str]:
    """Which of Debian's programs are not on this machine."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def hurried(text: str) -> str:
    """A rule or configuration file in which nobody waits for longer than a second; the conditions stay as they are."""
    return re.sub(r"^(\s*(?:for|interval|group_wait|group_interval): ).*$", r"\g<1>1s", text, flags=re.MULTILINE)


class Receiver:
    """The hospital's side: notes what Alertmanager delivers, by receiver."""

    def __init__(self) -> None:
        self.delivered: list[tuple[str, dict[str, Any]]] = []
        """Receiver's name and each alert as it came: labels, annotations, status."""
        delivered = self.delivered

        class Handler(BaseHTTPRequestHandler):
            """One POST a group of alerts."""

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                delivered.extend((self.path.strip("/"), alert) for alert in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def got(self, receiver: str, alert: str, status: str) -> bool:
        """Whether this alert came to this receiver with this status."""
        return any(
            to == receiver and one["labels"]["alertname"] == alert and one["status"] == status
            for to, one in list(self.delivered)
        )

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class MonitoringStack:
    """Prometheus that scrapes the given ports, Alertmanager and a receiver; a context manager."""

    def __init__(
        self, folder: Path, worker_ports: list[int], *, gateway_ports: Sequence[int] = (), in_a_hurry: bool = True
    ) -> None:
        """`in_a_hurry`: nobody waits for `for` and groups (`hurried`)."""
        self._folder = folder
        self._jobs = {"blinwatch-worker": worker_ports, "blinwatch-gateway": gateway_ports}
        self._in_a_hurry = in_a_hurry
        self._stack = ExitStack()
        self._prometheus_port, self._alertmanager_port = free_ports(2)
        self.receiver = Receiver()

    def __enter__(self) -> Self:
        self._stack.callback(self.receiver.close)
        self._write_files()
        storage = self._folder
        self._start(
            "prometheus-alertmanager",
            f"--config.file={storage / 'alertmanager.yml'}",
            f"--storage.path={storage / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self._alertmanager_port}",
            "--cluster.listen-address=",
        )
        self._start(
            "prometheus",
            f"--config.file={storage / 'prometheus.yml'}",
            f"--storage.tsdb.path={storage / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{self._prometheus_port}",
            f"--web.user-assets={RUNBOOKS}",
        )
        self.until(lambda: self._answers(self._prometheus_port) and self._answers(self._alertmanager_port), "are ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What Prometheus answers to an instant query: one entry a series. A bad query raises."""
        words = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://127.0.0.1:{self._prometheus_port}/api/v1/query?{words}") as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return result

    def runbook(self, name: str) -> str:
        """A runbook as Prometheus serves it."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._prometheus_port}/user/{name}") as answer:
            return answer.read().decode("utf-8")

    def firing(self) -> set[str]:
        """Alerts that fire now."""
        return {one["metric"]["alertname"] for one in self.query('ALERTS{alertstate="firing"}')}

    def until(self, true: Callable[[], bool], what: str, most_s: float = 60.0) -> None:
        """Wait until something is so."""
        end_s = time.monotonic() + most_s
        while not true():
            assert time.monotonic() < end_s, f"not so after {most_s:g} s: {what}"
            time.sleep(0.1)

    def _write_files(self) -> None:
        change = hurried if self._in_a_hurry else str
        rules = self._folder / "rules"
        rules.mkdir(parents=True)
        for path in RULES.glob("*.yml"):
            (rules / path.name).write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        routes = change(ALERTMANAGER.read_text(encoding="utf-8"))
        assert "alert-receiver:8080" in routes
        routes = routes.replace("alert-receiver:8080", self.receiver.address)
        (self._folder / "alertmanager.yml").write_text(routes, encoding="utf-8")
        settings = {
            "global": {"scrape_interval": SCRAPE, "scrape_timeout": "400ms", "evaluation_interval": SCRAPE},
            "rule_files": [str(rules / "*.yml")],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self._alertmanager_port}"]}]}]
            },
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}]}
                for job, ports in self._jobs.items()
                if ports
            ],
        }
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def _start(self, program: str, *words: str) -> None:
        log = self._stack.enter_context((self._folder / f"{program}.log").open("wb"))
        process = subprocess.Popen([program, *words], cwd=self._folder, stdout=log, stderr=log)
        self._stack.callback(process.wait, 20)
        self._stack.callback(process.terminate)

    def _answers(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False
