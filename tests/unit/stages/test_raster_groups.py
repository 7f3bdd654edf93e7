"""The rasters of a run by measurement, and what `mrv check` says of them and of the project's own products."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from mrv.errors import ProjectError
from mrv.ledger import Artifact, Ledger
from mrv.scaffold import scaffold
from mrv.settings import Settings
from mrv.sources.products import builtin, catalogue_of
from mrv.stages.context import Context, open_context
from mrv.stages.rasters import group_rasters
from mrv.stages.validate import check_project

OWN = {
    "product": "park_map", "name": {"en": "Map of the park", "es": "Mapa del parque"}, "licence": "CC0-1.0",
    "citation": "Own survey",
    "lattice": {"crs": "EPSG:32718", "pixel_width": "10", "pixel_height": "10"},
    "versions": [{"version": "2024", "years": [2018, 2023]}],
    "layers": [{
        "layer": "cover", "name": {"en": "Cover", "es": "Cobertura"}, "kind": "class", "dtype": "uint8", "unit": "class",
        "nodata": [255], "annual": True,
        "classes": [{"value": 1, "name": {"en": "forest", "es": "bosque"}}, {"value": 2, "name": {"en": "other", "es": "otro"}}],
    }],
}  # fmt: skip
GFC = ("hansen_gfc", "GFC-2024-v1.12")
MAPBIOMAS = ("mapbiomas_peru", "3", "coverage")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    scaffold(tmp_path / "project")
    (tmp_path / "project" / "products.yaml").write_text(yaml.safe_dump({"products": [OWN]}), encoding="utf-8")
    edit(tmp_path / "project", lambda content: content.update(products="products.yaml"))
    return tmp_path / "project"


@pytest.fixture
def context(folder: Path, tmp_path: Path) -> Iterator[Context]:
    period = yaml.safe_load((folder / "project.yaml").read_text())["monitoring_periods"][0]["id"]
    with open_context(str(folder), period, Settings(home=tmp_path / "home")) as opened:
        yield opened


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "project.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def raster(product: str, version: str, layer: str, year: int | None = None, **changes: Any) -> Artifact:
    address = "/".join(map(str, [product, version, layer, *([year] if year else []), changes.pop("tile", "t")]))
    values = {
        "project": "p", "source": product, "dataset": "raster", "product": product, "version": version, "layer": layer,
        "year": year, "address": address, "url": "file:x", "sha256": sha256(address.encode()).hexdigest(), "bytes": 1,
        "media_type": "image/tiff", "etag": None, "last_modified": None, "licence": "-", "citation": "-",
        "simulated": False, "retrieved_at": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    return Artifact(**(values | changes))


ALL = [
    *(raster(*GFC, layer) for layer in ("treecover2000", "lossyear", "datamask", "gain")),
    raster(*GFC, "lossyear", tile="u"),
    raster("gfw_gross_emissions", "1", "emissions"),
    *(raster(*MAPBIOMAS, year) for year in (2024, 1985, 2000)),
    raster("esa_worldcover", "v200", "map"),
    raster("esa_cci_biomass", "v6.0", "agb", 2020),
    raster("copernicus_dem_glo30", "2021", "elevation"),
    raster("gfw_integrated_alerts", "latest", "date_conf"),
    raster("park_map", "2024", "cover", 2023),
    raster("trees", "1", "trees", dataset="trees"),
]


def test_each_layer_goes_to_its_measurement(context) -> None:
    found = group_rasters(context, ALL)
    assert {role: layer.layer.layer for role, layer in found.loss.items()} == {
        "tree_cover": "treecover2000", "loss_year": "lossyear", "datamask": "datamask", "emissions": "emissions",
    }  # fmt: skip
    assert [item.address for item in found.loss["loss_year"].artifacts] == [
        "hansen_gfc/GFC-2024-v1.12/lossyear/t", "hansen_gfc/GFC-2024-v1.12/lossyear/u",
    ]  # fmt: skip
    assert [(layer.name, layer.year) for layer in found.classes] == [
        ("esa_worldcover v200 map", 2021),
        ("hansen_gfc GFC-2024-v1.12 gain", None),
        ("mapbiomas_peru 3 coverage 1985", 1985),
        ("mapbiomas_peru 3 coverage 2000", 2000),
        ("mapbiomas_peru 3 coverage 2024", 2024),
        ("park_map 2024 cover 2023", 2023),
    ]
    assert [layer.layer.layer for layer in found.measures] == ["elevation", "agb"]
    assert [layer.layer.encoding for layer in found.alerts] == ["confidence_and_days"]


def test_the_order_of_the_files_does_not_matter(context) -> None:
    shuffled = random.Random(3).sample(ALL, len(ALL))
    assert group_rasters(context, shuffled) == group_rasters(context, ALL)


def test_a_layer_knows_its_band_its_classes_and_its_inputs(context) -> None:
    layers = {layer.name: layer for layer in group_rasters(context, ALL).classes}
    assert layers["mapbiomas_peru 3 coverage 2000"].band == 16
    assert layers["park_map 2024 cover 2023"].band is None
    assert layers["park_map 2024 cover 2023"].class_names[1].es == "bosque"
    inputs = layers["park_map 2024 cover 2023"].inputs
    assert (inputs["year"], inputs["product"]["layers"][0]["nodata"]) == (2023, [255.0])
    assert inputs["files"][0].startswith("park_map/2024/cover/2023/t ")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([raster("hansen_gfc", "GFC-2023-v1.11", "datamask")], "two versions of a product are mixed"),
        ([raster("mapbiomas_peru", "2", "coverage", 1990)], "two versions of a product are mixed"),
        ([raster(*GFC, "gain", source="another", tile="u")], "two sources give the same layer"),
        ([raster(*MAPBIOMAS, 2024, source="another")], "two sources give the same layer"),
        ([raster("landsat", "1", "red")], "has no product landsat"),
        ([raster("esa_worldcover", "v200", "mapp")], "has no layer mapp"),
        ([raster("park_map", "2024", "cover", 2020)], "do not hold"),
    ],
)
def test_what_does_not_fit_together_is_refused(context, more, message) -> None:
    with pytest.raises(ProjectError, match=message):
        group_rasters(context, ALL + more)


# --- the project's own products ----------------------------------------------------------------------------------
def test_a_project_s_own_product_is_known_beside_the_platform_s(context) -> None:
    assert context.catalogue.own == {"park_map"}
    assert set(builtin().products) < set(context.catalogue.products)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([OWN | {"product": "hansen_gfc"}], "declared by the platform"),
        ([OWN, OWN], "stands twice"),
        ([OWN | {"colour": "green"}], "cannot be used"),
        ([{key: value for key, value in OWN.items() if key != "licence"}], "cannot be used"),
        ([OWN | {"layers": [OWN["layers"][0] | {"role": "loss_year"}]}], "cannot take part"),
        (None, "cannot be read"),
    ],
)
def test_own_products_that_do_not_hold_are_found_by_check(folder, rows, message) -> None:
    (folder / "products.yaml").write_text(yaml.safe_dump({"products": rows}), encoding="utf-8")
    (problem,) = [item for item in check_project(folder).problems if "products.yaml" in (item.where or "")]
    assert message in problem.message
    assert problem.remedy


def test_a_missing_file_of_products_is_found_by_check(folder) -> None:
    (folder / "products.yaml").unlink()
    assert any("products.yaml cannot be read" in item.message for item in check_project(folder).problems)


def test_a_project_without_products_of_its_own_has_the_platform_s(context, folder) -> None:
    definition = context.definition.model_copy(update={"products": None})
    assert catalogue_of(context.project.model_copy(update={"definition": definition})) is builtin()


# --- mrv check ---------------------------------------------------------------------------------------------------
def tiles(name: str, product: str, version: str, layers: list[str], years: list[int] | None = None) -> dict[str, Any]:
    spec = {"connector": "raster_tiles", "name": name, "product": product, "version": version, "layers": layers}
    return spec | ({"years": years} if years else {})


def rasters(name: str, *items: tuple[str, str, str, int | None]) -> dict[str, Any]:
    entries = [
        {"path": f"{layer}{year or ''}{number}.tif", "product": product, "version": version, "layer": layer,
         "licence": "-", "citation": "-", **({"year": year} if year else {})}
        for number, (product, version, layer, year) in enumerate(items)
    ]  # fmt: skip
    return {"connector": "files", "name": name, "root": "elsewhere", "rasters": entries}


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([tiles("a", *GFC, ["gain", "gain"])], "named twice"),
        ([tiles("a", *GFC, ["gain"], [2020])], "do not hold"),
        ([tiles("a", "mapbiomas_peru", "3", ["coverage"])], "do not hold"),
        ([tiles("a", "mapbiomas_peru", "3", ["coverage"], [1984])], "do not hold"),
        ([tiles("a", *GFC, ["gain"]), tiles("b", *GFC, ["gain"])], "two sources give the same layer"),
        ([tiles("a", *GFC, ["gain"]), rasters("b", (*GFC, "gain", None))], "two sources give the same layer"),
        ([tiles("a", *GFC, ["gain"]), rasters("b", ("hansen_gfc", "GFC-2023-v1.11", "gain", None))], "two versions"),
        ([rasters("a", ("park_map", "2024", "cover", None))], "do not hold"),
        ([rasters("a", ("park_map", "2025", "cover", 2023))], "has no version 2025"),
        ([tiles("a", "nothing", "1", ["x"])], "has no product nothing"),
        ([rasters("a", ("geobosques", "2023", "forest_loss", None))], "nobody says what the codes"),
    ],
)  # fmt: skip
def test_check_finds_what_a_pull_or_measurement_would_refuse(folder, sources, message) -> None:
    edit(folder, lambda content: content.update(sources=sources))
    problems = [item for item in check_project(folder).problems if "sources" in (item.where or "")]
    assert any(message in item.message for item in problems), [item.message for item in problems]


def test_layers_without_forest_need_no_forest_definition_and_tiles_of_a_layer_are_no_duplicates(folder) -> None:
    def change(content: dict[str, Any]) -> None:
        content.pop("forest_definition", None)
        content["sources"] = [
            tiles("mapbiomas", "mapbiomas_peru", "3", ["coverage"], [2000, 2024]),
            rasters("park", ("park_map", "2024", "cover", 2018), ("park_map", "2024", "cover", 2018)),
            tiles("land", "esa_worldcover", "v200", ["map"]),
        ]

    edit(folder, change)
    findings = check_project(folder)
    assert [item.message for item in findings.problems] == []
    assert any("mapbiomas_peru is not confirmed" in note for note in findings.notes)
    assert not any("esa_worldcover" in note for note in findings.notes)


def test_one_attribute_table_speaks_for_all_tiles_of_a_layer(folder) -> None:
    def change(content: dict[str, Any]) -> None:
        source = rasters("a", *[("geobosques", "2023", "forest_loss", None)] * 2)
        source["rasters"][1]["attribute_table"] = "loss.tif.vat.dbf"
        content["sources"] = [source]

    edit(folder, change)
    assert [item.message for item in check_project(folder).problems] == []


# --- the ledger --------------------------------------------------------------------------------------------------
def test_a_ledger_without_years_still_opens(tmp_path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE retrievals DROP COLUMN year")
    connection.close()
    for _ in range(2):
        ledger = Ledger(f"sqlite:///{path}")
        ledger.record_retrieval(raster(*MAPBIOMAS, 2024))
        assert ledger.last_retrieval("p", "mapbiomas_peru/3/coverage/2024/t").year == 2024
        ledger.close()
