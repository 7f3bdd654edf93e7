"""The catalogue over a folder of packages, as `mrv run` leaves it in the home."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mrv.dataroom.catalogue import NAME, NotFoundError, PackageFile
from mrv.errors import PackageError
from mrv.files import CHUNK, hash_file
from mrv.package import bag
from mrv.package.zipped import SUFFIX


class FolderPlace:
    """A package in a folder, with its archive beside it.

    Args:
        folder: The package's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checked: dict[str, tuple[int, int]] = {}

    @property
    def name(self) -> str:
        """VP-<project>-<period>-v<version>."""
        return self._folder.name

    @property
    def _archive(self) -> str:
        return f"{self.name}{SUFFIX}"

    def sizes(self) -> Mapping[str, int]:
        """List the files with their sizes."""
        walk = bag.walk(self._folder)
        if walk.intruders:
            raise PackageError(
                "something lies in a package that has no business there",
                found=walk.intruders[0],
                where=self.name,
                remedy="restore the package from a copy",
            )
        archive = self._folder.with_name(self._archive)
        beside = {self._archive: archive.stat().st_size} if archive.is_file() and not archive.is_symlink() else {}
        return {**walk.files, **beside}

    def glance(self) -> str:
        """Return text that differs when a time stamp was added since, or the archive made anew."""
        archive = self._folder.with_name(self._archive)
        watched = (self._folder, self._folder / "attestations", archive)
        stats = (path.stat() if path.exists() else None for path in watched)
        return repr([(stat.st_mtime_ns, stat.st_size, stat.st_ino) if stat else None for stat in stats])

    def stamp(self) -> str:
        """Return text that differs when a file was put in place of another since."""
        digest = hashlib.sha256()
        for path in sorted(self.sizes()):
            stat = self._path(path).stat()
            digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ino}\n".encode())
        return digest.hexdigest()

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        try:
            # A link that was put in place after the walk is not followed.
            handle = os.open(self._path(path), os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError as error:
            raise _gone(self.name, path) from error
        with os.fdopen(handle, "rb") as stream:
            while piece := stream.read(CHUNK):
                yield piece

    def local(self, path: str, sha256: str) -> Path:
        """Return a file, its bytes checked once."""
        found = self._path(path)
        try:
            stat = found.stat()
            seen = stat.st_size, stat.st_mtime_ns
            if self._checked.get(path) == seen:
                return found
            digest = hash_file(found)
        except FileNotFoundError as error:
            raise _gone(self.name, path) from error
        if digest != sha256:
            raise PackageError(
                "a file is not what the manifest says",
                expected=sha256,
                found=digest,
                where=f"{self.name}, {path}",
                remedy="restore the package from a copy",
            )
        self._checked[path] = seen
        return found

    def served(self, file: PackageFile, _disposition: str) -> Path:
        """Return the path of a file that is still there with its size."""
        found = self._path(file.path)
        try:
            size = found.lstat().st_size
        except FileNotFoundError as error:
            raise _gone(self.name, file.path) from error
        if size != file.bytes or found.is_symlink():
            raise PackageError(
                "a file of a package was changed after it was published",
                expected=f"{file.bytes} bytes",
                found=f"{size} bytes",
                where=f"{self.name}, {file.path}",
                remedy="restore the package from a copy",
            )
        return found

    @contextmanager
    def whole(self) -> Iterator[Path]:
        """Give the folder."""
        yield self._folder

    def _path(self, path: str) -> Path:
        return self._folder.with_name(path) if path == self._archive else self._folder / path


class FolderPlaces:
    """The packages of a folder: `<project>/<period>/VP-<project>-<period>-v<version>`."""

    look_again_s = 2.0

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[str]:
        """Yield the names of what looks like a package."""
        for path in self._folder.glob("*/*/VP-*"):
            match = NAME.fullmatch(path.name)
            if match and (match["project"], match["period"]) == path.parts[-3:-1] and path.is_dir():
                yield path.name

    def place(self, name: str) -> FolderPlace:
        """Return where one lies."""
        match = NAME.fullmatch(name)
        assert match is not None  # noqa: S101 - `names` yields none else
        return FolderPlace(self._folder / match["project"] / match["period"] / name)


def _gone(name: str, path: str) -> NotFoundError:
    return NotFoundError(
        "a file of a package is no longer there", found=path, where=name, remedy="restore the package from a copy"
    )
