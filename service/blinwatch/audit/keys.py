"""The key that seals: the private half for whoever seals, the public half for whoever checks."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class KeyFileError(Exception):
    """A key's file cannot be used; the text names file and reason, never the key."""


def new_key(path: Path) -> Path:
    """Write a new private key, readable by its owner alone, and the public one beside it; where that is.

    Raises `KeyFileError` where the file is there already: seals of the old key would be worth nothing.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} is there already; a key is never written over") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        file.write(private)
    beside = path.with_name(f"{path.name}.pub")
    beside.write_bytes(public)
    return beside


def read_private(path: Path) -> Ed25519PrivateKey:
    """Raises `KeyFileError`."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds no private Ed25519 key in PEM: make one with `blinwatch audit key`")
    return key


def read_public(path: Path) -> Ed25519PublicKey:
    """Raises `KeyFileError`."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path} holds no public Ed25519 key in PEM: it lies beside the private one, as .pub")
    return key
