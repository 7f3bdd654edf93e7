"""Class rasters of a small project from its files to tables: own products, attribute tables, bands of years, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import rasterio
import yaml

from expectations.runner import check
from expectations.zone_areas import check_class_sums, check_zone_areas
from mrv.errors import InputError, MrvError, ProjectError
from mrv.settings import Settings
from mrv.stages.context import Context, open_context
from mrv.stages.declare import declared_tables
from mrv.stages.land import land, pull
from mrv.stages.measure_classes import measure_classes, measure_values, transition_code
from mrv.stages.pipeline import check_measured, together
from mrv.stages.validate import check_project
from mrv.units import UM2_PER_M2
from tests.integration.four_tiles import write_four_tile_project
from tests.unit.raster.test_attribute_tables import dbf

SIDE, WEST, NORTH = 490, 383_100, 8_901_900
"""A raster of 30 m in UTM zone 19 south around the zones, which lie at 70 W, 10 S."""
NAMES = {1: ("forest", "bosque"), 2: ("other land", "otra tierra"), 3: ("water", "agua")}
OWN = {
    "product": "park_map", "name": {"en": "Map of the park", "es": "Mapa del parque"}, "licence": "CC0-1.0",
    "citation": "Own survey",
    "lattice": {"crs": "EPSG:32719", "pixel_width": "30", "pixel_height": "30"},
    "versions": [{"version": "1", "years": [2018, 2023]}],
    "layers": [
        {
            "layer": "cover", "name": {"en": "Cover", "es": "Cobertura"}, "kind": "class", "dtype": "uint8", "unit": "class",
            "nodata": [255], "annual": True,
            "classes": [{"value": code, "name": {"en": en, "es": es}} for code, (en, es) in NAMES.items()],
        },
        {
            "layer": "height", "name": {"en": "Height", "es": "Altura"}, "kind": "measure", "dtype": "float32", "unit": "m",
            "nodata": [-9999], "step": "0.01", "valid_from": "0", "valid_to": "90",
        },
        {
            "layer": "loss", "name": {"en": "Loss", "es": "Pérdida"}, "kind": "class", "dtype": "uint8", "unit": "class",
            "nodata": [255], "classes": "from_rat",
        },
    ],
}  # fmt: skip


def stack() -> dict[str, np.ndarray]:
    random = np.random.default_rng(4)
    before = random.choice(np.array([1, 1, 1, 2, 255], np.uint8), (SIDE // 7, SIDE // 7)).repeat(7, 0).repeat(7, 1)
    after = np.where((before == 1) & (random.random(before.shape) < 0.2), 2, before).astype(np.uint8)
    height = np.where(before == 255, -9999, random.uniform(0, 40, before.shape)).astype(np.float32)
    return {
        "cover_2018": before,
        "cover_2023": after,
        "height": height,
        "loss": np.where(before == 255, 255, 4 + before % 2),
    }


def write(path: Path, *bands: np.ndarray, **changes: Any) -> None:
    profile = {
        "driver": "GTiff", "width": SIDE, "height": SIDE, "count": len(bands), "dtype": bands[0].dtype.name,
        "crs": "EPSG:32719", "transform": rasterio.Affine(30, 0, WEST, 0, -30, NORTH), "compress": "deflate",
    }  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(path, "w", **(profile | changes)) as dataset:
        for number, band in enumerate(bands, 1):
            dataset.write(band, number)


def declared(path: str, layer: str, year: int | None = None, **more: str) -> dict[str, Any]:
    item = {"path": path, "product": "park_map", "version": "1", "layer": layer, "licence": "CC0-1.0", "citation": "-"}
    return item | ({} if year is None else {"year": year}) | more


Tables = dict[str, pa.Table]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, Tables]:
    folder = make_project(tmp_path_factory.mktemp("classes"))
    assert not check_project(folder).problems
    return tables_of(folder)


def make_project(root: Path) -> Path:
    folder = write_four_tile_project(root / "project")
    (folder / "products.yaml").write_text(yaml.safe_dump({"products": [OWN]}), encoding="utf-8")
    pixels = stack()
    for year in (2018, 2023):
        write(folder / "maps" / f"cover_{year}.tif", pixels[f"cover_{year}"])
    write(folder / "maps" / "height.tif", pixels["height"])
    write(folder / "maps" / "loss.tif", pixels["loss"].astype(np.uint8))
    dbf(
        folder / "maps" / "loss.tif.vat.dbf",
        [("Value", "N", 9), ("Clase", "C", 20)],
        [(4, "Sin pérdida"), (5, "Pérdida")],
    )
    rasters = [declared(f"cover_{year}.tif", "cover", year) for year in (2018, 2023)]
    rasters += [declared("height.tif", "height"), declared("loss.tif", "loss", attribute_table="loss.tif.vat.dbf")]
    edit(
        folder,
        lambda content: content.update(
            products="products.yaml",
            sources=[{"connector": "files", "name": "maps", "root": "maps", "rasters": rasters}],
            measurement={"transitions": [{"product": "park_map", "layer": "cover", "from": 2018, "to": 2023}]},
            default_stratum="all",
        ),
    )
    return folder


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


@contextmanager
def run(folder: Path) -> Iterator[tuple[Context, list[Any]]]:
    period = yaml.safe_load((folder / "project.yaml").read_text())["monitoring_periods"][0]["id"]
    with open_context(str(folder), period, Settings(home=folder.parent / "home")) as context:
        (spec,) = context.definition.sources
        pulled = pull(context, spec)
        assert land(context, spec, pulled) == [], "rasters and their attribute tables are measured, not parsed"
        yield context, list(pulled.artifacts)


def tables_of(folder: Path) -> tuple[Tables, Tables]:
    """Return measured and declared tables."""
    with run(folder) as (context, artifacts):
        found = [part for part in (measure_classes(context, artifacts), measure_values(context, artifacts)) if part]
        return together(found), dict(declared_tables(context, simulated=False))


def test_a_map_of_the_projects_own_becomes_tables_that_hold(measured: tuple[Tables, Tables]) -> None:
    tables, told = measured
    assert set(tables) == {"class_area", "class_transition", "zone_statistics", "zone_pixels"}
    assert len(set(tables["zone_pixels"]["zone_id"].to_pylist())) == tables["zone_pixels"].num_rows, "one row a product"
    parameters = {"zone_ids": told["zones"]["zone_id"].to_pylist()}
    for name, table in tables.items():
        result = check(name, table, parameters=parameters)
        assert set(result.results["outcome"].to_pylist()) == {"passed"}, name
    for name in ("class_area", "class_transition"):
        assert check_class_sums(name, tables[name], tables["zone_pixels"])["outcome"].to_pylist() == ["passed"]
    assert check_zone_areas(told["zones"], tables["zone_pixels"])["outcome"].to_pylist() == ["passed"]


def test_the_checks_can_fail(measured: tuple[Tables, Tables]) -> None:
    tables, _ = measured
    for name in ("class_area", "class_transition"):
        less = tables[name].slice(1)
        assert check_class_sums(name, less, tables["zone_pixels"])["outcome"].to_pylist() == ["failed"]


def test_rows_say_classes_years_and_both_areas(measured: tuple[Tables, Tables]) -> None:
    tables, _ = measured
    rows = tables["class_area"].to_pylist()
    cover = [row for row in rows if row["layer"] == "cover"]
    assert {(row["class_code"], row["class_name_en"], row["class_name_es"]) for row in cover} == {
        (None, None, None), (1, *NAMES[1]), (2, *NAMES[2])
    }  # fmt: skip
    assert {row["year"] for row in cover} == {2018, 2023}
    assert {row["area_basis"] for row in rows} == {"geodesic"}
    assert {row["pixel_rule"] for row in rows} <= {"centre", "fraction"}
    whole = [row for row in rows if row["pixel_rule"] == "centre"]
    assert all(row["nominal_area_um2"] == row["pixel_count"] * 900 * UM2_PER_M2 for row in whole)
    # A degree from the central meridian the map is still smaller than the ground.
    assert all(Decimal("0.9990") < row["nominal_area_um2"] / row["area_um2"] < Decimal("0.9998") for row in rows)


def test_the_definition_says_which_area_counts(folder: Path) -> None:
    edit(folder, lambda content: content["measurement"].update(area="nominal"))
    tables, _ = tables_of(folder)
    assert set(tables["class_area"]["area_basis"].to_pylist()) == {"nominal"}
    assert set(tables["class_transition"]["area_basis"].to_pylist()) == {"nominal"}


def test_changes_are_those_of_the_pixels(measured: tuple[Tables, Tables]) -> None:
    tables, _ = measured
    changes = tables["class_transition"].to_pylist()
    assert {(row["year_from"], row["year_to"]) for row in changes} == {(2018, 2023)}
    codes = {(row["class_from"], row["class_to"], row["transition_code"]) for row in changes}
    assert codes == {(1, 1, 101), (1, 2, 102), (2, 2, 202), (None, None, None)}
    lost = {row["zone_id"]: row["pixel_count"] for row in changes if (row["class_from"], row["class_to"]) == (1, 2)}
    area = tables["class_area"].to_pylist()
    for zone, pixels in lost.items():
        forest = {
            row["year"]: row["pixel_count"] for row in area if (row["zone_id"], row["class_code"], row["layer"]) == (zone, 1, "cover")
        }  # fmt: skip
        assert forest[2018] - forest[2023] == pixels
    assert {row["class_to_name_es"] for row in changes} == {"bosque", "otra tierra", None}


# Methodology of the platform, codes of changes in MapBiomas.
@pytest.mark.parametrize(
    ("code_from", "code_to", "expected"),
    [
        (3, 15, 315),
        (70, 24, 7024),
        (3, 3, 303),
        (15, 15, 1515),
        (0, 3, 3),
        (100, 3, None),
        (3, 2001, None),
        (None, 3, None),
    ],
)
def test_codes_of_changes(code_from: int | None, code_to: int | None, expected: int | None) -> None:
    assert transition_code(code_from, code_to) == expected


def test_statistics_of_measured_values(measured: tuple[Tables, Tables]) -> None:
    tables, _ = measured
    pixels = {row["zone_id"]: row["area_um2"] for row in tables["zone_pixels"].to_pylist()}
    for row in tables["zone_statistics"].to_pylist():
        assert row["area_um2"] + row["nodata_area_um2"] == pixels[row["zone_id"]]
        assert 15 < row["mean"] < 25
        assert 0 <= row["minimum"] < 1 < 39 < row["maximum"] <= 40
        assert (row["unit"], row["step"], row["first_day"]) == ("m", Decimal("0.01"), None)


def test_codes_of_an_attribute_table(measured: tuple[Tables, Tables]) -> None:
    tables, _ = measured
    loss = {
        (row["class_code"], row["class_name_es"]) for row in tables["class_area"].to_pylist() if row["layer"] == "loss"
    }
    assert loss == {(None, None), (4, "Sin pérdida"), (5, "Pérdida")}


def test_a_raster_without_its_attribute_table_is_refused(folder: Path) -> None:
    edit(folder, lambda content: content["sources"][0]["rasters"][3].pop("attribute_table"))
    with run(folder) as (context, artifacts), pytest.raises(ProjectError, match="what the codes") as caught:
        measure_classes(context, artifacts)
    assert "attribute_table" in str(caught.value.remedy)
    assert "declare a product of the project's own" in str(caught.value.remedy)


def test_a_change_without_one_of_its_years_is_refused(folder: Path) -> None:
    edit(folder, lambda content: content["sources"][0]["rasters"].pop(0))
    (problem,) = check_project(folder).problems
    assert "2018" in str(problem.expected)
    assert "measurement.transitions.0" in str(problem.where)
    with run(folder) as (context, artifacts), pytest.raises(ProjectError, match="lacks one of its years"):
        measure_classes(context, artifacts)


@pytest.mark.parametrize(
    ("year_from", "year_to"), [(2023, 2018), (2018, 2018)]
)  # a change read backwards would make clearing regrowth
def test_a_change_goes_forward(folder: Path, year_from: int, year_to: int) -> None:
    transition = {"product": "park_map", "layer": "cover", "from": year_from, "to": year_to}
    edit(folder, lambda content: content["measurement"].update(transitions=[transition]))
    (problem,) = check_project(folder).problems
    assert "is not after from" in str(problem.found)


def test_bands_of_years_in_one_file(folder: Path, measured: tuple[Tables, Tables]) -> None:
    pixels = stack()
    own = yaml.safe_load((folder / "products.yaml").read_text())
    own["products"][0]["layers"][0]["band_of_year"] = {"first": 2018}
    (folder / "products.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    filler = np.full((SIDE, SIDE), 3, np.uint8)
    write(folder / "maps" / "years.tif", pixels["cover_2018"], filler, filler, filler, filler, pixels["cover_2023"])
    edit(
        folder,
        lambda content: content["sources"][0].update(
            rasters=[declared("years.tif", "cover", 2018), declared("years.tif", "cover", 2023)]
        ),
    )
    tables, _ = tables_of(folder)
    assert tables["class_transition"] == measured[0]["class_transition"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodata": 3}, "undeclared nodata"),
        ({"crs": "EPSG:24879"}, "coordinate system"),
        ({"dtype": "float32"}, "not a layer"),
    ],
)
def test_a_file_that_is_not_what_its_row_says_is_named(folder: Path, changes: dict[str, Any], message: str) -> None:
    write(folder / "maps" / "cover_2023.tif", stack()["cover_2023"], **changes)
    with run(folder) as (context, artifacts), pytest.raises(MrvError, match=message) as caught:
        measure_classes(context, artifacts)
    if isinstance(caught.value, InputError):
        assert "files/maps/cover_2023.tif" in str(caught.value.where)


def test_an_unknown_code_is_named_with_its_file_and_place(folder: Path) -> None:
    pixels = stack()["cover_2023"]
    pixels[SIDE // 2 - 2 : SIDE // 2 + 2] = 77
    write(folder / "maps" / "cover_2023.tif", pixels)
    with run(folder) as (context, artifacts), pytest.raises(InputError, match="no class of the product") as caught:
        measure_classes(context, artifacts)
    assert caught.value.found == "77"
    assert "files/maps/cover_2023.tif" in str(caught.value.where)
    assert f"row {SIDE // 2 - 2}, column " in str(caught.value.where)


def test_a_project_without_such_rasters_has_no_such_tables(folder: Path) -> None:
    edit(folder, lambda content: content.update(measurement={}))
    with run(folder) as (context, artifacts):
        others = [item for item in artifacts if item.layer == "height"]
        assert measure_classes(context, others) is None
        assert measure_values(context, [item for item in artifacts if item.layer == "cover"]) is None


def test_the_zones_are_checked_without_a_loss_series_too(folder: Path) -> None:
    with run(folder) as (context, artifacts):
        classes = measure_classes(context, artifacts)
        assert classes is not None
        tables, _, _ = check_measured(context, artifacts, {}, [classes])
    outcomes = {(row["dataset"], row["rule"]): row["outcome"] for row in tables["check_results"].to_pylist()}
    assert outcomes["class_area", "classes_make_up_zone"] == "passed"
    assert outcomes["class_transition", "classes_make_up_zone"] == "passed"
    assert outcomes["zone_pixels", "zone_area_matches_geodesic"] == "passed"
    assert not any(dataset == "land_cover_area" for dataset, _ in outcomes)
