"""One row of a table file to a record of its landed table, by the mapping that the project declares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import TableFile
from mrv.schemas import DATASETS
from mrv.sources.coordinates import refuse_swapped
from mrv.sources.csv_reading import Row
from mrv.sources.records import ORIGIN, Record, Records
from mrv.sources.tiling import Bounds
from mrv.sources.values import Reading

_REMEDY = "mend the value in the file, or name its missing-value text in project.yaml"
_IDS = ("plot_id", "census_id", "submission_id")
_TOTALS = re.compile(
    r"((sub|grand|gran)[ -]?)?total(es|s)?( general)?\s*[:=]?|suma\s*:?|promedio\s*:?|average\s*:?", re.I
)
ROWS_OF_A_MAPPING = 10_000_000
"""What is added to the numbers of a file's rows for each mapping of the file to the same table that came before."""
POSITION = ("longitude", "latitude")


def check_mapping(table: TableFile, *, where: str) -> None:
    """Make sure that a mapping fills every needed column of its table, and no other, and is of the file's format.

    Raises:
        ProjectError: It does not.
    """
    schema = DATASETS[table.dataset].schema
    filled = [*table.columns, *table.constants, *([table.row_id] if table.row_id else [])]
    unknown = sorted(name for name in filled if name not in schema.names or name in ORIGIN)
    twice = sorted({name for name in filled if filled.count(name) > 1})
    needed = sorted(item.name for item in schema if not item.nullable and item.name not in {*filled, *ORIGIN})
    told = sorted({*table.values, *table.factors, *table.words} - set(table.columns))
    numbers = {item.name for item in schema if pa.types.is_floating(item.type) or pa.types.is_integer(item.type)}
    for message, names in (
        ("names columns that the table does not have", unknown),
        ("fills columns more than once", twice),
        ("leaves columns empty that every row needs", needed),
        ("has values, factors or words of columns that it does not fill from the file", told),
        ("multiplies columns that hold no numbers", sorted(set(table.factors) - numbers)),
        ("multiplies with what is not above zero", sorted(name for name, by in table.factors.items() if not by > 0)),
    ):
        if names:
            raise ProjectError(
                f"the mapping of a table file {message}",
                expected=f"columns of {table.dataset}: " + ", ".join(n for n in schema.names if n not in ORIGIN),
                found=", ".join(names),
                where=where,
                remedy="mend columns, constants, row_id, values, factors or words in project.yaml",
            )
    if table.sheet is not None and table.format != "xlsx":
        raise ProjectError(
            "a CSV has no sheets", found=f"sheet: {table.sheet}", where=where, remedy="set format: xlsx or remove sheet"
        )


def readings(table: TableFile, *, excel_epoch: date | None = None) -> dict[str, Reading]:
    """Return how each column that the file fills is to be read."""
    return {
        column: Reading(
            missing=frozenset(table.missing),
            decimal=table.decimal,
            dates=table.dates,
            values=table.values.get(column),
            factor=table.factors.get(column),
            word=table.words.get(column),
            time_zone=table.time_zone,
            excel_epoch=excel_epoch,
        )
        for column in table.columns
    }


def is_totals_row(cells: Iterable[Any]) -> bool:
    """Tell whether a row begins with the word that stands before sums, which are nothing that was measured."""
    first = next((text for text in (str(cell or "").strip() for cell in cells) if text), "")
    return bool(_TOTALS.fullmatch(first))


class RowReader:
    """Reads the rows of one table file, one by one.

    Args:
        table: The mapping.
        artifact: The file.
        bounds: Extent of the project, by which exchanged coordinates are told.
        excel_epoch: Day 0 of the serial days of a spreadsheet.
        offset: What is added to the numbers of the rows, so that each row of each mapping of a file can be told.
    """

    def __init__(
        self,
        table: TableFile,
        artifact: Artifact,
        bounds: Bounds,
        *,
        excel_epoch: date | None = None,
        offset: int = 0,
    ) -> None:
        self.offset = offset
        self.table = table
        self.artifact = artifact
        self.bounds = bounds
        self.dataset = DATASETS[table.dataset]
        self.records = Records(table.dataset)
        self.how = readings(table, excel_epoch=excel_epoch)
        self.has_position = all(name in table.columns for name in POSITION)
        self._seen: set[tuple[str, ...]] = set()

    def is_repeated(self, values: tuple[Any, ...]) -> bool:
        """Tell whether a row with the same mapped cells came before, where only one of them counts."""
        if not self.table.distinct:
            return False
        same = tuple(str(value).strip() for value in values)
        if same in self._seen:
            return True
        self._seen.add(same)
        return False

    def read(self, row: Row) -> None:
        """Read a row into the records, or set it aside with its reasons."""
        table = self.table
        record = self.records.record(
            row.cells,
            artifact=self.artifact.sha256,
            row=row.number + self.offset,
            where=f"{self.artifact.address}, row {row.number}",
            remedy=_REMEDY,
        )
        if row.problem:
            for column in _IDS:
                self._set_id(record, column, row)
            record.reject(*row.problem)
            record.done()
            return
        if is_totals_row(row.cells.values()):
            record.reject("totals_row", "the row begins as one of sums, which are nothing that was measured")
        for column, name in table.columns.items():
            record.read(column, row.cells[name], name=name, how=self.how[column])
        for column, value in table.constants.items():
            record.read(column, constant_text(value), name=column)
        if table.row_id:
            record.set(table.row_id, row_id(row.number + self.offset, self.dataset.schema.field(table.row_id).type))
        if self.has_position:
            refuse_swapped(record, self.bounds)
        record.done()

    def _set_id(self, record: Record, column: str, row: Row) -> None:
        """Note an id of a row whose shape is wrong, as far as it can be told, so that its plot can be named."""
        table = self.table
        value = row.cells.get(table.columns[column]) if column in table.columns else table.constants.get(column)
        text = (constant_text(value) or "").strip()
        if text and text not in table.missing:
            record.set(column, text)


def constant_text(value: Any) -> str | None:
    """Return a constant of a mapping as a cell would hold it."""
    return None if value is None else str(value)


def row_id(number: int, kind: pa.DataType) -> str | int:
    """Return the id of a row that has none of its own."""
    return str(number) if pa.types.is_string(kind) else number
