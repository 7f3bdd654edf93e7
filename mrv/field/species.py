"""Names of animals and plants: from the name as given to the accepted one, and the category that holds on a day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pyarrow as pa

from mrv.errors import InputError
from mrv.schemas import DATASETS

Level = Literal["species", "genus", "family", "none"]
NOT_ASSESSED = "NE"
THREATENED = frozenset({"CR", "EN", "VU"})
_FAMILY = re.compile(r"[A-Z][a-z]+(?:idae|aceae)")
_GENUS = re.compile(r"[A-Z][a-z-]+")
_EPITHET = re.compile(r"[a-z][a-z-]+")
_NOT_EPITHETS = frozenset({"sp", "spp", "cf", "aff", "indet", "gen", "de", "van", "von", "ex", "in", "et", "da", "le"})
"""Words in small letters that follow a genus and name no species, some of them parts of authors' names."""


def canonical(name: str) -> str:
    """Return a name without its author, year, subspecies and doubt: genus and epithet, or genus alone.

    `Panthera onca (Linnaeus, 1758)` and `Panthera onca onca` become `Panthera onca`; `Panthera cf. onca` becomes `Panthera`,
    because whoever wrote it was not sure. What is no name of that form is returned with its spaces tidied.
    """
    words = name.split()
    if not words or not _GENUS.fullmatch(words[0].capitalize()):
        return " ".join(words)
    genus = words[0].capitalize()
    epithet = words[1] if len(words) > 1 else ""
    known = _EPITHET.fullmatch(epithet) and epithet not in _NOT_EPITHETS
    return f"{genus} {epithet}" if known else genus


@dataclass(frozen=True)
class Match:
    """What a name means: the accepted name (None: not in the backbone), how far it goes, and the backbone that says so."""

    accepted: str | None
    level: Level
    backbone: str | None


class TaxonNames:
    """The backbone: accepted names by the name as given.

    Args:
        names: Landed `species_names`, or None where the project has no backbone.

    Raises:
        InputError: One name has two accepted names.
    """

    def __init__(self, names: pa.Table | None) -> None:
        self._by_name: dict[str, Match] = {}
        self._genera: dict[str, Match] = {}
        for row in sorted(names.to_pylist() if names is not None else [], key=lambda item: str(item["name_given"])):
            if row["name_accepted"]:
                self._add(row)

    def _add(self, row: Mapping[str, Any]) -> None:
        accepted = canonical(row["name_accepted"])
        match = Match(accepted, _level(accepted), row["backbone"])
        for key in {_key(row["name_given"]), _key(accepted)}:
            known = self._by_name.setdefault(key, match)
            if known.accepted != accepted:
                raise InputError(
                    "a name has two accepted names",
                    expected="one accepted name for each name",
                    found=f"{known.accepted} and {accepted}",
                    where=f"species_names, name {row['name_given']!r}, row {row.get('_row')}",
                    remedy="keep one of the two in the table of names",
                )
        genus = accepted.split()[0]
        if match.level in {"species", "genus"}:
            self._genera.setdefault(genus.casefold(), Match(genus, "genus", row["backbone"]))

    def match(self, name: str) -> Match:
        """Return what a name means: by the name as given, then without author and subspecies, then by its genus."""
        short = canonical(name)
        found = self._by_name.get(_key(name)) or self._by_name.get(_key(short))
        if found is not None:
            return found
        genus = short.split()[0].casefold() if short else ""
        return self._genera.get(genus, Match(None, "none", None))

    def told(self, name: str) -> str:
        """Return the name under which a record is counted: the accepted one, or its own where the backbone has no species."""
        found = self.match(name)
        if found.accepted is not None and (found.level != "genus" or " " not in canonical(name)):
            return found.accepted
        return canonical(name)


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _level(name: str) -> Level:
    if " " in name:
        return "species"
    return "family" if _FAMILY.fullmatch(name) else "genus"


def taxon_matches(given: Iterable[str], names: TaxonNames) -> pa.Table:
    """Return table `taxon_matches`: one row per name as given.

    Args:
        given: Names as they stand in records and lists, in any order and number.
        names: The backbone.
    """
    rows = []
    for name in sorted(set(given)):
        found = names.match(name)
        rows.append(
            {
                "name_given": name,
                "name_accepted": found.accepted,
                "name_told": names.told(name),
                "match_level": found.level,
                "backbone": found.backbone,
            }
        )
    return DATASETS["taxon_matches"].table(rows)


def taxon_categories(categories: pa.Table, names: TaxonNames, *, wanted: str) -> pa.Table:
    """Return table `taxon_categories`: from when to when each category of the list that decides holds.

    A category holds from the day of its assessment to the eve of the next one, and never beyond its own last day.

    Args:
        categories: Landed `species_categories`.
        names: The backbone.
        wanted: Name of the list that decides.

    Raises:
        InputError: Two rows give a species two categories on the same day.
    """
    by_name: dict[str, dict[date, Mapping[str, Any]]] = {}
    for row in categories.to_pylist():
        if row["list"] == wanted:
            _add_assessment(by_name.setdefault(names.told(row["scientific_name"]), {}), row)
    rows = []
    for name, assessments in sorted(by_name.items()):
        days = sorted(assessments)
        for day, following in zip(days, [*days[1:], None], strict=True):
            row = assessments[day]
            rows.append(
                {
                    "scientific_name": name,
                    "holds_from": day,
                    "holds_to": row["valid_to"],
                    "superseded_on": following,
                    **{key: row[key] for key in _KEPT},
                }
            )
    return DATASETS["taxon_categories"].table(rows)


_KEPT = (
    "list", "category", "criteria", "taxon_group", "family", "common_name_en", "common_name_es", "sensitive", "source",
)  # fmt: skip


def _add_assessment(assessments: dict[date, Mapping[str, Any]], row: Mapping[str, Any]) -> None:
    known = assessments.setdefault(row["assessed_on"], row)
    if known["category"] != row["category"]:
        raise InputError(
            "a species has two categories on the same day",
            expected="one category for each species, list and day; synonyms count as one species",
            found=f"{known['category']} and {row['category']}",
            where=f"species_categories, {row['scientific_name']!r}, {row['assessed_on']}, row {row.get('_row')}",
            remedy="keep the one that the list gives for the accepted name",
        )


def sensitive_names(categories: pa.Table | None, names: TaxonNames) -> Callable[[str], bool]:
    """Return a function that tells whether the place of a record of that name must not be found.

    A species is sensitive that any list marks so, or that was ever vulnerable, endangered or critically endangered on any of
    them. A name that only goes to the genus is sensitive if one species of it is.

    Args:
        categories: Landed `species_categories`, or None.
        names: The backbone.
    """
    rows = categories.to_pylist() if categories is not None else []
    species = {names.told(row["scientific_name"]) for row in rows if row["sensitive"] or row["category"] in THREATENED}
    genera = {name.split()[0] for name in species}

    def is_sensitive(name: str) -> bool:
        told = names.told(name)
        return told in species or (" " not in told and told in genera)

    return is_sensitive
