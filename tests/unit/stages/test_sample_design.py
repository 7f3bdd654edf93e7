"""`mrv sample design`: units drawn from the map, frozen with their hashes, and enlarged without losing one."""

from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from scipy.ndimage import maximum_filter

from mrv.errors import InputError
from mrv.settings import read_settings
from mrv.sources.sample_design_files import UNIT_COLUMNS, DesignDocument, checked_line, read_design
from mrv.stages.context import open_context
from mrv.stages.land import pull
from mrv.stages.measure import measure_pixels
from mrv.stages.sample_files import DesignFiles, lines_sha256, write_design
from tests.integration.four_tiles import CORNER_LON, LAYERS, PIXEL, SIDE, TILES, tile_path, write_tiles
from tests.unit.stages.sampled_project import (
    COLUMN,
    FIRST_YEAR,
    LAST_YEAR,
    ROW,
    content,
    declare,
    draw,
    edit,
    forest_map,
    rows,
    write_project,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_project(tmp_path)


def drawn(folder: Path, *options: str, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> str:
    """Draw and return what was told, which must be a success."""
    done = draw(folder, *options, monkeypatch=monkeypatch, **changes)
    assert done.exit_code == 0, done.output
    return done.output


def refused(folder: Path, *options: str, monkeypatch: pytest.MonkeyPatch) -> str:
    done = draw(folder, *options, monkeypatch=monkeypatch)
    assert done.exit_code in (1, 2), done.output
    assert "remedy: " in done.output
    return done.output


def loss_target(u90: float) -> dict[str, Any]:
    expected = {"loss": 0.8, "loss_buffer": 0.05, "stable_forest": 0.001, "stable_non_forest": 0.001}
    return {"measure": "loss_area", "u90": u90, "expected": expected}


def classes() -> tuple[np.ndarray, np.ndarray]:
    """Return the class of stratum of each pixel, and its year of mapped loss, worked out anew."""
    layers = forest_map()
    forest, year = layers["treecover2000"] > 30, layers["lossyear"].astype(int) + 2000
    lost = forest & (layers["lossyear"] > 0)
    loss = lost & (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    near = maximum_filter(loss, size=5)
    kind = np.where(near, "loss_buffer", "stable_forest").astype(object)
    kind[~forest | (lost & (year < FIRST_YEAR))] = "stable_non_forest"
    kind[loss] = "loss"
    return kind, np.where(loss, year, 0)


def test_units_lie_where_the_map_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = drawn(folder, monkeypatch=monkeypatch)
    design, (kind, years) = read_design(folder / "samples" / "cover"), classes()
    zones = {
        item["properties"]["zone_id"]: shapely.geometry.shape(item["geometry"])
        for item in json.loads((folder / "boundaries" / "zones.geojson").read_text(encoding="utf-8"))["features"]
    }
    shares = {item["stratum_id"]: item["drawn_count"] / item["pixel_count"] for item in design.strata}
    assert len({(unit["pixel_row"], unit["pixel_column"]) for unit in design.units}) == len(design.units) == 120
    for unit in design.units:
        row, column = unit["pixel_row"] - ROW, unit["pixel_column"] - COLUMN
        assert unit["stratum_id"] == f"{unit['zone_id']}.{kind[row, column]}"
        assert unit["map_class"] == kind[row, column].replace("loss_buffer", "stable_forest")
        assert (unit["map_loss_year"] or 0) == years[row, column]
        assert unit["inclusion_probability"] == shares[unit["stratum_id"]]
        assert unit["longitude"] == pytest.approx(CORNER_LON + (column - SIDE + 0.5) * PIXEL, abs=1e-8)
        assert zones[unit["zone_id"]].contains(shapely.Point(unit["longitude"], unit["latitude"]))
    assert f"Design cover, sha256 {design.sha256}" in told
    assert "120 units in 8 strata" in told
    assert sum(item["area_um2"] for item in design.strata) == design.document.area_um2
    assert design.design_row()["map_sha256"] == design.document.map.sha256
    assert {item.sha256 for item in design.document.map.files} == {
        hashlib.sha256(tile_path(folder.parent / "rasters", layer, tile).read_bytes()).hexdigest()
        for layer in LAYERS
        for tile in TILES
    }


def test_strata_are_the_areas_that_the_platform_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(folder, lambda made: made["forest_definition"].update(min_area_ha=0.5))
    edit(folder, lambda made: made.update(measurement={"pixel_rule": "centre"}))
    drawn(folder, monkeypatch=monkeypatch)
    with open_context(str(folder), "mp1", read_settings()) as context:
        artifacts = [item for spec in context.definition.sources for item in pull(context, spec).artifacts]
        measured = measure_pixels(context, artifacts)
    assert measured is not None
    counted: dict[str, list[int]] = {}
    for row in measured.tables["land_cover_area"].to_pylist():
        if row["zone_id"] in ("pa", "lb"):
            year, forest = row["loss_year"], row["cover_class"] == "forest"
            lost_before = year is not None and year < FIRST_YEAR
            kind = "stable_forest" if forest and not lost_before else "stable_non_forest"
            kind = "loss" if forest and year in range(FIRST_YEAR, LAST_YEAR + 1) else kind
            sums = counted.setdefault(f"{row['zone_id']}.{kind}", [0, 0])
            sums[0], sums[1] = sums[0] + row["pixel_count"], sums[1] + int(row["area_um2"])
    strata: dict[str, list[int]] = {}
    for item in read_design(folder / "samples" / "cover").strata:
        sums = strata.setdefault(f"{item['zone_id']}.{item['map_class']}", [0, 0])
        sums[0], sums[1] = sums[0] + item["pixel_count"], sums[1] + item["area_um2"]
    assert strata == counted


def test_neither_id_nor_order_tells_the_stratum(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    strata = [row["stratum_id"] for row in rows(folder)]
    assert [row["unit_id"] for row in rows(folder)] == [f"cover-{number:05d}" for number in range(1, 121)]
    changes = sum(one != other for one, other in itertools.pairwise(strata))
    assert changes > 60, "units of a stratum follow each other"


def test_the_same_inputs_give_the_same_bytes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    first = content(folder)
    assert "Nothing changed" in drawn(folder, monkeypatch=monkeypatch)
    assert content(folder) == first
    for name in first:
        (folder / "samples" / "cover" / name).unlink()
    drawn(folder, monkeypatch=monkeypatch, home="another home", workers=1)
    assert content(folder) == first


GRID = {"draw": "systematic", "spacing_pixels": 20, "size": None, "allocation": None}


@pytest.mark.parametrize("change", [{"seed": 8}, {"id": "other"}], ids=["seed", "id"])
@pytest.mark.parametrize(
    "draws", [{}, {"draw": "simple_random", "allocation": None}, GRID], ids=["strata", "simple random", "grid"]
)
def test_another_seed_or_design_draws_other_units(
    folder: Path, monkeypatch: pytest.MonkeyPatch, draws: dict[str, Any], change: dict[str, Any]
) -> None:
    declare(folder, **draws)
    drawn(folder, monkeypatch=monkeypatch)
    first = {(row["pixel_row"], row["pixel_column"]) for row in rows(folder)}
    declare(folder, **{**draws, **change, "folder": "samples/other"})
    drawn(folder, monkeypatch=monkeypatch)
    other = read_design(folder / "samples" / "other").units
    assert len(first & {(str(unit["pixel_row"]), str(unit["pixel_column"])) for unit in other}) < 30


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"size": 200}),
        ({}, {"size": 200, "allocation": {"rule": "equal", "floor": 10}}),
        ({"draw": "simple_random", "allocation": None}, {"draw": "simple_random", "allocation": None, "size": 300}),
        ({"size": None, "target": loss_target(0.6)}, {"size": None, "target": loss_target(0.3)}),
        (
            {"draw": "systematic", "spacing_pixels": 30, "size": None, "allocation": None},
            {"draw": "systematic", "spacing_pixels": 15, "size": None, "allocation": None},
        ),
    ],
    ids=["larger", "shared anew", "simple random", "a smaller target", "half the spacing"],
)
def test_an_enlarged_design_keeps_its_units(
    folder: Path, monkeypatch: pytest.MonkeyPatch, before: dict[str, Any], after: dict[str, Any]
) -> None:
    declare(folder, **before)
    drawn(folder, monkeypatch=monkeypatch)
    old, first = content(folder), read_design(folder / "samples" / "cover")
    declare(folder, **after)
    assert "--enlarge" in refused(folder, monkeypatch=monkeypatch)
    assert content(folder) == old
    assert "drawn in 2 steps" in drawn(folder, "--enlarge", monkeypatch=monkeypatch)
    new, second = content(folder), read_design(folder / "samples" / "cover")
    assert new["units.csv"].startswith(old["units.csv"])
    assert len(second.units) > len(first.units)
    assert second.units[: len(first.units)] == first.units
    assert len({(unit["pixel_row"], unit["pixel_column"]) for unit in second.units}) == len(second.units)
    steps = second.document.steps
    assert steps[0] == first.document.steps[0]
    assert steps[1].unit_count == len(second.units)
    assert {unit["step"] for unit in second.units[len(first.units) :]} == {2}
    pixels = {item["stratum_id"]: item["pixel_count"] for item in second.strata}
    counts = {item["stratum_id"]: item["drawn_count"] for item in second.strata}
    spacing = after.get("spacing_pixels")
    for unit in second.units[len(first.units) :]:
        wanted = {
            "stratified_random": counts[unit["stratum_id"]] / pixels[unit["stratum_id"]],
            "simple_random": len(second.units) / sum(pixels.values()),
            "systematic": 1 / spacing**2 if spacing else None,
        }[after.get("draw", "stratified_random")]
        assert unit["inclusion_probability"] == wanted
    assert "Nothing changed" in drawn(folder, "--enlarge", monkeypatch=monkeypatch)
    assert content(folder) == new


def test_a_lost_design_comes_back_by_the_same_steps(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    declare(folder, size=150)
    drawn(folder, "--enlarge", monkeypatch=monkeypatch)
    before = content(folder)
    for name in before:
        (folder / "samples" / "cover" / name).unlink()
    declare(folder)
    drawn(folder, monkeypatch=monkeypatch)
    declare(folder, size=150)
    drawn(folder, "--enlarge", monkeypatch=monkeypatch)
    assert content(folder) == before


def test_no_stratum_loses_units_where_they_are_shared_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    before = {row["stratum_id"]: int(row["drawn_count"]) for row in rows(folder, "strata.csv")}
    declare(folder, size=130, allocation={"rule": "equal", "floor": 10})
    drawn(folder, "--enlarge", monkeypatch=monkeypatch)
    after = {row["stratum_id"]: int(row["drawn_count"]) for row in rows(folder, "strata.csv")}
    assert all(after[name] >= count for name, count in before.items())
    assert min(after.values()) == 130 // 8


def test_a_systematic_sample_is_a_net_over_every_zone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(folder, draw="systematic", spacing_pixels=20, size=None, allocation=None)
    drawn(folder, monkeypatch=monkeypatch)
    units = read_design(folder / "samples" / "cover").units
    assert len({unit["pixel_row"] % 20 for unit in units}) == len({unit["pixel_column"] % 20 for unit in units}) == 1
    assert len(units) == pytest.approx(102_400 / 20**2, rel=0.1)


def test_units_counted_by_hand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"loss": 30, "loss_buffer": 20, "stable_forest": 25, "stable_non_forest": 5}
    declare(folder, size=None, by_zone=False, allocation={"rule": "manual", "counts": counts})
    drawn(folder, monkeypatch=monkeypatch)
    assert {row["stratum_id"]: int(row["drawn_count"]) for row in rows(folder, "strata.csv")} == counts
    assert {row["zone_id"] for row in rows(folder)} == {"pa", "lb"}
    declare(folder, size=None, by_zone=False, allocation={"rule": "manual", "counts": {**counts, "loss": 20}})
    assert "asks for no unit more than are frozen" in refused(folder, "--enlarge", monkeypatch=monkeypatch)
    declare(folder, id="new", folder="samples/new", size=None, allocation={"rule": "manual", "counts": {"pa.loss": 20}})
    assert "the counts of units do not fit the strata" in refused(folder, monkeypatch=monkeypatch)


def test_a_target_gives_the_size_and_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = loss_target(0.5)
    expected = target["expected"]
    declare(folder, size=None, target=target, allocation={"rule": "optimal", "floor": 5})
    told = json.loads(draw(folder, "--json", monkeypatch=monkeypatch).stdout)
    areas = {item["stratum_id"]: float(item["area_ha"]) for item in told["strata"]}
    units = {item["stratum_id"]: item["drawn_count"] for item in told["strata"]}
    shares = {name: expected[name.split(".")[1]] for name in areas}

    def u90(names: list[str]) -> float:
        variance = sum(areas[name] ** 2 * shares[name] * (1 - shares[name]) / units[name] for name in names)
        return 1.6448536269514722 * variance**0.5 / sum(areas[name] * shares[name] for name in names)

    assert told["precision"]["expected"] == pytest.approx(u90(list(areas)), rel=1e-9)
    zones = {zone["zone_id"]: zone for zone in told["precision"]["zones"]}
    assert sorted(zones) == ["lb", "pa"]
    for zone, reached in zones.items():
        names = [name for name in areas if name.startswith(f"{zone}.")]
        assert reached["expected"] == pytest.approx(u90(names), rel=1e-9)
        assert 0.45 < reached["expected"] <= 0.5
        assert reached["units"] == sum(units[name] for name in names)
        assert reached["expected_loss_ha"] == pytest.approx(sum(areas[name] * shares[name] for name in names))
    assert told["units"] == sum(units.values()) == told["new_units"]
    table = drawn(folder, monkeypatch=monkeypatch).split("as a share of it")[1].splitlines()[1:5]
    assert [line.split()[0] for line in table] == ["zone", "lb", "pa", "all"]
    assert [line.split()[-1] for line in table[1:3]] == ["0.5000", "0.5000"]
    assert table[2].split()[3] == f"{zones['pa']['expected']:.4f}"
    del expected["loss_buffer"]
    declare(folder, id="new", folder="samples/new", size=None, target=target)
    assert "none of loss_buffer" in refused(folder, monkeypatch=monkeypatch)


def test_gain_is_a_stratum_where_the_project_pulls_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gain = np.zeros((2 * SIDE, 2 * SIDE), dtype=np.uint8)
    gain[280:320, 335:340] = 1
    write_tiles(folder.parent / "rasters", {"gain": gain})
    edit(folder, lambda made: made["sources"][0].update(layers=["treecover2000", "lossyear", "gain"]))
    drawn(folder, monkeypatch=monkeypatch)
    strata = {row["stratum_class"]: row for row in rows(folder, "strata.csv")}
    assert strata["gain"]["pixel_count"] == "200"
    for row in rows(folder):
        if row["map_class"] == "gain":
            assert gain[int(row["pixel_row"]) - ROW, int(row["pixel_column"]) - COLUMN] == 1


def test_a_class_layer_can_be_the_map(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class_map = {
        "product": "hansen_gfc",
        "layer": "gain",
        "classes": {"stable_forest": [0], "gain": [1]},
    }
    gain = np.zeros((2 * SIDE, 2 * SIDE), dtype=np.uint8)
    gain[200:400, 335:340] = 1
    write_tiles(folder.parent / "rasters", {"gain": gain})
    edit(folder, lambda made: made["sources"][0].update(layers=["treecover2000", "lossyear", "gain"]))
    declare(folder, class_map=class_map)
    drawn(folder, monkeypatch=monkeypatch)
    assert {row["stratum_class"] for row in rows(folder, "strata.csv")} == {"stable_forest", "gain"}
    for row in rows(folder):
        code = gain[int(row["pixel_row"]) - ROW, int(row["pixel_column"]) - COLUMN]
        assert row["map_class"] == ("gain" if code else "stable_forest")
    assert {item.layer for item in read_design(folder / "samples" / "cover").document.map.files} == {"gain"}


CHANGED = {
    "the buffer": ({"loss_buffer_pixels": 3}, "other values of loss_buffer_pixels"),
    "the years": ({"first_year": 2023}, "other values of first_year"),
    "the seed": ({"seed": 8}, "other values of seed"),
    "the draw": ({"draw": "simple_random", "allocation": None}, "other values of draw"),
    "the id": ({"id": "another"}, "other values of id"),
}


@pytest.mark.parametrize(("change", "found"), CHANGED.values(), ids=CHANGED.keys())
@pytest.mark.parametrize("options", [(), ("--enlarge",)], ids=["drawn", "enlarged"])
def test_another_design_is_not_drawn_onto_a_frozen_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], found: str, options: tuple[str, ...]
) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    before = content(folder)
    declare(folder, **change)
    told = refused(folder, *options, monkeypatch=monkeypatch)
    assert "another design is frozen in the folder" in told
    assert found in told
    assert content(folder) == before


def _another_map(folder: Path) -> None:
    layers = forest_map()
    layers["lossyear"][300, 300] = 23 - layers["lossyear"][300, 300]
    write_tiles(folder.parent / "rasters", layers)


def _another_boundary(folder: Path) -> None:
    file = folder / "boundaries" / "zones.geojson"
    made = json.loads(file.read_text(encoding="utf-8"))
    ring = next(item for item in made["features"] if item["properties"]["zone_id"] == "pa")["geometry"]["coordinates"][
        0
    ]
    place = next(number for number, point in enumerate(ring) if point not in (ring[0],))
    ring[place][0] = round(ring[place][0] - 0.0005 if ring[place][0] > CORNER_LON else ring[place][0] + 0.0005, 6)
    file.write_text(json.dumps(made), encoding="utf-8")


def _another_forest(folder: Path) -> None:
    edit(folder, lambda made: made["forest_definition"].update(min_tree_cover_percent=25))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_another_map, "changed: the files of the map"),
        (_another_forest, "changed: the forest definition"),
        (_another_boundary, "the boundary of pa"),
    ],
)
def test_a_design_is_not_enlarged_over_other_ground(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: Any, found: str
) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    before = content(folder)
    change(folder)
    declare(folder, size=200)
    told = refused(folder, "--enlarge", monkeypatch=monkeypatch)
    assert "was drawn from something else than is there now" in told, told
    assert found in told
    assert content(folder) == before


def test_an_edited_design_is_not_enlarged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    file = folder / "samples" / "cover" / "units.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[5] = lines[5].replace("stable_forest", "loss")
    file.write_text("".join(lines), encoding="utf-8")
    told = refused(folder, "--enlarge", monkeypatch=monkeypatch)
    assert f"{file}, row 5, cover-00005" in told


@pytest.mark.parametrize(
    "draws", [{}, {"draw": "simple_random", "allocation": None}, GRID], ids=["strata", "simple random", "grid"]
)
def test_units_picked_by_hand_are_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, draws: dict[str, Any]
) -> None:
    declare(folder, **draws)
    drawn(folder, monkeypatch=monkeypatch)
    file = folder / "samples" / "cover"
    lines = (file / "units.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    cells = lines[5].rstrip("\n").split(",")[:-1]
    place = UNIT_COLUMNS.index("pixel_column")
    cells[place] = str(int(cells[place]) + 1)
    lines[5] = checked_line(cells)
    (file / "units.csv").write_text("".join(lines), encoding="utf-8")
    # Whoever knows how gives the other unit all hashes that it needs.
    old = json.loads((file / "design.json").read_text(encoding="utf-8"))
    del old["check"]
    sha256 = lines_sha256(lines[1:])
    old["units_sha256"] = old["steps"][0]["units_sha256"] = sha256
    (file / "design.json").write_bytes(DesignDocument.model_validate(old).content())
    before = content(folder)
    told = refused(folder, monkeypatch=monkeypatch)
    assert "not those that its seed draws" in told
    assert f"{file}/units.csv, row 5, cover-00005" in told
    declare(folder, **{**draws, **({"spacing_pixels": 10} if draws == GRID else {"size": 200})})
    assert "not those that its seed draws" in refused(folder, "--enlarge", monkeypatch=monkeypatch)
    assert content(folder) == before


@pytest.mark.parametrize("lost", ["design.json", "strata.csv", "units.csv"])
def test_what_is_left_of_a_design_is_not_drawn_over(folder: Path, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    (folder / "samples" / "cover" / lost).unlink()
    before = content(folder)
    declare(folder, seed=8)
    for options in ((), ("--enlarge",)):
        told = refused(folder, *options, monkeypatch=monkeypatch)
        assert "a frozen design lacks a file" in told
        assert f"without {lost}" in told
    assert content(folder) == before


def test_what_cannot_be_drawn_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no frozen design to enlarge" in refused(folder, "--enlarge", monkeypatch=monkeypatch)
    assert "has no sample nosuch" in refused(folder, "--design", "nosuch", monkeypatch=monkeypatch)
    declare(folder, size=20)
    assert "cannot be shared among the strata" in refused(folder, monkeypatch=monkeypatch)
    declare(folder, size=100_001)
    assert "more units than can be labelled" in refused(folder, monkeypatch=monkeypatch)
    declare(folder, first_year=2020, last_year=2030)
    assert "the years of a sample are not years of its map" in refused(folder, monkeypatch=monkeypatch)
    assert not (folder / "samples").exists()
    edit(folder, lambda made: made["sampling"].append({**made["sampling"][0], "id": "other", "folder": "other"}))
    assert "which sample is meant is not clear" in refused(folder, monkeypatch=monkeypatch)
    edit(folder, lambda made: made.pop("sampling"))
    assert "a sample under sampling" in refused(folder, monkeypatch=monkeypatch)


def test_a_spacing_that_does_not_divide_the_old_one_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(folder, draw="systematic", spacing_pixels=30, size=None, allocation=None)
    drawn(folder, monkeypatch=monkeypatch)
    declare(folder, draw="systematic", spacing_pixels=20, size=None, allocation=None)
    assert "a divisor of 30" in refused(folder, "--enlarge", monkeypatch=monkeypatch)


def test_a_disk_that_refuses_leaves_the_old_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn(folder, monkeypatch=monkeypatch)
    before, frozen = content(folder), read_design(folder / "samples" / "cover")

    class Full(dict[str, bytes]):
        def __getitem__(self, name: str) -> bytes:
            if name == "strata.csv":
                raise InputError("the disk is full")
            return b"new"

    with pytest.raises(InputError):
        write_design(folder / "samples" / "cover", DesignFiles(frozen.document, Full()))
    assert content(folder) == before
