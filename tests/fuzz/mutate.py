"""Seeds made worse, the same way for the same number: bytes, and the branches of JSON."""

import random
from typing import Any

import orjson

WORDS: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff\xfe", b"\x0b", b"\x1c\r", b"\r", b"\n", b"|", b"^", b"~", b"\\", b"&", b";", b'"', b"{", b"[",
    b"NaN", b"1e999", b"-0", b"9" * 40, b"null", b"true", b"2026-02-30", b"0000-00-00T00:00:00Z", b"+14:00", b"%",
    b"\xc3\x28", "٣".encode(), "²".encode(), b"[" * 600, b"MSH|^~\\&|", b"MSH|||||", b'""', b"*a", b"&a", b"- ",
)  # fmt: skip
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**30, 0.1, "", " ", "x" * 5000, "٣", "\x00", "2026", [], [[]], [None], {}, {"": ""},
    "2026-03-01T08:00:00Z", "http://loinc.org", "777-3", "entered-in-error", "#med0306", "Patient/", "/", {"value": 1},
)  # fmt: skip


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """A seed with one to six things wrong."""
    for _ in range(chance.randint(1, 6)):
        worse = _branch(seed, chance) if chance.random() < 0.6 else None
        seed = _bytes(seed, chance) if worse is None else worse
    return seed


def _bytes(seed: bytes, chance: random.Random) -> bytes:
    first = chance.randint(0, len(seed))
    last = min(len(seed), first + chance.choice((0, 1, 2, 8, 64)))
    match chance.randint(0, 3):
        case 0:
            return seed[:first] + chance.choice(WORDS) + seed[last:]
        case 1:
            return seed[:first] + seed[first:last] * chance.choice((2, 3, 50)) + seed[last:]
        case 2:
            return seed[:first] + bytes(chance.randrange(256) for _ in range(last - first)) + seed[last:]
        case _:
            return seed[:first] if chance.random() < 0.2 else seed[:first] + seed[last:]


def _branch(seed: bytes, chance: random.Random) -> bytes | None:
    """One branch of JSON replaced, taken away, doubled or given another name; None where it is no JSON."""
    try:
        tree: Any = orjson.loads(seed)
    except orjson.JSONDecodeError:
        return None
    branches: list[tuple[Any, Any]] = []
    pending = [tree]
    while pending:
        one = pending.pop()
        keys: Any = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        branches += [(one, key) for key in keys]
        pending += [one[key] for key in keys]
    if not branches:
        return None
    parent, key = chance.choice(branches)
    match chance.randint(0, 3):
        case 0 | 1:
            parent[key] = chance.choice(JUNK)
        case 2:
            del parent[key]
        case _:
            other, name = chance.choice(branches)
            parent[key] = orjson.loads(orjson.dumps(other[name])) if name in other or isinstance(other, list) else None
    try:
        return orjson.dumps(tree)
    except orjson.JSONEncodeError:
        return None
