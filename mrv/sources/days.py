"""Days as people write them: in a declared order of day, month and year, as a decimal year, as a spreadsheet's serial day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

EXCEL_1900 = date(1899, 12, 30)
"""Day 0 of serial days: spreadsheets count 29 February 1900, which was none, so this holds from 1 March 1900."""
EXCEL_1904 = date(1904, 1, 1)
"""The same of old spreadsheets of the Macintosh."""
FIRST_SERIAL_YEAR, LAST_SERIAL_YEAR = 1970, 2100
"""A number in a column of dates that is no day of these years is more likely a year or a count."""

_SLASHED = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_ISO_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_DECIMAL_YEAR = re.compile(r"(19|20)[0-9]{2}(\.[0-9]+)?")
_SERIAL = re.compile(r"[0-9]{1,7}(\.[0-9]+)?")
_NAMES = {"iso": "YYYY-MM-DD", "dmy": "DD/MM/YYYY", "mdy": "MM/DD/YYYY", "decimal_year": "a year with decimals"}


class UnusableValueError(ValueError):
    """A value that its column cannot hold."""

    def __init__(self, rule: str, expected: str) -> None:
        super().__init__(expected)
        self.rule = rule
        self.expected = expected


def as_iso(text: str, order: str, *, with_time: bool) -> tuple[str, list[str]]:
    """Write a day, or a day and time, as ISO 8601.

    A text that begins with an ISO day is left as it is in every order, since it can be read in one way only.

    Args:
        text: As received.
        order: iso, dmy, mdy or decimal_year.
        with_time: Whether a time may follow.

    Returns:
        The text, and the rules by which it was put right.

    Raises:
        UnusableValueError: It is not in that order (`unreadable_value`), or nobody can tell in which (`ambiguous_date`).
    """
    if _ISO_START.match(text):
        return text, []
    if order == "decimal_year":
        return _of_decimal_year(text), ["decimal_year"]
    first, _, rest = text.replace("T", " ").partition(" ")
    found = _SLASHED.fullmatch(first)
    if order == "iso":
        if found and int(found[1]) <= 12 and int(found[3]) <= 12 and int(found[1]) != int(found[3]):
            raise UnusableValueError(
                "ambiguous_date", "a date as YYYY-MM-DD: it may be either of two days until `dates` says dmy or mdy"
            )
        return text, []
    expected = f"a date as {_NAMES[order]}"
    if not found or (rest and not with_time):
        raise UnusableValueError("unreadable_value", expected)
    number_of_day, month = (int(found[1]), int(found[3])) if order == "dmy" else (int(found[3]), int(found[1]))
    try:
        day = date(int(found[4]), month, number_of_day)
    except ValueError as error:
        raise UnusableValueError("unreadable_value", f"{expected} of a day that exists") from error
    return day.isoformat() + (_time(rest.strip(), expected) if rest else ""), ["date_order_declared"]


def _time(text: str, expected: str) -> str:
    found = _TIME.fullmatch(text)
    if not found:
        raise UnusableValueError("unreadable_value", f"{expected} and a time as HH:MM or HH:MM:SS")
    return f"T{int(found[1]):02d}:{found[2]}:{found[3] or '00'}"


def _of_decimal_year(text: str) -> str:
    """Return the day nearest to a decimal year, within that year: 3 decimals tell a day to a third."""
    if not _DECIMAL_YEAR.fullmatch(text):
        raise UnusableValueError("unreadable_value", "a year with decimals such as 2011.584")
    year = int(text[:4])
    first, days = date(year, 1, 1), (date(year + 1, 1, 1) - date(year, 1, 1)).days
    elapsed = round((Decimal(text) - year) * days)
    return (first + timedelta(days=min(elapsed, days - 1))).isoformat()


def excel_day(text: str, epoch: date) -> str:
    """Return the day, and the time if there is one, of a serial number of a spreadsheet.

    Raises:
        UnusableValueError: It is no day of the years in which field data are collected.
    """
    expected = f"a date: as a serial number it would be no day of {FIRST_SERIAL_YEAR} to {LAST_SERIAL_YEAR}"
    if not _SERIAL.fullmatch(text):
        raise UnusableValueError("unreadable_value", expected)
    days, fraction = divmod(Decimal(text), 1)
    found = epoch + timedelta(days=min(int(days), 200_000))
    if not FIRST_SERIAL_YEAR <= found.year <= LAST_SERIAL_YEAR:
        raise UnusableValueError("unreadable_value", expected)
    seconds = min(round(fraction * 86_400), 86_399)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return found.isoformat() + (f"T{hours:02d}:{minutes:02d}:{seconds % 60:02d}" if seconds else "")
