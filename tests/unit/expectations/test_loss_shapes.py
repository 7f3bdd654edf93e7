"""Patches and the shape of forest must agree with the loss table to the last digit."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from expectations.gate import gate
from expectations.loss_shapes import check_loss_shapes
from mrv.errors import CheckError

LAND = [
    {
        "zone_id": "z",
        "stratum_id": "s",
        "cover_class": "forest",
        "loss_year": None,
        "pixel_count": 90,
        "area_um2": 9 * 10**20,
    },
    {
        "zone_id": "z",
        "stratum_id": "s",
        "cover_class": "forest",
        "loss_year": 2022,
        "pixel_count": 3,
        "area_um2": 2**63 + 7,
    },
    {"zone_id": "z", "stratum_id": "s", "cover_class": "forest", "loss_year": 2015, "pixel_count": 5, "area_um2": 10},
    {
        "zone_id": "z",
        "stratum_id": "s",
        "cover_class": "non_forest",
        "loss_year": 2022,
        "pixel_count": 4,
        "area_um2": 11,
    },
]
PATCHES = [
    {"zone_id": "z", "stratum_id": "s", "loss_year": 2022, "pixel_count": 1, "area_um2": 2**62},
    {"zone_id": "z", "stratum_id": "s", "loss_year": 2022, "pixel_count": 2, "area_um2": 2**62 + 7},
]
SHAPES = [
    {"zone_id": "z", "year": 2021, "forest_area_um2": 9 * 10**20 + 2**63 + 7},
    {"zone_id": "z", "year": 2022, "forest_area_um2": 9 * 10**20},
]


def table(rows: list[dict[str, Any]]) -> pa.Table:
    area = {name: pa.decimal128(38, 0) for name in ("area_um2", "forest_area_um2") if name in rows[0]}
    columns = {name: pa.array([row[name] for row in rows], area.get(name)) for name in rows[0]}
    return pa.table(columns)


def results(patches: list[dict[str, Any]] = PATCHES, shapes: list[dict[str, Any]] = SHAPES) -> pa.Table:
    tables = {
        "land_cover_area": table(LAND),
        "vintages": pa.table({"vintage_year": [2022, 2023]}),
        "loss_patches": table(patches),
        "fragmentation": table(shapes),
    }
    return pa.concat_tables(check_loss_shapes(tables))


def test_what_agrees_passes_and_other_years_are_not_asked() -> None:
    assert results()["outcome"].to_pylist() == ["passed", "passed"]


@pytest.mark.parametrize("change", [{"area_um2": 2**62 + 1}, {"pixel_count": 2}, {"zone_id": "y"}, {"loss_year": 2023}])
def test_one_square_micrometre_or_pixel_too_much_stops_the_run(change: dict[str, Any]) -> None:
    found = results(patches=[PATCHES[0] | change, PATCHES[1]])
    assert found["outcome"].to_pylist() == ["failed", "passed"]
    with pytest.raises(CheckError, match="z, s, 2022"):
        gate(found, waivers={})


def test_forest_of_another_area_stops_the_run() -> None:
    found = results(shapes=[SHAPES[0], SHAPES[1] | {"forest_area_um2": 9 * 10**20 + 1}])
    assert found["outcome"].to_pylist() == ["passed", "failed"]
    with pytest.raises(CheckError, match="z, 2022"):
        gate(found, waivers={})


def test_a_project_without_them_is_not_checked() -> None:
    assert list(check_loss_shapes({"land_cover_area": table(LAND)})) == []
