"""Alerts as IHE ACM reports, read by hl7apy, which is not ours; and an alarm manager's reports."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from blinwatch.core.decisions import TransitionKind
from blinwatch.forward.pcd04 import PHASE, pcd04
from blinwatch.forward.pcd05 import StatusReport, UnreadableReportError, read_report
from blinwatch.receive.hl7.message import read_messages
from tests.forward.letters import told

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def message(step: str = "raised", **alert: Any) -> str:
    return pcd04(
        told(step, **alert), control_id="c-1", at=AT, sending="blinwatch", receiving="AM", authority="HOSPITAL"
    )


def facets(text: str) -> dict[str, str]:
    """OBX-4 to OBX-5."""
    rows = [line.split("|") for line in text.split("\r") if line.startswith("OBX")]
    return {row[4].rpartition(".")[2]: row[5] for row in rows}


def test_another_library_reads_who_where_and_what() -> None:
    read = parse_message(message(), validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)
    assert read.msh.msh_9.value == "ORU^R40^ORU_R40"
    assert read.msh.msh_10.value == "c-1"
    assert read.msh.msh_21.value.startswith("IHE_PCD_ACM_001^")
    assert read.pid.pid_3.value == "pt-4f7a^^^HOSPITAL^PI"
    assert read.pv1.pv1_3.value == "haematology-2"
    assert read.obr.obr_3.value == "decision-1-raised^blinwatch"
    assert read.obr.obr_4.value == "196616^MDC_EVT_ALARM^MDC"
    assert read.obr.obr_7.value == "20260301083000+0000"
    assert read.obr.obr_29.value == "^alert-1&blinwatch"


def test_the_first_facet_has_priority_and_kind() -> None:
    first = next(line for line in message(domain="crs").split("\r") if line.startswith("OBX|1|")).split("|")
    assert (first[3], first[8], first[11]) == ("196616^MDC_EVT_ALARM^MDC", "PH~SP", "F")
    assert first[5].split("^")[0] == "CRS_G3"
    technical = next(
        line for line in message(domain="monitoring", priority="low").split("\r") if line.startswith("OBX|1|")
    )
    assert technical.split("|")[8] == "PL~ST"


@pytest.mark.parametrize(
    "step,phase,state",
    [
        ("raised", "start", "active"),
        ("escalated", "escalate", "active"),
        ("acknowledged", "update", "active"),
        ("inhibited", "end", "inactive"),
        ("uninhibited", "start", "active"),
        ("resolved", "end", "inactive"),
    ],
)
def test_steps_of_an_alert_are_phases_of_an_event(step: str, phase: str, state: str) -> None:
    found = facets(message(step))
    assert (found["3"], found["4"]) == (phase, state)


def test_every_step_has_a_phase() -> None:
    assert set(PHASE) == set(TransitionKind.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "alert,state",
    [
        ({}, "enabled"),
        ({"acknowledged_by": "n.meier"}, "alert-acknowledged"),
        ({"shelved_until": "2026-03-01T09:00:00Z"}, "audio-paused"),
    ],
)
def test_whether_it_still_sounds_is_told(alert: dict[str, Any], state: str) -> None:
    assert facets(message(**alert))["5"] == state


def test_what_is_written_in_an_alert_breaks_no_message() -> None:
    text = message(summary="37 | 38 ^ 39 & 40 ~ 41 \\ end\nPID|||x", ward="A|B")
    (read,) = read_messages(text.encode())
    assert [one.name for one in read.segments] == ["MSH", "PID", "PV1", "OBR", *["OBX"] * 8]
    assert read.segments[-1].text(5) == "37 | 38 ^ 39 & 40 ~ 41 \\ end PID|||x"


def report(*segments: str, kind: str = "ORA^R41^ORA_R41") -> StatusReport:
    text = "\r".join((f"MSH|^~\\&|AM||blinwatch||20260301||{kind}|7|P|2.6", *segments, ""))
    (read,) = read_messages(text.encode())
    return read_report(read)


@pytest.mark.parametrize(
    "segment,status,by",
    [
        ("PRT|||Delivered", "delivered", ""),
        ("PRT|1|UC||AAP^Accepted^HL70912|n.meier^Meier^Nora", "accepted", "n.meier"),
        ("PRT|1||Read|^|^Meier^Nora", "delivered", "Nora Meier"),
        ("PRT|1||Rejected||^Meier^Nora", "refused", "Nora Meier"),
        ("OBX|1|ST|x^STATUS^L|1|undeliverable", "failed", ""),
    ],
)
def test_what_became_of_an_alert_is_read_where_managers_write_it(segment: str, status: str, by: str) -> None:
    found = report("PID|||pt-1", "OBR|1||d-1^blinwatch|||||||||||||||||||||||||||^a-1&blinwatch", segment)
    assert (found.decision_id, found.status, found.by) == ("d-1", status, by)
    assert found.patient_id == "pt-1"


@pytest.mark.parametrize(
    "segments,kind,words",
    [
        (("OBR|1||d-1", "PRT|||Delivered"), "ORU^R01", "ORA"),
        (("PRT|||Delivered",), "ORA^R41", "OBR-3"),
        (("OBR|1||d-1", "PRT|||Pondered"), "ORA^R42", "no status"),
        (("OBR|1||d-1",), "ORA^R41", "no status"),
    ],
)
def test_a_report_that_cannot_be_used_says_why(segments: tuple[str, ...], kind: str, words: str) -> None:
    with pytest.raises(UnreadableReportError, match=words):
        report(*segments, kind=kind)
