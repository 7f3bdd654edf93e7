"""How sections of the report write: bilingual phrases with figures in them, and tables of mart rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from mrv.errors import PackageError
from mrv.package import wording
from mrv.package.contents import Contents
from mrv.package.figures import MART, Figure, read_figures
from mrv.package.monitoring.blocks import (
    Block,
    Bullets,
    Column,
    DataTable,
    Heading,
    Inline,
    Language,
    Line,
    Paragraph,
    Picture,
    Reference,
)
from mrv.package.report import mart_rows
from mrv.package.wording import Text

Row = Mapping[str, Any]
Cell = Text | Inline | Line | None
"""What stands in a cell; nothing is a dash."""
Style = Literal["body", "note", "warning", "missing"]

MOST_ROWS = 40
"""Rows of a table in the report; the rest is counted and stands in the files beside."""
MOST_REASONS = 6
_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Field:
    """One column of a table of rows. `name` is the key of its header; numbers stand at the right."""

    name: str
    cell: Callable[[Row], Cell]
    align: Literal["left", "right"] = "left"
    share: float = 1.0


class Marts:
    """The tables of a package, each read once."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._rows: dict[str, list[Row]] = {}
        path = contents.marts_folder / f"{MART}.parquet"
        self.figures: Mapping[str, Figure] = read_figures(path) if path.is_file() else {}

    def __call__(self, name: str) -> list[Row]:
        """Return the rows of a mart; none where it is missing."""
        if name not in self._rows:
            self._rows[name] = list(mart_rows(self._contents, name))
        return self._rows[name]


@cache
def phrases() -> Mapping[str, tuple[str, str]]:
    """Return every phrase of the report by its key: English and Spanish."""
    found: dict[str, tuple[str, str]] = {}
    folder = files("mrv.package.monitoring").joinpath("phrases")
    for path in sorted(folder.iterdir(), key=lambda item: item.name):
        if path.name.endswith(".yaml"):
            entries = yaml.safe_load(path.read_text(encoding="utf-8"))
            found |= {
                f"{path.name.removesuffix('.yaml')}.{key}": (words[0], words[1]) for key, words in entries.items()
            }
    return found


class Writer:
    """Writes one language of the report.

    Args:
        language: Which of the two.
        contents: What goes into the package.
        marts: Its tables.
    """

    def __init__(self, language: Language, contents: Contents, marts: Marts) -> None:
        self.language = language
        self.contents = contents
        self.marts = marts

    def pick(self, text: Text) -> str:
        """Return a text in the report's language."""
        return text.en if self.language == "en" else text.es

    def words(self, key: str) -> str:
        """Return a phrase that has no places to fill."""
        return phrases()[key][self.language == "es"]

    def line(self, key: str, /, **values: Cell) -> Line:
        """Return a phrase with its places filled: by a value of that name, or by the figure whose id it is.

        Raises:
            PackageError: A place names a figure that does not exist.
        """
        text, parts, at = self.words(key), list[Inline](), 0
        for match in _PLACE.finditer(text):
            name = match.group(1)
            filled = self.inlines(values[name]) if name in values else (self.figure(name),)
            parts += [text[at : match.start()], *filled]
            at = match.end()
        return tuple(part for part in (*parts, text[at:]) if part)

    def paragraph(self, key: str, /, *, style: Style = "body", **values: Cell) -> Paragraph:
        """Return a phrase as a paragraph."""
        return Paragraph(self.line(key, **values), style)

    def heading(self, number: str, key: str) -> Heading:
        """Return the title of a section; its level follows from its number."""
        return Heading(len(number.split(".")), number, self.words(key))

    def inlines(self, cell: Cell) -> Line:
        """Return the parts of a cell in the report's language; a dash where there is nothing."""
        if cell is None:
            return (wording.NOT_MEASURED,)
        if isinstance(cell, Text):
            return (self.pick(cell),)
        return cell if isinstance(cell, tuple) else (cell,)

    def said(self, key: str, /, **values: Cell) -> str:
        """Return a phrase with its places filled as plain text."""
        return plain(self.line(key, **values))

    def has(self, figure_id: str) -> bool:
        """Tell whether there is a figure of an id."""
        return figure_id in self.marts.figures

    def figure(self, figure_id: str) -> Inline:
        """Return a figure with its unit as it stands in a text; one without a value tells why.

        Raises:
            PackageError: There is no figure of that id.
        """
        if figure_id not in self.marts.figures:
            raise PackageError(
                "the report names a figure that does not exist", found=figure_id, where=f"{MART}.parquet",
                remedy="build the tables again",
            )  # fmt: skip
        figure = self.marts.figures[figure_id]
        if figure.value is None:
            return Reference(figure_id, f"{self.words('general.not_known')} ({figure.reason or wording.NOT_MEASURED})")
        value = self.pick(wording.number(figure.value, wording.digits_of(figure.unit)))
        return Reference(figure_id, f"{value} {self.unit(figure.unit)}".rstrip())

    def number_of(self, figure_id: str, value: Decimal | int | None, digits: int = 0) -> Inline:
        """Return a number of a table; it leads to the figure where the figure of that id is the same number."""
        shown = self.pick(wording.number(value, digits))
        figure = self.marts.figures.get(figure_id)
        if figure is None or value is None or figure.value != value:
            return shown
        return Reference(figure_id, shown)

    def unit(self, unit: str) -> str:
        """Return a unit as people read it."""
        from mrv.package.people import UNITS

        return self.pick(Text(*UNITS[unit])) if unit in UNITS else wording.pretty_unit(unit)

    def column(self, name: str, align: Literal["left", "right"] = "left", share: float = 1.0) -> Column:
        """Return the head of a column by the key of its title."""
        return Column(self.words(f"columns.{name}"), align, share)

    def table(
        self,
        caption: str,
        mart: str,
        rows: Sequence[Row],
        fields: Sequence[Field],
        *,
        most: int = MOST_ROWS,
        landscape: bool = False,
        sums: Sequence[Cell] | None = None,
        reason: str | None = "reason",
        where: str = "data/tables/csv/",
    ) -> Iterator[Block]:
        """Yield rows as a table, how many more there are, and what the rows say is missing.

        Args:
            caption: Key of its title.
            mart: The table of the package that the rows are of.
            rows: Rows in their order.
            fields: Columns.
            most: Rows that are shown.
            landscape: Whether it needs a wide page.
            sums: Cells of a last row.
            reason: Column that says why values are missing.
            where: Folder of the file that has all rows.
        """
        lines = [tuple(self.inlines(field.cell(row)) for field in fields) for row in rows[:most]]
        if sums is not None:
            lines.append(tuple(self.inlines(cell) for cell in sums))
        columns = tuple(self.column(field.name, field.align, field.share) for field in fields)
        yield DataTable(f"{self.words(caption)} ({mart})", columns, tuple(lines), landscape)
        if len(rows) > most:
            left = self.pick(wording.number(len(rows) - most))
            yield self.paragraph("general.more_rows", style="note", count=left, file=f"{where}{mart}.csv")
        if reason is not None:
            yield from self.reasons((self._label(row, fields), row.get(reason)) for row in rows)

    def _label(self, row: Row, fields: Sequence[Field]) -> str:
        return plain(self.inlines(fields[0].cell(row)))

    def reasons(self, found: Iterable[tuple[str, str | None]]) -> Iterator[Block]:
        """Yield why values are missing, each reason once with what it is about."""
        about: dict[str, list[str]] = {}
        for label, reason in found:
            if reason and label not in about.setdefault(str(reason), []):
                about[str(reason)].append(label)
        items = [(f"{_joined(labels)}: {reason}",) for reason, labels in about.items()]
        if items:
            yield self.paragraph("general.reasons", style="note")
            yield Bullets(tuple(items[:MOST_REASONS]))
        if len(items) > MOST_REASONS:
            left = self.pick(wording.number(len(items) - MOST_REASONS))
            yield self.paragraph("general.more_reasons", style="note", count=left)

    def chart(self, svg: object, caption: str, /, *, share: float = 1.0, **values: Cell) -> Iterator[Picture]:
        """Yield a chart; nothing where there is nothing to draw."""
        if svg is not None:
            words = plain(self.line(caption, **values))
            yield Picture(str(svg).encode(), "image/svg+xml", words, words, share)

    def day(self, value: date | None) -> Text | None:
        """Return a date in words."""
        return None if value is None else wording.day(value)


def plain(line: Line) -> str:
    """Return a line as plain text."""
    return "".join(part if isinstance(part, str) else part.text for part in line)


def short_day(value: date | None) -> str | None:
    """Return a date as dd-mm-yyyy, the way the template's tables have it."""
    return None if value is None else f"{value:%d-%m-%Y}"


def number(column: str, digits: int = 0) -> Callable[[Row], Cell]:
    """Return what reads a number of a row."""
    return lambda row: wording.number(row[column], digits)


def percent(column: str, digits: int = 1) -> Callable[[Row], Cell]:
    """Return what reads a fraction of a row as per cent."""
    return lambda row: wording.percent(row[column], digits)


def value(column: str) -> Callable[[Row], Cell]:
    """Return what reads a text of a row."""
    return lambda row: None if row[column] is None else str(row[column])


def named(column: str, names: Mapping[str, tuple[str, str]]) -> Callable[[Row], Cell]:
    """Return what reads a code of a row and gives its name."""
    return lambda row: None if row[column] is None else Text(*names.get(row[column], (str(row[column]),) * 2))


def _joined(labels: Sequence[str], most: int = 4) -> str:
    return ", ".join(labels[:most]) + (", …" if len(labels) > most else "")
