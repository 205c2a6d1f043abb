"""Reading messages: the encoding rules, character sets and batches; python-hl7 and hl7apy as independent readers."""

import contextlib
from typing import Any

import hl7
import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from blinwatch.receive.hl7.message import Delimiters, escape, read_messages, unescape
from blinwatch.receive.hl7.refusal import REASONS, Hl7Error

HEADER = "MSH|^~\\&|MON|ICU|BW|H|20260301080000+0100||ORU^R01^ORU_R01|42|P|2.6|||NE|AL||"
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)


def one(text: str) -> Any:
    (message,) = read_messages(text.encode())
    return message


def test_fields_are_numbered_as_in_the_standard() -> None:
    message = one(HEADER + "\rPID|||123^^^H^MR~9^^^X^PI||Doe&von^Ann\rOBX|1\rOBX|2|NM")
    assert (message.kind, message.control_id, message.header.text(12)) == ("ORU^R01", "42", "2.6")
    pid = message.first("PID")
    assert (pid.text(3), pid.text(3, 5), pid.text(3, 1, repetition=2), pid.text(5, 1, 2)) == ("123", "MR", "9", "von")
    assert (pid.text(30), pid.text(3, 9), pid.text(3, 1, repetition=3)) == ("", "", "")
    assert [segment.where(2) for segment in message.named("OBX")] == ["OBX[1]-2", "OBX[2]-2"]
    assert pid.whole() == "PID|||123^^^H^MR~9^^^X^PI||Doe&von^Ann"
    assert message.header.whole() == HEADER


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_segments_may_end_as_engines_write_them(end: str) -> None:
    assert [segment.name for segment in one(end.join((HEADER, "PID|1", "", "OBX|1"))).segments] == ["MSH", "PID", "OBX"]


def test_delimiters_are_those_that_the_message_declares() -> None:
    message = one("MSH#*!?@#MON#ICU##########\rOBX#1#NM#8867-4*HR*LN##72!73")
    obx = message.first("OBX")
    assert (obx.text(3, 3), obx.text(5, repetition=2), obx.marks) == ("LN", "73", Delimiters("#", "*", "!", "?", "@"))


@given(TEXT)
def test_what_is_escaped_reads_as_it_was(text: str) -> None:
    marks = Delimiters()
    message = one(f"{HEADER}\rOBX|1|ST|x||{escape(text, marks)}")
    assert message.first("OBX").text(5) == text.strip()


def test_escapes_that_nobody_closed_or_knows_stay_as_they_are() -> None:
    marks = Delimiters()
    assert unescape("a\\F\\b", marks) == "a|b"
    assert unescape("\\X41C4\\", marks) == "AÄ"
    assert unescape("50\\ml", marks) == "50\\ml"
    assert unescape("\\Zxy\\", marks) == "\\Zxy\\"
    assert unescape("a\\.br\\b", marks) == "a\nb"


@pytest.mark.parametrize(
    "named,codec",
    [("UNICODE UTF-8", "utf-8"), ("8859/1", "latin-1"), ("8859/15", "iso8859-15"), ("", "utf-8"), ("", "latin-1")],
)
def test_the_character_set_is_the_one_named_or_the_likelier_of_two(named: str, codec: str) -> None:
    raw = f"{HEADER}{named}\rOBX|1|ST|x||Größe".encode(codec)
    (message,) = read_messages(raw)
    assert message.first("OBX").text(5) == "Größe"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "raw,reason",
    [
        (b"", "not_hl7"),
        (b"PID|1\rMSH|^~\\&|", "not_hl7"),
        (b"MSH", "not_hl7"),
        (b"MSH|^^^^|A", "not_hl7"),
        (b"MSHabcdefgh", "not_hl7"),
        (HEADER.encode() + b"\robx|1", "not_hl7"),
        (HEADER.encode() + b"UNICODE UTF-8\rOBX|1|ST|x||\xff", "wrong_character_set"),
        (HEADER.encode() + b"KLINGON\rOBX|1", "wrong_character_set"),
        (HEADER.encode() + b"\rOBX|1" * 30_000, "too_many_segments"),
    ],
)
def test_what_is_no_message_has_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(Hl7Error) as refused:
        read_messages(raw)
    assert refused.value.reason == reason


def test_a_batch_is_all_its_messages() -> None:
    second = HEADER.replace("|42|", "|43|")
    batch = f"FHS|^~\\&\rBHS|^~\\&\r{HEADER}\rOBX|1\r{second}\rOBX|2\rBTS|2\rFTS|1"
    messages = read_messages(batch.encode())
    assert [(one.control_id, len(one.segments)) for one in messages] == [("42", 2), ("43", 2)]


@given(st.binary(max_size=400))
def test_any_bytes_are_messages_or_a_reason(raw: bytes) -> None:
    for bytes_ in (raw, HEADER.encode() + raw, b"MSH" + raw):
        assert told(bytes_) in {*REASONS, "MSH"}


def told(raw: bytes) -> str:
    try:
        return read_messages(raw)[0].header.name
    except Hl7Error as refused:
        return refused.reason


FIELD = st.text("abcXYZ019. -", max_size=6)
COMPONENTS = st.lists(FIELD, min_size=1, max_size=3).map("^".join)


@given(st.lists(st.lists(COMPONENTS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_python_hl7_reads_the_same_values(rows: list[list[str]]) -> None:
    text = "\r".join([HEADER, *("OBX|" + "|".join(row) for row in rows)]) + "\r"
    theirs = hl7.parse(text)
    for number, segment in enumerate(one(text).named("OBX"), start=1):
        for field in range(1, len(rows[number - 1]) + 1):
            for component in (1, 2, 3):
                expected = ""
                with contextlib.suppress(IndexError):
                    expected = theirs.extract_field("OBX", number, field, 1, component, 1) or ""
                assert segment.text(field, component) == expected.strip()


def test_hl7apy_reads_the_same_observation() -> None:
    text = (
        "MSH|^~\\&|MON|ICU|BW|H|20260301080000+0100||ORU^R01^ORU_R01|42|P|2.6\r"
        "PID|||123^^^H^MR\rOBR|1|||x\r"
        "OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|88|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R\r"
    )
    theirs = parse_message(text, find_groups=False)
    ours = one(text).first("OBX")
    assert ours.text(3, 2) == theirs.obx.obx_3.obx_3_2.value
    assert ours.raw(5) == theirs.obx.obx_5.value
    assert ours.text(6) == theirs.obx.obx_6.obx_6_1.value
