"""What differs between two sets of published tables: figure by figure, and cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.figures import MART, Figure, read_figures
from mrv.package.staging import cell_text

Change = Literal["added", "removed", "changed"]
ALL_COLUMNS = "*"
"""Column of a difference that is a whole row."""


@dataclass(frozen=True)
class FigureDifference:
    """A figure that two packages give differently; a side is None where it has no such figure."""

    figure_id: str
    old: Figure | None
    new: Figure | None

    @property
    def figure(self) -> Figure:
        """The figure as the newer side has it, or the older one where only that has it."""
        found = self.new or self.old
        assert found is not None  # noqa: S101 - a difference has at least one side
        return found

    @property
    def difference(self) -> Decimal | None:
        """New less old; None where one of them is not known."""
        if self.old is None or self.new is None or self.old.value is None or self.new.value is None:
            return None
        return self.new.value - self.old.value

    @property
    def difference_percent(self) -> Decimal | None:
        """Difference in per cent of the old value; None where that is zero or not known."""
        if self.old is None or not self.old.value or self.difference is None:
            return None
        return 100 * self.difference / abs(self.old.value)

    @property
    def tco2e(self) -> Decimal | None:
        """The difference where the figure is tonnes of CO2e or units of one tonne."""
        return self.difference if self.figure.unit in TONNES else None


TONNES = frozenset({"tCO2e", "VCU", "TREES", "ER"})
"""Units that stand for one tonne of CO2e each."""


@dataclass(frozen=True)
class CellDifference:
    """A cell, or a row (`column` is `*`), that two tables have differently. `key` is `column=value` joined by `;`."""

    table: str
    change: Change
    key: str
    column: str
    old: str
    new: str


def figure_differences(old: Path, new: Path) -> list[FigureDifference]:
    """Compare two files `figures.parquet`, in the order of the figures' ids.

    Labels and addresses are words about a figure: only its value, its unit and the reason why it has none count.

    Raises:
        PackageError: One of them cannot be read.
    """
    before, after = read_figures(old), read_figures(new)
    return [
        FigureDifference(figure_id, before.get(figure_id), after.get(figure_id))
        for figure_id in sorted({*before} | {*after})
        if _said(before.get(figure_id)) != _said(after.get(figure_id))
    ]


def _said(figure: Figure | None) -> tuple[Any, ...] | None:
    return None if figure is None else (figure.value, figure.unit, figure.reason)


def table_differences(name: str, old: pa.Table, new: pa.Table, key: Sequence[str]) -> Iterator[CellDifference]:
    """Yield what differs between two tables, cell by cell, as the CSV would show it.

    Equal columns are told by Arrow at once; only rows that differ are looked at one by one.

    Args:
        name: Name of the table.
        old: Its rows before.
        new: Its rows after.
        key: Columns that identify a row; without any, whole rows are compared.

    Raises:
        PackageError: A key column is missing.
    """
    if old.equals(new):
        return
    columns = [column for column in new.column_names if column in old.column_names]
    for column in sorted({*old.column_names} ^ {*new.column_names}):
        change: Change = "added" if column in new.column_names else "removed"
        yield CellDifference(name, change, "", column, "", "")
    names = [*key] or columns
    if lacking := [column for column in names if column not in columns]:
        raise PackageError(
            "two tables cannot be compared",
            expected=f"the key {', '.join(names)} in both",
            found=f"no {', '.join(lacking)}",
            where=name,
            remedy="compare packages that this version of the software has made",
        )
    before, after = (_differing(one, other, columns) for one, other in ((old, new), (new, old)))
    old_rows, new_rows = _by_key(before, names), _by_key(after, names)
    for row_key in sorted({*old_rows} | {*new_rows}):
        address = ";".join(f"{column}={value}" for column, value in zip(names, row_key[:-1], strict=True))
        one, other = old_rows.get(row_key), new_rows.get(row_key)
        if one is None or other is None:
            yield CellDifference(name, "added" if one is None else "removed", address, ALL_COLUMNS, "", "")
            continue
        for column in columns:
            texts = cell_text(one[column]), cell_text(other[column])
            if texts[0] != texts[1]:
                yield CellDifference(name, "changed", address, column, *texts)


def _differing(table: pa.Table, other: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Leave out the rows at the head and at the tail that both tables share: versions mostly differ in a few."""
    table, other = table.select(columns), other.select(columns)
    if table.schema != other.schema:
        return table
    shared = min(table.num_rows, other.num_rows)
    head = _same_rows(table.slice(0, shared), other.slice(0, shared))
    rest, rest_other = table.slice(head), other.slice(head)
    left = min(rest.num_rows, rest_other.num_rows)
    one, two = rest.slice(rest.num_rows - left), rest_other.slice(rest_other.num_rows - left)
    unequal = _unequal(one, two)
    positions = pc.indices_nonzero(unequal)
    tail = left if len(positions) == 0 else left - 1 - positions[-1].as_py()
    return rest.slice(0, rest.num_rows - tail)


def _same_rows(table: pa.Table, other: pa.Table) -> int:
    positions = pc.indices_nonzero(_unequal(table, other))
    return table.num_rows if len(positions) == 0 else int(positions[0].as_py())


def _unequal(table: pa.Table, other: pa.Table) -> pa.Array:
    """Return for each pair of rows whether any cell differs; two nulls are the same, and so are two NaN."""
    unequal = pa.array([False] * table.num_rows, pa.bool_()) if table.num_columns == 0 else None
    for column in table.column_names:
        one, two = table[column], other[column]
        differs = pc.fill_null(pc.not_equal(one, two), pc.xor(pc.is_null(one), pc.is_null(two)))
        if pa.types.is_floating(one.type):
            differs = pc.and_not(differs, pc.fill_null(pc.and_(pc.is_nan(one), pc.is_nan(two)), fill_value=False))
        unequal = differs if unequal is None else pc.or_(unequal, differs)
    return unequal


def _by_key(table: pa.Table, key: Sequence[str]) -> dict[tuple[str, ...], Mapping[str, Any]]:
    """Return rows by their key and how many of that key stand before them: tables of landed rows may repeat one."""
    rows: dict[tuple[str, ...], Mapping[str, Any]] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for row in table.to_pylist():
        row_key = tuple(cell_text(row[column]) for column in key)
        rows[*row_key, f"{counts[row_key]:09d}"] = row
        counts[row_key] += 1
    return rows


def folder_differences(old: Path, new: Path, keys: Mapping[str, Sequence[str]]) -> Iterator[CellDifference]:
    """Compare two folders of marts (`<mart>.parquet`), mart by mart; the mart of figures is compared by its own rules.

    Args:
        old: Folder before.
        new: Folder after.
        keys: Mart to the columns that identify its rows.

    Raises:
        PackageError: A file cannot be read, or a table cannot be compared.
    """
    before, after = ({path.stem: path for path in folder.glob("*.parquet")} for folder in (old, new))
    for name in sorted(({*before} | {*after}) - {MART}):
        if name not in before or name not in after:
            yield CellDifference(name, "added" if name in after else "removed", "", ALL_COLUMNS, "", "")
            continue
        yield from table_differences(name, _read(before[name]), _read(after[name]), keys.get(name, ()))


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise PackageError(
            "a table cannot be read", found=str(error), where=str(path), remedy="ask for the package again"
        ) from error
