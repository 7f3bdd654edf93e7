"""One file over HTTP into a partial file: going on where the last attempt ended, and the checks before it may be kept."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from mrv.errors import InputError, SourceError
from mrv.files import hash_file, storage_errors
from mrv.progress import Meter
from mrv.sources.attempts import Policy, Target, again, attempts, refusal
from mrv.sources.partial import forget, kept, note_validator
from mrv.sources.sniff import HEAD_BYTES, expected, first_line, is_kind, kind_of
from mrv.sources.tiff_blocks import damaged_block
from mrv.sources.tiff_extent import tiff_extent

log = logging.getLogger(__name__)

CHUNK = 1 << 16
DAMAGED = "a GeoTIFF is damaged: a strip or tile does not unpack to what was packed"
SIMULATED_HEADERS = ("X-Simulated-Data", "x-amz-meta-simulated-data")
"""Headers that say that what comes is simulated: of a server, and of an object in a bucket that was uploaded with that metadata."""
_DIGESTS = {"md5": "md5", "sha-256": "sha256", "sha-512": "sha512"}
CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")


@dataclass(frozen=True)
class Received:
    """What the source said about the file; `unchanged` means status 304, with nothing in the partial file."""

    etag: str | None
    last_modified: str | None
    simulated: bool
    unchanged: bool = False


def download(client: httpx.Client, target: Target, part: Path, policy: Policy, meter: Meter) -> Received:
    """Fetch a file into `part`, trying again after faults that may pass, and going on where the last attempt ended.

    An attempt goes on with `Range` only under `If-Range` with a strong ETag, which lies beside `part`. There is no
    limit of time over all: a file of gigabytes over a thin line is right, and silence ends an attempt.

    Raises:
        SourceError: The source refuses, sends something else, or stays unreachable after all attempts.
    """
    return attempts(
        target,
        policy,
        lambda: _attempt(client, target, part, policy, meter),
        keeps=lambda: kept(part, target.shown)[0] > 0,
    )


def _attempt(client: httpx.Client, target: Target, part: Path, policy: Policy, meter: Meter) -> Received:
    offset, etag = kept(part, target.shown)
    headers = {"Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={offset}-", "If-Range": etag} if offset else dict(target.validators)
    with client.stream("GET", target.url, headers=headers) as response:
        if response.status_code == 304 and not offset:
            return _received(response, unchanged=True)
        start = _start(response, target, part, offset, etag)
        total = _length(response, target, part, start, policy)
        if start:
            log.info("%s: going on at %d of %s bytes", target.shown, start, total or "unknown")
        meter.expect(start, None if total is None else total - start)
        _write(response, target, part, start, policy, meter)
        _verify(response, target, part, total)
        return _received(response)


def _received(response: httpx.Response, *, unchanged: bool = False) -> Received:
    return Received(
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        simulated=any(name in response.headers for name in SIMULATED_HEADERS),
        unchanged=unchanged,
    )


def _start(response: httpx.Response, target: Target, part: Path, offset: int, etag: str) -> int:
    """Return the byte at which the answer's body begins, or say why it cannot be used."""
    status = response.status_code
    if status == 200:
        return 0
    if status == 206 and offset:
        content_range = response.headers.get("Content-Range", "")
        if content_range.startswith(f"bytes {offset}-") and response.headers.get("ETag", etag) == etag:
            return offset
    if status in {206, 416}:
        forget(part)
        raise again(target, "the file changed while it was being fetched", f"status {status}", wait_s=0.0)
    raise refusal(target, response, b"".join(_head(response)))


def _head(response: httpx.Response) -> Iterator[bytes]:
    received = 0
    for chunk in response.iter_raw(HEAD_BYTES):
        yield chunk
        received += len(chunk)
        if received >= HEAD_BYTES:
            return


def _length(response: httpx.Response, target: Target, part: Path, start: int, policy: Policy) -> int | None:
    """Return the size that the whole file must have, if the source tells it."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise target.error("the source compressed what was asked for plainly", found=f"Content-Encoding: {encoding}")
    text = response.headers.get("Content-Length", "")
    total = start + int(text) if text.isdecimal() else None
    extent = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "")) if start else None
    if extent:
        first, last, whole = extent.groups()
        if text.isdecimal() and int(text) != int(last) + 1 - int(first):
            forget(part)
            raise again(
                target,
                "the source contradicts itself about the length of a file",
                f"Content-Length: {text}, Content-Range: {extent[0]}",
            )
        total = int(whole) if whole.isdecimal() else total
    if total is not None and total > policy.max_bytes:
        raise _too_large(target, f"{total} bytes", policy)
    return total


def _too_large(target: Target, found: str, policy: Policy) -> SourceError | InputError:
    return target.error(
        "a file is larger than is accepted",
        expected=f"at most {policy.max_bytes} bytes",
        found=found,
        remedy=policy.too_large,
    )


def _write(
    response: httpx.Response,
    target: Target,
    part: Path,
    start: int,
    policy: Policy,
    meter: Meter,
) -> None:
    size = start
    with storage_errors(part), part.open("r+b") as stream:
        stream.truncate(start)
        stream.seek(start)
        if start == 0:
            note_validator(part, etag=response.headers.get("ETag"), url=target.shown)
        for chunk in response.iter_raw(CHUNK):
            if size == 0:
                check_head(target, chunk)
            size += len(chunk)
            if size > policy.max_bytes:
                raise _too_large(target, f"more than {policy.max_bytes} bytes", policy)
            stream.write(chunk)
            meter.advance(len(chunk))


def check_head(target: Target, head: bytes) -> None:
    """Refuse a file whose first bytes are not of the wanted kind.

    Raises:
        SourceError: It is something else, usually a page of HTML or a line of text.
        InputError: The same of a file in a folder.
    """
    if not is_kind(target.kind, head[:HEAD_BYTES]):
        raise target.error(
            "the source sent something else than was asked for",
            expected=expected(target.kind),
            found=kind_of(head) if target.failure is InputError else first_line(head[:HEAD_BYTES]),
        )


def _verify(response: httpx.Response, target: Target, part: Path, total: int | None) -> None:
    size = part.stat().st_size
    if total is not None and size != total:
        if size > total:
            forget(part)
        raise again(target, "a file came incomplete", f"{size} bytes of {total}")
    if size == 0:
        check_head(target, b"")
    for algorithm, digest in published_digests(response.headers):
        if hash_file(part, algorithm) != digest:
            forget(part)
            raise again(target, "a file does not have the digest that its source declares", f"another {algorithm}")
    if target.kind == "tiff" and (least := tiff_extent(part)) > size:
        # The source declares the length of what it sends, so only the file itself can tell that its end is missing.
        forget(part)
        raise again(
            target,
            "a GeoTIFF is cut short, though it has the length that its source declares",
            f"{size} bytes of at least {least}",
        )
    if target.kind == "tiff" and (damage := damaged_block(part)):
        forget(part)
        raise again(target, DAMAGED, damage)


def published_digests(headers: httpx.Headers) -> Iterator[tuple[str, str]]:
    """Yield (algorithm, hex) of what Google Cloud Storage (`x-goog-hash`) or RFC 9530 (`Repr-Digest`) declare."""
    declared = [*headers.get("x-goog-hash", "").split(","), *headers.get("Repr-Digest", "").split(",")]
    for item in declared:
        name, _, value = item.strip().partition("=")
        if name in _DIGESTS:
            algorithm = _DIGESTS[name]
            try:
                digest = base64.b64decode(value.strip(":"), validate=True)
            except ValueError:
                digest = b""
            if len(digest) == hashlib.new(algorithm).digest_size:
                yield algorithm, digest.hex()
            else:
                log.warning("a source declares a digest that is none: %s", item.strip())
