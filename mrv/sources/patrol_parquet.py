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
MAX_BYTES = 2 * 2**30
"""Of the columns that are read, unpacked, with texts that stand once in the file counted in each row that repeats them."""
_TEXT = "BYTE_ARRAY"
_POINT, _Z_EWKB, _M_EWKB, _SRID_EWKB = 1, 0x80000000, 0x40000000, 0x20000000
_ISO_STEP = 1000
"""ISO 13249 adds 1000 to the code of a shape with heights, 2000 with measures, 3000 with both; PostGIS sets bits instead."""
_MOST_AXES = 4
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
    chunks = [
        metadata.row_group(group).column(column)
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
        if metadata.schema.column(column).path.split(".")[0] in checks
    ]
    size, values = sum(chunk.total_uncompressed_size for chunk in chunks), sum(chunk.num_values for chunk in chunks)
    if max(metadata.num_rows, values // max(len(checks), 1)) > MAX_ROWS or size > MAX_BYTES:
        raise _too_large(label, f"{metadata.num_rows} rows, {values} values, {size} bytes unpacked")
    texts = sorted({chunk.path_in_schema for chunk in chunks if chunk.physical_type == _TEXT})
    try:
        return _read_groups(path, list(checks), texts, label)
    except (pa.ArrowException, OSError) as error:
        raise _refused(label, "is damaged", "a whole Parquet file", problem_of(error)) from error


def _read_groups(path: Path, names: list[str], texts: list[str], label: str) -> pa.Table:
    """Read group of rows by group of rows, each text once first: what all rows repeat of it is counted before it is made."""
    file = pq.ParquetFile(path, memory_map=False, read_dictionary=texts)
    groups, size = [], 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=names)
        size += sum(_unpacked_bytes(chunk) for column in table.columns for chunk in column.chunks)
        if size > MAX_BYTES:
            raise _too_large(label, f"{size} bytes unpacked in the first {group + 1} groups of rows")
        groups.append(pa.table({name: _plain(table[name]) for name in table.column_names}))
    return pa.concat_tables(groups) if groups else pq.read_schema(path).empty_table().select(names)


def _unpacked_bytes(array: pa.Array) -> int:
    """Return how many bytes an array has with each of its texts written out, lists and structures included."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = pc.binary_length(array.dictionary).cast(pa.int64())
        return pc.sum(lengths.take(array.indices)).as_py() or 0
    if pa.types.is_struct(kind):
        return sum(_unpacked_bytes(part) for part in array.flatten())
    if pa.types.is_map(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _unpacked_bytes(array.values)
    return int(array.nbytes)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


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
    """Return longitude and latitude of points in WKB; NaN for what is null, empty, damaged or no point.

    A point has one of few lengths, by its axes and whether it names a reference system. Only bytes of such a length are looked
    at, and no other shape is ever built: one nested deep enough would end the process.
    """
    longitude = np.full(len(geometry), np.nan)
    latitude = np.full(len(geometry), np.nan)
    lengths = pc.fill_null(pc.binary_length(geometry), 0).to_numpy()
    for has_srid in (False, True):
        for axes in range(2, _MOST_AXES + 1):
            at = np.flatnonzero(lengths == 5 + 4 * has_srid + 8 * axes)
            if not at.size:
                continue
            taken = b"".join(geometry.take(pa.array(at)).to_pylist())
            # Big endian is 0, little endian 1; anything else is no WKB.
            for mark, order in ((0, ">"), (1, "<")):
                layout = [("mark", "u1"), ("code", f"{order}u4"), *([("srid", f"{order}u4")] if has_srid else [])]
                found = np.frombuffer(taken, dtype=[*layout, ("place", f"{order}f8", (axes,))])
                sound = (found["mark"] == mark) & _is_point(found["code"].astype(np.uint32), axes, has_srid=has_srid)
                longitude[at[sound]], latitude[at[sound]] = found["place"][sound, 0], found["place"][sound, 1]
    return longitude, latitude


def _is_point(code: np.ndarray[Any, Any], axes: int, *, has_srid: bool) -> np.ndarray[Any, Any]:
    """Tell which codes say of themselves that they are points of so many axes, as ISO or PostGIS write them."""
    flags = code & np.uint32(_Z_EWKB | _M_EWKB | _SRID_EWKB)
    kind = code & np.uint32(~(_Z_EWKB | _M_EWKB | _SRID_EWKB) & 0xFFFFFFFF)
    dimensions = np.where(flags & _Z_EWKB, 1, 0) + np.where(flags & _M_EWKB, 1, 0)
    is_named = (flags & _SRID_EWKB) != 0
    steps = kind // _ISO_STEP
    as_iso = (flags & (_Z_EWKB | _M_EWKB) == 0) & (2 + np.where(steps == 3, 2, np.minimum(steps, 1)) == axes)
    as_postgis = (steps == 0) & (2 + dimensions == axes)
    fits: np.ndarray[Any, Any] = (
        (as_iso | as_postgis) & (kind % _ISO_STEP == _POINT) & (steps < _MOST_AXES) & (is_named == has_srid)
    )
    return fits


def _too_large(label: str, found: str) -> InputError:
    return _refused(label, "is too large", f"at most {MAX_ROWS} rows and {MAX_BYTES} bytes", found)


def _refused(label: str, what: str, expected: str, found: str) -> InputError:
    return InputError(f"a Parquet file of patrols {what}", expected=expected, found=found, where=label, remedy=_REMEDY)
