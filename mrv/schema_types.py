"""What a landed table is: columns, types, key, and which columns may leave the house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from mrv.errors import InputError

AREA_UM2 = pa.decimal128(38, 0)
HECTARES = pa.decimal128(18, 6)
FACTOR = pa.decimal128(18, 9)
TONNES = pa.decimal128(28, 9)
TIMESTAMP = pa.timestamp("us", tz="UTC")

_TYPES = {
    "str": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamp": TIMESTAMP,
    "um2": AREA_UM2,
    "ha": HECTARES,
    "factor": FACTOR,
    "tonnes": TONNES,
}
_ORIGIN = {"_artifact": "str", "_row": "int"}

Privacy = Literal["personal", "position", "text"]
_PRIVACY: Mapping[str, Privacy] = {"!": "personal", "@": "position", "~": "text"}
_CODED = "#"


@dataclass(frozen=True)
class Dataset:
    """One landed table.

    Attributes:
        name: Table name in the `landed` schema.
        grain: What one row is.
        schema: Arrow schema; a field without `?` in its declaration is not nullable.
        key: Columns that identify a row and give the order in which it is written.
        private: Column to why it never reaches a snapshot or a package: it names or tells of a person (`personal`), is an
            exact place of something that can be robbed or desecrated (`position`), or holds free words (`text`).
            Every other column is public.
        coded: Column to the kind of thing whose ids it holds, as people typed them: a reader sees codes such as
            `deployment-3` instead, since what is typed as an id may name a person or a place.
    """

    name: str
    grain: str
    schema: pa.Schema
    key: tuple[str, ...]
    private: Mapping[str, Privacy] = field(default_factory=dict)
    coded: Mapping[str, str] = field(default_factory=dict)

    @property
    def traced(self) -> bool:
        """Whether each row names the file and record it came from."""
        return "_artifact" in self.schema.names

    def table(self, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
        """Build a table from records, refusing unknown or missing columns, sorted by the key.

        Raises:
            InputError: A record has other columns than the schema, or a value of another type.
        """
        listed = list(rows)
        names = set(self.schema.names)
        for position, row in enumerate(listed, start=1):
            if row.keys() != names:
                raise InputError(
                    f"a record of {self.name} does not have the columns of the table",
                    expected=", ".join(self.schema.names),
                    found=", ".join(row),
                    where=f"record {position}",
                    remedy="mend the parser or the mapping that made the record",
                )
        try:
            table = pa.Table.from_pylist(listed, schema=self.schema)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise InputError(f"a value of {self.name} has another type than its column", found=str(error)) from error
        return self.sort(table)

    def columns(self, columns: Mapping[str, pa.Array]) -> pa.Table:
        """Build a table from whole columns that are in the order of the key already.

        Raises:
            InputError: They are others than those of the schema, or a value is null that must not be.
        """
        lacking = [name for name in self.schema.names if name not in columns] + [
            name for name in columns if name not in self.schema.names
        ]
        empty = [
            field.name
            for field in self.schema
            if not field.nullable and field.name in columns and columns[field.name].null_count
        ]
        if lacking or empty:
            raise InputError(
                f"columns of {self.name} are not those of the table",
                expected=", ".join(self.schema.names),
                found=", ".join([*lacking, *(f"{name} without a value" for name in empty)]),
                remedy="mend the code that made them",
            )
        return pa.table([columns[name].cast(self.schema.field(name).type) for name in self.schema.names], self.schema)

    def sort(self, table: pa.Table) -> pa.Table:
        """Order rows by the key, then by origin, so that the same rows give the same bytes."""
        keys = [*self.key, *(name for name in _ORIGIN if name in self.schema.names and name not in self.key)]
        return table.sort_by([(name, "ascending") for name in keys])

    def empty(self) -> pa.Table:
        """Return the table without rows."""
        return self.schema.empty_table()


def dataset(name: str, grain: str, key: str, columns: Mapping[str, str], *, traced: bool = False) -> Dataset:
    """Declare a table: each column has a type, then `?` if it may be null, then a mark if it is not published as it is.

    The marks are `!`, `@` and `~` of what is private, and `#` of ids that become codes.

    Args:
        name: Name of the table.
        grain: What one row is.
        key: Columns that identify a row, separated by spaces.
        columns: Column to its type, for example `float?@`.
        traced: Whether each row names the file and record it came from.

    Raises:
        ValueError: A private column cannot be null, so it could not be blanked.
    """
    declared = {**columns, **(_ORIGIN if traced else {})}
    private = {column: _PRIVACY[kind[-1]] for column, kind in declared.items() if kind[-1] in _PRIVACY}
    coded = {column: _kind_of(column) for column, kind in declared.items() if kind[-1] == _CODED}
    plain = {column: kind.rstrip("".join((*_PRIVACY, _CODED))) for column, kind in declared.items()}
    fields = [pa.field(column, _TYPES[kind.rstrip("?")], nullable=kind.endswith("?")) for column, kind in plain.items()]
    if blocked := sorted(column for column in private if not plain[column].endswith("?")):
        raise ValueError(f"{name}: private columns must be nullable: {', '.join(blocked)}")
    return Dataset(name, grain, pa.schema(fields), tuple(key.split()), private, coded)


def _kind_of(column: str) -> str:
    return column.removesuffix("_id").removesuffix("_name")
