"""Which packages there are, and what lies in them. A package never changes, so what was read of it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from mrv.dataroom.inspections import Inspection
from mrv.errors import DataRoomError
from mrv.package.figures import Figure

NAME = re.compile(r"VP-(?P<project>[a-z0-9_-]+)-(?P<period>[A-Za-z0-9_.]+)-v(?P<version>[1-9][0-9]*)")


class NotFoundError(DataRoomError):
    """There is no such project, package, file or table."""


@dataclass(frozen=True)
class PackageFile:
    """A file of a package. `file_id` is the start of its path's sha256: pages name files by it, never by path."""

    file_id: str
    path: str
    bytes: int
    sha256: str
    sha512: str
    media_type: str

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.path.rpartition("/")[2]


class Package(Protocol):
    """One version of a published package."""

    @property
    def project(self) -> str:
        """Id of the project."""

    @property
    def period(self) -> str:
        """Id of the monitoring period."""

    @property
    def version(self) -> int:
        """Version, from 1."""

    @property
    def name(self) -> str:
        """VP-<project>-<period>-v<version>."""

    @property
    def manifest_sha512(self) -> str:
        """The sha512 of its `manifest-sha512.txt`: what the version is, in one hash."""

    @property
    def inspection(self) -> Inspection:
        """What `mrv.package.verify` said of it; made in the background, so at first that it is going on."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What `package.json` says."""

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Every figure by its id."""

    @property
    def files(self) -> Mapping[str, PackageFile]:
        """Every file by its `file_id`, the archive itself (`<name>.zip`) among them; in the order of their paths."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the marts."""

    def table(self, name: str) -> pa.Table:
        """Return a mart.

        Raises:
            NotFoundError: The package has no such mart.
            PackageError: Its file is not what the manifest says.
        """

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file, by its path in the package; they are those that the manifest lists.

        Raises:
            NotFoundError: There is none.
            PackageError: It is not what the manifest says.
        """

    def local(self, path: str) -> Path:
        """Return a file on this machine's disk with the bytes that the manifest lists.

        Raises:
            NotFoundError: There is none.
            PackageError: It is not what the manifest says.
        """

    def served(self, file: PackageFile, disposition: str) -> Path | str:
        """Return from where a file's bytes go to a reader: a path on this machine, or an address for a minute.

        Args:
            file: One of its files.
            disposition: The header `Content-Disposition` that an address shall answer with.

        Raises:
            NotFoundError: It is no longer there.
            PackageError: It has another size than when it was listed.
        """


@dataclass(frozen=True)
class Unusable:
    """A package that is there and cannot be served, and why."""

    name: str
    project: str
    period: str
    version: int
    reason: str


class Catalogue(Protocol):
    """The packages of an installation."""

    def projects(self) -> tuple[str, ...]:
        """Return the projects that have a package, sorted."""

    def packages(self, project: str) -> tuple[Package, ...]:
        """Return the packages of a project, newest period and version first; empty where there is none."""

    def package(self, project: str, period: str, version: int) -> Package:
        """Return one package.

        Raises:
            NotFoundError: There is none.
        """

    def unusable(self, project: str) -> tuple[Unusable, ...]:
        """Return the packages of a project that cannot be served."""


class Place(Protocol):
    """Where the files of one package lie. Paths are those in the package; that of the archive is its own name."""

    @property
    def name(self) -> str:
        """VP-<project>-<period>-v<version>."""

    def sizes(self) -> Mapping[str, int]:
        """List the files with their sizes, the archive among them.

        Raises:
            PackageError: Something lies there that has no business in a package.
        """

    def glance(self) -> str:
        """Return text that differs when a file was added since, or the archive made anew; cheap enough for every listing."""

    def stamp(self) -> str:
        """Return text that differs when any file was put in place of another since."""

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file.

        Raises:
            NotFoundError: It is not there.
        """

    def local(self, path: str, sha256: str) -> Path:
        """Return a file on this machine's disk, fetched where it is elsewhere."""

    def served(self, file: PackageFile, disposition: str) -> Path | str:
        """As `Package.served`."""

    def whole(self) -> AbstractContextManager[Path]:
        """Give a folder with the whole package, without the archive, as long as the block lasts."""
