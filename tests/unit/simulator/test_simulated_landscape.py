from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from shapely.geometry import box

from mrv.boundaries import Zone
from mrv.files import hash_file
from mrv.periods import Span
from mrv.simulator import landscape as simulated
from mrv.simulator.alerts import alert_codes, write_alerts
from mrv.simulator.censuses import SECOND_ID
from mrv.simulator.fires import write_fires
from mrv.simulator.landscape import Landscape, make_landscape
from mrv.simulator.plots import make_submissions
from mrv.simulator.taxa import load_taxa, write_wood_density
from mrv.simulator.tiles import write_tiles
from raster.alert_codes import HIGH, HIGHEST, IMPOSSIBLE, LOW, Encoding, decode, to_day

VERSION = "GFC-2024-v1.12"
GFW_ENCODING = Encoding("confidence_and_days", ((2, "low"), (3, "high"), (4, "highest")), epoch=date(2014, 12, 31))
WINDOW = Span(date(2018, 1, 1), date(2024, 6, 30))


def zone(zone_id: str, kind: str, *bounds: float) -> Zone:
    return Zone(zone_id, kind, zone_id, None, box(*bounds), "1", True, "none", 1, "0")


ZONES = [
    zone("rr", "reference_region", -77.3, -7.3, -76.9, -6.9),
    zone("pa", "project_area", -77.25, -7.25, -77.1, -7.0),
    zone("lb", "leakage_belt", -77.1, -7.25, -77.0, -7.0),
    zone("premontane", "stratum", -77.15, -7.3, -76.9, -6.9),
    zone("montane", "stratum", -77.2, -7.3, -77.15, -6.9),
    zone("cloud_forest", "stratum", -77.3, -7.3, -77.2, -6.9),
]


@pytest.fixture(scope="module")
def made() -> Landscape:
    return make_landscape(7, ZONES)


def inside(made: Landscape, name: str) -> np.ndarray:
    west, south, east, north = next(z.geometry for z in ZONES if z.zone_id == name).bounds
    rows, columns = made.tree_cover.shape
    latitude = 80 - (made.row + np.arange(rows) + 0.5) / 4000
    longitude = -180 + (made.column + np.arange(columns) + 0.5) / 4000
    return np.outer((latitude > south) & (latitude < north), (longitude > west) & (longitude < east))


def test_the_landscape_covers_every_zone(made: Landscape) -> None:
    for item in ZONES:
        west, south, east, north = item.geometry.bounds
        assert inside(made, item.zone_id).sum() == round((east - west) * 4000) * round((north - south) * 4000)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(made: Landscape) -> None:
    again, other = make_landscape(7, ZONES), make_landscape(8, ZONES)
    for name in ("tree_cover", "loss_year", "datamask", "clearings"):
        assert np.array_equal(getattr(made, name), getattr(again, name)), name
    assert not np.array_equal(made.loss_year, other.loss_year)


def test_threads_do_not_change_the_bytes(tmp_path: Path) -> None:
    code = (
        "import hashlib; from shapely.geometry import box; from mrv.boundaries import Zone;"
        "from mrv.simulator.landscape import make_landscape;"
        "z = Zone('rr', 'reference_region', 'rr', None, box(-77.1, -7.1, -77.0, -7.0), '1', True, '', 1, '0');"
        "l = make_landscape(3, [z]);"
        "print(hashlib.sha256(l.tree_cover.tobytes() + l.loss_year.tobytes() + l.datamask.tobytes()).hexdigest())"
    )
    found = set()
    for threads in ("1", "4"):
        env = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
        result = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        found.add(result.stdout)
    assert len(found) == 1


def test_values_are_those_of_the_product(made: Landscape) -> None:
    assert made.tree_cover.max() <= 100
    assert set(np.unique(made.datamask)) == {1, 2}
    assert set(np.unique(made.loss_year)) == set(range(25))
    assert not made.loss_year[made.datamask == 2].any()
    assert not made.tree_cover[made.datamask == 2].any()
    assert made.tree_cover[made.loss_year > 0].min() >= 25


def test_the_project_loses_less_than_its_surroundings(made: Landscape) -> None:
    shares = {}
    for name in ("pa", "lb"):
        forest = inside(made, name) & (made.tree_cover > 30)
        lost = forest & (made.loss_year > 10)
        shares[name] = lost.sum() / forest.sum() / 14
    assert 0.0003 < shares["pa"] < 0.0015
    assert 0.004 < shares["lb"] < 0.012


def test_clearings_are_clustered(made: Landscape) -> None:
    lost = (made.loss_year > 0).astype(float)
    rows, columns = (size // 40 * 40 for size in lost.shape)
    shares = lost[:rows, :columns].reshape(rows // 40, 40, columns // 40, 40).mean(axis=(1, 3)).ravel()
    # Losses spread evenly would have a variance near p (1 - p) / 1600.
    assert shares.var() > 20 * lost.mean() * (1 - lost.mean()) / 1600


@pytest.mark.parametrize("kind", ["project_area", "leakage_belt", "reference_region", "stratum"])
def test_annual_shares_are_small(kind: str) -> None:
    shares = [simulated.annual_loss_share(kind, year) for year in range(2001, 2025)]
    assert 0 < min(shares) <= max(shares) < 0.02


def test_tiles_lie_exactly_on_the_lattice(made: Landscape, tmp_path: Path) -> None:
    paths = write_tiles(made, version=VERSION, layers=("treecover2000", "lossyear", "datamask"), folder=tmp_path)
    assert [path.name for path in paths] == [
        f"Hansen_{VERSION}_{layer}_00N_080W.tif" for layer in ("treecover2000", "lossyear", "datamask")
    ]
    rows, columns = made.tree_cover.shape
    row, column = made.row - 80 * 4000, made.column - 100 * 4000
    window = rasterio.windows.Window(column - 1, row - 1, columns + 2, rows + 2)
    for path, values in zip(paths, (made.tree_cover, made.loss_year, made.datamask), strict=True):
        with rasterio.open(path) as tile:
            assert (tile.width, tile.height, tile.crs.to_epsg(), tile.nodata) == (40000, 40000, 4326, None)
            assert (tile.transform.c, tile.transform.f, tile.transform.a, tile.transform.e) == (
                -80,
                0,
                0.00025,
                -0.00025,
            )
            assert np.array_equal(tile.read(1, window=window), np.pad(values, 1))
        assert path.stat().st_size < 20_000_000


def test_a_landscape_over_a_tile_border_is_cut_there(tmp_path: Path) -> None:
    made = make_landscape(1, [zone("rr", "reference_region", -70.05, -0.05, -69.95, 0.05)])
    paths = write_tiles(made, version=VERSION, layers=("treecover2000",), folder=tmp_path)
    assert sorted(path.stem[-8:] for path in paths) == ["00N_070W", "00N_080W", "10N_070W", "10N_080W"]
    total = 0
    for path in paths:
        with rasterio.open(path) as tile:
            left, top = round(tile.transform.c), round(tile.transform.f)
            columns = slice(0, 1024) if left == -70 else slice(40000 - 1024, 40000)
            lines = slice(0, 1024) if top == 0 else slice(40000 - 1024, 40000)
            window = rasterio.windows.Window.from_slices(lines, columns)
            total += int(tile.read(1, window=window).astype(np.int64).sum())
    assert total == int(made.tree_cover.astype(np.int64).sum())


def test_an_older_version_ends_earlier_and_bytes_repeat(made: Landscape, tmp_path: Path) -> None:
    version = "GFC-2023-v1.11"
    (path,) = write_tiles(made, version=version, layers=("lossyear",), folder=tmp_path / "a")
    (again,) = write_tiles(made, version=version, layers=("lossyear",), folder=tmp_path / "b")
    assert hash_file(path) == hash_file(again)
    rows, columns = made.loss_year.shape
    with rasterio.open(path) as tile:
        window = rasterio.windows.Window(made.column - 100 * 4000, made.row - 80 * 4000, columns, rows)
        assert tile.read(1, window=window).max() == 23


def test_fires_burn_where_and_when_forest_was_cleared(made: Landscape, tmp_path: Path) -> None:
    write_fires(made, tmp_path / "one.csv")
    write_fires(made, tmp_path / "two.csv")
    assert hash_file(tmp_path / "one.csv") == hash_file(tmp_path / "two.csv")
    header, *lines = (tmp_path / "one.csv").read_text().splitlines()
    names = header.split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    assert len(rows) > 500
    assert {row["acq_date"][5:7] for row in rows} == {"07", "08", "09", "10"}
    assert min(int(row["acq_time"]) for row in rows) < 1000, "some times have lost their leading zero"
    assert [row["acq_date"] for row in rows] == sorted(row["acq_date"] for row in rows)
    assert all(len(row["acq_time"]) < 4 or int(row["acq_time"][2:]) < 60 for row in rows)


def test_a_second_satellite_sees_a_part_of_the_fires_again(made: Landscape, tmp_path: Path) -> None:
    write_fires(made, tmp_path / "fires.csv")
    header, *lines = (tmp_path / "fires.csv").read_text().splitlines()
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    places = {
        name: [
            (row["acq_date"], float(row["latitude"]), float(row["longitude"]))
            for row in rows
            if row["satellite"] == name
        ]
        for name in ("N", "N20")
    }
    first = {}
    for day, latitude, longitude in places["N"]:
        first.setdefault(day, []).append((latitude, longitude))
    again = [
        min((abs(latitude - y) + abs(longitude - x) for y, x in first.get(day, ())), default=9.0) < 0.0034
        for day, latitude, longitude in places["N20"]
    ]
    assert len(places["N20"]) > 100
    assert 0.3 < sum(again) / len(again) < 0.95


# --- alerts ---------------------------------------------------------------------------------------------------------
def test_alerts_follow_the_losses_late_and_a_few_are_false(made: Landscape, tmp_path: Path) -> None:
    (path,) = write_alerts(made, version="latest", folder=tmp_path / "a")
    (again,) = write_alerts(made, version="latest", folder=tmp_path / "b")
    assert path == tmp_path / "a" / "gfw_integrated_alerts" / "latest" / "00N_080W.tif"
    assert hash_file(path) == hash_file(again)
    codes = alert_codes(made)
    decoded = decode(codes, GFW_ENCODING)
    assert not (decoded.confidence == IMPOSSIBLE).any()
    assert {LOW, HIGH, HIGHEST} <= set(np.unique(decoded.confidence).tolist())
    lost = made.loss_year >= 20
    assert (codes[lost] > 0).all()
    false = (codes > 0) & ~lost
    assert 0 < false.sum() < 0.02 * lost.sum()
    assert (decoded.confidence[false] == LOW).all()
    first = np.array([to_day(date(2000 + year, 1, 1)) for year in range(25)])[made.loss_year[lost]]
    late = decoded.day[lost] - first
    assert (late >= 7).all()
    assert (late < 365 + 45).all()
    row, column = np.argwhere(false)[0]
    with rasterio.open(path) as tile:
        x = -180 + (made.column + column + 0.5) / 4000
        y = 80 - (made.row + row + 0.5) / 4000
        assert next(tile.sample([(x, y)]))[0] == codes[row, column]


# --- plots ----------------------------------------------------------------------------------------------------------
def submissions():
    return make_submissions(7, ZONES, census_window=WINDOW)


def agb_mg_ha(item) -> float:
    density = {(t.family, t.genus, t.species): t.wood_density_g_cm3 for t in load_taxa()}
    mean = sum(density.values()) / len(density)
    total = 0.0
    for tree in item["trees"]:
        if tree["trees/status"] == "alive":
            dbh = float(tree["trees/dbh_cm"])
            key = tuple(tree.get(f"trees/{name}", "") for name in ("family", "genus", "species"))
            height = float(tree.get("trees/height_m") or 1.9 * dbh**0.72)
            total += 0.0673 * (density.get(key, mean) * dbh**2 * height) ** 0.976 / 1000
    return total / float(item["plot/area_ha"])


def test_plots_are_plausible_and_lie_in_the_project() -> None:
    items = submissions()
    assert items == submissions()
    assert len({item["plot/plot_id"] for item in items}) == 36
    project = ZONES[1].geometry
    for item in items:
        latitude, longitude, *_ = (float(part) for part in item["plot/gps"].split())
        assert project.covers(box(longitude, latitude, longitude, latitude))
    stocks = [agb_mg_ha(item) for item in items if max(float(t["trees/dbh_cm"]) for t in item["trees"]) <= 130]
    assert 150 < min(stocks) < max(stocks) < 480
    measured = [("trees/height_m" in tree) for item in items for tree in item["trees"]]
    assert 0.28 < sum(measured) / len(measured) < 0.38


def test_each_mistake_is_planted_once() -> None:
    items = [item for item in submissions() if item["_id"] < SECOND_ID]
    diameters = [float(tree["trees/dbh_cm"]) for item in items for tree in item["trees"]]
    assert sum(value > 300 for value in diameters) == 1
    uids = [item["_validation_status"]["uid"] for item in items]
    assert uids.count("validation_status_not_approved") == 1
    days = [date.fromisoformat(item["plot/census_date"]) for item in items]
    assert sum(not WINDOW.start <= value <= WINDOW.end for value in days) == 1
    roots = [item["meta/rootUuid"] for item in items]
    assert len(items) == 38
    assert len(set(roots)) == 37, "one submission was edited"
    censuses = [(item["plot/plot_id"], root) for item, root in zip(items, roots, strict=True)]
    assert len({plot for plot, _ in censuses}) + 1 == len(set(censuses)), "one plot was sent twice"
    assert [item["_id"] for item in items] == sorted(item["_id"] for item in items)


def test_wood_density_holds_species_genera_and_families(tmp_path: Path) -> None:
    write_wood_density(tmp_path / "wood_density.csv")
    lines = (tmp_path / "wood_density.csv").read_text().splitlines()
    assert lines[0] == "family,genus,species,wood_density_g_cm3,sd_g_cm3,level"
    # Published values of the Global Wood Density Database v2.
    assert "Meliaceae,Cedrela,odorata,0.417679,0.071883,species" in lines
    levels = [line.rpartition(",")[2] for line in lines[1:]]
    assert levels.count("species") == len(load_taxa())
    assert levels.count("genus") == len({taxon.genus for taxon in load_taxa()})
    assert levels.count("family") == len({taxon.family for taxon in load_taxa()})
