"""A small project whose zones meet the corner of four tiles, and those tiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import yaml

from mrv.scaffold import scaffold

VERSION, NEWER = "GFC-2024-v1.12", "GFC-2025-v1.13"
LAYERS = ("treecover2000", "lossyear")
CORNER_LON, CORNER_LAT, PIXEL = -70, -10, 0.00025
SIDE = 300
TILES = {"00N_080W": (0, 0), "00N_070W": (0, 1), "10S_080W": (1, 0), "10S_070W": (1, 1)}
"""Tile to its row and column around the corner."""


def write_four_tile_project(folder: Path) -> Path:
    """Write the template with its zones shrunk and moved onto the corner."""
    scaffold(folder)
    zones = folder / "boundaries" / "zones.geojson"
    content = json.loads(zones.read_text(encoding="utf-8"))
    for feature in content["features"]:
        feature["geometry"]["coordinates"] = [
            [[round((x + 77.1) * 0.2 + CORNER_LON, 6), round((y + 7.2) * 0.2 + CORNER_LAT, 6)] for x, y in ring]
            for ring in feature["geometry"]["coordinates"]
        ]
    zones.write_text(json.dumps(content), encoding="utf-8")
    file = folder / "project.yaml"
    definition = yaml.safe_load(file.read_text(encoding="utf-8"))
    definition["project"]["id"] = "four"
    definition["local_crs"] = "EPSG:32719"
    definition["sources"] = [
        {"connector": "raster_tiles", "name": "hansen", "product": "hansen_gfc", "version": VERSION, "layers": LAYERS}
    ]
    file.write_text(yaml.safe_dump(json.loads(json.dumps(definition, default=str)), sort_keys=False), encoding="utf-8")
    return folder


def landscape() -> dict[str, np.ndarray]:
    """Dense forest with scattered loss from 2001 on, around the corner; shape (2 * SIDE, 2 * SIDE)."""
    random = np.random.default_rng(11)
    loss = random.integers(1, 25, (2 * SIDE, 2 * SIDE), dtype=np.uint8)
    loss[random.random(loss.shape) < 0.9] = 0
    return {"treecover2000": random.integers(60, 101, loss.shape, dtype=np.uint8), "lossyear": loss}


def tile_path(rasters: Path, layer: str, tile: str, version: str = VERSION) -> Path:
    return rasters / version / f"Hansen_{version}_{layer}_{tile}.tif"


def write_tiles(rasters: Path, layers: dict[str, Any], version: str = VERSION) -> None:
    """Cut the landscape into the four tiles that meet at the corner."""
    for layer, pixels in layers.items():
        for tile, (row, column) in TILES.items():
            path = tile_path(rasters, layer, tile, version)
            path.parent.mkdir(parents=True, exist_ok=True)
            west, north = CORNER_LON + (column - 1) * SIDE * PIXEL, CORNER_LAT - (row - 1) * SIDE * PIXEL
            profile = {
                "driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint8", "crs": "EPSG:4326",
                "transform": rasterio.Affine(PIXEL, 0, west, 0, -PIXEL, north), "compress": "lzw", "blockysize": 20,
            }  # fmt: skip
            with rasterio.open(path, "w", **profile) as dataset:
                part = pixels[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
                dataset.write(np.ascontiguousarray(part), 1)
