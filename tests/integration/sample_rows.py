"""A small sample of the worked example E1: received rows, and what is measured of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mrv.schemas import DATASETS
from mrv.stages.measure_sample import RECEIVED_TABLES, estimate_tables
from mrv.units import UM2_PER_HA
from tests.integration.warehouse_inputs import Rows

YEARS = (2022, 2023, 2024)
AREAS_HA = {"pa.loss": 285, "pa.stable_forest": 19715, "lb.loss": 635, "lb.stable_forest": 9365}
"""The strata of E1: what its map shows as lost in three years, and the rest of both zones."""
SEEN = {"pa.loss": (20, 18), "pa.stable_forest": (100, 1), "lb.loss": (10, 9), "lb.stable_forest": (100, 10)}
"""Units of each stratum, and how many of them are loss."""
ORIGIN = {"_artifact": "a" * 64, "_row": 1}


def sample_rows(*zones: str, first_year: int = 2022, last_year: int = 2024, **changes: Any) -> Rows:
    """Rows of the four received tables.

    Args:
        zones: Zones that were sampled; default: both.
        first_year: First year of the design.
        last_year: Last year of it.
        changes: Columns of the labels of unit `d-00001` (a loss in pa.loss) that are other than sound.
    """
    strata = {name: area for name, area in AREAS_HA.items() if name.partition(".")[0] in (zones or ("pa", "lb"))}
    rows: Rows = {name: [] for name in RECEIVED_TABLES}
    for stratum_id, area_ha in strata.items():
        count, lost = SEEN[stratum_id]
        rows["sample_strata"].append(_stratum(stratum_id, area_ha, count))
        for number in range(count):
            unit_id = f"d-{len(rows['sample_units']) + 1:05d}"
            rows["sample_units"].append(_unit(unit_id, stratum_id, count / area_ha))
            year = YEARS[number % len(YEARS)] if stratum_id == "pa.loss" else 2023
            rows["sample_labels"].append(_label(unit_id, loss_year=year if number < lost else None))
    rows["sample_labels"][0].update(changes)
    area_um2 = sum(strata.values()) * UM2_PER_HA
    rows["sample_designs"].append(
        {
            **ORIGIN,
            "design_id": "d",
            "design_sha256": "d" * 64,
            "period_id": "mp1",
            "draw": "stratified_random",
            "seed": 1,
            "spacing_pixels": None,
            "first_year": first_year,
            "last_year": last_year,
            "product": "gfc",
            "product_version": "v1.12",
            "loss_buffer_pixels": 0,
            "finite_population_correction": False,
            "step_count": 1,
            "unit_count": len(rows["sample_units"]),
            "pixel_count": sum(strata.values()),
            "area_um2": Decimal(area_um2),
            "unobserved_area_um2": Decimal(0),
            "map_sha256": "e" * 64,
            "specification": "{}",
        }
    )
    return rows


def measured_rows(received: Rows) -> Rows:
    """Rows of the received tables and of those that are measured of them."""
    tables = {name: DATASETS[name].table(rows) for name, rows in received.items()}
    return {name: table.to_pylist() for name, table in {**tables, **estimate_tables(tables)}.items()}


def _stratum(stratum_id: str, area_ha: int, count: int) -> dict[str, Any]:
    zone_id, map_class = stratum_id.split(".")
    return {
        **ORIGIN,
        "design_id": "d",
        "stratum_id": stratum_id,
        "stratum_class": map_class,
        "map_class": map_class,
        "zone_id": zone_id,
        "carbon_stratum_id": None,
        "pixel_count": area_ha,
        "area_um2": Decimal(area_ha * UM2_PER_HA),
        "drawn_count": count,
    }


def _unit(unit_id: str, stratum_id: str, probability: float) -> dict[str, Any]:
    zone_id, map_class = stratum_id.split(".")
    return {
        **ORIGIN,
        "design_id": "d",
        "unit_id": unit_id,
        "step": 1,
        "stratum_id": stratum_id,
        "zone_id": zone_id,
        "carbon_stratum_id": "s2",
        "map_class": map_class,
        "map_loss_year": 2022 if map_class == "loss" else None,
        "inclusion_probability": probability,
        "pixel_row": 1,
        "pixel_column": 1,
        "longitude": -77.0,
        "latitude": -7.0,
        "area_um2": Decimal(UM2_PER_HA),
    }


def _label(unit_id: str, *, loss_year: int | None) -> dict[str, Any]:
    blank = dict.fromkeys(DATASETS["sample_labels"].schema.names)
    return {
        **blank,
        **ORIGIN,
        "design_id": "d",
        "unit_id": unit_id,
        "role": "interpreter",
        "interpreter": "interpreter-1",
        "label": "seen",
        "usable": True,
        "reference_class": "stable_forest" if loss_year is None else "loss",
        "loss_year": loss_year,
        "image_before_date": 2021.5,
        "image_after_date": 2024.25,
    }
