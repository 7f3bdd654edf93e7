"""What a source says of a file without sending it: whether it is there, and whether it is still the one that was retrieved."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from mrv.errors import SourceError
from mrv.files import hash_file
from mrv.ledger import Artifact, content_key
from mrv.sources.attempts import PASSING, Target, attempts, refusal
from mrv.sources.download import CONTENT_RANGE, published_digests
from mrv.sources.fetch import PARALLEL, Fetcher, Wanted
from mrv.sources.sniff import HEAD_BYTES, first_line, is_kind

_ABSENT = frozenset({404, 410})
State = Literal["there", "absent", "refused", "unreachable"]
Verdict = Literal["same", "changed", "withdrawn", "unknown", "refused", "unreachable"]


@dataclass(frozen=True)
class Answer:
    """What a source said of one file.

    Attributes:
        state: Whether the file is there; `refused` is a status that may also hide that it is not.
        shown: The address asked, without secrets.
        detail: Why, where it is not there.
        etag: As told.
        last_modified: As told.
        bytes: Length of the whole file, as told.
        digests: Algorithm and hex digest of the whole file, as declared by the source or read from a folder.
    """

    state: State
    shown: str
    detail: str = ""
    etag: str | None = None
    last_modified: str | None = None
    bytes: int | None = None
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def mark(self) -> str:
        """What tells this state of the file from another one."""
        return content_key([self.state, *self.digests, self.etag, self.last_modified, self.bytes])[:16]


def ask(fetcher: Fetcher, wanted: Sequence[Wanted]) -> list[Answer]:
    """Ask for some files, a few at a time; the order stays. Nothing is stored or noted."""
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="ask") as pool:
        return list(pool.map(lambda item: _ask(fetcher, item), wanted))


def _ask(fetcher: Fetcher, wanted: Wanted) -> Answer:
    if fetcher.base.folder is not None:
        return _look(fetcher.base.folder, wanted)
    target = fetcher.target(wanted)
    try:
        return attempts(target, fetcher.policy, lambda: _request(fetcher.client, target), keeps=lambda: False)
    except SourceError as error:
        return Answer("unreachable", target.shown, f"{error.message}: {error.found}")


def _look(folder: Path, wanted: Wanted) -> Answer:
    path = folder / wanted.path
    if not path.is_file():
        return Answer("absent", str(path), "no such file")
    return Answer("there", str(path), bytes=path.stat().st_size, digests=(("sha256", hash_file(path)),))


def _request(client: httpx.Client, target: Target) -> Answer:
    """Ask for the first bytes, which every server that sends the file will answer, and signed addresses allow."""
    headers = {"Accept-Encoding": "identity", "Range": f"bytes=0-{HEAD_BYTES - 1}"}
    with client.stream("GET", target.url, headers=headers) as response:
        head = next(response.iter_raw(HEAD_BYTES), b"")
        status = response.status_code
        if status in PASSING:
            raise refusal(target, response, head)
        if status in _ABSENT:
            return Answer("absent", target.shown, f"status {status}")
        if status not in {200, 206}:
            return Answer("refused", target.shown, f"status {status}: {target.redact(first_line(head))}")
        if not is_kind(target.kind, head):
            return Answer("absent", target.shown, f"something else in its place: {target.redact(first_line(head))}")
        return Answer(
            "there",
            target.shown,
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
            bytes=_length(response),
            digests=tuple(published_digests(response.headers)),
        )


def _length(response: httpx.Response) -> int | None:
    extent = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    text = extent[3] if extent else response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def compare(answer: Answer, retrieved: Artifact, stored: Path) -> tuple[Verdict, str]:
    """Say whether a source still has the file that was retrieved, and by what that can be told.

    Args:
        answer: What the source says now.
        retrieved: What is noted of the retrieval.
        stored: The retrieved file, to compare by a digest that the source declares.

    Returns:
        The verdict and its ground. `unknown` is a file that may be the same: only fetching it tells.
    """
    if answer.state == "absent":
        return "withdrawn", answer.detail
    if answer.state != "there":
        return answer.state, answer.detail
    for algorithm, digest in answer.digests:
        known = retrieved.sha256 if algorithm == "sha256" else _digest(stored, algorithm)
        if known is not None:
            return ("same" if known == digest else "changed"), f"{algorithm} declared by the source"
    if answer.bytes is not None and answer.bytes != retrieved.bytes:
        return "changed", f"{retrieved.bytes} bytes then, {answer.bytes} now"
    if answer.shown != retrieved.url:
        return "unknown", f"retrieved from {retrieved.url}, asked at another address"
    return _by_validators(answer, retrieved)


def _by_validators(answer: Answer, retrieved: Artifact) -> tuple[Verdict, str]:
    dates = (retrieved.last_modified, answer.last_modified)
    same_date = None not in dates and dates[0] == dates[1]
    if retrieved.etag and answer.etag:
        if retrieved.etag == answer.etag:
            return "same", "ETag"
        if same_date:
            return "unknown", "another ETag, but the same length and Last-Modified"
        return "changed", f"ETag {retrieved.etag} then, {answer.etag} now"
    if None in dates:
        return "unknown", "the source tells neither ETag nor Last-Modified"
    return (
        ("same", "Last-Modified and length") if same_date else ("changed", f"Last-Modified {dates[0]}, now {dates[1]}")
    )


def _digest(stored: Path, algorithm: str) -> str | None:
    return hash_file(stored, algorithm) if stored.is_file() else None
