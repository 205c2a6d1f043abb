"""One node of a test's Kafka cluster: its ports, its folder and its settings."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

CLUSTER_ID = "YmxpbndhdGNoLXRlc3RzMQ"
"""Any 22 characters of base64."""
PROPERTIES = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # As deploy/kafka/kafka.env: a misspelt topic is an error.
    "auto.create.topics.enable": "false",
    # 50 partitions by default: each would be opened and elected at every start.
    "offsets.topic.num.partitions": "3",
    # How long the first member of a group waits for others: 3 s by default, and members of a test start together.
    "group.initial.rebalance.delay.ms": "300",
    # A dead broker is noticed after 9 s by default; a busy machine needs most of the rest.
    "broker.session.timeout.ms": "6000",
    "broker.heartbeat.interval.ms": "1000",
    # Compaction looks for work every 15 s by default, with 128 MiB of the small heap above.
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
}


@dataclass(frozen=True)
class Door:
    """A further address of a node, which names another one to its clients: a proxy stands between the two."""

    port: int
    """Where the node itself listens."""
    advertised_port: int
    """Where its clients of this door are told to go."""


@dataclass
class Node:
    """One process: broker and controller."""

    number: int
    port: int
    controller_port: int
    folder: Path
    doors: list[Door] = field(default_factory=list[Door])
    guarded: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    """Listeners that ask who comes: name -> protocol (SSL, SASL_SSL) and port."""
    process: subprocess.Popen[bytes] | None = None
    is_frozen: bool = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def configuration(self) -> Path:
        return self.folder / "server.properties"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def server_properties(node: Node, nodes: Iterable[Node], min_insync_replicas: int) -> dict[str, str]:
    """A node's server.properties; every topic is copied to all nodes."""
    nodes = list(nodes)
    copies, in_sync = str(len(nodes)), str(min_insync_replicas)
    guarded = {name: port for name, (_, port) in node.guarded.items()}
    named = {"PLAINTEXT": node.port, **{f"DOOR{n}": door.port for n, door in enumerate(node.doors)}, **guarded}
    told = {**named, **{f"DOOR{n}": door.advertised_port for n, door in enumerate(node.doors)}}
    protocols = {name: protocol for name, (protocol, _) in node.guarded.items()}
    return {
        **PROPERTIES,
        "node.id": str(node.number),
        "controller.quorum.voters": ",".join(f"{one.number}@127.0.0.1:{one.controller_port}" for one in nodes),
        "listeners": ",".join([*_addresses(named), f"CONTROLLER://127.0.0.1:{node.controller_port}"]),
        "advertised.listeners": ",".join(_addresses(told)),
        "listener.security.protocol.map": ",".join(
            f"{name}:{protocols.get(name, 'PLAINTEXT')}" for name in (*named, "CONTROLLER")
        ),
        "log.dirs": str(node.folder / "data"),
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
    }


def _addresses(listeners: dict[str, int]) -> list[str]:
    return [f"{name}://127.0.0.1:{port}" for name, port in listeners.items()]
