"""Tables of a Camtrap DP package: cells judged by frictionless, rows typed for the landed tables, reasons in our words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mrv.sources.contract import Parsed
from mrv.sources.coordinates import refuse_swapped
from mrv.sources.csv_reading import CsvFile, Row
from mrv.sources.records import Record, Records
from mrv.sources.tiling import Bounds
from mrv.yaml_reading import read_yaml

FILE = Path(__file__).with_name("camtrap_dp.yaml")
FAILED_DAYS_TAG = "failedDays"
"""Tag of a deployment (`failedDays:12`) for days on which the camera did not work: the standard has no field for them."""
_REMEDY = "mend the value where the package was made, and export the package again"
_DATETIME = "%Y-%m-%dT%H:%M:%S%z"
"""Camtrap DP demands an offset: without it nobody knows in which night a picture was taken."""
_RULES = {"required": "missing_value", "enum": "unknown_choice"}
_MAX_FINDINGS = 1_000_000
_BROKEN, _UNREADABLE = "out_of_range", "unreadable_value"


class Field(BaseModel):
    """One field of a table of the standard, and the landed column that it fills."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: Literal["string", "number", "integer", "datetime", "boolean"]
    required: bool = False
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    column: str | None = None

    def descriptor(self) -> dict[str, Any]:
        """Return the field as a Table Schema has it."""
        limits = {"minimum": self.minimum, "maximum": self.maximum, "pattern": self.pattern}
        constraints = {
            **({"required": True} if self.required else {}),
            **({"enum": list(self.enum)} if self.enum else {}),
            **{name: value for name, value in limits.items() if value is not None},
        }
        form = {"format": _DATETIME} if self.type == "datetime" else {}
        return {"name": self.name, "type": self.type, **form, "constraints": constraints}

    def expected(self) -> str:
        """Say what a value must be, without any value."""
        if self.enum:
            return f"one of {', '.join(self.enum)}"
        if self.type == "datetime":
            return "a date and time with its offset from UTC (2024-03-01T18:30:00-05:00)"
        limits = [
            f"{word} {limit:g}" for word, limit in (("from", self.minimum), ("to", self.maximum)) if limit is not None
        ]
        words = {"integer": "a whole number", "boolean": "true or false", "string": "a text"}
        return " ".join([words.get(self.type, f"a {self.type}"), *limits])


class Table(BaseModel):
    """One table of the standard."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    fields: tuple[Field, ...]

    @property
    def required(self) -> list[str]:
        """Fields that every package has."""
        return [field.name for field in self.fields if field.required]


class Standard(BaseModel):
    """What is read of a package."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    versions: tuple[str, ...]
    required_keys: tuple[str, ...]
    required_project_keys: tuple[str, ...]
    missing: tuple[str, ...]
    tables: Mapping[str, Table]


@cache
def standard() -> Standard:
    """Return what is read of Camtrap DP."""
    return Standard.model_validate(read_yaml(FILE))


@dataclass(frozen=True)
class Resource:
    """A table of a package as a file: what it is called, its bytes and how they are to be read."""

    table: Table
    path: Path
    artifact: str
    label: str
    package: str
    encoding: str = "utf-8-sig"
    delimiter: str = ","


def parse_resource(resource: Resource, bounds: Bounds) -> Parsed:
    """Type the rows of a table; a row that frictionless or a landed column does not accept is set aside.

    Raises:
        InputError: The file cannot be read, or lacks a required field.
    """
    table, records = resource.table, Records(resource.table.dataset)
    file = CsvFile(
        resource.path,
        label=resource.label,
        required=table.required,
        encoding=resource.encoding,
        delimiter=resource.delimiter,
    )
    rows = list(file.rows())
    known = [field for field in table.fields if field.name in file.columns]
    file.require([field.name for field in known])
    findings = judge(known, [[row.cells.get(field.name, "") for field in known] for row in rows])
    for row, found in zip(rows, findings, strict=True):
        _parse_row(records, row, found, known, resource, bounds)
    return records.parsed()


def judge(fields: Sequence[Field], rows: Iterable[Sequence[str]]) -> list[list[tuple[str, str]]]:
    """Let frictionless judge every cell by the standard.

    Args:
        fields: Fields of the columns.
        rows: Cells as text.

    Returns:
        For each row what is wrong with it: rule and reason, which names the field and never the value.
    """
    from frictionless import Resource as Data
    from frictionless import Schema

    listed = [list(row) for row in rows]
    findings: list[list[tuple[str, str]]] = [[] for _ in listed]
    if not listed:
        return findings
    schema = Schema.from_descriptor(
        {"fields": [field.descriptor() for field in fields], "missingValues": list(standard().missing)}
    )
    # Cells that only hold spaces are as good as empty; frictionless would take them for texts.
    trimmed = [[cell.strip() for cell in row] for row in listed]
    report = Data(data=[[field.name for field in fields], *trimmed], schema=schema).validate(limit_errors=_MAX_FINDINGS)
    by_name = {field.name: field for field in fields}
    for task in report.tasks:
        for error in task.errors:
            name, number = getattr(error, "field_name", ""), getattr(error, "row_number", None)
            if number is not None and name in by_name:
                findings[number - 2].append(_finding(by_name[name], error))
    return findings


def _finding(field: Field, error: Any) -> tuple[str, str]:
    if error.type == "type-error":
        return _UNREADABLE, f"{field.name} is not {field.expected()}"
    constraint = next((name for name in _RULES if f'constraint "{name}"' in error.note), None)
    if constraint == "required":
        return _RULES[constraint], f"{field.name} is missing"
    return _RULES.get(constraint or "", _BROKEN), f"{field.name} is not {field.expected()}"


def _parse_row(
    records: Records,
    row: Row,
    found: Sequence[tuple[str, str]],
    fields: Sequence[Field],
    resource: Resource,
    bounds: Bounds,
) -> None:
    record = records.record(
        row.cells,
        artifact=resource.artifact,
        row=row.number,
        where=f"{resource.label}, row {row.number}",
        remedy=_REMEDY,
    )
    for rule, reason in found if row.problem is None else [row.problem]:
        record.reject(rule, reason)
    if record.problems:
        _note_ids(record, row, fields)
        record.done()
        return
    for field in fields:
        if field.column is not None:
            record.read(field.column, row.cells[field.name], missing=standard().missing, name=field.name)
    record.set("package_name", resource.package)
    if resource.table.dataset == "camera_deployments":
        _read_failed_days(record, row.cells.get("deploymentTags", ""))
        refuse_swapped(record, bounds)
    record.done()


def _note_ids(record: Record, row: Row, fields: Sequence[Field]) -> None:
    """Let a row that is set aside be found by its id."""
    key = record.records.dataset.key
    for field in fields:
        if field.column in key and (text := row.cells.get(field.name, "").strip()):
            record.set(field.column, text)


def _read_failed_days(record: Record, tags: str) -> None:
    parts = (tag.partition(":") for tag in tags.split("|"))
    for name, _, value in parts:
        if name.strip() == FAILED_DAYS_TAG:
            record.read("failed_days", value, name=f"deploymentTags {FAILED_DAYS_TAG}")
