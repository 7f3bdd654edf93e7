"""Sound rows of every checked table, to be spoilt one rule at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from mrv.schemas import DATASETS

ARTIFACT = "c0ffee" + "0" * 58
BOUNDS = {"south": -8.0, "north": -6.5, "west": -77.6, "east": -76.5}
WINDOW = {"window_start": date(2018, 1, 1), "window_end": date(2024, 6, 30)}
PARAMETERS: dict[str, Any] = {
    **BOUNDS,
    **WINDOW,
    "first_loss_year": 2001,
    "last_loss_year": 2024,
    "known_plot_keys": ["p1|1|s1", "p2|1|s2"],
    "quarantined_plot_keys": ["p2|1|s2"],
    "misplaced_plots": ["misplaced|2"],
    "zone_ids": ["z1", "z2", "z3"],
}

SOUND: dict[str, dict[str, Any]] = {
    "fires": {
        "fire_id": "f{n}",
        "acquired_at_utc": datetime(2020, 8, 1, 17, 30, tzinfo=UTC),
        "acquired_on_utc": date(2020, 8, 1),
        "latitude": -7.0,
        "longitude": -77.0,
        "satellite": "N",
        "instrument": "VIIRS",
        "confidence": "nominal",
        "frp_mw": 3.5,
        "near_real_time": False,
    },
    "plots": {
        "plot_id": "p{n}",
        "census_id": "1",
        "census_date": date(2020, 5, 1),
        "latitude": -7.0,
        "longitude": -77.0,
        "area_ha": 1.0,
        "slope_percent": 20.0,
        "slope_corrected": True,
        "submission_id": "s{n}",
        "submitted_at": datetime(2020, 5, 2, tzinfo=UTC),
        "validation_status": "validation_status_approved",
    },
    "trees": {
        "plot_id": "p1",
        "census_id": "1",
        "tree_id": "{n}",
        "dbh_cm": 25.0,
        "height_m": 20.0,
        "genus": "Inga",
        "status": "alive",
        "submission_id": "s1",
    },
    "heights": {"sample_id": "{n}", "dbh_cm": 25.0, "height_m": 20.0},
    "wood_density": {"level": "species", "genus": "Inga", "species": "edulis{n}", "wood_density_g_cm3": 0.52},
    "name_resolution": {"genus": "Ynga", "species": "edulis{n}", "genus_accepted": "Inga"},
    "zones": {
        "zone_id": "z{n}",
        "kind": "project_area",
        "zone_name": "Zone",
        "boundary_version": "1",
        "area_ha": Decimal("100"),
        "illustrative": True,
        "boundary_sha256": ARTIFACT,
    },
    "baseline_activity": {
        "baseline_version": "b1",
        "zone_id": "z{n}",
        "stratum_id": "s1",
        "year": 2020,
        "area_ha": Decimal("12.5"),
    },
    "carbon_pools": {
        "stratum_id": "s{n}",
        "state": "forest",
        "pool": "above_ground",
        "method": "table",
        "stock_tc_ha": Decimal("118"),
        "source": "plots",
    },
    "land_cover_area": {
        "zone_id": "z{n}",
        "stratum_id": "s1",
        "cover_class": "forest",
        "loss_year": 2020,
        "pixel_rule": "centre",
        "pixel_count": 10,
        "area_um2": Decimal(7_693_170_049_000_000),
        "product": "hansen_gfc",
        "product_version": "GFC-2024-v1.12",
        "base_year": 2000,
        "last_year": 2024,
    },
    "zone_pixels": {
        "zone_id": "z{n}",
        "product": "hansen_gfc",
        "product_version": "GFC-2024-v1.12",
        "pixel_rule": "centre",
        "pixel_count": 10,
        "area_um2": Decimal(7_693_170_049_000_000),
    },
    "pixel_emissions": {
        "zone_id": "z{n}",
        "stratum_id": "s1",
        "loss_year": 2020,
        "pixel_count": 10,
        "emissions_g": Decimal(5_000_000),
        "product": "gfw_gross_emissions",
        "product_version": "1",
    },
    "fire_events": {
        "fire_id": "f{n}",
        "event_id": "f1",
        "is_primary": False,
        "rule": "seen_by_another_satellite",
        "is_vegetation": True,
    },
    "loss_patches": {
        "patch_id": "GFC-2024-v1.12-2022-347000-41200{n}",
        "zone_id": "z1",
        "stratum_id": "s1",
        "product": "hansen_gfc",
        "product_version": "GFC-2024-v1.12",
        "loss_year": 2022,
        "pixel_count": 3,
        "area_um2": Decimal(2_290_000_000_000_000),
        "patch_pixel_count": 4,
        "patch_area_um2": Decimal(3_050_000_000_000_000),
        "is_whole": True,
        "longitude": -77.0,
        "latitude": -7.0,
        "elongation": Decimal("1.5"),
        "distance_to_road_m": Decimal("120.5"),
        "driver_hint": "agriculture",
        "driver_rule": "near_a_road",
        "reason": "no rivers are declared",
    },
    "driver_rules": {
        "rule_id": "rule_{n}",
        "position": 1,
        "driver_hint": "roads",
        "conditions": "all of it",
        "note_en": "a note",
        "note_es": "una nota",
        "reference": "a reference",
        "rules_version": "v1",
    },
    "patch_labels": {
        "patch_id": "p{n}",
        "reviewer_label": "no_loss",
        "reviewed_by": "field team",
        "reviewed_on": date(2024, 7, 1),
        "illustrative": False,
        "status": "matched",
    },
    "class_area": {
        "zone_id": "z{n}",
        "stratum_id": "s1",
        "product": "mapbiomas_peru",
        "product_version": "3",
        "layer": "coverage",
        "year": 2024,
        "class_code": 3,
        "class_name_en": "forest",
        "class_name_es": "bosque",
        "pixel_rule": "centre",
        "area_basis": "geodesic",
        "pixel_count": 4,
        "area_um2": Decimal(3600 * 10**12),
        "nominal_area_um2": Decimal(3600 * 10**12),
    },
    "class_transition": {
        "zone_id": "z{n}",
        "stratum_id": "s1",
        "product": "mapbiomas_peru",
        "product_version": "3",
        "layer": "coverage",
        "year_from": 2010,
        "year_to": 2024,
        "class_from": 3,
        "class_to": 15,
        "transition_code": 315,
        "class_from_name_en": "forest",
        "class_from_name_es": "bosque",
        "class_to_name_en": "pasture",
        "class_to_name_es": "pasto",
        "pixel_rule": "centre",
        "area_basis": "geodesic",
        "pixel_count": 4,
        "area_um2": Decimal(3600 * 10**12),
        "nominal_area_um2": Decimal(3600 * 10**12),
    },
    "zone_statistics": {
        "zone_id": "z{n}",
        "stratum_id": "s1",
        "product": "esa_cci_biomass",
        "product_version": "v6.0",
        "layer": "agb",
        "first_day": date(2020, 1, 1),
        "last_day": date(2020, 12, 31),
        "unit": "Mg/ha",
        "pixel_rule": "centre",
        "pixel_count": 4,
        "area_um2": Decimal(3600 * 10**12),
        "nodata_area_um2": Decimal(0),
        "mean": Decimal("180.5"),
        "minimum": Decimal(3),
        "maximum": Decimal(300),
        "step": Decimal(1),
    },
    "fragmentation": {
        "zone_id": "z{n}",
        "year": 2022,
        "product": "hansen_gfc",
        "product_version": "GFC-2024-v1.12",
        "edge_depth_m": 100,
        "forest_area_um2": Decimal(9 * 10**20),
        "core_area_um2": Decimal(5 * 10**20),
        "edge_length_um": Decimal(10**12),
        "patch_count": 3,
        "patch_count_min_area": 2,
        "largest_patch_area_um2": Decimal(8 * 10**20),
        "min_area_um2": Decimal(5 * 10**15),
        "below_min_area_um2": Decimal(10**15),
    },
    "alert_area": {
        "zone_id": "z{n}",
        "product": "gfw_integrated_alerts",
        "product_version": "latest",
        "retrieved_on": date(2024, 7, 2),
        "alert_date": date(2020, 8, 1),
        "confidence": "high",
        "pixel_count": 3,
        "area_um2": Decimal(366_000_000_000_000),
        "pixel_rule": "centre",
    },
    "alert_clusters": {
        "cluster_id": "gfw_integrated_alerts-r870000-c102860{n}-20200801",
        "product": "gfw_integrated_alerts",
        "product_version": "latest",
        "retrieved_on": date(2024, 7, 2),
        "first_alert": date(2020, 8, 1),
        "last_alert": date(2020, 8, 21),
        "confidence": "highest",
        "pixel_count": 3,
        "area_um2": Decimal(366_000_000_000_000),
        "low_area_um2": Decimal(122_000_000_000_000),
        "high_area_um2": Decimal(244_000_000_000_000),
        "longitude": -77.1,
        "latitude": -7.2,
        "geometry": "a polygon",
    },
    "alert_cluster_zones": {
        "cluster_id": "gfw_integrated_alerts-r870000-c102860{n}-20200801",
        "zone_id": "z1",
        "area_um2": Decimal(122_000_000_000_000),
        "low_area_um2": Decimal(0),
        "high_area_um2": Decimal(122_000_000_000_000),
    },
    "alert_clusters_left_out": {
        "product": "gfw_integrated_alerts",
        "zone_id": "z{n}",
        "cluster_count": 2,
        "area_um2": Decimal(122_000_000_000_000),
        "min_cluster_area_ha": Decimal("0.1"),
    },
    "alert_coverage": {
        "product": "alerts_{n}",
        "product_version": "latest",
        "first_day": date(2015, 1, 1),
        "last_day": date(2024, 7, 2),
    },
    "fire_coverage": {
        "source": "fires",
        "collection": "VIIRS_{n}",
        "observed_on": date(2024, 6, 1),
        "basis": "asked",
    },
    "alert_retrievals": {
        "product": "gfw_integrated_alerts",
        "product_version": "latest",
        "layer": "date_conf",
        "series": "gfw_integrated_alerts/latest/date_conf/00N_080W/2018-01-01..2024-06-30",
        "address": "gfw_integrated_alerts/latest/date_conf/00N_080W/2018-01-01..2024-06-30/retrieved-2024-07-0{n}",
        "retrieved_on": date(2024, 7, 2),
        "sha256": ARTIFACT,
        "in_use": True,
        "frozen": True,
        "freeze_after_days": 180,
        "day_convention": "days since 2014-12-31",
        "confidences": "low,high,highest",
    },
    "alert_changes": {
        "product": "gfw_integrated_alerts",
        "product_version": "latest",
        "series": "series {n}",
        "retrieved_before": date(2024, 5, 2),
        "retrieved_after": date(2024, 7, 2),
        "sha256_before": ARTIFACT,
        "sha256_after": ARTIFACT,
        "confidence": "low",
        "gone_pixel_count": 3,
        "gone_area_um2": Decimal(366_000_000_000_000),
        "new_pixel_count": 0,
        "new_area_um2": Decimal(0),
    },
    "fire_zones": {"fire_id": "f{n}", "zone_id": "z1"},
    "scenes": {
        "composite_id": "dry-2023",
        "scene_id": "S2A_18MUS_2023070{n}_0_L2A",
        "collection": "sentinel-2-l2a",
        "source": "scenes",
        "acquired_at_utc": datetime(2023, 7, 1, 15, 30, tzinfo=UTC),
        "acquired_on_utc": date(2023, 7, 1),
        "used": False,
        "reason_not_used": "more cloud than 60 per cent, or an unknown share",
        "item_sha256": ARTIFACT,
    },
    "vegetation_change": {
        "zone_id": "z{n}",
        "vegetation_index": "ndvi",
        "source": "scenes",
        "before_id": "dry-2022",
        "after_id": "dry-2023",
        "mean_before": Decimal("0.8"),
        "mean_after": Decimal("0.65"),
        "mean_change": Decimal("-0.15"),
        "clear_pixel_count": 56,
        "clear_area_um2": Decimal(22_400_000_000_000_000),
        "zone_pixel_count": 64,
        "zone_area_um2": Decimal(25_600_000_000_000_000),
    },
    "tree_biomass": {
        "plot_id": "p1",
        "census_id": "1",
        "tree_id": "{n}",
        "dbh_cm": 25.0,
        "height_m": 20.0,
        "height_method": "measured",
        "wood_density_g_cm3": 0.6,
        "wood_density_level": "species",
        "agb_kg": 400.0,
        "allometry": "chave_2014_eq4",
    },
    "plot_biomass": {
        "plot_id": "p{n}",
        "census_id": "1",
        "stratum_id": "s1",
        "area_ha": 1.0,
        "tree_count": 500,
        "species_level_count": 400,
        "genus_level_count": 50,
        "family_level_count": 25,
        "plot_mean_level_count": 25,
        "agb_mg": Decimal("250"),
        "agb_mg_ha": Decimal("250"),
        "trees_set_aside": 0,
        "complete": True,
    },
    "stratum_biomass": {
        "stratum_id": "s{n}",
        "plot_count": 8,
        "agb_mg_ha": Decimal("250"),
        "sd_mg_ha": Decimal("20"),
        "se_mg_ha": Decimal("7"),
        "ci90_half_width_mg_ha": Decimal("13"),
        "ci95_half_width_mg_ha": Decimal("16"),
        "precision90_percent": Decimal("5.2"),
    },
}

Rows = Callable[..., list[dict[str, Any]]]
MakeTable = Callable[[str, list[dict[str, Any]]], pa.Table]


def sound_rows(dataset: str, count: int = 3) -> list[dict[str, Any]]:
    """Rows that hold every rule of the suite, `{n}` filled with 1, 2, 3 …."""
    rows = []
    for n in range(1, count + 1):
        row = dict.fromkeys(DATASETS[dataset].schema.names)
        for name, value in SOUND[dataset].items():
            row[name] = value.format(n=n) if isinstance(value, str) else value
        if DATASETS[dataset].traced:
            row |= {"_artifact": ARTIFACT, "_row": n}
        rows.append(row)
    return rows


@pytest.fixture
def parameters() -> dict[str, Any]:
    return dict(PARAMETERS)


@pytest.fixture
def rows() -> Rows:
    return sound_rows


@pytest.fixture
def make_table() -> MakeTable:
    def make(dataset: str, listed: list[dict[str, Any]]) -> pa.Table:
        # Not Dataset.table: bad rows may lack what the schema wants, as a broken file would.
        schema = pa.schema([field.with_nullable(True) for field in DATASETS[dataset].schema])
        return pa.Table.from_pylist(listed, schema=schema)

    return make
