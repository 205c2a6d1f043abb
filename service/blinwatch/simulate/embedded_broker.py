"""A Kafka broker inside this process: the mock cluster of librdkafka, which Confluent's own wheel carries.

It speaks the real Kafka protocol over TCP on loopback ports, so any Kafka client on this machine can use it.
It keeps everything in memory, compacts nothing, and forgets: a partition holds its newest 5 MiB or 100,000
records. It proves no durability and serves demonstrations and tests only.

The mock cluster cannot create topics for an admin client, so topics are created here, through its own
interface.
"""

import ctypes
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

_PRODUCER_HANDLE = 0
"""`RD_KAFKA_PRODUCER` of librdkafka: the kind of handle that carries the cluster. It never sends anything."""
_ERROR_TEXT_BYTES = 512
"""Room for librdkafka's own error sentence, which it cuts to fit."""
_LOG_ONLY_CRITICAL = "2"
"""A syslog level: the handle has no brokers of its own and would otherwise complain about that on standard error."""


_KNOCK_EVERY_S = 0.002
"""A request waits for the next knock at most this long."""


class EmbeddedBrokerError(RuntimeError):
    """The mock cluster could not do what was asked."""


class EmbeddedBroker:
    """A mock Kafka cluster of `broker_count` brokers with the given topics; close it when done.

    Use as a context manager, or call `close()`. `topics` maps each topic's name to its number of partitions.
    """

    def __init__(
        self,
        topics: Mapping[str, int] | None = None,
        *,
        broker_count: int = 1,
        initial_rebalance_delay_ms: int = 300,
    ) -> None:
        """Start the cluster.

        `initial_rebalance_delay_ms`: how long the first member of a group waits for others; Kafka's own
        default of 3 s makes every start of a worker slow, and here the members start together or not at all.
        """
        self._library = _load_library()
        self._handle: int | None = _new_handle(self._library)
        self._cluster: int | None = self._library.rd_kafka_mock_cluster_new(self._handle, broker_count)
        if not self._cluster:
            self._library.rd_kafka_destroy(self._handle)
            self._handle = None
            raise EmbeddedBrokerError(f"the embedded broker could not start {broker_count} mock brokers")
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, initial_rebalance_delay_ms)
        self.bootstrap: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode("ascii")
        """Addresses for `bootstrap.servers`: `host:port`, comma between several."""
        self.create_topics(topics or {})

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """Create topics (name -> number of partitions), each with one replica. Raises when one exists already."""
        with _kept_awake(self.bootstrap):
            for name, partition_count in topics.items():
                self._create_topic(name, partition_count)

    def _create_topic(self, name: str, partition_count: int) -> None:
        cluster = self._open_cluster()
        problem = self._library.rd_kafka_mock_topic_create(cluster, name.encode("utf-8"), partition_count, 1)
        if problem:
            reason = self._library.rd_kafka_err2str(problem).decode("utf-8")
            raise EmbeddedBrokerError(
                f"the embedded broker could not create topic {name} with {partition_count} partitions: {reason}"
            )

    def set_down(self, broker_id: int = 1) -> None:
        """Close a broker's connections and refuse new ones, as if the machine had gone (broker ids start at 1)."""
        self._library.rd_kafka_mock_broker_set_down(self._open_cluster(), broker_id)

    def set_up(self, broker_id: int = 1) -> None:
        """Let a broker that was set down answer again; it has forgotten nothing."""
        self._library.rd_kafka_mock_broker_set_up(self._open_cluster(), broker_id)

    def close(self) -> None:
        """Stop the brokers and forget all records. Closing twice does nothing."""
        cluster, self._cluster = self._cluster, None
        handle, self._handle = self._handle, None
        if cluster:
            self._library.rd_kafka_mock_cluster_destroy(cluster)
        if handle:
            self._library.rd_kafka_destroy(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open_cluster(self) -> int:
        if not self._cluster:
            raise EmbeddedBrokerError("the embedded broker is closed")
        return self._cluster


@contextmanager
def _kept_awake(bootstrap: str) -> Generator[None]:
    """Connect to the cluster again and again meanwhile.

    The thread of the mock cluster sleeps for up to a second and does not always notice a request from this process;
    a connection wakes it. Twenty topics take 20 ms with this and four seconds without.
    """
    host, port = bootstrap.split(",", maxsplit=1)[0].rsplit(":", 1)
    over = threading.Event()

    def knock() -> None:
        while not over.wait(_KNOCK_EVERY_S):
            # A broker that was set down refuses; it is awake all the same.
            with suppress(OSError):
                socket.create_connection((host, int(port)), timeout=1).close()

    knocker = threading.Thread(target=knock, name="embedded-broker-knock", daemon=True)
    knocker.start()
    try:
        yield
    finally:
        over.set()
        knocker.join()


def _load_library() -> Any:
    """The librdkafka that `confluent_kafka` itself is linked with, reached through its extension module."""
    try:
        from confluent_kafka import cimpl
    except ImportError as error:
        raise EmbeddedBrokerError(
            "the embedded broker needs the package confluent-kafka: pip install 'blinwatch[demo]'"
        ) from error
    library = ctypes.CDLL(cimpl.__file__)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[list[Any], Any]] = {
        "rd_kafka_conf_new": ([], pointer),
        "rd_kafka_conf_set": ([pointer, text, text, text, ctypes.c_size_t], number),
        "rd_kafka_new": ([number, pointer, text, ctypes.c_size_t], pointer),
        "rd_kafka_destroy": ([pointer], None),
        "rd_kafka_err2str": ([number], text),
        "rd_kafka_mock_cluster_new": ([pointer, number], pointer),
        "rd_kafka_mock_cluster_destroy": ([pointer], None),
        "rd_kafka_mock_cluster_bootstraps": ([pointer], text),
        "rd_kafka_mock_topic_create": ([pointer, text, number, number], number),
        "rd_kafka_mock_broker_set_down": ([pointer, ctypes.c_int32], number),
        "rd_kafka_mock_broker_set_up": ([pointer, ctypes.c_int32], number),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": ([pointer, ctypes.c_int32], None),
    }
    for name, (arguments, result) in signatures.items():
        function = getattr(library, name)
        function.argtypes = arguments
        function.restype = result
    return library


def _new_handle(library: Any) -> int:
    """A librdkafka handle to carry the cluster."""
    problem = ctypes.create_string_buffer(_ERROR_TEXT_BYTES)
    configuration = library.rd_kafka_conf_new()
    if library.rd_kafka_conf_set(configuration, b"log_level", _LOG_ONLY_CRITICAL.encode(), problem, len(problem)):
        raise EmbeddedBrokerError(f"librdkafka refused its log level: {problem.value.decode('utf-8')}")
    handle = library.rd_kafka_new(_PRODUCER_HANDLE, configuration, problem, len(problem))
    if not handle:
        raise EmbeddedBrokerError(f"librdkafka could not start: {problem.value.decode('utf-8')}")
    return handle
