"""Roads, rivers and settlements of the simulated landscape, as the demo project has them in its folder. Nothing is real."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from shapely.geometry import mapping

from mrv.boundaries import Zone
from mrv.files import write_bytes
from mrv.simulator.landscape import NORTH_DEG, PIXELS_PER_DEG, WEST_DEG, Landscape

BLOCK = 16
"""Pixels along the side of a block, about 440 m: the grain of roads and settlements."""
RIVER_BLOCK = 4
SETTLEMENTS = 30
APART_BLOCKS = 14
LONGEST_ROAD_BLOCKS = 90
ROUNDED = 5
"""Decimals of a degree, about a metre."""

Floats = NDArray[np.float64]
Collections = dict[str, dict[str, Any]]


def write_features(landscape: Landscape, zones: Sequence[Zone], folder: Path) -> None:
    """Write `roads.geojson`, `rivers.geojson` and `settlements.geojson` into a folder."""
    for name, collection in make_features(landscape, zones).items():
        write_bytes(folder / f"{name}.geojson", (json.dumps(collection, ensure_ascii=False) + "\n").encode())


def make_features(landscape: Landscape, zones: Sequence[Zone]) -> Collections:
    """Draw features as the landscape suggests them; the same landscape gives the same features.

    Settlements stand where most was cleared and in the communities, roads run between near ones where it is open and dry,
    rivers are the landscape's water.

    Args:
        landscape: What `make_landscape` made.
        zones: Zones of the project.

    Returns:
        GeoJSON feature collections in longitude and latitude, by name.
    """
    places = _settlements(landscape, zones)
    roads = _roads(landscape, places)
    points = [shapely.Point(_degrees(landscape, row, column)) for row, column in places.tolist()]
    names = [f"Settlement {number} (illustrative)" for number in range(1, len(points) + 1)]
    return {
        "roads": _collection(roads, [f"Road {number} (illustrative)" for number in range(1, len(roads) + 1)]),
        "rivers": _collection(_rivers(landscape), None),
        "settlements": _collection(points, names),
    }


def _collection(geometries: Sequence[shapely.Geometry], names: Sequence[str] | None) -> dict[str, Any]:
    features = []
    for number, geometry in enumerate(geometries):
        fields: Mapping[str, Any] = {"name": names[number]} if names else {}
        rounded = shapely.set_precision(geometry, 10**-ROUNDED)
        features.append({"type": "Feature", "properties": fields, "geometry": mapping(rounded)})
    return {"type": "FeatureCollection", "features": features}


def _degrees(landscape: Landscape, row: float, column: float) -> tuple[float, float]:
    """Return the longitude and latitude of a place counted in blocks from the landscape's corner."""
    longitude = WEST_DEG + (landscape.column + (column + 0.5) * BLOCK) / PIXELS_PER_DEG
    return longitude, NORTH_DEG - (landscape.row + (row + 0.5) * BLOCK) / PIXELS_PER_DEG


def _blocks(layer: NDArray[Any], side: int) -> Floats:
    """Return the mean of each block; what does not fill a block is left out."""
    rows, columns = layer.shape[0] // side, layer.shape[1] // side
    whole = layer[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.asarray(whole.mean(axis=(1, 3)), dtype=np.float64)


def _settlements(landscape: Landscape, zones: Sequence[Zone]) -> NDArray[np.int64]:
    """Return rows and columns of blocks, shape (n, 2)."""
    cleared = ndimage.gaussian_filter(_blocks(landscape.loss_year > 0, BLOCK), 3.0)
    cleared[_blocks(landscape.datamask == 2, BLOCK) > 0] = 0
    chosen = []
    for zone in zones:
        if zone.kind == "community":
            point = zone.geometry.representative_point()
            row = ((NORTH_DEG - point.y) * PIXELS_PER_DEG - landscape.row) / BLOCK
            chosen.append((int(row), int(((point.x - WEST_DEG) * PIXELS_PER_DEG - landscape.column) / BLOCK)))
    for place in np.argsort(-cleared, axis=None, kind="stable").tolist():
        if len(chosen) == SETTLEMENTS:
            break
        row, column = divmod(place, cleared.shape[1])
        if all((row - other) ** 2 + (column - at) ** 2 >= APART_BLOCKS**2 for other, at in chosen):
            chosen.append((row, column))
    return np.array(chosen, dtype=np.int64)


def _roads(landscape: Landscape, places: NDArray[np.int64]) -> list[shapely.Geometry]:
    """Join settlements by the cheapest tree of ways; ways over water and through closed forest cost more."""
    cost = 1 + _blocks(landscape.tree_cover, BLOCK) / 25 + 40 * _blocks(landscape.datamask == 2, BLOCK)
    rows, columns = cost.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    ends, weights = [], []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = number[: rows - down, max(0, -right) : columns - max(0, right)].reshape(-1)
        there = here + down * columns + right
        ends.append(np.stack([here, there]))
        weights.append((cost.reshape(-1)[here] + cost.reshape(-1)[there]) / 2 * np.hypot(down, right))
    start, stop = np.concatenate(ends, axis=1)
    graph = coo_array((np.concatenate(weights), (start, stop)), shape=(rows * columns,) * 2).tocsr()
    nodes = places[:, 0] * columns + places[:, 1]
    far, before = dijkstra(graph, directed=False, indices=nodes, return_predecessors=True)
    between = far[:, nodes]
    apart = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    tree = minimum_spanning_tree(np.where(apart <= LONGEST_ROAD_BLOCKS, between, 0)).tocoo()
    lines = []
    for one, other in sorted(zip(tree.row.tolist(), tree.col.tolist(), strict=True)):
        way = [int(nodes[other])]
        while way[-1] != nodes[one]:
            way.append(int(before[one, way[-1]]))
        corners = [_degrees(landscape, *divmod(node, columns)) for node in way]
        lines.append(shapely.simplify(shapely.LineString(corners), BLOCK / PIXELS_PER_DEG / 2))
    return lines


def _rivers(landscape: Landscape) -> list[shapely.Geometry]:
    """Return the water of the landscape as simple polygons, the specks left out."""
    water = _blocks(landscape.datamask == 2, RIVER_BLOCK) >= 0.25
    labels, count = ndimage.label(water, np.ones((3, 3)))
    sizes = ndimage.sum_labels(water, labels, np.arange(1, count + 1))
    side, polygons = RIVER_BLOCK / PIXELS_PER_DEG, []
    for label in (np.flatnonzero(sizes >= 40) + 1).tolist():
        rows, columns = np.nonzero(labels == label)
        left = WEST_DEG + landscape.column / PIXELS_PER_DEG + columns * side
        top = NORTH_DEG - landscape.row / PIXELS_PER_DEG - rows * side
        # Boxes a little larger than their blocks, so that blocks that share a corner become one polygon.
        grown = side * 0.02
        boxes = shapely.box(left - grown, top - side - grown, left + side + grown, top + grown)
        polygons.append(shapely.simplify(shapely.union_all(boxes), side, preserve_topology=True))
    return polygons
