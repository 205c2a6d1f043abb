"""From a hospital's identifier to the pseudonym that blinwatch knows a patient by.

Two ways: the interface engine sends pseudonyms already (as they are), or the gateway makes them with a secret key
(HMAC-SHA-256 of authority and identifier). Whoever writes therapy orders must arrive at the same pseudonyms.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from blinwatch.receive.hl7.refusal import Hl7Error

KEY_BYTES_LEAST = 16
"""128 bits: record numbers are few enough to be tried one after the other, a key of this length is not."""
_HEX_DIGITS = 24
"""96 bits: two patients of all hospitals together do not meet."""
_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,63}")


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """`key` empty: identifiers are pseudonyms already."""

    key: bytes = b""

    def of(self, identifier: str, authority: str) -> str:
        """The pseudonym. Raises `Hl7Error` where an identifier as sent does not have the form of one."""
        if self.key:
            said = f"{authority}\0{identifier}".encode()
            return "p-" + hmac.new(self.key, said, hashlib.sha256).hexdigest()[:_HEX_DIGITS]
        if not _FORM.fullmatch(identifier):
            message = "must be a pseudonym of letters, digits, _ . : -, at most 64; or give the gateway a key"
            raise Hl7Error("wrong_value", "PID[1]-3", message)
        return identifier
