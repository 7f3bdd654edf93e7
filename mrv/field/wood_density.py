"""Wood density of each tree: by species, genus or family, else the mean of its plot, else of the data set."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa

from mrv.errors import InputError
from mrv.field.names import Taxon, make_taxon
from mrv.field.rounding import WOOD_DENSITY_PLACES

LEVELS = ("species", "genus", "family", "plot", "dataset")

Stand = TypeVar("Stand", bound=Hashable)


@dataclass(frozen=True)
class WoodDensityTable:
    """Wood densities in g/cm³ by taxon.

    Attributes:
        species: By (genus, epithet).
        genus: By genus.
        family: By family.
    """

    species: Mapping[tuple[str, str], float]
    genus: Mapping[str, float]
    family: Mapping[str, float]

    def of(self, taxon: Taxon) -> tuple[float, str] | None:
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


@dataclass(frozen=True, slots=True)
class WoodDensity:
    """The wood density given to one tree.

    Attributes:
        g_cm3: Wood density in g/cm³.
        level: Where it comes from, one of `LEVELS`.
    """

    g_cm3: float
    level: str


def read_wood_density(table: pa.Table) -> WoodDensityTable:
    """Read the landed `wood_density` table.

    Raises:
        InputError: It is empty, a taxon stands twice, a level is unknown or without its name, or a density is not a
            positive number.
    """
    by_level: dict[str, dict[Any, float]] = {"species": {}, "genus": {}, "family": {}}
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
        by_level[row["level"]][key] = value
    if not any(by_level.values()):
        raise InputError(
            "there is no wood density at all",
            expected="rows of level species, genus or family",
            found="an empty table",
            where="wood_density",
            remedy="declare a wood density table among the sources of the project",
        )
    return WoodDensityTable(**by_level)


def assign_wood_density(
    *, taxa: Sequence[Taxon], stands: Sequence[Stand], table: WoodDensityTable
) -> list[WoodDensity]:
    """Give each tree a wood density and its level.

    The mean of a stand is taken over its trees (not its species) whose density is known by name, as
    `getWoodDensity(stand=)` of the R package BIOMASS does; a stand without any takes the mean over all such trees.

    Args:
        taxa: One taxon for each tree.
        stands: For each tree, the plot census it stands in.
        table: Densities by taxon.

    Raises:
        InputError: No tree at all has a density by name, so that no mean can be taken.
    """
    found = [table.of(taxon) for taxon in taxa]
    by_stand: dict[Stand, list[float]] = {}
    for stand, density in zip(stands, found, strict=True):
        if density is not None:
            by_stand.setdefault(stand, []).append(density[0])
    if taxa and not by_stand:
        raise InputError(
            "no tree has a wood density by its species, genus or family",
            expected="at least one name of the trees in the wood density table",
            found=f"{len(taxa)} trees without",
            where="trees against wood_density",
            remedy="check the spelling of the names, add a name-resolution table, or a wood density table of the region",
        )
    stand_means = {stand: _mean(values) for stand, values in by_stand.items()}
    # fsum is exact before it rounds, so neither mean depends on the order of the trees.
    dataset_mean = _mean(value for values in by_stand.values() for value in values) if by_stand else math.nan
    assigned = []
    for stand, density in zip(stands, found, strict=True):
        if density is not None:
            value, level = density
        elif stand in stand_means:
            value, level = stand_means[stand], "plot"
        else:
            value, level = dataset_mean, "dataset"
        assigned.append(WoodDensity(round(value, WOOD_DENSITY_PLACES), level))
    return assigned


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed)


def _key(row: Mapping[str, Any]) -> tuple[str, str] | str:
    taxon = make_taxon(family=row["family"], genus=row["genus"], species=row["species"])
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
