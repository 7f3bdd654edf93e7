"""Zip archives that are more than tables: each attack is refused before a byte of it is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mrv.errors import InputError
from mrv.sources.archives import read_members

LIMIT = 5_000_000


def write(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], packed: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted(path: Path) -> Path:
    """Set the flag of a password in both headers; no tool is needed for that."""
    content = bytearray(write(path, ("a.csv", b"a,b\n")).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark) + offset
        content[at : at + 2] = struct.pack("<H", 1)
    path.write_bytes(content)
    return path


def inner() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x", b"x")
    return stream.getvalue()


HOSTILE: dict[str, tuple[Any, str]] = {
    "a name above": (lambda path: write(path, ("../a.csv", b"a")), "leads out"),
    "an absolute name": (lambda path: write(path, ("/etc/a.csv", b"a")), "leads out"),
    "a drive": (lambda path: write(path, ("C:\\a.csv", b"a")), "leads out"),
    "a link": (lambda path: write(path, (link("a.csv"), b"/etc/passwd")), "a link"),
    "names that differ by case": (lambda path: write(path, ("a.csv", b"a"), ("A.CSV", b"b")), "two files of one name"),
    "names that differ by their Unicode form": (
        lambda path: write(path, ("caf\u00e9.csv", b"a"), ("cafe\u0301.csv", b"b")),
        "two files of one name",
    ),
    "an archive in it": (lambda path: write(path, ("a.zip", inner())), "another archive"),
    "a bomb": (lambda path: write(path, ("a.csv", b"0" * 2_000_000)), "100 times"),
    "more than is accepted": (
        lambda path: write(path, ("a.csv", b"0" * (LIMIT + 1)), packed=zipfile.ZIP_STORED),
        "larger than is accepted",
    ),
    "too many files": (lambda path: write(path, *((f"{n}.csv", b"") for n in range(10_001))), "more than 10000"),
    "a password": (encrypted, "password"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused(name: str, tmp_path: Path) -> None:
    make, words = HOSTILE[name]
    with pytest.raises(InputError, match=words) as caught:
        read_members(make(tmp_path / "a.zip"), label="a.zip", max_bytes=LIMIT, wanted=bool)
    assert caught.value.where == "a.zip"
    assert caught.value.remedy


def test_no_zip_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    other, damaged = tmp_path / "a.zip", write(tmp_path / "b.zip", ("a.csv", b"abcdefgh" * 100))
    other.write_bytes(b"a,b\n")
    content = bytearray(damaged.read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"
    damaged.write_bytes(content)
    for path in (other, damaged):
        with pytest.raises(InputError, match="cannot be read"):
            read_members(path, label="x", max_bytes=LIMIT, wanted=bool)


def test_a_header_that_lies_about_a_size_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", ("a.csv", b"abcdefgh" * 100), packed=zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 8)
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_members(path, label="x", max_bytes=LIMIT, wanted=bool)


def test_wanted_files_of_a_sound_archive_come_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", ("folder/", b""), ("folder/a.csv", b"a,b\n"), ("b.csv", b"0" * 900_000))
    assert read_members(path, label="x", max_bytes=LIMIT, wanted=bool)["folder/a.csv"] == b"a,b\n"
    assert list(read_members(path, label="x", max_bytes=LIMIT, wanted="b.csv none".__contains__)) == ["b.csv"]
