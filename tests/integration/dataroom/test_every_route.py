"""Every route, asked by every kind of caller, decides as the reviewed table `routes.csv` says."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from mrv.dataroom.app import declared_routes
from tests.integration.dataroom.every_route import COLUMNS, decisions

pytestmark = pytest.mark.integration
TABLE = Path(__file__).with_name("routes.csv")


def _reviewed() -> dict[tuple[str, str], dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as stream:
        return {(row["method"], row["path"]): row for row in csv.DictReader(stream)}


def test_every_route_has_a_reviewed_row_and_no_row_is_left_over():
    """A route that nobody decided about does not pass; neither does one that is gone."""
    routes = [(method, path) for method, path, _ in declared_routes()]
    assert len(routes) == len(set(routes)), "two routes answer the same address"
    assert set(routes) == set(_reviewed())


def test_every_route_decides_for_every_caller_as_reviewed(packaged_home, tmp_path):
    """Also: no answer of a route with a plain request is a fault of ours."""
    home = tmp_path / "home"
    shutil.copytree(packaged_home / "packages", home / "packages")
    reviewed = _reviewed()
    wrong = [
        (row["method"], row["path"], column, reviewed[row["method"], row["path"]][column], row[column])
        for row in decisions(home)
        for column in COLUMNS[2:]
        if reviewed[row["method"], row["path"]][column] != row[column]
    ]
    assert not wrong
