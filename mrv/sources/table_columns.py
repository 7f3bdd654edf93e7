"""A CSV of a million rows to its landed table: whole columns at once, by the same reading of each cell as row by row.

A cell is read by `read_cell`, once for each different text of a block of rows. A row that has any cell that cannot be read,
or another shape than the header, goes through `RowReader` instead, so that its reasons are the same as they always were.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from mrv.sources.contract import Parsed
from mrv.sources.coordinates import are_swapped
from mrv.sources.csv_reading import Block, CsvFile
from mrv.sources.days import UnusableValueError
from mrv.sources.records import Repairs, together
from mrv.sources.table_rows import POSITION, RowReader, constant_text, is_totals_row, row_id
from mrv.sources.values import NUMBER, Reading, read_cell, visible_text

BLOCK_ROWS = 50_000
_MOST_KEPT = 200_000
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}")
_FORMULA_STARTS = frozenset("=+-@")


class _Cells(dict[str, Any]):
    """Cells of a column to their values, each different text read once.

    Attributes:
        bad: Texts that the column cannot hold, or that are missing where a value is needed.
        repaired: Text to the rules by which it was put right.
    """

    def __init__(self, kind: pa.DataType, how: Reading, *, nullable: bool) -> None:
        super().__init__()
        self.kind = kind
        self._how = how
        self._nullable = nullable
        self._quickly = _shortcut(kind, how)
        self.bad: set[str] = set()
        self.repaired: dict[str, tuple[str, ...]] = {}

    def __missing__(self, cell: str) -> Any:
        value = self._quickly(cell)
        if value is None:
            value = self._read(cell)
        self[cell] = value
        return value

    def _read(self, cell: str) -> Any:
        try:
            value, rules = read_cell(cell, self.kind, self._how)
        except UnusableValueError:
            self.bad.add(cell)
            return None
        if value is None and not self._nullable:
            self.bad.add(cell)
        if rules:
            self.repaired[cell] = rules
        return value

    def forget(self) -> None:
        """Forget the texts of a column of which nearly every cell is another."""
        if len(self) > _MOST_KEPT:
            self.clear()
            self.bad.clear()
            self.repaired.clear()


def _shortcut(kind: pa.DataType, how: Reading) -> Callable[[str], Any]:
    """Return a quick reading of the plain cells of a column, which gives None for all that need a closer look."""
    changes = how.values is not None or how.word is not None or how.factor is not None
    if pa.types.is_floating(kind) and not changes and how.decimal == ".":
        return lambda cell: _plain_number(cell, how)
    if pa.types.is_string(kind) and not changes:
        return lambda cell: _plain_text(cell, how)
    if pa.types.is_timestamp(kind) and not changes:
        zone = UTC if how.time_zone == "UTC" else ZoneInfo(how.time_zone)
        return lambda cell: _plain_moment(cell, how, zone)
    return lambda cell: None


def _plain_moment(cell: str, how: Reading, zone: tzinfo) -> datetime | None:
    if not _MOMENT.fullmatch(cell) or cell in how.missing:
        return None
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _plain_number(cell: str, how: Reading) -> float | None:
    if not NUMBER.fullmatch(cell) or cell in how.missing:
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def _plain_text(cell: str, how: Reading) -> str | None:
    if cell != cell.strip() or cell in how.missing or cell[:1] in _FORMULA_STARTS or cell != visible_text(cell):
        return None
    return cell


class ColumnReader:
    """Reads the blocks of a CSV into whole columns.

    Args:
        rows: Reads the rows that need a closer look.
        file: The CSV.
    """

    def __init__(self, rows: RowReader, file: CsvFile) -> None:
        self._rows = rows
        self._file = file
        self._repairs = Repairs(rows.dataset.name)
        self._tables: list[pa.Table] = []
        self._kept = 0
        schema = rows.dataset.schema
        self._places = {column: file.columns.index(name) for column, name in rows.table.columns.items()}
        self._cells = {
            column: _Cells(schema.field(column).type, rows.how[column], nullable=schema.field(column).nullable)
            for column in self._places
        }
        self._constants = {
            column: _Cells(schema.field(column).type, Reading(), nullable=schema.field(column).nullable)
            for column in rows.table.constants
        }

    def parsed(self) -> Parsed:
        """Read the whole file."""
        for block in self._file.blocks(BLOCK_ROWS):
            self._add(block)
        slow = self._rows.records.parsed()
        return Parsed(
            table=self._rows.dataset.sort(pa.concat_tables([*self._tables, slow.table])),
            rejected=slow.rejected,
            rows_read=slow.rows_read + self._kept,
            repairs=together([slow.repairs, self._repairs.rows()]),
        )

    def _add(self, block: Block) -> None:
        closer = {at for at, cells in enumerate(block.records) if self._file.problem(cells) is not None}
        whole = [at for at in range(len(block.records)) if at not in closer]
        if self._rows.table.distinct:
            whole = [at for at in whole if not self._rows.is_repeated(self._mapped(block.records[at]))]
        values: dict[str, list[Any]] = {}
        columns: Sequence[Sequence[str]] = list(zip(*(block.records[at] for at in whole), strict=True))
        bad = self._read_columns(columns, values, count=len(whole))
        closer.update(whole[at] for at in bad)
        for at in sorted(closer):
            self._rows.read(self._file.row(block.first + at, block.records[at]))
        first = block.first + self._rows.offset
        self._keep(first, whole, values, bad)
        self._note_repairs(columns, bad, [first + at for at in whole])
        for cells_of in self._cells.values():
            cells_of.forget()

    def _mapped(self, cells: Sequence[str]) -> tuple[str, ...]:
        return tuple(cells[at] for at in self._places.values())

    def _read_columns(self, columns: Sequence[Sequence[str]], values: dict[str, list[Any]], *, count: int) -> set[int]:
        """Read every mapped column of whole rows; return the places of rows that need a closer look."""
        bad: set[int] = set()
        if not count:
            return bad
        for column, place in self._places.items():
            known = self._cells[column]
            cells = columns[place]
            values[column] = [known[cell] for cell in cells]
            if known.bad:
                bad.update(at for at, cell in enumerate(cells) if cell in known.bad)
        for column, constant in self._rows.table.constants.items():
            known, text = self._constants[column], constant_text(constant) or ""
            values[column] = [known[text]] * count
            if known.bad or known.repaired:
                bad.update(range(count))
        if self._rows.has_position:
            points = zip(*(values[name] for name in POSITION), strict=True)
            bad.update(at for at, (x, y) in enumerate(points) if are_swapped(x, y, self._rows.bounds))
        bad.update(self._totals(columns))
        return bad

    def _totals(self, columns: Sequence[Sequence[str]]) -> list[int]:
        first = columns[0]
        doubtful = {cell for cell in set(first) if not cell.strip() or is_totals_row((cell,))}
        if not doubtful:
            return []
        return [
            at for at, cell in enumerate(first) if cell in doubtful and is_totals_row(column[at] for column in columns)
        ]

    def _keep(self, first: int, whole: list[int], values: dict[str, list[Any]], bad: set[int]) -> None:
        table, schema = self._rows.table, self._rows.dataset.schema
        numbers = [first + at for at in whole]
        if len(bad) == len(whole):
            return
        if bad:
            good = [at for at in range(len(whole)) if at not in bad]
            numbers = [numbers[at] for at in good]
            values = {column: [cells[at] for at in good] for column, cells in values.items()}
        if table.row_id:
            kind = schema.field(table.row_id).type
            values[table.row_id] = [row_id(number, kind) for number in numbers]
        filled: dict[str, Any] = {**values, "_row": numbers}
        arrays = [
            pa.array(filled[field.name], field.type)
            if field.name in filled
            else pa.repeat(pa.scalar(self._rows.artifact.sha256), len(numbers))
            if field.name == "_artifact"
            else pa.nulls(len(numbers), field.type)
            for field in schema
        ]
        self._tables.append(pa.Table.from_arrays(arrays, schema=schema))
        self._kept += len(numbers)

    def _note_repairs(self, columns: Sequence[Sequence[str]], bad: set[int], numbers: Sequence[int]) -> None:
        for column, known in self._cells.items():
            if not known.repaired or not columns:
                continue
            counts: Counter[str] = Counter()
            first: dict[str, int] = {}
            for at, cell in enumerate(columns[self._places[column]]):
                if cell in known.repaired and at not in bad:
                    for rule in known.repaired[cell]:
                        counts[rule] += 1
                        first.setdefault(rule, numbers[at])
            for rule, count in counts.items():
                self._repairs.note(self._rows.artifact.sha256, column, rule, row=first[rule], values=count)
