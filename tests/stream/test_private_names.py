"""The names of Faust and aiokafka that the worker leans on and nobody has promised to keep.

The version is pinned; whoever raises it runs this first. Each name stands with what we use it for.
"""

import inspect
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import Assignment, Subscription, SubscriptionState, TopicPartitionState
from faust.app.base import App
from faust.tables.recovery import Recovery
from faust.tables.table import Table
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.consumer import Fetcher, ThreadDelegateConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Producer, Transport
from mode.worker import Worker

NAMES: list[tuple[type[Any], str, str]] = [
    (BaseConsumer, "_drain_messages", "replaced: the reading loop"),
    (BaseConsumer, "_wait_next_records", "called: waits for flow and fetches"),
    (ThreadDelegateConsumer, "_getmany", "extended: leaves out topics that have enough waiting"),
    (BaseConsumer, "_filter_committable_offsets", "called: what ordinary agents have acknowledged"),
    (BaseConsumer, "_commit_offsets", "called: commits, and tells the tables and the monitor"),
    (ThreadDelegateConsumer, "_commit", "replaced: commits for one generation"),
    (AIOKafkaConsumerThread, "_commit", "called: the same"),
    (AIOKafkaConsumerThread, "_ensure_consumer", "called: the same"),
    (GroupCoordinator, "_do_commit_offsets", "wrapped: the same"),
    (BaseConsumer, "force_commit", "replaced: the order of durability"),
    (BaseConsumer, "wait_empty", "replaced: the commit before partitions are given away"),
    (BaseConsumer, "on_partitions_assigned", "extended: forgets what may have been somebody else's"),
    (Consumer, "seek_to_committed", "extended: proves that the offsets to start at are ours"),
    (BaseConsumer, "verify_event_path", "replaced: Faust's own stall detector"),
    (Consumer, "_new_consumer_thread", "replaced: the thread with the shorter fetch wait"),
    (Consumer, "_to_message", "called: records of the changelog, on Faust's own way"),
    (AIOKafkaConsumerThread, "_create_worker_consumer", "extended: the fetch wait"),
    (Producer, "_settings_extra", "replaced: idempotence"),
    (Transport, "Consumer", "replaced"),
    (Transport, "Producer", "replaced"),
    (Table, "apply_changelog_batch", "replaced: keeps bytes, raises nothing"),
    (Table, "persisted_offset", "replaced: how far the changelog is known"),
    (Table, "on_recovery_completed", "extended: hands partitions to the engine"),
    (App, "crash", "called: stops everything after a failure"),
    (Worker, "on_stop", "extended: the last resort"),
    (Worker, "_signal_stop_time", "read: whether somebody asked for the stop"),
    (SubscriptionState, "subscription", "read: the end and position of a partition"),
    (Subscription, "assignment", "read: the same"),
    (Assignment, "state_value", "called: the same"),
    (Assignment, "tps", "read: the same"),
    (GroupCoordinator, "check_errors", "called: errors that pause the membership"),
    (AIOKafkaConsumerThread, "call_thread", "called: the same, in the consumer's own thread"),
    (TopicPartitionState, "has_valid_position", "read: the same"),
    (TopicPartitionState, "position", "read: the same"),
]

SET_IN_INIT: list[tuple[type[Any], str]] = [
    (BaseConsumer, "_acked"),
    (BaseConsumer, "_read_offset"),
    (BaseConsumer, "suspend_flow"),
    (BaseConsumer, "callback"),
    (ThreadDelegateConsumer, "_thread"),
    (AIOKafkaConsumer, "_fetch_max_wait_ms"),
    (AIOKafkaConsumer, "_subscription"),
    (AIOKafkaConsumer, "_coordinator"),
    (GroupCoordinator, "generation"),
    (TopicPartitionState, "highwater"),
    (TopicPartitionState, "timestamp"),
]


def test_faust_is_the_release_that_these_names_were_read_in() -> None:
    assert version("faust-streaming") == "0.15.3"


@pytest.mark.parametrize("owner,name,used_for", NAMES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_the_name_is_there(owner: type[Any], name: str, used_for: str) -> None:
    assert hasattr(owner, name), f"{owner.__name__}.{name} is gone ({used_for})"


@pytest.mark.parametrize("owner,name", SET_IN_INIT)
def test_the_attribute_is_set_when_the_object_is_made(owner: type[Any], name: str) -> None:
    assert f"self.{name} " in inspect.getsource(owner.__init__) or f"self.{name}:" in inspect.getsource(owner.__init__)


def test_the_reading_loop_is_started_by_the_fetcher_with_itself_as_argument() -> None:
    assert "_drain_messages(self)" in inspect.getsource(Fetcher)


def test_the_flow_flag_is_what_stops_reading() -> None:
    assert "self.flow_active = False" in inspect.getsource(BaseConsumer.stop_flow)
    assert BaseConsumer.flow_active is True


def test_the_generation_is_known_to_the_application_before_partitions_are_assigned() -> None:
    assert "consumer_generation_id = generation" in inspect.getsource(
        inspect.getmodule(Consumer).ConsumerRebalanceListener.on_partitions_assigned  # type: ignore[union-attr]
    )


def test_recovery_asks_the_table_how_far_it_is_and_seeks_to_committed_offsets_before_reading_goes_on() -> None:
    assert "table.persisted_offset(tp)" in inspect.getsource(Recovery._add)
    completed = inspect.getsource(Recovery.on_recovery_completed)
    assert completed.index("table.on_recovery_completed") < completed.index("consumer.perform_seek()")
    assert completed.index("consumer.perform_seek()") < completed.index("consumer.resume_flow()")


def test_partitions_are_given_away_only_after_the_consumer_was_asked_to_finish() -> None:
    revoked = inspect.getsource(App._on_partitions_revoked)
    assert revoked.index("consumer.stop_flow") < revoked.index("_consumer_wait_empty")
    assert "consumer.wait_empty()" in inspect.getsource(App._consumer_wait_empty)


def test_a_commit_s_request_is_made_in_one_step_with_the_generation_and_a_lost_one_ends_the_tries() -> None:
    tries, request = (
        inspect.getsource(one) for one in (GroupCoordinator.commit_offsets, GroupCoordinator._do_commit_offsets)
    )
    assert "asyncio.shield(self._do_commit_offsets(" in tries
    assert tries.index("Errors.IllegalGenerationError") < tries.index("raise Errors.CommitFailedError")
    assert "await" not in request[: request.index("self.generation")]
    assert "already rebalanced" in inspect.getsource(AIOKafkaConsumerThread._commit)
    assert "await self._commit(committable_offsets)" in inspect.getsource(BaseConsumer._commit_offsets)


def test_an_empty_set_of_partitions_means_all_of_them_to_the_fetcher() -> None:
    """The reason why the batch consumer never asks for an empty set."""
    from aiokafka.consumer.fetcher import Fetcher as KafkaFetcher  # noqa: PLC0415

    assert "if partitions and tp not in partitions" in inspect.getsource(KafkaFetcher.fetched_records)
