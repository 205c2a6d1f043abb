"""The readers of HL7 v2, FHIR, REST and CSV as functions of bytes: each says what it refuses, and never breaks.

A target raises for a fault only: an unexpected error, a refusal without a sentence or with a reason that is none of the
closed set, an event that the stream's own door would not take, or a sentence that repeats the sender's text.
"""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import orjson
import yaml

from blinwatch.gateway.http.fhir import SORT, FhirDesk, FhirMeans
from blinwatch.gateway.http.intake import Intake
from blinwatch.gateway.http.refused import REASONS as HTTP_REASONS
from blinwatch.gateway.http.refused import Refused
from blinwatch.gateway.http.rest import BATCH, ONE, RestDesk
from blinwatch.gateway.http.window import Asked, Sort, Window
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.receive.csv_study.mapping import MappingError, TableMapping, read_mapping
from blinwatch.receive.csv_study.rows import RowRefused, read_table
from blinwatch.receive.decode import decode_record
from blinwatch.receive.event_log import encode_event, encode_key, topic_of
from blinwatch.receive.fhir.refusal import REASONS as FHIR_REASONS
from blinwatch.receive.fhir.subject import Systems
from blinwatch.receive.hl7.draft import Reading, finish
from blinwatch.receive.hl7.framing import FrameFault, FrameReader, frame
from blinwatch.receive.hl7.message import read_messages
from blinwatch.receive.hl7.refusal import REASONS as HL7_REASONS
from blinwatch.receive.hl7.refusal import Hl7Error, Unread
from blinwatch.receive.hl7.translate import translate
from blinwatch.receive.rejection import Rejected, RejectionReason
from tests.gateway.hands import Kafka
from tests.gateway.http_hands import HttpEars, lab
from tests.receive.fhir import examples
from tests.receive.hl7.told import BPM, NOW, PID, ZONE, message_text, obx

CANARY = "Q7zcanaryX"
"""Stands in the seeds where a patient's name would: no sentence may repeat it."""
_CSV_REASONS = {*get_args(RejectionReason), "row_length", "hour_ambiguous", "no_such_value"}


def hl7(content: bytes) -> None:
    """MLLP frames split in the middle, and every message in them."""
    reader = FrameReader(64 * 1024)
    half = len(content) // 2
    found = [*reader.feed(content[:half]), *reader.feed(content[half:]), reader.end()]
    for one in (*found, content):
        if one is None:
            continue
        if isinstance(one, FrameFault):
            assert one.reason in HL7_REASONS
            continue
        try:
            messages = read_messages(one)
        except Hl7Error as error:
            _say(error.reason, error.detail, HL7_REASONS)
            continue
        for message in messages:
            told = translate(message, Reading(received_at=NOW, zone=ZONE))
            unread = [*told.unread, *(issue for group in told.groups for issue in group.unread)]
            for draft in (draft for group in told.groups for draft in group.drafts):
                event = finish(draft, patient_id="p", event_id="e", source="hl7")
                unread += [event] if isinstance(event, Unread) else []
            for issue in unread:
                _say(issue.reason, issue.detail, HL7_REASONS)


def rest(content: bytes) -> None:
    """One event, its lines as a batch, and the batch as a list."""
    for sort, kind in ((ONE, "application/json"), (BATCH, "application/x-ndjson"), (BATCH, "application/json")):
        told = _ask(content, sort, kind)
        if told is not None:
            for one in told.get("events", [told]):
                if "reason" in one:
                    _say(one["reason"], one["detail"], HTTP_REASONS)


def fhir(content: bytes) -> None:
    """A resource at the address of its type, or as an entry of a Bundle."""
    for kind in ("Observation", "MedicationAdministration", "MedicationRequest", "Bundle"):
        told = _ask(content, SORT, kind)
        outcomes = [] if told is None else [told]
        if told is not None and told["resourceType"] == "Bundle":
            outcomes = [one["response"]["outcome"] for one in told["entry"]]
        for issue in (issue for one in outcomes for issue in one["issue"]):
            reason = issue["details"]["coding"][0]["code"]
            _say(reason, issue["details"]["text"], {*FHIR_REASONS, *HTTP_REASONS, "taken", "repeated"})


def csv_table(content: bytes) -> None:
    """Rows under a good mapping; and the content as a mapping."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "t.csv").write_bytes(content)
        (folder / "m.yaml").write_bytes(content)
        try:
            mapping = read_mapping(folder / "m.yaml")
        except MappingError as error:
            _say("wrong_value", str(error).replace(str(folder), ""), _CSV_REASONS)
            mapping = _MAPPING
        try:
            for one in read_table(mapping, folder, lambda identifier, _: identifier):
                if isinstance(one, RowRefused):
                    _say(one.reason, one.detail, _CSV_REASONS)
                else:
                    decoded = decode_record(topic_of(one), encode_key(one), encode_event(one))
                    assert not isinstance(decoded, Rejected)
        except MappingError as error:
            _say("wrong_value", str(error).replace(str(folder), ""), _CSV_REASONS)


_MAPPING = TableMapping.model_validate(
    {
        "table": "t.csv", "source": "fuzz", "patient": {"column": "who"}, "decimal": ",", "delimiter": ";",
        "time": {"column": "at", "zone": "Europe/Berlin"},
        "events": [
            {"type": "vitals_observed", "fields": {
                "temperature_c": {"column": "temp", "unit": "Cel"}, "consciousness": {"column": "awake"}}},
            {"type": "therapy_ordered", "fields": {
                "birth_date": {"column": "born"}, "preservative": {"column": "benzyl"}, "cycle": {"column": "cycle"}}},
        ],
    }
)  # fmt: skip


class _Request:
    """As much of a request as the desks look at."""

    def __init__(self, kind: str) -> None:
        self.path_params = {"type": kind}


class _Purse(Window):
    """Everybody may send as much as they like."""

    def __init__(self) -> None:
        """Without callers and allowances."""

    def spend(self, caller: str, events: int) -> None:
        assert caller
        assert events > 0


def _ask(content: bytes, sort: Sort, kind: str) -> Any:
    """The answer's content; None where the request was refused as a whole, which has been looked at."""
    return asyncio.run(_asked(content, sort, kind))


async def _asked(content: bytes, sort: Sort, kind: str) -> Any:
    kafka, ears, purse = Kafka(), HttpEars(), _Purse()
    intake = Intake(kafka, ears)
    request: Any = _Request(kind)
    asked = Asked(caller="fuzz", kind=kind, body=content, request=request)
    means = FhirMeans(
        pseudonyms=Pseudonyms(), systems=Systems(authorities={}, any_counts=True), now=lambda: examples.NOW
    )
    desk = RestDesk(intake, purse, ears)
    answers = {ONE.route: desk.events, BATCH.route: desk.batch}
    try:
        answer = await answers.get(sort.route, FhirDesk(intake, purse, ears, means).resource)(asked)
    except Refused as refused:
        _say(refused.reason, refused.detail, {*HTTP_REASONS, *FHIR_REASONS})
        return None
    for topic, key, value, _ in kafka.records:
        assert not isinstance(decode_record(topic, key, value), Rejected)
    return orjson.loads(bytes(answer.body))


def _say(reason: str, detail: str, known: Any) -> None:
    assert reason in known, reason
    assert detail
    assert CANARY not in detail


TARGETS: dict[str, Callable[[bytes], None]] = {"hl7": hl7, "rest": rest, "fhir": fhir, "csv": csv_table}
_named = {"subject": {"reference": f"Patient/{CANARY}", "display": CANARY}}
_resources = [
    {**examples.at(one), **_named}
    for one in (examples.BLOOD_PRESSURE, examples.TEMPERATURE, examples.PRESSURE_WITHOUT_DIASTOLIC)
] + [{**one, **_named} for one in (examples.GLUCOSE, examples.ADCETRIS, examples.DEXAMETHASONE, examples.WARFARIN)]
_vitals = {
    "type": "vitals_observed", "event_id": "e", "patient_id": CANARY, "source": CANARY,
    "occurred_at": "2026-03-01T08:00:00Z", "temperature_c": 38.5, "o2_device": "room_air", "confirmed_fields": [],
}  # fmt: skip
SEEDS: dict[str, list[bytes]] = {
    "hl7": [
        frame(message_text(PID.replace("pt-1", CANARY), "OBR|1|||x|||20260301075900", *lines, kind=kind).encode())
        for kind, *lines in (
            (
                "ORU^R01",
                obx("147842^MDC_ECG_HEART_RATE^MDC", "88", BPM),
                obx("777-3^PLT^LN", "<^5", "10*3/uL", type_="SN"),
            ),
            ("ADT^A40", "PV1|1|I|HEMA^12^A", "MRG|pt-2^^^HOSP^MR"),
            ("RAS^O17", "ORC|OK", "RXA|0|1|20260301080000||3264^dexamethasone^RXNORM|20|mg", "RXR|IV"),
            ("ORU^R42", "OBX|1|CWE|68487^MDC_ATTR_EVT_COND^MDC|1.1.1.1|197288^MDC_EVT_PUMP_DELIV_START^MDC"),
        )
    ],
    "rest": [
        orjson.dumps(_vitals),
        orjson.dumps([lab("a"), lab("b", comparator="<"), _vitals]),
        b"\n".join((orjson.dumps(lab("a", patient_id=CANARY)), b"", orjson.dumps(_vitals))),
    ],
    "fhir": [
        *map(orjson.dumps, _resources),
        *(
            orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in _resources]})
            for kind in ("batch", "transaction", "message")
        ),
    ],
    "csv": [
        f"who;at;temp;awake;born;benzyl;cycle\n{CANARY};2026-03-01T08:00:00;38,5;alert;1980-05-01;no;1\n".encode(),
        b"who;at;temp;awake;born;benzyl;cycle\np;2026-10-25T02:30:00;;voice;;yes;2\np;2026-03-01 08:00;x;;;;\n",
        yaml.safe_dump(_MAPPING.model_dump(mode="json", exclude_none=True)).encode(),
    ],
}
