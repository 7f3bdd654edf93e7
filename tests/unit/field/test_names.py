"""Names: words for 'not determined', spelling, and the name-resolution table."""

from __future__ import annotations

from typing import Any

import pytest

from mrv.errors import InputError
from mrv.field.names import Taxon, make_taxon, read_names, resolve


@pytest.mark.parametrize(
    "word", ["indet", "Indet.", "INDET", "Indet.Lecythidaceae", "sp.", "sp", "spp.", "", "  ", "-", None]
)
def test_words_for_undetermined_are_no_names(word: str | None) -> None:
    assert make_taxon(family=word, genus=word, species=word) == Taxon(None, None, None)
    assert make_taxon(family="Fabaceae", genus="Inga", species=word) == Taxon("Fabaceae", "Inga", None)


def test_a_genus_that_only_begins_like_a_word_is_kept() -> None:
    assert make_taxon(family=None, genus="Spondias", species="spruceana") == Taxon(None, "Spondias", "spruceana")


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
