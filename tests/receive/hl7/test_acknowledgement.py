"""Answers: who gets which, and what stands in them; read back with python-hl7."""

from datetime import datetime, timedelta, timezone

import hl7
import pytest

from blinwatch.receive.hl7.acknowledgement import AckCode, Answer, acknowledge, refuse_unreadable
from blinwatch.receive.hl7.message import Message, read_messages
from blinwatch.receive.hl7.refusal import Unread

AT = datetime(2026, 3, 1, 8, 0, 5, tzinfo=timezone(timedelta(hours=1)))


def message(accept: str = "", application: str = "") -> Message:
    header = f"MSH|^~\\&|MON^1^EUI-64|ICU|BW|H|20260301||ORU^R01^ORU_R01|A\\T\\7|P|2.6|||{accept}|{application}"
    return read_messages(header.encode())[0]


def test_the_answer_names_the_message_and_turns_sender_and_receiver_round() -> None:
    raw = acknowledge(message(), Answer(code="AA"), at=AT, control_id="bw-1")
    assert raw is not None
    answer = hl7.parse(raw.decode())
    assert str(answer.segment("MSA")) == "MSA|AA|A\\T\\7"
    msh = answer.segment("MSH")
    assert [str(msh[number]) for number in (3, 5, 6, 7, 9, 10, 12)] == [
        "blinwatch", "MON^1^EUI-64", "ICU", "20260301080005+0100", "ACK^R01^ACK", "bw-1", "2.6",
    ]  # fmt: skip


def test_a_refusal_says_where_and_why_for_program_and_person() -> None:
    fault = Unread(reason="unknown_unit", where="OBX[3]-6", detail="the unit is none of this signal | or so")
    raw = acknowledge(message(), Answer(code="AE", text="1 part unread", faults=(fault,)), at=AT, control_id="1")
    assert raw is not None
    err = hl7.parse(raw.decode()).segment("ERR")
    assert str(err[2]) == "OBX^3^6"
    assert str(err[3]) == "103^Table value not found^HL70357"
    assert str(err[5]) == "unknown_unit"
    assert "\\F\\" in str(err[8])


@pytest.mark.parametrize(
    "accept,application,code,expected",
    [
        ("", "", "AA", "AA"),
        ("NE", "AL", "AA", "AA"),
        ("AL", "NE", "AA", "CA"),
        ("AL", "NE", "AE", "CE"),
        ("AL", "NE", "AR", "CR"),
        ("NE", "NE", "AE", None),
        ("NE", "ER", "AA", None),
        ("NE", "ER", "AE", "AE"),
        ("NE", "SU", "AA", "AA"),
        ("NE", "SU", "AR", None),
    ],
)
def test_a_sender_gets_the_answers_it_asked_for(
    accept: str, application: str, code: AckCode, expected: str | None
) -> None:
    raw = acknowledge(message(accept, application), Answer(code=code), at=AT, control_id="1")
    assert (raw.split(b"\r")[1].split(b"|")[1].decode() if raw else None) == expected


def test_bytes_without_a_header_are_answered_too() -> None:
    fault = Unread(reason="not_hl7", where="", detail="the frame does not begin with an MSH segment")
    answer = hl7.parse(refuse_unreadable(fault, at=AT, control_id="1").decode())
    assert str(answer.segment("MSA")[1]) == "AR"
    assert str(answer.segment("ERR")[5]) == "not_hl7"
