"""Whether the activity data of a package hold: units as drawn, estimates as labelled, a ledger that counts what it names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.estimating import Row
from mrv.package.figures import total
from mrv.package.frozen import unlike_frozen
from mrv.package.labelled import Tables, unlike_labels
from mrv.package.reading import listed, reading
from mrv.package.tables import FOLDER

LANDED = "data/landed"
ESTIMATES = f"{LANDED}/area_estimates.parquet"
ACTIVITY = f"{FOLDER}/activity_data.parquet"
EMISSIONS = f"{FOLDER}/project_emissions.parquet"
DECLARED = f"{LANDED}/account_activity.parquet"
REDUCTIONS = f"{FOLDER}/emission_reductions.parquet"
UNITS = f"{FOLDER}/sample_units.parquet"
WHOLE_SCOPE = "*"
"""Stands for the zone of a row that is of no zone: emissions declared for a whole scope, and gaps."""
ROUNDING_HA = Decimal("0.000001")
"""Last digit of a published area."""
_OF_DESIGN = (
    "sample_strata", "sample_units", "sample_labels", "sample_reference", "area_estimates", "map_accuracy", "error_matrix",
)  # fmt: skip
_ROUNDING_PERCENT, _ROUNDING_SHARE = 1e-8, 1e-8
_SHOWN = 10

Ledger = Mapping[tuple[str, int], Sequence[Decimal | None]]
"""Zone and year to the areas of its strata, ha; null where one is unknown."""


def estimates(root: Path) -> str:
    """Estimate every area and its interval anew from the labels, and compare what the ledger counts with what it names.

    Args:
        root: Folder of the package.

    Returns:
        What was compared.

    Raises:
        PackageError: Units are not those of their frozen design, a label that counts or an estimate is not what the labels
            say, one was made while units are undecided, published tables differ from what was landed, the ledger's areas
            are others than those of the source that is named, or a file cannot be read.
    """
    designs = _rows(root, f"{LANDED}/sample_designs.parquet")
    tables = {name: _rows(root, f"{LANDED}/{name}.parquet") for name in _OF_DESIGN}
    published, activity = tables["area_estimates"], _rows(root, ACTIVITY)
    problems: list[str] = []
    frozen = 0
    with reading(ESTIMATES):
        for design in designs:
            own = {
                name: [row for row in rows if row["design_id"] == design["design_id"]] for name, rows in tables.items()
            }
            differing = unlike_frozen(root, design, {"strata": own["sample_strata"], "units": own["sample_units"]})
            frozen += differing is not None
            problems += differing or []
            problems += unlike_labels(own, design)
        if {row["design_id"] for row in published} - {design["design_id"] for design in designs}:
            problems.append("areas are estimated of a design that is not in the package")
        problems += _unlike_units(tables, _rows(root, UNITS))
    with reading(ACTIVITY):
        problems += _unlike_published(published, activity)
        if activity:
            reductions = [row for row in _rows(root, REDUCTIONS) if row["is_primary"]]
            problems += _unlike_source(activity, _ledger(root, reductions))
            problems += _unlike_uncertainty(activity, reductions)
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
        f"{frozen} of {len(designs)} designs as frozen; {known} of {len(published)} areas, their intervals and the accuracy of "
        "the map follow from the labels, the others are unknown; the ledger counts what it names"
    )


def _rows(root: Path, name: str) -> list[Row]:
    if not (root / name).is_file():
        return []
    with reading(name):
        rows: list[Row] = pq.read_table(root / name).to_pylist()
        return rows


def _unlike_units(landed: Tables, published: Sequence[Row]) -> Iterator[str]:
    """Compare the published table of units with what was landed of them."""
    known: dict[Any, dict[str, Any]] = {}
    for name in ("sample_units", "sample_reference"):
        for row in landed[name]:
            known.setdefault((row["design_id"], row["unit_id"]), {}).update(row)
    shown = {(row["design_id"], row["unit_id"]): row for row in published}
    if {*shown} != {*known} or len(shown) != len(published):
        yield f"{UNITS} has {len(published)} units, {len(known)} were landed"
        return
    for key, row in shown.items():
        # The reasons of both tables are one column.
        wrong = [name for name in row if name in known[key] and name != "reason" and row[name] != known[key][name]]
        if wrong:
            yield f"unit {key[1]} has another {', '.join(wrong)} in {UNITS} than was landed"


def _unlike_published(published: Sequence[Row], activity: Sequence[Row]) -> Iterator[str]:
    """Compare activity data with the estimates of each zone that they show, in both directions."""
    wanted = {_place(row, "reference_class", "loss_year"): row for row in published if row["zone_id"] != "*"}
    shown = {_place(row, "activity_class", "year"): row for row in activity if row["design_id"] is not None}
    for place in sorted({*wanted} | {*shown}, key=str):
        name = " ".join(str(part) for part in place if part is not None)
        if place not in shown or place not in wanted:
            yield f"{name} is in {ESTIMATES if place in wanted else ACTIVITY} only"
        else:
            yield from _unlike_row(name, wanted[place], shown[place])


def _unlike_row(name: str, estimate: Row, row: Row) -> Iterator[str]:
    area, mapped = estimate["area_ha"], row["map_area_ha"]
    narrow, wide = estimate["ci90_half_width_ha"], estimate["ci95_half_width_ha"]
    expected: dict[str, Any] = {"estimate_area_ha": area, "se_ha": estimate["se_ha"]}
    for level, half_width in (("ci90", narrow), ("ci95", wide)):
        expected[f"{level}_low_ha"] = None if area is None else area - half_width
        expected[f"{level}_high_ha"] = None if area is None else area + half_width
    if estimate["map_area_ha"] is not None:
        expected["map_area_ha"] = estimate["map_area_ha"]
    compared = area is not None and mapped is not None
    expected["unseen_upper95_ha"] = estimate["unseen_upper95_ha"]
    expected["difference_ha"] = area - mapped if compared else None
    expected["map_outside_ci95"] = abs(area - mapped) > wide if compared and wide else None
    for column, value in expected.items():
        if row[column] != value:
            yield f"{name} has {column} {row[column]} in {ACTIVITY}, by {ESTIMATES} it is {value}"
            return
    u90 = float(100 * narrow / area) if area and narrow else None
    said = row["u90_percent"]
    if (said is None) != (u90 is None) or (u90 is not None and abs(float(said) - u90) > _ROUNDING_PERCENT):
        yield f"{name} has u90_percent {said} in {ACTIVITY}, by {ESTIMATES} it is {u90}"


def _ledger(root: Path, reductions: Sequence[Row]) -> Ledger:
    """Return the monitored areas of each zone and year, one a stratum, from which the primary account's emissions were made.

    Areas that the project declares are no activity data of the platform: their zones are left out.
    """
    accounts = {(row["project_id"], row["rule_set"]) for row in reductions}
    declared = {row["zone_id"] for row in _rows(root, DECLARED) if row["scenario"] == "monitored"}
    areas: dict[tuple[str, int], set[tuple[str, str, str, Decimal | None]]] = {}
    with reading(EMISSIONS):
        for row in _rows(root, EMISSIONS):
            is_own = (row["project_id"], row["rule_set"]) in accounts and row["activity"] == "deforestation"
            if is_own and row["zone_id"] != WHOLE_SCOPE and row["zone_id"] not in declared:
                # The pools of one change of state share its area; one that says another area counts for itself.
                part = (row["stratum_id"], row["from_state"], row["to_state"], row["area_ha"])
                areas.setdefault((row["zone_id"], row["year"]), set()).add(part)
    return {key: [area for *_, area in parts] for key, parts in areas.items()}


def _unlike_source(activity: Sequence[Row], ledger: Ledger) -> Iterator[str]:
    losses = [row for row in activity if row["activity_class"] == "loss"]
    annual = {(row["zone_id"], row["year"]): row for row in losses if row["year"] is not None}
    for key, parts in sorted(ledger.items()):
        if key in annual:
            yield from _unlike_year(annual[key], parts)
        else:
            yield f"loss of {key[0]} {key[1]} feeds the ledger and is no activity data"
    for row in losses:
        if row["year"] is None and row["source"] == "sample_estimate":
            yield from _unlike_estimate(row, ledger)


def _place(row: Row, class_column: str, year_column: str) -> tuple[Any, ...]:
    return (row["zone_id"], row[class_column], row[year_column])


def _unlike_year(row: Row, parts: Sequence[Decimal | None]) -> Iterator[str]:
    """Compare what the ledger counts in a year with activity data, and with the map where it says that it counts that."""
    what, area = f"loss of {row['zone_id']} {row['year']}", total(parts)
    if row["ledger_area_ha"] != area:
        yield f"{what} is {area} ha in the ledger, activity data say {row['ledger_area_ha']} ha"
    # Each stratum was rounded by itself.
    elif (
        row["source"] == "map_count" and area is not None and abs(area - row["map_area_ha"]) > ROUNDING_HA * len(parts)
    ):
        yield f"{what} is {area} ha in the ledger and {row['map_area_ha']} ha on the map that it says it counts"


def _unlike_estimate(row: Row, ledger: Ledger) -> Iterator[str]:
    """Compare the estimate of a zone with the ledger's years, which make it up where they are those of the sample."""
    zone, estimate = row["zone_id"], row["estimate_area_ha"]
    counted = {year: total(parts) for (name, year), parts in ledger.items() if name == zone}
    if estimate is None:
        if any(counted.values()):
            yield f"loss of {zone} is not estimated, but the ledger counts it"
    elif {*counted} == {*range(row["first_year"], row["last_year"] + 1)} and None not in counted.values():
        found = total(list(counted.values()))
        if found != estimate:
            yield f"loss of {zone} is estimated at {estimate} ha, the ledger counts {found} ha"


def _unlike_uncertainty(activity: Sequence[Row], reductions: Sequence[Row]) -> Iterator[str]:
    """Compare the half-width of the monitored areas, on which the deduction rests, with those of the project areas.

    Where there are several, their errors are added as squares, by weights that the package does not tell; of one, it is
    the same.
    """
    shares = [
        row["u90_percent"]
        for row in activity
        if (row["kind"], row["activity_class"], row["year"]) == ("project_area", "loss", None)
    ]
    for row in reductions:
        said = row.get("monitored_u90")
        if row.get("activity_data_source") != "sample_estimate" or said is None:
            continue
        known = [float(share) / 100 for share in shares if share is not None]
        lowest = min(known) / math.sqrt(len(shares)) if known else math.inf
        if len(known) < len(shares) or not lowest - _ROUNDING_SHARE <= float(said) <= max(known) + _ROUNDING_SHARE:
            estimated = ", ".join(str(share) for share in shares)
            yield f"monitored_u90 of {row['vintage_year']} is {said}, the project areas have u90_percent {estimated}"
