"""Landed tables as the pandas frames that are checked, with the few columns that rules need beside the data.

Conversions: dates become datetime64 (midnight) and moments datetime64 in UTC because comparisons want one type; decimals become
float64, for range checks only: the accepted rows are taken from the Arrow table and keep every digit. Added columns:

- `_position`: 0-based position of the row;
- `_missing`: names of the columns that must not be null but are, else '';
- `_not_finite`: names of the float columns that hold NaN or infinity (null is neither), else '';
- `_plot_key`: plot_id|census_id|submission_id, where the table has these;
- `_census_key`: plot_id|census_id, likewise;
- `_origin`: artifact|row, where the table has these;
- `_span_days`: days of a job from its first to its last, where the table has these;
- `_told_by`: the last day that a submission can tell of, where the table has `submitted_at`: the day after it was sent (UTC),
  since east of Greenwich the day has begun already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mrv.schemas import DATASETS

PLOT_KEY = ("plot_id", "census_id", "submission_id")
DEPLOYMENT_KEY = ("package_name", "deployment_id")
ORIGIN = ("_artifact", "_row")


def check_frame(dataset: str, table: pa.Table) -> pd.DataFrame:
    """Return the frame of a landed table that its suite is evaluated on."""
    columns = {name: _series(table[name]) for name in table.schema.names}
    columns["_position"] = pd.Series(np.arange(table.num_rows), dtype="int64")
    required = [field.name for field in DATASETS[dataset].schema if not field.nullable and field.name in columns]
    columns["_missing"] = _names(table, {name: pc.is_null(table[name]) for name in required})
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    columns["_not_finite"] = _names(
        table, {name: pc.invert(pc.fill_null(pc.is_finite(table[name]), True)) for name in floats}
    )
    if set(PLOT_KEY) <= columns.keys():
        columns["_plot_key"] = pd.Series(plot_keys(table), dtype="object")
        columns["_census_key"] = pd.Series(census_keys(table), dtype="object")
    if set(DEPLOYMENT_KEY) <= columns.keys():
        columns["_deployment_key"] = pd.Series(deployment_keys(table), dtype="object")
    if set(ORIGIN) <= columns.keys():
        columns["_origin"] = pd.Series(origins(table), dtype="object")
    if {"work_from", "work_to"} <= columns.keys():
        columns["_span_days"] = (columns["work_to"] - columns["work_from"]).dt.days + 1.0
    if "submitted_at" in columns:
        columns["_told_by"] = columns["submitted_at"].dt.tz_localize(None).dt.normalize() + pd.Timedelta(days=1)
    return pd.DataFrame(columns)


def plot_keys(table: pa.Table) -> list[str]:
    """Return plot_id|census_id|submission_id of each row of `plots` or `trees`, in the order of the rows."""
    return [_joined(row) for row in zip(*(table[name].to_pylist() for name in PLOT_KEY), strict=True)]


def census_keys(table: pa.Table) -> list[str]:
    """Return plot_id|census_id of each row of a table of plots or of what was measured in them, in the order of the rows."""
    return [_joined(row) for row in zip(table["plot_id"].to_pylist(), table["census_id"].to_pylist(), strict=True)]


def deployment_keys(table: pa.Table) -> list[str]:
    """Return package_name|deployment_id of each row of a table of camera traps, in the order of the rows."""
    return [_joined(row) for row in zip(*(table[name].to_pylist() for name in DEPLOYMENT_KEY), strict=True)]


def record_plot_key(record: Mapping[str, Any]) -> str:
    """Return the same of a record of the quarantine; what it does not say is empty."""
    return _joined(record.get(name) for name in PLOT_KEY)


def origins(table: pa.Table) -> list[str]:
    """Return artifact|row of each row, in the order of the rows."""
    return [_joined(row) for row in zip(*(table[name].to_pylist() for name in ORIGIN), strict=True)]


def tree_parameters(*, received: pa.Table, accepted: pa.Table, set_aside: pa.Table | None = None) -> Mapping[str, Any]:
    """Return the parameters of the suite of `trees`, from `plots` as received and as accepted.

    Without submission ids two submissions of one plot share their key; it then counts as accepted when one of them was.

    Args:
        received: Rows of `plots` that could be typed.
        accepted: Those of them that passed their suite.
        set_aside: Rows of `quarantine` of `plots`, those that could not be typed among them: their plots were received too.
    """
    known = set(plot_keys(received))
    if set_aside is not None:
        known.update(record_plot_key(json.loads(text)) for text in set_aside["record"].to_pylist())
    return {
        "known_plot_keys": sorted(known),
        "quarantined_plot_keys": sorted(known - set(plot_keys(accepted))),
    }


def _joined(parts: Iterable[Any]) -> str:
    """Join ids in which the separator cannot stand by itself, so that no two keys look the same."""
    return "|".join("" if part is None else str(part).replace("\\", "\\\\").replace("|", "\\|") for part in parts)


def _series(column: pa.ChunkedArray) -> pd.Series[Any]:
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    elif pa.types.is_timestamp(column.type) and column.type.tz is not None:
        # Moments of one zone compare as well without it, and pandas warns where values with a zone are compared.
        column = column.cast(pa.timestamp("us"))
    elif pa.types.is_decimal(column.type):
        # By its text: Arrow multiplies by 10^-9, so that 60 would become 60.00000000000001 and be more than 60.
        column = column.cast(pa.string()).cast(pa.float64())
    series: pd.Series[Any] = column.to_pandas()
    return series


def _names(table: pa.Table, flags: Mapping[str, Any]) -> pd.Series[Any]:
    found = np.full(table.num_rows, "", dtype=object)
    for name, flag in flags.items():
        for position in np.flatnonzero(np.asarray(flag, dtype=bool)):
            found[position] = f"{found[position]} {name}".strip()
    return pd.Series(found, dtype="object")
