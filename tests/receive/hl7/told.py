"""Messages as a monitor, a pump, a laboratory or an admission desk writes them, and what is told of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from blinwatch.core.events import AnyEvent
from blinwatch.receive.hl7.draft import Reading, finish
from blinwatch.receive.hl7.message import read_messages
from blinwatch.receive.hl7.refusal import Unread
from blinwatch.receive.hl7.translate import Translation, translate

NOW = datetime(2026, 3, 1, 8, 0, 5, tzinfo=timezone(timedelta(hours=1)))
ZONE = ZoneInfo("Europe/Berlin")
PID = "PID|||pt-1^^^HOSP^MR"
BPM, MMHG = "264864^MDC_DIM_BEAT_PER_MIN^MDC", "266016^MDC_DIM_MMHG^MDC"
PERCENT, CELSIUS = "262688^MDC_DIM_PERCENT^MDC", "268192^MDC_DIM_DEGC^MDC"
ML_H, ML = "265266^MDC_DIM_MILLI_L_PER_HR^MDC", "263762^MDC_DIM_MILLI_L^MDC"


def message_text(
    *segments: str, kind: str = "ORU^R01^ORU_R01", sent: str = "20260301080000+0100", control: str = "c-1", **msh: str
) -> str:
    rest = {"processing": "P", "version": "2.6", **msh}
    header = f"MSH|^~\\&|GATE^0011AA^EUI-64|ICU|BW|H|{sent}||{kind}|{control}|{rest['processing']}|{rest['version']}"
    return "\r".join((header, *segments)) + "\r"


def obx(code: str, value: str, unit: str = "", place: str = "1.1.1.1", *, type_: str = "NM", **more: str) -> str:
    fields = [""] * 20
    fields[1:6] = [type_, code, place, value, unit]
    fields[7] = more.get("flags", "")
    fields[10], fields[13], fields[17] = more.get("status", "R"), more.get("at", ""), more.get("device", "")
    return "OBX|" + "|".join(fields).rstrip("|")


def read(*segments: str, received: datetime = NOW, authority: str = "", **msh: str) -> Translation:
    (message,) = read_messages(message_text(*segments, **msh).encode())
    return translate(message, Reading(received_at=received, zone=ZONE, authority=authority))


def events(*segments: str, **how: Any) -> list[AnyEvent]:
    """What the drafts of a message become for their patient; every one of them must be an event."""
    return [event_of(draft) for group in read(*segments, **how).groups for draft in group.drafts]


def event_of(draft: Any) -> AnyEvent:
    done = finish(draft, patient_id="pt-1", event_id="hl7-1", source="hl7")
    assert not isinstance(done, Unread), done
    return done


def reasons(translation: Translation) -> list[str]:
    return [one.reason for one in (*translation.unread, *(u for group in translation.groups for u in group.unread))]


def utc(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, minute, second, tzinfo=UTC)
