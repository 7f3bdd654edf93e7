"""The three files of a frozen sample design: what is in them, and their reader, which refuses whatever was edited."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import Field, ValidationError

from mrv.errors import InputError
from mrv.project import ForestDefinition, MonitoringPeriod
from mrv.project_base import Identifier, Strict
from mrv.project_sampling import Allocation, MapClass, Sampling, StratumClass, TargetError
from mrv.refusals import keys_found, problem_of
from mrv.schemas import DATASETS

DESIGN_FILE, STRATA_FILE, UNITS_FILE = "design.json", "strata.csv", "units.csv"
FILES = (DESIGN_FILE, STRATA_FILE, UNITS_FILE)
CHECK_COLUMN = "row_check"
"""Last column of the CSV files: a hash of the row, which only serves to name the row that somebody edited."""
Count = Annotated[int, Field(ge=0, lt=2**63)]
AreaUm2 = Annotated[int, Field(ge=0, lt=10**38)]
Year = Annotated[int, Field(ge=1, le=9999)]
"""Numbers that the landed tables can hold."""
_NOT_IN_FILES = ("design_id", "_artifact", "_row")
STRATA_COLUMNS = tuple(name for name in DATASETS["sample_strata"].schema.names if name not in _NOT_IN_FILES)
UNIT_COLUMNS = tuple(name for name in DATASETS["sample_units"].schema.names if name not in _NOT_IN_FILES)
_REMEDY = (
    "bring the frozen files back as they were drawn: from version control, from a package, or drawn again into an empty folder "
    "from the definition and the map of then, which gives the same bytes; a design is never edited"
)


class MapFile(Strict):
    """A file of the map from which the strata come."""

    layer: str
    year: int | None
    address: str
    sha256: str


class DesignMap(Strict):
    """The map from which the strata come, and what counted as forest on it."""

    product: str
    version: str
    forest_definition: ForestDefinition | None
    files: tuple[MapFile, ...]

    @property
    def sha256(self) -> str:
        """Hash over the layers, years and contents of the files, wherever they came from."""
        parts = sorted(f"{item.layer} {item.year} {item.sha256}\n" for item in self.files)
        return hashlib.sha256("".join(parts).encode()).hexdigest()


class DesignZone(Strict):
    """A zone or project stratum as it was drawn when the design was."""

    zone_id: str
    kind: str
    boundary_version: str
    geometry_sha256: str


class DesignGrid(Strict):
    """The grid of the map, whose pixels are the units. Numbers as texts: they are exact."""

    crs: str
    west: str
    north: str
    pixel_width: str
    pixel_height: str
    transformation: str | None


class DesignStratum(Strict):
    """A stratum: how many pixels of which area it has, and how many of them were drawn."""

    stratum_id: str
    stratum_class: StratumClass
    map_class: MapClass
    zone_id: str | None
    carbon_stratum_id: str | None
    pixel_count: Count
    area_um2: AreaUm2
    drawn_count: Count


class DesignStep(Strict):
    """One draw: the first, or one that enlarged the design.

    Attributes:
        step: 1, 2, ...
        size: What was declared for the step, as in `mrv.project_sampling.Sampling`; so target, allocation, spacing_pixels.
        drawn: New units by stratum.
        unit_count: Units of this step and those before.
        units_sha256: Hash of the header and so many rows of `units.csv`.
    """

    step: Count
    size: int | None
    target: TargetError | None
    allocation: Allocation
    spacing_pixels: int | None
    drawn: dict[str, Count]
    unit_count: Count
    units_sha256: str


class DesignDocument(Strict):
    """What `design.json` says. It knows neither time nor machine: the same inputs give the same bytes."""

    schema_version: Literal[1]
    design_id: Identifier
    project_id: Identifier
    period: MonitoringPeriod
    first_year: Year
    last_year: Year
    specification: Sampling
    map: DesignMap
    default_stratum: str | None
    sampled_zones: tuple[str, ...]
    boundaries: tuple[DesignZone, ...]
    grid: DesignGrid
    pixel_count: Count
    area_um2: AreaUm2
    unobserved_area_um2: AreaUm2
    strata: tuple[DesignStratum, ...]
    steps: tuple[DesignStep, ...]
    strata_sha256: str
    units_sha256: str

    def content(self) -> bytes:
        """Return the bytes of `design.json`, which end with a hash of all that stands before it."""
        fields = self.model_dump(mode="json")
        return _json({**fields, "check": _check(fields)})


@dataclass(frozen=True)
class FrozenDesign:
    """A design as it was drawn; its files were compared with their hashes.

    Attributes:
        document: What `design.json` says.
        sha256: The design's hash: that of `design.json`.
        strata: Rows of the landed table `sample_strata` without their origin, in the order of the file.
        units: The same of `sample_units`.
        unit_lines: Lines of `units.csv`, the header first.
    """

    document: DesignDocument
    sha256: str
    strata: tuple[dict[str, Any], ...]
    units: tuple[dict[str, Any], ...]
    unit_lines: tuple[str, ...]

    def design_row(self) -> dict[str, Any]:
        """Return the row of the landed table `sample_designs`, without its origin."""
        document, spec = self.document, self.document.specification
        return {
            "design_id": document.design_id,
            "design_sha256": self.sha256,
            "period_id": document.period.id,
            "draw": spec.draw,
            "seed": spec.seed,
            "spacing_pixels": spec.spacing_pixels,
            "first_year": document.first_year,
            "last_year": document.last_year,
            "product": document.map.product,
            "product_version": document.map.version,
            "loss_buffer_pixels": spec.loss_buffer_pixels,
            "finite_population_correction": spec.finite_population_correction,
            "step_count": len(document.steps),
            "unit_count": len(self.units),
            "pixel_count": document.pixel_count,
            "area_um2": document.area_um2,
            "unobserved_area_um2": document.unobserved_area_um2,
            "map_sha256": document.map.sha256,
            "specification": json.dumps(spec.model_dump(mode="json"), ensure_ascii=False, sort_keys=True),
        }


def unit_id(design_id: str, number: int) -> str:
    """Return the id of a design's unit by its number from 1 on."""
    return f"{design_id}-{number:05d}"


def csv_line(cells: Sequence[str]) -> str:
    """Return one line of a CSV file of the design, with its end."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()


def checked_line(cells: Sequence[str]) -> str:
    """Return one line of a CSV file of the design with its check at the end."""
    return csv_line([*cells, _row_check(cells)])


def _row_check(cells: Sequence[str]) -> str:
    return hashlib.sha256(csv_line(cells).encode()).hexdigest()[:8]


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _check(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(_json(fields)).hexdigest()


def is_frozen(folder: Path) -> bool:
    """Tell whether a folder holds a frozen design, or what is left of one: units may be labelled already."""
    return any((folder / name).exists() or (folder / name).is_symlink() for name in FILES)


def read_design(folder: Path) -> FrozenDesign:
    """Read a frozen design from its folder.

    Raises:
        InputError: A file is missing, or is not as it was drawn; the message names the row where one was edited.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        left = is_frozen(folder)
        raise InputError(
            "a frozen design lacks a file" if left else "a folder holds no frozen design",
            expected=", ".join(FILES),
            found="without " + ", ".join(missing),
            where=str(folder),
            remedy=_REMEDY if left else "draw it: mrv sample design",
        )
    paths = {name: folder / name for name in FILES}
    return read_design_files(paths, {name: str(path) for name, path in paths.items()})


def read_design_files(paths: Mapping[str, Path], labels: Mapping[str, str]) -> FrozenDesign:
    """Read a frozen design from its three files, wherever they lie.

    Args:
        paths: Path of each of FILES.
        labels: How messages call each of them.

    Raises:
        InputError: A file is not as it was drawn; the message names the row where one was edited.
    """
    content = {name: _bytes(paths[name], labels[name]) for name in FILES}
    document = _document(content[DESIGN_FILE], labels[DESIGN_FILE])
    strata = _lines(content[STRATA_FILE], document.strata_sha256, STRATA_COLUMNS, labels[STRATA_FILE])
    units = _lines(content[UNITS_FILE], document.units_sha256, UNIT_COLUMNS, labels[UNITS_FILE])
    _same_strata(strata, document, labels[STRATA_FILE])
    _same_units(units, document, labels[UNITS_FILE])
    return FrozenDesign(
        document=document,
        sha256=hashlib.sha256(content[DESIGN_FILE]).hexdigest(),
        strata=_typed("sample_strata", document.design_id, strata, labels[STRATA_FILE]),
        units=_typed("sample_units", document.design_id, units, labels[UNITS_FILE]),
        unit_lines=tuple(content[UNITS_FILE].decode().splitlines(keepends=True)),
    )


def _bytes(path: Path, label: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            "a file of a frozen design cannot be read", found=problem_of(error), where=label, remedy=_REMEDY
        ) from error


def _document(content: bytes, label: str) -> DesignDocument:
    try:
        fields = json.loads(content)
        if not isinstance(fields, dict) or "check" not in fields:
            raise InputError(
                "a file is no frozen design", expected="the document that was drawn", where=label, remedy=_REMEDY
            )
        told = fields.pop("check")
        check, as_written = _check(fields), content == _json({**fields, "check": told})
    except (ValueError, RecursionError) as error:
        # JSON may hold what Python cannot: numbers of a thousand digits, halves of characters, depths without end.
        raise InputError(
            "a frozen design cannot be read", found=problem_of(error), where=label, remedy=_REMEDY
        ) from error
    if told != check or not as_written:
        raise InputError(
            "a frozen design was edited",
            expected=f"the document whose check is {told}",
            found=f"one whose check is {check}" if told != check else "the same, laid out anew",
            where=label,
            remedy=_REMEDY,
        )
    try:
        return DesignDocument.model_validate(fields)
    except ValidationError as error:
        problems = [(item["loc"], item["msg"]) for item in error.errors(include_url=False)]
        raise InputError(
            "a frozen design says what this version does not know",
            found=keys_found(problems, set(DesignDocument.model_fields)),
            where=label,
            remedy="read it with the version of the platform that drew it, or draw a new design",
        ) from error


def _lines(content: bytes, sha256: str, columns: Sequence[str], label: str) -> list[list[str]]:
    """Return the cells of each row without its check, or say which row was edited."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "a file of a frozen design cannot be read", found=problem_of(error), where=label, remedy=_REMEDY
        ) from error
    if not rows or rows[0] != [*columns, CHECK_COLUMN]:
        raise _edited("the columns are others", f"{label}, header", expected=", ".join([*columns, CHECK_COLUMN]))
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]) or row[-1] != _row_check(row[:-1]):
            raise _edited("its cells are not those of its check", f"{label}, row {number}{_named(row)}")
    if hashlib.sha256(content).hexdigest() != sha256:
        _refuse_moved(rows[1:], label)
        raise _edited(
            "rows were added, taken away or moved, or the file was saved anew by another program",
            label,
            expected=f"sha256 {sha256}",
        )
    return [row[:-1] for row in rows[1:]]


def _refuse_moved(rows: Sequence[Sequence[str]], label: str) -> None:
    """Name the first unit that does not follow the one before it: the ids of a design are numbers in a row."""
    numbers = [row[0].rpartition("-")[2] for row in rows]
    for place, number in enumerate(numbers, start=1):
        if number.isdigit() and int(number) != place:
            raise _edited(
                "a unit is missing, added or moved",
                f"{label}, row {place}{_named(rows[place - 1])}",
                expected=str(place),
            )


def _named(row: Sequence[str]) -> str:
    return f", {row[0]}" if row and row[0] else ""


def _edited(found: str, where: str, *, expected: str | None = None) -> InputError:
    return InputError("a frozen design was edited", expected=expected, found=found, where=where, remedy=_REMEDY)


def _same_strata(rows: Sequence[Sequence[str]], document: DesignDocument, label: str) -> None:
    declared = [list(stratum_cells(stratum)) for stratum in document.strata]
    if [list(row) for row in rows] != declared:
        raise _edited("its strata are not those of design.json", label)


def _same_units(rows: Sequence[Sequence[str]], document: DesignDocument, label: str) -> None:
    """Compare the units of each step with what the document says of it."""
    first = 0
    for step in document.steps:
        drawn: dict[str, int] = {}
        for row in rows[first : step.unit_count]:
            drawn[row[2]] = drawn.get(row[2], 0) + 1
        if drawn != {name: count for name, count in step.drawn.items() if count}:
            raise _edited(f"the units of step {step.step} are not those of design.json", label)
        first = step.unit_count
    if first != len(rows):
        raise _edited("its units are not those of design.json", label, expected=f"{first} units")


def stratum_cells(stratum: DesignStratum) -> Iterable[str]:
    """Return the cells of a stratum in `strata.csv`, without the check."""
    values = stratum.model_dump(mode="json")
    return ("" if values[name] is None else str(values[name]) for name in STRATA_COLUMNS)


def _typed(dataset: str, design_id: str, rows: Sequence[Sequence[str]], label: str) -> tuple[dict[str, Any], ...]:
    names = STRATA_COLUMNS if dataset == "sample_strata" else UNIT_COLUMNS
    fields = [DATASETS[dataset].schema.field(name) for name in names]
    columns = [_column(field, cells, label) for field, cells in zip(fields, zip(*rows, strict=True), strict=False)]
    return tuple(
        {"design_id": design_id, **dict(zip(names, values, strict=True))} for values in zip(*columns, strict=True)
    )


def _column(field: pa.Field, cells: Sequence[str], label: str) -> list[Any]:
    """Return the values of a column, which the landed table can hold."""
    try:
        values = [_value(cell, field.type) for cell in cells]
        holds = field.nullable or pa.array(values, field.type).null_count == 0
    except (ValueError, OverflowError) as error:
        raise _unfit(field, label) from error
    if not holds:
        raise _unfit(field, label)
    return values


def _unfit(field: pa.Field, label: str) -> InputError:
    return InputError(
        "a column of a frozen design holds what it cannot",
        expected=f"{field.type}{'' if field.nullable else ', never empty'}",
        where=f"{label}, column {field.name}",
        remedy=_REMEDY,
    )


def _value(cell: str, kind: pa.DataType) -> Any:
    if cell == "":
        return None
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return int(cell)
    if not pa.types.is_floating(kind):
        return cell
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError
    return value
