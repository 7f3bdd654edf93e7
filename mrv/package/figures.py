"""Figures with an address: how the report, the summary and the verifier read them from the mart `figures`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.contents import Contents

MART = "figures"
_COLUMNS = ("figure_id", "label_en", "label_es", "value", "unit", "mart", "row_key")


@dataclass(frozen=True)
class Figure:
    """One published figure: `value` is null where it could not be computed; `mart` and `row_key` are its address."""

    figure_id: str
    label_en: str
    label_es: str
    value: Decimal | None
    unit: str
    mart: str
    row_key: str

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
    figures = {row["figure_id"]: Figure(**row) for row in rows}
    if len(figures) != len(rows):
        raise PackageError("a figure's id stands twice", where=str(path), remedy="build the tables again")
    return figures


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
