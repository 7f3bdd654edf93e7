"""One cell of an input table to the type of its landed column; nothing is guessed."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any

import pyarrow as pa

from mrv.accounting.raw import BadCell

MISSING = frozenset({"", "NA", "N/A", "NULL"})
"""Texts that stand for no value; the four-sheet layout writes NA."""
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_COMMA = re.compile(r"[+-]?[0-9.]*,[0-9]+")
_FORMULA = re.compile(r"=|[+@-](\S*[(!]|.*\|)", re.DOTALL)
_TRUE, _FALSE = frozenset({"true", "yes", "si", "sí", "1"}), frozenset({"false", "no", "0"})
MAX_TEXT = 1000
"""Most letters of a text: ids and sources are short, and a whole file pasted into a cell is a mistake."""


class CellError(ValueError):
    """A cell that its column cannot hold.

    Attributes:
        expected: What the column holds.
        remedy: What can be done.
    """

    def __init__(self, expected: str, remedy: str = "mend the value") -> None:
        super().__init__(expected)
        self.expected = expected
        self.remedy = remedy


def read_cell(cell: Any, kind: pa.DataType) -> Any:
    """Return the value of a cell, None where there is none.

    A number with more digits than its column holds is rounded to the last of them, half to even: it was computed.

    Args:
        cell: Text, number, `BadCell` or None.
        kind: Type of the landed column.

    Raises:
        CellError: The column cannot hold it.
    """
    if isinstance(cell, BadCell):
        raise CellError(cell.expected, "write the value into the cell; save the workbook in a spreadsheet first")
    return None if cell is None else _read_text(cell if isinstance(cell, str) else _number_text(cell), kind)


@lru_cache(maxsize=1 << 16)
def _read_text(received: str, kind: pa.DataType) -> Any:
    """Read a text; a column says the same things over and over."""
    text = _visible(received)
    if text in MISSING:
        return None
    if _FORMULA.match(text):
        raise CellError("a value, not a formula", "write the value into the cell")
    if pa.types.is_string(kind):
        return text
    if pa.types.is_boolean(kind):
        return _truth(text)
    if pa.types.is_date(kind):
        return _day(text)
    return _whole(text) if pa.types.is_integer(kind) else _decimal(text, kind)


def _number_text(cell: Any) -> str:
    """Return what a spreadsheet holds as text: it holds 2021 as 2021.0."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell)


def _visible(text: str) -> str:
    """Return a text without what nobody sees, its letters composed."""
    if not (text.isascii() and text.isprintable()):
        composed = unicodedata.normalize("NFC", text)
        text = "".join(sign for sign in composed if sign in "\t\n" or unicodedata.category(sign) not in {"Cf", "Cc"})
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise CellError(f"at most {MAX_TEXT} letters", "shorten the text")
    return text


def number(text: str) -> Decimal:
    """Read a finite number with a decimal point.

    Raises:
        CellError: It is none.
    """
    if _COMMA.fullmatch(text):
        raise CellError(
            "a number with a decimal point, no thousands separator",
            "write 1234.5 for 1.234,5; a comma is read in two ways",
        )
    if text.endswith("%"):
        raise CellError("a fraction, not per cent", "write 0.14 for 14 %")
    if not _NUMBER.fullmatch(text):
        raise CellError("a finite number, without its unit", "write only the number; the unit has a column of its own")
    return Decimal(text)


def _decimal(text: str, kind: pa.DataType) -> Decimal:
    value = number(text)
    largest = Decimal(10) ** (kind.precision - kind.scale)
    if abs(value) >= largest:
        raise CellError(f"a number below {largest:f}")
    return value.quantize(Decimal(1).scaleb(-kind.scale), rounding=ROUND_HALF_EVEN)


def _whole(text: str) -> int:
    value = number(text)
    if value != value.to_integral_value() or abs(value) >= 2**63:
        raise CellError("a whole number")
    return int(value)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CellError("a day as YYYY-MM-DD", "write 2021-03-04; 03/04 is two different days") from error


def _truth(text: str) -> bool:
    folded = text.casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise CellError("true or false")
