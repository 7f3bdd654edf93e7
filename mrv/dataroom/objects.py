"""A package over the place where its files lie, and the catalogue over such places: read once, checked, and kept."""

from __future__ import annotations

import hashlib
import json
import logging
import mimetypes
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.dataroom.catalogue import NAME, NotFoundError, Package, PackageFile, Place, Unusable
from mrv.dataroom.digests import Digests
from mrv.dataroom.inspections import Inspection, Inspections
from mrv.errors import DataRoomError, MrvError, PackageError
from mrv.package import bag
from mrv.package.figures import Figure, read_figures
from mrv.package.reading import SUMMARY, reading

log = logging.getLogger(__name__)

TABLES = "data/tables/"
KEPT_TABLES = 96 * 2**20
"""Bytes of tables in memory that are kept for the next page."""
_MEDIA = {".parquet": "application/vnd.apache.parquet", ".geojson": "application/geo+json", ".md": "text/markdown",
          ".gpkg": "application/geopackage+sqlite3", ".sql": "application/sql", ".lock": "text/plain",
          ".ndjson": "application/x-ndjson", ".sig": "text/plain", ".py": "text/x-python"}  # fmt: skip


def file_id_of(path: str) -> str:
    """Return the id by which pages name a file."""
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def media_type_of(path: str) -> str:
    """Return the media type of a file by its name; what has none is plain bytes."""
    suffix = Path(path).suffix
    return _MEDIA.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"


class KeptTables:
    """The tables that were asked for last, up to a number of bytes."""

    def __init__(self, most: int = KEPT_TABLES) -> None:
        self._most = most
        self._tables: OrderedDict[tuple[str, str], pa.Table] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str], read: Callable[[], pa.Table]) -> pa.Table:
        """Return a table, read where it is not kept."""
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
        table = read()
        with self._lock:
            self._tables[key] = table
            self._tables.move_to_end(key)
            while len(self._tables) > 1 and sum(one.nbytes for one in self._tables.values()) > self._most:
                self._tables.popitem(last=False)
        return table


class OpenedPackage:
    """A package whose manifests were read: whole as far as its list of files goes, and each file checked when it is read.

    Args:
        place: Where its files lie.
        tables: Keeps what was read of it.
        inspections: Has it verified.
        digests: Keeps the hashes of files that no manifest lists.

    Raises:
        PackageError: It is half there, or not what its manifests say.
    """

    def __init__(self, place: Place, tables: KeptTables, inspections: Inspections, digests: Digests) -> None:
        match = NAME.fullmatch(place.name)
        if match is None:
            raise PackageError("a folder has not the name of a package", found=place.name)
        self.name = place.name
        self.project, self.period, self.version = match["project"], match["period"], int(match["version"])
        self._place, self._tables, self._inspections, self._digests = place, tables, inspections, digests
        self._glance = place.glance()
        self._sizes = place.sizes()
        self._stamp = place.stamp()
        self._lock = threading.RLock()
        self._manifests = self._read_manifests()
        self.manifest_sha512 = self._tags[bag.MANIFEST_512]
        self._require_identity()

    @property
    def is_current(self) -> bool:
        """Whether nothing was added to it since it was opened."""
        return self._place.glance() == self._glance

    def _read_manifests(self) -> Mapping[str, tuple[str, str]]:
        """Return the sha256 and sha512 of every payload file, and see that what is there is what they list."""
        if bag.TAG_MANIFEST not in self._sizes:
            raise _broken("a file is missing", self.name, bag.TAG_MANIFEST)
        self._tags = bag.parse_manifest(self._all(bag.TAG_MANIFEST), file=bag.TAG_MANIFEST)
        listings = []
        for name in (bag.MANIFEST_256, bag.MANIFEST_512):
            if name not in self._sizes or name not in self._tags:
                raise _broken("a file is missing", self.name, name)
            content = self._all(name)
            if hashlib.sha512(content).hexdigest() != self._tags[name]:
                raise _broken("a file is not what was signed", self.name, name)
            listings.append(bag.parse_manifest(content, file=name))
        there = {path for path in self._sizes if path.startswith("data/")}
        for problem, paths in (("a file is missing", listings[1].keys() - there),
                               ("a file is in no manifest", there - listings[1].keys()),
                               ("the manifests list different files", listings[0].keys() ^ listings[1].keys())):  # fmt: skip
            if paths:
                raise _broken(problem, self.name, sorted(paths)[0])
        return {path: (listings[0][path], listings[1][path]) for path in listings[1]}

    def _require_identity(self) -> None:
        with reading(SUMMARY):
            facts = self.facts
            said = facts["name"], facts["project"]["id"], facts["period"]["id"], facts["version"]
        if said != (self.name, self.project, self.period, self.version):
            raise _broken("a package says that it is another", self.name, f"{SUMMARY}: {said[0]}")

    def _all(self, path: str) -> bytes:
        if self._sizes[path] > bag.MAX_MANIFEST_BYTES:
            raise _broken("a file is too large to be read", self.name, path)
        return b"".join(self._place.pieces(path))

    @property
    def inspection(self) -> Inspection:
        """What verifying it said."""
        return self._inspections.of(self.name, f"{self.manifest_sha512} {self._stamp}", self._place.whole)

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What `package.json` says."""
        with reading(SUMMARY):
            facts = json.loads(self.read(SUMMARY))
            if not isinstance(facts, dict):
                raise _broken("a file does not hold what it should", self.name, SUMMARY)
            return facts

    @cached_property
    def figures(self) -> Mapping[str, Figure]:
        """Every figure by its id."""
        return read_figures(self.local(f"{TABLES}figures.parquet"))

    @property
    def files(self) -> Mapping[str, PackageFile]:
        """Every file by its `file_id`."""
        with self._lock:
            return self._files

    @cached_property
    def _files(self) -> Mapping[str, PackageFile]:
        made = (self._described(path, size) for path, size in sorted(self._sizes.items()))
        return {file.file_id: file for file in made}

    def _described(self, path: str, size: int) -> PackageFile:
        hashes = self._manifests.get(path) or self._digests.of(self._place, path, size, self._stamp)
        return PackageFile(file_id_of(path), path, size, *hashes, media_type_of(path))

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Names of the marts."""
        paths = (path.removeprefix(TABLES) for path in self._sizes if path.startswith(TABLES))
        return tuple(sorted(path.removesuffix(".parquet") for path in paths if path.endswith(".parquet")))

    def table(self, name: str) -> pa.Table:
        """Return a mart."""
        if name not in self.tables:
            raise NotFoundError("there is no such table", found=name, where=self.name)
        path = f"{TABLES}{name}.parquet"

        def read() -> pa.Table:
            with reading(path):
                return pq.read_table(self.local(path))

        return self._tables.get((self.name + self.manifest_sha512, name), read)

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file."""
        self._require(path)
        content = self._all(path)
        if path in self._manifests and hashlib.sha512(content).hexdigest() != self._manifests[path][1]:
            raise _broken("a file is not what the manifest says", self.name, path)
        return content

    def local(self, path: str) -> Path:
        """Return a file on this machine's disk."""
        self._require(path)
        listed = self._manifests.get(path)
        return self._place.local(path, listed[0] if listed else self.files[file_id_of(path)].sha256)

    def served(self, file: PackageFile, disposition: str) -> Path | str:
        """Return from where a file's bytes go to a reader."""
        return self._place.served(file, disposition)

    def _require(self, path: str) -> None:
        if path not in self._sizes:
            raise NotFoundError("there is no such file", found=path, where=self.name)


def _broken(message: str, name: str, found: str) -> PackageError:
    return PackageError(message, found=found, where=name, remedy="restore the package from a copy")


class Places(Protocol):
    """Where packages lie.

    Attributes:
        look_again_s: Seconds for which a listing of them holds.
    """

    look_again_s: float

    def names(self) -> Iterator[str]:
        """Yield the names of what looks like a package."""

    def place(self, name: str) -> Place:
        """Return where one lies."""


class KeptCatalogue:
    """The packages of a folder or bucket: listed anew every few seconds, opened once.

    Args:
        places: Where they lie.
        inspections: Has them verified.
        digests: Keeps the hashes of files that no manifest lists.
    """

    def __init__(self, places: Places, inspections: Inspections, digests: Digests) -> None:
        self._places, self._inspections, self._digests = places, inspections, digests
        self._tables = KeptTables()
        self._opened: dict[str, OpenedPackage | Unusable] = {}
        self._listed_at = float("-inf")
        self._lock = threading.Lock()

    def projects(self) -> tuple[str, ...]:
        """Return the projects that have a package, sorted."""
        return tuple(sorted({one.project for one in self._now().values()}))

    def packages(self, project: str) -> tuple[Package, ...]:
        """Return the packages of a project, newest period and version first."""
        found = [one for one in self._now().values() if isinstance(one, OpenedPackage) and one.project == project]
        return tuple(sorted(found, key=_age, reverse=True))

    def package(self, project: str, period: str, version: int) -> Package:
        """Return one package."""
        found = self._now().get(f"VP-{project}-{period}-v{version}")
        if not isinstance(found, OpenedPackage) or (found.project, found.period) != (project, period):
            raise NotFoundError("there is no such package", found=f"{project} {period} version {version}")
        return found

    def unusable(self, project: str) -> tuple[Unusable, ...]:
        """Return the packages of a project that cannot be served."""
        found = (one for one in self._now().values() if isinstance(one, Unusable) and one.project == project)
        return tuple(sorted(found, key=lambda one: (one.period, one.version), reverse=True))

    def _now(self) -> Mapping[str, OpenedPackage | Unusable]:
        with self._lock:
            if time.monotonic() - self._listed_at >= self._places.look_again_s:
                self._list_anew()
                self._listed_at = time.monotonic()
            return self._opened

    def _list_anew(self) -> None:
        try:
            self._opened = {name: self._one(name) for name in sorted(self._places.names())}
        except DataRoomError as error:
            # Object storage may be away for a while; what was read of it is still true.
            if not self._opened:
                raise
            log.warning("the packages could not be listed anew: %s", error)

    def _one(self, name: str) -> OpenedPackage | Unusable:
        """Return a package as it was opened; one that could not be used is tried again, for it may be mended."""
        known = self._opened.get(name)
        if isinstance(known, OpenedPackage) and known.is_current:
            return known
        match = NAME.fullmatch(name)
        assert match is not None  # noqa: S101 - `names` yields none else
        try:
            return OpenedPackage(self._places.place(name), self._tables, self._inspections, self._digests)
        except (MrvError, OSError) as error:
            reason = " - ".join(line.strip() for line in str(error).splitlines())
            return Unusable(name, match["project"], match["period"], int(match["version"]), reason)


def _age(package: Package) -> tuple[str, str, int]:
    return str(package.facts["period"].get("start", "")), package.period, package.version
