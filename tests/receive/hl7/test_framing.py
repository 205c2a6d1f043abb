"""MLLP frames: any split or join of the same bytes gives the same messages; whatever is no frame gives a reason."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.receive.hl7.framing import FAULT_BYTES_KEPT, FrameFault, FrameReader, frame

MESSAGES = st.lists(st.binary(max_size=60).filter(lambda one: not {0x0B, 0x1C} & set(one)), max_size=6)


def read_all(pieces: list[bytes], most: int = 1000) -> list[bytes | FrameFault]:
    reader = FrameReader(most)
    found = [one for piece in pieces for one in reader.feed(piece)]
    rest = reader.end()
    return [*found, rest] if rest else found


def cut_at(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(MESSAGES, st.lists(st.integers(0, 10_000), max_size=20), st.sampled_from([b"", b"\r\n", b"\n"]))
def test_any_split_and_join_of_frames_gives_the_same_messages(
    messages: list[bytes], cuts: list[int], between: bytes
) -> None:
    stream = b"".join(frame(one) + between for one in messages)
    assert read_all(cut_at(stream, cuts)) == messages


@given(st.binary(max_size=200), st.lists(st.integers(0, 10_000), max_size=20))
def test_any_bytes_are_read_alike_however_the_network_cuts_them(stream: bytes, cuts: list[int]) -> None:
    def told(found: list[bytes | FrameFault]) -> list[object]:
        return [one if isinstance(one, bytes) else (one.reason, one.size_bytes) for one in found]

    assert told(read_all(cut_at(stream, cuts), most=40)) == told(read_all([stream], most=40))


@given(st.binary(max_size=300))
def test_no_byte_is_lost_without_being_told(stream: bytes) -> None:
    """Messages, faults, marks and the line ends between frames account for everything that came."""
    found = read_all([stream])
    told = sum(len(one) if isinstance(one, bytes) else one.size_bytes for one in found)
    marks = stream.count(b"\x0b") + 2 * sum(isinstance(one, bytes) for one in found)
    assert told + marks + stream.count(b"\r") + stream.count(b"\n") >= len(stream)


def test_a_message_that_a_new_frame_cuts_off_is_told_and_the_new_one_is_read() -> None:
    found = read_all([b"\x0bMSH|half", b"\x0bMSH|whole\x1c\r"])
    assert found == [FrameFault("cut_frame", 8, b"MSH|half"), b"MSH|whole"]


def test_a_sender_that_leaves_the_last_carriage_return_away_is_understood() -> None:
    assert read_all([b"\x0bone\x1c", b"\x0btwo\x1c\r"]) == [b"one", b"two"]


def test_a_message_longer_than_the_limit_is_given_up_without_being_held_in_memory() -> None:
    reader = FrameReader(200_000)
    found = list(reader.feed(b"\x0b"))
    for _ in range(100):
        found += reader.feed(b"x" * 100_000)
    assert reader.inside_frame
    assert len(reader._buffer) < 400_000
    found += reader.feed(b"\x1c\r" + frame(b"next"))
    fault, after = found
    assert isinstance(fault, FrameFault)
    assert (fault.reason, fault.size_bytes, len(fault.kept)) == ("too_large", 10_000_000, FAULT_BYTES_KEPT)
    assert after == b"next"


def test_bytes_outside_any_frame_are_told_once_a_frame_begins_or_the_peer_leaves() -> None:
    assert read_all([b"GET / HTTP/1.1\r\n", frame(b"m")]) == [
        FrameFault("outside_frame", 16, b"GET / HTTP/1.1\r\n"),
        b"m",
    ]
    assert read_all([b"hello"]) == [FrameFault("outside_frame", 5, b"hello")]
    assert read_all([b"\r\n"]) == []


def test_a_peer_that_leaves_inside_a_message_has_cut_it() -> None:
    assert read_all([b"\x0bMSH|"]) == [FrameFault("cut_frame", 4, b"MSH|")]
    assert read_all([b"\x0b"]) == []
