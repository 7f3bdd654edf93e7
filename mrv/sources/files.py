"""Connector `files`: tables, rasters and fires of a folder, by the mapping that the project declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from mrv.errors import ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import Files, RasterFile, TableFile
from mrv.sources.contract import Parsed, Request
from mrv.sources.csv_reading import CsvFile
from mrv.sources.fetch import Fetcher, Wanted, base_of, fetching
from mrv.sources.fire_files import parse_fires
from mrv.sources.records import merge
from mrv.sources.table_columns import ColumnReader
from mrv.sources.table_rows import ROWS_OF_A_MAPPING, RowReader, check_mapping
from mrv.sources.xlsx_reading import parse_sheet


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
            kind="titled_csv" if item.format == "csv" and item.skip_rows else item.format,
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
    mapped: Counter[tuple[str, str]] = Counter()
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
        offset = mapped[artifact.sha256, table.dataset] * ROWS_OF_A_MAPPING
        mapped[artifact.sha256, table.dataset] += 1
        parts.append((table.dataset, _parse_table(table, artifact, request, offset=offset)))
    if spec.fires:
        fires = [item for item in artifacts if item.dataset == "fires"]
        parts.append(("fires", parse_fires(fires, request, only_wanted=True)))
    return merge(parts)


def _parse_table(table: TableFile, artifact: Artifact, request: Request, *, offset: int) -> Parsed:
    if table.format == "xlsx":
        return parse_sheet(table, artifact, request, offset=offset)
    file = CsvFile(
        request.store.get(artifact.sha256),
        label=artifact.address,
        required=set(table.columns.values()),
        encoding=table.encoding,
        delimiter=table.delimiter,
        skip_rows=table.skip_rows,
        header_rows=table.header_rows,
    )
    return ColumnReader(RowReader(table, artifact, request.bounds, offset=offset), file).parsed()
