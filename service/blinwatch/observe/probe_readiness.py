"""Asks the worker of this container whether it is ready: `python -m blinwatch.observe.probe_readiness`.

Exit status 0 when /readyz answers 200, otherwise 1 with the answer on standard error. It reads the port
from the same variable as the worker and imports nothing else, because a container asks every few seconds.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

DEFAULT_PORT = "6066"
TIMEOUT_S = 4
"""Below the 5 s after which the image's HEALTHCHECK gives up by itself and could not say why."""
READY = 200


def probe(port: int) -> tuple[bool, str]:
    """Whether the worker on this loopback port is ready, and what it said."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status == READY, answer.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return False, f"no answer from port {port}: {type(error).__name__}: {error}"
    finally:
        connection.close()


def main() -> int:
    """Probe the port of BLINWATCH_WEB_PORT."""
    ready, said = probe(int(os.environ.get("BLINWATCH_WEB_PORT") or DEFAULT_PORT))
    if not ready:
        print(said, file=sys.stderr)  # noqa: T201
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
