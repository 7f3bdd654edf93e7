"""Tree names: from the name as collected to the accepted family, genus and species, or to 'not determined'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from mrv.errors import InputError

# What collectors write where they could not tell: 'indet', 'Indet.Lecythidaceae', 'sp.', '-', 'NA', 'N/I', 'Desconocido'.
_UNDETERMINED = re.compile(
    r"^(indet.*|spp?\.?|-+|\?+|n\.?[/. ]?[aidn]\.?|none|null|unknown|unidentified|desconocid[oa]s?|ningun[oa]"
    r"|no (identificad[oa]|determinad[oa]|id\.?|det\.?)|sin (nombre|identificar|determinar|id\.?|det\.?)"
    r"|(morfo|morpho)?(especie|species|morfo|morpho|morphotype|morfotipo)([ _.]+\w*|\d+\w*)?)?$",
    re.IGNORECASE,
)
# A species that was told from others but not named, or of which the collector was not sure: known by its genus only.
_MORPHOSPECIES = re.compile(r"^(spp?|cf|aff|sect|gr|nr)[ ._]|^spp?\.? ?\d+\w*$|^n\.? ?sp", re.IGNORECASE)
_EPITHET = re.compile(r"^[^\W\d_]+(-[^\W\d_]+)*$")


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
    """Normalise a name: case and spaces, a genus repeated in the species, authors, and words for 'not determined'.

    A binomial in the genus is taken apart. Of the species the epithet is kept, without authors, subspecies and varieties. An
    uncertain or numbered species ('cf. guianensis', 'sp1') is known by its genus.
    """
    of_family, of_genus, of_species = _clean(family), _clean(genus), _clean(species)
    if of_genus is None:
        return Taxon(_capital(of_family), None, None)
    first, _, rest = of_genus.partition(" ")
    first = first.rstrip("?") or first
    if of_species is None and rest:
        of_species = _clean(rest)
    return Taxon(_capital(of_family), _capital(first), _epithet(of_species, first))


def listed_taxon(*, family: str | None, genus: str | None, species: str | None) -> Taxon:
    """Normalise a name of a table of taxa: case and spaces, and a genus repeated in the species; nothing is left out of it.

    A variety with a row of its own stays a variety, and does not stand for its species.
    """
    of_family, of_genus, of_species = _clean(family), _clean(genus), _clean(species)
    if of_genus is None:
        return Taxon(_capital(of_family), None, None)
    if of_species is not None:
        of_species = _clean(of_species.lower().removeprefix(of_genus.lower() + " "))
    return Taxon(_capital(of_family), _capital(of_genus), of_species)


def _epithet(species: str | None, genus: str) -> str | None:
    """Return the epithet of a species in lower case, None where the species was not named."""
    if species is None:
        return None
    first, _, rest = species.partition(" ")
    if first.lower() == genus.lower():
        species = rest
    if _clean(species) is None or _MORPHOSPECIES.match(species):
        return None
    words = species.lower().split()
    # Hybrids: 'x intermedia'.
    epithet = words[1] if words[0] in ("x", "×") and len(words) > 1 else words[0]
    return epithet if _EPITHET.match(epithet) else None


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
