"""Wood density: the narrowest level wins, then the mean over the trees of the plot, then of the data set."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest

from mrv.errors import InputError
from mrv.field.names import Taxon
from mrv.field.wood_density import LEVELS, WoodDensities, assign_wood_density, read_wood_density

EDULIS = Taxon("Fabaceae", "Inga", "edulis")
OTHER_INGA = Taxon("Fabaceae", "Inga", "cf_edulis")
OTHER_FABACEAE = Taxon("Fabaceae", "Parkia", "nitida")
UNKNOWN = Taxon(None, None, None)


def _densities(tables: dict[str, Any], taxa: list[Taxon], stands: list[str], counted: list[bool]) -> WoodDensities:
    different = list(dict.fromkeys(taxa))
    return assign_wood_density(
        taxa=different,
        taxon=np.array([different.index(taxon) for taxon in taxa]),
        stand=np.array([ord(stand) for stand in stands]),
        counted=np.array(counted),
        table=read_wood_density(tables["wood_density"]),
    )


def _assign(tables: dict[str, Any], taxa: list[Taxon], stands: list[str]) -> list[tuple[float, str]]:
    found = _densities(tables, taxa, stands, [True] * len(taxa))
    return [(density, LEVELS[level]) for density, level in zip(found.g_cm3, found.level, strict=True)]


def test_the_narrowest_level_wins(tables: dict[str, Any]) -> None:
    assert _assign(tables, [EDULIS, OTHER_INGA, OTHER_FABACEAE], ["a"] * 3) == [
        (0.5, "species"),
        (0.6, "genus"),
        (0.7, "family"),
    ]


def test_the_plot_mean_is_over_trees_not_species(tables: dict[str, Any]) -> None:
    found = _assign(tables, [EDULIS, EDULIS, EDULIS, OTHER_FABACEAE, UNKNOWN], ["a"] * 5)
    assert found[-1] == (pytest.approx((3 * 0.5 + 0.7) / 4), "plot")


def test_a_plot_without_any_takes_the_mean_of_the_data_set(tables: dict[str, Any]) -> None:
    found = _assign(tables, [EDULIS, OTHER_FABACEAE, UNKNOWN, UNKNOWN], ["a", "b", "a", "c"])
    assert found[2:] == [(0.5, "plot"), (pytest.approx(0.6), "dataset")]


def test_each_level_keeps_its_spread(tables: dict[str, Any], land: Any) -> None:
    rows = [{name: row[name] for name in row if not name.startswith("_")} for row in tables["wood_density"].to_pylist()]
    table = land("wood_density", *(row | {"sd_g_cm3": 0.1 if row["level"] == "species" else None} for row in rows))
    taxa = [EDULIS, EDULIS, OTHER_FABACEAE, UNKNOWN, UNKNOWN]
    found = _densities({"wood_density": table}, taxa, ["a", "a", "a", "a", "b"], [True] * 5)
    of_trees = pytest.approx(statistics.stdev([0.5, 0.5, 0.7]), abs=1e-9)
    assert found.sd_g_cm3[0] == 0.1
    assert np.isnan(found.sd_g_cm3[2]), "the table has none for the family"
    assert found.sd_g_cm3[3:].tolist() == [of_trees, of_trees]


def test_means_are_made_of_trees_only(tables: dict[str, Any]) -> None:
    found = _densities(tables, [EDULIS, OTHER_FABACEAE, UNKNOWN], ["a"] * 3, [True, False, True])
    assert found.g_cm3[2] == 0.5, "a palm of 0.7 g/cm³ says nothing about a tree"


def test_no_known_tree_at_all_is_refused(tables: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no tree has a wood density"):
        _assign(tables, [UNKNOWN, UNKNOWN], ["a", "b"])


def test_an_empty_table_is_refused(land: Any) -> None:
    with pytest.raises(InputError, match="no wood density at all"):
        read_wood_density(land("wood_density"))


@pytest.mark.parametrize("value", [0.0, -0.5, float("nan"), float("inf")])
def test_a_density_must_be_positive(value: float, land: Any) -> None:
    row = {"level": "genus", "genus": "Inga", "wood_density_g_cm3": value}
    with pytest.raises(InputError, match="row 1"):
        read_wood_density(land("wood_density", row))


def test_a_taxon_that_stands_twice_is_refused(land: Any) -> None:
    row = {"level": "species", "genus": "Inga", "species": "edulis", "wood_density_g_cm3": 0.5}
    with pytest.raises(InputError, match="two wood densities"):
        read_wood_density(land("wood_density", row, row | {"species": "Inga edulis"}))


@pytest.mark.parametrize("row", [{"level": "species", "genus": "Inga"}, {"level": "order", "family": "Fabales"}])
def test_a_row_must_name_its_taxon(row: dict[str, str], land: Any) -> None:
    with pytest.raises(InputError, match="does not name its taxon"):
        read_wood_density(land("wood_density", row | {"wood_density_g_cm3": 0.5}))
