"""Time stamps (RFC 3161): somebody else says that a package's tag manifest was there at a moment."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mrv.errors import PackageError, SourceError
from mrv.files import write_bytes
from mrv.package import bag
from mrv.package.zipped import SUFFIX, write_zip

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampRequest, TimeStampResponse

MAX_BYTES = 2**20
"""Largest answer of an authority that is read; real ones have some thousand bytes."""
_SHA512 = "2.16.840.1.101.3.4.2.3"


@dataclass(frozen=True)
class Stamp:
    """What a time stamp says.

    Attributes:
        moment: When the authority saw the tag manifest.
        authority: Name of the certificate that signed, as the stamp carries it.
        trusted: Whether its chain of certificates leads to a root that the reader gave.
    """

    moment: datetime
    authority: str
    trusted: bool


def read_stamp(raw: bytes, message: bytes, roots: Sequence[Certificate] = ()) -> Stamp:
    """Read a time stamp of a message, and verify it where roots are given.

    Raises:
        PackageError: It cannot be read, is of another content, or does not lead to one of the roots.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    answer = _decoded(raw)
    imprint = answer.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA512 or imprint.message != hashlib.sha512(message).digest():
        raise _refused("the time stamp is of another content", f"an imprint that is not that of {bag.TAG_MANIFEST}")
    if roots:
        try:
            VerifierBuilder(roots=list(roots)).build().verify_message(answer, message)
        except (VerificationError, ValueError) as error:
            raise _refused("the time stamp does not hold", str(error)) from error
    return Stamp(answer.tst_info.gen_time, _authority(answer), trusted=bool(roots))


def _decoded(raw: bytes) -> TimeStampResponse:
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        answer = decode_timestamp_response(raw)
        granted = PKIStatus(answer.status) in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}
        # What is missing in an answer that grants nothing shows only where it is read.
        _ = granted and answer.tst_info.gen_time
    except ValueError as error:
        raise _refused("the time stamp cannot be read", str(error)) from error
    if not granted:
        raise _refused("the time stamp was not granted", f"status {answer.status}")
    return answer


def _authority(answer: TimeStampResponse) -> str:
    from cryptography.x509 import load_der_x509_certificate

    signers = {(info.issuer, info.serial_number) for info in answer.signed_data.signer_infos}
    for content in sorted(answer.signed_data.certificates):
        certificate = load_der_x509_certificate(content)
        if (certificate.issuer, certificate.serial_number) in signers:
            return certificate.subject.rfc4514_string()
    return "an authority that it does not name"


def read_roots(path: Path) -> list[Certificate]:
    """Read a file of trusted certificates (PEM, one or several).

    Raises:
        PackageError: It holds none.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PackageError(
            "the trusted certificates of time stamps cannot be read",
            expected="a file of certificates in PEM form",
            found=str(error),
            where=str(path),
            remedy="get the root certificate from the authority's own pages",
        ) from error


def stamp_package(package: Path, url: str, *, timeout_s: float, roots: Path | None = None) -> Stamp:
    """Ask an authority for a time stamp of a finished package and put it there; its archive is written anew.

    Nothing that was signed changes: no manifest lists the stamp.

    Raises:
        SourceError: The authority cannot be reached, or its answer is of no use.
        PackageError: There is no package, it has a stamp already, or the roots cannot be read.
    """
    path = package / bag.STAMP
    if not (package / bag.TAG_MANIFEST).is_file() or os.path.lexists(path):
        raise PackageError(
            "the package cannot be stamped",
            expected="a finished package without a time stamp",
            found="a time stamp" if os.path.lexists(path) else f"no {bag.TAG_MANIFEST}",
            where=str(package),
            remedy="a stamp is never replaced: the first one says the most",
        )
    message = (package / bag.TAG_MANIFEST).read_bytes()
    trusted = read_roots(roots) if roots else ()
    request = _request(message)
    raw = _asked(url, request.as_bytes(), timeout_s)
    try:
        stamp = read_stamp(raw, message, trusted)
        if _decoded(raw).tst_info.nonce != request.nonce:
            raise _refused("the time stamp is of another request", "another nonce")
    except PackageError as error:
        raise SourceError(
            error.message, found=error.found, where=url, remedy="ask again, or ask another authority"
        ) from error
    write_bytes(path, raw)
    archive = package.with_name(package.name + SUFFIX)
    if archive.is_file():
        write_zip(package, archive, name=package.name)
    return stamp


def _request(message: bytes) -> TimeStampRequest:
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder(data=message, hash_algorithm=HashAlgorithm.SHA512).build()


def _asked(url: str, request: bytes, timeout_s: float) -> bytes:
    import httpx

    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        with httpx.stream("POST", url, content=request, headers=headers, timeout=timeout_s) as answer:
            content = b""
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > MAX_BYTES:
                    raise _unusable(url, f"more than {MAX_BYTES} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(
            "the time stamping authority could not be reached",
            found=f"{type(error).__name__}: {error}",
            where=url,
            remedy="check MRV_TIMESTAMP_URL; the package is whole without a stamp, `mrv stamp` adds one later",
        ) from error
    if answer.status_code != httpx.codes.OK:
        raise _unusable(url, f"HTTP {answer.status_code}")
    return content


def _unusable(url: str, found: str) -> SourceError:
    return SourceError(
        "the time stamping authority sent something unusable", found=found, where=url, remedy="check MRV_TIMESTAMP_URL"
    )


def _refused(message: str, found: str) -> PackageError:
    return PackageError(
        message,
        found=found,
        where=bag.STAMP,
        remedy="ask the publisher; without the stamp the package is as good as before, nobody else says when it was made",
    )
