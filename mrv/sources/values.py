"""One received cell to the type of its landed column: what is read, what is put right by a named rule, what is refused.

Nothing is guessed: an order of day and month, a decimal comma, a unit, a word of another language is read only as the
project declares it, and each value that was put right is counted under the name of its rule.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from mrv.sources.days import UnusableValueError, as_iso, excel_day

DateOrder = Literal["iso", "dmy", "mdy", "decimal_year"]

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {"true": True, "yes": True, "si": True, "sí": True, "1": True, "false": False, "no": False, "0": False}
_UNSEEN = frozenset({"Cf", "Cc"})
_LINES = frozenset("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85")
"""Control characters that are blanks."""
_FORMULA = re.compile(r"=|[+@-][A-Za-z_.]+[(|]")


@dataclass(frozen=True)
class Reading:
    """How the cells of a column are to be read.

    Attributes:
        missing: Texts that say that there is no value.
        decimal: Decimal sign of numbers that are text.
        dates: Order of day, month and year.
        values: Word of the file to word of the landed table.
        factor: What numbers are multiplied with, from the file's unit to the column's.
        word: Which word of the cell is taken, from 1; default: all of it.
        time_zone: Time zone of times without an offset.
        excel_epoch: Day 0 of the serial days of a spreadsheet, where the cells are those of one.
    """

    missing: Collection[str] = ("",)
    decimal: str = "."
    dates: DateOrder = "iso"
    values: Mapping[str, str] | None = None
    factor: Decimal | None = None
    word: int | None = None
    time_zone: str = "UTC"
    excel_epoch: date | None = None


PLAIN = Reading()


class TypedCell(str):
    """Text of a cell that a spreadsheet holds as a day (`is_day`) or as true or false, not as the text that was typed."""

    is_day: bool

    def __new__(cls, text: str, *, is_day: bool) -> TypedCell:
        """Make it from its text."""
        made = super().__new__(cls, text)
        made.is_day = is_day
        return made


@dataclass(frozen=True)
class FormulaCell:
    """A cell of a spreadsheet that holds a formula or an error instead of a value.

    Attributes:
        formula: What stands in it.
        value: What the spreadsheet calculated when it was saved.
        refusal: Why that cannot be used, as (rule, what was expected).
    """

    formula: str
    value: Any
    refusal: tuple[str, str] | None = None

    def __str__(self) -> str:
        return self.formula if self.refusal or self.value is None else str(self.value)


def read_cell(value: Any, kind: pa.DataType, how: Reading = PLAIN) -> tuple[Any, tuple[str, ...]]:
    """Read a cell as a value of an Arrow type of the landed tables.

    Args:
        value: Text, or what a spreadsheet or JSON holds; None where there is none.
        kind: Type of the landed column.
        how: How it is to be read.

    Returns:
        The value, None if it is missing, and the rules by which it was put right.

    Raises:
        UnusableValueError: The column cannot hold it.
    """
    if isinstance(value, FormulaCell):
        if value.refusal:
            raise UnusableValueError(*value.refusal)
        read, rules = read_cell(value.value, kind, how)
        return read, ("cached_formula_value", *rules)
    is_text = pa.types.is_string(kind)
    if is_text and isinstance(value, TypedCell) and how.values is None:
        made = "a day" if value.is_day else "true or false"
        raise UnusableValueError("unreadable_value", f"a text: the spreadsheet made {made} of what was typed")
    received = _text(value, how)
    visible = visible_text(received) if is_text else received
    text = visible.strip()
    if value is None or text in how.missing:
        return None, ()
    if isinstance(value, str) and _FORMULA.match(text):
        raise UnusableValueError("formula_cell", "a value: it begins as a formula of a spreadsheet")
    done = ["invisible_characters"] if visible != received else []
    done += ["trimmed_blanks"] if is_text and text != visible else []
    if how.word is not None:
        words = text.split()
        if len(words) < how.word:
            return None, ()
        text = words[how.word - 1]
    if how.values is not None:
        text, mapped = _mapped(text, how.values)
        done += mapped
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text, more = _written(text, kind, how, is_number=is_number)
    return convert(text, kind, time_zone=how.time_zone), (*done, *more)


def visible_text(text: str) -> str:
    """Return a text in the one way in which it can be written: composed letters (NFC), no characters that nobody sees.

    Two ids that look alike would be two plots, or two people, otherwise.
    """
    if text.isascii() and text.isprintable():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in composed if sign in _LINES or unicodedata.category(sign) not in _UNSEEN)


def _text(value: Any, how: Reading) -> str:
    """Return the text of a cell; a spreadsheet holds every number as one with a fraction, so that 12 arrives as 12.0."""
    if how.excel_epoch is not None and isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _mapped(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    if text in values:
        word = values[text]
        return word, ["value_mapped"] if word != text else []
    if text in values.values():
        return text, []
    folded = text.casefold()
    found = {word for given, word in values.items() if given.casefold() == folded}
    found |= {word for word in values.values() if word.casefold() == folded}
    if len(found) != 1:
        known = ", ".join(dict.fromkeys([*values, *values.values()]))
        raise UnusableValueError("unknown_choice", f"one of {known}")
    (word,) = found
    return word, ["case_normalised"] if word.casefold() == folded else ["value_mapped", "case_normalised"]


def _written(text: str, kind: pa.DataType, how: Reading, *, is_number: bool) -> tuple[str, list[str]]:
    """Bring a text to the one way of writing that `convert` reads, with the rules that this took."""
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return _number_text(text, kind, how, is_number=is_number)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        if is_number and how.excel_epoch is not None and how.dates != "decimal_year":
            return excel_day(text, how.excel_epoch), ["excel_serial_date"]
        return as_iso(text, how.dates, with_time=pa.types.is_timestamp(kind))
    return text, []


def _number_text(text: str, kind: pa.DataType, how: Reading, *, is_number: bool) -> tuple[str, list[str]]:
    rules: list[str] = []
    if how.decimal != "." and not is_number and pa.types.is_floating(kind):
        if "." in text:
            # It could be read in two ways.
            raise UnusableValueError("unreadable_value", f"a number with decimal {how.decimal!r}")
        rules = ["decimal_comma"] if how.decimal in text else []
        text = text.replace(how.decimal, ".")
    if how.factor is None:
        return text, rules
    number(text)
    try:
        converted = Decimal(text) * how.factor
    except InvalidOperation as error:
        raise UnusableValueError("unreadable_value", "a number") from error
    whole_number = pa.types.is_integer(kind) and converted == converted.to_integral_value()
    return (f"{converted:.0f}" if whole_number else str(converted)), [*rules, "unit_converted"]


def number(text: str) -> float:
    """Read a finite number with a decimal point.

    Raises:
        UnusableValueError: It is no number (`unreadable_value`), or not a finite one (`not_finite`).
    """
    if _NOT_FINITE.fullmatch(text):
        raise UnusableValueError("not_finite", "a finite number")
    if not NUMBER.fullmatch(text):
        raise UnusableValueError("unreadable_value", "a number")
    value = float(text)
    if not math.isfinite(value):
        raise UnusableValueError("not_finite", "a finite number")
    return value


def whole(text: str) -> int:
    """Read a whole number of 64 bits."""
    if not _WHOLE.fullmatch(text) or abs(int(text)) >= 2**63:
        raise UnusableValueError("unreadable_value", "a whole number")
    return int(text)


def day(text: str) -> date:
    """Read a day as YYYY-MM-DD; nothing else, because 03/04 is two different days."""
    if not _DAY.fullmatch(text):
        raise UnusableValueError("unreadable_value", "a date as YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnusableValueError("unreadable_value", "a day that exists") from error


def moment(text: str, *, time_zone: str = "UTC") -> datetime:
    """Read an ISO 8601 date and time as UTC; without an offset it is of the time zone."""
    try:
        value = datetime.fromisoformat(text)
        if value.tzinfo is None:
            value = value.replace(tzinfo=UTC if time_zone == "UTC" else ZoneInfo(time_zone))
        return value.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnusableValueError("unreadable_value", "a date and time in ISO 8601") from error


def truth(text: str) -> bool:
    """Read a yes or no."""
    try:
        return _WORDS[text.lower()]
    except KeyError as error:
        raise UnusableValueError("unreadable_value", "true or false") from error


def convert(text: str, kind: pa.DataType, *, time_zone: str = "UTC") -> Any:
    """Read a text as a value of an Arrow type of the landed tables.

    Raises:
        UnusableValueError: It is none.
    """
    if pa.types.is_string(kind):
        return text
    if pa.types.is_floating(kind):
        return number(text)
    if pa.types.is_integer(kind):
        return whole(text)
    if pa.types.is_date(kind):
        return day(text)
    if pa.types.is_timestamp(kind):
        return moment(text, time_zone=time_zone)
    if pa.types.is_boolean(kind):
        return truth(text)
    raise TypeError(f"no received table has a column of type {kind}")
