"""Every figure of the demo leads to where it comes from; those of the ledger to what the method needs, and to nothing else."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.demo_home import PROJECT, Demo, mrv

pytestmark = pytest.mark.integration

ENDS = {"artifact", "project_file", "parameter"}
LAYERS = {"treecover2000", "lossyear", "datamask"}
OF_THE_LEDGER = {
    *("raster", "plots", "wood_density"),
    *("sample_designs", "sample_strata", "sample_units", "sample_labels"),
}
"""What an emission reduction of the demo rests on by its method: the sample drawn from the map of forest and its loss, the
labels of its units, the plots and the wood densities of their trees. Neither alerts, fires, land cover nor anything of people."""


@pytest.fixture(scope="module")
def trace(demo_home: Demo) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((demo_home.package / "data/trace/trace.json").read_text(encoding="utf-8"))
    return found


def figures_of(package: Path) -> list[dict[str, str]]:
    with (package / "data/tables/csv/figures.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def reached(trace: Mapping[str, Any], figure_id: str) -> set[str]:
    nodes, found, open_ones = trace["nodes"], set(), [trace["figures"][figure_id]["node"]]
    while open_ones:
        name = open_ones.pop()
        if name not in found:
            found.add(name)
            open_ones += nodes[name].get("children", [])
    return found


def test_every_figure_leads_to_a_file_or_a_parameter_with_its_own_value(
    demo_home: Demo, trace: Mapping[str, Any]
) -> None:
    figures = figures_of(demo_home.package)
    assert len(figures) > 1400
    assert {row["figure_id"] for row in figures} == {*trace["figures"]}
    for row in figures:
        told = trace["figures"][row["figure_id"]]
        assert (told["value"] is None) == (row["value"] == "")
        if row["value"]:
            kinds = {trace["nodes"][name]["kind"] for name in reached(trace, row["figure_id"])}
            assert kinds & ENDS, row["figure_id"]
        else:
            assert row["reason"], row["figure_id"]


@pytest.mark.parametrize("year", [2022, 2023, 2024])
def test_credits_reach_every_file_that_they_rest_on_and_no_other(
    demo_home: Demo, trace: Mapping[str, Any], year: int
) -> None:
    with (demo_home.package / "data/provenance/inputs.csv").open(encoding="utf-8", newline="") as stream:
        inputs = list(csv.DictReader(stream))
    expected = {
        row["sha256"]
        for row in inputs
        if row["dataset"] in OF_THE_LEDGER
        and (row["dataset"] != "raster" or (row["product"], row["layer"] in LAYERS) == ("hansen_gfc", True))
    }
    nodes = trace["nodes"]
    found = {
        nodes[name]["address"]["sha256"]
        for name in reached(trace, f"er.vcu.{year}")
        if nodes[name]["kind"] == "artifact"
    }
    assert len(expected) > 8
    assert found == expected


def test_what_no_figure_uses_is_told_with_the_reason(demo_home: Demo, trace: Mapping[str, Any]) -> None:
    used = {
        trace["nodes"][name]["address"]["sha256"]
        for figure_id in trace["figures"]
        for name in reached(trace, figure_id)
        if trace["nodes"][name]["kind"] == "artifact"
    }
    with (demo_home.package / "data/provenance/inputs.csv").open(encoding="utf-8", newline="") as stream:
        inputs = {row["sha256"] for row in csv.DictReader(stream)}
    assert used | {*trace["unused"]} == inputs
    assert not used & {*trace["unused"]}
    assert all(all(reason) for reason in trace["unused"].values())


def test_the_command_shows_the_tree_as_text_and_as_json(demo_home: Demo) -> None:
    done = mrv(demo_home.home, "trace", PROJECT, "er.vcu.2023", "--period", "mp4")
    assert done.returncode == 0, done.stderr
    for words in (
        "creditable",
        "Baseline emissions",
        "trees",
        "sha256" if "sha256" in done.stdout else "Received file",
    ):
        assert words in done.stdout
    told = json.loads(mrv(demo_home.home, "trace", PROJECT, "er.vcu.2023", "--period", "mp4", "--json").stdout)
    assert told
    assert mrv(demo_home.home, "trace", PROJECT, "er.vcu.1999", "--period", "mp4").returncode == 2
