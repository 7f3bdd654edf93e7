"""Which project, period and version a package says it is: its folder, bag-info.txt, summary and tables must say the same."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.bag import BAG_INFO
from mrv.package.reading import SUMMARY, read_summary, reading
from mrv.package.tables import FOLDER

PERIOD_TABLE = f"{FOLDER}/project_period.parquet"
_PREFIX = "vp-"


def signed_name(info: Mapping[str, str]) -> str:
    """Return the name that a package was signed under.

    Args:
        info: Fields of bag-info.txt.

    Raises:
        PackageError: There is none.
    """
    name = info.get("External-Identifier", "")
    if not name:
        raise PackageError("the package has no name", expected="External-Identifier", where=BAG_INFO)
    return name


def refuse_other_folder(path: Path, name: str) -> None:
    """Refuse a folder that bears the name of another package; a folder of any other kind of name says nothing.

    Raises:
        PackageError: It does.
    """
    # As it was called, not where links lead: the name that was asked for is the name that must hold.
    folder = Path(os.path.abspath(path)).name  # noqa: PTH100 - Path.absolute keeps `..`, Path.resolve follows links
    if folder != name and folder.casefold().startswith(_PREFIX):
        raise PackageError(
            "the folder bears the name of another package",
            expected=f"{name}, as {BAG_INFO} was signed",
            found=folder,
            where=str(path),
            remedy="ask the publisher for the package of that name; this one is another",
        )


def agreed(root: Path, info: Mapping[str, str]) -> str:
    """Compare bag-info.txt, `data/package.json` and the table project_period; return who the package is.

    Raises:
        PackageError: They differ, or one of them cannot be read.
    """
    name, summary = signed_name(info), read_summary(root)
    with reading(SUMMARY):
        project, period, version = summary["project"], summary["period"], summary["version"]
        said = {
            "project_id": project["id"],
            "period_id": period["id"],
            "period_start": period["start"],
            "period_end": period["end"],
            "simulated": project["simulated"],
        }
        named = {
            f"name in {SUMMARY}": (summary["name"], name),
            f"project, period and version in {SUMMARY}": (f"VP-{project['id']}-{period['id']}-v{version}", name),
        }
    dates = f"{said['period_start']} to {said['period_end']}"
    described = info.get("External-Description", "")
    named[f"dates of External-Description in {BAG_INFO}"] = (described[-len(dates) :], dates)
    listed = _listed(root, tuple(said))
    named |= {f"{column} in {PERIOD_TABLE}": (listed[column], value) for column, value in said.items()}
    # As JSON, so that true is neither 1 nor "true".
    if differing := [
        f"{what}: {json.dumps(found, ensure_ascii=False)} against {json.dumps(expected, ensure_ascii=False)}"
        for what, (found, expected) in named.items()
        if json.dumps(found) != json.dumps(expected)
    ]:
        raise PackageError(
            "the package does not agree with itself on what it is",
            found="; ".join(differing),
            where=f"{BAG_INFO}, {SUMMARY} and {PERIOD_TABLE}",
            remedy="ask the publisher which one holds",
        )
    data = "simulated data" if said["simulated"] else "no simulated data"
    return f"{name}: project {said['project_id']}, period {said['period_id']} ({dates}), version {version}, {data}"


def _listed(root: Path, columns: tuple[str, ...]) -> dict[str, Any]:
    with reading(PERIOD_TABLE):
        if (count := pq.read_metadata(root / PERIOD_TABLE).num_rows) != 1:
            raise PackageError(
                "the table of the period is not one row", expected="1 row", found=f"{count} rows", where=PERIOD_TABLE
            )
        (row,) = pq.read_table(root / PERIOD_TABLE, columns=list(columns)).to_pylist()
        dates = {column: row[column].isoformat() for column in columns if hasattr(row[column], "isoformat")}
        return {**{column: row[column] for column in columns}, **dates}
