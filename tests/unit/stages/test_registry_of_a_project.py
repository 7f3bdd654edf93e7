"""Issued credits from the registry's table to rows that count: what is set aside, what that leaves open, what stays in the house."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from mrv.errors import ProjectError
from mrv.project import load_project
from mrv.project_sources import Registry
from mrv.scaffold import scaffold
from mrv.settings import Settings
from mrv.simulator.credits import write_issuances
from mrv.stages.check import Checked, check_received
from mrv.stages.check_registry import vintages_set_aside
from mrv.stages.context import Context, open_context
from mrv.stages.land import land, pull
from mrv.stages.protect import log_of, protect

FILE = {"path": "vcus.csv", "licence": "see the registry", "citation": "a registry"}
SOURCE: dict[str, Any] = {
    "connector": "registry",
    "name": "registry",
    "registry": "Verra VCS",
    "project_ids": ["958"],
    "root": "registry",
    "files": [FILE],
}


def declare(folder: Path, *, number: str = "958") -> None:
    definition = folder / "project.yaml"
    project = yaml.safe_load(definition.read_text(encoding="utf-8"))
    project["project"]["registry_ids"] = [{"registry": "Verra VCS", "id": number, "status": "confirmed"}]
    project["sources"] = [SOURCE]
    definition.write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    folder = tmp_path / "project"
    scaffold(folder)
    declare(folder)
    write_issuances(
        Registry.model_validate({**SOURCE, "project_ids": ("958",), "files": (FILE,)}), folder / "registry", seed=1
    )
    with open_context(str(folder), "mp1", Settings(home=tmp_path / "home")) as opened:
        yield opened


def checked(context: Context) -> Checked:
    [source] = context.definition.sources
    return check_received(context, land(context, source, pull(context, source)))["issuances"]


def test_a_row_that_contradicts_its_serial_goes_to_quarantine_with_its_remedy(context: Context) -> None:
    batch = checked(context)
    assert (batch.rows_read, batch.rows_accepted, batch.rows_quarantined) == (7, 6, 1)
    [row] = batch.set_aside().to_pylist()
    assert (row["rule"], row["row"], row["severity"]) == ("serial_quantity_differs", 6, "error")
    assert "registry's page of the project" in row["reason"]
    assert vintages_set_aside(batch.set_aside()).to_pylist() == [
        {"vintage_start": date(2012, 1, 1), "vintage_end": date(2012, 12, 31), "row_count": 1}
    ]
    assert {
        row["outcome"] for row in pq.read_table(batch.results).to_pylist() if row["rule"] == "vintage_total_kept"
    } == {"passed"}


def test_blocks_that_two_exports_share_do_not_count(context: Context) -> None:
    file = context.project.folder / "registry" / "vcus.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    first = rows[0]["Serial Number"].split("-")
    # The later export has the first hundred credits of the block retired.
    part = {
        **rows[0],
        "Quantity Issued": "100",
        "Serial Number": "-".join([first[0], first[1], str(int(first[1]) + 99), *first[3:]]),
    }
    with file.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, list(rows[0]), lineterminator="\n").writerow(part)
    found = [(row["rule"], row["row"]) for row in checked(context).set_aside().to_pylist()]
    assert ("blocks_overlap", 1) in found
    assert ("blocks_overlap", 9) in found


def test_who_retired_credits_stays_in_the_house(context: Context) -> None:
    batch = checked(context)
    protected = protect({"issuances": batch.table()}, context.definition.privacy)["issuances"]
    for column in ("retirement_beneficiary", "retirement_details"):
        assert batch.table()[column].null_count < batch.rows_accepted
        assert protected[column].null_count == batch.rows_accepted
    log = log_of({"issuances": batch}, context.definition.privacy).to_pylist()
    assert {row["column_name"]: row["rule"] for row in log} == {
        "retirement_beneficiary": "withheld",
        "retirement_details": "withheld",
    }


def test_credits_of_a_project_that_is_not_this_one_cannot_be_declared(tmp_path: Path) -> None:
    scaffold(tmp_path / "project")
    declare(tmp_path / "project", number="612")
    with pytest.raises(ProjectError) as refused:
        load_project(tmp_path / "project")
    assert "registry takes credits of Verra VCS 958" in str(refused.value.found)
