"""What seals say of the records that lie there now; stretch by stretch: ten years need no more memory than a day."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from blinwatch.audit.seal import DIGEST_CHARACTERS, Head, Seal, SealError, chain_of, digest, is_signed, read_seal

FaultKind = Literal["changed", "removed", "moved", "added", "seal"]
TOLD_MOST = 100
"""Faults of one partition that are listed; all are counted."""
Read = Callable[[int, int], Awaitable[Sequence[Any]]]
"""The records (`seal.Record`) from an offset on, before another one."""


@dataclass(frozen=True, slots=True)
class AuditFault:
    """One thing that is not as it was sealed."""

    kind: FaultKind
    partition: int
    offset: int | None
    """In the audit; None: it is about the seals themselves."""
    what: str


@dataclass(slots=True)
class PartitionReport:
    """What was found in one partition."""

    partition: int
    start: int
    """The first offset that the topic keeps."""
    end: int
    head: Head
    listed: list[AuditFault] = field(default_factory=list[AuditFault])
    """The first faults."""
    faults: int = 0
    checked: int = 0
    """Records that are as they were sealed."""
    seals: int = 0
    doubled: int = 0
    """Seals that say again what one before them said: after a crash, or by a second sealer. No fault."""
    beyond_retention: int = 0
    """Sealed records that the topic no longer keeps."""

    @property
    def not_sealed(self) -> int:
        """Records that no seal covers yet."""
        return self.end - max(self.start, self.head.next or 0)

    def fault(self, kind: FaultKind, offset: int | None, what: str) -> None:
        """Count one, and list it while there is room."""
        self.faults += 1
        if len(self.listed) < TOLD_MOST:
            self.listed.append(AuditFault(kind, self.partition, offset, what))


def new_report(partition: int, start: int, end: int) -> PartitionReport:
    """Of a partition of which nothing has been looked at."""
    return PartitionReport(partition, start, end, Head(partition))


async def check_seal(
    report: PartitionReport, number: int, value: bytes | None, key: Ed25519PublicKey, read: Read
) -> None:
    """Look at the next seal of the topic, and at the records that it is about."""
    try:
        seal = read_seal(value)
    except SealError as error:
        report.fault("seal", None, f"seal {number} is {error}")
        return
    if not is_signed(seal, key):
        report.fault("seal", None, f"seal {number} is not signed with this key, or was changed")
        return
    if not report.head.take(seal):
        if report.head.next is not None and seal.first < report.head.next:
            report.doubled += 1
            return
        report.fault("seal", None, f"seals are missing before seal {number}, which begins at offset {seal.first}")
        report.head.next, report.head.identity = seal.first, seal.previous
        report.head.take(seal)
    report.seals += 1
    await _check_stretch(report, seal, read)


async def _check_stretch(report: PartitionReport, seal: Seal, read: Read) -> None:
    if seal.next <= report.start:
        report.beyond_retention += len(seal.digests)
        return
    records = await read(max(seal.first, report.start), min(seal.next, report.end))
    if chain_of(records)[0] == seal.chain:
        report.checked += len(records)
        return
    wanted = {seal.first + delta: short for delta, short in zip(seal.deltas, seal.digests, strict=True)}
    found = {record.offset: digest(record)[:DIGEST_CHARACTERS] for record in records}
    sealed_at = {short: offset for offset, short in wanted.items()}
    faults = report.faults
    for offset, short in wanted.items():
        if offset < report.start:
            report.beyond_retention += 1
        elif offset not in found:
            report.fault("removed", offset, "a record was sealed here and is gone")
        elif found[offset] == short:
            report.checked += 1
        elif found[offset] in sealed_at:
            report.fault("moved", offset, f"what lies here was sealed at offset {sealed_at[found[offset]]}")
        else:
            report.fault("changed", offset, "what lies here is not what was sealed")
    for offset in found.keys() - wanted.keys():
        report.fault("added", offset, "nothing was sealed here")
    if report.faults == faults and seal.first >= report.start:
        report.fault("seal", seal.first, "a stretch does not add up although each of its records does")
