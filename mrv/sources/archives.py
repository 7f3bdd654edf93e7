"""Zip archives from outside: looked at as a whole before a byte of them is unpacked, and never unpacked to a disk."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from mrv.errors import InputError

MAX_MEMBERS = 10_000
MAX_RATIO = 100
"""Unpacked bytes for a packed one; tables of text reach about 20."""
RATIO_FROM_BYTES = 1_000_000
"""Members smaller than this are not judged by their ratio: a short table of equal rows packs well and harms nobody."""
_ENCRYPTED = 0x1
_ARCHIVES = (".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz", ".zst")
_REMEDY = "pack the files again as a plain zip: no folders above, links, passwords or archives in it"


def read_members(path: Path, *, label: str, max_bytes: int, wanted: Callable[[str], bool] = bool) -> dict[str, bytes]:
    """Read some files of a zip after judging all of it; what is not wanted, pictures for example, is never unpacked.

    Args:
        path: The archive.
        label: How errors call it.
        max_bytes: Most bytes that all files may have unpacked.
        wanted: Says of a name in the archive whether its bytes are needed; default: every file is.

    Returns:
        File name in the archive to its bytes.

    Raises:
        InputError: It is no zip, is damaged, or holds what no table needs: names that lead out of it, links, names that
            differ only by case or Unicode form, a password, another archive, or far more bytes than it seems.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _judge(members, label, max_bytes)
            chosen = [item for item in members if not item.is_dir() and wanted(item.filename)]
            return {item.filename: _read(archive, item, label) for item in chosen}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise InputError(
            "an archive cannot be read", expected="a zip", found=str(error), where=label, remedy=_REMEDY
        ) from error


def _read(archive: zipfile.ZipFile, item: zipfile.ZipInfo, label: str) -> bytes:
    """Read one member; the header's size is a claim, so no more than that is unpacked."""
    with archive.open(item) as stream:
        content = stream.read(item.file_size + 1)
    if len(content) != item.file_size:
        raise _refusal("a file of an archive has another size than its header says", item.filename, label)
    return content


def _judge(members: list[zipfile.ZipInfo], label: str, max_bytes: int) -> None:
    if len(members) > MAX_MEMBERS:
        raise _refusal(f"an archive holds more than {MAX_MEMBERS} files", str(len(members)), label)
    if (total := sum(item.file_size for item in members)) > max_bytes:
        raise _refusal(f"an archive is larger than is accepted ({max_bytes} bytes unpacked)", f"{total} bytes", label)
    seen: dict[str, str] = {}
    for item in members:
        if problem := _problem(item):
            raise _refusal(f"an archive holds {problem}", ascii(item.filename), label)
        folded = unicodedata.normalize("NFKC", item.filename).casefold()
        if folded in seen:
            raise _refusal("an archive holds two files of one name", ascii(item.filename), label)
        seen[folded] = item.filename


def _problem(item: zipfile.ZipInfo) -> str | None:
    # zipfile cuts a name at NUL; the header's own form is what other programs would see.
    name = item.orig_filename.replace("\\", "/")
    leads_out = name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name or "\x00" in name
    mode = item.external_attr >> 16
    problems = {
        "a name that leads out of it": leads_out,
        "a link": bool(mode) and stat.S_ISLNK(mode),
        "a file with a password": bool(item.flag_bits & _ENCRYPTED),
        "another archive": name.lower().endswith(_ARCHIVES),
        f"a file that unpacks to more than {MAX_RATIO} times its size": item.file_size > RATIO_FROM_BYTES
        and item.file_size > MAX_RATIO * max(item.compress_size, 1),
    }
    return next((words for words, found in problems.items() if found), None)


def _refusal(message: str, found: str, label: str) -> InputError:
    return InputError(message, found=found, where=label, remedy=_REMEDY)
