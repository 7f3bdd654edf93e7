"""What may leave the house: private columns are blanked before any SQL sees them, and dropped from what is published.

`mrv.schemas` marks the columns of a landed table that name or tell of a person, that are an exact place, or that hold free
words (`Dataset.private`). Everything here works on these marks, so that a new private column is protected by its declaration.

People and households can still be counted: a personal column whose name ends in `_key` becomes a code such as `person-17`.
So do ids that people type or devices give (`Dataset.coded`), since they may name a person or a place: `deployment-3`.
The number is the rank of the key among all keys of the run in the order of their hashes. It is the same in every table, and
it tells nothing of the key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mrv.schemas import DATASETS

NOT_TOLD = "a value that is not told"
"""What a message says instead of a private value."""
KEY_SUFFIX = "_key"
WORDS_ARE_TOLD = frozenset({"plots", "audit_trees"})
"""Datasets with a private column whose other columns hold codes and names of plants."""
SET_ASIDE = "quarantine"
UNIT_KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("plots", "trees", "dead_wood_pieces", "litter_samples", "soil_samples"),
        ("plot_id", "census_id", "submission_id"),
    ),
    "sample_labels": ("design_id", "unit_id"),
}
"""Datasets to what is told of a record that was set aside: the plot or unit that it is missed by, so that estimates from the
accepted rows can be made anew."""
_QUOTES = " '\""
_LIKE_A_CODE = re.compile(
    r"|[a-z][a-z0-9_.:+/-]{0,63}"  # a word of a list, a hash, an address of a submission
    r"|(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9_.:|/-]{1,64}"  # BMS-16, 2023-05-08T10:00:00Z
    r"|[+-]?[0-9]{0,7}(?:[.,][0-9]{0,9})?"  # a number; longer ones may be those of documents and telephones
    r"|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?: [0-9]{1,2}:[0-9:.]*)?"
)
Codes = Mapping[str, Mapping[str, str]]
"""Key column to (key to code): `{"person_key": {"dni-4711": "person-3"}}`."""

Opened = Mapping[str, frozenset[str]]
"""Private columns that a project publishes by its own declaration, by dataset."""
NOTHING_OPENED: Opened = {}
RECORD_TABLES = ("record_zones", "record_cells")
"""Tables that name records of other datasets, in `dataset` and `record_id`."""
RECORD_IDS: Mapping[str, tuple[str, ...]] = {
    "patrol_events": ("event_id",),
    "camera_deployments": ("deployment_id",),
    "occurrences": ("occurrence_id",),
    "planting_records": ("planting_id",),
    "plots": ("plot_id", "census_id"),
}
"""Datasets with places that are generalised, and the columns that name their records, joined by a blank."""

WITHHELD, REPLACED, ROWS_WITHHELD = "withheld", "replaced_by_code", "rows_withheld"
"""Rules of `privacy_log`: values blanked, keys replaced by codes, whole rows not published (column `*`)."""
GENERALISED = "generalised_to_cell"
"""Rule of `privacy_log`: a place is told as the cell of `record_cells` that holds it."""
TOLD_BY_DAY = "told_by_day"
"""Rule of `privacy_log`: of a moment only the day in UTC is told, since with the track or the events beside it, it tells the place."""
DAYS_ONLY: Mapping[str, tuple[str, ...]] = {"patrol_events": ("observed_at",)}
"""Columns of moments, by dataset, of which SQL and readers learn the day alone."""
PUBLISHED_EXACTLY = "published_exactly"
"""Rule of `privacy_log`: the project declares that a private column is published as it is."""
CODED_ID = "id"
"""Class of `privacy_log`: an id that becomes a code."""
ALL_COLUMNS = "*"
CAMERA_ROWS = "camera_observations"
_NO_PEOPLE = ("animal", "blank")
"""Types of observations that are published: people, their vehicles and what nobody classified are not."""
_PEOPLE = r"(?i)^\s*(homo\b|hominidae\b|human)"
"""Names under which classifiers tell people of the type `animal`."""


def is_key(dataset: str, column: str) -> bool:
    """Tell whether a column holds keys of people or households, which become codes."""
    return DATASETS[dataset].private.get(column) == "personal" and column.endswith(KEY_SUFFIX)


def _kind(dataset: str, column: str) -> str | None:
    """Return what the codes of a column begin with; None for a column that gets none."""
    if is_key(dataset, column):
        return column.removesuffix(KEY_SUFFIX)
    return DATASETS[dataset].coded.get(column)


def codes_of(tables: Mapping[str, pa.Table]) -> Codes:
    """Return a code for every person, household and typed id that the tables of a run name.

    Args:
        tables: Landed dataset to its rows; key columns are those of `is_key`, ids those of `Dataset.coded`.

    Returns:
        Codes by column. The same keys give the same codes, in whatever order and tables they stand.
    """
    keys: dict[str, set[str]] = {}
    kinds: dict[str, str] = {}
    for dataset, table in tables.items():
        for column in table.column_names:
            if kind := _kind(dataset, column):
                kinds[column] = kind
                keys.setdefault(column, set()).update(pc.unique(table[column]).drop_null().to_pylist())
    return {column: _ranked(column, kinds[column], found) for column, found in sorted(keys.items())}


def _ranked(column: str, kind: str, keys: set[str]) -> dict[str, str]:
    # The order of hashes is no order of names or numbers, so a rank does not tell where in the list a person stands.
    ordered = sorted(keys, key=lambda key: hashlib.sha256(f"{column}\0{key}".encode()).digest())
    return {key: f"{kind}-{rank}" for rank, key in enumerate(ordered, start=1)}


def for_warehouse(dataset: str, table: pa.Table, codes: Codes, *, opened: Opened = NOTHING_OPENED) -> pa.Table:
    """Return a landed table as SQL may see it: keys and typed ids replaced by codes, every other private value null.

    Args:
        dataset: Name of the landed table.
        table: Its accepted rows.
        codes: From `codes_of`.
        opened: Private columns that stay as they are.

    Returns:
        The same columns and rows, in the order of the key as it is now: that of the ids would tell something of them.
    """
    declared = DATASETS[dataset]
    for position, field in enumerate(table.schema):
        column = field.name
        if _kind(dataset, column):
            table = table.set_column(position, field, _coded(table[column].to_pylist(), codes[column]))
        elif column in declared.private and column not in opened.get(dataset, ()):
            table = table.set_column(position, field, pa.nulls(table.num_rows, field.type))
        elif column in DAYS_ONLY.get(dataset, ()):
            table = table.set_column(position, field, _days_utc(table[column]))
    if dataset in RECORD_TABLES:
        position = table.column_names.index("record_id")
        table = table.set_column(position, table.schema.field(position), _coded_records(table, codes))
    return declared.sort(table) if declared.coded or dataset in RECORD_TABLES else table


def _days_utc(moments: pa.ChunkedArray) -> pa.ChunkedArray:
    return moments.cast(pa.timestamp("us")).cast(pa.date32(), safe=False).cast(pa.timestamp("us")).cast(moments.type)


def _coded(keys: Sequence[str | None], known: Mapping[str, str]) -> pa.Array:
    return pa.array([None if key is None else known[key] for key in keys], pa.string())


def _coded_records(table: pa.Table, codes: Codes) -> pa.Array:
    nothing: Mapping[str, str] = {}
    known = {
        dataset: codes.get(columns[0], nothing) if len(columns) == 1 else nothing
        for dataset, columns in RECORD_IDS.items()
    }
    pairs = zip(table["dataset"].to_pylist(), table["record_id"].to_pylist(), strict=True)
    return pa.array([known[dataset].get(record, record) for dataset, record in pairs], pa.string())


def told_of_set_aside(table: pa.Table) -> pa.Table:
    """Return rows of `quarantine` whose records say only what they are missed by; other records are null."""
    position, kept = table.column_names.index("record"), []
    for dataset, text in zip(table["dataset"].to_pylist(), table["record"].to_pylist(), strict=True):
        keys = UNIT_KEYS.get(dataset)
        record = json.loads(text) if keys and text else {}
        said = {name: _as_code(record.get(name)) for name in keys or ()}
        kept.append(json.dumps(said, ensure_ascii=False, sort_keys=True) if keys else None)
    return table.set_column(position, table.schema.field(position), pa.array(kept, pa.string()))


def _as_code(value: Any) -> Any:
    """Return a key as it was typed if it looks like one: a record may be set aside because its columns are shifted."""
    typed = isinstance(value, str) and not _LIKE_A_CODE.fullmatch(value.strip(_QUOTES))
    return NOT_TOLD if typed or isinstance(value, list | dict) else value


def published_columns(dataset: str, *, opened: Opened = NOTHING_OPENED) -> list[str]:
    """Return the columns of a landed table that may be published, in their order."""
    declared = DATASETS[dataset]
    kept = opened.get(dataset, frozenset())
    return [name for name in declared.schema.names if name not in declared.private or name in kept]


def for_publication(dataset: str, table: pa.Table, *, opened: Opened = NOTHING_OPENED) -> pa.Table:
    """Return a landed table as it is published: without private columns, and without rows of people on camera."""
    if dataset == CAMERA_ROWS:
        named = pc.match_substring_regex(pc.fill_null(table["scientific_name"], ""), _PEOPLE)
        kept = pc.is_in(table["observation_type"], pa.array(_NO_PEOPLE))
        table = table.filter(pc.and_not(kept, named))
    return table.select(published_columns(dataset, opened=opened))


def told(dataset: str, column: str, value: Any) -> Any:
    """Return a value as a message may show it: that of a private column is not told, nor a typed id that becomes a code.

    Nor are words in any other column of a table with private columns, unless they look like a code, a number or a day: where
    columns of a file are shifted, names stand in the columns of numbers.

    Args:
        dataset: Name of the landed table.
        column: Its column; one that the table does not have is public.
        value: The value, of any type; null is told, for that a value is missing tells nothing of it.
    """
    private, coded = DATASETS[dataset].private, DATASETS[dataset].coded
    if value is None or not (private or coded):
        return value
    typed = (
        isinstance(value, str) and dataset not in WORDS_ARE_TOLD and not _LIKE_A_CODE.fullmatch(value.strip(_QUOTES))
    )
    return NOT_TOLD if column in private or column in coded or typed else value


def privacy_log(
    tables: Mapping[str, pa.Table],
    *,
    published: frozenset[str],
    generalised: frozenset[str],
    opened: Opened = NOTHING_OPENED,
) -> pa.Table:
    """Return the landed table `privacy_log`: what of each column does not leave the house as it was received.

    Args:
        tables: Landed dataset to its accepted rows, before `for_warehouse`.
        published: Datasets whose rows go into the package.
        generalised: Datasets whose places are told as the cells of `record_cells`.
        opened: Private columns that the project publishes as they are.
    """
    rows = []
    for dataset, table in tables.items():
        declared = DATASETS[dataset]
        for column, privacy in declared.private.items():
            rule = REPLACED if is_key(dataset, column) else WITHHELD
            if dataset in generalised and column in ("longitude", "latitude"):
                rule = GENERALISED
            if column in opened.get(dataset, ()):
                rule = PUBLISHED_EXACTLY
            count = table.num_rows - table[column].null_count
            rows.append(_entry(dataset, column, privacy, rule, count))
        for column in declared.coded:
            count = table.num_rows - table[column].null_count
            rows.append(_entry(dataset, column, CODED_ID, REPLACED, count))
        for column in DAYS_ONLY.get(dataset, ()):
            count = table.num_rows - table[column].null_count
            rows.append(_entry(dataset, column, "position", TOLD_BY_DAY, count))
        if declared.private and dataset not in published:
            rows.append(_entry(dataset, ALL_COLUMNS, "rows", ROWS_WITHHELD, table.num_rows))
        elif dataset == CAMERA_ROWS:
            hidden = table.num_rows - for_publication(dataset, table).num_rows
            rows.append(_entry(dataset, ALL_COLUMNS, "rows", ROWS_WITHHELD, hidden))
    return DATASETS["privacy_log"].table(rows)


def _entry(dataset: str, column: str, privacy: str, rule: str, count: int) -> dict[str, Any]:
    return {"dataset": dataset, "column_name": column, "privacy": privacy, "rule": rule, "value_count": count}
