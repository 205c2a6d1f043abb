"""Alerts for Prometheus' Alertmanager (API v2), where a hospital's on-call paging hangs on it.

Labels name the alert, so the same one is the same there; Alertmanager groups, silences and repeats. It forgets an alert
of which it has not heard for its `resolve_timeout`, so a standing one is given an end far away.
"""

from datetime import datetime, timedelta
from typing import Any

import orjson

from blinwatch.deliver.cloud_event import utc_text
from blinwatch.forward.http_posts import new_client, send
from blinwatch.forward.letter import Letter, NotTakenError
from blinwatch.forward.targets_file import AlertmanagerTarget, TargetsFileError, secret

STANDS_FOR = timedelta(days=30)
"""A cycle: until then the end of the alert has come, or nobody needs a page for it."""
_SEVERITY = {"high": "critical", "medium": "warning", "low": "info"}


class Alertmanager:
    """One Alertmanager."""

    def __init__(self, target: AlertmanagerTarget) -> None:
        self._target = target
        self._client = new_client(target.ca_file)

    async def deliver(self, letter: Letter) -> str:
        """Post the alert as it is after this step."""
        headers = {"content-type": "application/json"}
        if self._target.token_file is not None:
            try:
                headers["authorization"] = f"Bearer {secret(self._target.token_file)}"
            except TargetsFileError as error:
                raise NotTakenError(str(error)) from None
        body = orjson.dumps([alert_of(letter)])
        url = f"{self._target.url}/api/v2/alerts"
        answer = await send(self._client, self._client.build_request("POST", url, content=body, headers=headers))
        return f"HTTP {answer.status_code}"

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def alert_of(letter: Letter) -> dict[str, Any]:
    """The alert in Alertmanager's words. Over, answered or put aside, it has ended: nobody is to be paged for it."""
    alert = letter.alert
    at = datetime.fromisoformat(letter.told["occurred_at"])
    ends = at if letter.answers else at + STANDS_FOR
    return {
        "labels": {
            "alertname": alert["code"],
            "service": "blinwatch",
            "severity": _SEVERITY[alert["priority"]],
            "priority": alert["priority"],
            "ward": alert.get("ward") or "unknown",
            "alert_id": alert["alert_id"],
        },
        "annotations": {
            "summary": alert["summary"],
            "rule": alert["rule_id"],
            "patient": alert["patient_id"],
            "step": letter.step,
        },
        "startsAt": utc_text(datetime.fromisoformat(alert["raised_at"])),
        "endsAt": utc_text(ends),
    }
