"""Passwords are kept as scrypt hashes (RFC 7914), each with a salt of its own."""

import base64
import hashlib
import hmac
import secrets

COST, BLOCK, PARALLEL = 2**15, 8, 1
"""32 MiB and about a tenth of a second for each guess: a stolen file does not give its passwords away quickly, and a
sign-in is not felt."""
MEMORY_MOST_BYTES = 64 * 1024 * 1024
"""Twice what the cost above takes; OpenSSL's own limit would refuse it."""
LENGTH_LEAST = 12
"""Long rather than complicated, as NIST SP 800-63B advises; it is the only factor here, so longer than the least."""
_SALT_BYTES, _HASH_BYTES = 16, 32


class PasswordTooShortError(ValueError):
    """The text says how long it has to be."""


def hash_password(password: str) -> str:
    """`scrypt$COST$SALT$HASH`, both in base64. Raises `PasswordTooShortError`."""
    if len(password) < LENGTH_LEAST:
        raise PasswordTooShortError(f"a password has at least {LENGTH_LEAST} characters; a sentence is a good one")
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${COST}${_text(salt)}${_text(_hashed(password, salt, COST))}"


def is_password(password: str, stored: str) -> bool:
    """Whether a password is the stored one; takes the same time whatever it is. A spoiled hash raises ValueError."""
    kind, cost, salt, hashed = stored.split("$")
    if kind != "scrypt":
        raise ValueError(f"no such kind of hash: {kind}")
    wanted = base64.b64decode(hashed, validate=True)
    return hmac.compare_digest(_hashed(password, base64.b64decode(salt, validate=True), int(cost)), wanted)


def _hashed(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8"), salt=salt, n=cost, r=BLOCK, p=PARALLEL, maxmem=MEMORY_MOST_BYTES, dklen=_HASH_BYTES
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
