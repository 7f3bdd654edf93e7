"""Wood density of each tree: by species, genus or family, else the mean of its plot, else of the data set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mrv.errors import InputError
from mrv.field.names import Taxon, listed_taxon
from mrv.field.rounding import WOOD_DENSITY_PLACES

LEVELS = ("species", "genus", "family", "plot", "dataset")

Entry = tuple[float, float]
"""Wood density of a taxon and its standard deviation in g/cm³, NaN where the table has none."""


@dataclass(frozen=True)
class WoodDensityTable:
    """Wood densities in g/cm³ by taxon.

    Attributes:
        species: By (genus, epithet).
        genus: By genus.
        family: By family.
        genus_families: Family of each genus that the table names with its family.
    """

    species: Mapping[tuple[str, str], Entry]
    genus: Mapping[str, Entry]
    family: Mapping[str, Entry]
    genus_families: Mapping[str, str]

    def of(self, taxon: Taxon) -> tuple[Entry, str] | None:
        """Return the density of the narrowest level that is known, with the level, or None."""
        if taxon.genus and taxon.species:
            value = self.species.get((taxon.genus, taxon.species))
            if value is not None:
                return value, "species"
        if taxon.genus:
            value = self.genus.get(taxon.genus)
            if value is not None:
                return value, "genus"
        if taxon.family:
            value = self.family.get(taxon.family)
            if value is not None:
                return value, "family"
        return None


@dataclass(frozen=True)
class WoodDensities:
    """The wood densities given to some trees, each column of shape (n,).

    Attributes:
        g_cm3: Wood density in g/cm³.
        sd_g_cm3: Standard deviation within its level in g/cm³: of the table, or of the trees that a mean was made of; NaN
            where there is none.
        level: Where it comes from, as a position in `LEVELS`.
    """

    g_cm3: npt.NDArray[np.float64]
    sd_g_cm3: npt.NDArray[np.float64]
    level: npt.NDArray[np.int8]


def read_wood_density(table: pa.Table) -> WoodDensityTable:
    """Read the landed `wood_density` table.

    Raises:
        InputError: It is empty, a taxon stands twice, a level is unknown or without its name, or a density is not a
            positive number.
    """
    by_level: dict[str, dict[Any, Entry]] = {"species": {}, "genus": {}, "family": {}}
    genus_families: dict[str, str] = {}
    for row in table.to_pylist():
        key = _key(row)
        value = row["wood_density_g_cm3"]
        if not (math.isfinite(value) and value > 0):
            raise InputError(
                "a wood density is not a positive number",
                expected="g/cm³, usually 0.1 to 1.4",
                found=str(value),
                where=_where(row),
                remedy="mend the wood density table",
            )
        if key in by_level[row["level"]]:
            raise InputError(
                "a taxon has two wood densities",
                expected="one row for each taxon and level",
                found=str(key),
                where=_where(row),
                remedy="keep one of the rows in the wood density table",
            )
        by_level[row["level"]][key] = value, math.nan if row["sd_g_cm3"] is None else row["sd_g_cm3"]
        taxon = listed_taxon(family=row["family"], genus=row["genus"], species=row["species"])
        if taxon.genus and taxon.family:
            genus_families.setdefault(taxon.genus, taxon.family)
    if not any(by_level.values()):
        raise InputError(
            "there is no wood density at all",
            expected="rows of level species, genus or family",
            found="an empty table",
            where="wood_density",
            remedy="declare a wood density table among the sources of the project",
        )
    return WoodDensityTable(**by_level, genus_families=genus_families)


def assign_wood_density(
    *,
    taxa: Sequence[Taxon],
    taxon: npt.NDArray[np.int64],
    stand: npt.NDArray[np.int64],
    counted: npt.NDArray[np.bool_],
    table: WoodDensityTable,
) -> WoodDensities:
    """Give each tree a wood density and its level.

    The mean of a stand is taken over its trees (not its species) whose density is known by name, as
    `getWoodDensity(stand=)` of the R package BIOMASS does; a stand without any takes the mean over all such trees.

    Args:
        taxa: The different names.
        taxon: Position of the name of each tree in `taxa`, shape (n,).
        stand: For each tree, the position of the plot census it stands in, shape (n,).
        counted: Which trees the means are made of, shape (n,).
        table: Densities by taxon.

    Raises:
        InputError: No tree at all has a density by name, so that no mean can be taken.
    """
    densities, spreads, levels = _by_name(taxa, table)
    g_cm3, sd, level = densities[taxon], spreads[taxon], levels[taxon]
    unknown = level < 0
    means = counted & ~unknown
    if unknown.any() and not means.any():
        raise InputError(
            "no tree has a wood density by its species, genus or family",
            expected="at least one name of the trees in the wood density table",
            found=f"{int(unknown.sum())} trees without",
            where="trees against wood_density",
            remedy="check the spelling of the names, add a name-resolution table, or a wood density table of the region",
        )
    if unknown.any():
        mean_of, sd_of = _means(stand[means], g_cm3[means])
        everywhere = _mean_and_sd(g_cm3[means].tolist())
        for at in np.flatnonzero(unknown).tolist():
            of_stand = int(stand[at])
            known = of_stand in mean_of
            g_cm3[at], sd[at] = (mean_of[of_stand], sd_of[of_stand]) if known else everywhere
            level[at] = LEVELS.index("plot" if known else "dataset")
    return WoodDensities(np.round(g_cm3, WOOD_DENSITY_PLACES), np.round(sd, WOOD_DENSITY_PLACES), level)


def _by_name(
    taxa: Sequence[Taxon], table: WoodDensityTable
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int8]]:
    """Return density, standard deviation and level of each name; NaN and −1 where the table does not know it."""
    found = [table.of(taxon) for taxon in taxa]
    entries = [entry[0] if entry is not None else (math.nan, math.nan) for entry in found]
    levels = [LEVELS.index(entry[1]) if entry is not None else -1 for entry in found]
    density, sd = (np.array([entry[place] for entry in entries], dtype=np.float64) for place in (0, 1))
    return density, sd, np.array(levels, dtype=np.int8)


def _means(stand: npt.NDArray[np.int64], g_cm3: npt.NDArray[np.float64]) -> tuple[dict[int, float], dict[int, float]]:
    order = np.argsort(stand, kind="stable")
    stands, starts = np.unique(stand[order], return_index=True)
    groups = np.split(g_cm3[order], starts[1:])
    found = [(int(one), *_mean_and_sd(group.tolist())) for one, group in zip(stands, groups, strict=True)]
    return {one: mean for one, mean, _ in found}, {one: sd for one, _, sd in found}


def _mean_and_sd(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and sample standard deviation (NaN of one value), the same in whatever order the values come."""
    # fsum is exact before it rounds, so neither depends on the order of the trees.
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, math.nan
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _key(row: Mapping[str, Any]) -> tuple[str, str] | str:
    taxon = listed_taxon(family=row["family"], genus=row["genus"], species=row["species"])
    level = row["level"]
    if level == "species" and taxon.genus and taxon.species:
        return taxon.genus, taxon.species
    if level == "genus" and taxon.genus:
        return taxon.genus
    if level == "family" and taxon.family:
        return taxon.family
    raise InputError(
        "a row of the wood density table does not name its taxon",
        expected="level species, genus or family, with that name filled",
        found=f"level {level!r}, family {row['family']!r}, genus {row['genus']!r}, species {row['species']!r}",
        where=_where(row),
        remedy="mend the row, or the mapping of the columns",
    )


def _where(row: Mapping[str, Any]) -> str:
    return f"wood_density, artifact {row['_artifact'][:12]}, row {row['_row']}"
