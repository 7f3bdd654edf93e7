"""The whole way from plots and trees to strata: sums that close, rows that can be recomputed, order that does not matter."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.biomass import agb_kg
from mrv.field.rounding import to_factor
from mrv.schemas import DATASETS


def test_tables_have_the_schemas_of_the_doors(compute: Any) -> None:
    carbon = compute()
    for name in ("tree_biomass", "plot_biomass", "stratum_biomass"):
        assert getattr(carbon, name).schema.equals(DATASETS[name].schema)
    assert carbon.height_model.n == 15


def test_plots_are_the_exact_sums_of_their_trees(compute: Any) -> None:
    carbon = compute()
    trees = carbon.tree_biomass.to_pylist()
    for plot in carbon.plot_biomass.to_pylist():
        own = [Decimal(repr(tree["agb_kg"])) for tree in trees if tree["plot_id"] == plot["plot_id"]]
        assert plot["agb_mg"] == to_factor(sum(own, Decimal(0)) / 1000)
        assert plot["agb_mg_ha"] == plot["agb_mg"]
        assert plot["tree_count"] == len(own) == plot["species_level_count"]


def test_every_tree_can_be_recomputed_from_its_row(compute: Any) -> None:
    for tree in compute().tree_biomass.to_pylist():
        again = agb_kg(
            dbh_cm=np.array([tree["dbh_cm"]]),
            wood_density_g_cm3=np.array([tree["wood_density_g_cm3"]]),
            height_m=np.array([tree["height_m"]]),
        )
        assert tree["agb_kg"] == round(float(again[0]), 6)
        assert tree["allometry"] == "chave_2014_eq4"


def test_a_measured_height_wins(compute: Any, land: Any, make_tree: Any) -> None:
    trees = land("trees", make_tree("p1", "1", 20.0, height_m=17.3), make_tree("p2", "1", 20.0))
    first, second = compute(trees=trees).tree_biomass.to_pylist()
    assert (first["height_m"], first["height_method"]) == (17.3, "measured")
    assert second["height_method"] == "log2_weighted"
    assert second["height_m"] != 17.3


@pytest.mark.parametrize("absent", ["none", "empty"])
def test_without_a_sample_the_measured_trees_are_the_sample(
    absent: str, compute: Any, land: Any, make_tree: Any, tables: Any
) -> None:
    sample = tables["heights"].to_pylist()
    trees = land(
        "trees",
        *(make_tree("p1", row["sample_id"], row["dbh_cm"], height_m=row["height_m"]) for row in sample),
        make_tree("p2", "1", 30.0),
        make_tree("p2", "2", 30.0, height_m=99.0, status="dead"),
    )
    carbon = compute(trees=trees, heights=None if absent == "none" else land("heights"))
    assert carbon.height_model == compute().height_model


def test_too_few_heights_are_refused(compute: Any) -> None:
    with pytest.raises(InputError, match="too small"):
        compute(heights=None)


def test_heights_not_measured_in_the_sample_are_left_out(compute: Any, land: Any, tables: Any) -> None:
    rows = [
        {"sample_id": row["sample_id"], "dbh_cm": row["dbh_cm"], "height_m": row["height_m"]}
        for row in tables["heights"].to_pylist()
    ]
    with_null = land("heights", *rows, {"sample_id": "x", "dbh_cm": 500.0, "height_m": None})
    assert compute(heights=with_null).height_model == compute().height_model


def test_slope_makes_the_same_trees_denser(compute: Any, land: Any, make_plot: Any) -> None:
    plots = land("plots", make_plot("p1", slope_percent=30.0, slope_corrected=False), make_plot("p2"))
    sloped, flat = compute(plots=plots).plot_biomass.to_pylist()
    assert flat["area_ha"] == 1
    assert sloped["area_ha"] == pytest.approx(0.957826, abs=1e-6)
    assert sloped["agb_mg_ha"] == to_factor(sloped["agb_mg"] / Decimal(repr(sloped["area_ha"])))


def test_only_the_latest_census_counts_for_the_stratum(compute: Any, land: Any, make_plot: Any, make_tree: Any) -> None:
    plots = land(
        "plots", make_plot("p1"), make_plot("p1", census_id="2", census_date=date(2023, 5, 1)), make_plot("p2")
    )
    trees = land(
        "trees",
        make_tree("p1", "1", 20.0),
        make_tree("p1", "1", 40.0, census_id="2"),
        make_tree("p2", "1", 30.0),
    )
    carbon = compute(plots=plots, trees=trees)
    assert carbon.plot_biomass.num_rows == 3
    [stratum] = carbon.stratum_biomass.to_pylist()
    by_census = {(row["plot_id"], row["census_id"]): row["agb_mg_ha"] for row in carbon.plot_biomass.to_pylist()}
    assert stratum["plot_count"] == 2
    assert stratum["agb_mg_ha"] == to_factor((by_census["p1", "2"] + by_census["p2", "1"]) / 2)


def test_an_incomplete_plot_does_not_count_for_the_stratum(compute: Any) -> None:
    whole, partly = compute(), compute(trees_set_aside={("p2", "1"): 3})
    assert partly.tree_biomass.equals(whole.tree_biomass)
    first, second = partly.plot_biomass.to_pylist()
    assert (first["trees_set_aside"], first["complete"]) == (0, True)
    assert (second["trees_set_aside"], second["complete"]) == (3, False)
    [stratum] = partly.stratum_biomass.to_pylist()
    assert (stratum["plot_count"], stratum["agb_mg_ha"]) == (1, first["agb_mg_ha"])


def test_the_latest_complete_census_counts(compute: Any, land: Any, make_plot: Any, make_tree: Any) -> None:
    plots = land("plots", make_plot("p1"), make_plot("p1", census_id="2", census_date=date(2023, 5, 1)))
    trees = land("trees", make_tree("p1", "1", 20.0), make_tree("p1", "1", 40.0, census_id="2"))
    carbon = compute(plots=plots, trees=trees, trees_set_aside={("p1", "2"): 1})
    [stratum] = carbon.stratum_biomass.to_pylist()
    assert stratum["agb_mg_ha"] == carbon.plot_biomass.to_pylist()[0]["agb_mg_ha"]


def test_a_stratum_without_complete_plots_has_no_row(compute: Any) -> None:
    carbon = compute(plot_strata={"p1": "s1", "p2": "s2"}, trees_set_aside={("p1", "1"): 1})
    assert carbon.stratum_biomass["stratum_id"].to_pylist() == ["s2"]
    none = compute(trees_set_aside={("p1", "1"): 1, ("p2", "1"): 1})
    assert none.stratum_biomass.num_rows == 0
    assert none.plot_biomass.num_rows == 2


def test_a_plot_of_which_every_tree_was_set_aside_is_no_plot_without_biomass(
    compute: Any, land: Any, make_tree: Any
) -> None:
    carbon = compute(trees=land("trees", make_tree("p1", "1", 20.0)), trees_set_aside={("p2", "1"): 2})
    empty = carbon.plot_biomass.to_pylist()[1]
    assert (empty["tree_count"], empty["agb_mg"], empty["complete"]) == (0, 0, False)
    assert carbon.stratum_biomass["plot_count"].to_pylist() == [1]


def test_one_plot_leaves_the_interval_null(compute: Any) -> None:
    rows = compute(plot_strata={"p1": "s1", "p2": "s2"}).stratum_biomass.to_pylist()
    assert [row["stratum_id"] for row in rows] == ["s1", "s2"]
    for row in rows:
        assert row["plot_count"] == 1
        for name in ("sd_mg_ha", "se_mg_ha", "ci90_half_width_mg_ha", "ci95_half_width_mg_ha", "precision90_percent"):
            assert row[name] is None


def test_a_tree_of_an_unknown_plot_is_refused(compute: Any, land: Any, make_tree: Any) -> None:
    with pytest.raises(InputError, match="'p7'"):
        compute(trees=land("trees", make_tree("p7", "1", 20.0)))


def test_diameters_outside_the_sample_are_told(compute: Any, land: Any, make_tree: Any, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING, logger="mrv.field.carbon"):
        compute(trees=land("trees", make_tree("p1", "giant", 140.0), make_tree("p2", "1", 20.0)))
    assert "giant" in caplog.text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_no_digit(seed: int, compute: Any, tables: Any) -> None:
    random = np.random.default_rng(seed)
    mixed = {
        name: tables[name].take(random.permutation(tables[name].num_rows))
        for name in ("plots", "trees", "wood_density", "heights")
    }
    first, second = compute(), compute(**mixed)
    for name in ("tree_biomass", "plot_biomass", "stratum_biomass"):
        assert getattr(second, name).equals(getattr(first, name))
    assert second.height_model == first.height_model


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, "0.300000000"),
        (Decimal("0.0000000005"), "0E-9"),
        (Decimal("0.0000000015"), "2E-9"),
        (2.5e-10, "0E-9"),
    ],
)
def test_factors_are_rounded_half_to_even(value: float | Decimal, expected: str) -> None:
    assert str(to_factor(value)) == expected


def test_no_tree_left_at_all_gives_empty_tables(compute: Any, land: Any) -> None:
    carbon = compute(trees=land("trees"), trees_set_aside={("p1", "1"): 2, ("p2", "1"): 1})
    assert carbon.tree_biomass.num_rows == 0
    assert carbon.plot_biomass["tree_count"].to_pylist() == [0, 0]
    assert carbon.stratum_biomass.num_rows == 0
