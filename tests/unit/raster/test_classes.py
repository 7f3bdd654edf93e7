"""Class rasters in zones: codes, transitions, traps, and what must not change a digit."""

import pickle
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Proj
from rasterio.crs import CRS
from rasterio.transform import Affine

from mrv.errors import GridError, InputError, ProjectError
from mrv.units import UM2_PER_M2
from raster.area import nominal_area_um2, row_areas_um2
from raster.classes import ClassLayer, measure_classes
from raster.grid import Lattice
from raster.parts import Threads
from raster.rules import Shape
from raster.spans import centre_spans
from raster.tabulate import MAX_CLASSES
from tests.unit.raster.pixels import COL, LATTICE, ROW, box, polygon, told, write_tile

CODES = (3, 15, 18, 21, 33)
UTM = Lattice.square(Decimal(0), Decimal(10_000_000), Decimal(30), crs="EPSG:32718")


class Shuffled:
    """Does parts backwards, through pickles, and gives their results in order."""

    workers = 1

    def run(self, parts):
        done = [pickle.loads(pickle.dumps(part)).run() for part in reversed(parts)]  # noqa: S301 - ours
        return iter(done[::-1])


def layer(path, values, *, name="y", codes=CODES, nodata=(0,), band=None, **profile):
    values = np.asarray(values)
    write_tile(path, values if values.dtype != np.int64 else values.astype(np.uint8), **profile)
    return ClassLayer(name, (path,), codes, nodata, band)


def measure(layers, *, zones, **changes):
    return measure_classes(layers, **told(zones, **({"lattice": LATTICE} | changes)))


def counts(rows):
    return {(row.zone_id, *row.codes): row.pixel_count for row in rows}


def whole(values):
    height, width = np.asarray(values).shape
    return [Shape("z", box(0, 0, width, height))]


def test_classes_and_nodata(tmp_path):
    values = [[3, 3, 15, 0], [18, 3, 0, 33]]
    result = measure([layer(tmp_path / "a.tif", values)], zones=whole(values))
    assert counts(result.layers[0]) == {
        ("z", None): 2, ("z", 3): 3, ("z", 15): 1, ("z", 18): 1, ("z", 33): 1
    }  # fmt: skip
    top, bottom = row_areas_um2(LATTICE, row=ROW, height=2).tolist()
    assert next(row for row in result.layers[0] if row.codes == (3,)).area_um2 == 2 * top + bottom
    assert {row.nominal_area_um2 for row in result.layers[0]} == {None}
    assert [row.codes[0] for row in result.layers[0]] == [None, 3, 15, 18, 33], "not observed comes first"


def test_joint_counts_are_changes_between_the_dates_and_single_layers_their_sums(tmp_path):
    before, after = [[3, 3, 15, 0]], [[15, 3, 0, 3]]
    layers = [layer(tmp_path / "a.tif", before), layer(tmp_path / "b.tif", after)]
    alone, together = (measure(layers, joint=joint, zones=whole(before)) for joint in ((), ((0, 1),)))
    assert counts(together.joint[0]) == {("z", 3, 15): 1, ("z", 3, 3): 1, ("z", 15, None): 1, ("z", None, 3): 1}
    assert together.layers == alone.layers
    assert alone.joint == []


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_codes_of_one_or_two_bytes(tmp_path, dtype):
    limits = np.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    values = np.array([[low, 1, high, high, 7]], dtype=dtype)
    result = measure([layer(tmp_path / "a.tif", values, codes=(low, high, 1), nodata=(7, 70_000))], zones=whole(values))
    assert counts(result.layers[0]) == {("z", None): 1, ("z", low): 1, ("z", 1): 1, ("z", high): 2}


def test_years_in_sixteen_bits_against_classes_in_eight(tmp_path):
    year, kind = np.array([[0, 1990, 2024, 1990]], np.uint16), np.array([[3, 15, 3, 15]], np.uint8)
    layers = [
        layer(tmp_path / "a.tif", year, codes=(0, *range(1982, 2025)), nodata=()),
        layer(tmp_path / "b.tif", kind),
    ]
    result = measure(layers, joint=((1, 0),), zones=whole(year))
    assert counts(result.joint[0]) == {("z", 3, 0): 1, ("z", 3, 2024): 1, ("z", 15, 1990): 2}


# --- what is refused ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("joint", [(), ((0, 1),), ((0, 1, 2),)])
@pytest.mark.parametrize("width", [6, 400])  # short and long runs are counted in two ways
def test_a_code_without_a_class_is_refused_with_its_place(tmp_path, joint, width):
    good = np.full((3, width), 3, np.uint8)
    bad = good.copy()
    bad[2, width - 2] = 99
    layers = [layer(tmp_path / f"{i}.tif", values, name=f"y{i}") for i, values in enumerate((good, bad, good))]
    with pytest.raises(InputError, match="layer y1 has a code that is no class") as caught:
        measure(layers, joint=joint, zones=whole(good))
    assert caught.value.found == "99"
    assert f"{tmp_path}/1.tif, row 2, column {width - 2} " in str(caught.value.where)
    outside = [Shape("z", box(0, 0, width, 2))]
    assert counts(measure(layers, joint=joint, zones=outside).layers[1]) == {("z", 3): 2 * width}


def test_nodata_of_a_header_that_the_product_does_not_know_is_refused(tmp_path):
    values = [[3, 15]]
    declared = layer(tmp_path / "a.tif", values, nodata=(0,))
    write_tile(tmp_path / "a.tif", np.array(values, np.uint8), nodata=33)
    with pytest.raises(InputError, match="undeclared nodata") as caught:
        measure([declared], zones=whole(values))
    assert "a.tif" in str(caught.value.where)
    assert "ignored_header_nodata" in str(caught.value.remedy)
    ignoring = ClassLayer("y", (tmp_path / "a.tif",), CODES, (0,), ignored_header_nodata=(33,))
    assert counts(measure([ignoring], zones=whole(values)).layers[0]) == {("z", 3): 1, ("z", 15): 1}


@pytest.mark.parametrize(
    ("codes", "nodata"), [((), ()), ((3, 3), ()), ((3, 15), (15,)), (tuple(range(MAX_CLASSES + 1)), ())]
)
def test_classes_that_contradict_themselves(tmp_path, codes, nodata):
    with pytest.raises(ProjectError, match="do not hold"):
        ClassLayer("y", (tmp_path / "a.tif",), codes, nodata)


def test_too_many_combinations(tmp_path):
    path = tmp_path / "a.tif"
    write_tile(path, np.array([[1, 2]], np.uint8))
    many = ClassLayer("y", (path,), tuple(range(1, 255)))
    with pytest.raises(ProjectError, match="too many combinations"):
        measure([many, many, many], joint=((0, 1, 2),), zones=whole([[1, 2]]))


def test_bands_of_years(tmp_path):
    path = tmp_path / "years.tif"
    bands = np.array([[[3, 3, 15]], [[3, 15, 15]]], np.uint8)
    write_tile(path, bands[0], count=2)
    with rasterio.open(path, "r+") as dataset:
        dataset.write(bands[1], 2)
    first, second, third = (ClassLayer("y", (path,), CODES, (0,), band=band) for band in (1, 2, 3))
    result = measure([first, second], joint=((0, 1),), zones=whole(bands[0]))
    assert counts(result.joint[0]) == {("z", 3, 3): 1, ("z", 3, 15): 1, ("z", 15, 15): 1}
    with pytest.raises(InputError, match="not a layer") as caught:
        measure([third], zones=whole(bands[0]))
    assert (caught.value.expected, caught.value.found) == ("a band 3", "2 bands")
    with pytest.raises(InputError, match="2 bands"):
        measure([ClassLayer("y", (path,), CODES)], zones=whole(bands[0]))


def test_a_palette_is_only_colours(tmp_path):
    path = tmp_path / "a.tif"
    write_tile(path, np.array([[3, 15]], np.uint8), photometric="palette")
    assert counts(measure([ClassLayer("y", (path,), CODES)], zones=whole([[3, 15]])).layers[0]) == {
        ("z", 3): 1, ("z", 15): 1
    }  # fmt: skip


def test_a_corrupt_strip_in_the_middle_names_the_file_and_its_rows(tmp_path):
    values = np.random.default_rng(2).choice(np.array(CODES, np.uint8), (300, 200))
    declared = layer(tmp_path / "a.tif", values, compress="deflate", blockysize=10)
    content = bytearray((tmp_path / "a.tif").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(InputError, match="cut short or corrupt") as caught:
        measure([declared], zones=whole(values), rows_per_band=20)
    first = int(str(caught.value.where).split("rows ")[1].split()[0])
    assert "a.tif" in str(caught.value.where)
    assert 100 <= first <= 200, "the rows of the band, not of the whole file"


def test_a_tile_that_lacks_and_another_grid(tmp_path):
    declared = layer(tmp_path / "a.tif", [[3, 3]])
    with pytest.raises(InputError, match="do not cover"):
        measure([declared], zones=[Shape("z", box(0, 0, 3, 1))])
    with pytest.raises(GridError):
        measure([declared], zones=whole([[3, 3]]), lattice=UTM)


# --- what must not change a digit --------------------------------------------------------------------------------
def retold(stack, tasks, zones, pixel_rule="centre"):
    """Count by dictionaries, pixel by pixel."""
    areas = row_areas_um2(LATTICE, row=ROW, height=stack.shape[1]).tolist()
    spans = centre_spans([zone.geometry for zone in zones], LATTICE)
    told = []
    for task in tasks:
        pixels, area = Counter(), Counter()
        for zone, row, start, stop in zip(
            *(getattr(spans, name).tolist() for name in ("shape", "row", "start", "stop")), strict=True
        ):
            for column in range(start, stop):
                codes = (int(stack[layer, row - ROW, column - COL]) for layer in task)
                key = (zones[zone].id, *(code or None for code in codes))
                pixels[key] += 1
                area[key] += areas[row - ROW]
        told.append((dict(pixels), dict(area)))
    return told


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 40),
    width=st.integers(1, 300),
    coherence=st.sampled_from([1, 4, 16]),
    rows=st.sampled_from([1, 7, 512]),
    cut=st.integers(0, 30),
)
def test_as_counted_pixel_by_pixel_with_any_bands_tiles_and_order(tmp_path, seed, height, width, coherence, rows, cut):
    rng = np.random.default_rng(seed)
    small = rng.choice(np.array((0, *CODES), np.uint8), (3, -(-height // coherence), -(-width // coherence)))
    stack = small.repeat(coherence, 1).repeat(coherence, 2)[:, :height, :width]
    zones = [
        Shape("all", box(0, 0, width, height)),
        Shape("corner", polygon((0, 0), (width, 0), (0.6 * width, height))),
    ]
    tasks = ((0, 1), (0, 1, 2), (2,))
    cut = min(cut, width - 1, height - 1)
    layers = []
    for index, plane in enumerate(stack):
        pieces = [(0, 0, plane)] if cut == 0 else [
            (0, 0, plane[:cut, :cut]), (0, cut, plane[:cut, cut:]), (cut, 0, plane[cut:, :cut]), (cut, cut, plane[cut:, cut:])
        ]  # fmt: skip
        paths = [
            write_tile(
                tmp_path / f"{index}_{top}_{left}.tif", np.ascontiguousarray(part), row=ROW + top, col=COL + left
            )
            for top, left, part in pieces
        ]
        layers.append(ClassLayer(f"y{index}", tuple(rng.permutation(np.array(paths, dtype=object))), CODES, (0,)))
    result = measure(layers, joint=tasks, zones=zones, rows_per_band=rows)
    for rows_found, (pixels, area) in zip(result.joint, retold(stack, tasks, zones), strict=True):
        assert counts(rows_found) == pixels
        assert {(row.zone_id, *row.codes): row.area_um2 for row in rows_found} == area
    for runner in (Threads(2), Threads(8), Shuffled()):
        assert measure(layers, joint=tasks, zones=zones, rows_per_band=rows, runner=runner) == result


def test_a_sum_beyond_64_bits(tmp_path):
    side = 130
    values = np.full((side, side), 3, np.uint8)
    row = measure([layer(tmp_path / "a.tif", values)], zones=whole(values)).layers[0][0]
    assert row.area_um2 == side * sum(row_areas_um2(LATTICE, row=ROW, height=side).tolist()) > 2**63


def test_strata_and_the_default_stratum_of_the_same_id(tmp_path):
    values = [[3, 3, 15, 15]]
    strata = [Shape("s", box(0, 0, 1, 1)), Shape("t", box(1, 0, 2, 1))]
    result = measure([layer(tmp_path / "a.tif", values)], zones=whole(values), strata=strata, default_stratum="s")
    assert {(row.stratum_id, *row.codes): row.pixel_count for row in result.layers[0]} == {
        ("s", 3): 1, ("s", 15): 2, ("t", 3): 1
    }  # fmt: skip


def test_classes_add_up_to_the_zone_by_fractions_too(tmp_path):
    values = np.random.default_rng(5).choice(np.array((0, *CODES), np.uint8), (40, 40))
    zones = [Shape("z", polygon((1.3, 2.2), (37.9, 4.1), (30.5, 39.2), (3.3, 33.7)))]
    result = measure([layer(tmp_path / "a.tif", values)], zones=zones, pixel_rule="fraction")
    one = measure([ClassLayer("one", (tmp_path / "a.tif",), (0, *CODES))], zones=zones, pixel_rule="fraction")
    assert [sum(row.area_um2 for row in result.layers[0])] == [zone.area_um2 for zone in result.zones]
    assert result.zones == one.zones
    assert {zone.pixel_rule for zone in one.zones} == {"fraction"}


@pytest.mark.parametrize("pixel_rule", ["centre", "fraction"])
def test_a_projected_grid_gives_both_areas(tmp_path, pixel_rule):
    values = np.random.default_rng(5).choice(np.array((0, *CODES), np.uint8), (900, 700))
    north, west = 26_000, 9_000
    profile = {
        "crs": CRS.from_epsg(32718),
        "transform": Affine(30, 0, west * 30.0, 0, -30, 10_000_000 - north * 30.0),
        "compress": "deflate",
    }
    back = UTM.projection.inverse(
        np.array([west + 20.0, west + 650, west + 500]) * 30,
        10_000_000 - 30 * np.array([north + 30.0, north + 100, north + 870]),
    )
    zones = [Shape("z", shapely.Polygon(np.column_stack(back)))]
    found = measure([layer(tmp_path / "a.tif", values, **profile)], zones=zones, lattice=UTM, pixel_rule=pixel_rule)
    result = found.layers[0]
    nominal, area = sum(row.nominal_area_um2 for row in result), sum(row.area_um2 for row in result)
    assert [(nominal, area)] == [(zone.nominal_area_um2, zone.area_um2) for zone in found.zones]
    geodesic = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(zones[0].geometry, 0.0005))[0])
    assert area / UM2_PER_M2 == pytest.approx(geodesic, rel=5e-4 if pixel_rule == "centre" else 1e-6)
    centre = zones[0].geometry.centroid
    scale = Proj(UTM.crs).get_factors(centre.x, centre.y).areal_scale
    assert nominal / area == pytest.approx(scale, rel=1e-5)
    assert abs(scale - 1) > 1e-4
    if pixel_rule == "centre":
        assert nominal == sum(row.pixel_count for row in result) * nominal_area_um2(UTM)


@pytest.mark.parametrize("pixel_rule", ["centre", "fraction"])
@pytest.mark.parametrize(
    "lattice", [UTM, replace(UTM, crs="EPSG:24878", transformation="PSAD56 to WGS 84 (8)")], ids=["WGS84", "PSAD56"]
)
def test_on_a_projected_grid_too_tiles_bands_and_threads_change_nothing(tmp_path, pixel_rule, lattice):
    stack = np.random.default_rng(8).choice(np.array((0, *CODES), np.uint8), (2, 300, 700))
    north, west = 26_000, 9_000
    corners = np.array([west + 20.0, west + 650, west + 400]), np.array([north + 30.0, north + 10, north + 280])
    zone = shapely.Polygon(np.column_stack(lattice.projection.inverse(corners[0] * 30, 10_000_000 - 30 * corners[1])))
    arguments = {"zones": [Shape("z", zone)], "lattice": lattice, "pixel_rule": pixel_rule, "joint": ((0, 1),)}

    def layers(cut_row, cut_column):
        found = []
        for index, plane in enumerate(stack):
            paths = []
            for top, bottom in ((0, cut_row), (cut_row, 300)):
                for left, right in ((0, cut_column), (cut_column, 700)):
                    if top < bottom and left < right:
                        transform = Affine(30, 0, (west + left) * 30.0, 0, -30, 10_000_000 - (north + top) * 30.0)
                        path = tmp_path / f"{index}_{cut_row}_{cut_column}_{top}_{left}.tif"
                        part = np.ascontiguousarray(plane[top:bottom, left:right])
                        paths.append(write_tile(path, part, crs=CRS.from_string(lattice.crs), transform=transform))
            found.append(ClassLayer(f"y{index}", tuple(paths[::-1]), CODES, (0,)))
        return found

    whole = measure(layers(0, 0), **arguments)
    for cuts, rows, runner in (((0, 0), 7, Threads(2)), ((111, 333), 64, Threads(8)), ((150, 40), 512, Shuffled())):
        assert measure(layers(*cuts), rows_per_band=rows, runner=runner, **arguments) == whole
