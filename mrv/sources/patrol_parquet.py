"""Parquet files of patrols, as tools around SMART and EarthRanger write them: checked before they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mrv.errors import InputError
from mrv.ledger import Artifact
from mrv.refusals import problem_of
from mrv.sources import patrol_points as points
from mrv.sources.contract import Parsed, Request

MAX_ROWS = 20_000_000
MAX_BYTES = 4 * 2**30
"""Of the columns that are read, unpacked: a small file can hold very much of the same."""
Check = Callable[[pa.DataType], bool]
_POINTS: Mapping[str, Check] = {
    "patrol_id": pa.types.is_string,
    "fixtime": pa.types.is_timestamp,
    "geometry": pa.types.is_binary,
}
_REMEDY = "export the points again, with the columns patrol_id, fixtime (UTC) and geometry (WKB)"


def read_table(path: Path, *, label: str, needed: Mapping[str, Check], optional: Mapping[str, Check]) -> pa.Table:
    """Read some columns of a file, after a look at what they are and how large.

    Args:
        path: The file.
        label: How errors call it.
        needed: Column to what its type must be.
        optional: The same of columns that may be missing.

    Raises:
        InputError: It is no Parquet, lacks a column or has it in another type, or is too large.
    """
    try:
        file = pq.ParquetFile(path, memory_map=False)
        schema, metadata = file.schema_arrow, file.metadata
    except (pa.ArrowInvalid, OSError) as error:
        raise _refused(label, "cannot be read", "a Parquet file", problem_of(error)) from error
    checks = {**needed, **{name: check for name, check in optional.items() if name in schema.names}}
    wrong = [name for name in needed if name not in schema.names]
    wrong += [name for name, check in checks.items() if name in schema.names and not check(schema.field(name).type)]
    if wrong:
        found = ", ".join(f"{name} {schema.field(name).type if name in schema.names else 'missing'}" for name in wrong)
        raise _refused(label, "does not have the columns of its kind", ", ".join(needed), found[:300])
    size = sum(
        metadata.row_group(group).column(column).total_uncompressed_size
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
        if metadata.schema.column(column).path.split(".")[0] in checks
    )
    if metadata.num_rows > MAX_ROWS or size > MAX_BYTES:
        found = f"{metadata.num_rows} rows, {size} bytes unpacked"
        raise _refused(label, "is too large", f"at most {MAX_ROWS} rows and {MAX_BYTES} bytes", found)
    try:
        return file.read(columns=list(checks))
    except (pa.ArrowInvalid, OSError) as error:
        raise _refused(label, "is damaged", "a whole Parquet file", problem_of(error)) from error


def read_points(
    artifact: Artifact, request: Request, *, system: str, local_clock: str | None, dataset_label: str
) -> Parsed:
    """Read track points with a column `patrol_id`; `groupby_col`, where there is one, tells whose track it is, and so the leg.

    Args:
        artifact: The file.
        request: Who asks.
        system: Name of the source's kind.
        local_clock: Time zone whose clock the times are read on although they say UTC, as SMART writes them; None: they
            are UTC.
        dataset_label: How errors call the file.

    Raises:
        InputError: See `read_table`.
    """
    table = read_table(
        request.store.get(artifact.sha256),
        label=dataset_label,
        needed=_POINTS,
        optional={"junk_status": pa.types.is_boolean, "groupby_col": pa.types.is_string},
    )
    stamps = table["fixtime"].combine_chunks()
    missing = pc.is_null(stamps).to_numpy(zero_copy_only=False)
    time_us = pc.fill_null(
        stamps.cast(pa.timestamp("us", tz=stamps.type.tz), safe=False).cast(pa.int64()), 0
    ).to_numpy()
    longitude, latitude = places(table["geometry"])

    def raw(place: int) -> Mapping[str, Any]:
        return {name: table[name][place].as_py() for name in ("patrol_id", "fixtime")}

    part = points.Points(
        system=system,
        artifact=artifact.sha256,
        label=dataset_label,
        row=np.arange(1, table.num_rows + 1),
        patrol_id=points.text_or_null(table["patrol_id"].combine_chunks()),
        leg_id=points.text_or_null(table["groupby_col"].combine_chunks())
        if "groupby_col" in table.column_names
        else pa.nulls(table.num_rows, pa.string()),
        time_us=points.to_utc(time_us, local_clock) if local_clock else time_us,
        longitude=longitude,
        latitude=latitude,
        is_junk=table["junk_status"].combine_chunks()
        if "junk_status" in table.column_names
        else pa.nulls(table.num_rows, pa.bool_()),
        raw=raw,
    )
    part.refuse("missing_value", missing, "the time is missing")
    return points.parsed(part, request.bounds)


def places(geometry: pa.ChunkedArray) -> tuple[points.Floats, points.Floats]:
    """Return longitude and latitude of points in WKB; NaN for what is null, empty, damaged or no point."""
    import shapely

    shapes = shapely.from_wkb(geometry.to_numpy(zero_copy_only=False), on_invalid="ignore")
    shapes = np.where(shapely.get_type_id(shapes) == 0, shapes, None)
    return shapely.get_x(shapes), shapely.get_y(shapes)


def _refused(label: str, what: str, expected: str, found: str) -> InputError:
    return InputError(f"a Parquet file of patrols {what}", expected=expected, found=found, where=label, remedy=_REMEDY)
