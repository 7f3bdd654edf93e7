"""The catalogue over a folder of packages, as `mrv run` leaves it in the home."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.dataroom.catalogue import NAME, NotFoundError, Package, PackageFile
from mrv.package import bag
from mrv.package.figures import Figure, read_figures


@dataclass(frozen=True)
class FolderPackage:
    """A package in a folder."""

    folder: Path
    project: str
    period: str
    version: int

    @property
    def name(self) -> str:
        """VP-<project>-<period>-v<version>."""
        return self.folder.name

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What `package.json` says."""
        facts: dict[str, Any] = json.loads(self.read("data/package.json"))
        return facts

    @cached_property
    def figures(self) -> Mapping[str, Figure]:
        """Every figure by its id."""
        return read_figures(self.folder / "data/tables/figures.parquet")

    @cached_property
    def files(self) -> Mapping[str, PackageFile]:
        """Every file by its `file_id`."""
        found = {}
        for path, size in bag.walk(self.folder).files.items():
            file_id = hashlib.sha256(path.encode()).hexdigest()[:16]
            media = mimetypes.guess_type(path)[0] or "application/octet-stream"
            found[file_id] = PackageFile(file_id, path, size, "", "", media)
        return found

    def table(self, name: str) -> pa.Table:
        """Return a mart."""
        path = self.folder / "data/tables" / f"{name}.parquet"
        if not (name.isidentifier() and path.is_file()):
            raise NotFoundError("there is no such table", found=name, where=self.name)
        return pq.read_table(path)

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file."""
        if path not in {file.path for file in self.files.values()}:
            raise NotFoundError("there is no such file", found=path, where=self.name)
        return (self.folder / path).read_bytes()


@dataclass(frozen=True)
class FolderCatalogue:
    """The packages of a folder: `<project>/<period>/VP-<project>-<period>-v<version>`."""

    folder: Path

    def projects(self) -> tuple[str, ...]:
        """Return the projects that have a package, sorted."""
        return tuple(sorted({path.parent.parent.name for path in self.folder.glob("*/*/VP-*") if path.is_dir()}))

    def packages(self, project: str) -> tuple[Package, ...]:
        """Return the packages of a project, newest period and version first."""
        found: list[Package] = [
            FolderPackage(path, match["project"], match["period"], int(match["version"]))
            for path in self.folder.glob(f"{project}/*/VP-*")
            if path.is_dir() and (match := NAME.fullmatch(path.name)) and match["project"] == project
        ]
        return tuple(sorted(found, key=lambda one: (str(one.facts["period"]), one.version), reverse=True))

    def package(self, project: str, period: str, version: int) -> Package:
        """Return one package."""
        for one in self.packages(project):
            if (one.period, one.version) == (period, version):
                return one
        raise NotFoundError("there is no such package", found=f"{project} {period} version {version}")
