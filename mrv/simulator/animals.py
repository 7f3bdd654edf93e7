"""Animals of the simulated landscape: real names, categories for demonstration only, and the lists and records made of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from mrv.boundaries import Zone
from mrv.files import write_bytes
from mrv.periods import Span
from mrv.project_sources import CamtrapDp, Occurrences
from mrv.simulator.livelihoods import SPECIES as PLANTED
from mrv.sources.fetch import SIMULATED_MARK

ANIMALS = Path(__file__).with_name("animals.csv")
CATEGORIES, NAMES = "species_categories", "species_names"
_ASSESSED, _EARLIER = date(2021, 1, 1), date(2008, 1, 1)
_SOURCE = "Illustrative: categories for the demonstration, not confirmed against the Red List"
_BACKBONE = "Illustrative list of names"
SYNONYMS = {
    "Felis onca": "Panthera onca",
    "Tapirus terrestris (Linnaeus, 1758)": "Tapirus terrestris",
    "Oreonax flavicauda": "Lagothrix flavicauda",
    "Agouti paca": "Cuniculus paca",
}
"""Names that people write, with the accepted ones."""
_RECORDED = (
    "Oreonax flavicauda",
    "Lagothrix flavicauda",
    "Aotus miconax",
    "Ateles belzebuth",
    "Penelope jacquacu",
    "Nasua nasua",
    "Cedrela odorata",
    "Panthera onca",
)
_RECORDS = 48
_FIRST_ID = 180_000_000
_CITATION_COLUMNS = (
    "id", "uuid", "observed_on", "user_login", "user_name", "quality_grade", "license", "url", "description",
    "captive_cultivated", "place_guess", "latitude", "longitude", "positional_accuracy", "private_latitude",
    "private_longitude", "geoprivacy", "coordinates_obscured", "scientific_name", "common_name", "iconic_taxon_name",
)  # fmt: skip
_OBSCURED_DEG = 0.1


@dataclass(frozen=True)
class Animal:
    """A species: its row of the table, and how often a camera sees it."""

    row: Mapping[str, str]

    @property
    def name(self) -> str:
        """Accepted name."""
        return self.row["scientific_name"]

    @property
    def events_per_100_nights(self) -> float:
        """Events that a camera sees in a hundred nights."""
        return float(self.row["events_per_100_nights"])


def load_animals() -> list[Animal]:
    """Read the species in the order of the file."""
    with ANIMALS.open(encoding="utf-8", newline="") as stream:
        return [Animal(row) for row in csv.DictReader(stream)]


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a CSV, the same bytes for the same rows."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, stream.getvalue().encode())


def mark_simulated(folder: Path, seed: int) -> None:
    """Mark a folder as simulated."""
    (folder / SIMULATED_MARK).write_text(f"mrv simulator, seed {seed}\n", encoding="utf-8")


def write_species_list(path: Path, dataset: str) -> None:
    """Write the table of categories or the table of names."""
    if dataset == NAMES:
        names = {name: name for name in (*(animal.name for animal in load_animals()), *PLANTED)} | SYNONYMS
        rows = [{"name": given, "accepted": accepted, "backbone": _BACKBONE} for given, accepted in names.items()]
        write_table(path, ("name", "accepted", "backbone"), rows)
        return
    columns = (
        "species", "list", "category", "assessed_on", "group", "family", "name_en", "name_es", "sensitive", "source",
    )  # fmt: skip
    write_table(path, columns, [row for animal in load_animals() for row in _categories(animal.row)])


def _categories(row: Mapping[str, str]) -> list[dict[str, str]]:
    common = {
        "species": row["scientific_name"],
        "list": "IUCN",
        "group": row["group"],
        "family": row["family"],
        "name_en": row["common_name_en"],
        "name_es": row["common_name_es"],
        "sensitive": row["sensitive"],
        "source": _SOURCE,
    }
    earlier = row["earlier_category"] or row["category"]
    return [
        {**common, "category": earlier, "assessed_on": _EARLIER.isoformat()},
        {**common, "category": row["category"], "assessed_on": _ASSESSED.isoformat()},
    ]


def places(rng: np.random.Generator, zones: Sequence[Zone], count: int) -> list[tuple[float, float]]:
    """Draw points (longitude, latitude; degrees) within the project area."""
    area = shapely.union_all([zone.geometry for zone in zones if zone.kind == "project_area"])
    west, south, east, north = area.bounds
    found: list[tuple[float, float]] = []
    while len(found) < count:
        longitude, latitude = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.contains_xy(area, longitude, latitude):
            found.append((round(float(longitude), 5), round(float(latitude), 5)))
    return found


def write_inaturalist(path: Path, seed: int, zones: Sequence[Zone], span: Span) -> None:
    """Write an export of iNaturalist: 48 records.

    Planted: places that were obscured, an identification that nobody confirmed, a captive animal, latitude and longitude
    exchanged, a record that stands twice, one without a date, and names that are synonyms.

    Args:
        path: Where it goes.
        seed: Any whole number.
        zones: Zones of the project.
        span: Days of the records.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 31]))
    animals = {animal.name: animal.row for animal in load_animals()}
    rows = []
    for number, (longitude, latitude) in enumerate(places(rng, zones, _RECORDS)):
        name = _RECORDED[number % len(_RECORDED)]
        known = animals[SYNONYMS.get(name, name)]
        rows.append(_record(rng, number, name, known, (longitude, latitude), span))
    rows[5]["quality_grade"] = "needs_id"
    rows[13]["captive_cultivated"] = "true"
    rows[21]["latitude"], rows[21]["longitude"] = rows[21]["longitude"], rows[21]["latitude"]
    rows[21]["coordinates_obscured"] = "false"
    rows[30]["observed_on"] = ""
    rows.append(dict(rows[2]))
    write_table(path, _CITATION_COLUMNS, rows)


def _record(
    rng: np.random.Generator,
    number: int,
    name: str,
    known: Mapping[str, str],
    place: tuple[float, float],
    span: Span,
) -> dict[str, str]:
    identity = _FIRST_ID + 37 * number
    obscured = known["sensitive"] == "true" and number % 3 == 0
    shift = rng.uniform(-_OBSCURED_DEG, _OBSCURED_DEG, 2) if obscured else np.zeros(2)
    person = int(rng.integers(1, 9))
    return {
        "id": str(identity),
        "uuid": f"00000000-0000-4000-8000-{identity:012d}",
        "observed_on": (span.start + timedelta(days=int(rng.integers(0, span.days)))).isoformat(),
        "user_login": f"observer{person}",
        "user_name": f"Observer {person}",
        "quality_grade": "research",
        "license": "CC-BY",
        "url": f"https://www.inaturalist.org/observations/{identity}",
        "captive_cultivated": "false",
        "place_guess": "San Martín, PE",
        "latitude": f"{place[1] + float(shift[1]):.5f}",
        "longitude": f"{place[0] + float(shift[0]):.5f}",
        "positional_accuracy": "27500" if obscured else str(int(rng.integers(5, 90))),
        "geoprivacy": "",
        "coordinates_obscured": "true" if obscured else "false",
        "scientific_name": name,
        "common_name": known["common_name_en"],
        "iconic_taxon_name": {"mammals": "Mammalia", "birds": "Aves", "plants": "Plantae"}[known["group"]],
    }


def write_animals(
    source: CamtrapDp | Occurrences, folder: Path, *, seed: int, zones: Sequence[Zone], span: Span
) -> None:
    """Write the files of a source of cameras or of species records.

    Args:
        source: The source; of occurrences every file is an export of iNaturalist.
        folder: Folder of the source.
        seed: Any whole number.
        zones: Zones of the project.
        span: Days of the records.
    """
    from mrv.simulator.cameras import write_camera_package

    if isinstance(source, CamtrapDp):
        write_camera_package(folder, seed, zones, span)
        return
    for item in source.files:
        write_inaturalist(folder / item.path, seed, zones, span)
    mark_simulated(folder, seed)
