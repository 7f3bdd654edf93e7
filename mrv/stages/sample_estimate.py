"""Two CSV files, units with labels and strata with areas, to estimates: what `mrv sample estimate` does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mrv.errors import InputError, UsageError
from mrv.estimation.accuracy import error_matrix, map_accuracy
from mrv.estimation.areas import class_areas
from mrv.estimation.sample import Estimator, Sample, Stratum
from mrv.estimation.totals import Estimate
from mrv.sources.csv_reading import CsvFile, Row
from mrv.sources.records import UnusableValueError, number, whole

UNIT_COLUMNS = ("unit_id", "stratum", "map_class", "reference_class", "unit_area")
STRATUM_COLUMNS = ("stratum", "pixel_count", "area_ha")
WHOLE = "*"
"""Domain of the estimates for the whole frame."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the files are read and what is estimated.

    Attributes:
        unit_columns: Column of the file of units, where it is not called as in `UNIT_COLUMNS`.
        stratum_columns: The same of the file of strata and `STRATUM_COLUMNS`.
        classes: The legend, in the order of the output; default: all labels found, sorted.
        unusable: Reference label of units that could not be labelled: they leave their stratum's n.
        by: Column of the file of units that divides the frame into domains.
        pixel_area_ha: Area of a pixel, where the file of strata has pixel counts and no areas.
        estimator: See `mrv.estimation.sample.Estimator`.
        finite_population_correction: Narrower intervals where much of a stratum is sampled.
    """

    unit_columns: Mapping[str, str]
    stratum_columns: Mapping[str, str]
    classes: tuple[str, ...] = ()
    unusable: str | None = None
    by: str | None = None
    pixel_area_ha: float | None = None
    estimator: Estimator = "stratified"
    finite_population_correction: bool = False


@dataclass(frozen=True)
class _Unit:
    unit_id: str
    row: int
    stratum: str
    map_class: str
    reference_class: str
    unit_area: float | None
    domain: str


def estimate_files(units: Path, strata: Path, options: Options) -> dict[str, Any]:
    """Return all estimates that two files give, in full digits, as a document for JSON.

    Areas are in hectares (`area_ha`) where the strata have them or the area of a pixel is given, else in pixels (`area_px`).

    Args:
        units: CSV with one row per unit: `reference_class`, `map_class`, and `stratum` where it is not the map class;
            `unit_id` where the row's number is not enough; `unit_area` where units differ in area.
        strata: CSV with one row per stratum: `stratum`, and `pixel_count`, `area_ha` or both.
        options: See `Options`.

    Raises:
        InputError: A file cannot be read or its units do not fit its strata; names file, row and unit.
        UsageError: The area of a pixel is given and not needed, or a column is named that there is none of.
    """
    known, unit = _read_strata(strata, options)
    read = _read_units(units, options)
    usable = [item for item in read if item.reference_class != options.unusable]
    found = sorted({item.map_class for item in read} | {item.reference_class for item in usable})
    classes = options.classes or tuple(found)
    try:
        sample = _sample(usable, known, classes, options)
    except InputError as error:
        error.where = _place(error.where or "", units, usable, strata, known)
        raise
    on_map = {item.stratum.stratum_id: item.stratum.area for item in known}
    if any(item.stratum != item.map_class for item in read):
        on_map = {}
    domains = [WHOLE, *(sorted({item.domain for item in read}) if options.by else [])]
    return {
        "estimator": options.estimator,
        "finite_population_correction": options.finite_population_correction,
        "area_unit": unit,
        "unit_count": len(usable),
        "unusable_count": len(read) - len(usable),
        "classes": list(classes),
        "strata": [_stratum(item, usable, unit) for item in known],
        "domains": [_domain(sample, name, classes, unit, on_map) for name in domains],
    }


@dataclass(frozen=True)
class _Known:
    stratum: Stratum
    row: int


def _read_strata(path: Path, options: Options) -> tuple[list[_Known], str]:
    names = _names(STRATUM_COLUMNS, options.stratum_columns)
    required = {names["stratum"], *options.stratum_columns.values()}
    file = _open(path, required, option="--stratum-column", one_of=(names["pixel_count"], names["area_ha"]))
    counted, sized = names["pixel_count"] in file.columns, names["area_ha"] in file.columns
    if sized and options.pixel_area_ha is not None:
        raise UsageError(
            "the strata have areas, so the area of a pixel is not needed",
            where=f"{path.name}, column {names['area_ha']}",
            remedy="leave out --pixel-area-ha, or the column",
        )
    unit = "ha" if sized or options.pixel_area_ha is not None else "px"
    strata = []
    for row in file.rows():
        _refuse_ragged(path, row)
        pixels = _typed(path, row, names["pixel_count"], whole) if counted else None
        area = _typed(path, row, names["area_ha"], number) if sized else (pixels or 0) * (options.pixel_area_ha or 1.0)
        strata.append(
            _Known(Stratum(stratum_id=row.cells[names["stratum"]], area=area, pixel_count=pixels), row.number)
        )
    return strata, unit


def _read_units(path: Path, options: Options) -> list[_Unit]:
    names = _names(UNIT_COLUMNS, options.unit_columns)
    required = {names["map_class"], names["reference_class"], *options.unit_columns.values()}
    file = _open(path, required | ({options.by} if options.by else set()), option="--unit-column")
    here = set(file.columns)
    stratum = names["stratum"] if names["stratum"] in here else names["map_class"]
    units = []
    for row in file.rows():
        _refuse_ragged(path, row)
        cells = row.cells
        unit = _Unit(
            unit_id=cells.get(names["unit_id"], str(row.number)),
            row=row.number,
            stratum=cells[stratum],
            map_class=cells[names["map_class"]],
            reference_class=cells[names["reference_class"]],
            unit_area=_typed(path, row, names["unit_area"], number) if names["unit_area"] in here else None,
            domain=cells[options.by] if options.by else WHOLE,
        )
        for column in ("unit_id", "map_class", "reference_class"):
            if not getattr(unit, column) and (column, options.unusable) != ("reference_class", ""):
                raise InputError(
                    f"a unit has no {column}",
                    where=f"{path.name}, row {row.number}, unit {unit.unit_id}",
                    remedy="label it, or name the label of unusable units (--unusable)",
                )
        units.append(unit)
    return units


def _sample(units: Sequence[_Unit], known: Sequence[_Known], classes: Sequence[str], options: Options) -> Sample:
    areas = [unit.unit_area for unit in units if unit.unit_area is not None]
    return Sample.of(
        [item.stratum for item in known],
        unit_ids=[unit.unit_id for unit in units],
        stratum_ids=[unit.stratum for unit in units],
        columns={
            "map_class": [unit.map_class for unit in units],
            "reference_class": [unit.reference_class for unit in units],
            "domain": [unit.domain for unit in units],
        },
        legends={"map_class": classes, "reference_class": classes},
        unit_areas=areas or None,
        estimator=options.estimator,
        finite_population_correction=options.finite_population_correction,
    )


def _place(where: str, units_path: Path, units: Sequence[_Unit], strata_path: Path, strata: Sequence[_Known]) -> str:
    """Return file and rows of the unit or stratum that an error names."""
    rows = {units_path: [unit.row for unit in units if where == f"unit {unit.unit_id}"]}
    rows[strata_path] = [item.row for item in strata if where == f"stratum {item.stratum.stratum_id}"]
    for path, found in rows.items():
        if found:
            return f"{path.name}, row {' and '.join(map(str, found))}, {where}"
    return where


def _names(known: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise UsageError(
            "there is no such column to name",
            expected=", ".join(known),
            found=", ".join(unknown),
            remedy="write NAME=HEADER with one of these names",
        )
    return {name: given.get(name, name) for name in known}


def _open(path: Path, required: set[str], *, option: str, one_of: Sequence[str] = ()) -> CsvFile:
    """Open a CSV that has the required columns, and one of some more."""
    try:
        file = CsvFile(path, label=path.name, required=required)
        if one_of and not set(one_of) & set(file.columns):
            file.require(one_of[:1])
    except InputError as error:
        error.remedy = f"save it as CSV in UTF-8 with commas; name a column of another header by {option} NAME=HEADER"
        raise
    return file


def _refuse_ragged(path: Path, row: Row) -> None:
    if row.problem is not None:
        raise InputError(
            "a row cannot be read", found=row.problem[1], where=f"{path.name}, row {row.number}", remedy="mend the row"
        )


def _typed(path: Path, row: Row, column: str, kind: Any) -> Any:
    try:
        return kind(row.cells[column].strip())
    except UnusableValueError as error:
        raise InputError(
            "a cell cannot be read",
            expected=error.expected,
            found=row.cells[column] or "nothing",
            where=f"{path.name}, row {row.number}, column {column}",
            remedy="mend the cell",
        ) from error


def _stratum(item: _Known, units: Sequence[_Unit], unit: str) -> dict[str, Any]:
    stratum = item.stratum
    return {
        "stratum": stratum.stratum_id,
        "pixel_count": stratum.pixel_count,
        f"area_{unit}": stratum.area,
        "unit_count": sum(one.stratum == stratum.stratum_id for one in units),
    }


def _domain(
    sample: Sample, name: str, classes: Sequence[str], unit: str, on_map: Mapping[str, float]
) -> dict[str, Any]:
    domain = {} if name == WHOLE else {"domain": name}
    inside = sample.where(domain)
    areas = class_areas(sample, classes=classes, domain=domain)
    accuracy = map_accuracy(sample, classes=classes, domain=domain)
    matrix = error_matrix(sample, classes=classes, domain=domain)
    return {
        "domain": name,
        "unit_count": sample.unit_count(inside),
        "degrees_of_freedom": sample.degrees_of_freedom(inside),
        f"area_{unit}": math.fsum(item.estimate.value for item in areas if item.estimate.value is not None),
        "areas": [
            {
                "reference_class": item.label,
                f"map_area_{unit}": on_map.get(str(item.label)) if name == WHOLE else None,
                **_estimate(item.estimate, "area", f"_{unit}"),
                "class_unit_count": item.class_unit_count,
                "reason": item.estimate.reason,
            }
            for item in areas
        ],
        "accuracy": [
            {
                "measure": item.measure,
                "map_class": item.label,
                **_estimate(item.estimate, "accuracy", ""),
                "unit_count": item.estimate.unit_count,
                "reason": item.estimate.reason,
            }
            for item in accuracy
        ],
        "error_matrix": [
            {
                "map_class": cell.map_class,
                "reference_class": cell.reference_class,
                "unit_count": cell.unit_count,
                "area_share": cell.area_share,
                "se": cell.se,
            }
            for cell in matrix
        ],
    }


def _estimate(estimate: Estimate, name: str, suffix: str) -> dict[str, float | None]:
    return {
        f"{name}{suffix}": estimate.value,
        f"se{suffix}": estimate.se,
        f"ci90_half_width{suffix}": estimate.ci90_half_width,
        f"ci95_half_width{suffix}": estimate.ci95_half_width,
    }
