"""Scenes from a real STAC API (stac-fastapi with pgstac): search, download, composites and their change by zone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyproj
import pytest
import rasterio
import shapely
from click.testing import CliRunner

from mrv.cli import main
from mrv.errors import SourceError
from mrv.files import hash_file
from mrv.settings import Settings
from mrv.stages.check import check_received
from mrv.stages.context import Context, open_context
from mrv.stages.land import Pulled, land, pull
from mrv.stages.measure_scenes import measure_scenes, scene_rasters
from tests.integration import scene_items, stac_server
from tests.integration.conftest import Site, write_project
from tests.integration.scene_items import COLUMNS, NORTH, PIXEL, ROWS, SIDE, WEST, landsat, sentinel, write_bands
from tests.unit.sources.sample_folder import DESIGN, UNITS, freeze, unit

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(stac_server.missing() is not None, reason=f"no STAC API: {stac_server.missing()}"),
]
CLOUD, SHADOW = 9, 3
UNSEEN = COLUMNS < 100  # the strip that no scene of the earlier composite shows clear
WESTERN, NORTHERN = COLUMNS < 175, ROWS < 175

# Before: NDVI 0.5 in the west, 0.8 in the east. After: 0.9 in the north, 0.8 in the south, whatever the copies say.
BANDS_OF_ESA = [{"scale": 0.0001, "offset": -0.1, "nodata": 0}]


def _write_images(folder: Path) -> None:
    green, mixed = {"red": 400, "nir": 3600, "swir22": 1200}, {"red": 1000, "nir": 3000, "swir22": 1800}
    write_bands(folder, "S2A_18MUS_20210710_0_L2A", mask=np.where(WESTERN, CLOUD, 4), **green)
    write_bands(folder, "S2A_18MUS_20210715_0_L2A", mask=np.where(UNSEEN, SHADOW, 4), **mixed)
    write_bands(folder, "S2A_18MUS_20220705_1_L2A", red=1400, nir=4600, swir22=2200)
    north = {"red": np.where(NORTHERN, 200, 3000), "nir": np.where(NORTHERN, 3800, 3000), "swir22": 1900}
    write_bands(folder, "S2A_18MUS_20220715_0_L2A", **north)
    write_bands(folder, "LC08_L2SP_008066_20220710_20220720_02_T1", red=8727, nir=20364, swir22=11636)


def _items(images: str) -> list[dict[str, Any]]:
    return [
        sentinel("S2A_18MUS_20210710_0_L2A", "2021-07-10", "03.01", images=images),
        sentinel("S2A_18MUS_20210715_0_L2A", "2021-07-15", "03.01", images=images),
        sentinel("S2A_18MUS_20210720_0_L2A", "2021-07-20", "03.01", images=images, **{"eo:cloud_cover": 93.5}),
        # One scene twice: the copy of the higher baseline has ESA's offset in its numbers.
        sentinel("S2A_18MUS_20220705_0_L2A", "2022-07-05", "03.01", images=images),
        sentinel("S2A_18MUS_20220705_1_L2A", "2022-07-05", "04.00", images=images, bands=BANDS_OF_ESA),
        # The provider has taken the offset out, and left ESA's in the band's metadata.
        sentinel("S2A_18MUS_20220715_0_L2A", "2022-07-15", "05.09", images=images, bands=BANDS_OF_ESA,
                 **{"earthsearch:boa_offset_applied": True}),
        sentinel("S2A_18MUS_20220725_0_L2A", "2022-07-25", "03.01", images=images, bands=BANDS_OF_ESA),
        sentinel("S2A_18MUS_20220805_0_L2A", "2022-08-05", "05.10", images=images, **{"eo:cloud_cover": 20}),
        landsat("LC08_L2SP_008066_20220710_20220720_02_T1", images=images),
        landsat("LC08_L2SP_008066_20220710_20220801_02_T2", images=images),
    ]  # fmt: skip


@dataclass(frozen=True)
class Api:
    url: str
    images: Path


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("images")
    _write_images(folder)
    with stac_server.image_server(folder) as images:
        collections = [scene_items.collection(name) for name in ("sentinel-2-l2a", "landsat-c2-l2")]
        with stac_server.stac_api(collections, _items(images)) as url:
            yield Api(url, folder)


def _sources(url: str, **changes: Any) -> list[dict[str, Any]]:
    common = {"connector": "stac", "url": url, "zone_kinds": ["project_area"], "resolution_m": PIXEL}
    after = {"id": "dry-2022", "start": "2022-07-01", "end": "2022-09-30"}
    return [
        {**common, "name": "sentinel", "collections": ["sentinel-2-l2a"], "page_size": 2,
         "composites": [{"id": "dry-2021", "start": "2021-07-01", "end": "2021-09-30"}, after],
         "changes": [{"before": "dry-2021", "after": "dry-2022"}], "exclude": ["S2A_18MUS_20220805_0_L2A"], **changes},
        {**common, "name": "landsat", "collections": ["landsat-c2-l2"], "composites": [{**after, "id": "landsat-2022"}]},
    ]  # fmt: skip


@pytest.fixture
def project(api: Api, tmp_path: Path) -> Site:
    """A project whose only sources are scenes."""
    folder = write_project(tmp_path / "project")
    site = Site(folder, None, tmp_path / "home")  # type: ignore[arg-type]
    site.edit(lambda content: content.update(sources=_sources(api.url)))
    return site


def _settings(site: Site, **changes: Any) -> Settings:
    return Settings(home=site.home, http_attempts=1, **changes)


def _received(context: Context) -> tuple[list[Pulled], Any]:
    specs = context.definition.sources
    pulled = [pull(context, spec) for spec in specs]
    landed = [part for spec, got in zip(specs, pulled, strict=True) for part in land(context, spec, got)]
    return pulled, check_received(context, landed)["scenes"]


def _expected(site: Site, codes: Any) -> tuple[int, Decimal]:
    """Return pixels and mean of codes (ten-thousandths) whose centre lies in the zone and that were seen both times."""
    with open_context(str(site.project), "mp1", _settings(site)) as context:
        (zone,) = [zone for zone in context.zones if zone.kind == "project_area"]
    to_lonlat = pyproj.Transformer.from_crs(scene_items.CRS, "EPSG:4326", always_xy=True)
    x, y = to_lonlat.transform(WEST + (COLUMNS + 0.5) * PIXEL, NORTH - (ROWS + 0.5) * PIXEL)
    inside = shapely.contains_xy(zone.geometry, x, y) & ~UNSEEN
    count = int(inside.sum())
    return count, (Decimal(int(np.asarray(codes)[inside].sum())) / (count * 10_000)).quantize(Decimal("1e-9"))


def test_from_search_to_change(project: Site) -> None:
    with open_context(str(project.project), "mp1", _settings(project)) as context:
        pulled, scenes = _received(context)
        measured = measure_scenes(context, scenes, [item for part in pulled for item in part.artifacts])
        again, _ = _received(context)
    assert measured is not None
    rows = {row["scene_id"]: row for row in scenes.table().to_pylist()}
    assert {name: row["reason_not_used"] for name, row in rows.items()} == {
        "S2A_18MUS_20210710_0_L2A": None,
        "S2A_18MUS_20210715_0_L2A": None,
        "S2A_18MUS_20210720_0_L2A": "more cloud than 60 per cent, or an unknown share",
        "S2A_18MUS_20220705_0_L2A": "copy of S2A_18MUS_20220705_1_L2A",
        "S2A_18MUS_20220705_1_L2A": None,
        "S2A_18MUS_20220715_0_L2A": None,
        "S2A_18MUS_20220725_0_L2A": "refused: asset red declares offset -0.1, but its baseline 03.01 has 0",
        "S2A_18MUS_20220805_0_L2A": "excluded by the project",
        "LC08_L2SP_008066_20220710_20220720_02_T1": None,
        "LC08_L2SP_008066_20220710_20220801_02_T2": "copy of LC08_L2SP_008066_20220710_20220720_02_T1",
    }
    offsets = [
        rows[f"S2A_18MUS_{name}_L2A"]["reflectance_offset"] for name in ("20210710_0", "20220705_1", "20220715_0")
    ]
    assert offsets == [Decimal(0), Decimal("-0.1"), Decimal(0)]
    # Pages of two: three scenes before, five after; the bands of used scenes only, each once.
    pages = [item.address for item in pulled[0].artifacts if item.dataset == "scenes"]
    assert pages == [
        f"stac/sentinel/dry-{year}/page-{n:04d}" for year, last in ((2021, 2), (2022, 3)) for n in range(1, last + 1)
    ]
    assert len([item for item in pulled[0].artifacts if item.dataset == "scene_bands"]) == 4 * 4
    assert [part.changed for part in again] == [False, False]

    ndvi_before, ndvi_after = np.where(WESTERN, 5000, 8000), np.where(NORTHERN, 9000, 8000)
    # NBR is that of the pixel with the best NDVI: (3800 - 1900) / 5700 in the north, (3600 - 1200) / 4800 in the south.
    nbr_before, nbr_after = np.where(WESTERN, 2500, 5000), np.where(NORTHERN, 3333, 5000)
    changes = {row["vegetation_index"]: row for row in measured.tables["vegetation_change"].to_pylist()}
    assert list(changes) == ["nbr", "ndvi"] or list(changes) == ["ndvi", "nbr"]
    for index, before, after in (("ndvi", ndvi_before, ndvi_after), ("nbr", nbr_before, nbr_after)):
        row = changes[index]
        count, mean = _expected(project, after - before)
        assert (row["zone_id"], row["clear_pixel_count"], row["mean_change"]) == ("pa", count, mean)
        assert row["mean_before"] == _expected(project, before)[1] and row["mean_after"] == _expected(project, after)[1]
        assert row["clear_pixel_count"] < row["zone_pixel_count"]
        assert str(row["before_last_day"]) == "2021-07-15" and str(row["after_first_day"]) == "2022-07-05"


def test_rasters_are_the_same_bytes_and_hold_the_composites(project: Site) -> None:
    hashes = []
    for home in ("one", "two"):
        site = Site(project.project, project.world, project.home / home)
        with open_context(str(site.project), "mp1", _settings(site)) as context:
            pulled, scenes = _received(context)
            artifacts = [item for part in pulled for item in part.artifacts]
            rasters = scene_rasters(context, {"scenes": scenes.table()}, artifacts)
        hashes.append({name: hash_file(path) for name, path in rasters.items()})
    assert hashes[0] == hashes[1]
    assert sorted(hashes[0]) == [
        "landsat_landsat-2022_nbr", "landsat_landsat-2022_ndvi", "landsat_landsat-2022_reflectance",
        "sentinel_dry-2021_nbr", "sentinel_dry-2021_ndvi", "sentinel_dry-2021_reflectance",
        "sentinel_dry-2022_nbr", "sentinel_dry-2022_ndvi", "sentinel_dry-2022_reflectance",
        "sentinel_nbr_change_dry-2021_to_dry-2022", "sentinel_ndvi_change_dry-2021_to_dry-2022",
    ]  # fmt: skip
    with rasterio.open(rasters["landsat_landsat-2022_ndvi"]) as dataset:
        assert set(np.unique(dataset.read(1))) == {8000}
    with rasterio.open(rasters["sentinel_ndvi_change_dry-2021_to_dry-2022"]) as dataset:
        assert set(np.unique(dataset.read(1))) == {-32768, 0, 1000, 3000, 4000}
        assert dataset.crs.to_epsg() == 32718 and dataset.transform.a == PIXEL
        assert dataset.bounds.left > WEST and dataset.bounds.top < NORTH and dataset.width < SIDE


def test_an_image_that_is_gone_is_the_sources_fault(project: Site, api: Api, tmp_path: Path) -> None:
    images = tmp_path / "images"
    shutil.copytree(api.images, images)
    (images / "S2A_18MUS_20220715_0_L2A-nir.tif").unlink()
    with stac_server.image_server(images) as mirror:
        settings = _settings(project, mirrors={"sentinel.assets": mirror})
        with (
            open_context(str(project.project), "mp1", settings) as context,
            pytest.raises(SourceError, match="refused") as caught,
        ):
            pull(context, context.definition.sources[0])
    assert caught.value.exit_code == 3
    assert caught.value.where is not None and "S2A_18MUS_20220715_0_L2A-nir.tif" in caught.value.where
    assert "sentinel.assets" in str(caught.value.remedy)


def test_a_folder_mirrors_the_images(project: Site, api: Api) -> None:
    with open_context(
        str(project.project), "mp1", _settings(project, mirrors={"landsat.assets": str(api.images)})
    ) as context:
        artifacts = pull(context, context.definition.sources[1]).artifacts
    assert [item.url.startswith("file:") for item in artifacts if item.dataset == "scene_bands"] == [True] * 4


def test_the_whole_run_publishes_scenes(site: Site, api: Api) -> None:
    site.edit(lambda content: content["sources"].extend(_sources(api.url)))
    result = site.run()
    marts = result.snapshot.folder / "marts"
    change = _rows(marts / "vegetation_change.parquet")
    assert {(row["zone_id"], row["reason"]) for row in change} == {("pa", None)}
    assert all(0 < row["clear_share"] < 1 for row in change)
    used = _rows(marts / "scenes_used.parquet")
    assert sum(row["used"] for row in used) == 5 and all(row["used"] == (row["reason"] is None) for row in used)
    rasters = {path.name for path in result.published.path.rglob("*.tif")}
    assert "sentinel_ndvi_change_dry-2021_to_dry-2022.tif" in rasters
    assert not site.run().changed


def _rows(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]


def test_chips_of_a_sample_show_what_both_composites_saw(
    project: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Units of 550 m, three of them apart, from the strip that the earlier composite did not see eastwards out of it.
    to_lonlat = pyproj.Transformer.from_crs(scene_items.CRS, "EPSG:4326", always_xy=True)
    origin = to_lonlat.transform(WEST + 60 * PIXEL, NORTH - 175 * PIXEL)
    folder = project.project / "samples"
    declared = {"id": DESIGN, "period": "mp1", "folder": "samples", "seed": 1, "size": len(UNITS)}
    project.edit(lambda content: content.update(sampling=[declared]))
    freeze(folder, project="small", period="mp1", origin=origin, pixel=0.005, declared_in=project.project)
    monkeypatch.setenv("MRV_HOME", str(project.home))
    words = ["sample", "chips", str(project.project), "--period", "mp1", "--to", str(tmp_path / "chips")]
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2
    assert "which source of scenes is meant is not clear" in refused.output
    assert "sentinel, landsat" in refused.output
    one = CliRunner().invoke(main, [*words, "--source", "landsat"])
    assert one.exit_code == 1
    assert "there are no two composites to show before and after" in one.output

    done = CliRunner().invoke(main, [*words, "--source", "sentinel", "--size-m", "2000"])
    assert done.exit_code == 0, done.output
    hidden = [unit(number) for number in (1, 2, 3)]
    shown = [unit(number) for number in range(4, len(UNITS) + 1)]
    assert f"{len(shown)} chips of dry-2021 and dry-2022" in done.output
    assert all(f"{name}: no clear pixel in dry-2021" in done.output for name in hidden)
    assert sorted(path.name for path in (tmp_path / "chips").iterdir()) == [
        *(f"{name}.png" for name in shown),
        "index.html",
    ]
    page = (tmp_path / "chips" / "index.html").read_text(encoding="utf-8")
    assert [name for name in (*hidden, *shown) if f'src="{name}.png"' in page] == shown
