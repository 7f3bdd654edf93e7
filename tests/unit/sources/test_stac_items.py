"""Items of STAC APIs: which numbers mean which reflectance, and what is refused rather than misread."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mrv.sources.stac_items import UnusableItemError, read_item

Item = dict[str, Any]
ESA = [{"scale": 0.0001, "offset": -0.1}]


def sentinel(baseline: str = "05.10", *, bands: list[dict[str, Any]] | None = None, **properties: Any) -> Item:
    names = ("red", "nir", "swir22", "scl")
    return {
        "stac_version": "1.0.0",
        "id": "S2B_18MUS_20230705_0_L2A",
        "collection": "sentinel-2-l2a",
        "properties": {
            "datetime": "2023-07-05T15:36:52.024Z",
            "s2:processing_baseline": baseline,
            "grid:code": "MGRS-18MUS",
            "eo:cloud_cover": 12.5,
            **properties,
        },
        "assets": {
            name: {"href": f"https://x/{name}.tif", **({"raster:bands": bands} if bands else {})} for name in names
        },
        "links": [],
    }


def landsat(scene_id: str = "LC08_L2SP_008066_20230710_20230718_02_T1", **properties: Any) -> Item:
    return {
        "stac_version": "1.0.0",
        "id": scene_id,
        "collection": "landsat-c2-l2",
        "properties": {
            "datetime": "2023-07-10T15:14:00Z",
            "landsat:wrs_path": "008",
            "landsat:wrs_row": "066",
            "landsat:collection_category": "T1",
            **properties,
        },
        "assets": {name: {"href": f"https://x/{name}.TIF"} for name in ("red", "nir08", "swir22", "qa_pixel")},
    }


@pytest.mark.parametrize(
    ("item", "offset", "applied"),
    [
        (sentinel("02.14"), 0, None),
        (sentinel("03.01", **{"earthsearch:boa_offset_applied": False}), 0, None),
        (sentinel("04.00"), "-0.1", False),
        (sentinel("05.10", bands=ESA), "-0.1", False),
        (sentinel("05.10", **{"earthsearch:boa_offset_applied": False}), "-0.1", False),
        (sentinel("05.10", **{"earthsearch:boa_offset_applied": True}), 0, True),
        # The provider of these copies ESA's offset into the band's metadata; its flag is right.
        (sentinel("05.10", bands=ESA, **{"earthsearch:boa_offset_applied": True}), 0, True),
        (
            sentinel("05.10", bands=[{"scale": 0.0001, "offset": 0}], **{"earthsearch:boa_offset_applied": True}),
            0,
            True,
        ),
        (landsat(), "-0.2", None),
    ],
)
def test_offset(item: Item, offset: Any, applied: bool | None) -> None:
    scene = read_item(item)
    assert (scene.problem, scene.offset, scene.offset_applied) == (None, Decimal(offset), applied)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (sentinel("03.01", bands=ESA), "declares offset -0.1, but its baseline 03.01 has 0"),
        (
            sentinel("05.10", bands=[{"scale": 0.0001, "offset": 0}]),
            "declares offset 0, but its baseline 05.10 has -0.1",
        ),
        (sentinel("05.10", bands=[{"scale": 0.001}]), "declares scale 0.001"),
        (sentinel("05.10", bands=[{"offset": "?"}]), "declares offset ?"),
        (sentinel("05.10", **{"earthsearch:boa_offset_applied": "yes"}), "neither true nor false"),
        (
            sentinel("05.10", **{"earthsearch:boa_offset_applied": True, "sentinel:boa_offset_applied": False}),
            "neither true nor false",
        ),
        (sentinel("5"), "processing baseline is '5'"),
        (sentinel(**{"s2:processing_baseline": None}), "processing baseline is None"),
        (sentinel(**{"grid:code": "MGRS-99"}), "MGRS tile"),
        (landsat("LC08_L2SP_008067_20230710_20230718_02_T1"), "contradict each other"),
        (landsat(**{"landsat:collection_category": "T2"}), "contradict each other"),
        (landsat("LC08_L1TP_008066_20230710_20230718_02_T1"), "not that of a Landsat Collection 2 Level-2"),
        (landsat("LC08_L2SP_008066_20230710_20230718_01_T1"), "not that of a Landsat Collection 2 Level-2"),
    ],
)
def test_what_would_be_misread_is_refused(item: Item, problem: str) -> None:
    scene = read_item(item)
    assert scene.problem is not None and problem in scene.problem


def _without(name: str) -> Callable[[Item], object]:
    return lambda item: item["assets"].pop(name)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_without("scl"), "no asset scl or SCL"),
        (lambda item: item.update(assets=None), "no asset red"),
        (lambda item: item["assets"]["nir"].update(href=7), "no asset nir"),
        (lambda item: item["assets"]["red"].update(type="image/jp2"), "JPEG 2000"),
        (lambda item: item["assets"]["red"].update(href="https://x/B04.jp2?sig=1"), "JPEG 2000"),
        (lambda item: item["assets"]["red"].update({"raster:offset": -0.2}), "declares offset -0.2"),
        (lambda item: item["assets"]["red"].update(bands=[{"raster:scale": 1}]), "declares scale 1"),
    ],
)
def test_assets_that_cannot_be_used(change: Callable[[Item], object], problem: str) -> None:
    item = sentinel()
    change(item)
    scene = read_item(item)
    assert scene.problem is not None and problem in scene.problem


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"stac_version": "0.7.0"}, "STAC version '0.7.0', not 1.x"),
        ({"stac_version": None}, "STAC version None"),
        ({"id": ""}, "no id of letters"),
        ({"id": "../../x"}, "no id of letters"),
        ({"properties": []}, "no properties"),
        ({"collection": "sentinel-1-grd"}, "collection is 'sentinel-1-grd'"),
        ({"properties": {"datetime": "2019-12-01"}}, "not a date and time"),
        ({"properties": {"datetime": "2019-12-01T10:00:00"}}, "not a date and time"),
    ],
)
def test_what_is_no_item_is_not_listed(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnusableItemError, match=problem.replace("?", r"\?")):
        read_item({**sentinel(), **change})


@pytest.mark.parametrize(
    "properties",
    [
        {"grid:code": None, "s2:mgrs_tile": "18MUS"},
        {"grid:code": None, "mgrs:utm_zone": 18, "mgrs:latitude_band": "M", "mgrs:grid_square": "US"},
    ],
)
def test_tiles_as_different_catalogues_name_them(properties: dict[str, Any]) -> None:
    assert read_item(sentinel(**properties)).tile == "18MUS"


def test_names_of_other_catalogues() -> None:
    item = sentinel(**{"s2:processing_baseline": None, "processing:version": "05.11"})
    item["assets"] = {name: {"href": f"https://x/{name}.tif"} for name in ("B04", "B08", "B12", "SCL")}
    scene = read_item(item)
    assert (scene.version, scene.problem) == ("05.11", None)
    assert scene.assets == {"red": "https://x/B04.tif", "nir": "https://x/B08.tif", "swir22": "https://x/B12.tif",
                            "mask": "https://x/SCL.tif"}  # fmt: skip


def test_the_day_is_that_of_utc() -> None:
    scene = read_item(sentinel(datetime="2023-07-05T23:30:00-05:00"))
    assert scene.acquired_at.date() == date(2023, 7, 6)


@pytest.mark.parametrize(
    ("given", "known"), [(12.5, "12.5"), (0, "0"), (None, None), ("?", None), (101, None), (-1, None)]
)
def test_cloud_cover(given: Any, known: str | None) -> None:
    assert read_item(sentinel(**{"eo:cloud_cover": given})).cloud_percent == (None if known is None else Decimal(known))


def test_links_do_not_change_the_hash_of_an_item() -> None:
    one = sentinel()
    other = copy.deepcopy(one) | {"links": [{"rel": "self", "href": "https://mirror/x"}]}
    assert read_item(one).item_sha256 == read_item(other).item_sha256
    assert read_item(sentinel("05.11")).item_sha256 != read_item(one).item_sha256
