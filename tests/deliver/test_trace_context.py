"""A sender's trace reaches the decision unchanged; what is no trace context is dropped and counted, never mended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.deliver.trace_context import NO_TRACE, STATE_BYTES_MOST, Trace, is_state, trace_of

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def parent(value: bytes) -> Trace:
    return trace_of([("traceparent", value)])


@pytest.mark.parametrize(
    "value",
    [
        PARENT,
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
        b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like",
    ],
)
def test_a_readable_traceparent_is_handed_on_byte_for_byte(value: bytes) -> None:
    assert parent(value) == Trace((("traceparent", value),), dropped=False)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"nonsense",
        PARENT.upper(),
        PARENT + b" ",
        PARENT + b"-extra",
        PARENT + b"\n",
        PARENT[:-1],
        b"ff" + PARENT[2:],
        b"0g" + PARENT[2:],
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-" + b"0" * 16 + b"-01",
        b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what",
        b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-" + b"x" * STATE_BYTES_MOST,
    ],
)
def test_a_traceparent_that_cannot_be_read_is_dropped_with_its_state(value: bytes) -> None:
    assert trace_of([("tracestate", b"a=1"), ("traceparent", value)]) == Trace((), dropped=True)


def test_no_header_gives_no_trace_and_none_is_made_up() -> None:
    assert trace_of([]) == NO_TRACE
    assert trace_of([("type", b"x"), ("Traceparent", PARENT)]) == NO_TRACE, "header names of Kafka are exact"


def test_two_parents_are_no_parent() -> None:
    assert trace_of([("traceparent", PARENT), ("traceparent", PARENT)]) == Trace((), dropped=True)


def test_a_state_without_a_parent_is_dropped() -> None:
    assert trace_of([("tracestate", b"a=1")]) == Trace((), dropped=True)


def test_a_state_goes_with_its_parent_and_several_are_one_list() -> None:
    headers = [("tracestate", b"rojo=00f067aa0ba902b7"), ("traceparent", PARENT), ("tracestate", b"congo=t61rcWkgMzE")]
    assert trace_of(headers) == Trace(
        (("traceparent", PARENT), ("tracestate", b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")), dropped=False
    )
    assert parent(PARENT) == trace_of([("traceparent", PARENT), ("tracestate", b"")])


@pytest.mark.parametrize(
    "state", [b"a", b"=1", b"A=1", b"a=1,a=2", b"a=1=2", b"a=\xe4", b"a=1;b=2\n", b"a=" + b"x" * STATE_BYTES_MOST]
)
def test_a_state_that_cannot_be_read_is_dropped_alone(state: bytes) -> None:
    assert trace_of([("traceparent", PARENT), ("tracestate", state)]) == Trace((("traceparent", PARENT),), dropped=True)


def test_a_state_has_at_most_32_members() -> None:
    assert is_state(b",".join(b"k%d=v" % number for number in range(32)))
    assert not is_state(b",".join(b"k%d=v" % number for number in range(33)))
    assert is_state(b"fw529a3039@dt=FfAAAAAAAAA, a=1 ,,b=2"), "spaces around members and empty members are allowed"


@given(st.lists(st.tuples(st.sampled_from(["traceparent", "tracestate", "other"]), st.binary(max_size=80))))
def test_whatever_stands_in_the_headers_only_what_was_there_is_handed_on(headers: list[tuple[str, bytes]]) -> None:
    trace = trace_of(headers)
    given_values = b",".join(value for _, value in headers)
    for name, value in trace.headers:
        assert name in {"traceparent", "tracestate"}
        assert all(part in given_values for part in value.split(b","))
    wanted = any(name == "traceparent" for name, _ in headers)
    assert trace.headers or trace.dropped or not wanted, "a trace that is not handed on is counted"
