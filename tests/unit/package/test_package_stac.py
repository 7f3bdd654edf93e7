"""The STAC collection of a package's rasters, read by pystac and judged by stac-pydantic, which is not ours."""

import json
from dataclasses import replace

import pystac
import pytest
from stac_pydantic import Collection, Item

from mrv.errors import PackageError
from mrv.package.stac import FOLDER, write_stac
from mrv.package.staging import Staging
from mrv.raster_facts import Band, RasterFacts
from tests.unit.package.package_samples import sample_contents

FACTS = RasterFacts(
    epsg=4326,
    shape=(100, 200),
    transform=(0.001, 0.0, -77.2, 0.0, -0.001, -6.9),
    footprint=((-77.2, -7.0), (-77.0, -7.0), (-77.0, -6.9), (-77.2, -6.9), (-77.2, -7.0)),
    bands=(Band("forest", "uint8", 255.0), Band("ndvi", "float32", float("nan")), Band("plain", "int16", None)),
    classes={1: "Forest / Bosque", 0: "No forest / Sin bosque"},
)


@pytest.fixture
def staged(tmp_path):
    (tmp_path / "staged").mkdir()
    contents = replace(sample_contents(tmp_path / "sources"), raster_facts={"forest_2024": FACTS})
    staging = Staging(tmp_path / "staged")
    staging.copy("data/rasters/forest_2024.tif", contents.rasters["forest_2024"])
    return staging, contents


def test_others_read_collection_and_item(staged):
    staging, contents = staged
    write_stac(staging, contents)
    folder = staging.root / FOLDER
    Collection.model_validate_json((folder / "collection.json").read_text())
    Item.model_validate_json((folder / "forest_2024.json").read_text())
    (item,) = pystac.Collection.from_file(str(folder / "collection.json")).get_items()
    assert (item.id, item.collection_id, item.bbox) == ("forest_2024", contents.name, [-77.2, -7.0, -77.0, -6.9])
    assert item.get_collection().id == contents.name


def test_the_item_says_which_bytes_and_what_they_mean(staged):
    staging, contents = staged
    write_stac(staging, contents)
    item = json.loads((staging.root / FOLDER / "forest_2024.json").read_text())
    asset, entry = item["assets"]["data"], staging.entries["data/rasters/forest_2024.tif"]
    assert (staging.root / FOLDER / asset["href"]).resolve() == staging.root / "data/rasters/forest_2024.tif"
    assert (asset["file:checksum"], asset["file:size"]) == (f"1220{entry.sha256}", entry.bytes)
    assert asset["bands"] == [
        {"name": "forest", "data_type": "uint8", "nodata": 255},
        {"name": "ndvi", "data_type": "float32", "nodata": "nan"},
        {"name": "plain", "data_type": "int16"},
    ]
    assert [part["value"] for part in asset["classification:classes"]] == [0, 1]
    properties = item["properties"]
    assert (properties["proj:code"], properties["proj:shape"]) == ("EPSG:4326", [100, 200])
    assert (properties["start_datetime"], properties["end_datetime"]) == (
        "2022-07-01T00:00:00Z",
        "2024-06-30T23:59:59Z",
    )
    assert properties["created"] == contents.created_at


def test_facts_of_other_rasters_are_refused(staged):
    staging, contents = staged
    with pytest.raises(PackageError, match="not those of the package's rasters") as caught:
        write_stac(staging, replace(contents, raster_facts={"other": FACTS}))
    assert caught.value.found == "forest_2024, other"


def test_a_package_without_rasters_has_no_collection(staged):
    staging, contents = staged
    write_stac(staging, replace(contents, raster_facts={}, rasters={}))
    assert not (staging.root / FOLDER).exists()
