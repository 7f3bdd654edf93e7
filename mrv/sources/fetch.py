"""The one way in: every byte from outside is fetched here, kept once in the store and noted in the ledger."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from urllib.parse import quote

import httpx

from mrv.errors import InputError, SourceError, UsageError
from mrv.files import hash_file, storage_errors
from mrv.ledger import Artifact, now
from mrv.periods import Span
from mrv.progress import Meter, stopping
from mrv.settings import Settings
from mrv.sources.addresses import NO_SECRET, Base, check_base, is_private, origin_of
from mrv.sources.attempts import Policy, Target
from mrv.sources.contract import Request
from mrv.sources.download import DAMAGED, Received, check_head, download
from mrv.sources.partial import discard, forget_note, locked, part_name, resumable
from mrv.sources.s3 import REMEDY as S3_REMEDY
from mrv.sources.s3 import is_s3, s3_base, signer_of
from mrv.sources.snapshots import dated_address, retrievals
from mrv.sources.sniff import HEAD_BYTES, MEDIA_TYPES, Kind
from mrv.sources.tiff_blocks import damaged_block
from mrv.store import Stored

PARALLEL = 4
SIMULATED_MARK = "SIMULATED.txt"
"""A folder that holds this file is simulated, as an HTTP answer with the header X-Simulated-Data is."""
KEY_HEADER = "x-api-key"
SECRET = "{secret}"  # noqa: S105 - the place of the secret in a path, not a secret


@dataclass(frozen=True)
class Wanted:
    """One file of a source: what it is, and its path below the base (`{secret}` where the key belongs)."""

    dataset: str
    product: str
    address: str
    path: str
    kind: Kind
    licence: str
    citation: str
    version: str | None = None
    layer: str | None = None
    year: int | None = None
    simulated: bool = False
    snapshot_for: Span | None = None
    """Of a file that changes in place: the days on which it is asked again. Its address begins the address of each retrieval."""


def base_of(name: str, default: str | None, settings: Settings) -> Base:
    """Return where a source is read from: its mirror, or its own address.

    Raises:
        UsageError: The address cannot be read, or there is none.
    """
    mirror = settings.mirrors.get(name)
    if mirror is None and default is None:
        raise UsageError(
            f"nobody says where source {name} is",
            expected=f"an address for {name} in MRV_MIRRORS: its product has none of its own",
            found="none",
            where=f"source {name}",
            remedy="set MRV_MIRRORS to a folder, an address or s3://bucket/prefix that holds the files",
        )
    address, is_mirror = (str(default), False) if mirror is None else (mirror, True)
    if is_s3(address):
        return s3_base(address, mirror=is_mirror, settings=settings, source=name)
    base = Base(address, mirror=is_mirror)
    check_base(base, source=name)
    return base


class Fetcher:
    """Fetches the files of one source for one request.

    Args:
        request: Who asks, and the store, ledger and settings to use.
        source: Name of the source in the project.
        base: Where it is read from.
        remedy: What to do when the source refuses.
        secret: Key that takes the place of `{secret}` in paths and never appears in errors, logs or the ledger.
        headers: Headers of every request.
        policy: How hard to try; from the settings if not given.
    """

    def __init__(
        self,
        request: Request,
        *,
        source: str,
        base: Base,
        remedy: str,
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.request = request
        self.source = source
        self.base = base
        self.remedy = remedy if base.bucket is None else f"{S3_REMEDY}; {remedy}"
        self.secret = secret
        self._hidden = base.secrets if secret is None or secret == NO_SECRET else (secret, *base.secrets)
        settings = request.settings
        self.policy = policy or Policy(settings.http_attempts, settings.max_file_bytes)
        # These loggers write whole URLs, of which the FIRMS key is a part, and signatures.
        for name in ("httpx", "httpcore", "botocore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self.client = httpx.Client(
            timeout=settings.http_timeout_s,
            follow_redirects=True,
            max_redirects=3,
            auth=None if base.bucket is None else signer_of(settings),
            headers={"User-Agent": "mrv", **(headers or {})},
            limits=httpx.Limits(max_connections=PARALLEL),
            event_hooks={"request": [self._guard]},
        )

    def close(self) -> None:
        """Give back the connections."""
        self.client.close()

    def _guard(self, request: httpx.Request) -> None:
        """Refuse to follow a redirect that would carry the secret to another host or into the open.

        A source may name its key in the address that it redirects to, so that taking the header away is not enough.
        """
        if self.secret is None or self.secret == NO_SECRET:
            return
        url, base = str(request.url), self.base.url("")
        if origin_of(url) != origin_of(base):
            # Unlike Authorization, the client would take this header along.
            request.headers.pop(KEY_HEADER, None)
        in_header = self.secret in request.headers.get("Authorization", "")
        in_url = any(form in url for form in (self.secret, quote(self.secret, safe="")))
        if not (in_header or in_url) or origin_of(url) == origin_of(base):
            return
        if is_private(url) and (request.url.host == origin_of(base)[1] or not in_header):
            return
        raise SourceError(
            "the source redirects to where its key must not go",
            expected=f"an address of {origin_of(base)[1]}, with https",
            found=f"{request.url.scheme}://{request.url.host}",
            where=f"source {self.source}, {self.base.shown()}",
            remedy=self.remedy,
        )

    def fetch(self, wanted: Wanted, advance: Callable[[int], None] = lambda _: None) -> Artifact:
        """Fetch one file and note it in the ledger; `advance` is told the bytes as they come.

        Raises:
            SourceError: The source cannot be reached, refuses, or sends something unusable.
            InputError: A file of a folder is missing or is something else.
        """
        artifact = self._get(wanted, Meter(advance))
        self.request.ledger.record_retrieval(artifact)
        return artifact

    def fetch_all(self, wanted: Sequence[Wanted], *, label: str) -> list[Artifact]:
        """Fetch many small files, a few at a time; the result and the ledger keep the order asked.

        Raises:
            SourceError, InputError: One of them failed; those before it are in the ledger, the rest need not be fetched again.
        """
        result = []
        with (
            self.request.progress.task(label, len(wanted)) as advance,
            ThreadPoolExecutor(PARALLEL, thread_name_prefix="fetch") as pool,
        ):
            futures = [pool.submit(self._get, item, Meter()) for item in wanted]
            try:
                for future in futures:
                    artifact = future.result()
                    self.request.ledger.record_retrieval(artifact)
                    result.append(artifact)
                    advance(1)
            finally:
                for future in futures:
                    future.cancel()
        return result

    def fetch_large(self, wanted: Sequence[Wanted], *, label: str) -> list[Artifact]:
        """Fetch large files, a few at a time; one that fails does not keep the others from coming.

        Raises:
            SourceError, InputError: Some failed; it names them and says what became of the others. Those are kept and
                need not be fetched again, but nothing of the set is given out.
        """
        with (
            self.request.progress.downloads(label, len(wanted)) as meter,
            ThreadPoolExecutor(PARALLEL, thread_name_prefix="fetch") as pool,
        ):
            stop = Event()
            futures = [pool.submit(self._get, item, stopping(meter(item.address), stop)) for item in wanted]
            try:
                done, failed = [], []
                for item, future in zip(wanted, futures, strict=True):
                    try:
                        done.append(future.result())
                    except (SourceError, InputError) as error:
                        failed.append((item, error))
                    else:
                        self.request.ledger.record_retrieval(done[-1])
            finally:
                # Whoever interrupts does not want to wait for gigabytes; what came is kept in the partial files.
                stop.set()
                for future in futures:
                    future.cancel()
        if failed:
            raise _some_failed(failed, done)
        return done

    def _get(self, wanted: Wanted, meter: Meter) -> Artifact:
        folder = self.base.folder
        if folder is not None:
            return self._copy(wanted, folder, meter)
        shown = self.base.shown(wanted.path)
        part = self.request.store.part(part_name(self.request.project_id, wanted.address, shown))
        # What is in the store is judged under the lock: a damaged file must not be removed after another run healed it.
        with self._part(part):
            last = self._last(wanted)
            target = self.target(wanted, validators=_validators(last, shown))
            received = download(self.client, target, part, self.policy, meter)
            if received.unchanged:
                if last is None:
                    raise target.error("the source says unchanged to what was never fetched", found="status 304")
                return self._artifact(wanted, shown, received, Stored(last.sha256, last.bytes, new=False), last)
            forget_note(part)
            return self._artifact(wanted, shown, received, self.request.store.put_file(part), last)

    def target(self, wanted: Wanted, *, validators: Mapping[str, str] | None = None) -> Target:
        """Return how to ask the network for a file, and how to speak of it."""
        return Target(
            url=self.base.url(wanted.path).replace(SECRET, quote(self.secret or "", safe="")),
            shown=self.base.shown(wanted.path),
            kind=wanted.kind,
            remedy=self.remedy,
            secrets=self._hidden,
            validators=validators or {},
        )

    @contextmanager
    def _part(self, part: Path) -> Iterator[None]:
        """Hold the partial file; it outlives the block only if the download failed and can be resumed."""
        with locked(part) as held:
            done = False
            try:
                yield
                done = True
            finally:
                if done or not resumable(part):
                    discard(part, held)

    def _last(self, wanted: Wanted) -> Artifact | None:
        """Return the newest retrieval if its bytes are in the store as they came."""
        last = self._newest(wanted)
        return last if last is not None and self.request.store.sound(last.sha256) else None

    def _newest(self, wanted: Wanted) -> Artifact | None:
        ledger, project = self.request.ledger, self.request.project_id
        if wanted.snapshot_for is None:
            return ledger.last_retrieval(project, wanted.address)
        return next(reversed(retrievals(ledger, project, wanted.address)), None)

    def _copy(self, wanted: Wanted, folder: Path, meter: Meter) -> Artifact:
        """Bring a file of a local folder in by the same door."""
        root = folder.resolve()
        path = (root / wanted.path).resolve()
        shown = f"file:{wanted.path}"
        target = Target(
            url=shown, shown=str(root / wanted.path), kind=wanted.kind, remedy=self.remedy, failure=InputError
        )
        if not path.is_relative_to(root) or not path.is_file():
            raise target.error(
                "a file is missing in the folder of its source",
                expected=wanted.path,
                found=f"nothing of that name below {root}",
                remedy="put the file there, or mend the path in project.yaml or MRV_MIRRORS",
            )
        if (size := path.stat().st_size) > self.policy.max_bytes:
            raise target.error("a file is larger than is accepted", found=f"{size} bytes")
        with path.open("rb") as stream:
            check_head(target, stream.read(HEAD_BYTES))
        simulated = any((parent / SIMULATED_MARK).is_file() for parent in path.parents if parent.is_relative_to(root))
        store, last = self.request.store, None
        sha256 = hash_file(path)
        stored = Stored(sha256, size, new=False)
        if store.sound(sha256):
            last = self._newest(wanted)
        else:
            part = store.part(part_name(self.request.project_id, wanted.address, str(path)))
            with self._part(part):
                with storage_errors(part):
                    shutil.copyfile(path, part)
                if wanted.kind == "tiff" and (damage := damaged_block(part)):
                    raise target.error(DAMAGED, found=damage, remedy="put an undamaged copy there")
                stored = store.put_file(part)
        meter.advance(size)
        return self._artifact(wanted, shown, Received(None, None, simulated), stored, last)

    def _artifact(
        self, wanted: Wanted, url: str, received: Received, stored: Stored, last: Artifact | None
    ) -> Artifact:
        same = last is not None and last.sha256 == stored.sha256
        kept, moment, days = last if same else None, now(), wanted.snapshot_for
        return Artifact(
            project=self.request.project_id,
            source=self.source,
            dataset=wanted.dataset,
            product=wanted.product,
            version=wanted.version,
            layer=wanted.layer,
            year=wanted.year,
            address=wanted.address
            if days is None
            else dated_address(wanted.address, today=moment.date(), days=days, same=kept),
            url=url,
            sha256=stored.sha256,
            bytes=stored.bytes,
            media_type=MEDIA_TYPES[wanted.kind],
            etag=received.etag or (kept.etag if kept and received.unchanged else None),
            last_modified=received.last_modified or (kept.last_modified if kept and received.unchanged else None),
            licence=wanted.licence,
            citation=wanted.citation,
            # What was simulated when it came stays simulated, whatever the source says of an unchanged file.
            simulated=wanted.simulated or received.simulated or bool(kept and received.unchanged and kept.simulated),
            retrieved_at=moment.isoformat(),
            unchanged=same,
        )


def _some_failed(
    failed: Sequence[tuple[Wanted, SourceError | InputError]], done: Sequence[Artifact]
) -> SourceError | InputError:
    """Say which files failed, why the first of them did, and what became of the others."""
    first, error = failed[0]
    if len(failed) + len(done) == 1:
        return error
    names = ", ".join(item.address for item, _ in failed)
    whole = f"; came whole, is kept and not used yet: {', '.join(item.address for item in done)}" if done else ""
    return type(error)(
        f"{len(failed)} of {len(failed) + len(done)} file(s) did not come: {names}. The first: {error.message}",
        expected=error.expected,
        found=error.found,
        where=f"{first.address}: {error.where}",
        remedy=f"{error.remedy}{whole}",
    )


def _validators(last: Artifact | None, url: str) -> dict[str, str]:
    """Return the headers of a conditional request; only the same address can say 'unchanged' of its own file."""
    if last is None or last.url != url:
        return {}
    headers = {"If-None-Match": last.etag, "If-Modified-Since": last.last_modified}
    return {name: value for name, value in headers.items() if value}


@contextmanager
def fetching(
    request: Request,
    *,
    source: str,
    base: Base,
    remedy: str,
    secret: str | None = None,
    headers: Mapping[str, str] | None = None,
    policy: Policy | None = None,
) -> Iterator[Fetcher]:
    """Give a fetcher for the length of a block."""
    fetcher = Fetcher(request, source=source, base=base, remedy=remedy, secret=secret, headers=headers, policy=policy)
    try:
        yield fetcher
    finally:
        fetcher.close()
