"""The sampling frame against plain enumeration: no pixel is lost or moved, and no seam, band or thread shows."""

import pickle
from decimal import Decimal
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mrv.errors import InputError, ProjectError
from raster import sampling_parts
from raster.area import row_areas_um2
from raster.bands import Layers
from raster.forest_years import forest_years
from raster.grid import Lattice, Window
from raster.loss import ForestRule, LossLayers, Region, Shape, measure_loss
from raster.parts import Threads, Work
from raster.sampling_frame import FrameRule, survey_class_frame, survey_loss_frame
from tests.unit.raster.pixels import ANY_COVER, COL, LATTICE, ROW, box, polygon, product, write_tile

PIXEL = int(row_areas_um2(LATTICE, row=ROW, height=1)[0])
ORDER = ["loss", "gain", "loss_buffer", "stable_forest", "stable_non_forest"]
COLUMNS = ("stratum_id", "zone_id", "carbon_stratum_id", "map_class", "map_loss_year", "row", "column", "area_um2")


def copied(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


class Pickled:
    """Does parts as another machine would: from copies, last one first."""

    workers = 1

    def run(self, parts):
        found = [copied(copied(part).run()) for part in reversed(parts)]
        yield from reversed(found)


def landscape(seed, height, width, *, years=6, share=0.15):
    """Return cover and loss with clumps, and a few pixels that are not observed."""
    rng = np.random.default_rng(seed)
    cover = np.where(ndimage.uniform_filter(rng.random((height, width)), 3) > 0.45, 80, 10)
    cover[rng.random((height, width)) < 0.03] = 255
    coarse = np.where(
        rng.random((height // 2 + 1, width // 3 + 1)) < share,
        rng.integers(1, years + 1, (height // 2 + 1, width // 3 + 1)),
        0,
    )
    loss = np.kron(coarse, np.ones((2, 3), int))[:height, :width]
    return cover.astype(np.uint8), loss.astype(np.uint8)


def tiles(folder, layers, cuts=((), ()), **profile):
    """Write layers as tiles cut at some rows and columns; return their paths by layer, last tile first."""
    shape = next(iter(layers.values())).shape
    rows, columns = ([0, *sorted(cut), size] for cut, size in zip(cuts, shape, strict=True))
    paths = {name: [] for name in layers}
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            for name, values in layers.items():
                path = folder / f"{name}-{top}-{left}-{bottom}-{right}-{len(profile)}.tif"
                part = np.ascontiguousarray(values[top:bottom, left:right])
                paths[name].insert(0, write_tile(path, part, row=ROW + top, col=COL + left, **profile))
    return {name: tuple(files) for name, files in paths.items()}


def loss_layers(folder, cover, loss, cuts=((), ()), **profile):
    found = tiles(folder, {"cover": cover, "loss": loss}, cuts, **profile)
    return LossLayers(found["cover"], found["loss"])


def rule(**changes):
    return FrameRule(
        **(
            {"first_year": 2003, "last_year": 2004, "loss_buffer_pixels": 0, "by_zone": True, "by_stratum": False}
            | changes
        )
    )


def survey(layers, zones, *, strata=(), default="rest", how=None, **changes):
    arguments = {"product": product(), "forest": ANY_COVER, "rule": how or rule()} | changes
    return survey_loss_frame(layers, Region(zones, strata, default), **arguments)


def classes(cover, loss, *, first=3, last=4, reach=0, gain=None):
    """Say of each pixel what the survey should, '' where it is not observed."""
    forest, lost = (cover > 30) & (cover <= 100), (loss >= first) & (loss <= last)
    own = forest & lost
    near = ndimage.binary_dilation(own, np.ones((2 * reach + 1,) * 2)) if reach else own
    found = np.where(near, "loss_buffer", "stable_forest")
    found = np.where(~forest | ((loss > 0) & (loss < first)), "stable_non_forest", found)
    if gain is not None:
        found = np.where((found == "stable_non_forest") & (gain == 1), "gain", found)
    return np.where(cover == 255, "", np.where(own, "loss", found))


def holding(shapes, height, width):
    """Return the id of the shape that holds each centre, '' where none does."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    longitude = float(LATTICE.x(COL)) + x * 0.00025
    latitude = float(LATTICE.y(ROW)) - y * 0.00025
    names = np.full((height, width), "", dtype=object)
    for shape in shapes:
        names[shapely.contains_xy(shape.geometry, longitude, latitude)] = shape.id
    return names


def enumerated(found, zones, strata, how):
    """Return {stratum id: [(row, column), ...] in the order of ranks} and what every pixel is."""
    height, width = found.shape
    zone = holding(zones, height, width)
    carbon = np.where((names := holding(strata, height, width)) == "", "rest", names)
    ranked, all_pixels = {}, []
    for row in range(height):
        for column in range(width):
            if zone[row, column] and found[row, column]:
                parts = [zone[row, column]] * how.by_zone + [carbon[row, column]] * how.by_stratum
                name = ".".join([*parts, found[row, column]])
                ranked.setdefault(name, []).append((row, column))
                all_pixels.append((row, column, name, zone[row, column], carbon[row, column]))
    return ranked, all_pixels


def listed(units):
    return list(zip(*(getattr(units, name).tolist() for name in COLUMNS), strict=True))


def shifted(*corners):
    """Return a polygon that goes through no centre of a pixel."""
    return polygon(*((column + 0.137, row + 0.211) for column, row in corners))


# The second lies beside the first in the same rows, reaches around it and has a hole.
ZONES = [
    Shape("north", shifted((1, 1), (30, 2), (28, 14), (2, 12))),
    Shape(
        "round",
        shapely.difference(
            shifted((2, 12), (28, 14), (30, 2), (38, 2), (37, 29), (1, 29)),
            shifted((8, 17), (20, 17), (18, 25), (9, 24)),
        ),
    ),
]
STRATA = [Shape("hill", shifted((5, 0), (22, 0), (18, 30), (3, 30)))]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_counts_areas_and_ranks_are_those_of_plain_enumeration(tmp_path_factory, data):
    folder, height, width = tmp_path_factory.mktemp("frame"), 31, 40
    seed, reach = data.draw(st.integers(0, 10**6)), data.draw(st.integers(0, 4))
    cover, loss = landscape(seed, height, width, share=data.draw(st.sampled_from([0.02, 0.2])))
    cuts = (data.draw(st.lists(st.integers(1, 30), max_size=2, unique=True)),
            data.draw(st.lists(st.integers(1, 39), max_size=2, unique=True)))  # fmt: skip
    how = rule(loss_buffer_pixels=reach, by_zone=data.draw(st.booleans()), by_stratum=data.draw(st.booleans()))
    work = Work(
        data.draw(st.sampled_from([Threads(1), Threads(3), Pickled()])), data.draw(st.sampled_from([1, 4, 512]))
    )
    with patch.object(sampling_parts, "SPARSE", data.draw(st.sampled_from([0, 64, 10**9]))):
        frame = survey(loss_layers(folder, cover, loss, cuts), ZONES, strata=STRATA, how=how, work=work)
        found = classes(cover, loss, reach=reach)
        ranked, pixels = enumerated(found, ZONES, STRATA, how)
        assert {stratum.stratum_id: stratum.pixel_count for stratum in frame.strata} == {
            name: len(members) for name, members in ranked.items()
        }
        areas = [int(area) for area in row_areas_um2(LATTICE, row=ROW, height=height)]
        assert {stratum.stratum_id: stratum.area_um2 for stratum in frame.strata} == {
            name: sum(areas[row] for row, _ in members) for name, members in ranked.items()
        }
        unseen = (holding(ZONES, height, width) != "") & (found == "")
        assert frame.unobserved_um2 == sum(areas[row] for row in np.nonzero(unseen)[0])
        assert (frame.pixel_count, frame.area_um2) == (len(pixels), sum(areas[row] for row, *_ in pixels))
        order = [(s.zone_id or "", s.carbon_stratum_id or "", ORDER.index(s.stratum_class)) for s in frame.strata]
        assert order == sorted(order)
        expected = {
            (row, column): (
                name, zone, carbon, found[row, column].replace("loss_buffer", "stable_forest"),
                2000 + int(loss[row, column]) if found[row, column] == "loss" else 0,
                ROW + row, COL + column, areas[row],
            )
            for row, column, name, zone, carbon in pixels
        }  # fmt: skip
        rng = np.random.default_rng(seed)
        ranks = {name: rng.permutation(len(members)) for name, members in ranked.items()}
        asked = [expected[members[rank]] for name, members in ranked.items() for rank in ranks[name].tolist()]
        assert listed(frame.units(ranks)) == asked
        any_rank = rng.permutation(len(pixels))
        whole = frame.units_of_frame(any_rank)
        assert listed(whole) == [expected[pixels[rank][:2]] for rank in any_rank.tolist()]
        spacing, row_start, column_start = 3, data.draw(st.integers(0, 2)), data.draw(st.integers(0, 2))
        net = frame.grid_units(row_start, column_start, spacing)
        assert listed(net) == [
            expected[place]
            for place in expected
            if (ROW + place[0]) % 3 == row_start and (COL + place[1]) % 3 == column_start
        ]
    west, north = float(LATTICE.x(COL)), float(LATTICE.y(ROW))
    assert whole.longitude == pytest.approx(west + (whole.column - COL + 0.5) * 0.00025, abs=1e-12)
    assert whole.latitude == pytest.approx(north - (whole.row - ROW + 0.5) * 0.00025, abs=1e-12)


def by_class(frame):
    sums = {}
    for stratum in frame.strata:
        pixels, area = sums.get((stratum.zone_id, stratum.map_class), (0, 0))
        sums[stratum.zone_id, stratum.map_class] = (pixels + stratum.pixel_count, area + stratum.area_um2)
    return sums


def by_class_of_land_cover(measured, first, last):
    """Add up what `measure_loss` counted to the classes of a frame."""
    sums = {}
    for row in measured.land_cover.to_pylist():
        if row["cover_class"] == "nodata":
            continue
        year = row["loss_year"] or 9999
        name = "stable_non_forest"
        if row["cover_class"] == "forest" and year >= first:
            name = "loss" if year <= last else "stable_forest"
        pixels, area = sums.get((row["zone_id"], name), (0, 0))
        sums[row["zone_id"], name] = (pixels + row["pixel_count"], area + int(row["area_um2"]))
    return sums


@pytest.mark.parametrize("extent", ["landscape", "zone"])
@pytest.mark.parametrize("minimum", [0, 4 * PIXEL, 20 * PIXEL])
@pytest.mark.parametrize("reach", [0, 3])
def test_classes_add_up_to_what_the_loss_measurement_counts(extent, minimum, reach, tmp_path):
    cover, loss = landscape(11, 31, 40)
    mask = np.where(np.random.default_rng(4).random(cover.shape) < 0.1, 2, 1).astype(np.uint8)
    mask[5:7, 5:9] = 0
    found = tiles(tmp_path, {"cover": cover, "loss": loss, "mask": mask}, ((9,), (13, 21)))
    layers = LossLayers(found["cover"], found["loss"], found["mask"])
    own = {
        "product": product(loss_year_nodata=(99,)),
        "forest": ForestRule(30, "greater", minimum, patch_extent=extent),
    }
    frame = survey(layers, ZONES, how=rule(loss_buffer_pixels=reach), work=Work(Threads(2), 5), **own)
    measured = measure_loss(layers, Region(ZONES, (), "rest", "centre"), **own)
    expected = by_class_of_land_cover(measured, 2003, 2004)
    assert by_class(frame) == expected
    assert len(expected) == 6
    taken = {row["zone_id"]: int(row["area_um2"]) for row in measured.zone_pixels.to_pylist()}
    assert frame.area_um2 + frame.unobserved_um2 == sum(taken.values())
    assert survey(layers, ZONES, how=rule(loss_buffer_pixels=reach), **own).strata == frame.strata
    units = frame.units({stratum.stratum_id: np.arange(stratum.pixel_count) for stratum in frame.strata})
    assert len(set(zip(units.row.tolist(), units.column.tolist(), strict=True))) == frame.pixel_count
    zone = holding(ZONES, *cover.shape)
    assert (zone[units.row - ROW, units.column - COL] == units.zone_id).all()
    assert (loss[units.row - ROW, units.column - COL][units.map_class == "loss"] >= 3).all()
    for stratum in frame.strata:
        assert sum(units.area_um2[units.stratum_id == stratum.stratum_id].tolist()) == stratum.area_um2


def test_patches_of_a_zones_own_pixels_and_loss_of_any_size_around_it(tmp_path):
    cover, loss = np.full((10, 10), 5, np.uint8), np.zeros((10, 10), np.uint8)
    cover[0:3, 0:5] = 90  # a patch of 15 pixels in the zone
    cover[4, 3:9] = 90  # 6 pixels, of which 2 in the zone
    cover[1, 6] = 90  # outside, and too small by itself
    loss[1, 6] = 3
    layers, zones = loss_layers(tmp_path, cover, loss), [Shape("z", box(0, 0, 5, 10))]
    for extent, expected in (
        ("zone", {"z.loss_buffer": 3, "z.stable_forest": 12, "z.stable_non_forest": 35}),
        ("landscape", {"z.stable_forest": 17, "z.stable_non_forest": 33}),
    ):
        forest = ForestRule(30, "greater", 5 * PIXEL, patch_extent=extent)
        frame = survey(layers, zones, how=rule(loss_buffer_pixels=2), forest=forest, work=Work(Threads(1), 2))
        assert {stratum.stratum_id: stratum.pixel_count for stratum in frame.strata} == expected
        units = frame.units({name: np.arange(count) for name, count in expected.items()})
        near = units.stratum_id == "z.loss_buffer"
        places = list(zip((units.row[near] - ROW).tolist(), (units.column[near] - COL).tolist(), strict=True))
        assert places == [(0, 4), (1, 4), (2, 4)][: len(places)]


@pytest.mark.parametrize("minimum", [0, 6 * PIXEL])
@pytest.mark.parametrize("share", [0.01, 0.2])
def test_no_seam_of_bands_blocks_or_tiles_moves_a_unit(minimum, share, tmp_path):
    cover, loss = landscape(23, 50, 64, share=share)
    zones = [Shape("a", shifted((3, 3), (40, 2), (36, 46), (4, 40))), Shape("b", box(41, 3, 61, 48))]
    own = {"how": rule(loss_buffer_pixels=3, by_zone=False), "forest": ForestRule(30, "greater", minimum)}
    one = loss_layers(tmp_path, cover, loss)
    expected = survey(one, zones, **own)
    ranks = {stratum.stratum_id: np.arange(stratum.pixel_count) for stratum in expected.strata}
    units = listed(expected.units(ranks))
    assert len(units) == len({unit[5:7] for unit in units}) == expected.pixel_count > 2000
    blocks = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    cuts = ((16, 40), (33, 34))
    ways = [
        (one, Work(Threads(2), 7)),
        (loss_layers(tmp_path, cover, loss, **blocks), Work(Threads(1), 16)),
        (loss_layers(tmp_path, cover, loss, cuts), Work(Threads(3), 512)),
        (loss_layers(tmp_path, cover, loss, cuts, **blocks), Work(Pickled(), 16)),
        (loss_layers(tmp_path, cover, loss, cuts), Work(Threads(1), 1)),
        (loss_layers(tmp_path, cover, loss, cuts, blockysize=1), Work(Threads(2), 7)),
    ]
    for layers, work in ways:
        frame = survey(layers, zones, work=work, **own)
        assert frame.strata == expected.strata
        assert listed(frame.units(ranks)) == units


def test_the_buffer_is_that_of_the_mapped_forest_whatever_zone_it_lies_in(tmp_path):
    cover, loss = landscape(5, 40, 50)
    zones = [Shape("a", box(4, 4, 25, 36)), Shape("b", box(25, 4, 44, 36))]
    forest = ForestRule(30, "greater", 6 * PIXEL)
    layers = loss_layers(tmp_path, cover, loss, ((17,), (25,)))
    frame = survey(layers, zones, how=rule(loss_buffer_pixels=2), forest=forest)
    # The map of patches is independent of the survey: the years of loss of the forest that remains.
    window = Window(ROW, COL, 40, 50)
    years = forest_years(Layers.open(layers, product(), forest, Region(zones).earth), window)
    lost = (years == 3) | (years == 4)
    near = ndimage.binary_dilation(lost, np.ones((5, 5))) & ((years == 254) | ((years > 4) & (years < 254)))
    assert near[4:36, 25].any() and near[4:36, 24].any() and lost[4:36, 23:27].any()
    ranks = {s.stratum_id: np.arange(s.pixel_count) for s in frame.strata if s.stratum_class == "loss_buffer"}
    units = frame.units(ranks)
    assert {
        (row - ROW, column - COL) for row, column in zip(units.row.tolist(), units.column.tolist(), strict=True)
    } == {(row, column) for row, column in np.argwhere(near).tolist() if 4 <= row < 36 and 4 <= column < 44}
    assert set(units.map_class) == {"stable_forest"}


def test_loss_at_the_rim_of_the_tiles_and_beside_the_zone(tmp_path):
    cover, loss = np.full((9, 12), 90, np.uint8), np.zeros((9, 12), np.uint8)
    loss[0, 0], loss[4, 9], loss[8, 5] = 3, 4, 2  # the last before the years of the sample
    layers = loss_layers(tmp_path, cover, loss)
    frame = survey(layers, [Shape("z", box(0, 0, 8, 9))], how=rule(loss_buffer_pixels=2))
    units = frame.units({"z.loss_buffer": np.arange(13)})
    assert [(row - ROW, column - COL) for row, column in zip(units.row.tolist(), units.column.tolist(), strict=True)] == [
        (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (2, 7), (3, 7), (4, 7), (5, 7), (6, 7),
    ]  # fmt: skip
    assert {stratum.stratum_id: stratum.pixel_count for stratum in frame.strata} == {
        "z.loss": 1, "z.loss_buffer": 13, "z.stable_forest": 57, "z.stable_non_forest": 1,
    }  # fmt: skip


def test_gain_wins_over_non_forest_only(tmp_path):
    cover = np.array([[10, 10, 90, 90, 90, 255]], np.uint8)
    loss = np.array([[0, 0, 3, 2, 0, 0]], np.uint8)
    gain = np.array([[1, 0, 1, 1, 1, 1]], np.uint8)
    found = tiles(tmp_path, {"cover": cover, "loss": loss, "gain": gain}, ((), (3,)))
    frame = survey(LossLayers(found["cover"], found["loss"]), [Shape("z", box(0, 0, 6, 1))], gain=found["gain"])
    units = frame.units_of_frame(np.arange(frame.pixel_count))
    assert units.stratum_id.tolist() == [
        "z.gain", "z.stable_non_forest", "z.loss", "z.gain", "z.stable_forest",
    ]  # fmt: skip
    assert units.map_loss_year.tolist() == [0, 0, 2003, 0, 0]
    bad = write_tile(tmp_path / "bad.tif", np.array([[0, 0, 0, 0, 7, 0]], np.uint8))
    layers = loss_layers(tmp_path, cover, loss)
    with pytest.raises(InputError, match="the layer gain") as refused:
        survey(layers, [Shape("z", box(0, 0, 6, 1))], gain=(bad,))
    assert refused.value.found == "7"
    assert "row 0, column 4" in refused.value.where


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "uint16"])
def test_a_class_layer(dtype, tmp_path):
    codes = np.array([[1, 2, 2, 3, 9], [3, 3, 2, 2, 2], [3, 4, 2, 2, 2]], dtype=dtype)
    path = write_tile(tmp_path / "classes.tif", codes)
    meaning = {"loss": (1,), "stable_forest": (2,), "stable_non_forest": (3,), "gain": (4,)}
    common = {"lattice": LATTICE, "classes": meaning, "nodata": (9, 30_000), "rule": rule(loss_buffer_pixels=2)}
    zones = Region([Shape("z", box(0, 0, 5, 3))], (), "rest")
    frame = survey_class_frame((path,), zones, **common)
    assert {s.stratum_id: (s.map_class, s.pixel_count) for s in frame.strata} == {
        "z.loss": ("loss", 1),
        "z.gain": ("gain", 1),
        "z.loss_buffer": ("stable_forest", 4),
        "z.stable_forest": ("stable_forest", 4),
        "z.stable_non_forest": ("stable_non_forest", 4),
    }
    units = frame.units({"z.loss_buffer": np.array([3, 0]), "z.loss": np.array([0])})
    assert [(row - ROW, column - COL) for row, column in zip(units.row.tolist(), units.column.tolist(), strict=True)] == [
        (2, 2), (0, 1), (0, 0),
    ]  # fmt: skip
    assert units.map_loss_year.tolist() == [0, 0, 0]
    assert frame.unobserved_um2 == PIXEL
    with pytest.raises(InputError, match="class map") as refused:
        survey_class_frame((path,), zones, **(common | {"nodata": ()}))
    assert refused.value.found == "9"
    with pytest.raises(ProjectError, match="two meanings"):
        survey_class_frame((path,), zones, **(common | {"nodata": (4,)}))


def test_a_class_layer_in_metres(tmp_path):
    lattice = Lattice.square(Decimal(300_000), Decimal(9_240_000), Decimal(30), crs="EPSG:32718")
    path = tmp_path / "utm.tif"
    codes = np.random.default_rng(3).integers(1, 3, (300, 200)).astype(np.uint8)
    profile = {"driver": "GTiff", "height": 300, "width": 200, "count": 1, "dtype": "uint8", "crs": "EPSG:32718"}
    with rasterio.open(path, "w", **profile, transform=rasterio.Affine(30, 0, 300_000, 0, -30, 9_240_000)) as written:
        written.write(codes, 1)
    way = lattice.projection
    corners = [(301_000, 9_239_000), (305_000, 9_239_200), (304_500, 9_232_000), (301_200, 9_232_500)]
    x, y = np.array(corners, dtype=float).T
    zone = Shape("z", shapely.Polygon(np.column_stack(way.inverse(x, y))))
    frame = survey_class_frame(
        (path,),
        Region([zone], (), "rest"),
        lattice=lattice,
        classes={"loss": (1,), "stable_forest": (2,)},
        nodata=(),
        rule=rule(),
        work=Work(Threads(2), 64),
    )
    units = frame.units_of_frame(np.arange(frame.pixel_count))
    assert shapely.contains_xy(zone.geometry, units.longitude, units.latitude).all()
    assert (codes[units.row, units.column] == np.where(units.map_class == "loss", 1, 2)).all()
    assert sum(units.area_um2.tolist()) == frame.area_um2
    assert frame.area_um2 / 1e12 == pytest.approx(frame.pixel_count * 900, rel=2e-3)


def test_zones_that_share_pixels_are_refused_and_neighbours_are_not(tmp_path):
    layers = loss_layers(tmp_path, *landscape(1, 20, 20))
    frame = survey(layers, [Shape("one", box(0, 0, 10, 20)), Shape("two", box(10, 0, 20, 20))])
    assert frame.area_um2 + frame.unobserved_um2 == sum(
        20 * int(area) for area in row_areas_um2(LATTICE, row=ROW, height=20)
    )
    # They overlap by a strip without a centre.
    survey(layers, [Shape("one", box(0, 0, 10.3, 20)), Shape("two", box(10, 0, 20, 20))])
    with pytest.raises(ProjectError, match="two sampled zones overlap") as refused:
        survey(
            layers, [Shape("far", box(0, 0, 3, 3)), Shape("one", box(4, 2, 12, 20)), Shape("two", box(10, 5, 20, 20))]
        )
    assert refused.value.where == "zones one and two"
    assert LATTICE.extent(Window(ROW + 5, COL + 10, 1, 1)) in refused.value.found


def test_what_cannot_be_asked(tmp_path):
    cover, loss = landscape(2, 12, 12)
    layers = loss_layers(tmp_path, cover, loss)
    zones = [Shape("z", box(0, 0, 12, 12))]
    frame = survey(layers, zones)
    count = {stratum.stratum_id: stratum.pixel_count for stratum in frame.strata}["z.loss"]
    for ranks in ([count], [0, -1]):
        with pytest.raises(ProjectError, match="does not have") as refused:
            frame.units({"z.loss": np.array(ranks)})
        assert refused.value.where == "z.loss"
        assert refused.value.expected == f"ranks from 0 to {count - 1}"
    with pytest.raises(ProjectError, match="does not have"):
        frame.units_of_frame(np.array([frame.pixel_count]))
    with pytest.raises(ProjectError, match="no such stratum") as refused:
        frame.units({"z.gain": np.array([0])})
    assert refused.value.found == "z.gain"
    for years in ({"first_year": 2000}, {"last_year": 2024}, {"first_year": 2004, "last_year": 2003}):
        with pytest.raises(ProjectError, match="does not show loss of the years"):
            survey(layers, zones, how=rule(**years))
    assert len(frame.units({})) == 0
    write_tile(layers.loss_year[0], np.zeros_like(loss))
    with pytest.raises(InputError, match="not as it was") as refused:
        frame.units({"z.loss": np.array([0])})
    assert str(layers.tree_cover[0]) in refused.value.where


@pytest.mark.parametrize(
    ("layer", "value", "expected"), [("loss_year", 24, "0 to 23"), ("tree_cover", 101, "0 to 100")]
)
def test_a_value_that_the_product_does_not_have_is_refused_inside_zones_only(layer, value, expected, tmp_path):
    layers = {"tree_cover": np.full((200, 300), 90, np.uint8), "loss_year": np.zeros((200, 300), np.uint8)}
    layers[layer][150, 70] = value
    found = tiles(tmp_path, layers)
    given_layers = LossLayers(found["tree_cover"], found["loss_year"])
    how = rule(loss_buffer_pixels=2)
    frame = survey(given_layers, [Shape("z", box(0, 0, 300, 150))], how=how)
    assert [(s.stratum_id, s.pixel_count) for s in frame.strata] == [("z.stable_forest", 45_000)]
    with pytest.raises(InputError, match=f"the layer {layer}") as refused:
        survey(given_layers, [Shape("z", box(0, 0, 300, 151))], how=how)
    assert refused.value.found == str(value)
    assert refused.value.expected.startswith(expected)
    assert "row 150, column 70" in refused.value.where
