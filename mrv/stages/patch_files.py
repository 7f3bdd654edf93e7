"""Files that the key `patches` names: features to measure distances to, rules for driver hints, and reviewers' labels."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from mrv.boundaries import in_lonlat, read_map
from mrv.drivers import HINTS, DriverRules, load_rules
from mrv.errors import InputError, MrvError, ProjectError
from mrv.project import LoadedProject
from mrv.project_patches import FeatureFile
from mrv.refusals import names_found, problem_of

KINDS = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
LABELS = (*HINTS, "no_loss")
"""What a reviewer may find: a driver, or that no forest was lost."""
LABEL_COLUMNS = ("patch_id", "label", "reviewed_by", "reviewed_on")
ILLUSTRATIVE_COLUMN = "illustrative"
"""Optional: true where a label only shows how a review looks, and nobody reviewed the patch."""
ILLUSTRATIVE = {"true": True, "false": False, "": False}


def patch_problems(project: LoadedProject) -> Iterator[MrvError]:
    """Yield every problem of the files that the key `patches` names."""
    patches = project.definition.patches
    if patches is None:
        return
    for name, spec in patches.features.items():
        try:
            read_features(project, name, spec)
        except ProjectError as error:
            yield error
    for read in (driver_rules, read_labels):
        try:
            read(project)
        except MrvError as error:
            yield error


def read_features(project: LoadedProject, name: str, spec: FeatureFile) -> list[BaseGeometry]:
    """Read roads, rivers or settlements.

    Args:
        project: The project.
        name: The key under `patches`.
        spec: What it says.

    Returns:
        Geometries in longitude and latitude, in the order of the file.

    Raises:
        ProjectError: The file cannot be read, is empty, or holds something that has no place in longitude and latitude.
    """
    path = project.path(spec.file)
    rows, transformer = read_map(path, spec.layer, where=f"{path}, patches.{name}")
    if not rows:
        raise ProjectError(
            f"the file of {name} holds nothing",
            where=f"{path}, patches.{name}",
            remedy="leave the key out where there are no such features: distances to nothing would be no distances",
        )
    return [
        _feature(geometry, transformer, f"{path}, feature {number}") for number, (geometry, _) in enumerate(rows, 1)
    ]


def _feature(geometry: BaseGeometry | None, transformer: Any, where: str) -> BaseGeometry:
    if geometry is None or geometry.is_empty or geometry.geom_type not in KINDS:
        raise ProjectError(
            "a feature is neither point, line nor polygon",
            found="no geometry" if geometry is None else geometry.geom_type,
            where=where,
            remedy="mend or delete it",
        )
    return in_lonlat(shapely.force_2d(geometry), transformer, what="a feature", where=where)


def driver_rules(project: LoadedProject) -> DriverRules:
    """Return the rules in force: the project's own, or the platform's.

    Raises:
        ProjectError: They do not hold.
    """
    patches = project.definition.patches
    return load_rules(project.path(patches.rules) if patches and patches.rules else None)


def read_labels(project: LoadedProject) -> dict[str, dict[str, Any]]:
    """Read what reviewers found: a CSV with patch_id, label, reviewed_by, reviewed_on and perhaps illustrative.

    Returns:
        Patch to its row of the landed table `patch_labels`, without the status; empty where no file is declared.

    Raises:
        InputError: The file cannot be read, or a row does not hold or stands twice.
    """
    patches = project.definition.patches
    if patches is None or patches.labels is None:
        return {}
    path = project.path(patches.labels)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            columns, records = list(reader.fieldnames or []), list(reader)
    except (csv.Error, OSError, UnicodeDecodeError) as error:
        raise InputError(
            "the file of labels cannot be read",
            found=problem_of(error),
            where=str(path),
            remedy="save it as CSV in UTF-8",
        ) from error
    if sorted({*columns} - {ILLUSTRATIVE_COLUMN}) != sorted(LABEL_COLUMNS) or len({*columns}) != len(columns):
        raise InputError(
            "the file of labels has other columns",
            expected=f"{', '.join(LABEL_COLUMNS)}, and {ILLUSTRATIVE_COLUMN} where labels are",
            found=names_found(columns, LABEL_COLUMNS),
            where=str(path),
            remedy="name the columns so",
        )
    labels: dict[str, dict[str, Any]] = {}
    for number, record in enumerate(records, start=2):
        row = _label(record, f"{path}, row {number}")
        if row["patch_id"] in labels:
            raise InputError(
                "a patch has two labels",
                found=row["patch_id"],
                where=f"{path}, row {number}",
                remedy="keep the one that holds",
            )
        labels[row["patch_id"]] = row
    return labels


def _label(record: dict[str, str], where: str) -> dict[str, Any]:
    # A row that is cut short has None, one that is too long a list under None.
    texts = {name: (record.get(name) or "").strip() for name in (*LABEL_COLUMNS, ILLUSTRATIVE_COLUMN)}
    try:
        day = date.fromisoformat(texts["reviewed_on"])
    except ValueError:
        day = None
    if (
        None in record
        or day is None
        or not texts["patch_id"]
        or not texts["reviewed_by"]
        or texts["label"] not in LABELS
        or texts[ILLUSTRATIVE_COLUMN].lower() not in ILLUSTRATIVE
    ):
        raise InputError(
            "a label cannot be read",
            expected=f"a patch, one of {', '.join(LABELS)}, who reviewed it, the day as YYYY-MM-DD, and true or false",
            found=str({name: value for name, value in record.items() if name is not None}),
            where=where,
            remedy="mend the row",
        )
    return {
        "patch_id": texts["patch_id"],
        "reviewer_label": texts["label"],
        "reviewed_by": texts["reviewed_by"],
        "reviewed_on": day,
        "illustrative": ILLUSTRATIVE[texts[ILLUSTRATIVE_COLUMN].lower()],
    }


def files_hashed(project: LoadedProject) -> dict[str, Path]:
    """Return the files that `patches` names, by name, for the keys of what is measured from them."""
    patches = project.definition.patches
    return {name: project.path(name) for name in patches.files} if patches else {}
