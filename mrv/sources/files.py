"""Connector `files`: tables, rasters and fires of a folder, by the mapping that the project declares."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pyarrow as pa

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import Files, RasterFile, TableFile
from mrv.schemas import DATASETS, Dataset
from mrv.sources.contract import Parsed, Request
from mrv.sources.csv_reading import CsvFile, Row
from mrv.sources.fetch import Fetcher, Wanted, base_of, fetching
from mrv.sources.fire_files import parse_fires
from mrv.sources.records import ORIGIN, Record, Records, merge
from mrv.sources.values import Reading

_REMEDY = "mend the value in the file, or name its missing-value text in project.yaml"


def _address(spec: Files, path: str) -> str:
    return f"files/{spec.name}/{path}"


def wanted(spec: Files, request: Request) -> list[Wanted]:
    """List the declared files, tables first.

    Raises:
        ProjectError: A mapping does not fit its table, or a raster is of no known product, version or layer.
    """
    for table in spec.tables:
        check_mapping(table, where=f"source {spec.name}, {table.path}")
    tables = [
        Wanted(
            dataset=item.dataset,
            product=item.dataset,
            address=_address(spec, item.path),
            path=item.path,
            kind="csv",
            licence=item.licence,
            citation=item.citation,
        )
        for item in spec.tables
    ]
    fires = [
        Wanted(
            dataset="fires",
            product=item.collection,
            address=_address(spec, item.path),
            path=item.path,
            kind="csv",
            licence=item.licence,
            citation=item.citation,
        )
        for item in spec.fires
    ]
    rasters = [file for item in spec.rasters for file in _wanted_raster(spec, item, request)]
    return [*tables, *rasters, *fires]


def _wanted_raster(spec: Files, item: RasterFile, request: Request) -> list[Wanted]:
    known = request.catalogue.product(item.product)
    known.version(item.version)
    layer = known.layer(item.layer)
    known.check_years(version=item.version, layer=layer.layer, years=() if item.year is None else (item.year,))
    address = _address(spec, item.path)
    raster = Wanted(
        dataset="raster",
        product=item.product,
        version=item.version,
        layer=layer.layer,
        year=item.year,
        # A file may hold a band for each of several years: each is an input of its own.
        address=address if item.year is None else f"{address}@{item.year}",
        path=item.path,
        kind="tiff",
        licence=item.licence,
        citation=item.citation,
    )
    if item.attribute_table is None:
        return [raster]
    table = item.attribute_table
    return [
        raster,
        replace(raster, dataset="raster_table", address=f"{raster.address}#{table}", path=table, kind="rat"),
    ]


def check_mapping(table: TableFile, *, where: str) -> None:
    """Make sure that a mapping fills every needed column of its table, and no other.

    Raises:
        ProjectError: It does not.
    """
    schema = DATASETS[table.dataset].schema
    filled = [*table.columns, *table.constants, *([table.row_id] if table.row_id else [])]
    unknown = sorted(name for name in filled if name not in schema.names or name in ORIGIN)
    twice = sorted({name for name in filled if filled.count(name) > 1})
    needed = sorted(item.name for item in schema if not item.nullable and item.name not in {*filled, *ORIGIN})
    for message, names in (
        ("names columns that the table does not have", unknown),
        ("fills columns more than once", twice),
        ("leaves columns empty that every row needs", needed),
    ):
        if names:
            raise ProjectError(
                f"the mapping of a table file {message}",
                expected=f"columns of {table.dataset}: " + ", ".join(n for n in schema.names if n not in ORIGIN),
                found=", ".join(names),
                where=where,
                remedy="mend columns, constants or row_id in project.yaml",
            )


def opened(spec: Files, request: Request) -> AbstractContextManager[Fetcher]:
    """Return a fetcher for the files of the source."""
    return fetching(
        request,
        source=spec.name,
        base=base_of(spec.name, str(request.project_folder / spec.root), request.settings),
        remedy="check root and path of the source in project.yaml",
    )


def pull(spec: Files, request: Request) -> list[Artifact]:
    """See `Connector.pull`."""
    files = wanted(spec, request)
    with opened(spec, request) as fetcher:
        return fetcher.fetch_all(files, label=f"{spec.name}: files")


def parse(spec: Files, artifacts: Sequence[Artifact], request: Request) -> dict[str, Parsed]:
    """See `Connector.parse`: a landed table for each dataset that the files feed."""
    by_file = {(item.address, item.dataset): item for item in artifacts}
    parts: list[tuple[str, Parsed]] = []
    for table in spec.tables:
        check_mapping(table, where=f"source {spec.name}, {table.path}")
        artifact = by_file.get((_address(spec, table.path), table.dataset))
        if artifact is None:
            raise ProjectError(
                "a declared file was not pulled",
                expected=_address(spec, table.path),
                found=", ".join(sorted(item.address for item in artifacts)),
                remedy="pull the source again after a change of project.yaml",
            )
        parts.append((table.dataset, _parse_table(table, artifact, request)))
    if spec.fires:
        fires = [item for item in artifacts if item.dataset == "fires"]
        parts.append(("fires", parse_fires(fires, request, only_wanted=True)))
    return merge(parts)


def _parse_table(table: TableFile, artifact: Artifact, request: Request) -> Parsed:
    file = CsvFile(
        request.store.get(artifact.sha256),
        label=artifact.address,
        required=set(table.columns.values()),
        encoding=table.encoding,
        delimiter=table.delimiter,
    )
    dataset, records, seen = DATASETS[table.dataset], Records(table.dataset), set()
    for row in file.rows():
        if table.distinct and not row.problem:
            values = tuple(row.cells[name] for name in table.columns.values())
            if values in seen:
                continue
            seen.add(values)
        _parse_row(records, row, table, dataset, artifact)
    return records.parsed()


def _parse_row(records: Records, row: Row, table: TableFile, dataset: Dataset, artifact: Artifact) -> None:
    record = records.record(
        row.cells,
        artifact=artifact.sha256,
        row=row.number,
        where=f"{artifact.address}, row {row.number}",
        remedy=_REMEDY,
    )
    if row.problem:
        for column in ("plot_id", "census_id", "submission_id"):
            _set_id(record, column, row, table)
        record.reject(*row.problem)
        record.done()
        return
    for column, name in table.columns.items():
        record.read(column, row.cells[name], name=name, how=Reading(missing=table.missing, decimal=table.decimal))
    for column, value in table.constants.items():
        record.read(column, _constant_text(value), name=column)
    if table.row_id:
        record.set(table.row_id, _row_id(row.number, dataset.schema.field(table.row_id).type))
    record.done()


def _set_id(record: Record, column: str, row: Row, table: TableFile) -> None:
    """Note an id of a row whose shape is wrong, as far as it can be told, so that its plot can be named."""
    value = row.cells.get(table.columns[column]) if column in table.columns else table.constants.get(column)
    text = (_constant_text(value) or "").strip()
    if text and text not in table.missing:
        record.set(column, text)


def _constant_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _row_id(number: int, kind: pa.DataType) -> str | int:
    return str(number) if pa.types.is_string(kind) else number
