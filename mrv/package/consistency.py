"""Whether a package agrees with itself: the summary's figures with the tables, and the tables' two forms with each other."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.figures import MART, read_figures, recomputed, select
from mrv.package.reading import SUMMARY, read_summary, reading
from mrv.package.staging import cell_text
from mrv.package.tables import FOLDER

MAX_FIGURES = 1_000_000
_BATCH_ROWS = 10_000


def figures(root: Path) -> str:
    """Recompute every figure from the row it points to, and compare `data/package.json` with them.

    Returns:
        What was compared.

    Raises:
        PackageError: A figure differs from its row, the summary from the figures, or one of them cannot be read.
    """
    said, file = _headline(root), f"{FOLDER}/{MART}.parquet"
    with reading(file):
        if pq.read_metadata(root / file).num_rows > MAX_FIGURES:
            raise PackageError("there are too many figures", expected=f"at most {MAX_FIGURES}", where=file)
        published = read_figures(root / file)
        for figure, value in recomputed(published.values(), root / FOLDER):
            if figure.value != value:
                raise PackageError(
                    f"the figure {figure.figure_id} is not what its row says",
                    expected=f"{value} ({figure.mart}, {figure.row_key}, {figure.mart_column})",
                    found=str(figure.value),
                    where=f"{file} and {FOLDER}/{figure.mart}.parquet",
                    remedy="ask the publisher which one holds",
                )
    with reading(SUMMARY):
        for figure in select(said, root / file):
            if said[figure.figure_id] != figure.record():
                raise PackageError(
                    f"the summary and the tables differ in {figure.figure_id}",
                    expected=json.dumps(figure.record(), ensure_ascii=False),
                    found=json.dumps(said[figure.figure_id], ensure_ascii=False),
                    where=f"{SUMMARY} and {file}",
                    remedy="ask the publisher which one holds",
                )
    return f"{len(published)} figures equal the rows they point to; {len(said)} of them stand in {SUMMARY}"


def _headline(root: Path) -> dict[str, Any]:
    summary = read_summary(root)
    with reading(SUMMARY):
        said: dict[str, Any] = {}
        for figure in summary["headline"]:
            name = figure["figure_id"]
            if not isinstance(name, str) or name in said:
                raise PackageError("a headline figure has no id of its own", found=json.dumps(name), where=SUMMARY)
            said[name] = figure
        return said


def tables(root: Path, names: Iterable[str]) -> str:
    """Compare the Parquet and the CSV of each table, value by value; return what was compared.

    Raises:
        PackageError: They differ, or one of the two is missing or cannot be read.
    """
    inside = {name.removeprefix(f"{FOLDER}/") for name in names if name.startswith(f"{FOLDER}/")}
    parquet = {name.removesuffix(".parquet") for name in inside if name.endswith(".parquet")}
    text = {name.removeprefix("csv/").removesuffix(".csv") for name in inside if name.startswith("csv/")}
    if alone := sorted(parquet ^ text):
        raise PackageError("tables are there in one form only", found=", ".join(alone), where=FOLDER)
    total = sum(_compare(root, f"{FOLDER}/{name}.parquet", f"{FOLDER}/csv/{name}.csv") for name in sorted(parquet))
    return f"{len(parquet)} tables with {total} rows, the same values in both forms"


def _compare(root: Path, parquet: str, text: str) -> int:
    """Return the number of rows of a table whose two forms are the same; a piece of each is in memory at a time."""
    number = -1
    with reading(text), (root / text).open(encoding="utf-8", newline="") as stream:
        pairs = zip_longest(_parquet_lines(root, parquet), csv.reader(stream, strict=True))
        for number, (expected, found) in enumerate(pairs):
            if expected != found:
                raise PackageError(
                    f"the two forms of a table differ in {f'row {number}' if number else 'their columns'}",
                    expected=f"{_shown(expected, found)} as in {parquet}",
                    found=_shown(found, expected),
                    where=text,
                    remedy="ask the publisher which one holds",
                )
    return number


def _parquet_lines(root: Path, name: str) -> Iterator[list[str]]:
    """Yield the names of the columns, then each row as the CSV must have it: what is null is empty there."""
    with reading(name), pq.ParquetFile(root / name) as file:
        yield list(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            columns = [column.to_pylist() for column in batch.columns]
            yield from ([cell_text(value) for value in row] for row in zip(*columns, strict=True))


def _shown(line: list[str] | None, other: list[str] | None) -> str:
    """Return of a line what differs from the other one."""
    if line is None:
        return "no row"
    if other is None or len(line) != len(other):
        return ", ".join(line)
    return ", ".join(one or "(empty)" for one, two in zip(line, other, strict=True) if one != two)
