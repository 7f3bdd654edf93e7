"""Whether the activity data of a package hold: units as drawn, estimates as labelled, a ledger that counts what it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.estimating import Anew, anew
from mrv.package.figures import total
from mrv.package.frozen import COLUMNS, unlike_frozen
from mrv.package.reading import listed, reading
from mrv.package.tables import FOLDER

LANDED = "data/landed"
ESTIMATES = f"{LANDED}/area_estimates.parquet"
ACTIVITY = f"{FOLDER}/activity_data.parquet"
EMISSIONS = f"{FOLDER}/emissions_annual.parquet"
USABLE = ("single", "agreed", "resolved")
UNDECIDED = ("open", "not_labelled")
ROUNDING_HA = Decimal("0.000001")
"""Last digit of a published area."""
_RELATIVE = 1e-11
"""How far two ways of adding up the same errors may differ."""
_Z90, _Z95 = NormalDist().inv_cdf(0.95), NormalDist().inv_cdf(0.975)
_SHOWN = 10

Row = Mapping[str, Any]
Ledger = Mapping[tuple[str, int], Sequence[Decimal | None]]
"""Zone and year to the areas of its strata, ha; null where one is unknown."""


def estimates(root: Path) -> str:
    """Estimate every area and its interval anew from the labels, and compare what the ledger counts with what it names.

    Args:
        root: Folder of the package.

    Returns:
        What was compared.

    Raises:
        PackageError: Units are not those of their frozen design, an estimate is not what the labels say, one was made while
            units are undecided, the ledger's areas are others than those of the source that is named, or a file cannot
            be read.
    """
    published = _rows(root, ESTIMATES)
    activity = _rows(root, ACTIVITY)
    problems, compared = _unlike_drawn(root)
    problems += _unlike_labels(root, published) if published else []
    problems += _unlike_source(activity, published, _ledger(root)) if activity else []
    if problems:
        raise PackageError(
            "activity data of the package do not hold",
            expected="estimates as the labels give them, and a ledger that counts what it names",
            found=listed(problems, most=_SHOWN),
            where=f"{ESTIMATES}, {ACTIVITY}",
            remedy="ask the publisher which one holds",
        )
    if not published:
        return "no areas were estimated from a sample"
    known = sum(row["area_ha"] is not None for row in published)
    return (
        f"{compared} as frozen; {known} of {len(published)} areas follow from the labels, the others are unknown; "
        "the ledger counts what it names"
    )


def _rows(root: Path, name: str) -> list[Row]:
    if not (root / name).is_file():
        return []
    with reading(name):
        rows: list[Row] = pq.read_table(root / name).to_pylist()
        return rows


def _unlike_drawn(root: Path) -> tuple[list[str], str]:
    """Return what differs from the frozen designs, and how many of them were there to be compared."""
    designs = _rows(root, f"{LANDED}/sample_designs.parquet")
    tables = {name: _rows(root, f"{LANDED}/sample_{name}.parquet") for name in COLUMNS} if designs else {}
    problems, found = [], 0
    for design in designs:
        own = {name: [row for row in rows if row["design_id"] == design["design_id"]] for name, rows in tables.items()}
        differing = unlike_frozen(root, design, own)
        found += differing is not None
        problems += differing or []
    return problems, f"{found} of {len(designs)} designs"


def _unlike_labels(root: Path, published: Sequence[Row]) -> list[str]:
    strata, units = _rows(root, f"{LANDED}/sample_strata.parquet"), _rows(root, f"{LANDED}/sample_units.parquet")
    reference = _rows(root, f"{LANDED}/sample_reference.parquet")
    designs = _rows(root, f"{LANDED}/sample_designs.parquet")
    problems = []
    with reading(f"{LANDED}/sample_units.parquet"):
        corrected = {row["design_id"]: row["finite_population_correction"] for row in designs}
        seen = {(row["design_id"], row["unit_id"]): row for row in reference}
        for design in sorted({row["design_id"] for row in published}):
            rows = [row for row in published if row["design_id"] == design]
            labelled = [(row, seen[design, row["unit_id"]]) for row in units if row["design_id"] == design]
            if undecided := sum(label["outcome"] in UNDECIDED for _, label in labelled):
                problems += [
                    f"{_name(row)} is estimated though {undecided} units are undecided"
                    for row in rows
                    if row["area_ha"] is not None
                ]
                continue
            own = [row for row in strata if row["design_id"] == design]
            usable = [(unit, label) for unit, label in labelled if label["outcome"] in USABLE]
            for row in rows:
                if row["area_ha"] is not None:
                    problems += _unlike_anew(row, anew(row, usable, own, corrected=corrected[design]))
    return problems


def _unlike_anew(row: Row, found: Anew) -> list[str]:
    """Compare an area, its standard error and the half-widths that the deduction rests on; what differs first is told."""
    wanted = {
        "area_ha": float(found.area_ha),
        "se_ha": found.se_ha,
        "ci90_half_width_ha": _Z90 * found.se_ha,
        "ci95_half_width_ha": _Z95 * found.se_ha,
    }
    for column, value in wanted.items():
        if abs(float(row[column]) - value) > float(ROUNDING_HA) + _RELATIVE * value:
            return [f"{_name(row)} has {column} {row[column]}, the labels give {value:.6f}"]
    return []


def _name(row: Row) -> str:
    year = f" {row['loss_year']}" if row["loss_year"] is not None else ""
    return f"{row['design_id']}: {row['reference_class']}{year} of {row['zone_id']}"


def _ledger(root: Path) -> Ledger:
    """Return the monitored areas of each zone and year, one a stratum, from which the emissions were made."""
    parts: dict[tuple[str, int], list[Decimal | None]] = {}
    with reading(EMISSIONS):
        for row in _rows(root, EMISSIONS):
            if row["scenario"] == "monitored":
                parts.setdefault((row["zone_id"], row["year"]), []).append(row["area_ha"])
    return parts


def _unlike_source(activity: Sequence[Row], published: Sequence[Row], ledger: Ledger) -> list[str]:
    problems = []
    with reading(ACTIVITY):
        estimated = {
            (row["design_id"], *_place(row, "reference_class", "loss_year")): row["area_ha"] for row in published
        }
        for row in activity:
            place = _place(row, "activity_class", "year")
            if row["design_id"] is not None and row["estimate_area_ha"] != estimated.get((row["design_id"], *place)):
                problems.append(f"{' '.join(map(str, place))} has another estimate in {ACTIVITY} than in {ESTIMATES}")
        losses = [row for row in activity if row["activity_class"] == "loss"]
        annual = {(row["zone_id"], row["year"]): row for row in losses if row["year"] is not None}
        for key, parts in sorted(ledger.items()):
            if key in annual:
                problems += _unlike_year(annual[key], parts)
            else:
                problems.append(f"loss of {key[0]} {key[1]} feeds the ledger and is no activity data")
        for row in losses:
            if row["year"] is None and row["source"] == "sample_estimate":
                problems += _unlike_estimate(row, ledger)
    return problems


def _place(row: Row, class_column: str, year_column: str) -> tuple[Any, ...]:
    return (row["zone_id"], row[class_column], row[year_column])


def _unlike_year(row: Row, parts: Sequence[Decimal | None]) -> list[str]:
    """Compare what the ledger counts in a year with activity data, and with the map where it says that it counts that."""
    what, area = f"loss of {row['zone_id']} {row['year']}", total(parts)
    if row["ledger_area_ha"] != area:
        return [f"{what} is {area} ha in the ledger, activity data say {row['ledger_area_ha']} ha"]
    # Each stratum was rounded by itself.
    if row["source"] == "map_count" and area is not None and abs(area - row["map_area_ha"]) > ROUNDING_HA * len(parts):
        return [f"{what} is {area} ha in the ledger and {row['map_area_ha']} ha on the map that it says it counts"]
    return []


def _unlike_estimate(row: Row, ledger: Ledger) -> list[str]:
    """Compare the estimate of a zone with the ledger's years, which make it up where they are those of the sample."""
    zone, estimate = row["zone_id"], row["estimate_area_ha"]
    counted = {year: total(parts) for (name, year), parts in ledger.items() if name == zone}
    if estimate is None:
        return [f"loss of {zone} is not estimated, but the ledger counts it"] if any(counted.values()) else []
    if {*counted} != {*range(row["first_year"], row["last_year"] + 1)} or None in counted.values():
        return []
    found = total(list(counted.values()))
    return [] if found == estimate else [f"loss of {zone} is estimated at {estimate} ha, the ledger counts {found} ha"]
