"""Loopback ports for servers that must come back on the same one."""

import random
import socket

PORTS = range(12_000, 30_000)
"""Below the ports that Linux gives to outgoing connections (32768 and up).

The port of a broker that is down must still be free when it comes back: a client that tries to reach it could be given
that very port, and even be connected with itself.
"""


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now, all different."""
    found: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            # Without it a port on which a connection has just ended would seem taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError(f"no {count} free ports from {PORTS.start} to {PORTS.stop}")
