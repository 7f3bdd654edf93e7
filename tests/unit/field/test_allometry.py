"""Equations by life form: published examples, palms and ferns never as trees, and null where an input lacks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrv.errors import InputError
from mrv.field.allometry import EQUATIONS, IDS, LIFE_FORMS, Sizes, biomass_kg, life_form_of
from mrv.field.biomass import EQ7_PUBLISHED, EQ7_REFITTED, agb_without_height_kg
from mrv.field.names import Taxon
from mrv.project_field import FieldCarbon as Settings

FACTORS = {"sound": 1.0, "intermediate": 0.8, "rotten": 0.45}


def _kg(equation: str, *, dbh: float = 20.0, height: float = math.nan, stress: float | None = None) -> float:
    sizes = Sizes(np.array([dbh]), np.array([0.6]), np.array([height]), stress)
    kg, _ = biomass_kg(np.array([IDS.index(equation)], dtype=np.int8), sizes, decay_factors=FACTORS)
    return float(kg[0])


@pytest.mark.parametrize(
    ("equation", "sizes", "expected"),
    [
        # Methodology 4.1, computed there.
        ("chave_2014_eq4", {"dbh": 30.0, "height": 22.0}, 638.31626),
        ("chave_2014_eq7", {"dbh": 30.0, "stress": -0.129}, 713.264),
        ("chave_2014_eq7_refitted", {"dbh": 30.0, "stress": -0.129}, 731.298),
        ("goodman_2013_palms", {}, 132.207),
        # By hand from the coefficients of the methodology.
        ("goodman_2013_iriartea", {"height": 15.0}, math.exp(-3.483 + 0.94371 * math.log(6000))),
        ("goodman_2013_socratea", {"height": 15.0}, math.exp(-3.7965 + 1.0029 * math.log(6000))),
        ("goodman_2013_mauritia", {"height": 15.0}, math.exp(2.4647 + 1.3777 * math.log(15))),
        ("goodman_2013_euterpe_precatoria", {"height": 15.0}, 95.025),
        ("tiepolo_2002_tree_ferns", {"height": 5.0}, -4266348 / (1 - 2792284 * math.exp(-0.313677 * 5))),
        ("schnitzer_2006_lianas", {"dbh": 5.0}, math.exp(-1.484 + 2.657 * math.log(5))),
        ("standing_dead_rotten", {"dbh": 30.0, "height": 22.0}, 0.45 * 638.31626),
    ],
)
def test_equations_give_their_examples(equation: str, sizes: dict[str, float], expected: float) -> None:
    assert _kg(equation, **sizes) == pytest.approx(expected, rel=5e-6)


def test_every_equation_says_where_it_is_from() -> None:
    for equation in EQUATIONS.values():
        assert equation.document
        assert equation.section
        assert equation.life_form in LIFE_FORMS
        assert equation.status in {"published", "unconfirmed"}
    assert {e.life_form for e in EQUATIONS.values() if e.status == "published"} == {"tree"}


@pytest.mark.parametrize("coefficients", [EQ7_PUBLISHED, EQ7_REFITTED])
def test_equation_7_refuses_what_is_no_size(coefficients: Any) -> None:
    with pytest.raises(InputError, match="wood density"):
        agb_without_height_kg(
            dbh_cm=np.array([20.0]), wood_density_g_cm3=np.array([0.0]), stress=-0.1, coefficients=coefficients
        )


def test_equation_7_without_stress_is_refused() -> None:
    with pytest.raises(InputError, match="environmental stress"):
        _kg("chave_2014_eq7")


@pytest.mark.parametrize(
    ("taxon", "form"),
    [
        (Taxon("Arecaceae", "Iriartea", "deltoidea"), "palm"),
        (Taxon("Palmae", None, None), "palm"),
        (Taxon(None, "Euterpe", "precatoria"), "palm"),
        (Taxon("Cyatheaceae", "Cyathea", None), "tree_fern"),
        (Taxon("Dicksoniaceae", None, None), "tree_fern"),
        (Taxon("Fabaceae", "Inga", "edulis"), "tree"),
        (Taxon(None, None, None), "tree"),
    ],
)
def test_the_name_tells_palms_and_tree_ferns(taxon: Taxon, form: str) -> None:
    assert life_form_of(taxon, {"Euterpe": "Arecaceae"}) == form


def _life(compute: Any, land: Any, make_tree: Any, setting: Settings | None = None, **changes: Any) -> dict[str, Any]:
    trees = land("trees", make_tree("p1", "1", 20.0, **changes), make_tree("p1", "2", 20.0), make_tree("p2", "1", 20.0))
    carbon = compute(trees=trees, **({"settings": setting} if setting else {}))
    found: dict[str, Any] = carbon.tree_biomass.to_pylist()[0]
    return found | {"plot": carbon.plot_biomass.to_pylist()[0]}


STEM = Settings(palm_heights="stem")
PALM = {"family": "Arecaceae", "genus": "Iriartea", "species": "deltoidea"}


@pytest.mark.parametrize(
    ("changes", "setting", "allometry"),
    [
        (PALM, None, "goodman_2013_palms"),
        (PALM | {"height_m": 15.0}, None, "goodman_2013_palms"),
        (PALM | {"height_m": 15.0}, STEM, "goodman_2013_iriartea"),
        (PALM, STEM, "goodman_2013_palms"),
        ({"life_form": "palm", "genus": None, "species": None, "height_m": 15.0}, STEM, "goodman_2013_palms"),
        (
            PALM | {"genus": "Euterpe", "species": "precatoria", "height_m": 15.0},
            STEM,
            "goodman_2013_euterpe_precatoria",
        ),
        (PALM | {"genus": "Euterpe", "species": "precatoria", "height_m": 8.0}, STEM, "goodman_2013_palms"),
        (PALM | {"genus": "Euterpe", "species": "oleracea", "height_m": 15.0}, STEM, "goodman_2013_palms"),
        (PALM | {"life_form": "tree"}, None, "chave_2014_eq4"),
        ({"family": "Cyatheaceae", "height_m": 5.0}, None, "tiepolo_2002_tree_ferns"),
        ({"family": "Cyatheaceae"}, None, "none"),
        ({"family": "Cyatheaceae", "height_m": 15.1}, None, "none"),
        ({"life_form": "liana"}, None, "schnitzer_2006_lianas"),
        ({"status": "dead", "decay_class": "sound"}, None, "standing_dead_sound"),
        ({"status": "dead", "decay_class": "rotten", "height_m": 6.0}, None, "standing_dead_rotten"),
        ({"status": "dead", "decay_class": "rotten"}, None, "none"),
        (PALM | {"status": "dead", "decay_class": "sound", "height_m": 9.0}, None, "none"),
    ],
)
def test_the_form_of_life_chooses_the_equation(
    changes: dict[str, Any], setting: Settings | None, allometry: str, compute: Any, land: Any, make_tree: Any
) -> None:
    row = _life(compute, land, make_tree, setting, **changes)
    assert row["allometry"] == allometry
    assert (row["agb_kg"] is None) == (allometry == "none"), "not computed is null, never zero"
    assert row["in_range"] == (True if allometry.startswith(("chave", "standing")) else None)


def test_a_palm_without_measured_height_gets_none(compute: Any, land: Any, make_tree: Any) -> None:
    row = _life(compute, land, make_tree, **PALM)
    assert (row["height_m"], row["height_method"]) == (None, "none"), "the height model is one of trees"


def test_standing_dead_trees_are_no_living_biomass(compute: Any, land: Any, make_tree: Any) -> None:
    row = _life(compute, land, make_tree, status="dead", decay_class="sound")
    assert row["life_form"] == "standing_dead"
    assert row["plot"]["tree_count"] == 1
    alone = compute(trees=land("trees", make_tree("p1", "2", 20.0), make_tree("p2", "1", 20.0)))
    assert row["plot"]["agb_mg"] == alone.plot_biomass.to_pylist()[0]["agb_mg"]


def test_a_dead_tree_without_decay_class_is_no_row(compute: Any, land: Any, make_tree: Any) -> None:
    row = _life(compute, land, make_tree, status="dead")
    assert row["tree_id"] == "2"


def test_equation_7_needs_no_heights(compute: Any) -> None:
    setting = Settings(
        allometry="chave_2014_eq7", environmental_stress="-0.129", environmental_stress_source="published raster"
    )
    carbon = compute(settings=setting, heights=None)
    assert carbon.height_model is None
    for row in carbon.tree_biomass.to_pylist():
        assert (row["height_m"], row["allometry"]) == (None, "chave_2014_eq7")
        [again] = agb_without_height_kg(
            dbh_cm=np.array([row["dbh_cm"]]),
            wood_density_g_cm3=np.array([row["wood_density_g_cm3"]]),
            stress=-0.129,
            coefficients=EQ7_PUBLISHED,
        )
        assert row["agb_kg"] == round(float(again), 6)


def test_trees_outside_the_range_of_the_equation_are_told(compute: Any, land: Any, make_tree: Any) -> None:
    trees = land("trees", make_tree("p1", "1", 4.0), make_tree("p1", "2", 250.0), make_tree("p2", "1", 30.0))
    assert compute(trees=trees).tree_biomass["in_range"].to_pylist() == [False, False, True]


CASES = st.tuples(st.integers(1, len(IDS) - 1), st.floats(5, 250), st.floats(0.1, 1.3), st.floats(9.5, 60))


@settings(max_examples=60, deadline=None)
@given(trees=st.lists(CASES, min_size=1, max_size=40), chunk=st.integers(1, 12), seed=st.randoms())
def test_a_tree_has_the_same_biomass_alone_shuffled_or_in_any_chunk(trees: list[Any], chunk: int, seed: Any) -> None:
    def compute(rows: list[Any]) -> list[float]:
        code, dbh, density, height = (np.array(column) for column in zip(*rows, strict=True))
        kg, _ = biomass_kg(code.astype(np.int8), Sizes(dbh, density, height, -0.1), decay_factors=FACTORS)
        return [float(value) for value in np.round(kg, 6)]

    whole = compute(trees)
    assert [compute([tree])[0] for tree in trees] == whole
    parts = [compute(trees[start : start + chunk]) for start in range(0, len(trees), chunk)]
    assert [value for part in parts for value in part] == whole
    order = list(range(len(trees)))
    seed.shuffle(order)
    shuffled = compute([trees[at] for at in order])
    assert [shuffled[order.index(at)] for at in range(len(trees))] == whole


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.sets(st.integers(0, 29), min_size=1))
def test_a_tree_of_known_density_has_the_same_row_whatever_else_stands_there(
    kept: set[int], compute: Any, land: Any, make_tree: Any
) -> None:
    rows = [make_tree("p1", str(n), 10.0 + 3.7 * n, **(PALM if n % 5 == 0 else {})) for n in range(30)]
    other = make_tree("p2", "1", 20.0)
    whole = {row["tree_id"]: row for row in compute(trees=land("trees", *rows, other)).tree_biomass.to_pylist()[:-1]}
    some = compute(trees=land("trees", *(rows[n] for n in kept), other)).tree_biomass.to_pylist()[:-1]
    for row in some:
        if row["life_form"] == "tree":
            assert row == whole[row["tree_id"]]
        assert row["agb_kg"] == whole[row["tree_id"]]["agb_kg"]
