"""POST /fhir/{type}, /fhir and /fhir/$process-message: FHIR resources in, events on Kafka, an OperationOutcome back.

A batch is answered entry by entry, a transaction as a whole: where one entry is refused nothing of it is written. Every
other Bundle (message, subscription-notification, history, collection) is answered by one OperationOutcome.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
from starlette.responses import Response

from blinwatch.gateway.http.intake import Became, Intake, Offered
from blinwatch.gateway.http.limits import BATCH_BYTES_MOST, BATCH_LINES_MOST, FHIR_JSON, JSON
from blinwatch.gateway.http.outcome import answer, outcome, refuse
from blinwatch.gateway.http.refused import Refused, not_taken
from blinwatch.gateway.http.telling import HttpTelling
from blinwatch.gateway.http.window import Asked, Sort, Window
from blinwatch.gateway.pseudonym import Pseudonyms
from blinwatch.receive.event_log import encode_event
from blinwatch.receive.fhir.draft import event_id_of, finish
from blinwatch.receive.fhir.node import Node
from blinwatch.receive.fhir.refusal import FhirError, Issue
from blinwatch.receive.fhir.subject import Systems
from blinwatch.receive.fhir.translate import translate
from blinwatch.receive.hl7.device_clock import LATE_AFTER
from blinwatch.receive.hl7.refusal import Hl7Error

SORT = Sort(route="fhir", kinds={FHIR_JSON: BATCH_BYTES_MOST, JSON: BATCH_BYTES_MOST}, refuse=refuse)
_ID_TAKEN = "this resource and version was sent before with another content; what was judged with that stands"
_WRITES = frozenset({"", "POST", "PUT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirMeans:
    """What the FHIR desk knows beside the request."""

    pseudonyms: Pseudonyms
    systems: Systems
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    simulated: bool = False
    """The senders play a ward at a speed of its own: no time lies ahead."""


@dataclass(slots=True)
class _Taken:
    """One resource on its way."""

    offered: list[tuple[Offered, str]] = field(default_factory=list[tuple[Offered, str]])
    """Events and where they came from."""
    issues: list[Issue] = field(default_factory=list[Issue])
    became: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def errors(self) -> list[Issue]:
        return [one for one in self.issues if one.is_error]

    @property
    def status(self) -> int:
        """HTTP's number for this resource alone."""
        if not self.errors:
            return 202 if any(what == "taken" for what, _ in self.became) else 200
        if self.became:
            return 207
        return 409 if all(one.reason == "id_taken" for one in self.errors) else 422


class FhirDesk:
    """The answers to requests with FHIR resources."""

    def __init__(self, intake: Intake, window: Window, telling: HttpTelling, means: FhirMeans) -> None:
        self._intake, self._window, self._telling, self._means = intake, window, telling, means

    async def resource(self, asked: Asked) -> Response:
        """One resource, or a Bundle, at the address of its type."""
        content = _parsed(asked.body)
        kind: str = asked.request.path_params.get("type", "Bundle")
        if content.get("resourceType") != kind:
            raise Refused("wrong_value", f"the resource must be a {kind} at this address", "resourceType")
        if kind == "Bundle":
            return await self._bundle(Node(content, kind), asked.caller)
        self._window.spend(asked.caller, 1)
        taken = self._read(Node(content, kind), {}, asked.caller)
        await self._write([taken])
        return answer(outcome(taken.issues, taken.became), taken.status)

    async def _bundle(self, bundle: Node, caller: str) -> Response:
        try:
            entries = list(bundle.each("entry", BATCH_LINES_MOST))
            kind = bundle.text("type")
            known = dict(_known(entries))
            self._window.spend(caller, max(1, len(entries)))
            read = [self._entry(entry, known, caller, writes=kind in ("batch", "transaction")) for entry in entries]
        except FhirError as error:
            raise Refused("wrong_value", error.issue.detail, error.issue.where) from None
        errors = [one for taken in read for one in taken.errors]
        if kind == "transaction" and errors:
            self._tell(read)
            detail = "nothing of the transaction was taken, because part of it is refused"
            return answer(outcome([*errors, Issue(reason="not_supported", where=bundle.path, detail=detail)]), 422)
        await self._write(read)
        if kind in ("batch", "transaction"):
            return answer(_response(kind, read), 200)
        issues = [one for taken in read for one in taken.issues]
        became = [one for taken in read for one in taken.became]
        return answer(outcome(issues, became), _Taken(issues=issues, became=became).status)

    def _entry(self, entry: Node, known: Mapping[str, Node], caller: str, *, writes: bool) -> _Taken:
        request = entry.child("request")
        method = "" if request is None else request.text("method")
        if writes and method not in _WRITES:
            detail = "only POST and PUT are taken: nothing is kept here that could be asked for or removed"
            return _Taken(issues=[Issue(reason="not_supported", where=entry.at("request"), detail=detail)])
        resource = entry.child("resource")
        if resource is None:
            detail = "the entry holds no resource"
            return _Taken(issues=[Issue(reason="not_needed", where=entry.path, detail=detail)])
        return self._read(resource, known, caller)

    def _read(self, resource: Node, known: Mapping[str, Node], caller: str) -> _Taken:
        """The events of a resource, by what its subject is called here."""
        received_at = self._means.now()
        far = received_at + timedelta(days=36_500) if self._means.simulated else received_at
        found = translate(resource, received_at=far, systems=self._means.systems, known=known)
        taken = _Taken(issues=list(found.drafts.issues))
        for draft in found.drafts.events:
            try:
                event = finish(
                    draft,
                    patient_id=self._means.pseudonyms.of(found.patient, found.authority),
                    event_id=event_id_of(caller, draft),
                    source=f"fhir/{caller}/{resource.text('resourceType')}",
                )
            except FhirError as error:
                taken.issues.append(error.issue)
                continue
            except Hl7Error as error:
                taken.issues.append(Issue(reason="wrong_value", where=resource.at("subject"), detail=error.detail))
                continue
            late = [("clock", b"late")] if received_at - event.occurred_at > LATE_AFTER else []
            digest = hashlib.sha256(encode_event(event)).digest()
            taken.offered.append((Offered(event=event, digest=digest, headers=late), draft.where))
        return taken

    async def _write(self, read: Sequence[_Taken]) -> None:
        """Raises `Refused` where Kafka has not acknowledged all of it."""
        pairs = [(taken, offered, where) for taken in read for offered, where in taken.offered]
        became: list[Became] = await self._intake.take([offered for _, offered, _ in pairs])
        if "not_taken" in became:
            raise not_taken()
        for (taken, _, where), what in zip(pairs, became, strict=True):
            if what == "id_taken":
                taken.issues.append(Issue(reason=what, where=where, detail=_ID_TAKEN))
            else:
                taken.became.append((what, where))
        self._tell(read)

    def _tell(self, read: Sequence[_Taken]) -> None:
        for one in (issue for taken in read for issue in taken.issues):
            self._telling.refused(SORT.route, one.reason)


def _parsed(body: bytes) -> dict[str, Any]:
    if not body:
        raise Refused("empty", "the request has no content")
    try:
        read: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused("not_json", f"the content is not JSON: {error.msg} at line {error.lineno}") from None
    if not isinstance(read, dict):
        raise Refused("not_an_object", "the content is JSON but no resource")
    return cast("dict[str, Any]", read)


def _known(entries: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    """What references in a Bundle may name: by full URL, and as type/id."""
    for entry in entries:
        resource = entry.child("resource")
        if resource is not None:
            yield entry.text("fullUrl"), resource
            yield f"{resource.text('resourceType')}/{resource.text('id')}", resource


def _response(kind: str, read: Sequence[_Taken]) -> dict[str, Any]:
    entries = [{"response": {"status": str(one.status), "outcome": outcome(one.issues, one.became)}} for one in read]
    return {"resourceType": "Bundle", "type": f"{kind}-response", "entry": entries}
