"""One real Landsat 8 scene of the Colombian Amazon, 81 % cloud: what is read is what its QA_PIXEL says; its old item is refused."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import rasterio

from mrv.sources.stac_items import UnusableItemError, read_item
from raster.composite import NODATA, make_composite
from raster.grid import Lattice, Window
from raster.scenes import Scene

pytestmark = pytest.mark.real
NAME = "LC08_L2SP_008059_20191201_20200825_02_T1"
# The scene was thinned to 512 x 512 pixels, which are not square.
LATTICE = Lattice(Decimal(378285), Decimal(275715), Decimal("444.78515625"), Decimal("453.57421875"), crs="EPSG:32618")
WINDOW = Window(0, 0, 512, 512)


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "data" / "landsat_stac"


def _read(folder: Path, band: str) -> np.ndarray:
    with rasterio.open(folder / f"{NAME}_{band}.TIF") as dataset:
        return dataset.read(1).astype(np.int64)


def test_the_old_item_is_refused_with_what_to_do(folder: Path) -> None:
    item = json.loads((folder / f"{NAME}_SR_stac.json").read_text(encoding="utf-8"))
    with pytest.raises(UnusableItemError, match=r"STAC version '0\.7\.0', not 1\.x") as caught:
        read_item(item)
    assert "Take the scene from an API that serves its collection as STAC 1.x" in str(caught.value)


def test_an_item_of_today_of_the_same_scene_would_be_read() -> None:
    names = {
        "landsat:wrs_path": "008",
        "landsat:wrs_row": "059",
        "landsat:collection_category": "T1",
        "eo:cloud_cover": 81.02,
    }
    item = {
        "stac_version": "1.0.0", "id": f"{NAME}_SR", "collection": "landsat-c2l2-sr",
        "properties": {"datetime": "2019-12-01T15:10:00Z", **names},
        "assets": {name: {"href": f"https://x/{name}.TIF"} for name in ("red", "nir08", "swir22", "qa_pixel")},
    }  # fmt: skip
    scene = read_item(item)
    assert (scene.problem, scene.tile, scene.version, str(scene.processed_at)[:10]) == (
        None,
        "008059",
        "T1",
        "2020-08-25",
    )


def test_the_share_of_clear_pixels_and_their_indices(folder: Path, tmp_path: Path) -> None:
    names = {"red": "SR_B4", "nir": "SR_B5", "swir22": "SR_B7", "mask": "QA_PIXEL"}
    bands = {role: folder / f"{NAME}_{band}.TIF" for role, band in names.items()}
    scene = Scene(NAME, "landsat", date(2019, 12, 1), Decimal("0.0000275"), Decimal("-0.2"), bands)
    made = make_composite([scene], tmp_path, "c", lattice=LATTICE, window=WINDOW, strict=False, resampling="nearest")

    qa = _read(folder, "QA_PIXEL")
    bits = {
        name: (qa >> bit) & 1
        for bit, name in enumerate(("fill", "dilated", "cirrus", "cloud", "shadow", "snow", "clear"))
    }
    flagged = sum(bits[name] for name in ("fill", "dilated", "cirrus", "cloud", "shadow", "snow")) > 0
    sure = np.any([(qa >> bit) & 3 == 3 for bit in (8, 10, 12, 14)], axis=0)
    clear = ~flagged & ~sure
    observed = bits["fill"] == 0
    # The provider's figure is 81.02 % cloud over the whole scene; dilation, cirrus and shadow take more.
    assert bits["cloud"][observed].mean() == pytest.approx(0.8102, abs=0.01)

    with rasterio.open(made.indices["ndvi"]) as dataset:
        ndvi = dataset.read(1)
    red, nir, swir = (_read(folder, names[role]) for role in ("red", "nir", "swir22"))
    numbers = (red > 0) & (nir > 0) & (swir > 0)
    assert ((ndvi != NODATA) == (clear & numbers)).all()
    assert made.pixels_of_scenes == {NAME: int((clear & numbers).sum())}
    assert 0 < (ndvi != NODATA)[observed].mean() == clear[observed & numbers].sum() / observed.sum() < 0.19
    one, other = (np.clip(values * 0.0000275 - 0.2, 0, None) for values in (nir, red))
    seen = (ndvi != NODATA) & (one + other > 0.05)
    # Reflectance is kept in ten-thousandths, so that the index of dark pixels is a little coarser than itself.
    exact = (one[seen] - other[seen]) / (one[seen] + other[seen])
    assert np.abs(ndvi[seen] / 10_000 - exact).max() < 0.0025
