"""Dead wood, litter, soil, audits and uncertainty of plots, from their files to strata."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from mrv.errors import InputError
from mrv.scaffold import scaffold
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.stages.check import Checked, check_received, evidence
from mrv.stages.context import Context, open_context
from mrv.stages.land import land, pull
from mrv.stages.measure import Measured
from mrv.stages.measure_field import measure_field
from mrv.stages.measure_pools import measure_pools

Rows = list[dict[str, Any]]
CENSUS = {"census_id": "1"}
PLACE = {**CENSUS, "census_date": "2022-06-01", "area_ha": 0.5, "latitude": -7.2}
PIECE = {**CENSUS, "line_id": "1", "line_length_m": 100, "decay_class": "sound"}
FRAME = {**CENSUS, "frame_area_m2": 0.25, "fresh_mass_g": 200, "subsample_fresh_g": 100, "subsample_dry_g": 50}
LAYER = {**CENSUS, "bulk_density_g_cm3": 1.2, "coarse_fragment_percent": 0, "organic_carbon_percent": 2}
SPREAD = {"sd_g_cm3": 0.1}


def _tables(plots: tuple[str, ...] = ("p1", "p2")) -> dict[str, Rows]:
    """What two plots of one stratum gave; every amount is easy to follow."""
    alive = {**CENSUS, "genus": "Inga", "species": "edulis", "status": "alive"}
    trees = [
        {"plot_id": plot, "tree_id": tag, "dbh_cm": 28 + 2 * tag + 3 * place, **alive}
        for place, plot in enumerate(plots)
        for tag in range(1, 13)
    ]
    dead = {"plot_id": "p1", "tree_id": 99, "dbh_cm": 30, "status": "dead", "decay_class": "sound"}
    return {
        "plots": [{"plot_id": plot, "longitude": -77.25 + place / 100, **PLACE} for place, plot in enumerate(plots)],
        "trees": [*trees, alive | dead],
        "heights": [{"sample_id": n, "dbh_cm": 10 + 4 * n, "height_m": 8 + 4 * n**0.7 + n % 2} for n in range(15)],
        "wood_density": [
            {
                "level": "species",
                "family": "Fabaceae",
                "genus": "Inga",
                "species": "Inga edulis",
                "wood_density_g_cm3": 0.5,
            }
            | SPREAD
        ],
        "dead_wood_pieces": [
            *({"plot_id": "p1", "piece_id": n, "diameter_cm": d, **PIECE} for n, d in enumerate((12, 18, 25))),
            {"plot_id": "p2", "piece_id": "none", **PIECE, "decay_class": None},
        ],
        "litter_samples": [{"plot_id": plot, "sample_id": 1, **FRAME} for plot in plots],
        "soil_samples": [
            {"plot_id": plot, "sample_id": top, "depth_from_cm": top, "depth_to_cm": top + 15, **LAYER}
            for plot in plots
            for top in (0, 15)
        ],
        "audit_trees": [
            {"plot_id": "p1", "tree_id": 1, "dbh_cm": 30.2, **CENSUS},
            {"plot_id": "p1", "tree_id": 2, "dbh_cm": 32.0, **CENSUS},
        ],
    }


class Site:
    """A project whose plots come from files."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def check(self, tables: dict[str, Rows]) -> dict[str, Checked]:
        for name, rows in tables.items():
            columns = [column for column in DATASETS[name].schema.names if not column.startswith("_")]
            with (self.context.project.folder / "field" / f"{name}.csv").open(
                "w", encoding="utf-8", newline=""
            ) as stream:
                writer = csv.DictWriter(stream, columns)
                writer.writeheader()
                writer.writerows(rows)
        [source] = self.context.definition.sources
        return check_received(self.context, land(self.context, source, pull(self.context, source)))

    def measure(self, tables: dict[str, Rows], pixels: Measured | None = None) -> dict[str, pa.Table]:
        checked = self.check(tables)
        found = measure_pools(self.context, checked, measure_field(self.context, checked), pixels)
        assert found is not None
        return dict(found.tables)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "project"
    scaffold(folder)
    (folder / "field").mkdir()
    definition = folder / "project.yaml"
    project = yaml.safe_load(definition.read_text(encoding="utf-8"))
    project["field_carbon"] = {"uncertainty": {"draws": 1000, "seed": 3}}
    project["sources"] = [
        {
            "connector": "files",
            "name": "field",
            "root": "field",
            "tables": [
                {
                    "path": f"{name}.csv",
                    "dataset": name,
                    "columns": {c: c for c in DATASETS[name].schema.names if not c.startswith("_")},
                    "licence": "-",
                    "citation": "-",
                }
                for name in _tables()
            ],
        }
    ]
    definition.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")
    with open_context(str(folder), "mp1", Settings(home=tmp_path / "home")) as context:
        yield Site(context)


def _pools(tables: dict[str, pa.Table]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["plot_id"], row["pool"]): row for row in tables["plot_pools"].to_pylist()}


def test_every_pool_of_a_plot_and_its_stratum(site: Site) -> None:
    found = site.measure(_tables())
    pools = _pools(found)
    assert float(pools["p1", "dead_wood_lying"]["dry_mass_mg_ha"]) == pytest.approx(13.48435 * 0.5, abs=5e-6)
    assert pools["p2", "dead_wood_lying"]["dry_mass_mg_ha"] == 0
    assert pools["p1", "dead_wood_standing"]["dry_mass_mg_ha"] > 0
    assert pools["p2", "dead_wood_standing"]["dry_mass_mg_ha"] == 0
    assert pools["p1", "litter"]["carbon_tc_ha"] == Decimal("1.48")
    assert pools["p1", "soil"]["carbon_tc_ha"] == 72
    assert all(row["complete"] for row in pools.values())
    strata = {row["pool"]: row for row in found["stratum_pools"].to_pylist()}
    assert strata["dead_wood"]["plot_count"] == 2
    assert (strata["soil"]["mean"], strata["soil"]["se"], strata["soil"]["meets_target"]) == (72, 0, True)
    audit = {row["measure"]: row for row in found["measurement_audit"].to_pylist()}
    assert (audit["dbh_cm"]["audited_count"], audit["dbh_cm"]["mean_difference"]) == (2, Decimal("0.1"))


def test_uncertainty_of_plots_and_strata_but_not_of_land_without_area(site: Site) -> None:
    rows = site.measure(_tables())["carbon_uncertainty"].to_pylist()
    assert {row["entity_kind"] for row in rows} == {"plot", "stratum"}
    assert {row["error_source"] for row in rows if row["entity_kind"] == "stratum"} == {
        *("all", "diameter", "wood_density", "height", "allometry", "sampling")
    }


def test_forest_of_the_strata_weighs_the_land(site: Site) -> None:
    first = site.measure(_tables())
    [stratum] = {row["stratum_id"] for row in first["stratum_pools"].to_pylist()}
    zone = next(zone.zone_id for zone in site.context.zones if zone.kind == "project_area")
    row = dict.fromkeys(DATASETS["land_cover_area"].schema.names, "x") | {
        "zone_id": zone,
        "stratum_id": stratum,
        "cover_class": "forest",
        "loss_year": None,
        "pixel_count": 1,
        "area_um2": Decimal(12_345_678_901_234_567_000_000),
        "base_year": 2000,
        "last_year": 2024,
    }
    other = row | {"cover_class": "non_forest", "area_um2": Decimal(9)}
    pixels = Measured({"land_cover_area": DATASETS["land_cover_area"].table([row, other])}, changed=True)
    land = {row["pool"]: row for row in site.measure(_tables(), pixels)["landscape_pools"].to_pylist()}
    assert (land["soil"]["mean"], land["soil"]["area_ha"]) == (72, Decimal("1234567.890123"))


def test_what_is_set_aside_makes_its_pool_incomplete_and_no_other(site: Site) -> None:
    tables = _tables()
    tables["dead_wood_pieces"][0]["diameter_cm"] = 1200
    tables["litter_samples"][0]["subsample_dry_g"] = 120
    tables["soil_samples"][1]["depth_from_cm"] = 18
    pools = _pools(site.measure(tables))
    assert pools["p1", "dead_wood_lying"]["reason"] == "1 row(s) set aside"
    assert not pools["p1", "dead_wood"]["complete"]
    assert ("p1", "litter") not in pools
    assert pools["p1", "soil"]["reason"] == "the layers leave a gap from 15 to 18 cm"
    assert pools["p1", "above_ground"]["complete"]
    assert all(row["complete"] for (plot, _), row in pools.items() if plot == "p2")


def test_measurements_of_no_plot_are_set_aside_and_named(site: Site) -> None:
    tables = _tables()
    for name in ("dead_wood_pieces", "litter_samples", "soil_samples", "audit_trees"):
        tables[name].append({**tables[name][0], "plot_id": "p9"})
    checked = site.check(tables)
    aside = [row for row in evidence(list(checked.values()))["quarantine"].to_pylist() if row["rule"] == "plot_exists"]
    assert {row["dataset"] for row in aside} == {"dead_wood_pieces", "litter_samples", "soil_samples", "audit_trees"}


def test_a_density_without_spread_cannot_be_drawn(site: Site) -> None:
    tables = _tables()
    tables["wood_density"][0]["sd_g_cm3"] = None
    with pytest.raises(InputError, match="no wood density has a standard deviation"):
        site.measure(tables)


def test_a_project_without_plots_has_no_pools(site: Site) -> None:
    assert measure_pools(site.context, {}, None, None) is None
