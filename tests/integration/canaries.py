"""Unmistakable private values for every private or typed id column of every received table, and a project that takes them in.

A canary is a name, a contact, a free word or a place that stands nowhere else: found in what is published, it leaked.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import yaml

from mrv.project_sources import TableDataset
from mrv.schemas import DATASETS
from tests.unit.expectations.conftest import sound_rows

ZONE_ID, ZONE_NAME = "zqxwvk-apu-waman", "Zqxwvk Sagrado"
SACRED_CORNER = (-77.111377, -7.222733)
"""South-western corner of the private zone; it is a hundredth of a degree wide."""
RECEIVED = tuple(name for name in get_args(TableDataset) if name not in {"heights", "wood_density", "name_resolution"})
ROWS = 3
_ORIGIN = ("_artifact", "_row")
_FITTING: Mapping[str, Mapping[str, str]] = {
    "hcv_visits": {"zone_id": "pa"},
    "communities": {"zone_id": "pa"},
    "trees": {"plot_id": "p{n}", "submission_id": "s{n}"},
    "audit_trees": {"plot_id": "p{n}"},
}
"""What the sound rows say of ids that this project does not have."""


def canary(dataset: str, column: str, number: int) -> str:
    """Return the canary of a column that holds words; keys of people and households are the same in every table."""
    return f"zqxwvk-{column}-{number}" if column.endswith("_key") else f"Zqxwvk {dataset} {column} {number}"


def place(dataset: str, number: int) -> tuple[float, float]:
    """Return longitude and latitude of a record: within the project, on no line of any grid."""
    order = sorted(DATASETS).index(dataset) * 10 + number
    return round(-77.0123457 - order * 0.0001234567, 7), round(-7.0234579 - order * 0.0001314159, 7)


def rows_of(dataset: str) -> list[dict[str, Any]]:
    """Return sound rows with canaries in every private column, and one more that is set aside with canaries in it."""
    rows = sound_rows(dataset, ROWS + 1)
    for number, row in enumerate(rows, start=1):
        row |= {name: value.format(n=number) for name, value in _FITTING.get(dataset, {}).items()}
        for name in _ORIGIN:
            row.pop(name, None)
        for column in DATASETS[dataset].private:
            if pa.types.is_string(DATASETS[dataset].schema.field(column).type):
                row[column] = canary(dataset, column, number)
        for column in DATASETS[dataset].coded:
            row[column] = typed_id(column, row[column])
        if "longitude" in DATASETS[dataset].private:
            row["longitude"], row["latitude"] = place(dataset, number)
    _spoil(dataset, rows[-1])
    return rows


def _spoil(dataset: str, row: dict[str, Any]) -> None:
    """Make a row fail in a private column if one can fail, else in another."""
    if "longitude" in DATASETS[dataset].private:
        row["longitude"] = f"{place(dataset, 0)[0]} W (Zqxwvk {dataset} typed)"
        return
    for field in DATASETS[dataset].schema:
        if pa.types.is_date(field.type) or pa.types.is_timestamp(field.type) or pa.types.is_integer(field.type):
            row[field.name] = "unknown"
            return


def typed_id(column: str, sound: str | None) -> str | None:
    """Return an id as somebody might type it, who names a place and a person by it; the same in every table."""
    return None if sound is None else f"Zqxwvk-Perez {column} {sound}"


def words() -> set[str]:
    """Return every canary that is a word."""
    found = {ZONE_ID, ZONE_NAME}
    for dataset in RECEIVED:
        for row in rows_of(dataset):
            hidden = (*DATASETS[dataset].private, *DATASETS[dataset].coded)
            found |= {row[column] for column in hidden if isinstance(row[column], str)}
    return found


def degrees() -> set[float]:
    """Return every longitude and latitude that is a canary."""
    found = {corner for axis in SACRED_CORNER for corner in (axis, round(axis + 0.01, 6))}
    for dataset in RECEIVED:
        if "longitude" in DATASETS[dataset].private:
            for number in range(ROWS + 2):
                found |= set(place(dataset, number))
    return found


def take_in(project: Path) -> None:
    """Add a source with every received table, and a file of private zones, to a project."""
    folder = project / "canaries"
    folder.mkdir()
    tables = []
    for dataset in RECEIVED:
        rows = rows_of(dataset)
        if dataset == "patrol_events":
            rows[0] |= {"longitude": SACRED_CORNER[0] + 0.005, "latitude": SACRED_CORNER[1] + 0.005}
        if dataset == "hcv_visits":
            rows[-1] |= {**sound_rows(dataset, 5)[-1], "zone_id": ZONE_ID}
        columns = [name for name in DATASETS[dataset].schema.names if name not in _ORIGIN]
        _write(folder / f"{dataset}.csv", columns, rows)
        tables.append(
            {
                "path": f"{dataset}.csv",
                "dataset": dataset,
                "columns": {name: name for name in columns},
                "licence": "CC0-1.0",
                "citation": "canaries",
                # Even who says that a file names nobody does not open it where private columns are read.
                "personal": False,
            }
        )
    content = yaml.safe_load((project / "project.yaml").read_text(encoding="utf-8"))
    content["sources"].append({"connector": "files", "name": "canaries", "root": "canaries", "tables": tables})
    boundary = {"file": "boundaries/sacred.geojson", "version": "1", "source": "community", "licence": "none"}
    content["boundaries"].append({**boundary, "private": True})
    (project / "project.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (project / "boundaries" / "sacred.geojson").write_text(json.dumps(_sacred()), encoding="utf-8")


def _write(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows([_text(row.get(name)) for name in columns] for row in rows)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _sacred() -> dict[str, Any]:
    west, south = SACRED_CORNER
    east, north = round(west + 0.01, 6), round(south + 0.01, 6)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {
        "type": "Feature",
        "properties": {"zone_id": ZONE_ID, "name": ZONE_NAME, "kind": "hcv"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return {"type": "FeatureCollection", "features": [feature]}


def spellings(word: str) -> Iterator[bytes]:
    """Yield how a word may stand in a file: as it is, and in other letters."""
    yield from {word.encode(), word.lower().encode(), word.upper().encode(), word.replace(" ", "_").encode()}
