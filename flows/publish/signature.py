"""Keys and signatures: Ed25519 (RFC 8032) over a DSSE envelope (Dead Simple Signing Envelope, version 1)."""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from flows.nouns import CannotRun

#: The media type of an in-toto Statement.
PAYLOAD_TYPE = "application/vnd.in-toto+json"

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


def write_pair(path: Path) -> str:
    """Write a new private key to `path`, for its owner's eyes only, and the public one beside; returns its name.

    Raises `CannotRun` where a file is there already, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    pair = [(path, private_pem(key), 0o600), (Path(f"{path}.pub"), public_pem(key.public_key()), 0o644)]
    try:
        if taken := [file for file, _, _ in pair if file.exists()]:
            raise CannotRun(f"{taken[0]} is there already, and a key is never overwritten: name another file.")
        for file, text, mode in pair:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with open(descriptor, "w", encoding="ascii") as opened_file:
                opened_file.write(text)
    except OSError as error:
        raise CannotRun(f"the key cannot be written: {error}") from error
    return key_id(key.public_key())


def private_keys(setting: str) -> list[Ed25519PrivateKey]:
    """The keys that sign, from a setting that holds PEM text or names a PEM file; none where it is empty.

    The first one signs from now on. A second one is the key of the release before, where another is to follow it.
    Raises `CannotRun`, without quoting it, where the setting holds no key.
    """
    if not setting.strip():
        return []
    try:
        text = setting if "-----BEGIN" in setting else Path(setting).expanduser().read_text("ascii")
        keys = [serialization.load_pem_private_key(pem.encode(), None) for pem in _PEM.findall(text)]
    except (OSError, ValueError, TypeError):
        keys = []
    if not keys or not all(isinstance(key, Ed25519PrivateKey) for key in keys):
        raise CannotRun(
            "PRAKERJA_SIGNING_KEY holds no Ed25519 key: give the PEM text, or the path of the file that "
            "`prakerja keygen` wrote"
        )
    return [key for key in keys if isinstance(key, Ed25519PrivateKey)]


def public_key(pem: bytes) -> Ed25519PublicKey | None:
    """The public key in a PEM text; None where there is none."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file. Raises `CannotRun` where there is none."""
    try:
        key = public_key(path.read_bytes())
    except OSError as error:
        raise CannotRun(f"the key cannot be read: {error}") from error
    if key is None:
        raise CannotRun(f"{path} holds no public Ed25519 key as PEM text.")
    return key


def private_pem(key: Ed25519PrivateKey) -> str:
    """A private key as PEM text (PKCS 8), not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(key: Ed25519PublicKey) -> str:
    """A public key as PEM text."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key: the sha256 of its DER form (`openssl pkey -pubin -outform DER | sha256sum`)."""
    return hashlib.sha256(
        key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


def envelope(payload: bytes, keys: Sequence[Ed25519PrivateKey]) -> dict[str, Any]:
    """The payload in a DSSE envelope, signed by every key. Ed25519 gives the same signature each time."""
    message = _message(payload)
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": key_id(key.public_key()), "sig": base64.b64encode(key.sign(message)).decode()} for key in keys
        ],
    }


def opened(content: Any) -> bytes:
    """The payload of an envelope, its signatures unchecked. Raises ValueError where it is none of ours."""
    try:
        if content["payloadType"] != PAYLOAD_TYPE:
            raise ValueError(f"its payloadType is not {PAYLOAD_TYPE}")
        return base64.b64decode(content["payload"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError("it is no DSSE envelope") from error


def is_signed_by(content: Any, key: Ed25519PublicKey) -> bool:
    """Whether one of an envelope's signatures is a true one of this key; what they say of themselves counts nothing."""
    try:
        message = _message(opened(content))
        signatures = [base64.b64decode(each["sig"], validate=True) for each in content["signatures"]]
    except (KeyError, TypeError, ValueError):
        return False
    return any(_is_true(key, signature, message) for signature in signatures)


def _is_true(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _message(payload: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding of type and payload."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
