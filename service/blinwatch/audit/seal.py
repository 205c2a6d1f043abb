"""A seal over a stretch of one partition of the audit: what lay there, chained to the seal before it, and signed.

What:      a seal names the stretch, has a short digest of every record in it and one hash over all of them, the hash of
           the seal before, and a signature over everything (Ed25519). Changing, removing or moving a record breaks its
           stretch; changing or removing a seal breaks the chain; making another one needs the key.
Caveats:   a digest is over key, value and headers as they lie in Kafka, not over its timestamp: brokers may set that.
           The offset is not in it either, so that a record which was moved is recognised where it is now.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import TypeAdapter, ValidationError

FIRST = "0" * 64
"""What the first seal of a partition names as the one before it."""
DIGEST_CHARACTERS = 20
"""80 bits of each record: to tell which one was changed. That one was is told by the hash over all, which is whole."""
RECORDS_MOST = 500
"""In one seal: 10 kB of digests."""


class Record(Protocol):
    """What is sealed; aiokafka's `ConsumerRecord` fits."""

    @property
    def offset(self) -> int:
        """Where it lies."""
        ...

    @property
    def key(self) -> bytes | None:
        """As it lies there."""
        ...

    @property
    def value(self) -> bytes | None:
        """As it lies there."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """As they lie there."""
        ...


class SealError(Exception):
    """Something is no seal of ours; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One of them; `to_bytes` is what lies in audit.seals.v1."""

    partition: int
    first: int
    """Offset of the first record sealed."""
    next: int
    """Offset after the last one."""
    deltas: tuple[int, ...]
    """Where each record lies, counted from the first."""
    digests: tuple[str, ...]
    """The beginning of each record's digest."""
    chain: str
    """SHA-256 over the digests in whole, each with its offset; hexadecimal."""
    previous: str
    """`identity` of the seal before."""
    sealed_at: str
    """RFC 3339, UTC."""
    signature: str = ""
    """Ed25519, base64."""

    @property
    def signed_bytes(self) -> bytes:
        """Everything but the signature, in one form."""
        told = asdict(self)
        del told["signature"]
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)

    @property
    def identity(self) -> str:
        """What the next seal names."""
        return hashlib.sha256(self.signed_bytes).hexdigest()

    def to_bytes(self) -> bytes:
        """As it is written."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)


_FORM = TypeAdapter(Seal)


def read_seal(value: bytes | None) -> Seal:
    """Raises `SealError`."""
    try:
        told: dict[str, Any] = orjson.loads(value or b"")
        return _FORM.validate_python(told)
    except (orjson.JSONDecodeError, ValidationError):
        raise SealError("not in the form of a seal") from None


def digest(record: Record) -> str:
    """Of key, value and headers; each with its length before it, so that nothing can move between them."""
    found = hashlib.sha256()
    parts: list[bytes | None] = [record.key, record.value]
    for name, value in record.headers:
        parts += [name.encode("utf-8"), value]
    for part in parts:
        found.update(b"-" if part is None else b"%d:" % len(part) + part)
    return found.hexdigest()


def chain_of(records: Iterable[Record]) -> tuple[str, tuple[str, ...]]:
    """The hash over all, and the short digest of each."""
    chain, short = hashlib.sha256(), list[str]()
    for record in records:
        whole = digest(record)
        chain.update(b"%d:%s" % (record.offset, whole.encode("ascii")))
        short.append(whole[:DIGEST_CHARACTERS])
    return chain.hexdigest(), tuple(short)


def make_seal(partition: int, records: Sequence[Record], previous: str, sealed_at: str, key: Ed25519PrivateKey) -> Seal:
    """Seal records that lie one after another; at least one."""
    chain, digests = chain_of(records)
    seal = Seal(
        partition=partition,
        first=records[0].offset,
        next=records[-1].offset + 1,
        deltas=tuple(record.offset - records[0].offset for record in records),
        digests=digests,
        chain=chain,
        previous=previous,
        sealed_at=sealed_at,
    )
    return replace(seal, signature=base64.b64encode(key.sign(seal.signed_bytes)).decode("ascii"))


def is_signed(seal: Seal, key: Ed25519PublicKey) -> bool:
    """Whether whoever has the key made it."""
    try:
        key.verify(base64.b64decode(seal.signature, validate=True), seal.signed_bytes)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(slots=True)
class Head:
    """Where the seals of one partition have got to.

    Two sealers may work at once, or one may write a seal twice after a crash. Of several seals that go on from the same
    place the first in the topic counts, for everybody who reads it: the chain has no branches.
    """

    partition: int
    next: int | None = None
    """The offset up to which all is sealed; None before the first seal."""
    identity: str = FIRST

    def follows(self, seal: Seal) -> bool:
        """Whether a seal goes on from here."""
        is_next = self.next is None or seal.first == self.next
        return seal.partition == self.partition and seal.previous == self.identity and is_next

    def take(self, seal: Seal) -> bool:
        """Go on to a seal; False where it does not go on from here."""
        if not self.follows(seal):
            return False
        self.next, self.identity = seal.next, seal.identity
        return True
