"""Patches and shape of forest of a small project over the corner of four tiles, its features, rules and labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
import yaml

from expectations.loss_shapes import check_loss_shapes
from expectations.runner import check
from mrv.errors import InputError, ProjectError
from mrv.ledger import Artifact
from mrv.periods import Span
from mrv.schemas import DATASETS
from mrv.settings import Settings
from mrv.stages.check import table_hash
from mrv.stages.context import Context, open_context
from mrv.stages.declare import declared_tables
from mrv.stages.maps import draw_maps
from mrv.stages.measure import Measured, measure_pixels
from mrv.stages.measure_fires import KnownFires
from mrv.stages.measure_patches import measure_forest_shape, measure_loss_patches
from mrv.stages.pipeline import loss_years
from mrv.stages.validate import check_project
from mrv.units import UM2_PER_HA
from raster import map_page
from tests.integration.four_tiles import (
    CORNER_LAT,
    CORNER_LON,
    LAYERS,
    TILES,
    VERSION,
    landscape,
    tile_path,
    write_four_tile_project,
    write_tiles,
)

FEATURES = {
    "roads": {"type": "LineString", "coordinates": [[CORNER_LON - 0.05, CORNER_LAT], [CORNER_LON + 0.05, CORNER_LAT]]},
    "settlements": {"type": "Point", "coordinates": [CORNER_LON, CORNER_LAT]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("four")
    folder = write_four_tile_project(root / "project")
    write_tiles(root / "rasters", landscape())
    for name, geometry in FEATURES.items():
        collection = {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {}, "geometry": geometry}],
        }
        (folder / f"{name}.geojson").write_text(json.dumps(collection), encoding="utf-8")
    declared = {
        name: {"file": f"{name}.geojson", "version": "1", "source": "drawn for a test", "licence": "CC0-1.0"}
        for name in FEATURES
    }
    edit(folder, lambda content: content.update(patches={**declared, "earlier_loss_within_m": 90}))
    edit(folder, lambda content: content.update(fragmentation={"edge_depth_m": 50}))
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


@contextmanager
def changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    file = folder / "project.yaml"
    before = file.read_text(encoding="utf-8")
    edit(folder, change)
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")


@contextmanager
def opened(folder: Path, home: Path) -> Iterator[tuple[Context, list[Artifact]]]:
    period = yaml.safe_load((folder / "project.yaml").read_text(encoding="utf-8"))["monitoring_periods"][-1]["id"]
    with open_context(str(folder), period, Settings(home=home)) as context:
        yield context, [artifact(context, folder, layer, tile) for layer in LAYERS for tile in TILES]


def artifact(context: Context, folder: Path, layer: str, tile: str) -> Artifact:
    path = tile_path(folder.parent / "rasters", layer, tile)
    stored = context.store.put_bytes(path.read_bytes())
    return Artifact(
        project="four", source="hansen", dataset="raster", product="hansen_gfc", version=VERSION, layer=layer,
        address=f"hansen_gfc/{VERSION}/{layer}/{tile}", url="file:x", sha256=stored.sha256, bytes=1, media_type="image/tiff",
        etag=None, last_modified=None, licence="-", citation="-", simulated=False, retrieved_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


def fires_of(*days: date, watched: Span | None = None, same: bool = False, fire_type: int | None = None) -> KnownFires:
    """Detections at the corner, one a day, each of a fire of its own or all of the same."""
    ids = [f"f{number}" for number in range(len(days))]
    table = pa.table(
        {
            "fire_id": pa.array(ids, pa.string()),
            "longitude": pa.array([CORNER_LON + 0.0001] * len(days), pa.float64()),
            "latitude": pa.array([CORNER_LAT + 0.0001] * len(days), pa.float64()),
            "acquired_on_utc": pa.array(days, pa.date32()),
        }
    )
    events = [
        {
            "fire_id": name, "event_id": ids[0] if same else name, "is_primary": True, "duplicate_of": None, "rule": "-",
            "is_vegetation": not fire_type,
        }
        for name in ids
    ]  # fmt: skip
    span = watched or Span(date(2000, 1, 1), date(2030, 1, 1))
    coverage = [
        {"source": "fires", "collection": "c", "observed_on": span.start + timedelta(days=day), "basis": "asked"}
        for day in range(span.days)
    ]
    tables = {
        "fire_events": DATASETS["fire_events"].table(events),
        "fire_coverage": DATASETS["fire_coverage"].table(coverage),
    }
    checked = SimpleNamespace(sha256=table_hash(table), table=lambda: table)
    return KnownFires(checked, Measured(tables, changed=False))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def measured(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    with opened(folder, tmp_path_factory.mktemp("home")) as (context, artifacts):
        parts = [measure_pixels(context, artifacts), measure_loss_patches(context, artifacts, None)]
        parts.append(measure_forest_shape(context, artifacts))
        tables = {name: table for part in parts for name, table in part.tables.items()}
        return {**declared_tables(context, simulated=False), **tables}


def test_they_agree_with_the_loss_table_and_pass_their_suites(measured: dict[str, pa.Table]) -> None:
    results = pa.concat_tables(check_loss_shapes(measured))
    assert results["outcome"].to_pylist() == ["passed", "passed"]
    assert results["rows_evaluated"].to_pylist()[0] > 2
    years = loss_years(measured["land_cover_area"])
    for name in ("loss_patches", "driver_rules", "fragmentation"):
        outcome = check(name, measured[name], parameters=years)
        assert set(outcome.results["outcome"].to_pylist()) == {"passed"}


def test_a_patch_on_the_road_across_four_tiles(measured: dict[str, pa.Table]) -> None:
    rows = measured["loss_patches"].to_pylist()
    years = {row["vintage_year"] for row in measured["vintages"].to_pylist()}
    assert {row["loss_year"] for row in rows} <= years
    assert {row["distance_to_river_m"] for row in rows} == {None}
    on_road = [row for row in rows if row["distance_to_road_m"] == 0]
    assert on_road
    far = max(rows, key=lambda row: row["distance_to_road_m"])
    # A degree of latitude is 110.6 km here: rows of the patch's first pixel, or a few below it.
    estimate = (abs(Decimal(str(far["latitude"])) - CORNER_LAT)) * 110_600
    assert abs(far["distance_to_road_m"] - estimate) < 60
    for row in rows:
        beyond = row["distance_to_earlier_loss_m"] is None
        large = row["patch_area_um2"] >= 3 * UM2_PER_HA
        assert row["unjudged_rules"] == ("escaped_fire" if large and row["driver_hint"] != "roads" else None)
        open_ = (
            "; escaped_fire could not be judged: fires were not observed on all its days"
            if row["unjudged_rules"]
            else ""
        )
        assert row["reason"] == "no rivers are declared" + ("; no earlier loss within 90 m" if beyond else "") + open_
        assert row["patch_id"].startswith(f"{VERSION}-{row['loss_year']}-")
        assert 0 < row["area_um2"] <= row["patch_area_um2"]
    assert measured["fragmentation"]["year"].to_pylist()[0] == min(years) - 1


def test_labels_stand_beside_their_patches_and_strays_are_told(
    folder: Path, tmp_path: Path, measured: dict[str, pa.Table]
) -> None:
    known = measured["loss_patches"]["patch_id"][0].as_py()
    labels = folder / "labels.csv"
    lines = [
        "patch_id,label,reviewed_by,reviewed_on,illustrative",
        f"{known},mining,field team,2026-05-01,true",
        f"{VERSION}-2003-1-1,no_loss,field team,2026-05-01,",
        "gone,roads,field team,2026-05-01,false",
    ]
    labels.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (
        changed(folder, lambda content: content["patches"].update(labels="labels.csv")),
        opened(folder, tmp_path / "home") as (context, artifacts),
    ):
        part = measure_loss_patches(context, artifacts, None)
    assert part is not None
    rows = part.tables["loss_patches"].to_pylist()
    assert {row["reviewer_label"] for row in rows if row["patch_id"] == known} == {"mining"}
    assert {row["reviewer_label"] for row in rows if row["patch_id"] != known} == {None}
    assert {row["label_illustrative"] for row in rows if row["patch_id"] == known} == {True}
    assert {row["label_illustrative"] for row in rows if row["patch_id"] != known} == {None}
    assert part.tables["patch_labels"]["illustrative"].to_pylist().count(True) == 1
    status = dict(zip(*(part.tables["patch_labels"][name].to_pylist() for name in ("patch_id", "status")), strict=True))
    assert status == {known: "matched", f"{VERSION}-2003-1-1": "other_year", "gone": "unknown"}
    found = check("patch_labels", part.tables["patch_labels"], parameters={})
    stray = {row["rule"]: row["outcome"] for row in found.results.to_pylist()}
    assert stray["label_has_its_patch"] != "passed"


def test_fires_count_in_their_year_and_days_around_it(folder: Path, tmp_path: Path) -> None:
    rules = {
        "version": "own",
        "rules": [
            {"id": "burnt", "hint": "fire", "when": {"fires": {"within_m": 400, "days": 5}}, "reference": "a test rule",
             "note": {"en": "a note", "es": "una nota"}},
        ],
    }  # fmt: skip
    (folder / "own.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    found = {}
    with (
        changed(folder, lambda content: content["patches"].update(rules="own.yaml")),
        opened(folder, tmp_path / "home") as (context, artifacts),
    ):
        years = [part.year for part in context.period.vintages]
        for day in (date(years[0], 7, 1), date(years[0] - 1, 12, 27), date(years[0] - 1, 12, 20)):
            part = measure_loss_patches(context, artifacts, fires_of(day))
            assert part is not None
            rows = part.tables["loss_patches"].to_pylist()
            found[day] = {row["loss_year"] for row in rows if row["driver_hint"] == "fire"}
    assert list(found.values()) == [{years[0]}, {years[0]}, set()]


def test_fires_are_counted_as_fires_and_days_that_nobody_watched_are_told(folder: Path, tmp_path: Path) -> None:
    when = {"fires": {"within_m": 400, "days": 5, "at_least": 2}}
    rule = {
        "id": "burnt",
        "hint": "fire",
        "when": when,
        "reference": "a test rule",
        "note": {"en": "a note", "es": "una nota"},
    }
    (folder / "own.yaml").write_text(yaml.safe_dump({"version": "own", "rules": [rule]}), encoding="utf-8")
    found = []
    with (
        changed(folder, lambda content: content["patches"].update(rules="own.yaml")),
        opened(folder, tmp_path / "home") as (context, artifacts),
    ):
        year = context.period.vintages[0].year
        days = (date(year, 7, 1), date(year, 7, 2))
        whole = Span(date(year - 1, 12, 27), date(year + 1, 1, 5))
        short = Span(date(year - 1, 12, 28), date(year + 1, 1, 5))
        for fires in (
            fires_of(*days, watched=short), fires_of(*days, same=True, watched=whole), fires_of(*days, fire_type=2, watched=whole),
            fires_of(*days, same=True, watched=short), fires_of(watched=whole), None,
        ):  # fmt: skip
            part = measure_loss_patches(context, artifacts, fires)
            assert part is not None
            rows = [row for row in part.tables["loss_patches"].to_pylist() if row["loss_year"] == year]
            for row in rows:
                assert (row["unjudged_rules"] == "burnt") == ("burnt could not be judged" in (row["reason"] or ""))
            hinted = {row["patch_id"] for row in rows if row["driver_hint"] == "fire"}
            open_ = {row["patch_id"] for row in rows if row["unjudged_rules"]}
            assert not hinted & open_
            found.append((len(hinted) > 0, len(open_), len({row["patch_id"] for row in rows})))
    counts = [(hinted, open_ == 0, open_ == count) for hinted, open_, count in found]
    # Two fires are two fires however few days were watched; the same fire twice, and a chimney, are not.
    assert counts[0][0]
    assert counts[1:] == [
        (False, True, False),
        (False, True, False),
        (False, False, True),
        (False, True, False),
        (False, False, True),
    ]


def alert_clusters() -> pa.Table:
    """Three clusters whose best pixel is of high confidence: mostly low, half, and mostly high."""
    return pa.table(
        {
            "product": ["gfw"] * 3, "product_version": ["latest"] * 3, "retrieved_on": [date(2026, 1, 2)] * 3,
            "confidence": ["high"] * 3, "low_area_um2": [3, 2, 1], "high_area_um2": [1, 2, 3],
            "longitude": [float(CORNER_LON) + shift for shift in (0.001, 0.002, 0.003)],
            "latitude": [float(CORNER_LAT)] * 3,
        }
    )  # fmt: skip


def test_maps_show_what_there_is_and_are_the_same_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets: dict[str, Any] = {}
    draw = map_page.draw_map

    def seen(base: Any, destination: Path, sheet: Any) -> None:
        sheets[destination.name.partition("-")[0]] = sheet
        draw(base, destination, sheet)

    monkeypatch.setattr(map_page, "draw_map", seen)
    fires = fires_of(date(2022, 7, 1)).detections.table()
    fires = fires.append_column("instrument", pa.array(["VIIRS"], pa.string()))
    contents = []
    for home in ("one", "two"):
        with opened(folder, tmp_path / home) as (context, artifacts):
            drawn = {"fires": fires, "alert_clusters": alert_clusters()}
            maps = draw_maps(context, artifacts, {**declared_tables(context, simulated=True), **drawn})
            assert set(maps.rasters) == {"forest_loss_year"}
            assert set(maps.pictures) == set(sheets) == {"loss_by_year", "alerts", "fires"}
            contents.append(
                {path.name: path.read_bytes() for path in (*maps.rasters.values(), *maps.pictures.values())}
            )
    assert contents[0] == contents[1]
    for sheet in sheets.values():
        assert "SIMULATED" in str(sheet.warnings)
        assert "SIMULADOS" in str(sheet.warnings)
        assert f"hansen_gfc {VERSION}" in str(sheet.notes)
        assert len({border.dashes for border in sheet.borders}) == len(sheet.borders) > 0
    # A cluster has the confidence of most of its area, not that of its best pixel.
    marked = {mark.name[0]: mark.places[:, 0] - float(CORNER_LON) for mark in sheets["alerts"].marks}
    [high] = [shifts for name, shifts in marked.items() if "of high confidence (the highest included)" in name]
    [low] = [shifts for name, shifts in marked.items() if "of low confidence" in name]
    assert high.tolist() == pytest.approx([0.002, 0.003])
    assert low.tolist() == pytest.approx([0.001])
    assert "gfw latest (2026-01-02)" in str(sheets["alerts"].notes)
    assert len(sheets["fires"].marks[0].places) == 1
    with opened(folder, tmp_path / "one") as (context, artifacts):
        draw_maps(context, artifacts, {**declared_tables(context, simulated=False), "fires": fires})
    assert "SIMULATED" not in str(sheets["fires"].warnings)


def test_a_project_that_asks_for_nothing_gets_nothing(folder: Path, tmp_path: Path) -> None:
    def silent(content: dict[str, Any]) -> None:
        del content["patches"], content["fragmentation"]

    with changed(folder, silent), opened(folder, tmp_path) as (context, artifacts):
        assert measure_loss_patches(context, artifacts, None) is None
        assert measure_forest_shape(context, artifacts) is None


BROKEN: dict[str, tuple[str, Any, str]] = {
    "a missing file": ("roads", None, "a map file is missing"),
    "an empty file": ("roads", {"type": "FeatureCollection", "features": []}, "the file of roads holds nothing"),
    "no geometry": ("rivers", [None], "neither point, line nor polygon"),
    "projected coordinates": ("settlements", [{"type": "Point", "coordinates": [400000, 9200000]}], "outside lon/lat"),
    "broken rules": ("rules", "rules: []", "the rules for driver hints do not hold"),
    "labels without a column": ("labels", "patch_id,label\n", "has other columns"),
    "a label that is none": ("labels", "patch_id,label,reviewed_by,reviewed_on\np,ufo,x,2026-01-01\n", "label cannot be read"),
    "a label without a day": ("labels", "patch_id,label,reviewed_by,reviewed_on\np,fire,x,soon\n", "label cannot be read"),
    "a label that is perhaps illustrative": (
        "labels", "patch_id,label,reviewed_by,reviewed_on,illustrative\np,fire,x,2026-01-01,maybe\n", "label cannot be read"
    ),
    "two labels": (
        "labels", "patch_id,label,reviewed_by,reviewed_on\np,fire,x,2026-01-01\np,roads,x,2026-01-01\n", "two labels"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_the_check_names_what_is_wrong_with_a_file(case: str, folder: Path, tmp_path: Path) -> None:
    key, content, message = BROKEN[case]
    name = f"broken-{key}.txt"
    if content is not None:
        if isinstance(content, list):
            features = [{"type": "Feature", "properties": {}, "geometry": item} for item in content]
            content = {"type": "FeatureCollection", "features": features}
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
    spec = {"file": name, "version": "1", "source": "a test", "licence": "CC0-1.0"}
    declared = name if key in ("rules", "labels") else spec
    with changed(folder, lambda definition: definition["patches"].update({key: declared})):
        problems = check_project(folder).problems
    (folder / name).unlink(missing_ok=True)
    [problem] = [item for item in problems if isinstance(item, ProjectError | InputError)]
    assert message in problem.message
    assert problem.where is not None
    assert name in problem.where
    assert problem.remedy
