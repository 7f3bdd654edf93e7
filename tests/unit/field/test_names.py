"""Names: words for 'not determined', spelling, and the name-resolution table."""

from __future__ import annotations

from typing import Any

import pytest

from mrv.errors import InputError
from mrv.field.names import Taxon, listed_taxon, make_taxon, read_names, resolve


@pytest.mark.parametrize(
    "word",
    [
        *("indet", "Indet.", "INDET", "Indet.Lecythidaceae", "sp.", "sp", "spp.", "", "  ", "-", None),
        *("NA", "N/A", "n.a.", "N/I", "N.I.", "NI", "Desconocido", "desconocida", "No identificado", "No determinada"),
        *("Sin nombre", "sin identificar", "Morfoespecie 3", "morfotipo A", "unknown", "??"),
    ],
)
def test_words_for_undetermined_are_no_names(word: str | None) -> None:
    assert make_taxon(family=word, genus=word, species=word) == Taxon(None, None, None)
    assert make_taxon(family="Fabaceae", genus="Inga", species=word) == Taxon("Fabaceae", "Inga", None)


def test_a_genus_that_only_begins_like_a_word_is_kept() -> None:
    assert make_taxon(family=None, genus="Spondias", species="spruceana") == Taxon(None, "Spondias", "spruceana")


@pytest.mark.parametrize(
    "word",
    [
        "sp1",
        "sp.1",
        "sp. 2",
        "spp. 3a",
        "cf. edulis",
        "cf_edulis",
        "aff. edulis",
        "aff edulis",
        "n. sp.",
        "3",
        "edulis?",
    ],
)
def test_a_species_without_a_sure_name_is_known_by_its_genus(word: str) -> None:
    taxon = make_taxon(family=None, genus="Inga", species=word)
    assert (taxon, taxon.level) == (Taxon(None, "Inga", None), "genus")
    assert make_taxon(family=None, genus="Inga", species=f"Inga {word}") == taxon
    assert make_taxon(family=None, genus=f"Inga {word}", species=None) == taxon


@pytest.mark.parametrize(
    ("genus", "species"),
    [
        ("Inga", "edulis Mart."),
        ("Inga", "Inga edulis (Vell.) Mart."),
        ("Inga", "edulis var. alba"),
        ("Inga edulis", None),
        ("Inga edulis Mart.", ""),
        ("Inga?", "edulis"),
    ],
)
def test_authors_and_varieties_are_no_part_of_the_epithet(genus: str, species: str | None) -> None:
    assert make_taxon(family=None, genus=genus, species=species) == Taxon(None, "Inga", "edulis")


@pytest.mark.parametrize("name", ["ñandubay", "sylvestris-alba", "spruceana", "cfa", "nigra", "nitida"])
def test_epithets_that_only_begin_like_a_word_are_kept(name: str) -> None:
    assert make_taxon(family=None, genus="Inga", species=name) == Taxon(None, "Inga", name)


@pytest.mark.parametrize("genus", ["Naucleopsis", "Nia", "Morus", "Speciesia", "Indigofera", "Unonopsis", "Sinningia"])
def test_genera_that_only_begin_like_a_word_are_kept(genus: str) -> None:
    assert make_taxon(family=None, genus=genus, species="x").genus == genus


@pytest.mark.parametrize("epithet", ["edulis var. alba", "sp1", "edulis mart."])
def test_a_row_of_a_table_of_taxa_stays_as_it_is(epithet: str) -> None:
    assert listed_taxon(family=None, genus="Inga", species=f"Inga {epithet}") == Taxon(None, "Inga", epithet)


def test_a_species_without_genus_is_nothing() -> None:
    assert make_taxon(family=None, genus="indet", species="edulis") == Taxon(None, None, None)


@pytest.mark.parametrize(
    ("genus", "species"), [("inga", "EDULIS"), (" Inga ", "Inga edulis"), ("INGA", " inga  edulis ")]
)
def test_spelling_is_made_one(genus: str, species: str) -> None:
    assert make_taxon(family="FABACEAE", genus=genus, species=species) == Taxon("Fabaceae", "Inga", "edulis")


def test_names_are_resolved_as_collected(land: Any) -> None:
    names = read_names(
        land(
            "name_resolution",
            {
                "genus": "Conceveiba",
                "species": "guyanensis",
                "genus_accepted": "Conceveiba",
                "species_accepted": "guianensis",
            },
            {"genus": "Indet.Lecythidaceae", "species": "Indet.", "family_accepted": "Lecythidaceae"},
        )
    )
    assert resolve(family="Euphorbiaceae", genus="conceveiba", species="guyanensis", names=names) == Taxon(
        "Euphorbiaceae", "Conceveiba", "guianensis"
    )
    assert resolve(family=None, genus="Indet.Lecythidaceae", species="Indet.", names=names) == Taxon(
        "Lecythidaceae", None, None
    )
    assert resolve(family=None, genus="Inga", species="edulis", names=names) == Taxon(None, "Inga", "edulis")


def test_two_accepted_names_for_one_are_refused(land: Any) -> None:
    row = {"genus": "Ynga", "species": "edulis", "genus_accepted": "Inga", "species_accepted": "edulis"}
    assert len(read_names(land("name_resolution", row, row))) == 1
    with pytest.raises(InputError, match="'Ynga'"):
        read_names(land("name_resolution", row, row | {"species_accepted": "alba"}))
