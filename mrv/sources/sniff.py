"""Whether the first bytes of an answer are what was asked for: a page of HTML with status 200 is not a raster."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["tiff", "csv", "titled_csv", "xlsx", "json", "rat", "zip", "parquet", "any"]

MEDIA_TYPES: dict[Kind, str] = {
    "tiff": "image/tiff",
    "csv": "text/csv",
    "titled_csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "rat": "application/octet-stream",
    "zip": "application/zip",
    "parquet": "application/vnd.apache.parquet",
    "any": "application/octet-stream",
}
HEAD_BYTES = 2048

_STARTS: dict[Kind, tuple[bytes, ...]] = {
    "tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    "xlsx": (b"PK\x03\x04",),
    "rat": (b"<PAMDataset", b"\x03"),
    "zip": (b"PK\x03\x04",),
    "parquet": (b"PAR1",),
}
_HTML = (b"<!doctype html", b"<html")
_PACKED = {
    b"\x1f\x8b": "data packed by gzip",
    b"PK\x03\x04": "a ZIP archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel file (.xls), or one with a password",
}
_S3_CODE = re.compile(rb"<Error>\s*<Code>([A-Za-z0-9.]{1,64})</Code>")
_EXPECTED: dict[Kind, str] = {
    "tiff": "a GeoTIFF (first bytes II*, MM*, II+ or MM+)",
    "csv": "a CSV whose first line has several columns",
    "titled_csv": "a CSV with several columns below its title",
    "xlsx": "an Excel workbook (.xlsx) without a password",
    "json": "a JSON object or list",
    "rat": "a raster attribute table (.aux.xml of GDAL, or .vat.dbf of dBASE III)",
    "zip": "a ZIP archive",
    "parquet": "a Parquet file (first bytes PAR1)",
    "any": "a picture or another file, no page of HTML",
}


def expected(kind: Kind) -> str:
    """Say in words what the first bytes of this kind are."""
    return _EXPECTED[kind]


def is_kind(kind: Kind, head: bytes) -> bool:
    """Tell whether a file that begins with `head` can be of this kind."""
    if kind in _STARTS:
        return head.startswith(_STARTS[kind])
    if kind == "any":
        return bool(head) and not _is_html(head)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if kind == "json":
        return text.startswith((b"{", b"["))
    if text.startswith((b"<", b"{")):
        return False
    judged = text if kind == "titled_csv" else text.split(b"\n", 1)[0]
    return any(mark in judged for mark in (b",", b";", b"\t"))


def _is_html(head: bytes) -> bool:
    return head.lstrip()[:14].lower().startswith(_HTML)


def first_line(head: bytes, *, limit: int = 120) -> str:
    """Return the first line with something in it as printable text, for an error message; packed data by its name."""
    packed = next((name for start, name in _PACKED.items() if head.startswith(start)), None)
    if packed:
        return packed
    text = head.decode("utf-8", errors="replace")
    line = next((line.strip() for line in text.splitlines() if line.strip()), "(nothing)")
    return "".join(char if char.isprintable() else "�" for char in line)[:limit]


def kind_of(head: bytes) -> str:
    """Return what a file of a folder seems to be, for an error message, without what stands in it."""
    packed = next((name for start, name in _PACKED.items() if head.startswith(start)), None)
    if packed or not head:
        return packed or "(nothing)"
    if _is_html(head):
        return "a page of HTML"
    return "text" if b"\0" not in head and head.isascii() else "other bytes"


def answer_words(body: bytes) -> str:
    """Return what an answer says of its refusal: of object storage its code alone, since the rest may repeat key and signature."""
    code = _S3_CODE.search(body)
    return code[1].decode("ascii") if code else first_line(body)
