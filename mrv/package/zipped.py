"""A package as one file: the same folder gives the same bytes, and nothing of a stranger's archive lands outside its place."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from mrv.errors import PackageError
from mrv.files import CHUNK, replacing, storage_errors
from mrv.package import bag

SUFFIX = ".zip"
MAX_RATIO = 100
"""Most bytes that a byte of an archive may unfold to."""
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = (stat.S_IFREG | 0o644) << 16


def write_zip(folder: Path, target: Path, *, name: str) -> None:
    """Write a package's folder to `target`: every file below `name/`, stored, in the order of the names.

    Raises:
        StoreError: The disk refuses the write.
    """
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
        for file, size in bag.walk(folder).files.items():
            entry = zipfile.ZipInfo(f"{name}/{file}", _DATE)
            entry.create_system, entry.external_attr, entry.file_size = 3, _MODE, size
            with (folder / file).open("rb") as source, archive.open(entry, "w") as stream:
                while piece := source.read(CHUNK):
                    stream.write(piece)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Give the folder of a package: the path itself, or that of its archive, unpacked for the time of the block.

    Raises:
        PackageError: The archive holds what a package's archive never does; nothing of it is unpacked then.
    """
    if not (path.is_file() and path.name.endswith(SUFFIX)):
        yield path
        return
    with TemporaryDirectory(prefix="mrv-package-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                root = _checked(archive, path)
                _unpack(archive, Path(folder), path)
        except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
            raise _refused(path, str(error)) from error
        yield Path(folder) / root


def _checked(archive: zipfile.ZipFile, path: Path) -> str:
    """Return the one folder that an archive holds; refuse links, folders as entries, unsafe names and what unfolds."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if not entries or len(entries) > bag.MAX_FILES or len({*names}) != len(names):
        raise _refused(path, f"{len(entries)} entries, {len(names) - len({*names})} of them with a name that is taken")
    if sum(entry.file_size for entry in entries) > MAX_RATIO * path.stat().st_size:
        raise _refused(path, f"it unfolds to more than {MAX_RATIO} times its size")
    for entry in entries:
        if reason := _strange(entry):
            raise _refused(path, f"{entry.filename!r}: {reason}")
    for one, other in bag.collisions(names):
        raise _refused(path, f"{one} and {other} are one name to some systems")
    roots = {PurePosixPath(name).parts[0] for name in names}
    if len(roots) != 1 or any("/" not in name for name in names):
        raise _refused(path, f"{len(roots)} folders or files at its top")
    return roots.pop()


def _strange(entry: zipfile.ZipInfo) -> str | None:
    if reason := bag.unsafe(entry.filename):
        return reason
    if entry.orig_filename != entry.filename:
        return "its name holds a NUL"
    if entry.create_system == 3 and entry.external_attr >> 16 and not stat.S_ISREG(entry.external_attr >> 16):
        return "it is a link, a folder or a device"
    # Our archives store; one that was packed anew may deflate.
    if entry.flag_bits & 0x1 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "it is encrypted or packed in an unusual way"
    return None


def _unpack(archive: zipfile.ZipFile, folder: Path, path: Path) -> None:
    for entry in archive.infolist():
        target, left = folder / entry.filename, entry.file_size
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as stream, target.open("xb") as file:
                while piece := stream.read(CHUNK):
                    left -= len(piece)
                    if left < 0:
                        raise _refused(path, f"{entry.filename} holds more than it says")
                    file.write(piece)


def _refused(path: Path, found: str) -> PackageError:
    return PackageError(
        "the archive cannot be taken for a package's",
        expected="one folder of plain files with safe names",
        found=found,
        where=str(path),
        remedy="ask the publisher for it again, or give the folder of the package",
    )
