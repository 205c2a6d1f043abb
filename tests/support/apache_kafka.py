"""Real Apache Kafka (KRaft) as processes of this test run: one broker, or three that copy every record.

    with ApacheKafka(brokers=3) as kafka:
        kafka.create_catalogue_topics(partitions=4)
        kafka.stop_broker(kafka.leader_of("vitals.observed.v1", 0), kill=True)

Every node is broker and controller at once, so one of three may be lost without losing the quorum. They listen on free
loopback ports, keep their data in a temporary folder, are ended by their process ids, and each keeps what it says in
`server_log(broker)`. Start and stop them from the main thread: they die with the thread that started them.
"""

import asyncio
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from blinwatch.catalogue import load_catalogue
from blinwatch.catalogue_check import create_missing_topics, topic_configuration
from tests.support.free_ports import free_ports
from tests.support.kafka_jars import POM, KafkaJars, kafka_jars
from tests.support.kafka_node import CLUSTER_ID, Door, Node, server_properties

START_MOST_S = 90.0
"""Five seconds on an idle machine; three Java processes on two busy cores take far longer."""
STOP_MOST_S = 60.0
LOOK_EVERY_S = 0.1
JAVA = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
"""Small and soon awake: three of them run beside the tests on two cores."""


class ApacheKafka:
    """A context manager; brokers are numbered from 1."""

    running: ClassVar[list["ApacheKafka"]] = []
    """Clusters of this process, so that a failed test can keep what their brokers said."""

    def __init__(
        self,
        brokers: int = 1,
        properties: Mapping[str, str] | None = None,
        doors: int = 0,
        guarded: Mapping[str, str] | None = None,
    ) -> None:
        """`properties`: broker settings that differ from `PROPERTIES`; `doors`: further addresses of each broker.

        `guarded`: listeners that ask who comes, name -> protocol; their addresses are at `guarded_address`.
        """
        self.replication_factor = brokers
        self.min_insync_replicas = max(1, brokers - 1)
        self._jars: KafkaJars = kafka_jars()
        self._folder = Path(tempfile.mkdtemp(prefix="blinwatch-kafka-"))
        guarded = guarded or {}
        ports = free_ports(brokers * (2 + 2 * doors + len(guarded)))
        self._nodes = {
            number: Node(
                number,
                ports.pop(),
                ports.pop(),
                self._folder / f"broker-{number}",
                [Door(ports.pop(), ports.pop()) for _ in range(doors)],
                {name: (protocol, ports.pop()) for name, protocol in guarded.items()},
            )
            for number in range(1, brokers + 1)
        }
        self._own_properties = dict(properties or {})
        self.bootstrap = ",".join(node.address for node in self._nodes.values())
        """Addresses for `bootstrap.servers`."""

    def __enter__(self) -> Self:
        try:
            self._format()
            for node in self._nodes.values():
                self._start(node)
            self.until_up()
        except BaseException:
            self.close()
            raise
        self.running.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every broker and forget its data."""
        if self in self.running:
            self.running.remove(self)
        for node in self._nodes.values():
            if node.process is not None and node.process.poll() is None:
                node.process.kill()
        for node in self._nodes.values():
            if node.process is not None:
                node.process.wait(STOP_MOST_S)
        shutil.rmtree(self._folder, ignore_errors=True)

    # --- brokers ------------------------------------------------------------------------------------------

    @property
    def brokers(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(self._nodes)

    def stop_broker(self, broker: int, *, kill: bool = True) -> None:
        """End one: with kill -9, or asked politely, so that it hands its partitions over first."""
        process = self._process_of(broker)
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        process.wait(STOP_MOST_S)
        self._nodes[broker].process = None

    def has_ended(self, broker: int) -> bool:
        """Whether it has ended by itself."""
        return self._process_of(broker).poll() is not None

    def forget_ended(self, broker: int) -> None:
        """It ended by itself, and that is meant: it may be started again."""
        assert self.has_ended(broker), f"broker {broker} still runs"
        self._nodes[broker].process = None

    def start_broker(self, broker: int) -> None:
        """Start one that was stopped, with the data it had; returns when it serves again."""
        self.start_again(broker)
        self.until_up()

    def start_again(self, broker: int) -> None:
        """The same, without waiting."""
        assert self._nodes[broker].process is None, f"broker {broker} has not been stopped"
        self._start(self._nodes[broker])

    def bring_up(self) -> None:
        """Start every broker that does not run: a test that failed may have left it so."""
        for node in self._nodes.values():
            if node.process is None or node.process.poll() is not None:
                self._start(node)
            else:
                self.resume_broker(node.number)
        self.until_up()

    def pause_broker(self, broker: int) -> None:
        """SIGSTOP: it keeps its connections, accepts new ones and answers nothing."""
        self._process_of(broker).send_signal(signal.SIGSTOP)
        self._nodes[broker].is_frozen = True

    def resume_broker(self, broker: int) -> None:
        """SIGCONT."""
        self._process_of(broker).send_signal(signal.SIGCONT)
        self._nodes[broker].is_frozen = False

    def doors(self, broker: int) -> list[Door]:
        """Its further addresses, behind which the test puts proxies."""
        return self._nodes[broker].doors

    def guarded_address(self, listener: str) -> str:
        """Addresses of a guarded listener for `bootstrap.servers`."""
        return ",".join(f"127.0.0.1:{node.guarded[listener][1]}" for node in self._nodes.values())

    def log_dir(self, broker: int) -> Path:
        """Where a broker keeps its records."""
        return self._nodes[broker].folder / "data"

    def server_log(self, broker: int) -> Path:
        """What a broker has said so far, over all its starts."""
        return self._nodes[broker].log

    def until_up(self) -> None:
        """Wait until every broker that runs is a member of the cluster."""

        def all_there() -> bool:
            expected = {node.number for node in self._nodes.values() if self._is_running(node)}
            assert expected, "no broker runs"
            return all(set(view.brokers) == expected for view in self._views())

        self._until(all_there, "the brokers are not up")

    # --- topics -------------------------------------------------------------------------------------------

    def create_catalogue_topics(self, partitions: int) -> None:
        """Make the catalogue's topics the way `blinwatch topics apply` does."""
        catalogue = load_catalogue(partitions)
        asyncio.run(
            create_missing_topics(
                self.bootstrap,
                catalogue,
                replication_factor=self.replication_factor,
                min_insync_replicas=self.min_insync_replicas,
            )
        )
        self.until_known(catalogue.names)

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """Make topics (name -> partitions); those of the catalogue with its configuration."""
        catalogue = load_catalogue()
        new = [
            NewTopic(
                name,
                partitions,
                self.replication_factor,
                config=topic_configuration(catalogue.topic(name), self.min_insync_replicas)
                if name in catalogue.names
                else {},
            )
            for name, partitions in topics.items()
        ]
        admin = self.admin()
        for made in admin.create_topics(new, operation_timeout=20).values() if new else ():
            made.result()
        self.until_known(topics)

    def until_known(self, topics: Iterable[str]) -> None:
        """Every broker knows the topics: a client may ask any of them first."""

        def known_everywhere() -> bool:
            return all(set(topics) <= view.topics.keys() for view in self._views())

        self._until(known_everywhere, "not every broker knows the new topics")
        self._until(lambda: self._partitions_answer(topics), "not every partition of the new topics answers")

    def _partitions_answer(self, topics: Iterable[str]) -> bool:
        """A broker knows of a partition before it leads it; clients would meet "not leader" until then."""
        admin, known = self.admin(), self._metadata().topics
        newest = {
            TopicPartition(name, number): OffsetSpec.latest() for name in topics for number in known[name].partitions
        }
        answers = admin.list_offsets(newest, request_timeout=10) if newest else {}
        return all(_succeeds(answer) for answer in answers.values())

    def clear(self) -> None:
        """Remove every topic and every consumer group; waits for members that were killed to be given up."""
        admin = self.admin()
        groups = [group.group_id for group in admin.list_consumer_groups(request_timeout=20).result().valid]

        def groups_are_gone() -> bool:
            gone = [_succeeds(done) for done in admin.delete_consumer_groups(groups).values()] if groups else []
            return all(gone)

        self._until(groups_are_gone, f"consumer groups {groups} still have members")
        topics = [name for name in self._named_anywhere() if not name.startswith("__")]
        if topics:
            for deleted in admin.delete_topics(topics, operation_timeout=20).values():
                deleted.result()
        # The controller has decided; each broker learns it a little later, and would still name the old ones.
        self._until(lambda: self._named_anywhere().isdisjoint(topics), "not every broker has forgotten the old topics")

    def _named_anywhere(self) -> set[str]:
        return {name for view in self._views() for name in view.topics}

    def leader_of(self, topic: str, partition: int) -> int:
        """The broker that leads a partition now; -1 while none does."""
        return int(self._metadata().topics[topic].partitions[partition].leader)

    def until_leader_is_not(self, broker: int, topics: Iterable[str]) -> None:
        """Wait until other brokers lead all partitions of these topics."""
        wanted = tuple(topics)

        def led_by_others() -> bool:
            leaders = {
                one.leader for view in self._views() for name in wanted for one in view.topics[name].partitions.values()
            }
            return leaders.isdisjoint({broker, -1})

        self._until(led_by_others, f"broker {broker} still leads")

    def until_in_sync(self, copies: int) -> None:
        """Wait until every partition has exactly so many copies in sync, and every broker knows it."""
        self._until(lambda: self._has_copies(copies), f"not every partition has {copies} copies in sync")

    def is_in_sync(self) -> bool:
        """Whether every broker runs and holds all that the others hold."""
        try:
            views = self._views()
            return all(set(view.brokers) == set(self._nodes) for view in views) and self._has_copies(len(self._nodes))
        except _NotYetError:
            return False

    def _has_copies(self, copies: int) -> bool:
        return all(
            len(one.isrs) == copies
            for view in self._views()
            for topic in view.topics.values()
            for one in topic.partitions.values()
        )

    def admin(self, address: str | None = None) -> AdminClient:
        """An administrator that shares no code with blinwatch; speaks first to the broker at `address`, if given."""
        return AdminClient({"bootstrap.servers": address or self.bootstrap, "log_level": 0})

    # --- inside -------------------------------------------------------------------------------------------

    def _metadata(self, address: str | None = None) -> Any:
        """What some broker, or the one at this address, knows of the cluster."""
        try:
            return self.admin(address).list_topics(timeout=5)
        except KafkaException as error:
            raise _NotYetError(str(error)) from error

    def _views(self) -> list[Any]:
        """What each broker that runs knows: one may know what another has not heard yet."""
        able = [node for node in self._nodes.values() if self._is_running(node) and not node.is_frozen]
        return [self._metadata(node.address) for node in able]

    def _until(self, done: Callable[[], bool], problem: str) -> None:
        end_s = time.monotonic() + START_MOST_S
        last: Exception | None = None
        while time.monotonic() < end_s:
            try:
                if done():
                    return
            except _NotYetError as error:
                last = error
            time.sleep(LOOK_EVERY_S)
        told = "\n".join(f"broker {node.number}:\n{_tail(node.log)}" for node in self._nodes.values())
        raise AssertionError(f"{problem} after {START_MOST_S:g} s ({last}):\n{told}")

    def _process_of(self, broker: int) -> subprocess.Popen[bytes]:
        process = self._nodes[broker].process
        assert process is not None, f"broker {broker} does not run"
        return process

    @staticmethod
    def _is_running(node: Node) -> bool:
        if node.process is None:
            return False
        assert node.process.poll() is None, f"broker {node.number} ended by itself:\n{_tail(node.log)}"
        return True

    def _format(self) -> None:
        """Write every node's settings and make its data folder, all at the same time."""
        running: list[tuple[Node, subprocess.Popen[bytes]]] = []
        for node in self._nodes.values():
            node.folder.mkdir()
            own = server_properties(node, self._nodes.values(), self.min_insync_replicas)
            lines = [f"{name}={value}" for name, value in {**own, **self._own_properties}.items()]
            node.configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")
            tool = ("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(node.configuration))
            running.append((node, self._java(node, *tool)))
        for node, process in running:
            status = process.wait(START_MOST_S)
            assert status == 0, f"the data folder of broker {node.number} was not made:\n{_tail(node.log)}"

    def _start(self, node: Node) -> None:
        node.process = self._java(node, "kafka.Kafka", str(node.configuration))

    def _java(self, node: Node, *words: str) -> subprocess.Popen[bytes]:
        # Should the test run itself be killed, the kernel ends the broker: setpriv replaces itself by java.
        guard = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
        log4j = f"-Dlog4j2.configurationFile={POM.parent / 'log4j2.xml'}"
        command = [*guard, self._jars.java, *JAVA, log4j, "-cp", self._jars.classpath, *words]
        with node.log.open("ab") as log:
            return subprocess.Popen(command, cwd=node.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def keep_server_logs(folder: Path) -> list[Path]:
    """Copy what the brokers that run now have said; the copies."""
    kept: list[Path] = []
    for number, cluster in enumerate(ApacheKafka.running, start=1):
        for broker in cluster.brokers:
            folder.mkdir(parents=True, exist_ok=True)
            copy = folder / f"cluster-{number}-broker-{broker}.log"
            shutil.copyfile(cluster.server_log(broker), copy)
            kept.append(copy)
    return kept


class _NotYetError(Exception):
    """No broker answers; perhaps the next look finds one."""


def _succeeds(done: Any) -> bool:
    try:
        done.result()
    except KafkaException:
        return False
    return True


def _tail(log: Path, lines: int = 30) -> str:
    if not log.exists():
        return "(it has said nothing)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
