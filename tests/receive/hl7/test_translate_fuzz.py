"""Whatever a message holds, translating it gives events, moves or reasons, and never a crash."""

from hypothesis import given
from hypothesis import strategies as st

from blinwatch.receive.hl7.draft import Reading, finish
from blinwatch.receive.hl7.message import read_messages
from blinwatch.receive.hl7.refusal import REASONS, Unread
from blinwatch.receive.hl7.translate import translate
from tests.receive.hl7.told import NOW, PID, ZONE, message_text, obx, read

CODES = (
    "147842^MDC_ECG_HEART_RATE^MDC", "157784^MDC_FLOW_FLUID_PUMP^MDC", "184330^MDC_DRUG_NAME_TYPE^MDC",
    "68487^MDC_ATTR_EVT_COND^MDC", "1742-6^ALT^LN", "^MDC_TIME_SYNC_PROTOCOL^MDC", "^MDC_COMM_STATUS^MDC", "",
)  # fmt: skip
VALUES = st.sampled_from(
    ("", '""', "88", "-1", "1e308", "Blinatumomab", "^MDC_EVT_PUMP_DELIV_START^MDC", "^MDC_EVT_COMM_STATUS_CHANGE",
     "<^5", "8388607", "²", "9" * 400, "20260301080000", "\\X41\\", "~", "^&^&", "٣")
)  # fmt: skip
FIELD = st.one_of(VALUES, st.sampled_from(CODES), st.text(max_size=6).map(lambda one: "".join(one.split("\r"))))
SEGMENT = st.tuples(
    st.sampled_from(("OBX", "OBR", "PID", "PV1", "RXA", "RXR", "ORC", "RXE", "RXG", "SPM", "MRG", "EVN", "ZZZ")),
    st.lists(FIELD, max_size=22),
).map(lambda one: "|".join((one[0], *(field.replace("\n", "").replace("\x0b", "") for field in one[1]))))
KINDS = st.sampled_from(
    ("ORU^R01", "ORU^R42", "ORU^R40", "RAS^O17", "RGV^O15", "RDE^O11", "ADT^A01", "ADT^A02", "ADT^A40", "ADT", "")
)


@given(KINDS, st.lists(SEGMENT, max_size=8), st.sampled_from(("20260301080000+0100", "", "x", "9999123123")))
def test_any_segments_give_events_or_reasons(kind: str, segments: list[str], sent: str) -> None:
    (message,) = read_messages(message_text(*segments, kind=kind, sent=sent).encode("utf-8", "replace"))
    told = translate(message, Reading(received_at=NOW, zone=ZONE))
    unread = [*told.unread, *(one for group in told.groups for one in group.unread)]
    assert all(one.reason in REASONS for one in unread)
    for group in told.groups:
        for draft in group.drafts:
            done = finish(draft, patient_id="p", event_id="e", source="hl7")
            assert not isinstance(done, Unread) or done.reason in REASONS


@given(st.lists(st.tuples(st.sampled_from(CODES), VALUES, VALUES), max_size=8))
def test_every_observation_is_told_or_has_a_reason(rows: list[tuple[str, str, str]]) -> None:
    """What is accounted for nowhere would be lost."""
    lines = [obx(code, value, unit, f"1.{number + 1}.1.1") for number, (code, value, unit) in enumerate(rows)]
    told = read(PID, "OBR|1|||x|||20260301080000+0100", *lines)
    spoken = [one for one in lines if "|147842^" in one or "|1742-6^" in one or "|157784^" in one]
    places = [u.where for g in told.groups for u in g.unread] + [d.where for g in told.groups for d in g.drafts]
    for number, line in enumerate(lines, start=1):
        if line in spoken:
            heart_together = "|147842^" in line and any(f"OBX[{n}]-3" in places for n in range(1, len(lines) + 1))
            assert heart_together or any(place.startswith(f"OBX[{number}]") for place in places)


def test_a_repeated_message_has_the_same_digest_and_another_control_id_a_different_one() -> None:
    first = read(PID, obx("x", "1"))
    again = read(PID, obx("x", "1"), sent="20260301080500+0100")
    other = read(PID, obx("x", "1"), control="c-2")
    content = read(PID, obx("x", "2"))
    assert first.digest == again.digest
    assert len({first.digest, other.digest, content.digest}) == 3
