"""Speed and memory of the loss crosstab, as ratios against plain decoding and exactextract in the same run.

    python benchmarks/crosstab.py                             one full tile of 40,000 x 40,000 pixels, 3,000 polygons
    python benchmarks/crosstab.py --size 8000 --polygons 200  a quick look

The tile pair is made once in the temporary folder. Decoding and our pass run in processes of their own, so that memory
is that of the pass alone. exactextract counts loss years only, without cover classes and areas, over some of the
polygons, and its time is extrapolated to all of them. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
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
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.windows import Window as RasterioWindow

from mrv.units import UM2_PER_HA
from raster.grid import Lattice, Window
from raster.loss import ForestRule, LossLayers, ProductRule, Shape, measure_loss
from raster.mosaic import Mosaic
from raster.parts import ROWS_PER_BAND, Threads

LATTICE = Lattice.square(Decimal(-180), Decimal(80), Decimal("0.00025"))
ROW, COL = 320_000, 400_000
"""The tile begins at the equator, 80 degrees west."""
COARSE = 50
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
        "--exactextract-polygons", type=int, default=40, help="how many of the polygons exactextract does"
    )
    parser.add_argument("--run", choices=["decode", *FOREST], help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / f"mrv-benchmark-crosstab-{options.size}"
    if options.run:
        print(json.dumps(run(options.run, folder, options)))
        return
    make_tiles(folder, options.size)
    # Peers take turns, so that other work on the machine meets all of them.
    rounds = [{name: child(name) for name in ("decode", *FOREST)} for _ in range(options.repeats)]
    best = {name: {key: min(turn[name][key] for turn in rounds) for key in rounds[0][name]} for name in rounds[0]}
    peer_seconds, done = time_exactextract(folder, options)
    seconds = best["plain"]["seconds"]
    result = {
        "benchmark": "crosstab",
        "size": options.size,
        "polygons": len(polygons(options.size, options.polygons)),
        "threads": options.threads,
        "seconds": seconds,
        "decode_seconds": best["decode"]["seconds"],
        "ratio_to_decode": round(seconds / best["decode"]["seconds"], 3),
        "cpu_ratio_to_decode": round(best["plain"]["cpu_seconds"] / best["decode"]["cpu_seconds"], 3),
        "ratio_to_decode_by_round": [round(turn["plain"]["seconds"] / turn["decode"]["seconds"], 3) for turn in rounds],
        "peak_rss_mb": max(turn["plain"]["peak_rss_mb"] for turn in rounds),
        "patches_seconds": best["patches"]["seconds"],
        "patches_ratio_to_decode": round(best["patches"]["seconds"] / best["decode"]["seconds"], 3),
        "patches_cpu_ratio_to_decode": round(best["patches"]["cpu_seconds"] / best["decode"]["cpu_seconds"], 3),
        "patches_peak_rss_mb": max(turn["patches"]["peak_rss_mb"] for turn in rounds),
        "exactextract_seconds": round(peer_seconds, 1),
        "exactextract_polygons": done,
        "extrapolated": done < len(polygons(options.size, options.polygons)),
        "ratio_to_exactextract": round(seconds / peer_seconds, 4),
    }
    print(json.dumps(result))


def child(name: str) -> dict[str, Any]:
    """Run one peer in a process of its own; the first call of a kernel on a machine compiles it, which is not counted."""
    done = subprocess.run([sys.executable, *sys.argv, "--run", name], check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {result}", flush=True)
    return result


def run(name: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Time decoding or our pass, with the process's peak of memory."""
    cover, loss = folder / "cover.tif", folder / "loss.tif"
    shapes = polygons(options.size, options.polygons)
    if name == "decode":
        begin, begin_cpu = time.perf_counter(), time.process_time()
        decode([cover, loss], options)
    else:
        measure(name, cover, loss, [Shape("warm", shapes[0].geometry)], options)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        measured = measure(name, cover, loss, shapes, options)
        pixels = sum(measured.land_cover["pixel_count"].to_pylist())
        assert pixels == options.size**2, f"the polygons share the tile: {pixels} pixels counted"
    seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    return {"seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "peak_rss_mb": round(peak_rss_mb(), 1)}


def peak_rss_mb() -> float:
    """Return this process's peak of memory; ru_maxrss would hold that of the parent too, from before exec."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def measure(name: str, cover: Path, loss: Path, shapes: list[Shape], options: argparse.Namespace) -> Any:
    """Run our pass."""
    return measure_loss(
        LossLayers((cover,), (loss,)),
        zones=shapes,
        strata=[],
        default_stratum="all",
        product=ProductRule("benchmark", "1", LATTICE, 2000, 2023),
        forest=FOREST[name],
        pixel_rule="centre",
        runner=Threads(options.threads),
    )


def decode(paths: list[Path], options: argparse.Namespace) -> None:
    """Read both layers by the same bands and threads, and do nothing with them."""
    layers = [Mosaic.of(path.stem, [path], lattice=LATTICE, kind="classes") for path in paths]
    tops = range(ROW, ROW + options.size, ROWS_PER_BAND)

    def read(top: int) -> int:
        window = Window(top, COL, min(ROWS_PER_BAND, ROW + options.size - top), options.size)
        return sum(layer.read(window, fill=0).nbytes for layer in layers)

    with ThreadPoolExecutor(max_workers=options.threads) as pool:
        assert sum(pool.map(read, tops)) == 2 * options.size**2


def time_exactextract(folder: Path, options: argparse.Namespace) -> tuple[float, int]:
    """Time exactextract over some polygons; return the seconds for all of them, and how many were done."""
    import geopandas
    from exactextract import exact_extract

    shapes = polygons(options.size, options.polygons)
    step = max(1, len(shapes) // options.exactextract_polygons)
    some = geopandas.GeoDataFrame(geometry=[shape.geometry for shape in shapes[::step]], crs="EPSG:4326")
    begin = time.perf_counter()
    exact_extract(str(folder / "loss.tif"), some, ["unique", "frac", "count"])
    seconds = (time.perf_counter() - begin) * len(shapes) / len(some)
    print(f"exactextract: {len(some)} of {len(shapes)} polygons, {seconds:.1f} s extrapolated to all", flush=True)
    return seconds, len(some)


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
