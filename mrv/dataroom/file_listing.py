"""The files of a package by folder, and how to check them: what the page of files and its JSON show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mrv.dataroom.catalogue import Package, PackageFile
from mrv.dataroom.downloads import can_be_viewed
from mrv.package.zipped import SUFFIX

KNOWN = frozenset(
    {"attestations", "calc", "changes", "code", "findings", "inputs", "landed", "project", "provenance", "quality",
     "rasters", "report", "stac", "tables", "trace", "vectors", "workbook"}
)  # fmt: skip
"""Folders that a phrase says something about."""
OPEN_UP_TO = 40
"""Folders with more files than this are listed when they are asked for, so that the page stays light."""
MOST = 1000
"""Most files on one page."""


@dataclass(frozen=True)
class Folder:
    """The files of one part of a package; `key` is empty for those that describe the package itself."""

    key: str
    path: str
    files: tuple[PackageFile, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all of them."""
        return sum(file.bytes for file in self.files)


def folders(files: Iterable[PackageFile]) -> list[Folder]:
    """Return files by the part of the package that they are in, those that describe the package first."""
    found: dict[str, list[PackageFile]] = {}
    for file in files:
        found.setdefault(_folder(file.path), []).append(file)
    return [
        Folder(path.rstrip("/").rpartition("/")[2], path, tuple(found[path]))
        for path in sorted(found, key=lambda path: (path != "", path))
    ]


def _folder(path: str) -> str:
    parts = path.split("/")
    depth = 2 if parts[0] == "data" else 1
    return "/".join(parts[:depth]) + "/" if len(parts) > depth else ""


def archive(package: Package) -> PackageFile | None:
    """Return the archive of a package; null where there is none beside it."""
    return next((file for file in package.files.values() if file.path == f"{package.name}{SUFFIX}"), None)


def matching(package: Package, wanted: str) -> list[PackageFile]:
    """Return the files whose path or hash contains a text; all of them for none. The archive is told apart."""
    text = wanted.strip().casefold()
    one = archive(package)
    files = (file for file in package.files.values() if file is not one)
    return [file for file in files if text in file.path.casefold() or (text and text in (file.sha256, file.sha512))]


def inside(package: Package, folder: str) -> list[PackageFile]:
    """Return the files of one folder of `folders`."""
    return [file for file in matching(package, "") if _folder(file.path) == folder]


def signing_day(package: Package) -> str:
    """Return the day for `-Overify-time` of ssh-keygen, after which a key may have been replaced."""
    return str(package.facts["created_at"])[:10].replace("-", "")


def record(file: PackageFile, root: str) -> Mapping[str, Any]:
    """Return a file as the API tells it.

    Args:
        file: The file.
        root: Address of the package, below which its files are.
    """
    view = {"view": f"{root}/files/{file.file_id}/view"} if can_be_viewed(file) else {}
    return {
        "file_id": file.file_id,
        "path": file.path,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "sha512": file.sha512,
        "media_type": file.media_type,
        "download": f"{root}/files/{file.file_id}",
        **view,
    }
