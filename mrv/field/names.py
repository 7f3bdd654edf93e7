"""Tree names: from the name as collected to the accepted family, genus and species, or to 'not determined'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from mrv.errors import InputError

# What collectors write where they could not tell: 'indet', 'Indet.Lecythidaceae', 'sp.', 'spp', '-'.
_UNDETERMINED = re.compile(r"^(indet.*|spp?\.?|-|\?)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taxon:
    """What is known of a tree's name; None where it was not determined.

    Attributes:
        family: Family.
        genus: Genus, capitalised.
        species: Epithet in lower case, without the genus; only with a genus.
    """

    family: str | None
    genus: str | None
    species: str | None

    @property
    def level(self) -> str:
        """How far the name goes: species, genus, family or none."""
        return next((rank for rank in ("species", "genus", "family") if getattr(self, rank)), "none")


NameTable = Mapping[tuple[str, str], Taxon]


def make_taxon(*, family: str | None, genus: str | None, species: str | None) -> Taxon:
    """Normalise a name: case and spaces, a genus repeated in the species, and words for 'not determined'.

    An identification marked as uncertain ('cf_guianense') stays as it is: it matches no species and falls to the genus.
    """
    clean_genus = _clean(genus)
    clean_species = _clean(species)
    if clean_genus is None:
        return Taxon(_capital(_clean(family)), None, None)
    if clean_species is not None:
        clean_species = _clean(clean_species.lower().removeprefix(clean_genus.lower() + " "))
    return Taxon(_capital(_clean(family)), _capital(clean_genus), clean_species)


def read_names(names: pa.Table | None) -> NameTable:
    """Read the name-resolution table into a mapping from the name as collected to the accepted taxon.

    Args:
        names: Landed `name_resolution`, or None.

    Raises:
        InputError: One name has two different accepted names.
    """
    resolved: dict[tuple[str, str], Taxon] = {}
    for row in names.to_pylist() if names is not None else []:
        key = _collected(row["genus"], row["species"])
        taxon = make_taxon(family=row["family_accepted"], genus=row["genus_accepted"], species=row["species_accepted"])
        known = resolved.setdefault(key, taxon)
        if known != taxon:
            raise InputError(
                "a name as collected has two accepted names",
                expected="one accepted name for each name",
                found=f"{known} and {taxon}",
                where=f"name_resolution, genus {row['genus']!r}, species {row['species']!r}, row {row.get('_row')}",
                remedy="keep one of the two in the name-resolution table",
            )
    return resolved


def resolve(*, family: str | None, genus: str | None, species: str | None, names: NameTable) -> Taxon:
    """Return the accepted taxon of a name as collected; a name that the table does not hold stays as collected.

    An accepted name without a family keeps the family as collected.
    """
    collected = make_taxon(family=family, genus=genus, species=species)
    accepted = names.get(_collected(genus, species))
    if accepted is None:
        return collected
    return Taxon(accepted.family or collected.family, accepted.genus, accepted.species)


def _collected(genus: str | None, species: str | None) -> tuple[str, str]:
    return (genus or "").strip().casefold(), (species or "").strip().casefold()


def _clean(text: str | None) -> str | None:
    words = " ".join((text or "").split())
    return None if _UNDETERMINED.match(words) else words


def _capital(text: str | None) -> str | None:
    return text.capitalize() if text else None
