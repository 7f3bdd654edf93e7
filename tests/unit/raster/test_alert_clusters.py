"""Clusters of alerts: against a plain search, whatever the tiles, windows and order; outlines are those of the pixels."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy import ndimage

from raster.alert_clusters import find_clusters, join_pixels
from raster.alert_columns import AlertPixels
from raster.area import row_areas_um2
from raster.outlines import outlines
from raster.rules import Shape
from tests.unit.raster.pixels import COL, LATTICE, ROW, box, write_tile
from tests.unit.raster.test_alert_areas import ZONES, code, layers_of, measure, quarters, scattered


def pixels_of(days, confidence=3):
    """Return the alert pixels of an array of day numbers, 0 where there is none."""
    row, col = np.nonzero(days)
    day = days[row, col]
    levels = np.full(len(row), confidence, np.uint8)
    return AlertPixels((row + ROW).astype(np.int32), (col + COL).astype(np.int32), day.astype(np.int32), levels)


def plain(days, gap):
    """Label by flooding from each pixel to its neighbours of near dates."""
    label = np.full(days.shape, -1)
    for start, (row, col) in enumerate(np.argwhere(days).tolist()):
        if label[row, col] >= 0:
            continue
        waiting = [(row, col)]
        label[row, col] = start
        while waiting:
            r, c = waiting.pop()
            for rr in range(max(0, r - 1), min(days.shape[0], r + 2)):
                for cc in range(max(0, c - 1), min(days.shape[1], c + 2)):
                    near = days[rr, cc] and abs(int(days[rr, cc]) - int(days[r, c])) <= gap
                    if near and label[rr, cc] < 0:
                        label[rr, cc] = start
                        waiting.append((rr, cc))
    return label[np.nonzero(days)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.9), st.integers(0, 40))
def test_against_a_plain_search(seed, share, gap):
    rng = np.random.default_rng(seed)
    days = np.where(rng.random((17, 23)) < share, rng.integers(19_000, 19_060, (17, 23)), 0)
    assert join_pixels(pixels_of(days), days=gap).tolist() == plain(days, gap).tolist()


def test_with_any_date_clusters_are_the_connected_pixels():
    rng = np.random.default_rng(3)
    days = np.where(rng.random((60, 80)) < 0.35, rng.integers(19_000, 19_400, (60, 80)), 0)
    labels, count = ndimage.label(days > 0, structure=np.ones((3, 3)))
    root = join_pixels(pixels_of(days), days=10_000)
    assert len(set(root.tolist())) == count
    assert len(set(zip(root.tolist(), labels[days > 0].tolist(), strict=True))) == count


def test_two_alerts_of_one_pixel_are_joined_by_their_dates():
    three = AlertPixels(
        *(np.array(item, np.int32) for item in ([5, 5, 5], [7, 7, 7], [100, 110, 200])), np.full(3, 3, np.uint8)
    )
    assert join_pixels(three, days=10).tolist() == [0, 0, 2]


def outline(row, col, lattice):
    return outlines(row, col, np.array([0, len(row)]), lattice)[0]


def clusters(folder, layers, **changes):
    found = measure(layers)
    arguments = {"zones": ZONES, "lattice": LATTICE, "product": "p", "days": 90, "min_area_um2": 0} | changes
    return find_clusters(found.pixels, found.zone_pixels, **arguments)


def test_one_tile_or_four_any_window(tmp_path):
    values = scattered(share=0.5)
    whole = clusters(tmp_path, layers_of(write_tile(tmp_path / "whole.tif", values)))
    four = quarters(tmp_path, values)
    assert len(whole.clusters) > 10
    assert max(row["pixel_count"] for row in whole.clusters) > 20
    for rows in (3, 512):
        found = measure(layers_of(*four), rows_per_band=rows)
        cut = find_clusters(
            found.pixels, found.zone_pixels, zones=ZONES, lattice=LATTICE, product="p", days=90, min_area_um2=0
        )
        assert cut == whole


def test_what_a_cluster_says(tmp_path):
    values = np.zeros((50, 70), np.uint16)
    values[20, 30], values[21, 31], values[21, 32] = (
        code(date(2023, 5, 1), 2),
        code(date(2023, 5, 20), 4),
        code(date(2023, 5, 6), 3),
    )
    values[24, 30] = code(date(2023, 5, 1), 2)
    values[21, 66] = code(date(2023, 5, 1), 2)  # in no zone
    layers = layers_of(write_tile(tmp_path / "a.tif", values))
    found = clusters(tmp_path, layers, days=20)
    first, second = found.clusters
    assert first["cluster_id"] == f"p-r{ROW + 20}-c{COL + 30}-20230501"
    assert (first["first_alert"], first["last_alert"]) == (date(2023, 5, 1), date(2023, 5, 20))
    assert (first["confidence"], first["pixel_count"], second["pixel_count"]) == ("highest", 3, 1)
    shape = shapely.geometry.shape(json.loads(first["geometry"]))
    assert shape.equals(shapely.union_all([box(30, 20, 31, 21), box(31, 21, 33, 22)]))
    assert shapely.intersects_xy(shape.buffer(-1e-6), first["longitude"], first["latitude"])
    assert {(row["cluster_id"], row["zone_id"]) for row in found.zones} == {
        (row["cluster_id"], zone) for row in found.clusters for zone in ("a", "b")
    }
    assert found.zones[0]["area_um2"] == first["area_um2"]
    # One pixel is of the highest, one of high and one of low confidence.
    low = int(row_areas_um2(LATTICE, row=ROW + 20, height=1)[0])
    assert (first["low_area_um2"], first["high_area_um2"]) == (low, first["area_um2"] - low)
    assert (second["low_area_um2"], second["high_area_um2"]) == (second["area_um2"], 0)
    for row in found.zones:
        whole = next(item for item in found.clusters if item["cluster_id"] == row["cluster_id"])
        assert all(row[name] == whole[name] for name in ("low_area_um2", "high_area_um2"))
    assert len(clusters(tmp_path, layers, days=18).clusters) == 3, "19 days lie between two of them"
    big = clusters(tmp_path, layers, days=20, min_area_um2=first["area_um2"])
    assert big.clusters == [first]
    assert {row["zone_id"]: (row["cluster_count"], row["area_um2"]) for row in found.left_out} == dict.fromkeys(
        "ab", (0, 0)
    )
    left_out = {row["zone_id"]: (row["cluster_count"], row["area_um2"]) for row in big.left_out}
    assert left_out == dict.fromkeys("ab", (1, second["area_um2"])), "a cluster in no zone is not left out of any"
    assert not clusters(tmp_path, layers, days=20, min_area_um2=first["area_um2"] + 1).clusters


def test_a_cluster_is_not_cut_at_a_zones_border(tmp_path):
    values = np.zeros((50, 70), np.uint16)
    values[30, 60:68] = code(date(2023, 5, 1), 3)
    zones = [Shape("b", box(20, 10, 64, 48)), Shape("far", box(66, 2, 70, 4))]
    found = measure(layers_of(write_tile(tmp_path / "a.tif", values)), zones=zones)
    result = find_clusters(
        found.pixels, found.zone_pixels, zones=zones, lattice=LATTICE, product="p", days=1, min_area_um2=0
    )
    (cluster,), (part,) = result.clusters, result.zones
    assert (cluster["pixel_count"], part["zone_id"]) == (8, "b")
    assert part["area_um2"] * 2 == cluster["area_um2"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1.0))
def test_outlines_are_those_of_the_pixels(seed, share):
    rng = np.random.default_rng(seed)
    mask = rng.random((9, 11)) < share
    if not mask.any():
        return
    row, col = np.nonzero(mask)
    text = outline((row + ROW).astype(np.int32), (col + COL).astype(np.int32), LATTICE)
    shape = shapely.geometry.shape(json.loads(text))
    assert shape.is_valid
    inside = shapely.union_all([box(c, r, c + 1, r + 1) for r, c in zip(row.tolist(), col.tolist(), strict=True)])
    assert shapely.area(shapely.symmetric_difference(shape, inside)) < 1e-15
    for polygon in shapely.get_parts(shape):
        assert polygon.exterior.is_ccw
        corners = shapely.get_coordinates(polygon.exterior)
        turns = np.cross(np.c_[np.diff(corners, axis=0), np.zeros(len(corners) - 1)][:-1],
                         np.c_[np.diff(corners, axis=0), np.zeros(len(corners) - 1)][1:])[:, 2]  # fmt: skip
        assert (np.abs(turns) > 1e-12).all(), "a vertex lies on a straight edge"


def test_the_area_of_an_outline_is_that_of_its_pixels():
    row, col = np.nonzero(np.ones((6, 5)))
    shape = shapely.geometry.shape(
        json.loads(outline((row + ROW).astype(np.int32), (col + COL).astype(np.int32), LATTICE))
    )
    found = find_clusters(
        pixels_of(np.full((6, 5), 19_500)),
        _zone_pixels(),
        zones=[Shape("z", box(0, 0, 5, 6))],
        lattice=LATTICE,
        product="p",
        days=0,
        min_area_um2=0,
    )
    geodesic = abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) * 10**12
    assert found.clusters[0]["area_um2"] == pytest.approx(geodesic, rel=1e-6)


def _zone_pixels():
    from raster.alert_columns import ZoneAlerts

    pixels = pixels_of(np.full((6, 5), 19_500))
    ones = np.ones(len(pixels), np.int64)
    return ZoneAlerts(np.zeros(len(pixels), np.int32), pixels.row, pixels.col, pixels.day, pixels.confidence, ones)
