"""Names of species: authors, subspecies, doubt, synonyms, genera; categories by day; what is sensitive."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mrv.errors import InputError
from mrv.field.species import TaxonNames, canonical, sensitive_names, taxon_categories, taxon_matches
from mrv.schemas import DATASETS

_ORIGIN = {"_artifact": "a", "_row": 1}


def names(*pairs: tuple[str, str | None]) -> TaxonNames:
    rows = [{"name_given": given, "name_accepted": accepted} for given, accepted in pairs]
    listed = [{"taxon_rank": None, "backbone": "B", **row, **_ORIGIN} for row in rows]
    return TaxonNames(DATASETS["species_names"].table(listed))


def categories(*rows: dict[str, Any]) -> Any:
    blank = dict.fromkeys(DATASETS["species_categories"].schema.names)
    sound = {"list": "IUCN", "category": "LC", "assessed_on": date(2010, 1, 1), "source": "made up"}
    return DATASETS["species_categories"].table([blank | sound | _ORIGIN | row for row in rows])


BACKBONE = names(
    ("Panthera onca", "Panthera onca"),
    ("Felis onca", "Panthera onca"),
    ("Mazama", "Mazama"),
    ("Cervidae", "Cervidae"),
    ("Unknown thing", None),
)


@pytest.mark.parametrize(
    ("given", "short"),
    [
        ("Panthera onca", "Panthera onca"),
        ("Panthera onca (Linnaeus, 1758)", "Panthera onca"),
        ("panthera  onca", "Panthera onca"),
        ("Panthera onca onca", "Panthera onca"),
        ("Mazama sp.", "Mazama"),
        ("Mazama cf. americana", "Mazama"),
        ("Cedrela P.Browne", "Cedrela"),
        ("Cervidae Goldfuss, 1820", "Cervidae"),
        ("", ""),
    ],
)
def test_names_without_authors_and_doubt(given: str, short: str) -> None:
    assert canonical(given) == short


@pytest.mark.parametrize(
    ("given", "accepted", "level", "told"),
    [
        ("Felis onca", "Panthera onca", "species", "Panthera onca"),
        ("FELIS ONCA", "Panthera onca", "species", "Panthera onca"),
        ("Felis onca Linnaeus, 1758", "Panthera onca", "species", "Panthera onca"),
        # Of another species of a known genus only the genus is known; it is told by its own name, never as its neighbour.
        ("Panthera leo", "Panthera", "genus", "Panthera leo"),
        ("Panthera sp.", "Panthera", "genus", "Panthera"),
        ("Mazama cf. americana", "Mazama", "genus", "Mazama"),
        ("Cervidae", "Cervidae", "family", "Cervidae"),
        ("Unknown thing", None, "none", "Unknown thing"),
        ("Atelopus mystery", None, "none", "Atelopus mystery"),
    ],
)
def test_names_are_matched_with_the_level_recorded(given: str, accepted: str, level: str, told: str) -> None:
    [row] = taxon_matches([given, given], BACKBONE).to_pylist()
    assert (row["name_accepted"], row["match_level"], row["name_told"]) == (accepted, level, told)


def test_a_name_with_two_accepted_names_is_refused() -> None:
    with pytest.raises(InputError, match="two accepted names"):
        names(("Felis onca", "Panthera onca"), ("felis  onca", "Puma concolor"))


def test_a_category_holds_until_the_next_of_the_list_that_decides() -> None:
    table = categories(
        {"scientific_name": "Felis onca", "category": "VU"},
        {"scientific_name": "Panthera onca", "category": "NT", "assessed_on": date(2020, 1, 1)},
        {"scientific_name": "Panthera onca", "category": "EN", "list": "national", "assessed_on": date(2015, 1, 1)},
    )
    rows = taxon_categories(table, BACKBONE, wanted="IUCN").to_pylist()
    assert [(row["scientific_name"], row["category"], row["holds_from"], row["superseded_on"]) for row in rows] == [
        ("Panthera onca", "VU", date(2010, 1, 1), date(2020, 1, 1)),
        ("Panthera onca", "NT", date(2020, 1, 1), None),
    ]


def test_synonyms_with_two_categories_on_one_day_are_refused() -> None:
    table = categories({"scientific_name": "Felis onca", "category": "VU"}, {"scientific_name": "Panthera onca"})
    with pytest.raises(InputError, match="two categories on the same day"):
        taxon_categories(table, BACKBONE, wanted="IUCN")


def test_what_any_list_ever_called_threatened_is_sensitive() -> None:
    table = categories(
        {"scientific_name": "Felis onca", "category": "VU"},
        {"scientific_name": "Panthera onca", "category": "NT", "assessed_on": date(2020, 1, 1)},
        {"scientific_name": "Mazama americana", "sensitive": True},
        {"scientific_name": "Cuniculus paca"},
    )
    is_sensitive = sensitive_names(table, BACKBONE)
    assert [is_sensitive(name) for name in ("Panthera onca", "Felis onca (L.)", "Panthera sp.", "Mazama")] == [True] * 4
    assert not is_sensitive("Cuniculus paca")
    assert not sensitive_names(None, BACKBONE)("Panthera onca")
