"""The gateway's HTTP side over a Kafka of the test's own making."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from starlette.testclient import TestClient

from blinwatch.gateway.http.allowance import Allowances
from blinwatch.gateway.http.app import HttpMeans, build_app
from blinwatch.gateway.http.callers import Caller, CallerBook, hash_token, write_callers
from blinwatch.gateway.http.intake import Intake
from tests.gateway.hands import Ears, Kafka

TOKEN = "only-this-test-knows-it"  # noqa: S105 - nobody else
CALLER = {"Authorization": f"Bearer {TOKEN}"}
NDJSON = {"Content-Type": "application/x-ndjson"}


class HttpEars(Ears):
    """What the HTTP side told."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_for: Counter[tuple[str, str]] = Counter()
        self.reasons: Counter[str] = Counter()

    def asked(self, route: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.asked_for[route, outcome] += 1

    def refused(self, route: str, reason: str) -> None:
        assert route
        self.reasons[reason] += 1


class Site:
    """A gateway that a test can send to."""

    def __init__(self, folder: Path | None = None, *, within_s: float = 5.0, burst: float = 5_000.0) -> None:
        self.kafka, self.ears, self.clock_s = Kafka(), HttpEars(), 0.0
        self.merged: dict[str, str] = {}
        book = None
        if folder is not None:
            self.file = folder / "callers.yaml"
            write_callers(self.file, [Caller(name="lab-bridge", token=hash_token(TOKEN))])
            book = CallerBook(self.file)
        self.intake = Intake(self.kafka, self.ears, current=lambda name: self.merged.get(name, name), within_s=within_s)
        allowances = Allowances(10.0, burst, lambda: self.clock_s)
        self.app = build_app(HttpMeans(intake=self.intake, telling=self.ears, book=book, allowances=allowances))
        self.client = TestClient(self.app, headers=CALLER, raise_server_exceptions=False)

    def send(self, event: Any, path: str = "/v1/events") -> tuple[int, Any]:
        """Status and content of the answer to one event."""
        answer = self.client.post(path, json=event)
        return answer.status_code, answer.json()

    def lines(self, *events: Any, path: str = "/v1/events:batch") -> tuple[int, Any]:
        """The same for a batch."""
        body = b"\n".join(one if isinstance(one, bytes) else orjson.dumps(one) for one in events)
        answer = self.client.post(path, content=body, headers=NDJSON)
        return answer.status_code, answer.json()


def lab(event_id: str = "e-1", **changed: Any) -> dict[str, Any]:
    """A platelet count."""
    return {
        "type": "lab_resulted", "event_id": event_id, "patient_id": "pt-1", "source": "analyser-3",
        "occurred_at": "2026-03-01T08:00:00+01:00", "loinc": "777-3", "value": 88, "unit": "10*3/uL", **changed,
    }  # fmt: skip
