"""The published results of the four Nouragues plots (R package BIOMASS), from the CSVs as they were published."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.optimize import curve_fit

from expectations.frames import tree_parameters
from expectations.runner import check
from mrv.field.biomass import EQ7_PUBLISHED, EQ7_REFITTED, agb_kg, agb_without_height_kg
from mrv.field.carbon import FieldCarbon, field_carbon
from mrv.field.height import fit_height_model
from mrv.field.height_curves import ChaveHeights, feldpausch, fit_weibull
from mrv.project_field import FieldCarbon as Settings
from mrv.schemas import DATASETS

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
NOURAGUES = SHARED / "data" / "nouragues"
ORACLE = SHARED / "oracles" / "field_carbon.json"
PLOTS = ("201", "204", "213", "223")
ARTIFACT = "0" * 64

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not NOURAGUES.is_dir(), reason="the Nouragues data do not lie beside the project"),
]


def _read(name: str) -> list[dict[str, Any]]:
    frame = pd.read_csv(NOURAGUES / name, dtype={"Plot": str})
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _traced(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "_artifact": ARTIFACT, "_row": position} for position, row in enumerate(rows, start=1)]


def _landed(dataset: str, rows: list[dict[str, Any]]) -> pa.Table:
    names = DATASETS[dataset].schema.names
    return DATASETS[dataset].table([{name: row.get(name) for name in names} for row in _traced(rows)])


@pytest.fixture(scope="module")
def plots() -> pa.Table:
    return _landed("plots", [{"plot_id": plot, "census_id": "1", "area_ha": 1.0} for plot in PLOTS])


@pytest.fixture(scope="module")
def trees() -> pa.Table:
    # The published figures come from getWoodDensity without families, so the families as collected are left out.
    return _landed(
        "trees",
        [
            {
                "plot_id": row["Plot"],
                "census_id": "1",
                "tree_id": str(position),
                "dbh_cm": row["D"],
                "genus": row["Genus"],
                "species": row["Species"],
                # The published plots are of living trees, and the 88 palms go through the equation of trees.
                "status": "alive",
                "life_form": "tree",
            }
            for position, row in enumerate(_read("NouraguesTrees.csv"))
        ],
    )


@pytest.fixture(scope="module")
def wood_density() -> pa.Table:
    return _landed(
        "wood_density",
        [
            {
                "level": row["level_tax"],
                "family": row["family"],
                "genus": row["genus"],
                "species": row["species"],
                "wood_density_g_cm3": row["wsg"],
                "sd_g_cm3": row["sd"],
            }
            for row in _read("wood_density_gwdd_v2.csv")
        ],
    )


@pytest.fixture(scope="module")
def heights() -> pa.Table:
    return _landed(
        "heights",
        [
            {"sample_id": str(position), "dbh_cm": row["D"], "height_m": row["H"]}
            for position, row in enumerate(_read("NouraguesHD.csv"))
        ],
    )


@pytest.fixture(scope="module")
def names() -> pa.Table:
    # The columns of the aligned file as a name-resolution table; its families stay out for the reason given at `trees`.
    pairs = {
        (row["Genus"], row["Species"]): (row["GenusCorrected"], row["SpeciesCorrected"])
        for row in _read("NouraguesTreesAGB_with_aligned_wd.csv")
    }
    return _landed(
        "name_resolution",
        [
            {"genus": genus, "species": species, "genus_accepted": accepted[0], "species_accepted": accepted[1]}
            for (genus, species), accepted in pairs.items()
        ],
    )


def _compute(
    plots: pa.Table, trees: pa.Table, wood_density: pa.Table, heights: pa.Table, names: pa.Table | None
) -> FieldCarbon:
    return field_carbon(
        plots=plots,
        trees=trees,
        wood_density=wood_density,
        heights=heights,
        names=names,
        plot_strata=dict.fromkeys(PLOTS, "nouragues"),
        trees_set_aside={},
        settings=Settings(),
        decay_factors={},
    )


def _levels(carbon: FieldCarbon) -> dict[str, int]:
    return dict(Counter(carbon.tree_biomass["wood_density_level"].to_pylist()))


def _agb_mg(carbon: FieldCarbon) -> list[float]:
    assert carbon.plot_biomass["plot_id"].to_pylist() == list(PLOTS)
    return [float(value) for value in carbon.plot_biomass["agb_mg"].to_pylist()]


def test_names_as_collected_give_the_published_plots(
    plots: pa.Table, trees: pa.Table, wood_density: pa.Table, heights: pa.Table
) -> None:
    carbon = _compute(plots, trees, wood_density, heights, None)
    assert _levels(carbon) == {"species": 1633, "genus": 275, "plot": 142}
    assert _agb_mg(carbon) == pytest.approx([470.387, 524.302, 380.865, 298.671], abs=6e-4)
    assert sum(_agb_mg(carbon)) == pytest.approx(1674.225, abs=6e-4)


def test_corrected_names_give_the_published_plots(
    plots: pa.Table, trees: pa.Table, wood_density: pa.Table, heights: pa.Table, names: pa.Table
) -> None:
    carbon = _compute(plots, trees, wood_density, heights, names)
    assert _levels(carbon) == {"species": 1635, "genus": 246, "plot": 169}
    assert _agb_mg(carbon) == pytest.approx([470.496, 524.572, 380.595, 297.708], abs=6e-4)
    assert sum(_agb_mg(carbon)) == pytest.approx(1673.371, abs=6e-4)


def test_shuffled_rows_give_the_same_tables(
    plots: pa.Table, trees: pa.Table, wood_density: pa.Table, heights: pa.Table, names: pa.Table
) -> None:
    random = np.random.default_rng(7)

    def shuffled(table: pa.Table) -> pa.Table:
        return table.take(pa.array(random.permutation(table.num_rows)))

    first = _compute(plots, trees, wood_density, heights, names)
    second = _compute(*(shuffled(table) for table in (plots, trees, wood_density, heights, names)))
    assert second.tree_biomass.equals(first.tree_biomass)
    assert second.plot_biomass.equals(first.plot_biomass)
    assert second.stratum_biomass.equals(first.stratum_biomass)
    assert second.height_model == first.height_model


def test_families_as_collected_take_trees_from_the_plot_mean(
    plots: pa.Table, trees: pa.Table, wood_density: pa.Table, heights: pa.Table
) -> None:
    families = [row["Family"] for row in _read("NouraguesTrees.csv")]
    by_tree = [families[int(tree_id)] for tree_id in trees["tree_id"].to_pylist()]
    position = trees.schema.get_field_index("family")
    with_family = trees.set_column(position, trees.schema.field("family"), pa.array(by_tree))
    levels = _levels(_compute(plots, with_family, wood_density, heights, None))
    assert (levels["species"], levels["genus"]) == (1633, 275)
    assert levels["family"] > 0
    assert levels["family"] + levels["plot"] == 142


def test_height_models_are_the_published_ones(heights: pa.Table) -> None:
    oracle = json.loads(ORACLE.read_text())["hd_log2"]
    measured = [row for row in heights.to_pylist() if row["height_m"] is not None]
    sample = {
        "dbh_cm": [row["dbh_cm"] for row in measured],
        "height_m": [row["height_m"] for row in measured],
    }
    weighted = fit_height_model(**sample, form="log2_weighted")
    assert (weighted.b0, weighted.b1, weighted.b2) == pytest.approx(oracle["b"], abs=1e-8)
    assert weighted.rse_log == pytest.approx(oracle["rse"], abs=1e-8)
    assert weighted.n == oracle["n"]
    assert weighted.rse_m == pytest.approx(4.329727, abs=1e-6)
    unweighted = fit_height_model(**sample, form="log2_unweighted")
    assert unweighted.rse_log == pytest.approx(0.2215495, abs=1e-7)
    assert unweighted.rse_m == pytest.approx(4.222718, abs=1e-6)


def test_equation_4_gives_the_published_trees() -> None:
    rows = json.loads(ORACLE.read_text())["trees"]
    computed = agb_kg(
        dbh_cm=np.array([row["D"] for row in rows]),
        wood_density_g_cm3=np.array([row["WD"] for row in rows]),
        height_m=np.array([row["H_model"] for row in rows]),
    )
    for row, agb_mg in zip(rows, computed / 1000, strict=True):
        # Wood density, height and biomass are printed with six decimals: half of the last one is all that may differ.
        relative = 0.5e-6 / row["WD"] + 0.5e-6 / row["H_model"]
        assert agb_mg == pytest.approx(row["AGB4_Mg"], abs=0.5e-6 + relative * row["AGB4_Mg"])


def test_equation_7_gives_the_published_trees() -> None:
    oracle = json.loads(ORACLE.read_text())
    for row in oracle["trees"]:
        for column, coefficients in (("AGB7_Mg", EQ7_REFITTED), ("AGB7pub_Mg", EQ7_PUBLISHED)):
            if column in row:
                [agb_mg] = (
                    agb_without_height_kg(
                        dbh_cm=np.array([row["D"]]),
                        wood_density_g_cm3=np.array([row["WD"]]),
                        stress=oracle["E"],
                        coefficients=coefficients,
                    )
                    / 1000
                )
                assert agb_mg == pytest.approx(row[column], abs=0.5e-6 + row[column] * 0.5e-6 / row["WD"])


def test_heights_without_a_sample_are_the_published_ones() -> None:
    oracle = json.loads(ORACLE.read_text())
    models = {"H_feldpausch": feldpausch("guiana_shield"), "H_chave": ChaveHeights(oracle["E"])}
    for row in oracle["trees"]:
        for column, model in models.items():
            if column in row:
                assert model.predict_m(np.array([row["D"]]))[0] == pytest.approx(row[column], abs=1e-6)


def test_every_published_tree_has_its_heights_and_equation_7() -> None:
    rows = _read("NouraguesTreesAGB_with_aligned_wd.csv")
    dbh = np.array([row["D"] for row in rows])
    stress = json.loads(ORACLE.read_text())["E"]
    assert feldpausch("guiana_shield").predict_m(dbh) == pytest.approx([row["H_feldspausch"] for row in rows], rel=1e-9)
    # E was printed with nine decimals.
    assert ChaveHeights(stress).predict_m(dbh) == pytest.approx([row["H_chave"] for row in rows], rel=1e-7)
    computed = agb_without_height_kg(
        dbh_cm=dbh,
        wood_density_g_cm3=np.array([row["WD"] for row in rows]),
        stress=stress,
        coefficients=EQ7_REFITTED,
    )
    assert computed / 1000 == pytest.approx([row["AGB_Chave"] for row in rows], rel=1e-6)


def test_weibull_curves_fit_the_sample_as_well_as_any(heights: pa.Table) -> None:
    pairs = [(row["dbh_cm"], row["height_m"]) for row in heights.to_pylist() if row["height_m"] is not None]
    sample = {"dbh_cm": [dbh for dbh, _ in pairs], "height_m": [height for _, height in pairs]}
    dbh, height = (np.array(column) for column in sample.values())
    for form, sigma in (("weibull_unweighted", None), ("weibull_weighted", 1 / np.sqrt(dbh**2 * height))):
        model = fit_weibull(**sample, form=form)
        found, _ = curve_fit(
            lambda d, a, b, c: a * (1 - np.exp(-b * d**c)), dbh, height, p0=(80, 0.02, 0.8), sigma=sigma, ftol=1e-14
        )
        assert (model.a, model.b, model.c) == pytest.approx(tuple(found), rel=1e-4)
        assert model.n == 888


def test_palms_by_their_own_equation_hold_less_than_as_trees(
    plots: pa.Table, trees: pa.Table, wood_density: pa.Table, heights: pa.Table
) -> None:
    position = trees.schema.get_field_index("life_form")
    untold = trees.set_column(position, trees.schema.field("life_form"), pa.nulls(trees.num_rows, pa.string()))
    carbon = _compute(plots, untold, wood_density, heights, None)
    found = Counter(carbon.tree_biomass["life_form"].to_pylist())
    # Families are left out here: the genera of the wood density table tell the 88 palms.
    assert found == {"tree": 1962, "palm": 88}
    palms = carbon.tree_biomass.filter(pc.equal(carbon.tree_biomass["life_form"], "palm"))
    assert set(palms["allometry"].to_pylist()) == {"goodman_2013_palms"}
    as_trees = _compute(plots, trees, wood_density, heights, None)
    # 6.638 Mg by diameter alone instead of 14.290 Mg by equation 4; the means of wood density are made of trees only.
    assert sum(palms["agb_kg"].to_pylist()) == pytest.approx(6637.550, abs=1e-3)
    assert sum(_agb_mg(as_trees)) - sum(_agb_mg(carbon)) == pytest.approx(7.389, abs=1e-3)


def test_equation_4_gives_every_published_tree() -> None:
    # The file's own wood densities (some of them permuted, as its source says) and heights, with all their digits.
    rows = _read("NouraguesTreesAGB_with_aligned_wd.csv")
    for density, agb in (("WD", "AGB"), ("wd_aligned", "agb_aligned_Mg")):
        computed = agb_kg(
            dbh_cm=np.array([row["D"] for row in rows]),
            wood_density_g_cm3=np.array([row[density] for row in rows]),
            height_m=np.array([row["H_model"] for row in rows]),
        )
        assert computed / 1000 == pytest.approx([row[agb] for row in rows], rel=1e-12)


def test_the_published_tables_pass_their_suites(
    plots: pa.Table, trees: pa.Table, wood_density: pa.Table, heights: pa.Table, names: pa.Table
) -> None:
    none: dict[str, Any] = {
        name: [] for name in ("as_if_millimetres", "living_dead_trees", "palms_called_trees", "trees_below_nests")
    }
    known = {**tree_parameters(received=plots, accepted=plots), **none, "min_dbh_cm": 10.0}
    for dataset, table in (
        ("trees", trees),
        ("wood_density", wood_density),
        ("heights", heights),
        ("name_resolution", names),
    ):
        outcome = check(dataset, table, parameters=known)
        assert outcome.accepted.num_rows == table.num_rows, outcome.quarantine.to_pylist()[:3]
        failed = {
            record["rule"]
            for record in outcome.results.to_pylist()
            if record["outcome"] != "passed" and record["severity"] != "warning"
        }
        assert failed == set()
