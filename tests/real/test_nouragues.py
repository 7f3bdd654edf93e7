"""The Nouragues plots through the whole run: published biomass per plot, from the tables of the run."""

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mrv.stages.results import mart

pytestmark = [pytest.mark.real, pytest.mark.integration]

# Published with the data: Mg per plot of one hectare, and trees by the level their wood density comes from.
COLLECTED = (["470.387", "524.302", "380.865", "298.671"], "1674.225", [1633, 275, 142])
CORRECTED = (["470.496", "524.572", "380.595", "297.708"], "1673.371", [1635, 246, 169])


@pytest.mark.parametrize(("without", "published"), [("name_resolution", COLLECTED), ("", CORRECTED)])
def test_the_run_gives_the_published_biomass(
    real_project: Callable[..., Path],
    shared: Path,
    mrv_run: Callable[[Path], dict[str, Any]],
    without: str,
    published: tuple[list[str], str, list[int]],
) -> None:
    folder = real_project("nouragues", without=without)
    box_around_corners(shared / "data" / "nouragues" / "NouraguesCoords.csv", folder / "zones.geojson")
    result = mrv_run(folder)
    landed = Path(result["package"]) / "data" / "landed" / "plot_biomass.parquet"
    plots = pq.read_table(landed).sort_by("plot_id").to_pylist()
    totals, total, levels = published
    assert [row["plot_id"] for row in plots] == ["201", "204", "213", "223"]
    for row, expected in zip(plots, totals, strict=True):
        assert abs(row["agb_mg"] - Decimal(expected)) <= Decimal("0.01"), row["plot_id"]
    assert abs(sum(row["agb_mg"] for row in plots) - Decimal(total)) <= Decimal("0.01")
    counted = [
        sum(row[f"{level}_count"] for row in plots) for level in ("species_level", "genus_level", "plot_mean_level")
    ]
    assert counted == levels
    assert result["rows_quarantined"] == 0
    stock = [row for row in mart(Path(result["snapshot"]), "carbon_stocks") if row["stock_tc_ha"] is not None]
    assert stock == [], "a project without pools has no stocks, and none are made up"


def box_around_corners(corners: Path, target: Path) -> None:
    with corners.open(encoding="utf-8") as stream:
        points = [(float(row["Long"]), float(row["Lat"])) for row in csv.DictReader(stream)]
    west, east = min(x for x, _ in points) - 0.001, max(x for x, _ in points) + 0.001
    south, north = min(y for _, y in points) - 0.001, max(y for _, y in points) + 0.001
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {
        "type": "Feature",
        "properties": {"zone_id": "plots", "kind": "project_area", "name": "Plots"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    target.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
