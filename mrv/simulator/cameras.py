"""A Camtrap DP package of the simulated landscape: eight cameras in two seasons, with the mistakes that such packages have."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np

from mrv.boundaries import Zone
from mrv.files import write_bytes
from mrv.periods import Span
from mrv.simulator.animals import SYNONYMS, Animal, load_animals, mark_simulated, places, write_table
from mrv.sources.camtrap_dp import DESCRIPTOR
from mrv.sources.camtrap_dp_tables import standard

CAMERAS, NIGHTS = 8, 60
SEASONS = (60, 425)
"""Days from the start of the period on which the seasons begin."""
_LIMA = timezone(timedelta(hours=-5))
_PROFILE = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json"
Row = dict[str, Any]


@dataclass
class _Package:
    deployments: list[Row] = field(default_factory=list)
    media: list[Row] = field(default_factory=list)
    observations: list[Row] = field(default_factory=list)


def write_camera_package(folder: Path, seed: int, zones: Sequence[Zone], span: Span) -> None:
    """Write a package into a folder; the same arguments give the same bytes.

    Planted: a camera that failed for 20 days, one whose clock was wrong, two at one location at the same time, one whose
    latitude and longitude are exchanged (with its pictures), an event without offset from UTC, a count of 0, an observation
    that stands twice, people on pictures, and a genus without a species.

    Args:
        folder: Where it goes.
        seed: Any whole number.
        zones: Zones of the project: cameras stand in its project area.
        span: Days of the period in which the seasons lie.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 32]))
    package, animals = _Package(), [animal for animal in load_animals() if animal.events_per_100_nights]
    points = places(rng, zones, CAMERAS)
    for season, offset in enumerate(SEASONS, start=1):
        for camera, point in enumerate(points, start=1):
            start = span.start + timedelta(days=offset + int(rng.integers(0, 5)))
            _deploy(rng, package, animals, (season, camera), point, start)
    _plant_mistakes(package)
    tables = {"deployments": package.deployments, "media": package.media, "observations": package.observations}
    for name, rows in tables.items():
        write_table(folder / f"{name}.csv", [item.name for item in standard().tables[name].fields], rows)
    write_bytes(folder / DESCRIPTOR, json.dumps(_descriptor(package, points), indent=1).encode())
    mark_simulated(folder, seed)


def _deploy(
    rng: np.random.Generator,
    package: _Package,
    animals: Sequence[Animal],
    number: tuple[int, int],
    point: tuple[float, float],
    start: date,
) -> None:
    season, camera = number
    own = f"s{season}-c{camera}"
    begin = datetime.combine(start, time(15), _LIMA)
    end = begin + timedelta(days=NIGHTS, hours=-5)
    package.deployments.append(
        {
            "deploymentID": own,
            "locationID": f"station-{camera}",
            "locationName": f"Trail of station {camera}",
            "latitude": point[1],
            "longitude": point[0],
            "coordinateUncertainty": 15,
            "deploymentStart": begin.isoformat(),
            "deploymentEnd": end.isoformat(),
            "setupBy": f"Monitor {1 + camera % 3}",
            "cameraID": f"cam{camera:02d}",
            "cameraModel": "Simulated-1",
            "timestampIssues": "false",
            "baitUse": "false",
            "habitat": "montane forest",
        }
    )
    _observe(package, own, begin + timedelta(minutes=4), "Homo sapiens", "human", 1, count=1)
    for animal in animals:
        for _ in range(int(rng.poisson(animal.events_per_100_nights * NIGHTS / 100))):
            seconds = int(rng.integers(3600, int((end - begin).total_seconds()) - 3600))
            individuals = 1 + int(rng.random() < 0.2)
            _observe(
                package, own, begin + timedelta(seconds=seconds), _name(rng, animal), "animal",
                int(rng.integers(1, 4)), count=individuals,
            )  # fmt: skip
    _observe(package, own, end - timedelta(days=1), "", "blank", 1, count=None)


def _name(rng: np.random.Generator, animal: Animal) -> str:
    """Write an animal's name, now and then as people wrote it once."""
    older = next((given for given, accepted in SYNONYMS.items() if accepted == animal.name), animal.name)
    return older if rng.random() < 0.1 else animal.name


def _observe(
    package: _Package, deployment: str, moment: datetime, name: str, kind: str, pictures: int, *, count: int | None
) -> None:
    """Add an event with its pictures: the event as a whole, and what is on each picture."""
    number = len(package.observations) + 1
    event, end = f"e{number:05d}", moment + timedelta(seconds=3 * (pictures - 1))
    common = {
        "deploymentID": deployment,
        "eventID": event,
        "eventEnd": end.isoformat(),
        "observationType": kind,
        "scientificName": name,
        "count": "" if count is None else count,
        "classificationMethod": "human",
        "classifiedBy": "Classifier 1",
    }
    package.observations.append(
        {**common, "observationID": f"o{number:05d}", "eventStart": moment.isoformat(), "observationLevel": "event"}
    )
    for picture in range(pictures):
        taken = (moment + timedelta(seconds=3 * picture)).isoformat()
        media = f"{event}-{picture + 1}"
        package.media.append(
            {
                "mediaID": media,
                "deploymentID": deployment,
                "timestamp": taken,
                "filePath": f"media/{media}.jpg",
                "filePublic": "false" if kind == "human" else "true",
                "fileMediatype": "image/jpeg",
            }
        )
        package.observations.append(
            {
                **common,
                "observationID": f"{media}-o",
                "mediaID": media,
                "eventStart": taken,
                "eventEnd": taken,
                "observationLevel": "media",
            }
        )


def _plant_mistakes(package: _Package) -> None:
    by_id = {row["deploymentID"]: row for row in package.deployments}
    by_id["s1-c2"]["deploymentTags"] = "failedDays:20"
    by_id["s1-c3"]["timestampIssues"] = "true"
    # The second camera of a pair stands where the first does.
    for season in ("s1", "s2"):
        first, second = by_id[f"{season}-c4"], by_id[f"{season}-c5"]
        second.update({name: first[name] for name in ("locationID", "locationName", "latitude", "longitude")})
    swapped = by_id["s2-c6"]
    swapped["latitude"], swapped["longitude"] = swapped["longitude"], swapped["latitude"]
    sound = [
        row for row in package.observations if row["observationType"] == "animal" and row["deploymentID"] == "s1-c1"
    ]
    sound[0]["eventStart"] = sound[0]["eventStart"].removesuffix("-05:00")
    sound[1]["count"] = 0
    sound[2]["scientificName"] = "Mazama"
    package.observations.append(dict(sound[3]))


def _descriptor(package: _Package, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    days = [row["deploymentStart"][:10] for row in package.deployments]
    longitudes, latitudes = [round(x, 1) for x, _ in points], [round(y, 1) for _, y in points]
    return {
        "name": "simulated-cameras",
        "profile": _PROFILE,
        "created": "2024-07-15T00:00:00Z",
        "contributors": [{"title": "mrv simulator"}],
        "project": {
            "title": "Simulated cameras",
            "samplingDesign": "simpleRandom",
            "captureMethod": ["activityDetection"],
            "individualAnimals": False,
            "observationLevel": ["media", "event"],
        },
        "spatial": {"type": "MultiPoint", "coordinates": sorted({*zip(longitudes, latitudes, strict=True)})},
        "temporal": {"start": min(days), "end": max(days)},
        "taxonomic": sorted(
            {row["scientificName"] for row in package.observations if row["scientificName"]},
        ),
        "resources": [
            {
                "name": name,
                "path": f"{name}.csv",
                "profile": "tabular-data-resource",
                "encoding": "utf-8",
                "schema": _PROFILE.replace("camtrap-dp-profile", f"{name}-table-schema"),
            }
            for name in standard().tables
        ],
    }
