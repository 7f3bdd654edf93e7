"""The BagIt layer (RFC 8493): names that are safe everywhere, manifests, tag files, and the walk over a package's files."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mrv.errors import PackageError

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST_256 = "manifest-sha256.txt"
MANIFEST_512 = "manifest-sha512.txt"
TAG_MANIFEST = "tagmanifest-sha512.txt"
SIGNATURE = "tagmanifest-sha512.txt.sig"
PROVENANCE = "attestations/provenance.dsse.json"
CHECKS = "attestations/checks.dsse.json"
HEADLINE = "attestations/figures.dsse.json"
STAMP = "attestations/tagmanifest.tsr"
"""Time stamp of the tag manifest; may be missing, and may be added later, so no manifest lists it."""
TAG_FILES = (CHECKS, HEADLINE, PROVENANCE, BAG_INFO, BAGIT, MANIFEST_256, MANIFEST_512)
"""Tag files that the tag manifest lists, in its order."""
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

MAX_FILES = 100_000
MAX_MANIFEST_BYTES = 64 * 2**20
_DIGEST_LENGTH = {"sha256": 64, "sha512": 128}
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\\%:*?"<>|]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


@dataclass(frozen=True)
class Entry:
    """One file of a package."""

    bytes: int
    sha256: str
    sha512: str


def unsafe(name: str) -> str | None:
    """Return why a relative path may not stand in a package, or None. The rules are those of the strictest system."""
    if any("\ud800" <= char <= "\udfff" for char in name):
        return "it is not UTF-8"
    if not name or name.startswith("/") or len(name.encode()) > 1000:
        return "it is empty, absolute or too long"
    if unicodedata.normalize("NFC", name) != name:
        return "it is not in Unicode normal form C"
    if found := _FORBIDDEN.search(name):
        return f"it contains {found.group()!r}"
    for part in name.split("/"):
        if part in {"", ".", ".."}:
            return "it contains an empty part, '.' or '..'"
        if part[0] == " " or part[-1] in " ." or len(part.encode()) > 255 or _RESERVED.match(part):
            return f"some systems cannot store the part {part!r}"
    return None


def collision_key(name: str) -> str:
    """Return what two names share when a system that ignores case or Unicode form would take them for one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def collisions(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of names, or folders of names, that such a system would take for one."""
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            other = seen.setdefault(collision_key(path), path)
            if other != path:
                yield other, path


def write_manifest(entries: Mapping[str, str]) -> bytes:
    """Return a manifest of path to digest, in the order of the paths, as sha256sum and sha512sum read it."""
    return "".join(f"{entries[name]}  {name}\n" for name in sorted(entries)).encode()


def parse_manifest(content: bytes, *, file: str) -> dict[str, str]:
    """Read a manifest, strictly.

    Raises:
        PackageError: A line is malformed, a name unsafe, doubled or colliding.
    """
    length = _DIGEST_LENGTH[file.rsplit("-", 1)[1].removesuffix(".txt")]
    entries: dict[str, str] = {}
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise _broken(file, 1, "it is not UTF-8") from error
    if not text.endswith("\n"):
        raise _broken(file, text.count("\n") + 1, "the last line does not end")
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        digest, separator, name = line[:length], line[length : length + 2], line[length + 2 :]
        if separator != "  " or not re.fullmatch(r"[0-9a-f]+", digest) or len(digest) != length:
            raise _broken(file, number, "it is not a digest, two spaces and a path")
        if reason := unsafe(name):
            raise _broken(file, number, f"the path {name!r} is not safe: {reason}")
        if name in entries:
            raise _broken(file, number, f"{name} is listed twice")
        entries[name] = digest
    for one, other in collisions(entries):
        raise _broken(file, list(entries).index(other) + 1 if other in entries else 1, f"{one} and {other} collide")
    return entries


def _broken(file: str, line: int, found: str) -> PackageError:
    return PackageError(
        f"{file} cannot be trusted",
        found=found,
        where=f"{file}, line {line}",
        remedy="fetch the package again from its publisher",
    )


def bag_info(fields: Mapping[str, str]) -> bytes:
    """Return the content of bag-info.txt; line breaks in values become spaces."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in fields.items()).encode()


def parse_bag_info(content: bytes) -> dict[str, str]:
    """Read bag-info.txt as this project writes it: one line a field.

    Raises:
        PackageError: It is not UTF-8, or a line has no label.
    """
    fields = {}
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise _broken(BAG_INFO, 1, "it is not UTF-8") from error
    for number, line in enumerate(lines, start=1):
        label, colon, value = line.partition(": ")
        if not colon or label in fields:
            raise _broken(BAG_INFO, number, f"{line!r} is not a new 'label: value'")
        fields[label] = value
    return fields


@dataclass(frozen=True)
class Walk:
    """What lies in a package's folder: regular files with their sizes, and everything that has no business there."""

    files: Mapping[str, int]
    intruders: tuple[str, ...]


def walk(root: Path) -> Walk:
    """List a package without following or opening anything: links, devices and empty folders are intruders."""
    files: dict[str, int] = {}
    intruders: list[str] = []
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as listing:
            items = list(listing)
        if folder and not items:
            intruders.append(f"{folder}/ (an empty folder)")
        for item in items:
            name = f"{folder}/{item.name}" if folder else item.name
            if item.is_symlink():
                intruders.append(f"{name} (a link)")
            elif item.is_dir(follow_symlinks=False):
                pending.append(name)
            elif item.is_file(follow_symlinks=False):
                files[name] = item.stat(follow_symlinks=False).st_size
            else:
                intruders.append(f"{name} (not a file)")
        if len(files) + len(intruders) > MAX_FILES:
            raise PackageError(
                "a package has too many files",
                expected=f"at most {MAX_FILES}",
                where=str(root),
                remedy="make sure that this folder is a package",
            )
    return Walk(dict(sorted(files.items())), tuple(sorted(intruders)))
