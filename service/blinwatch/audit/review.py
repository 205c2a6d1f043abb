"""Checks the whole audit, and writes what somebody asks to review."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import IO, Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from blinwatch.audit.read_log import AUDIT_TOPIC, SEALS_TOPIC, LogReader
from blinwatch.audit.verify import PartitionReport, check_seal, new_report

SEALS_AT_ONCE = 50
RECORDS_AT_ONCE = 2_000
"""Some megabytes: what lies in memory at a time."""


@dataclass(slots=True)
class Review:
    """What was found, partition by partition."""

    partitions: list[PartitionReport] = field(default_factory=list[PartitionReport])

    @property
    def faults(self) -> int:
        """How much was changed, removed, moved or added under a seal, or among the seals."""
        return sum(one.faults for one in self.partitions)

    @property
    def not_sealed(self) -> int:
        """Records that no seal covers yet: nothing can be said of them."""
        return sum(one.not_sealed for one in self.partitions)

    @property
    def checked(self) -> int:
        """Records that are as they were sealed."""
        return sum(one.checked for one in self.partitions)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which decisions an export is to hold."""

    patient_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def wants(self, decision: dict[str, Any]) -> bool:
        """By patient, and by when it became true."""
        if self.patient_id is not None and decision.get("patient_id") != self.patient_id:
            return False
        at = datetime.fromisoformat(decision["occurred_at"])
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


async def review(bootstrap: str, key: Ed25519PublicKey) -> Review:
    """Go through every partition. Raises `AuditReadError`."""
    found = Review()
    async with LogReader(bootstrap) as log:
        for partition in await log.partitions():
            found.partitions.append(await _review_partition(log, partition, key))
    return found


async def _review_partition(log: LogReader, partition: int, key: Ed25519PublicKey) -> PartitionReport:
    # The audit's end first: a record that comes meanwhile is one that is not sealed yet, and no fault.
    report = new_report(partition, *await log.bounds(AUDIT_TOPIC, partition))
    first, last = await log.bounds(SEALS_TOPIC, partition)
    read = partial(log.read, AUDIT_TOPIC, partition)
    while first < last:
        seals = await log.read(SEALS_TOPIC, partition, first, last, SEALS_AT_ONCE)
        if not seals:
            break
        for record in seals:
            await check_seal(report, record.offset, record.value, key, read)
        first = seals[-1].offset + 1
    if report.head.next is not None and report.head.next > report.end:
        gone = report.head.next - report.end
        report.fault("removed", report.end, f"the topic ends here, {gone} sealed records earlier than its seals")
    return report


async def export(bootstrap: str, asked: Asked, file: IO[bytes]) -> int:
    """Write the decisions that were asked for, each with where it lies in the audit, one a line; how many."""
    count = 0
    async with LogReader(bootstrap) as log:
        for partition in await log.partitions():
            at, end = await log.bounds(AUDIT_TOPIC, partition)
            while at < end:
                records = await log.read(AUDIT_TOPIC, partition, at, end, RECORDS_AT_ONCE)
                if not records:
                    break
                for record in records:
                    told: dict[str, Any] = orjson.loads(record.value or b"{}")
                    decision = told.get("decision", told)
                    if "occurred_at" in decision and asked.wants(decision):
                        where = {"partition": partition, "offset": record.offset}
                        file.write(orjson.dumps({**where, **told}) + b"\n")
                        count += 1
                at = records[-1].offset + 1
    return count
