"""What an Excel workbook holds besides values: judged before a cell of it is read.

A workbook is a zip of XML. Macros, links to other files and connections are refused with the whole file; formulas are told
from values cell by cell, since a library that reads values shows neither the formula nor that there was an error.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from posixpath import basename, join, normpath
from typing import Any
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from mrv.errors import InputError
from mrv.sources.archives import read_members
from mrv.sources.days import EXCEL_1900, EXCEL_1904

MAX_BYTES = 1 << 29
"""Most bytes that a workbook may have unpacked."""
MAX_CELLS = 20_000_000
"""Most cells of the rectangle that holds all values of a sheet: it is held in memory."""
MAX_CELL_CHARACTERS = 32_767
"""Most characters of a cell: Excel's own limit."""
MAX_CHARACTERS = 1 << 27
"""Most characters of all cells of a sheet: a text that stands once in the file is held in memory for each cell that has it."""
_SHARED_TEXTS = "xl/sharedstrings.xml"
_REFUSED = {
    "macros": re.compile(r"(^|/)vbaProject\w*\.bin$|(^|/)(macro|dialog)sheets/", re.I),
    "links to other files": re.compile(r"(^|/)externalLinks/", re.I),
    "connections to data elsewhere": re.compile(r"(^|/)(connections\.xml|queryTables/)", re.I),
    "controls or embedded files": re.compile(r"(^|/)(activeX|embeddings|ctrlProps)/", re.I),
}
_REACHES_OUT = re.compile(
    r"\b(HYPERLINK|WEBSERVICE|FILTERXML|IMPORT[A-Z]+|RTD|DDE[A-Z]*|CALL|REGISTER(\.ID)?|EXEC|IMAGE|SQL\.REQUEST|CUBE[A-Z]+"
    r"|STOCKHISTORY)\s*\(|\||\[[^\]]+\][^!]*!|://",
    re.I,
)
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NAMESPACE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


@dataclass
class SheetFacts:
    """What the XML of a sheet says of its cells; rows and columns count from 0.

    Attributes:
        formulas: Cell to its formula, without the equals sign.
        uncalculated: Cells with a formula and no value.
        errors: Cell to its error, such as #DIV/0!.
        merges: Merged cells as first row, first column, last row, last column.
        last_row: Last row that holds anything.
        last_column: Last column that holds anything.
    """

    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0

    def reaches_out(self, cell: tuple[int, int]) -> bool:
        """Tell whether the formula of a cell asks something outside of the workbook."""
        return bool(_REACHES_OUT.search(self.formulas[cell]))


@dataclass(frozen=True)
class Workbook:
    """A workbook that was judged.

    Attributes:
        label: How errors call it.
        sheets: Name of each visible sheet to the part of the file that it lies in.
        excel_epoch: Day 0 of its serial days.
        recalculates: Whether the program that wrote it left the formulas for Excel to calculate.
        parts: The parts that hold visible sheets.
        text_lengths: Characters of each text that cells share, by its number.
    """

    label: str
    sheets: Mapping[str, str]
    excel_epoch: date
    recalculates: bool
    parts: Mapping[str, bytes]
    text_lengths: Sequence[int] = ()

    def choose(self, wanted: str | None) -> str:
        """Return the name of the sheet that is wanted, or of the only one.

        Raises:
            InputError: There is none of that name, or several and none is named.
        """
        if wanted is None:
            found = list(self.sheets)
        else:
            found = [name for name in self.sheets if name == wanted] or [
                name for name in self.sheets if name.strip() == wanted.strip()
            ]
        if len(found) == 1:
            return found[0]
        raise InputError(
            "a workbook has several sheets" if wanted is None else f"a workbook has no sheet {wanted!r}",
            expected="the name of one sheet",
            found=", ".join(repr(name) for name in self.sheets) or "no sheet that is shown",
            where=self.label,
            remedy="name the sheet in project.yaml (sheet: ...)",
        )

    def facts(self, sheet: str) -> SheetFacts:
        """Read what the XML of a sheet says of its cells.

        Raises:
            InputError: The XML is damaged or hostile, a text is longer than Excel allows, or the values are so many, so long
                or spread so wide that they fill the memory.
        """
        handler = _SheetHandler(self.text_lengths)
        _parse(self.parts[self.sheets[sheet]], handler, "a sheet of a workbook cannot be read", self.label)
        facts = handler.facts
        if handler.characters_held > MAX_CHARACTERS:
            raise _refusal(
                f"the texts of a sheet have more than {MAX_CHARACTERS:,} characters",
                f"{handler.characters_held:,} characters",
                self.label,
            )
        if (facts.last_row + 1) * (facts.last_column + 1) > MAX_CELLS:
            raise _refusal(
                f"the values of a sheet fill more than {MAX_CELLS:,} cells",
                f"{facts.last_row + 1} rows by {facts.last_column + 1} columns",
                self.label,
                remedy="remove what stands far from the table, or save the sheet as CSV",
            )
        return facts


def open_workbook(path: Path, *, label: str) -> Workbook:
    """Judge a workbook as a whole and read its list of sheets.

    Args:
        path: The file, of any name.
        label: How errors call it.

    Raises:
        InputError: It is no workbook of the form .xlsx, is damaged, unpacks to far more than it seems, or holds macros, links
            to other files, connections or embedded files.
    """
    parts = read_members(path, label=label, max_bytes=MAX_BYTES)
    for what, pattern in _REFUSED.items():
        if found := sorted(name for name in parts if pattern.search(name)):
            raise _refusal(f"a workbook holds {what}", ascii(basename(found[0]) or found[0]), label)
    if b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        raise _refusal("a workbook holds macros", "a macro-enabled workbook", label)
    if "xl/workbook.xml" not in parts:
        raise _refusal("a file is no Excel workbook of the form .xlsx", "a ZIP archive without xl/workbook.xml", label)
    book = _tree(parts["xl/workbook.xml"], label)
    targets = {
        item.get("Id"): normpath(join("/xl", item.get("Target", ""))).lstrip("/")
        for item in _tree(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"), label)
    }
    sheets = {
        str(item.get("name")): targets.get(item.get(f"{_NAMESPACE}id"), "")
        for item in book.iter()
        if _local(item.tag) == "sheet" and item.get("state", "visible") == "visible"
    }
    properties = {_local(item.tag): item.attrib for item in book.iter()}
    sheets = {name: part for name, part in sheets.items() if part in parts}
    return Workbook(
        label=label,
        sheets=sheets,
        excel_epoch=EXCEL_1904 if _is_true(properties.get("workbookPr", {}).get("date1904")) else EXCEL_1900,
        recalculates=_is_true(properties.get("calcPr", {}).get("fullCalcOnLoad")),
        parts={part: parts[part] for part in sheets.values()},
        text_lengths=_shared_lengths(parts, label),
    )


def _shared_lengths(parts: Mapping[str, bytes], label: str) -> Sequence[int]:
    """Return how long each text is that cells share; names of parts are the same in any case of letters."""
    handler = _SharedHandler()
    for name, content in parts.items():
        if name.lower() == _SHARED_TEXTS:
            _parse(content, handler, "the texts of a workbook cannot be read", label)
    return handler.lengths


def _parse(content: bytes, handler: ContentHandler, problem: str, label: str) -> None:
    from xml.sax import SAXException

    from defusedxml.common import DefusedXmlException
    from defusedxml.sax import parseString

    try:
        parseString(content, handler, forbid_dtd=True)
    except _TooLongError as error:
        raise _refusal(
            "a cell of a workbook holds more text than Excel allows",
            f"more than {MAX_CELL_CHARACTERS:,} characters",
            label,
        ) from error
    except (SAXException, DefusedXmlException, ValueError, LookupError) as error:
        # LookupError: an encoding that nobody knows.
        raise _refusal(problem, type(error).__name__, label) from error


def _tree(content: bytes, label: str) -> Any:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise _refusal("a workbook cannot be read", type(error).__name__, label) from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")


def _refusal(
    message: str, found: str, label: str, *, remedy: str = "save the sheet as CSV, or as a plain .xlsx with values only"
) -> InputError:
    return InputError(message, expected="a plain .xlsx", found=found, where=label, remedy=remedy)


class _TooLongError(ValueError):
    """A text is longer than a cell may hold."""


class _SharedHandler(ContentHandler):
    """Measures the texts that cells share, without keeping one."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths = array("H")
        self._length = 0
        self._is_open = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name is SAX's
        tag = name.rpartition(":")[2]
        if tag == "si":
            self._length = 0
        self._is_open = tag == "t"

    def characters(self, content: str) -> None:
        if self._is_open:
            self._length += len(content)
            if self._length > MAX_CELL_CHARACTERS:
                raise _TooLongError

    def endElement(self, name: str) -> None:  # noqa: N802 - the name is SAX's
        tag = name.rpartition(":")[2]
        self._is_open = False
        if tag == "si":
            self.lengths.append(self._length)


class _SheetHandler(ContentHandler):
    """Notes formulas, errors, merged cells, the extent and the characters of a sheet as its XML goes by.

    Args:
        text_lengths: Characters of the texts that cells share.
    """

    def __init__(self, text_lengths: Sequence[int]) -> None:
        super().__init__()
        self.facts = SheetFacts()
        self.characters_held = 0
        self._text_lengths = text_lengths
        self._row, self._column = -1, -1
        self._kind = ""
        self._texts: dict[str, str] | None = None
        self._open = ""
        self._shared: dict[str, str] = {}
        self._shared_index: str | None = None

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name is SAX's
        tag = name.rpartition(":")[2]
        if tag == "row":
            self._row = int(attrs["r"]) - 1 if "r" in attrs else self._row + 1
            self._column = -1
        elif tag == "c":
            self._begin_cell(attrs)
        elif tag in ("f", "v", "t") and self._texts is not None:
            self._open = tag
            self._texts.setdefault(tag, "")
            if tag == "f" and attrs.get("t") == "shared":
                self._shared_index = attrs.get("si")
        elif tag == "mergeCell":
            first, _, last = attrs.get("ref", "").partition(":")
            self.facts.merges.append((*_place(first), *_place(last or first)))

    def _begin_cell(self, attrs: AttributesImpl) -> None:
        if "r" in attrs:
            self._row, self._column = _place(attrs["r"])
        else:
            self._column += 1
        self._kind = attrs.get("t", "n")
        self._texts = {}
        self._shared_index = None

    def characters(self, content: str) -> None:
        if self._open and self._texts is not None:
            self._texts[self._open] += content
            if len(self._texts[self._open]) > MAX_CELL_CHARACTERS:
                raise _TooLongError

    def endElement(self, name: str) -> None:  # noqa: N802 - the name is SAX's
        tag = name.rpartition(":")[2]
        if tag == self._open:
            self._open = ""
        elif tag == "c" and self._texts is not None:
            self._end_cell(self._texts)
            self._texts = None

    def _end_cell(self, texts: Mapping[str, str]) -> None:
        if not texts:
            return
        facts, cell = self.facts, (self._row, self._column)
        facts.last_row, facts.last_column = max(facts.last_row, cell[0]), max(facts.last_column, cell[1])
        self.characters_held += self._length_of(texts)
        if self._kind == "e":
            facts.errors[cell] = texts.get("v", "")
        if "f" not in texts:
            return
        formula = texts["f"]
        if self._shared_index is not None:
            # Only the first cell of a shared formula spells it out.
            formula = (
                self._shared.setdefault(self._shared_index, formula)
                if formula
                else self._shared.get(self._shared_index, "")
            )
        facts.formulas[cell] = formula
        if not texts.get("v") and self._kind != "str":
            facts.uncalculated.add(cell)

    def _length_of(self, texts: Mapping[str, str]) -> int:
        """Return how many characters a cell holds; a number of a text that does not exist stands for none."""
        value = texts.get("v", "")
        if self._kind != "s":
            return sum(map(len, texts.values()))
        number = int(value) if value.isascii() and value.isdigit() else len(self._text_lengths)
        return self._text_lengths[number] if number < len(self._text_lengths) else 0


def _place(reference: str) -> tuple[int, int]:
    """Return row and column from 0 of a reference such as B12.

    Raises:
        ValueError: It is none.
    """
    found = _REFERENCE.fullmatch(reference.replace("$", "").upper())
    if not found:
        raise ValueError("a cell has no place")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1
