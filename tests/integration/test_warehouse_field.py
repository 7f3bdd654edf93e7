"""The marts of field carbon, and a stock that comes from measured pools, in one build."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mrv.schemas import DATASETS
from tests.integration.warehouse_inputs import build, e1_rows, records, write_landed

pytestmark = pytest.mark.integration

AMOUNTS = dict.fromkeys(("mean", "median", "recorded"), Decimal(200)) | {"sd": Decimal(10)}
QUANTILES = {"q025": Decimal(180), "q05": Decimal(184), "q95": Decimal(216), "q975": Decimal(220)}
TARGET = {"target_percent": Decimal(10), "target_confidence": Decimal("0.9"), "unit": "tC/ha"}


def field_rows() -> dict[str, list[dict[str, Any]]]:
    plots = [
        {"plot_id": "p1", "census_id": census, "area_ha": 0.25, "census_date": day, "_artifact": "a" * 64, "_row": row}
        for row, (census, day) in enumerate([("c1", date(2020, 6, 1)), ("c2", date(2023, 6, 1))], start=1)
    ]
    pool = {"plot_id": "p1", "stratum_id": "s1", "measurement_count": 3, "method": "frames", "complete": True}
    return {
        "plots": plots,
        "plot_biomass": [
            {
                "plot_id": "p1",
                "census_id": "c2",
                "stratum_id": "s1",
                "area_ha": 0.25,
                "slope_factor": 1.0,
                "tree_count": 10,
                "species_level_count": 5,
                "genus_level_count": 2,
                "family_level_count": 1,
                "plot_mean_level_count": 1,
                "agb_mg": Decimal(50),
                "agb_mg_ha": Decimal(200),
                "trees_set_aside": 0,
                "trees_without_biomass": 0,
                "complete": True,
            }
        ],
        "plot_pools": [
            {
                **pool,
                "census_id": "c2",
                "pool": "litter",
                "dry_mass_mg_ha": Decimal(4),
                "carbon_tc_ha": Decimal("1.48"),
            },
            {**pool, "census_id": "c2", "pool": "soil", "complete": False, "reason": "the layers leave a gap"},
        ],
        # Its own rounding would give 58.032581388.
        "stratum_biomass": [{"stratum_id": "s1", "plot_count": 2, "agb_mg_ha": Decimal("123.473577419")}],
        "stratum_pools": [
            {
                "stratum_id": "s1",
                "pool": "above_ground",
                "plot_count": 2,
                "mean": Decimal("58.032581388"),
                "se": Decimal(1),
                **TARGET,
            },
            {
                "stratum_id": "s1",
                "pool": "litter",
                "plot_count": 1,
                "mean": Decimal("1.48"),
                **TARGET,
                "reason": "one plot",
            },
        ],
        "landscape_pools": [
            {
                "pool": "litter",
                "unit": "tC/ha",
                "stratum_count": 1,
                "plot_count": 1,
                "reason": "no complete plot in stratum s2",
            }
        ],
        "plot_changes": [
            {
                "plot_id": "p1",
                "census_from": "c1",
                "census_to": "c2",
                "stratum_id": "s1",
                "years": Decimal(3),
                "survivor_count": 9,
                "recruit_count": 1,
                "ongrowth_count": 0,
                "death_count": 1,
                "missing_count": 0,
                "doubtful_count": 0,
                "doubtful_mg_ha": Decimal(0),
                "agb_from_mg_ha": Decimal(194),
                "growth_mg_ha": Decimal(8),
                "recruitment_mg_ha": Decimal(1),
                "mortality_mg_ha": Decimal(3),
                "agb_to_mg_ha": Decimal(200),
                "change_mg_ha_yr": Decimal(2),
            }
        ],
        "stratum_changes": [{"stratum_id": "s1", "plot_count": 1, "change_mg_ha_yr": Decimal(2)}],
        "carbon_uncertainty": [
            {
                "entity_kind": "plot",
                "entity_id": "p1",
                "error_source": "all",
                "plot_count": 1,
                "draw_count": 1000,
                "seed": 1,
                "unit": "Mg/ha",
                **AMOUNTS,
                **QUANTILES,
                "variance_share": Decimal(1),
            }
        ],
        "allometries_used": [
            {
                "allometry": "chave_2014_eq4",
                "life_form": "tree",
                "status": "published",
                "tree_count": 9,
                "agb_mg": Decimal(50),
            }
        ],
        "measurement_audit": [
            {
                "plot_id": "p1",
                "census_id": "c2",
                "measure": "dbh_cm",
                "unit": "cm",
                "tree_count": 10,
                "audited_count": 1,
                "audited_share": Decimal("0.1"),
                "agreed_share": Decimal(1),
                "passed": True,
            }
        ],
    }


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("field")
    rows = e1_rows()
    rows["carbon_pools"] = [
        row for row in rows["carbon_pools"] if (row["stratum_id"], row["state"]) != ("s1", "forest")
    ] + [
        {"stratum_id": "s1", "state": "forest", "pool": pool, "method": "plots"} for pool in ("above_ground", "litter")
    ]
    full = {
        name: [dict.fromkeys(DATASETS[name].schema.names) | row for row in listed]
        for name, listed in (rows | field_rows()).items()
    }
    return build(write_landed(full, folder / "landed"), folder=folder / "build").database


def test_a_stock_may_come_from_a_measured_pool(database: Path) -> None:
    [litter] = records(database, "select * from marts.carbon_stocks where pool = 'litter'")
    assert (litter["stock_tc_ha"], litter["plot_count"], litter["reason"]) == (Decimal("1.48"), 1, None)
    # One plot has no interval.
    [stock] = records(
        database, "select * from intermediate.int_account_stocks where stratum_id = 's1' and pool = 'litter'"
    )
    assert (stock["stock_tc_ha"], stock["ci90_half_width_tc_ha"]) == (Decimal("1.48"), None)


def test_every_mart_holds_its_rows_with_their_days(database: Path) -> None:
    pools = records(database, "select * from marts.plot_carbon order by pool")
    assert [(row["pool"], row["census_date"], row["complete"]) for row in pools] == [
        ("litter", date(2023, 6, 1), True),
        ("soil", date(2023, 6, 1), False),
    ]
    strata = {row["stratum_id"]: row for row in records(database, "select * from marts.stratum_carbon")}
    assert strata["s1"]["mean_tc_ha"] == Decimal("1.48")
    assert strata["*"]["reason"] == "no complete plot in stratum s2"
    [change] = records(database, "select * from marts.plot_changes")
    assert (change["date_from"], change["date_to"]) == (date(2020, 6, 1), date(2023, 6, 1))
    [annual] = records(database, "select * from marts.stratum_changes")
    assert annual["change_mg_ha_yr"] == 2
    [draws] = records(database, "select * from marts.carbon_uncertainty")
    assert (draws["q025_mg_ha"], draws["q975_mg_ha"]) == (180, 220)
    [equation] = records(database, "select * from marts.allometries_used")
    assert (equation["allometry"], equation["status"]) == ("chave_2014_eq4", "published")
    [audit] = records(database, "select * from marts.measurement_audit")
    assert audit["passed"] is True


def test_constants_that_plots_used_are_among_the_parameters(database: Path) -> None:
    found = records(database, "select name from marts.parameters_used where mart = 'plot_carbon'")
    assert [row["name"] for row in found] == ["carbon_fraction_litter"]


def test_two_tables_give_a_stock_to_the_same_digit(database: Path) -> None:
    [stock] = records(
        database,
        "select * from marts.carbon_stocks where stratum_id = 's1' and pool = 'above_ground' and method = 'plots'",
    )
    [mean] = records(database, "select * from marts.stratum_carbon where stratum_id = 's1' and pool = 'above_ground'")
    assert stock["stock_tc_ha"] == mean["mean_tc_ha"] == Decimal("58.032581387")


def test_trees_at_the_mean_of_all_plots_are_those_that_are_left(database: Path) -> None:
    levels = records(database, "select * from marts.wood_density_levels")
    assert {row["wood_density_level"]: row["level_tree_count"] for row in levels} == {
        "species": 5,
        "genus": 2,
        "family": 1,
        "plot": 1,
        "dataset": 1,
    }
