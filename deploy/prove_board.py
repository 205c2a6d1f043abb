"""Proves a running board as a browser uses it; for deploy/prove.sh, with nothing but Python itself.

python3 deploy/prove_board.py acknowledge URL   acknowledges an alert, waits until a worker has judged it; prints its id
python3 deploy/prove_board.py says STATE URL    waits until the board says this of the monitor (well, blind, ...);
                                                prints after how many seconds
"""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

WAIT_MOST_S = 120.0
"""The first alert of the simulated ward comes within seconds of the workers' start."""
BLIND_MOST_S = 15.0
"""Ten seconds are promised; the rest is this machine's, which builds and runs nine containers."""
PATIENCE_S = 10.0
"""A page says that an act is not confirmed after as long."""


def told(url: str, until_s: float) -> Iterator[tuple[str, Any]]:
    """Name and content of the board's server-sent events, until a moment of the steady clock."""
    with urllib.request.urlopen(f"{url}/events", timeout=PATIENCE_S) as stream:
        name = ""
        for raw in stream:
            line = raw.decode().rstrip("\r\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
            if time.monotonic() > until_s:
                return


def acknowledge(url: str) -> str:
    """Acknowledge an alert of the ward; its id once the act is told as done."""
    ends_s = time.monotonic() + WAIT_MOST_S
    tried: set[str] = set()
    awaited = ""
    alert_id = ""
    for name, content in told(url, ends_s):
        if name == "answer" and content["event_id"] == awaited:
            if content["done"]:
                return alert_id
            awaited = ""  # over before somebody could see it; the simulated ward is fast
        tiles = content if name == "ward" else [tile for _, tile in content if tile] if name == "tiles" else []
        for tile in tiles:
            fresh = [one["id"] for one in tile["alerts"] if one["state"] == "active" and not one["hidden"]]
            if not awaited and fresh and fresh[0] not in tried:
                alert_id = fresh[0]
                tried.add(alert_id)
                awaited = act(url, tile["id"], alert_id)
    sys.exit(f"no acknowledgement was told as done within {WAIT_MOST_S:g} s; {len(tried)} were tried")


def act(url: str, patient_id: str, alert_id: str) -> str:
    """The event's id of an acknowledgement; "" where the alert has just gone."""
    form = {"kind": "acknowledge", "patient_id": patient_id, "alert_id": alert_id, "by": "proof", "reason": "proven"}
    headers = {"Content-Type": "application/json", "Origin": url}
    request = urllib.request.Request(f"{url}/api/acts", json.dumps(form).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return str(json.load(answer)["event_id"])
    except urllib.error.HTTPError as refused:
        if refused.code in (404, 422):
            return ""
        raise


def says(state: str, url: str, most_s: float) -> float:
    """Wait until the board says so of the monitor; after how many seconds it did."""
    began_s = time.monotonic()
    said = "nothing"
    while (gone_s := time.monotonic() - began_s) < most_s:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=PATIENCE_S) as answer:
                said = json.load(answer)["monitor"]
        except OSError as error:
            said = str(error)
        if said == state:
            return gone_s
        time.sleep(0.2)
    sys.exit(f"the board says {said!r} of the monitor, not {state!r}, after {most_s:g} s")


def main() -> None:
    match sys.argv[1:]:
        case ["acknowledge", url]:
            print(acknowledge(url))
        case ["says", state, url]:
            print(f"{says(state, url, BLIND_MOST_S if state == 'blind' else WAIT_MOST_S):.1f}")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
