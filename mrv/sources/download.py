"""One file over HTTP into a partial file: attempts, back-off, resuming, and the checks before it may be kept."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from secrets import SystemRandom

import httpx

from mrv.errors import InputError, SourceError
from mrv.files import hash_file, storage_errors
from mrv.sources.addresses import redact
from mrv.sources.partial import forget, kept, note_validator
from mrv.sources.sniff import HEAD_BYTES, Kind, expected, first_line, is_kind

log = logging.getLogger(__name__)

CHUNK = 1 << 16
BACKOFF_S = 0.5
LONGEST_WAIT_S = 60.0
SIMULATED_HEADER = "X-Simulated-Data"
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Policy:
    """How hard to try, and how much to accept."""

    attempts: int
    max_bytes: int
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Received:
    """What the source said about the file; `unchanged` means status 304, with nothing in the partial file."""

    etag: str | None
    last_modified: str | None
    simulated: bool
    unchanged: bool = False


@dataclass(frozen=True)
class Target:
    """What to fetch: the address with its secrets, the one that may be shown, and what must come.

    Attributes:
        failure: What is raised if it is unusable: it came from outside, or lies in a folder of the reader.
    """

    url: str
    shown: str
    kind: Kind
    remedy: str
    secrets: tuple[str, ...] = ()
    validators: Mapping[str, str] = field(default_factory=dict)
    failure: type[SourceError] | type[InputError] = SourceError

    def redact(self, text: str) -> str:
        """Take the secrets out of a text."""
        return redact(text, self.secrets)

    def error(
        self, message: str, *, found: str, expected: str | None = None, remedy: str | None = None
    ) -> SourceError | InputError:
        """Build the error for this target, without secrets."""
        return self.failure(
            message,
            expected=expected,
            found=self.redact(found),
            where=self.shown,
            remedy=remedy or self.remedy,
        )


class _AgainError(SourceError):
    """This attempt failed in a way that may pass."""

    wait_s: float | None = None


def download(
    client: httpx.Client, target: Target, part: Path, policy: Policy, advance: Callable[[int], None]
) -> Received:
    """Fetch a file into `part`, trying again after faults that may pass, and going on where the last attempt ended.

    An attempt goes on with `Range` only under `If-Range` with a strong ETag, which lies beside `part`.

    Raises:
        SourceError: The source refuses, sends something else, or stays unreachable after all attempts.
    """
    for attempt in range(1, policy.attempts + 1):
        try:
            return _attempt(client, target, part, policy, advance)
        except _AgainError as error:
            if attempt == policy.attempts:
                some, _ = kept(part, target.shown)
                raise SourceError(
                    f"{error.message}, in {attempt} attempt(s)",
                    expected=error.expected,
                    found=error.found,
                    where=error.where,
                    remedy="try again later"
                    + ("; what was received is kept, and the next run goes on from there" if some else ""),
                ) from error
            wait_s = error.wait_s
            if wait_s is None:
                wait_s = BACKOFF_S * 2 ** (attempt - 1) * (1 + SystemRandom().random())
            log.warning("%s (%s): attempt %d of %d failed", target.shown, error.found, attempt, policy.attempts)
            policy.sleep(min(wait_s, LONGEST_WAIT_S))
    raise AssertionError("a policy has at least one attempt")


def _attempt(
    client: httpx.Client, target: Target, part: Path, policy: Policy, advance: Callable[[int], None]
) -> Received:
    offset, etag = kept(part, target.shown)
    headers = {"Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={offset}-", "If-Range": etag} if offset else dict(target.validators)
    try:
        with client.stream("GET", target.url, headers=headers) as response:
            if response.status_code == 304 and not offset:
                return _received(response, unchanged=True)
            start = _start(response, target, part, offset, etag)
            total = _length(response, target, start, policy.max_bytes)
            _write(response, target, part, start, policy.max_bytes, advance)
            _verify(response, target, part, total)
            return _received(response)
    except httpx.TransportError as error:
        raise _again(target, "the source broke off or did not answer", f"{type(error).__name__}: {error}") from error
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise target.error("the source cannot be asked", found=f"{type(error).__name__}: {error}") from error


def _again(target: Target, message: str, found: str, *, wait_s: float | None = None) -> _AgainError:
    error = _AgainError(message, found=target.redact(found), where=target.shown)
    error.wait_s = wait_s
    return error


def _received(response: httpx.Response, *, unchanged: bool = False) -> Received:
    return Received(
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        simulated=SIMULATED_HEADER in response.headers,
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
        raise _again(target, "the file changed while it was being fetched", f"status {status}", wait_s=0.0)
    if status in _PASSING:
        raise _again(target, "the source is busy or broken", f"status {status}", wait_s=_retry_after(response))
    body = b"".join(_head(response))
    raise target.error("the source refused", expected="status 200", found=f"status {status}: {first_line(body)}")


def _head(response: httpx.Response) -> Iterator[bytes]:
    received = 0
    for chunk in response.iter_raw(HEAD_BYTES):
        yield chunk
        received += len(chunk)
        if received >= HEAD_BYTES:
            return


def _retry_after(response: httpx.Response) -> float | None:
    text: str | None = response.headers.get("Retry-After")
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _length(response: httpx.Response, target: Target, start: int, max_bytes: int) -> int | None:
    """Return the size that the whole file must have, if the source tells it."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise target.error("the source compressed what was asked for plainly", found=f"Content-Encoding: {encoding}")
    text = response.headers.get("Content-Length", "")
    total = start + int(text) if text.isdecimal() else None
    whole = response.headers.get("Content-Range", "").rpartition("/")[2]
    if whole.isdecimal():
        total = int(whole)
    if total is not None and total > max_bytes:
        raise _too_large(target, f"{total} bytes", max_bytes)
    return total


def _too_large(target: Target, found: str, max_bytes: int) -> SourceError | InputError:
    return target.error(
        "a file is larger than is accepted",
        expected=f"at most {max_bytes} bytes",
        found=found,
        remedy="look at what the source sends; raise MRV_MAX_FILE_BYTES if it is right",
    )


def _write(
    response: httpx.Response,
    target: Target,
    part: Path,
    start: int,
    max_bytes: int,
    advance: Callable[[int], None],
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
            if size > max_bytes:
                raise _too_large(target, f"more than {max_bytes} bytes", max_bytes)
            stream.write(chunk)
            advance(len(chunk))


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
            found=first_line(head[:HEAD_BYTES]),
        )


def _verify(response: httpx.Response, target: Target, part: Path, total: int | None) -> None:
    size = part.stat().st_size
    if total is not None and size != total:
        if size > total:
            forget(part)
        raise _again(target, "a file came incomplete", f"{size} bytes of {total}")
    if size == 0:
        check_head(target, b"")
    for algorithm, digest in _published_digests(response.headers):
        if hash_file(part, algorithm) != digest:
            forget(part)
            raise _again(target, "a file does not have the digest that its source declares", f"another {algorithm}")


def _published_digests(headers: httpx.Headers) -> Iterator[tuple[str, str]]:
    """Yield (algorithm, hex) of what Google Cloud Storage (`x-goog-hash`) or RFC 9530 (`Repr-Digest`) declare."""
    for item in headers.get("x-goog-hash", "").split(","):
        name, _, value = item.strip().partition("=")
        if name == "md5":
            yield "md5", _hex(value)
    for item in headers.get("Repr-Digest", "").split(","):
        name, _, value = item.strip().partition("=")
        if name in {"sha-256", "sha-512"}:
            yield name.replace("-", ""), _hex(value.strip(":"))


def _hex(text: str) -> str:
    return base64.b64decode(text).hex()
