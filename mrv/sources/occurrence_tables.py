"""Files of species records as tables of text: Darwin Core archives, GBIF downloads, plain CSV; columns by their terms."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mrv.errors import InputError
from mrv.sources.archives import read_members

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # only its type: documents are read by defusedxml

META = "meta.xml"
_NAMESPACE = "{http://rs.tdwg.org/dwc/text/}"
_OCCURRENCE = "http://rs.tdwg.org/dwc/terms/Occurrence"
_REMEDY = "export the records again, or name the right format of the file in project.yaml"
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n"}


@dataclass(frozen=True)
class Layout:
    """How a table of text is written, and which term each column holds.

    Attributes:
        encoding: Its encoding.
        delimiter: What separates cells.
        quote: What encloses cells; None where nothing does, so that a quotation mark is a letter like others.
        header_lines: Lines before the first record.
        columns: Position to term, where the layout says so; empty: the header says.
        defaults: Terms with one value for all records.
    """

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quote: str | None = '"'
    header_lines: int = 1
    columns: Mapping[int, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)


GBIF = Layout(delimiter="\t", quote=None)
"""A simple download of GBIF: tab-separated, nothing quoted."""
PLAIN = Layout()
"""A CSV whose header has the terms, as iNaturalist and most tools write it."""


@dataclass(frozen=True)
class TextRow:
    """One record: its number, its cells by term, and what is wrong with its shape."""

    number: int
    cells: dict[str, str]
    problem: tuple[str, str] | None


def archive_table(path: Path, *, label: str, max_bytes: int) -> tuple[bytes, Layout]:
    """Return the table of occurrences of a Darwin Core archive, and how it is written.

    Raises:
        InputError: It is no such archive, or its core is of something else than occurrences.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    metas = read_members(path, label=label, max_bytes=max_bytes, wanted=lambda name: PurePosixPath(name).name == META)
    if len(metas) != 1:
        raise _refusal("an archive is no Darwin Core archive", f"one {META}", f"{len(metas)} of them", label)
    ((meta, document),) = metas.items()
    try:
        core = fromstring(document).find(f"{_NAMESPACE}core")
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise _refusal(
            f"{META} of a Darwin Core archive cannot be read", "plain XML", type(error).__name__, label
        ) from error
    if core is None or core.get("rowType") != _OCCURRENCE:
        found = "no core" if core is None else str(core.get("rowType"))[:120]
        raise _refusal("the core of a Darwin Core archive holds no occurrences", _OCCURRENCE, found, label)
    location = core.findtext(f"{_NAMESPACE}files/{_NAMESPACE}location", "").strip()
    inside = meta.removesuffix(META) + location
    members = read_members(path, label=label, max_bytes=max_bytes, wanted=lambda name: name == inside)
    if inside not in members:
        raise _refusal("a Darwin Core archive lacks the file of its core", location[:120], "no such file", label)
    return members[inside], _layout(core, label)


def _layout(core: Element, label: str) -> Layout:
    columns, defaults = dict[int, str](), dict[str, str]()
    for item in core.findall(f"{_NAMESPACE}field"):
        term, index, value = _short(item.get("term", "")), item.get("index"), item.get("default")
        if index is not None and index.isdigit():
            columns[int(index)] = term
        elif value is not None:
            defaults[term] = value
    identity = core.find(f"{_NAMESPACE}id")
    if identity is not None and "occurrenceID" not in columns.values():
        columns.setdefault(int(identity.get("index", "0")), "occurrenceID")
    delimiter = _unescaped(core.get("fieldsTerminatedBy", ","))
    quote, lines = core.get("fieldsEnclosedBy", '"'), core.get("ignoreHeaderLines", "0")
    if len(delimiter) != 1 or len(quote) > 1 or not lines.isdigit() or not columns:
        raise _refusal(
            f"{META} of a Darwin Core archive cannot be used",
            "cells separated by one character, enclosed by one or none, and the index of each field",
            "another layout",
            label,
        )
    encoding = core.get("encoding", "utf-8")
    return Layout(
        encoding="utf-8-sig" if encoding.lower() in {"utf-8", "utf8"} else encoding,
        delimiter=delimiter,
        quote=quote or None,
        header_lines=int(lines),
        columns=columns,
        defaults=defaults,
    )


def _unescaped(text: str) -> str:
    return _ESCAPES.get(text, text)


def _short(term: str) -> str:
    return term.rstrip("/").rpartition("/")[2]


def read_rows(content: bytes, layout: Layout, *, label: str, required: Sequence[str]) -> Iterator[TextRow]:
    """Yield the records of a table; one of another width is yielded with its problem.

    Raises:
        InputError: It cannot be decoded, a needed column is missing or stands twice, or a line breaks the rules of CSV.
    """
    lines = _reader(content, layout, label)
    header: list[str] = []
    for _ in range(layout.header_lines):
        header = next(lines, [])
    names = dict(layout.columns) or {index: name.strip() for index, name in enumerate(header)}
    listed = [*names.values(), *layout.defaults]
    twice = sorted({name for name in listed if name and listed.count(name) > 1})
    missing = [name for name in required if name not in listed]
    if twice or missing:
        raise _refusal(
            "a table of species records lacks columns" if missing else "columns of species records stand twice",
            ", ".join(required),
            f"without {', '.join(missing)}" if missing else ", ".join(twice)[:200],
            label,
        )
    width = len(header) if header else 1 + max(names)
    yield from _rows(lines, names, layout, width)


def _rows(lines: Iterator[list[str]], names: Mapping[int, str], layout: Layout, width: int) -> Iterator[TextRow]:
    number = 0
    for cells in lines:
        if not cells:
            continue
        number += 1
        problem = None
        if len(cells) != width:
            problem = ("ragged_row", f"the row has {len(cells)} cells and the header {width}")
        elif any("\x00" in cell for cell in cells):
            problem = ("nul_character", "the row holds NUL characters")
        own = {name: cells[index] for index, name in names.items() if index < len(cells)}
        yield TextRow(number, {**layout.defaults, **own}, problem)


def _reader(content: bytes, layout: Layout, label: str) -> Iterator[list[str]]:
    try:
        text = content.decode(layout.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise _refusal(
            "a table of species records is not in its encoding", layout.encoding, type(error).__name__, label
        ) from error
    stream = io.StringIO(text, newline="")
    plain = csv.reader(stream, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)
    reader = (
        csv.reader(stream, delimiter=layout.delimiter, quotechar=layout.quote, strict=True) if layout.quote else plain
    )
    try:
        yield from reader
    except csv.Error as error:
        raise _refusal(
            "a table of species records cannot be read", "a CSV", f"line {reader.line_num}: {error}", label
        ) from error


def _refusal(message: str, expected: str, found: str, label: str) -> InputError:
    return InputError(message, expected=expected, found=found, where=label, remedy=_REMEDY)
