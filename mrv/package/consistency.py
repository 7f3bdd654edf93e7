"""Whether a package agrees with itself: the summary's figures with the tables, and the tables' two forms with each other."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.figures import MART, read_figures, recomputed, select
from mrv.package.tables import FOLDER

SUMMARY = "data/package.json"
MAX_JSON_BYTES = 16 * 2**20
MAX_FIGURES = 1_000_000


def figures(root: Path) -> str:
    """Recompute every figure from the row it points to, and compare `data/package.json` with them.

    Returns:
        What was compared.

    Raises:
        PackageError: A figure differs from its row, the summary from the figures, or one of them cannot be read.
    """
    path = root / SUMMARY
    if path.stat().st_size > MAX_JSON_BYTES:
        raise PackageError("the summary is too large", found=f"{path.stat().st_size} bytes", where=SUMMARY)
    try:
        said = {figure["figure_id"]: figure for figure in json.loads(path.read_bytes())["headline"]}
    except (ValueError, KeyError, TypeError) as error:
        raise PackageError("the summary cannot be read", found=str(error), where=SUMMARY) from error
    file = f"{FOLDER}/{MART}.parquet"
    if not (root / file).is_file() and not said:
        return "there are no figures"
    if _row_count(root, file) > MAX_FIGURES:
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


def tables(root: Path, names: Iterable[str]) -> str:
    """Compare the Parquet and the CSV of each table in columns and number of rows; return what was compared.

    Raises:
        PackageError: They differ, or one of the two is missing or cannot be read.
    """
    inside = {name.removeprefix(f"{FOLDER}/") for name in names if name.startswith(f"{FOLDER}/")}
    parquet = {name.removesuffix(".parquet") for name in inside if name.endswith(".parquet")}
    text = {name.removeprefix("csv/").removesuffix(".csv") for name in inside if name.startswith("csv/")}
    if alone := sorted(parquet ^ text):
        raise PackageError("tables are there in one form only", found=", ".join(alone), where=FOLDER)
    total = 0
    for name in sorted(parquet):
        one, other = f"{FOLDER}/{name}.parquet", f"{FOLDER}/csv/{name}.csv"
        in_parquet, in_csv = _shape(root, one), _csv_shape(root, other)
        if in_parquet != in_csv:
            raise PackageError(
                f"the two forms of the table {name} differ",
                expected=f"{in_parquet[1]} rows of {', '.join(in_parquet[0])} as in {one}",
                found=f"{in_csv[1]} rows of {', '.join(in_csv[0])} in {other}",
                where=other,
                remedy="ask the publisher which one holds",
            )
        total += in_parquet[1]
    return f"{len(parquet)} tables with {total} rows, in both forms"


def _shape(root: Path, name: str) -> tuple[list[str], int]:
    return _metadata(root, name).schema.to_arrow_schema().names, _row_count(root, name)


def _row_count(root: Path, name: str) -> int:
    return int(_metadata(root, name).num_rows)


def _metadata(root: Path, name: str) -> pq.FileMetaData:
    try:
        return pq.read_metadata(root / name)
    except (OSError, pa.ArrowException) as error:
        raise PackageError("a table cannot be read", found=str(error), where=name) from error


def _csv_shape(root: Path, name: str) -> tuple[list[str], int]:
    try:
        with (root / name).open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream, strict=True)
            return next(rows, []), sum(1 for _ in rows)
    except (UnicodeDecodeError, csv.Error) as error:
        raise PackageError("a table cannot be read", found=str(error), where=name) from error
