"""Checks across tables: patches of loss and the shape of forest agree with the loss table, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from expectations.results import check_result

PATCHES_RULE, SHAPE_RULE = "patches_add_up_to_loss", "forest_is_that_of_the_loss_table"
_REMEDY = "mend the code that measured it: both tables count the same pixels of the same files"
REMEDIES = {PATCHES_RULE: _REMEDY, SHAPE_RULE: _REMEDY}
"""Remedies of the rules that no suite holds."""


def check_loss_shapes(tables: Mapping[str, pa.Table]) -> Iterator[pa.Table]:
    """Yield one row of `check_results` for each of the two tables that is there.

    Args:
        tables: Landed tables by name; areas in square micrometres.
    """
    if "loss_patches" in tables:
        yield _check_patches(tables["land_cover_area"], tables["loss_patches"], tables["vintages"])
    if "fragmentation" in tables:
        yield _check_shape(tables["land_cover_area"], tables["fragmentation"])


def _check_patches(land_cover: pa.Table, patches: pa.Table, vintages: pa.Table) -> pa.Table:
    years = set(vintages["vintage_year"].to_pylist())
    wanted: dict[tuple[str, str, int], list[int]] = {}
    for row in _forest(land_cover):
        if row["loss_year"] in years:
            wanted[row["zone_id"], row["stratum_id"], row["loss_year"]] = [row["pixel_count"], int(row["area_um2"])]
    found: dict[tuple[str, str, int], list[int]] = {}
    columns = ["zone_id", "stratum_id", "loss_year", "pixel_count", "area_um2"]
    for zone, stratum, year, pixels, area in zip(*(patches[name].to_pylist() for name in columns), strict=True):
        cell = found.setdefault((zone, stratum, year), [0, 0])
        cell[0], cell[1] = cell[0] + pixels, cell[1] + int(area)
    problems = [
        f"{zone}, {stratum}, {year}: patches {_cell(found, key)}, loss {_cell(wanted, key)}"
        for key in sorted(wanted.keys() | found.keys())
        for zone, stratum, year in [key]
        if wanted.get(key) != found.get(key)
    ]
    return check_result(
        "loss_patches",
        PATCHES_RULE,
        "The patches of each zone, stratum and year of the period add up to the forest lost there, to the last digit.",
        evaluated=len(wanted.keys() | found.keys()),
        problems=problems,
    )


def _check_shape(land_cover: pa.Table, shapes: pa.Table) -> pa.Table:
    problems = []
    standing: dict[str, list[tuple[int | None, int]]] = {}
    for row in _forest(land_cover):
        standing.setdefault(row["zone_id"], []).append((row["loss_year"], int(row["area_um2"])))
    for zone, year, area in zip(
        *(shapes[name].to_pylist() for name in ("zone_id", "year", "forest_area_um2")), strict=True
    ):
        wanted = sum(part for lost, part in standing.get(zone, []) if lost is None or lost > year)
        if wanted != int(area):
            problems.append(f"{zone}, {year}: {area} um2, loss table {wanted} um2")
    return check_result(
        "fragmentation",
        SHAPE_RULE,
        "The forest of each zone at the end of each year is that of the loss table, to the last digit.",
        evaluated=shapes.num_rows,
        problems=problems,
    )


def _forest(land_cover: pa.Table) -> Iterator[dict[str, Any]]:
    columns = ["zone_id", "stratum_id", "cover_class", "loss_year", "pixel_count", "area_um2"]
    yield from (row for row in land_cover.select(columns).to_pylist() if row["cover_class"] == "forest")


def _cell(cells: Mapping[tuple[str, str, int], list[int]], key: tuple[str, str, int]) -> str:
    pixels, area = cells.get(key, [0, 0])
    return f"{pixels} pixels, {area} um2"
