"""One record of the audit that was changed, removed, moved or added is found, and named by its place; so is a seal."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.audit.keys import KeyFileError, new_key, read_private, read_public
from blinwatch.audit.seal import FIRST, Head, Seal, SealError, digest, is_signed, make_seal, read_seal
from blinwatch.audit.verify import PartitionReport, check_seal, new_report

KEY = Ed25519PrivateKey.generate()
OTHER_KEY = Ed25519PrivateKey.generate()
STRETCH = 4


@dataclass(frozen=True)
class Record:
    offset: int
    value: bytes | None
    key: bytes | None = b"pt-1"
    headers: tuple[tuple[str, bytes], ...] = (("type", b"alert_transition"),)


Log = list[Record]


def log(count: int, first: int = 0) -> Log:
    return [Record(offset, f"decision {offset}".encode()) for offset in range(first, first + count)]


def seals(records: Sequence[Record], stretch: int = STRETCH, key: Ed25519PrivateKey = KEY) -> list[Seal]:
    found, previous = list[Seal](), FIRST
    for at in range(0, len(records), stretch):
        found.append(make_seal(3, records[at : at + stretch], previous, "2026-03-01T00:00:00+00:00", key))
        previous = found[-1].identity
    return found


def checked(records: Log, sealed: Sequence[Seal | bytes], start: int | None = None) -> PartitionReport:
    end = max((one.offset + 1 for one in records), default=0)
    report = new_report(3, records[0].offset if start is None else start, end)

    async def read(first: int, before: int) -> Log:
        return [one for one in records if first <= one.offset < before]

    async def go_through() -> None:
        for number, one in enumerate(sealed):
            await check_seal(report, number, one if isinstance(one, bytes) else one.to_bytes(), KEY.public_key(), read)

    asyncio.run(go_through())
    return report


def faults(records: Log, sealed: Sequence[Seal | bytes], start: int | None = None) -> list[tuple[str, int | None]]:
    return [(one.kind, one.offset) for one in checked(records, sealed, start).listed]


def test_what_lies_as_it_was_sealed_is_sound() -> None:
    report = checked(log(13), seals(log(10)))
    assert (report.faults, report.checked, report.seals, report.not_sealed) == (0, 10, 3, 3)


@given(count=st.integers(1, 20), at=st.integers(0, 19), part=st.sampled_from(["value", "key", "headers", "removal"]))
def test_one_changed_record_is_named(count: int, at: int, part: str) -> None:
    records = log(count)
    at %= count
    changes: dict[str, Callable[[Record], Record]] = {
        "value": lambda one: replace(one, value=(one.value or b"") + b" "),
        "key": lambda one: replace(one, key=b"pt-2"),
        "headers": lambda one: replace(one, headers=(("type", b"alert_transition"), ("type", b""))),
        "removal": lambda one: replace(one, value=None),
    }
    changed = [changes[part](one) if one.offset == at else one for one in records]
    assert faults(changed, seals(records)) == [("changed", at)]


@given(count=st.integers(2, 20), at=st.integers(0, 18))
def test_one_removed_record_is_named(count: int, at: int) -> None:
    records = log(count)
    at %= count - 1
    assert faults([one for one in records if one.offset != at], seals(records), 0) == [("removed", at)]


@given(first=st.integers(0, 3), second=st.integers(0, 3))
def test_two_records_that_changed_places_are_named(first: int, second: int) -> None:
    records = log(8)
    moved = list(records)
    moved[first] = replace(records[second], offset=first)
    moved[second] = replace(records[first], offset=second)
    expected = [] if first == second else [("moved", min(first, second)), ("moved", max(first, second))]
    assert faults(moved, seals(records)) == expected


def test_a_record_that_moved_to_another_stretch_is_found_in_both() -> None:
    records = log(8)
    moved = [replace(records[7], offset=0), *records[1:7], replace(records[0], offset=7)]
    assert faults(moved, seals(records)) == [("changed", 0), ("changed", 7)]


def test_a_record_that_was_put_into_a_gap_is_named() -> None:
    records = [one for one in log(8) if one.offset != 2]
    sealed = seals(records)
    assert faults(records, sealed) == []
    assert faults(log(8), sealed) == [("added", 2)]


def test_nothing_can_move_between_key_value_and_headers() -> None:
    plain = Record(0, b"ab", b"c", (("d", b"e"),))
    others = [
        Record(0, b"a", b"bc", (("d", b"e"),)),
        Record(0, b"ab", b"cd", (("", b"e"),)),
        Record(0, b"ab", b"c", (("d", b""), ("e", b""))),
        Record(0, b"ab", b"c", ()),
        Record(0, None, b"c", (("d", b"e"),)),
        Record(0, b"", b"c", (("d", b"e"),)),
    ]
    assert len({digest(one) for one in (plain, *others)}) == len(others) + 1


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_seal_that_was_changed_or_made_by_somebody_else_counts_for_nothing(number: int) -> None:
    records = log(12)
    sealed: list[Seal | bytes] = list(seals(records))
    forged = seals([replace(one, value=b"other") for one in records], key=OTHER_KEY)[number]
    kinds = {kind for kind, _ in faults(records, [*sealed[:number], forged, *sealed[number + 1 :]])}
    assert kinds == {"seal"}
    assert faults(records, [*sealed[:number], b"{}", *sealed[number + 1 :]])[0] == ("seal", None)
    good = sealed[number]
    assert isinstance(good, Seal)
    assert not is_signed(replace(good, next=good.next + 1), KEY.public_key())


def test_a_seal_that_is_missing_between_two_others_is_seen() -> None:
    first, _, third = seals(log(12))
    report = checked(log(12), [first, third])
    assert [(one.kind, one.what) for one in report.listed] == [
        ("seal", "seals are missing before seal 1, which begins at offset 8")
    ]
    assert report.checked == 8


def test_a_seal_written_twice_and_one_of_a_second_sealer_are_no_fault() -> None:
    records = log(12)
    first, second, third = seals(records)
    of_another = make_seal(3, records[4:10], first.identity, "2026-03-02T00:00:00+00:00", KEY)
    report = checked(records, [first, first, second, of_another, third])
    assert (report.faults, report.doubled, report.seals, report.checked) == (0, 2, 3, 12)


def test_of_two_seals_that_go_on_from_the_same_place_the_first_counts_for_everybody() -> None:
    records = log(12)
    first, second, _ = seals(records)
    of_another = make_seal(3, records[4:10], first.identity, "2026-03-02T00:00:00+00:00", KEY)
    head = Head(3)
    assert [head.take(one) for one in (first, of_another, second)] == [True, True, False]
    assert head.next == 10


def test_what_the_topic_no_longer_keeps_is_told_and_no_fault() -> None:
    records = log(12)
    report = checked(records[6:], seals(records))
    assert (report.faults, report.beyond_retention, report.checked) == (0, 6, 6)
    changed = [replace(one, value=b"x") if one.offset == 7 else one for one in records[6:]]
    assert faults(changed, seals(records)) == [("changed", 7)]


def test_a_seal_is_read_as_it_was_written_and_nothing_else_is_one() -> None:
    (seal,) = seals(log(3))
    assert read_seal(seal.to_bytes()) == seal
    for value in (None, b"", b"[]", b"{}", orjson.dumps({**orjson.loads(seal.to_bytes()), "first": "zero"})):
        with pytest.raises(SealError):
            read_seal(value)


def test_the_key_is_its_owner_s_alone_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "seal.key"
    beside = new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    (seal,) = seals(log(2), key=read_private(path))
    assert is_signed(seal, read_public(beside))
    with pytest.raises(KeyFileError, match="never written over"):
        new_key(path)
    for wrong in (lambda: read_public(path), lambda: read_private(beside), lambda: read_public(tmp_path / "none")):
        with pytest.raises(KeyFileError):
            wrong()
