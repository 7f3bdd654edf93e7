"""Figures with an address: how the report, the summary and the verifier read them from the mart `figures`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.contents import Contents

MART = "figures"
_COLUMNS = ("figure_id", "label_en", "label_es", "value", "unit", "mart", "mart_column", "row_key", "reason")
_TYPES: Mapping[str, tuple[type, ...]] = {"value": (Decimal, NoneType), "reason": (str, NoneType)}
"""Columns that are not plain text, or may be null."""
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Figure:
    """One published figure with its address.

    Attributes:
        value: Null where it could not be computed; `reason` says why.
        row_key: `column=value` joined by `;`. Nothing after the sign means null, as in the CSV. Where no row has the value
            `*` itself, it stands for every value: the figure is the sum of the rows that the other parts leave.
    """

    figure_id: str
    label_en: str
    label_es: str
    value: Decimal | None
    unit: str
    mart: str
    mart_column: str
    row_key: str
    reason: str | None

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """Column and value (as text) of each part of the row key."""
        pairs = (part.partition("=") for part in self.row_key.split(";"))
        return tuple((name, value) for name, _, value in pairs)

    def record(self) -> dict[str, Any]:
        """Return the figure as `package.json` holds it: the value as text, so that no digit is lost."""
        return {
            **{name: getattr(self, name) for name in _COLUMNS},
            "value": None if self.value is None else format(self.value, "f"),
        }


def read_figures(path: Path) -> dict[str, Figure]:
    """Return the figures of a `figures.parquet` by id.

    Raises:
        PackageError: It cannot be read, a column is missing, or an id stands twice.
    """
    try:
        names = pq.read_schema(path).names
        rows: list[Mapping[str, Any]] = pq.read_table(path, columns=[*{*_COLUMNS} & {*names}]).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise PackageError(
            "the figures cannot be read", found=str(error), where=str(path), remedy="build the tables again"
        ) from error
    if missing := [name for name in _COLUMNS if name not in names]:
        raise PackageError(
            "the figures lack columns", found=", ".join(missing), where=str(path), remedy="build the tables again"
        )
    for number, row in enumerate(rows, start=1):
        _require_whole(row, f"{path}, row {number}")
    figures = {row["figure_id"]: Figure(**row) for row in rows}
    if len(figures) != len(rows):
        raise PackageError("a figure's id stands twice", where=str(path), remedy="build the tables again")
    return figures


def _require_whole(row: Mapping[str, Any], where: str) -> None:
    """Refuse a figure without a full address, or whose table has a name that could lead out of the folder of tables."""
    wrong = [name for name in _COLUMNS if not isinstance(row[name], _TYPES.get(name, str))]
    if not wrong and not _TABLE_NAME.fullmatch(row["mart"]):
        wrong = ["mart"]
    if wrong:
        raise PackageError(
            "a figure is not whole",
            expected="text in every column, a number or nothing as value, and a table called [a-z][a-z0-9_]*",
            found=", ".join(f"{name}={row[name]!r}" for name in wrong),
            where=where,
            remedy="build the tables again",
        )


def headline(contents: Contents) -> list[Figure]:
    """Return the figures at the top of the report, in the order that was asked for.

    Raises:
        PackageError: There is no figure of an id.
    """
    return select(contents.headline, contents.marts_folder / f"{MART}.parquet")


def select(figure_ids: Iterable[str], path: Path) -> list[Figure]:
    """Return figures of a `figures.parquet` by id.

    Raises:
        PackageError: There is no figure of an id.
    """
    wanted = list(figure_ids)
    if not wanted:
        return []
    if not path.is_file():
        raise PackageError("there are no figures", where=str(path), remedy="build the tables again")
    figures = read_figures(path)
    if missing := [name for name in wanted if name not in figures]:
        raise PackageError(
            "a headline figure does not exist",
            found=", ".join(missing),
            where=str(path),
            remedy="choose ids of the mart figures",
        )
    return [figures[name] for name in wanted]


def recomputed(figures: Iterable[Figure], folder: Path) -> Iterator[tuple[Figure, Any]]:
    """Yield each figure with the value that its mart gives at its address, or the sum over the rows that a `*` stands for.

    A sum with an unknown part is unknown.

    Args:
        figures: Figures.
        folder: Folder of the marts' Parquet.

    Raises:
        PackageError: An address leads to no row, to several, or to no column.
    """
    index: dict[tuple[str, str, tuple[str, ...]], dict[tuple[str, ...], list[Any]]] = {}
    for figure in figures:
        names = tuple(name for name, _ in figure.key)
        address = (figure.mart, figure.mart_column, names)
        if address not in index:
            index[address] = _values(folder / f"{figure.mart}.parquet", figure, names)
        wanted = tuple(value for _, value in figure.key)
        found = index[address].get(wanted, [])
        if not found and "*" in wanted:
            found = [value for key, values in index[address].items() if _matches(key, wanted) for value in values]
            if not found:
                raise _astray(figure, "no rows")
            yield figure, _sum(figure, found)
            continue
        if len(found) != 1:
            raise _astray(figure, f"{len(found)} rows")
        yield figure, found[0]


def _matches(key: Sequence[str], wanted: Sequence[str]) -> bool:
    return all(part in ("*", value) for part, value in zip(wanted, key, strict=True))


def _sum(figure: Figure, values: Sequence[Any]) -> Any:
    try:
        return total(values)
    except TypeError as error:
        raise _astray(figure, f"values that have no sum ({error})") from error


def _values(path: Path, figure: Figure, names: Sequence[str]) -> dict[tuple[str, ...], list[Any]]:
    columns = [*names, figure.mart_column]
    try:
        table = pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise _astray(figure, str(error)) from error
    if missing := {*columns} - {*table.column_names}:
        raise _astray(figure, f"no column {', '.join(sorted(missing))}")
    values: dict[tuple[str, ...], list[Any]] = {}
    for row in table.to_pylist():
        key = tuple("" if row[name] is None else str(row[name]) for name in names)
        values.setdefault(key, []).append(row[figure.mart_column])
    return values


def total(values: Sequence[Any]) -> Any:
    """Return the sum of values; unknown (None) where there is none or one of them is unknown."""
    return None if not values or any(value is None for value in values) else sum(values)


def _astray(figure: Figure, found: str) -> PackageError:
    return PackageError(
        f"the address of the figure {figure.figure_id} leads nowhere",
        expected=f"one row of {figure.mart} with {figure.row_key}, column {figure.mart_column}",
        found=found,
        where=f"{figure.mart}.parquet",
        remedy="build the tables again",
    )
