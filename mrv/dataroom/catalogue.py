"""Which packages there are, and what lies in them. A package never changes, so what was read of it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

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
    def facts(self) -> Mapping[str, Any]:
        """What `package.json` says."""

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Every figure by its id."""

    @property
    def files(self) -> Mapping[str, PackageFile]:
        """Every file by its `file_id`, the archive itself (`<name>.zip`) among them."""

    def table(self, name: str) -> pa.Table:
        """Return a mart.

        Raises:
            NotFoundError: The package has no such mart.
        """

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file, by its path in the package.

        Raises:
            NotFoundError: There is none.
        """


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
