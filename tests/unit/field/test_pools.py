"""Pools of plots, strata and the land, as rows."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mrv.field.plots import PlotCensus
from mrv.field.pool_amounts import PoolAmount
from mrv.field.pools import CarbonFractions, landscape_pools, plot_pools, stratum_pools
from mrv.project_field import FieldCarbon

FRACTIONS = CarbonFractions(Decimal("0.47"), Decimal("0.37"))
WORKED = (105.2, 98.7, 131.4, 120.9, 87.6, 142.3, 110.0, 126.5)


def _biomass(plot: str, mg_ha: str, *, census: str = "1", stratum: str = "s1", aside: int = 0) -> dict[str, Any]:
    return {
        "plot_id": plot,
        "census_id": census,
        "stratum_id": stratum,
        "agb_mg_ha": Decimal(mg_ha),
        "tree_count": 50,
        "trees_set_aside": aside,
        "trees_without_biomass": 0,
        "complete": not aside,
        "reason": f"{aside} tree(s) set aside" if aside else None,
    }


def _census(plot: str, *, census: str = "1", stratum: str = "s1", year: int = 2020) -> PlotCensus:
    return PlotCensus(plot, census, date(year, 6, 1), stratum, 0.5, 1.0, None, ())


def _pools(*amounts: PoolAmount) -> dict[str, dict[str, Any]]:
    rows = plot_pools(amounts, plot_biomass=[_biomass("p1", "200")], fractions=FRACTIONS, set_aside={})
    return {row["pool"]: row for row in rows}


def test_dry_mass_becomes_carbon_by_the_fraction_of_its_pool() -> None:
    key = ("p1", "1")
    found = _pools(
        PoolAmount(key, "litter", 4.0, 2, "frames"),
        PoolAmount(key, "dead_wood_lying", 10.0, 3, "line_intersect"),
        PoolAmount(key, "dead_wood_standing", 5.0, 1, "allometry_by_decay_class"),
        PoolAmount(key, "soil", None, 3, "layers_0_30_cm", None, 72.0),
    )
    assert found["above_ground"]["carbon_tc_ha"] == 94
    assert found["litter"]["carbon_tc_ha"] == Decimal("1.48")
    assert (found["dead_wood"]["dry_mass_mg_ha"], found["dead_wood"]["carbon_tc_ha"]) == (15, Decimal("7.05"))
    assert (found["soil"]["dry_mass_mg_ha"], found["soil"]["carbon_tc_ha"]) == (None, 72)
    assert all(row["complete"] for row in found.values())


def test_what_a_known_amount_leaves_out_is_told() -> None:
    key = ("p1", "1")
    found = _pools(
        PoolAmount(key, "dead_wood_lying", 10.0, 3, "line_intersect"),
        PoolAmount(key, "dead_wood_standing", 5.0, 1, "allometry_by_decay_class", None, None, "1 dead palm left out"),
    )
    for pool in ("dead_wood_standing", "dead_wood"):
        assert (found[pool]["complete"], found[pool]["reason"]) == (True, "1 dead palm left out")


def test_half_of_the_dead_wood_is_not_dead_wood() -> None:
    key = ("p1", "1")
    found = _pools(PoolAmount(key, "dead_wood_lying", 10.0, 3, "line_intersect"))
    assert found["dead_wood_lying"]["complete"]
    assert (found["dead_wood"]["carbon_tc_ha"], found["dead_wood"]["complete"]) == (None, False)
    assert found["dead_wood"]["reason"] == "standing dead wood was not measured"
    unknown = _pools(
        PoolAmount(key, "dead_wood_lying", None, 3, "line_intersect", "line 1 has two lengths"),
        PoolAmount(key, "dead_wood_standing", 5.0, 1, "allometry_by_decay_class"),
    )
    assert unknown["dead_wood"]["reason"] == "line 1 has two lengths"


@pytest.mark.parametrize("part", ["dead_wood_lying", "dead_wood_standing"])
def test_rows_set_aside_make_a_pool_incomplete_and_the_sum_that_it_is_in(part: str) -> None:
    key = ("p1", "1")
    amounts = [PoolAmount(key, name, 5.0, 1, "m") for name in ("dead_wood_lying", "dead_wood_standing")]
    rows = plot_pools(
        amounts,
        plot_biomass=[_biomass("p1", "200", aside=2 if part == "dead_wood_standing" else 0)],
        fractions=FRACTIONS,
        set_aside={("dead_wood_lying", *key): 2} if part == "dead_wood_lying" else {},
    )
    found = {row["pool"]: row for row in rows}
    what = "tree" if part == "dead_wood_standing" else "row"
    assert (found[part]["complete"], found[part]["reason"]) == (False, f"2 {what}(s) set aside")
    assert (found["dead_wood"]["complete"], found["dead_wood"]["carbon_tc_ha"]) == (False, None)


def test_a_census_in_doubt_gives_no_pool_of_trees_but_the_others() -> None:
    key = ("p1", "1")
    doubt = {"complete": False, "reason": "census_in_doubt: growth_too_large (1)"}
    amounts = [PoolAmount(key, name, 5.0, 1, "m") for name in ("dead_wood_standing", "litter")]
    rows = plot_pools(amounts, plot_biomass=[_biomass("p1", "200") | doubt], fractions=FRACTIONS, set_aside={})
    found = {row["pool"]: row for row in rows}
    for pool in ("above_ground", "dead_wood_standing"):
        assert {name: found[pool][name] for name in doubt} == doubt
    assert found["litter"]["complete"]


def test_a_plot_of_which_no_tree_is_left_has_no_stock_and_not_zero() -> None:
    def carbon(**changes: Any) -> Any:
        biomass = _biomass("p1", "0") | {"tree_count": 0} | changes
        [row] = plot_pools([], plot_biomass=[biomass], fractions=FRACTIONS, set_aside={})
        return row["carbon_tc_ha"]

    assert carbon() == 0, "a measured zero"
    assert carbon(complete=False, reason="no_tree_received") is None


def test_trees_without_biomass_are_told_with_their_plot() -> None:
    rows = plot_pools(
        [], plot_biomass=[_biomass("p1", "200") | {"trees_without_biomass": 3}], fractions=FRACTIONS, set_aside={}
    )
    assert [(row["complete"], row["reason"]) for row in rows] == [(True, "3 living tree(s) without biomass, left out")]


def _strata(
    rows: list[dict[str, Any]], censuses: list[PlotCensus], **settings: Any
) -> dict[tuple[str, str], dict[str, Any]]:
    found = stratum_pools(rows, censuses={census.key: census for census in censuses}, settings=FieldCarbon(**settings))
    return {(row["stratum_id"], row["pool"]): row for row in found}


def _carbon(
    plot: str, value: float | str, *, census: str = "1", complete: bool = True, pool: str = "soil"
) -> dict[str, Any]:
    carbon = Decimal(str(value)) if complete else None
    return {"plot_id": plot, "census_id": census, "pool": pool, "carbon_tc_ha": carbon, "complete": complete}


def test_the_worked_plots_give_their_mean_interval_and_number() -> None:
    rows = [_carbon(f"p{place}", value) for place, value in enumerate(WORKED)]
    censuses = [_census(f"p{place}") for place in range(len(WORKED))]
    random.Random(1).shuffle(rows)
    found = _strata(rows, censuses)["s1", "soil"]
    assert float(found["mean"]) == pytest.approx(115.325, abs=5e-7)
    assert float(found["se"]) == pytest.approx(6.4336656, abs=5e-8)
    assert float(found["ci90_half_width"]) == pytest.approx(12.1890853, abs=5e-8)
    assert float(found["ci95_half_width"]) == pytest.approx(15.2132018, abs=5e-8)
    assert float(found["precision90_percent"]) == pytest.approx(10.5693, abs=5e-5)
    assert (found["meets_target"], found["plots_needed"]) == (False, 9)
    wide = _strata(rows, censuses, precision_target_percent=Decimal(15), precision_confidence="0.95")["s1", "soil"]
    assert (wide["meets_target"], wide["target_confidence"]) == (True, Decimal("0.95"))


def test_the_latest_complete_census_counts_pool_by_pool() -> None:
    rows = [
        _carbon("p1", 60, census="1"),
        _carbon("p1", 0, census="2", complete=False),
        _carbon("p1", 2, census="1", pool="litter"),
        _carbon("p1", 3, census="2", pool="litter"),
    ]
    found = _strata(rows, [_census("p1", census="1"), _census("p1", census="2", year=2023)])
    assert found["s1", "soil"]["mean"] == 60
    assert found["s1", "litter"]["mean"] == 3
    assert (found["s1", "soil"]["sd"], found["s1", "soil"]["reason"]) == (None, "one plot has no spread")


def test_a_pool_that_is_zero_everywhere_has_no_precision() -> None:
    found = _strata([_carbon("p1", 0), _carbon("p2", 0)], [_census("p1"), _census("p2")])["s1", "soil"]
    assert (found["mean"], found["se"], found["meets_target"], found["plots_needed"]) == (0, 0, None, None)
    assert found["reason"] == "the mean is 0"


def _mean(stratum: str, mean: str, sd: str | None, count: int) -> dict[str, Any]:
    spread = None if sd is None else Decimal(sd)
    return {"stratum_id": stratum, "pool": "soil", "mean": Decimal(mean), "sd": spread, "plot_count": count}


def test_the_land_is_weighted_by_areas_and_null_where_a_stratum_has_no_plot() -> None:
    rows = [_mean("a", "115", "20", 20), _mean("b", "145", "30", 10)]
    [found] = landscape_pools(rows, areas_ha={"a": Decimal(700), "b": Decimal(300), "c": Decimal(0)})
    assert (found["mean"], found["area_ha"], found["plot_count"]) == (124, 1000, 30)
    assert float(found["se"]) == pytest.approx(4.2308392, abs=5e-8)
    assert float(found["ci90_half_width"]) == pytest.approx(7.216655, abs=5e-7)
    [lacking] = landscape_pools(rows, areas_ha={"a": Decimal(700), "c": Decimal(300)})
    assert (lacking["mean"], lacking["reason"]) == (None, "no complete plot in stratum c")
    [nowhere] = landscape_pools(rows, areas_ha={})
    assert (nowhere["mean"], nowhere["reason"]) == (None, "no area of the strata")
    [single] = landscape_pools([_mean("a", "115", None, 1)], areas_ha={"a": Decimal(1)})
    assert (single["mean"], single["se"]) == (115, None)
    assert single["reason"] == "a stratum has one plot, which has no spread"
