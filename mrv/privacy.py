"""What may leave the house: private columns are blanked before any SQL sees them, and dropped from what is published.

`mrv.schemas` marks the columns of a landed table that name or tell of a person, that are an exact place, or that hold free
words (`Dataset.private`). Everything here works on these marks, so that a new private column is protected by its declaration.

People and households can still be counted: a personal column whose name ends in `_key` becomes a code such as `person-17`.
The number is the rank of the key among all keys of the run in the order of their hashes. It is the same in every table, and
it tells nothing of the key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mrv.schemas import DATASETS

NOT_TOLD = "a value that is not told"
"""What a message says instead of a private value."""
KEY_SUFFIX = "_key"
WORDS_ARE_TOLD = frozenset({"plots", "audit_trees"})
"""Datasets with a private column whose other columns hold codes and names of plants."""
_QUOTES = " '\""
_LIKE_A_CODE = re.compile(
    r"|[a-z][a-z0-9_.:+/-]{0,63}"  # a word of a list, a hash, an address of a submission
    r"|(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9_.:|/-]{1,64}"  # BMS-16, 2023-05-08T10:00:00Z
    r"|[+-]?[0-9]{0,7}(?:[.,][0-9]{0,9})?"  # a number; longer ones may be those of documents and telephones
    r"|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?: [0-9]{1,2}:[0-9:.]*)?"
)
Codes = Mapping[str, Mapping[str, str]]
"""Key column to (key to code): `{"person_key": {"dni-4711": "person-3"}}`."""

WITHHELD, REPLACED, ROWS_WITHHELD = "withheld", "replaced_by_code", "rows_withheld"
"""Rules of `privacy_log`: values blanked, keys replaced by codes, whole rows not published (column `*`)."""
GENERALISED = "generalised_to_cell"
"""Rule of `privacy_log`: a place is told as the cell of `record_cells` that holds it."""
ALL_COLUMNS = "*"
PEOPLE_ON_CAMERA = {"camera_observations": ("observation_type", "human")}
"""Dataset to the column and value of the rows that are never published."""


def is_key(dataset: str, column: str) -> bool:
    """Tell whether a column holds keys of people or households, which become codes."""
    return DATASETS[dataset].private.get(column) == "personal" and column.endswith(KEY_SUFFIX)


def codes_of(tables: Mapping[str, pa.Table]) -> Codes:
    """Return a code for every person and household that the tables of a run name.

    Args:
        tables: Landed dataset to its rows; key columns are those of `is_key`.

    Returns:
        Codes by column. The same keys give the same codes, in whatever order and tables they stand.
    """
    keys: dict[str, set[str]] = {}
    for dataset, table in tables.items():
        for column in DATASETS[dataset].private:
            if is_key(dataset, column):
                keys.setdefault(column, set()).update(pc.unique(table[column]).drop_null().to_pylist())
    return {column: _ranked(column, found) for column, found in sorted(keys.items())}


def _ranked(column: str, keys: set[str]) -> dict[str, str]:
    # The order of hashes is no order of names or numbers, so a rank does not tell where in the list a person stands.
    ordered = sorted(keys, key=lambda key: hashlib.sha256(f"{column}\0{key}".encode()).digest())
    kind = column.removesuffix(KEY_SUFFIX)
    return {key: f"{kind}-{rank}" for rank, key in enumerate(ordered, start=1)}


def for_warehouse(dataset: str, table: pa.Table, codes: Codes) -> pa.Table:
    """Return a landed table as SQL may see it: keys replaced by codes, every other private value null.

    Args:
        dataset: Name of the landed table.
        table: Its accepted rows.
        codes: From `codes_of`.

    Returns:
        The same rows and columns.
    """
    for column in DATASETS[dataset].private:
        position = table.column_names.index(column)
        field = table.schema.field(position)
        if is_key(dataset, column):
            known = codes[column]
            values = pa.array(
                [None if key is None else known[key] for key in table[column].to_pylist()], type=field.type
            )
        else:
            values = pa.nulls(table.num_rows, field.type)
        table = table.set_column(position, field, values)
    return table


def published_columns(dataset: str) -> list[str]:
    """Return the columns of a landed table that may be published, in their order."""
    declared = DATASETS[dataset]
    return [name for name in declared.schema.names if name not in declared.private]


def for_publication(dataset: str, table: pa.Table) -> pa.Table:
    """Return a landed table as it is published: without private columns, and without rows of people on camera."""
    if dataset in PEOPLE_ON_CAMERA:
        column, value = PEOPLE_ON_CAMERA[dataset]
        table = table.filter(pc.not_equal(table[column], value))
    return table.select(published_columns(dataset))


def told(dataset: str, column: str, value: Any) -> Any:
    """Return a value as a message may show it: that of a private column is not told.

    Nor are words in any other column of a table with private columns, unless they look like a code, a number or a day: where
    columns of a file are shifted, names stand in the columns of numbers.

    Args:
        dataset: Name of the landed table.
        column: Its column; one that the table does not have is public.
        value: The value, of any type; null is told, for that a value is missing tells nothing of it.
    """
    private = DATASETS[dataset].private
    if value is None or not private:
        return value
    typed = (
        isinstance(value, str) and dataset not in WORDS_ARE_TOLD and not _LIKE_A_CODE.fullmatch(value.strip(_QUOTES))
    )
    return NOT_TOLD if column in private or typed else value


def privacy_log(tables: Mapping[str, pa.Table], *, published: frozenset[str], generalised: frozenset[str]) -> pa.Table:
    """Return the landed table `privacy_log`: what of each column does not leave the house as it was received.

    Args:
        tables: Landed dataset to its accepted rows, before `for_warehouse`.
        published: Datasets whose rows go into the package.
        generalised: Datasets whose places are told as the cells of `record_cells`.
    """
    rows = []
    for dataset, table in tables.items():
        declared = DATASETS[dataset]
        for column, privacy in declared.private.items():
            rule = REPLACED if is_key(dataset, column) else WITHHELD
            if dataset in generalised and column in ("longitude", "latitude"):
                rule = GENERALISED
            count = table.num_rows - table[column].null_count
            rows.append(_entry(dataset, column, privacy, rule, count))
        if declared.private and dataset not in published:
            rows.append(_entry(dataset, ALL_COLUMNS, "rows", ROWS_WITHHELD, table.num_rows))
        elif dataset in PEOPLE_ON_CAMERA:
            hidden = table.num_rows - for_publication(dataset, table).num_rows
            rows.append(_entry(dataset, ALL_COLUMNS, "rows", ROWS_WITHHELD, hidden))
    return DATASETS["privacy_log"].table(rows)


def _entry(dataset: str, column: str, privacy: str, rule: str, count: int) -> dict[str, Any]:
    return {"dataset": dataset, "column_name": column, "privacy": privacy, "rule": rule, "value_count": count}
