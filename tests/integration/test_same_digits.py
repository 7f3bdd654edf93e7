"""The same area has the same digits in every table, and each table says what of a calendar year counts for the period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from mrv.errors import WarehouseError
from mrv.schemas import DATASETS
from mrv.units import UM2_PER_HA
from mrv.warehouse.build import Build
from tests.integration.gap_rows import alert, retrieval
from tests.integration.warehouse_inputs import Rows, build, cover, project_rows, records, write_landed, zone

pytestmark = pytest.mark.integration

YEARS = (2022, 2023, 2024)
PART = "1.0000004"
"""Hectares of one stratum: three of them are 3.000001 when they are summed first, and 3.000000 when they are rounded first."""


def um2(hectares: str | Decimal) -> Decimal:
    return Decimal(hectares) * UM2_PER_HA


def part(patch: str, stratum: str, year: int, hint: str, label: str | None = None, **other: Any) -> dict[str, Any]:
    return dict.fromkeys(DATASETS["loss_patches"].schema.names) | {
        "patch_id": patch, "zone_id": "pa", "stratum_id": stratum, "product": "gfc", "product_version": "v1.12", "loss_year": year,
        "pixel_count": 1, "area_um2": um2(PART), "patch_pixel_count": 3, "patch_area_um2": um2(3), "is_whole": True,
        "longitude": -77.0, "latitude": -7.0, "elongation": Decimal(1),
        "driver_hint": hint, "driver_rule": "no_rule",
        "reviewer_label": label, "reviewed_by": label and "team", "reviewed_on": label and date(2026, 1, 1),
        **other,
    }  # fmt: skip


def shape(year: int, forest: Decimal) -> dict[str, Any]:
    return {
        "zone_id": "pa", "year": year, "product": "gfc", "product_version": "v1.12", "edge_depth_m": 100, "forest_area_um2": forest,
        "core_area_um2": Decimal(0), "edge_length_um": Decimal(50 * 10**9), "patch_count": 5, "patch_count_min_area": 2,
        "largest_patch_area_um2": um2(1), "min_area_um2": um2("0.5"), "below_min_area_um2": um2("1.2000003"),
    }  # fmt: skip


def rows() -> Rows:
    """Three strata, each losing the same awkward area in each year of a period that has two halves of years."""
    strata = ("s1", "s2", "s3")
    found = project_rows(
        date(2022, 7, 1),
        date(2024, 6, 30),
        rule_set="vm0015_v1_1",
        method="none",
        overrides={"buffer_rate": Decimal(0)},
    )
    found["zones"] = [zone("pa", "project_area", "1000"), zone("lb", "leakage_belt", "10")]
    found["land_cover_area"] = [
        *(cover("pa", stratum, PART, loss_year=year) for stratum in strata for year in YEARS),
        *(cover("pa", stratum, "300.0000004") for stratum in strata),
        cover("pa", "s1", "90.9999952", cover_class="non_forest"),
        cover("lb", "s1", "10"),
    ]
    pieces = {
        "agriculture": {"s1": ("a", "fire"), "s2": ("a", "fire"), "s3": ("b", None)},
        "roads": dict.fromkeys(strata, ("c", "mining")),
    }
    found["loss_patches"] = [
        part(f"{patch}{year}", stratum, year, hint, label, label_illustrative=label == "mining" if label else None)
        for hint, years in (("agriculture", (2022, 2023)), ("roads", (2024,)))
        for year in years
        for stratum, (patch, label) in pieces[hint].items()
    ]
    standing = 3 * um2("300.0000004")
    found["fragmentation"] = [shape(year, standing + 3 * um2(PART) * (2024 - year)) for year in (2021, *YEARS)]
    # Alerts of three days of one month and week.
    found["alert_retrievals"] = [retrieval(date(2025, 2, 10))]
    found["alert_coverage"] = [
        dict.fromkeys(DATASETS["alert_coverage"].schema.names)
        | {
            "product": "alerts",
            "product_version": "latest",
            "first_day": date(2020, 1, 1),
            "last_day": date(2025, 2, 10),
        }
    ]
    found["alert_area"] = [alert(date(2022, 8, day), "high", 1) | {"area_um2": um2(PART)} for day in (1, 2, 3)]
    found["batches"] = [{"dataset": "loss_patches", "rows_read": 9, "rows_accepted": 9, "rows_quarantined": 0}]
    return found


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("digits")
    result: Build = build(write_landed(rows(), folder / "landed"), folder=folder / "build")
    return lambda sql: records(result.database, sql)


def ha(area: Decimal) -> Decimal:
    return area.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def test_strata_are_summed_before_they_are_rounded(tables: Any) -> None:
    yearly = 3 * Decimal(PART)
    assert ha(yearly) != 3 * ha(Decimal(PART)), "the areas of this test tell the two ways apart"
    loss = tables("select * from marts.deforestation_annual where zone_id = 'pa' order by year")
    assert [row["area_ha"] for row in loss] == [ha(yearly)] * 3
    forest = tables("select * from marts.forest_cover_annual where zone_id = 'pa' order by year")
    expected = [ha(3 * Decimal("300.0000004") + yearly * (2024 - year)) for year in (2021, *YEARS)]
    assert [row["area_ha"] for row in forest] == expected
    shapes = tables("select * from marts.fragmentation_annual order by year")
    assert [row["forest_ha"] for row in shapes] == expected
    drivers = tables(
        "select * from marts.drivers_annual where zone_id = 'pa' and basis = 'hint' and area_ha > 0 order by year"
    )
    assert [row["area_ha"] for row in drivers] == [row["area_ha"] for row in loss]
    assert [row["share_percent"] for row in drivers] == [100] * 3


@pytest.mark.parametrize("table", ["alerts_monthly", "alerts_weekly"])
def test_days_of_alerts_are_summed_before_they_are_rounded(table: str, tables: Any) -> None:
    found = tables(f"select alert_area_ha from marts.{table} where zone_id = 'pa' and alert_area_ha > 0")
    assert [row["alert_area_ha"] for row in found] == [ha(3 * Decimal(PART))]


def test_a_year_counts_for_the_period_by_its_days(tables: Any) -> None:
    loss = tables("select * from marts.deforestation_annual where zone_id = 'pa' order by year")
    yearly = 3 * Decimal(PART)
    assert [row["period_area_ha"] for row in loss] == [
        ha(yearly * days / whole) for days, whole in ((184, 365), (365, 365), (182, 366))
    ]
    drivers = tables(
        "select * from marts.drivers_annual where zone_id = 'pa' and basis = 'hint' and area_ha > 0 order by year"
    )
    assert [row["period_area_ha"] for row in drivers] == [row["period_area_ha"] for row in loss]
    labels = {
        row["figure_id"]: (row["label_en"], row["label_es"], row["value"])
        for row in tables("select * from marts.figures")
    }
    assert labels["defor.pa.2023"][:2] == (
        "Deforestation in PA, calendar year 2023",
        "Deforestación en PA, año calendario 2023",
    )
    assert labels["defor.pa.2024"][0].endswith("calendar year 2024 (182 of 366 days in the period)")
    assert labels["defor.pa.2024"][1].endswith("año calendario 2024 (182 de 366 días en el período)")
    assert labels["defor_period.pa.2024"][2] == loss[-1]["period_area_ha"] < labels["defor.pa.2024"][2]
    assert labels["forest.pa.2024"][0] == "Forest in PA on 31 December 2024 (the period ends on 2024-06-30)"
    assert labels["forest.pa.2023"][1] == "Bosque en PA al 31 de diciembre de 2023"


def test_illustrative_labels_are_no_review_by_people(tables: Any) -> None:
    found = tables(
        "select year, basis, driver, patch_count from marts.drivers_annual "
        "where zone_id = 'pa' and basis <> 'hint' and area_ha > 0 order by all"
    )
    assert [tuple(row.values()) for row in found] == [
        (2022, "illustrative_review", "not_reviewed", 2),
        (2022, "review", "fire", 1),
        (2022, "review", "not_reviewed", 1),
        (2023, "illustrative_review", "not_reviewed", 2),
        (2023, "review", "fire", 1),
        (2023, "review", "not_reviewed", 1),
        (2024, "illustrative_review", "mining", 1),
        (2024, "review", "not_reviewed", 1),
    ]
    patches = tables("select distinct patch_id, label_illustrative from marts.loss_patches order by patch_id")
    assert {row["patch_id"]: row["label_illustrative"] for row in patches} == {
        "a2022": False, "a2023": False, "b2022": None, "b2023": None, "c2024": True,
    }  # fmt: skip


def test_forest_below_the_minimum_area_is_told(tables: Any) -> None:
    last = tables("select * from marts.fragmentation_annual order by year")[-1]
    assert (last["patch_count"], last["patch_count_min_area"]) == (5, 2)
    assert (last["min_area_ha"], last["forest_below_min_area_ha"]) == (Decimal("0.5"), Decimal("1.2"))
    # 50 km of edge over the 1000 ha of the zone, not over its forest.
    assert last["edge_density_m_ha"] == 50


@pytest.mark.parametrize("name", ["fragmentation", "loss_patches"])
def test_a_square_metre_more_stops_the_build(name: str, tmp_path: Path) -> None:
    """The tolerance that rows rounded one by one had needed would let it pass."""
    wrong = rows()
    column = "forest_area_um2" if name == "fragmentation" else "area_um2"
    wrong[name][0][column] += 10**10
    with pytest.raises(WarehouseError, match=r"assert_(forest_shape|drivers_add|patches_add)"):
        marts = [
            "fragmentation_annual",
            "drivers_annual",
            "loss_patches",
            "forest_cover_annual",
            "deforestation_annual",
        ]
        build(write_landed(wrong, tmp_path / "landed"), folder=tmp_path / "build", marts=marts)
