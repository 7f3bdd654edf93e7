"""SSH signatures (SSHSIG, ed25519, sha512), byte for byte those of `ssh-keygen -Y sign`.

Source: the file PROTOCOL.sshsig of OpenSSH. Only what packages need is accepted: ed25519, sha512, one namespace.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mrv.errors import PackageError

NAMESPACE = "redd-package"
KEY_TYPE = "ssh-ed25519"

_MAGIC = b"SSHSIG"
_VERSION = 1
_HASH = "sha512"
_BEGIN = "-----BEGIN SSH SIGNATURE-----\n"
_END = "-----END SSH SIGNATURE-----\n"
_LINE = 70
_MAX_BYTES = 4096


@dataclass(frozen=True)
class Signature:
    """What a signature file says, before it is checked.

    Attributes:
        public_key: Key in the SSH wire format.
        namespace: What the signer meant to sign.
        raw: The 64 bytes of the ed25519 signature.
    """

    public_key: bytes
    namespace: str
    raw: bytes


def public_blob(key: Ed25519PublicKey) -> bytes:
    """Return a public key in the SSH wire format."""
    return _string(KEY_TYPE.encode()) + _string(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign(message: bytes, key: Ed25519PrivateKey, *, namespace: str = NAMESPACE) -> bytes:
    """Return the armoured signature of a message; the same message and key always give the same bytes."""
    raw = key.sign(_to_be_signed(message, namespace))
    return _armour(Signature(public_blob(key.public_key()), namespace, raw))


def parse(armoured: bytes) -> Signature:
    """Read an armoured signature, strictly: there is exactly one spelling of each signature.

    Raises:
        PackageError: It is not an ed25519 SSHSIG with sha512 in its one spelling.
    """
    try:
        signature = _parse_blob(_dearmour(armoured))
    except (ValueError, struct.error, binascii.Error) as error:
        raise _malformed(str(error)) from error
    if _armour(signature) != armoured:
        raise _malformed("the armour is not spelled as ssh-keygen spells it")
    return signature


def verify(message: bytes, armoured: bytes, *, namespace: str = NAMESPACE) -> bytes:
    """Check a signature and return the signer's public key (SSH wire format). Whether to trust it is the caller's duty.

    Raises:
        PackageError: The signature is malformed, belongs to another namespace, or does not match the message.
    """
    signature = parse(armoured)
    if signature.namespace != namespace:
        raise PackageError(
            "the signature was made for another purpose",
            expected=f"namespace {namespace}",
            found=f"namespace {signature.namespace}",
            remedy="ask the publisher for a signature of this package",
        )
    reader = _Reader(signature.public_key)
    reader.string()
    try:
        Ed25519PublicKey.from_public_bytes(reader.string()).verify(signature.raw, _to_be_signed(message, namespace))
    except InvalidSignature as error:
        raise PackageError(
            "the signature does not match what it should sign",
            remedy="the file or the signature was changed after signing: fetch the package again from its publisher",
        ) from error
    return signature.public_key


class _Reader:
    """Reads the length-prefixed strings of the SSH wire format."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.position : self.position + count]
        if len(piece) != count:
            raise ValueError("the signature ends too early")
        self.position += count
        return piece

    def number(self) -> int:
        return int(struct.unpack(">I", self.take(4))[0])

    def string(self) -> bytes:
        return self.take(self.number())

    def finish(self) -> None:
        if self.position != len(self.data):
            raise ValueError("bytes follow the end of the signature")


def _parse_blob(blob: bytes) -> Signature:
    reader = _Reader(blob)
    _expect("magic", reader.take(len(_MAGIC)), _MAGIC)
    _expect("version", reader.number(), _VERSION)
    public_key, namespace = reader.string(), reader.string().decode()
    _expect("reserved field", reader.string(), b"")
    _expect("hash", reader.string(), _HASH.encode())
    inner = _Reader(reader.string())
    reader.finish()
    _expect("signature type", inner.string(), KEY_TYPE.encode())
    raw = inner.string()
    inner.finish()
    key = _Reader(public_key)
    _expect("key type", key.string(), KEY_TYPE.encode())
    _expect("key length", len(key.string()), 32)
    key.finish()
    _expect("signature length", len(raw), 64)
    return Signature(public_key, namespace, raw)


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise ValueError(f"{what}: expected {expected!r}, found {found!r}")


def _to_be_signed(message: bytes, namespace: str) -> bytes:
    digest = hashlib.sha512(message).digest()
    return _MAGIC + _string(namespace.encode()) + _string(b"") + _string(_HASH.encode()) + _string(digest)


def _armour(signature: Signature) -> bytes:
    inner = _string(KEY_TYPE.encode()) + _string(signature.raw)
    blob = _MAGIC + struct.pack(">I", _VERSION) + _string(signature.public_key)
    blob += _string(signature.namespace.encode()) + _string(b"") + _string(_HASH.encode()) + _string(inner)
    text = base64.b64encode(blob).decode()
    lines = "".join(f"{text[start : start + _LINE]}\n" for start in range(0, len(text), _LINE))
    return (_BEGIN + lines + _END).encode()


def _dearmour(armoured: bytes) -> bytes:
    if len(armoured) > _MAX_BYTES:
        raise ValueError(f"a signature has at most {_MAX_BYTES} bytes, this one {len(armoured)}")
    text = armoured.decode("ascii")
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise ValueError("the lines BEGIN and END SSH SIGNATURE are missing")
    return base64.b64decode("".join(text[len(_BEGIN) : -len(_END)].split("\n")), validate=True)


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _malformed(found: str) -> PackageError:
    return PackageError(
        "the signature cannot be read",
        expected="an ed25519 signature as ssh-keygen -Y sign writes it",
        found=found,
        remedy="fetch the package again from its publisher",
    )
