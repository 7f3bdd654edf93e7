"""Errors of trees carried through to plots, strata and the land."""

from __future__ import annotations

import math
import random
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from mrv.counter_random import entity_word, normal_quantile, philox, seed_word, units_of
from mrv.errors import InputError
from mrv.field.allometry import EQUATIONS
from mrv.field.allometry_errors import ALLOMETRY_ERRORS, errors_of
from mrv.field.height import fit_height_model
from mrv.field.height_curves import ChaveHeights, feldpausch, fit_weibull
from mrv.field.height_errors import HeightErrors, errors_of_heights
from mrv.field.height_groups import POOLED
from mrv.field.montecarlo import TREE_SOURCES, draw_plots, make_stand
from mrv.field.plots import PlotCensus
from mrv.field.sampling_draws import land_draws, spread_of, stratum_draws
from mrv.field.uncertainty import carbon_uncertainty
from mrv.project_field import MonteCarlo

DRAWS = 4000
GENERATOR = random.Random(7)
SAMPLE = [(dbh, 2.2 * dbh**0.62 * math.exp(GENERATOR.gauss(0, 0.2))) for dbh in np.geomspace(10, 120, 60).tolist()]
HEIGHTS = errors_of_heights(
    fit_height_model(dbh_cm=[d for d, _ in SAMPLE], height_m=[h for _, h in SAMPLE], form="log2_weighted"),
    sample=SAMPLE,
    tallest_m=50,
)


def _words(*values: int) -> list[np.uint64]:
    return [np.uint64(value) for value in values]


def test_random_words_are_those_of_the_published_generator() -> None:
    # Known answers of the authors' own test file (kat_vectors of Random123).
    zero = philox(*_words(0, 0, 0, 0, 0))
    assert [int(word) for word in zero] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    counter = _words(0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
    found = philox(*counter, np.uint64(0x299F31D0A4093822))
    assert [int(word) for word in found] == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


@given(st.floats(1e-10, 1 - 1e-10))
def test_the_normal_quantile_is_that_of_scipy(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(float(ndtri(p)), rel=1e-13, abs=1e-14)


def test_entities_do_not_run_together_and_keep_their_numbers_in_any_company() -> None:
    assert entity_word("a", "bc") != entity_word("ab", "c")
    one, two = (np.array([entity_word(name)], np.uint64) for name in ("one", "two"))
    both = units_of(np.concatenate([two, one]), 50, 1, seed_word(1))
    assert np.array_equal(both[:, 1], units_of(one, 50, 1, seed_word(1))[:, 0])
    assert not np.array_equal(both[:, 1], units_of(one, 50, 1, seed_word(2))[:, 0])


def _tree(tag: int, plot: str = "p1", **other: Any) -> dict[str, Any]:
    dbh, density = 12.0 + 3 * (tag % 20), 0.5 + 0.02 * (tag % 9)
    height = round(float(np.exp(HEIGHTS.coefficients @ np.log(dbh) ** np.arange(3) + HEIGHTS.rse**2 / 2)), 6)
    tree = {
        "plot_id": plot,
        "census_id": "1",
        "tree_id": str(tag),
        "dbh_cm": dbh,
        "height_m": height,
        "height_method": "log2_weighted",
        "family": None,
        "genus": "Inga",
        "species": f"s{tag % 9}",
        "life_form": "tree",
        "wood_density_g_cm3": density,
        "wood_density_sd_g_cm3": 0.08,
        "wood_density_level": "species",
        "agb_kg": 0.0673 * (density * dbh**2 * height) ** 0.976,
        "allometry": "chave_2014_eq4",
        "trees_per_ha": 4.0,
    }
    return tree | other


def _draws(trees: list[dict[str, Any]], *sources: str, draws: int = DRAWS, **how: Any) -> Any:
    censuses = {(tree["plot_id"], tree["census_id"]): tree["plot_id"] for tree in trees}
    heights = how.pop("heights", {POOLED: how.pop("height", HEIGHTS)})
    stand = make_stand(pa.Table.from_pylist(trees), heights=heights, censuses=censuses)
    return draw_plots(stand, draws=draws, seed=how.pop("seed", 1), sources=sources or TREE_SOURCES, **how)


def _recorded(trees: list[dict[str, Any]]) -> float:
    return sum(tree["agb_kg"] * tree["trees_per_ha"] for tree in trees) / 1000


TREES = [_tree(tag) for tag in range(120)]


def test_without_errors_every_draw_is_what_was_recorded() -> None:
    assert _draws(TREES, "none", draws=10) == pytest.approx(_recorded(TREES), rel=1e-12)


@pytest.mark.parametrize("source", [*TREE_SOURCES, "all"])
def test_draws_are_about_what_was_recorded(source: str) -> None:
    found = spread_of(_draws(TREES, *(TREE_SOURCES if source == "all" else [source]))[:, 0])
    assert found.mean == pytest.approx(_recorded(TREES), rel=0.03)
    assert 0 < found.sd < 0.3 * found.mean
    assert found.q025 < found.q05 < found.median < found.q95 < found.q975


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_threads_change_no_digit(threads: int) -> None:
    assert np.array_equal(_draws(TREES, threads=threads), _draws(TREES, threads=1))


def test_order_and_company_of_trees_change_no_digit() -> None:
    others = [_tree(tag, "p2") for tag in range(30)]
    shuffled = [*others, *TREES]
    random.Random(3).shuffle(shuffled)
    together = _draws(shuffled, draws=300)
    assert np.array_equal(together[:, 0], _draws(TREES, draws=300)[:, 0])
    assert np.array_equal(together[:, 1], _draws(others, draws=300)[:, 0])
    assert np.array_equal(_draws(TREES, draws=300), _draws(TREES, draws=900)[:300])


def test_the_seed_decides() -> None:
    assert not np.array_equal(_draws(TREES, draws=50), _draws(TREES, draws=50, seed=2))


def test_a_plot_without_trees_has_no_biomass_in_any_draw() -> None:
    stand = make_stand(
        pa.Table.from_pylist(TREES), heights={POOLED: HEIGHTS}, censuses={("p0", "1"): "s", ("p1", "1"): "s"}
    )
    draws = draw_plots(stand, draws=20, seed=1, sources=TREE_SOURCES)
    assert not draws[:, 0].any()


def test_trees_of_one_species_err_together() -> None:
    one = [_tree(tag, wood_density_g_cm3=0.6, species="edulis") for tag in range(100)]
    many = [_tree(tag, wood_density_g_cm3=0.6, species=f"s{tag}") for tag in range(100)]
    together, apart = (spread_of(_draws(trees, "wood_density")[:, 0]).sd for trees in (one, many))
    assert together > 5 * apart


def test_errors_of_coefficients_do_not_average_out_over_trees() -> None:
    few, many = [_tree(0)], [_tree(20 * tag) for tag in range(400)]
    relative = [spread_of(_draws(trees, "height")[:, 0]).sd / _recorded(trees) for trees in (few, many)]
    without = HeightErrors(HEIGHTS.kind, HEIGHTS.coefficients, np.zeros((3, 3)), HEIGHTS.rse, HEIGHTS.max_height_m)
    bare = spread_of(_draws(many, "height", height=without)[:, 0]).sd / _recorded(many)
    assert bare == pytest.approx(0.976 * HEIGHTS.rse / 20, rel=0.1)
    assert relative[0] > 10 * bare
    assert relative[1] > 1.5 * bare


def test_a_stratum_with_a_model_of_its_own_errs_by_it_and_for_itself() -> None:
    careful = HeightErrors(
        HEIGHTS.kind, HEIGHTS.coefficients, HEIGHTS.covariance, HEIGHTS.rse / 4, HEIGHTS.max_height_m
    )
    both = [*TREES, *(_tree(tag, "p2") for tag in range(120))]
    draws = _draws(both, "height", heights={POOLED: HEIGHTS, "p2": careful})
    pooled = _draws(both, "height")
    assert np.array_equal(draws[:, 0], pooled[:, 0])
    assert np.corrcoef(pooled.T)[0, 1] > 0.3
    assert abs(np.corrcoef(draws.T)[0, 1]) < 0.1


def test_a_measured_height_has_no_error_of_the_model() -> None:
    measured = [{**tree, "height_method": "measured"} for tree in TREES]
    assert spread_of(_draws(measured, "height", draws=50)[:, 0]).sd == 0


def test_no_wood_density_leaves_its_bounds() -> None:
    heavy = [_tree(0, wood_density_g_cm3=1.3, wood_density_sd_g_cm3=0.5)]
    ratio = _draws(heavy, "wood_density")[:, 0] / _recorded(heavy)
    assert ratio.max() <= (1.39 / 1.3) ** 0.976 + 1e-9
    assert ratio.min() >= (0.08 / 1.3) ** 0.976 - 1e-9


def test_dead_trees_and_those_without_biomass_are_left_out() -> None:
    extra = [_tree(900, life_form="standing_dead"), _tree(901, agb_kg=None, allometry="none")]
    assert np.array_equal(_draws([*TREES, *extra], draws=20), _draws(TREES, draws=20))


def test_a_density_without_spread_takes_that_of_its_level() -> None:
    without = [*TREES[1:], {**TREES[0], "wood_density_sd_g_cm3": None}]
    assert np.array_equal(_draws(without, draws=20), _draws(TREES, draws=20))
    with pytest.raises(InputError, match="no wood density has a standard deviation"):
        _draws([{**tree, "wood_density_sd_g_cm3": None} for tree in TREES])


def test_every_equation_of_living_trees_has_its_errors() -> None:
    living = {name for name, equation in EQUATIONS.items() if equation.life_form != "standing_dead"}
    assert living <= ALLOMETRY_ERRORS.keys()
    with pytest.raises(InputError, match="errors of an allometry are not known"):
        errors_of("none")


@pytest.mark.parametrize("form", ["weibull_weighted", "feldpausch", "chave"])
def test_every_height_model_can_be_drawn(form: str) -> None:
    sample = [(dbh, 40 * (1 - math.exp(-0.06 * dbh**0.75)) + GENERATOR.gauss(0, 2)) for dbh, _ in SAMPLE]
    models = {
        "weibull_weighted": lambda: fit_weibull(
            dbh_cm=[d for d, _ in sample], height_m=[h for _, h in sample], form="weibull_weighted"
        ),
        "feldpausch": lambda: feldpausch("western_amazonia"),
        "chave": lambda: ChaveHeights(-0.1),
    }
    model = models[form]()
    errors = errors_of_heights(model, sample=sample, tallest_m=50)
    assert errors.covariance.any() == (form == "weibull_weighted")
    drawn = errors.draw(2000, seed=seed_word(1), on=True)
    assert drawn.mean(axis=0) == pytest.approx(np.array(errors.coefficients), rel=0.2)
    trees = []
    for tree in TREES:
        height = float(model.predict_m(np.array([tree["dbh_cm"]]))[0])
        biomass = 0.0673 * (tree["wood_density_g_cm3"] * tree["dbh_cm"] ** 2 * height) ** 0.976
        trees.append({**tree, "height_m": height, "agb_kg": biomass, "height_method": model.form})
    found = spread_of(_draws(trees, "height", height=errors)[:, 0])
    assert found.mean == pytest.approx(_recorded(trees), rel=0.03)
    assert found.sd > 0


def test_sampling_has_the_variance_of_a_sample_mean() -> None:
    values = np.array([105.2, 98.7, 131.4, 120.9, 87.6, 142.3, 110.0, 126.5])
    tiled = np.tile(values, (40_000, 1))
    found = spread_of(stratum_draws(tiled, stratum_id="s1", seed=1, sampling=True))
    assert found.mean == pytest.approx(115.325, rel=2e-3)
    assert found.sd == pytest.approx(6.4336656, rel=0.01)
    assert spread_of(stratum_draws(tiled, stratum_id="s1", seed=1, sampling=False)).sd == pytest.approx(0, abs=1e-9)
    one = stratum_draws(tiled[:, :1], stratum_id="s1", seed=1, sampling=True)
    assert np.array_equal(one, tiled[:, 0])


def test_the_land_is_the_mean_by_areas() -> None:
    draws = {"b": np.array([145.0, 150.0]), "a": np.array([115.0, 110.0])}
    found = land_draws(draws, areas_ha={"a": 700.0, "b": 300.0})
    assert found == pytest.approx([124.0, 122.0])


def _rows(areas: dict[str, Decimal], **settings: Any) -> dict[tuple[str, str], dict[str, Any]]:
    places = {"p1": "s1", "p2": "s1", "p3": "s2"}
    trees = [_tree(tag, plot) for plot in places for tag in range(40 + 10 * int(plot[1]))]
    censuses = {
        (plot, "1"): PlotCensus(plot, "1", date(2022, 1, 1), stratum, 0.25, 1.0, None, ())
        for plot, stratum in places.items()
    }
    biomass = [
        {
            "plot_id": plot,
            "census_id": "1",
            "complete": True,
            "agb_mg_ha": Decimal(repr(_recorded([tree for tree in trees if tree["plot_id"] == plot]))),
        }
        for plot in places
    ]
    rows = carbon_uncertainty(
        pa.Table.from_pylist(trees),
        plot_biomass=biomass,
        censuses=censuses,
        heights={POOLED: HEIGHTS},
        areas_ha=areas,
        settings=MonteCarlo(draws=1000, **settings),
    )
    return {(row["entity_id"], row["error_source"]): row for row in rows}


def test_rows_for_plots_strata_and_land() -> None:
    rows = _rows({"s1": Decimal(700), "s2": Decimal(300)})
    assert {name for name, _ in rows} == {"p1", "p2", "p3", "s1", "s2", "*"}
    for name in ("p1", "s1", "*"):
        whole = rows[name, "all"]
        assert whole["variance_share"] == 1
        assert whole["q025"] < whole["recorded"] < whole["q975"]
        assert all(0 < rows[name, source]["variance_share"] < Decimal("1.2") for source in TREE_SOURCES)
    assert ("p1", "sampling") not in rows
    assert rows["s1", "sampling"]["variance_share"] > 0
    # One plot says nothing of the others of its stratum: the interval is that of its own errors, and says so.
    assert ("s2", "sampling") not in rows
    for name in ("s2", "*"):
        assert "sampling is left out" in rows[name, "all"]["reason"]
    assert rows["*", "sampling"]["variance_share"] is None


def test_land_of_single_plots_has_no_sampling_at_all() -> None:
    rows = _rows({"s2": Decimal(300)})
    assert ("*", "all") in rows
    assert ("*", "sampling") not in rows


def test_densities_without_spread_do_where_they_are_not_drawn() -> None:
    bare = [{**tree, "wood_density_sd_g_cm3": None} for tree in TREES]
    stand = make_stand(
        pa.Table.from_pylist(bare), heights={POOLED: HEIGHTS}, censuses={("p1", "1"): "s"}, density_errors=False
    )
    sources = ("diameter", "height", "allometry")
    found = draw_plots(stand, draws=20, seed=1, sources=sources)
    assert np.array_equal(found, _draws(TREES, *sources, draws=20))


def test_sources_can_be_switched_off_and_land_needs_areas_with_plots() -> None:
    rows = _rows({"s1": Decimal(700), "s9": Decimal(300)}, sources=("diameter", "sampling"))
    assert {source for _, source in rows} == {"all", "diameter", "sampling"}
    assert "*" not in {name for name, _ in rows}


def test_an_incomplete_census_is_not_drawn() -> None:
    assert (
        carbon_uncertainty(
            pa.Table.from_pylist(TREES),
            plot_biomass=[{"plot_id": "p1", "census_id": "1", "complete": False, "agb_mg_ha": Decimal(1)}],
            censuses={},
            heights={POOLED: HEIGHTS},
            areas_ha={},
            settings=MonteCarlo(),
        )
        == []
    )
