"""What the codes of a class raster mean by its raster attribute table, which lies in a file beside it."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from mrv.errors import InputError

MAX_TABLE_BYTES = 16 * 2**20
_VALUE_USAGE, _NAME_USAGE = "5", "2"
"""GDAL's numbers of the uses of a column: GFU_MinMax, the value of a row, and GFU_Name, its class."""
_VALUE_NAMES = ("value", "valor")
_NAME_NAMES = ("class_name", "classname", "class_names", "class", "clase", "name", "nombre", "category", "categoria",
               "leyenda", "legend", "label", "descripcion", "description")  # fmt: skip
_DECLARE = "declare the classes of the layer in a product of the project's own, with the document that gives them"


def attribute_table(path: Path) -> dict[int, str]:
    """Read a raster attribute table.

    Args:
        path: The table: a GDAL `.aux.xml`, or an ESRI `.vat.dbf`.

    Returns:
        Code to name, ordered by code; codes without a name are left out.

    Raises:
        InputError: It is neither, has no column of values or of names, or names a code twice.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_TABLE_BYTES else b""
    except OSError as error:
        raise _refused(path, "a file that can be read", str(error)) from error
    if size > MAX_TABLE_BYTES:
        raise _refused(path, f"at most {MAX_TABLE_BYTES} bytes", f"{size} bytes")
    columns, rows = _of_xml(path, content) if content.lstrip()[:1] == b"<" else _of_dbf(path, content)
    value, name = _column(columns, _VALUE_NAMES, _VALUE_USAGE), _column(columns, _NAME_NAMES, _NAME_USAGE)
    if value is None or name is None:
        raise _refused(path, "a column of values and one of class names", ", ".join(names for names, _ in columns))
    table: dict[int, str] = {}
    for row in rows:
        code, text = _code(path, row[value]), row[name].strip()
        if table.get(code, text) != text:
            raise _refused(path, "each code once", f"{code}: {table[code]} and {text}")
        if text:
            table[code] = text
    if not table:
        raise _refused(path, "a row for each class", "no row")
    return dict(sorted(table.items()))


def _refused(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        "a raster attribute table does not say what the codes mean",
        expected=expected,
        found=found,
        where=str(path),
        remedy=_DECLARE,
    )


def _code(path: Path, text: str) -> int:
    try:
        value = float(text)
        if value != int(value):
            raise ValueError(text)
    except (ValueError, OverflowError) as error:
        raise _refused(path, "whole numbers as codes", repr(text)) from error
    return int(value)


def _column(columns: Sequence[tuple[str, str]], names: Sequence[str], usage: str) -> int | None:
    """Find a column by its use, else by the first of some usual names."""
    for place, (_, own) in enumerate(columns):
        if own == usage:
            return place
    lower = [name.lower() for name, _ in columns]
    return next((lower.index(name) for name in names if name in lower), None)


Table = tuple[list[tuple[str, str]], list[list[str]]]
"""Columns by name and use, and the rows as texts."""


def _of_xml(path: Path, content: bytes) -> Table:
    # Entities are never declared in these files, and could be made to fill the memory.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _refused(path, "XML without entities", "a document type")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - without entities
    except ElementTree.ParseError as error:
        raise _refused(path, "XML", str(error)) from error
    tables = list(root.iter("GDALRasterAttributeTable"))
    if len(tables) != 1:
        raise _refused(path, "one GDALRasterAttributeTable", str(len(tables)))
    columns = [(field.findtext("Name", ""), field.findtext("Usage", "")) for field in tables[0].findall("FieldDefn")]
    rows = [[cell.text or "" for cell in row.findall("F")] for row in tables[0].findall("Row")]
    if any(len(row) != len(columns) for row in rows):
        raise _refused(path, f"{len(columns)} cells in each row", "another number")
    return columns, rows


def _of_dbf(path: Path, content: bytes) -> Table:
    """Read a dBASE III table: a header of 32 bytes, 32 for each column, and rows of fixed width."""
    try:
        count, header, width = struct.unpack_from("<IHH", content, 4)
        fields = list(_dbf_fields(content, header))
    except struct.error as error:
        raise _refused(path, "a dBASE table or an .aux.xml", f"{len(content)} bytes") from error
    if not fields or sum(size for _, size in fields) + 1 != width or header + count * width > len(content):
        raise _refused(path, "a dBASE table or an .aux.xml", "another file, or one cut short")
    rows = []
    for number in range(count):
        place = header + number * width
        if content[place : place + 1] == b"*":
            continue
        place += 1
        row = []
        for _, size in fields:
            row.append(_text(content[place : place + size]))
            place += size
        rows.append(row)
    return [(name, "") for name, _ in fields], rows


def _dbf_fields(content: bytes, header: int) -> Iterator[tuple[str, int]]:
    place = 32
    while place < header and content[place : place + 1] != b"\r":
        name, size = struct.unpack_from("11s5xB", content, place)
        yield name.split(b"\0")[0].decode("ascii", errors="replace"), size
        place += 32


def _text(cell: bytes) -> str:
    try:
        return cell.decode("utf-8").strip("\0 ")
    except UnicodeDecodeError:
        return cell.decode("latin-1").strip("\0 ")
