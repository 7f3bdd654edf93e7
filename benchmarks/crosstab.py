"""Speed and memory of the loss crosstab, as ratios against plain decoding and other libraries in the same run.

    python benchmarks/crosstab.py                             one full tile of 40,000 x 40,000 pixels, 3,000 polygons
    python benchmarks/crosstab.py --size 8000 --polygons 200  a quick look

The tile pair is made once in the temporary folder. Decoding, our pass and each peer (`benchmarks/peers.py`) run in
processes of their own, so that memory is that of the pass alone. Then the same pass runs over 1, 4 and 12 tiles of a
quarter of the side: cuttings of the tile, moved to neighbouring places. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
import shapely.affinity
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.windows import Window as RasterioWindow

from benchmarks.peers import PEERS, Task, time_peer
from mrv.units import UM2_PER_HA
from raster.grid import Lattice, Window
from raster.loss import ForestRule, LossLayers, ProductRule, Region, Shape, measure_loss
from raster.mosaic import Mosaic
from raster.parts import ROWS_PER_BAND, Threads, Work

LATTICE = Lattice.square(Decimal(-180), Decimal(80), Decimal("0.00025"))
ROW, COL = 320_000, 400_000
"""The tile begins at the equator, 80 degrees west."""
COARSE = 50
GRIDS = {1: 1, 4: 2, 12: 4}
"""Numbers of small tiles, and how many of them lie side by side."""
FOREST = {
    "plain": ForestRule(30, "greater"),
    "patches": ForestRule(30, "greater", UM2_PER_HA // 2, "at_least", 8, "landscape"),
}


def main() -> None:
    """Make the tiles, run each peer, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=40_000, help="pixels on a side of the tile")
    parser.add_argument("--polygons", type=int, default=3_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2, help="the fastest of so many runs counts")
    parser.add_argument(
        "--peer-polygons", type=int, default=12, help="how many polygons a peer does, if it works by them"
    )
    parser.add_argument("--peer-rows", type=int, default=512, help="how many rows a peer does, if it works by pixels")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / f"mrv-benchmark-crosstab-{options.size}"
    if options.run:
        print(json.dumps(run(options.run, folder, options)))
        return
    make_tiles(folder, options.size)
    make_small_tiles(folder, options.size // 4)
    # Peers take turns, so that other work on the machine meets all of them.
    rounds = [{name: child(name) for name in ("decode", *FOREST)} for _ in range(options.repeats)]
    best = {name: {key: min(turn[name][key] for turn in rounds) for key in rounds[0][name]} for name in rounds[0]}
    decode, plain, patches = (best[name] for name in ("decode", "plain", "patches"))
    result = {
        "benchmark": "crosstab",
        "size": options.size,
        "polygons": len(polygons(options.size, options.polygons)),
        "threads": options.threads,
        "seconds": plain["seconds"],
        "decode_seconds": decode["seconds"],
        "ratio_to_decode": round(plain["seconds"] / decode["seconds"], 3),
        "cpu_ratio_to_decode": round(plain["cpu_seconds"] / decode["cpu_seconds"], 3),
        "ratio_to_decode_by_round": [round(turn["plain"]["seconds"] / turn["decode"]["seconds"], 3) for turn in rounds],
        "peak_rss_mb": max(turn["plain"]["peak_rss_mb"] for turn in rounds),
        "patches_seconds": patches["seconds"],
        "patches_ratio_to_decode": round(patches["seconds"] / decode["seconds"], 3),
        "patches_cpu_ratio_to_decode": round(patches["cpu_seconds"] / decode["cpu_seconds"], 3),
        "patches_peak_rss_mb": max(turn["patches"]["peak_rss_mb"] for turn in rounds),
        "tiles_side": options.size // 4,
    }
    for tiles in GRIDS:
        measured = child(f"tiles-{tiles}")
        result |= {f"tiles_{tiles}_{key}": value for key, value in measured.items()}
    for name in PEERS:
        result |= child(f"peer-{name}")
        result[f"ratio_to_{name}"] = round(plain["seconds"] / result[f"{name}_seconds"], 4)
    print(json.dumps(result))


def child(name: str) -> dict[str, Any]:
    """Run one peer in a process of its own; the first call of a kernel on a machine compiles it, which is not counted."""
    done = subprocess.run([sys.executable, *sys.argv, "--run", name], check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {result}", flush=True)
    return result


def run(name: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Time decoding, our pass or a peer, with the process's peak of memory."""
    cover, loss = folder / "cover.tif", folder / "loss.tif"
    shapes = polygons(options.size, options.polygons)
    if name.startswith("peer-"):
        some, rows = options.peer_polygons, options.peer_rows
        return time_peer(name[5:], Task(cover, loss, shapes, options.size, LATTICE, ROW, some, rows))
    files, pixels, forest = [(cover, loss)], options.size**2, name
    if name.startswith("tiles-"):
        files, shapes = small_tiles(folder, options, int(name[6:]))
        pixels, forest = len(files) * (options.size // 4) ** 2, "plain"
    if name == "decode":
        begin, begin_cpu = time.perf_counter(), time.process_time()
        decode([cover, loss], options)
    else:
        measure(forest, files[:1], shapes[:1], options)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        measured = measure(forest, files, shapes, options)
        counted = sum(measured.land_cover["pixel_count"].to_pylist())
        assert counted == pixels, f"the polygons share the tiles: {counted} pixels counted"
    seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    return {"seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "peak_rss_mb": round(peak_rss_mb(), 1)}


def peak_rss_mb() -> float:
    """Return this process's peak of memory; ru_maxrss would hold that of the parent too, from before exec."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def measure(forest: str, files: list[tuple[Path, Path]], shapes: list[Shape], options: argparse.Namespace) -> Any:
    """Run our pass."""
    return measure_loss(
        LossLayers(tuple(cover for cover, _ in files), tuple(loss for _, loss in files)),
        Region(shapes, default_stratum="all", pixel_rule="centre"),
        product=ProductRule("benchmark", "1", LATTICE, 2000, 2023),
        forest=FOREST[forest],
        work=Work(Threads(options.threads)),
    )


def small_tiles(folder: Path, options: argparse.Namespace, tiles: int) -> tuple[list[tuple[Path, Path]], list[Shape]]:
    """Return the files of so many small tiles, and polygons as dense as in the large one: a set for each tile."""
    side, across = options.size // 4, GRIDS[tiles]
    files, shapes = [], []
    for number in range(tiles):
        down, right = divmod(number, across)
        files.append((folder / f"cover-{down}-{right}.tif", folder / f"loss-{down}-{right}.tif"))
        for shape in polygons(side, options.polygons // 16):
            step = side * float(LATTICE.pixel_width)
            moved = shapely.affinity.translate(shape.geometry, right * step, -down * step)
            shapes.append(Shape(f"{number:02}{shape.id}", moved))
    return files, shapes


def make_small_tiles(folder: Path, side: int) -> None:
    """Cut the corner out of both layers and write it to twelve neighbouring places."""
    if (folder / "small").exists():
        return
    for layer in ("cover", "loss"):
        with rasterio.open(folder / f"{layer}.tif") as source:
            profile = source.profile | {"width": side, "height": side}
            pixels = source.read(1, window=RasterioWindow(0, 0, side, side))
        first = folder / f"{layer}-0-0.tif"
        with rasterio.open(first, "w", **profile) as written:
            written.write(pixels, 1)
        for down, right in [(down, right) for down in range(3) for right in range(4)][1:]:
            path = folder / f"{layer}-{down}-{right}.tif"
            shutil.copyfile(first, path)
            with rasterio.open(path, "r+") as moved:
                west, north = float(LATTICE.x(COL + right * side)), float(LATTICE.y(ROW + down * side))
                moved.transform = Affine(profile["transform"].a, 0, west, 0, profile["transform"].e, north)
    (folder / "small").touch()


def decode(paths: list[Path], options: argparse.Namespace) -> None:
    """Read both layers by the same bands and threads, and do nothing with them."""
    layers = [Mosaic.of(path.stem, [path], lattice=LATTICE, kind="classes") for path in paths]
    tops = range(ROW, ROW + options.size, ROWS_PER_BAND)

    def read(top: int) -> int:
        window = Window(top, COL, min(ROWS_PER_BAND, ROW + options.size - top), options.size)
        return sum(layer.read(window, fill=0).nbytes for layer in layers)

    with ThreadPoolExecutor(max_workers=options.threads) as pool:
        assert sum(pool.map(read, tops)) == 2 * options.size**2


def polygons(size: int, count: int) -> list[Shape]:
    """Divide the tile among irregular neighbours: about `count` cells of a jittered net with crooked sides."""
    side, points = round(math.sqrt(count)), 12
    rng = np.random.default_rng(11)
    nodes = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1)), axis=-1) * (size / side)
    inner = rng.uniform(-0.25, 0.25, nodes.shape) * (size / side)
    inner[[0, -1], :, 1] = inner[:, [0, -1], 0] = 0
    nodes = nodes + inner

    def crooked(one: Any, other: Any) -> Any:
        along = np.linspace(0, 1, points, endpoint=False)[:, None]
        line = one + (other - one) * along
        on_edge = (np.isclose(one, other) & (np.isclose(one, 0) | np.isclose(one, size))).any()
        swing = 0.0 if on_edge else 0.03 * size / side
        shift = rng.uniform(-swing, swing, line.shape) * np.sin(np.pi * along)
        return line + shift

    level = {(r, c): crooked(nodes[r, c], nodes[r, c + 1]) for r in range(side + 1) for c in range(side)}
    upright = {(r, c): crooked(nodes[r, c], nodes[r + 1, c]) for r in range(side) for c in range(side + 1)}
    shapes = []
    for r in range(side):
        for c in range(side):
            right = np.vstack([upright[r, c + 1], nodes[r + 1, c + 1][None]])
            bottom = np.vstack([level[r + 1, c], nodes[r + 1, c + 1][None]])[::-1]
            left = np.vstack([upright[r, c], nodes[r + 1, c][None]])[::-1]
            ring = np.vstack([level[r, c], right, bottom[1:], left[1:]])
            west, north = float(LATTICE.x(COL)), float(LATTICE.y(ROW))
            pixel = float(LATTICE.pixel_width)
            geometry = shapely.Polygon(np.column_stack([west + ring[:, 0] * pixel, north - ring[:, 1] * pixel]))
            shapes.append(Shape(f"z{r:03}{c:03}", geometry))
    return shapes


def make_tiles(folder: Path, size: int) -> None:
    """Write tree cover and loss year like Hansen's: rows as LZW strips, patches with noisy borders."""
    if (folder / "done").exists():
        return
    folder.mkdir(exist_ok=True)
    profile = {
        "driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "uint8", "crs": CRS.from_epsg(4326),
        "compress": "lzw", "blockysize": 1, "BIGTIFF": "IF_SAFER",
        "transform": Affine(0.00025, 0, float(LATTICE.x(COL)), 0, -0.00025, float(LATTICE.y(ROW))),
    }  # fmt: skip
    rng = np.random.default_rng(7)
    fields = rng.random((3, size // COARSE + 2, size // COARSE + 2))
    with (
        rasterio.open(folder / "cover.tif", "w", **profile) as cover,
        rasterio.open(folder / "loss.tif", "w", **profile) as loss,
    ):
        for top in range(0, size, 1000):
            height = min(1000, size - top)
            density, disturbed, year = (smooth(field, top, height, size) for field in fields)
            noise = rng.random((height, size), dtype=np.float32)
            percent = np.clip((density + (noise - 0.5) * 0.12 - 0.3) * 260, 0, 100).astype(np.uint8)
            lost = (disturbed + (noise - 0.5) * 0.1 > 0.72) & (percent > 10)
            years = np.where(lost, 1 + (year + noise * 0.05) * 21, 0).astype(np.uint8)
            window = RasterioWindow(0, top, size, height)
            cover.write(percent, 1, window=window)
            loss.write(years, 1, window=window)
    (folder / "done").touch()


def smooth(field: Any, top: int, height: int, size: int) -> Any:
    """Interpolate a coarse field over some rows, shape (height, size), float32."""
    y, x = np.arange(top, top + height) / COARSE, np.arange(size) / COARSE
    row, column = y.astype(int), x.astype(int)
    down, right = (y - row).astype(np.float32)[:, None], (x - column).astype(np.float32)[None]
    coarse = field.astype(np.float32)
    upper = coarse[row][:, column] * (1 - right) + coarse[row][:, column + 1] * right
    lower = coarse[row + 1][:, column] * (1 - right) + coarse[row + 1][:, column + 1] * right
    return upper * (1 - down) + lower * down


if __name__ == "__main__":
    main()
