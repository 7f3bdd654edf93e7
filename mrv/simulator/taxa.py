"""Tree taxa of the simulated plots, and their wood densities as a table of species, genera and families.

The wood densities of Protium surinamense, Tapirira guianensis, Dicorynia guianensis, Cedrela odorata, Inga edulis and
Cecropia sciadophylla are those of the Global Wood Density Database v2; the others are round figures for the simulation.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

TAXA = Path(__file__).with_name("taxa.csv")
STRATA = ("premontane", "montane", "cloud_forest")
COLUMNS = ("family", "genus", "species", "wood_density_g_cm3", "sd_g_cm3", "level")


@dataclass(frozen=True)
class Taxon:
    """A species, its wood density, and how common it is by stratum."""

    family: str
    genus: str
    species: str
    wood_density_g_cm3: float
    sd_g_cm3: float
    abundance: dict[str, float]


def load_taxa() -> list[Taxon]:
    """Read the taxa in the order of the file."""
    with TAXA.open(encoding="utf-8", newline="") as stream:
        return [
            Taxon(
                row["family"],
                row["genus"],
                row["species"],
                float(row["wood_density_g_cm3"]),
                float(row["sd_g_cm3"]),
                {name: float(row[name]) for name in STRATA},
            )
            for row in csv.DictReader(stream)
        ]


def write_wood_density(path: Path) -> None:
    """Write the wood density table: species, then the means of genera and families."""
    taxa = load_taxa()
    rows = [(t.family, t.genus, t.species, t.wood_density_g_cm3, t.sd_g_cm3, "species") for t in taxa]
    rows += _means(taxa, lambda taxon: (taxon.family, taxon.genus), "genus")
    rows += _means(taxa, lambda taxon: (taxon.family, ""), "family")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*names, f"{density:.6f}", f"{sd:.6f}", level) for *names, density, sd, level in rows)


def _means(
    taxa: list[Taxon], group: Callable[[Taxon], tuple[str, str]], level: str
) -> list[tuple[str, str, str, float, float, str]]:
    groups: dict[tuple[str, str], list[Taxon]] = {}
    for taxon in taxa:
        groups.setdefault(group(taxon), []).append(taxon)
    return [
        (*names, "", fmean(t.wood_density_g_cm3 for t in members), fmean(t.sd_g_cm3 for t in members), level)
        for names, members in sorted(groups.items())
    ]
