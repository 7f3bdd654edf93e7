"""Grids in other coordinate systems: which are refused, shapes that come out where they lie, pixels of their true area."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from rasterio.crs import CRS
from rasterio.transform import Affine
from shapely.ops import split

from mrv.errors import GridError
from mrv.units import UM2_PER_M2
from raster.area import node_columns, nominal_area_um2, piece_areas_um2, row_areas_um2
from raster.coverage import fraction_spans
from raster.grid import Lattice, Window
from raster.projected import DEVIATION_PIXELS, project_rings, projection
from raster.reading import inspect_tile
from raster.rules import Region, Shape
from raster.spans import Edges, centre_spans
from raster.zoning import lay_zones
from tests.unit.raster.pixels import write_tile

UTM = Lattice.square(Decimal(0), Decimal(10_000_000), Decimal(30), crs="EPSG:32718")
PSAD56 = "EPSG:24878"
OF_PERU = "PSAD56 to WGS 84 (8)"
EQUAL_AREA = Lattice.square(Decimal("-17367530.44"), Decimal("7314540.83"), Decimal(30), crs="EPSG:6933")
GEOD = Geod(ellps="WGS84")
ZONE = shapely.Polygon([(-77.61, -7.02), (-76.4, -7.3), (-76.38, -8.1), (-77.2, -7.9), (-77.7, -8.05)])


# --- which coordinate systems ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("crs", "transformation", "message"),
    [
        ("EPSG:99999", None, "not known"),
        ("UTM 18", None, "not known"),
        ("EPSG:2263", None, "cannot be measured in"),  # feet
        ("EPSG:5041", None, "cannot be measured in"),  # south in every direction
        (PSAD56, None, "several changes of datum"),
        (PSAD56, "PSAD56 to WGS 84 (99)", "no such change of datum"),
        ("EPSG:32718", OF_PERU, "no such change of datum"),
    ],
)
def test_what_cannot_be_reached_without_a_guess_is_refused(crs, transformation, message):
    with pytest.raises(GridError, match=message):
        projection(crs, transformation)


def test_the_candidates_of_an_old_datum_are_listed_and_the_declared_one_is_said():
    with pytest.raises(GridError) as caught:
        projection(PSAD56)
    assert OF_PERU in str(caught.value.expected)
    way = projection(PSAD56, OF_PERU)
    assert way.description == f"{PSAD56} (PSAD56 / UTM zone 18S) by {OF_PERU}, accuracy 16 m"
    assert projection("EPSG:32718").transformation is None
    assert projection("EPSG:4674").transformation == "SIRGAS 2000 to WGS 84 (1)"


def test_an_old_datum_lies_hundreds_of_metres_away():
    place = np.array([-77.0]), np.array([-7.5])
    old = np.array(projection(PSAD56, OF_PERU).forward(*place))
    new = np.array(projection("EPSG:32718").forward(*place))
    assert 200 < np.hypot(*(old - new)[:, 0]) < 500


def test_a_change_of_datum_is_not_used_outside_its_area():
    chile = projection(PSAD56, "PSAD56 to WGS 84 (17)")
    with pytest.raises(GridError, match="outside the area"):
        chile.forward(np.array([-77.0]), np.array([-7.5]))


def test_a_tile_must_say_the_declared_crs(tmp_path):
    values = np.ones((4, 5), np.uint8)
    where = Affine(30, 0, 300_000, 0, -30, 9_200_010)
    lattice = replace(UTM, north=Decimal(10_000_020))
    right = write_tile(tmp_path / "a.tif", values, crs=CRS.from_epsg(32718), transform=where)
    assert inspect_tile(right, lattice=lattice, kind="classes").window == Window(26667, 10_000, 4, 5)
    for crs in (CRS.from_epsg(24878), CRS.from_epsg(32717), CRS.from_epsg(4326), None):
        other = write_tile(tmp_path / "b.tif", values, crs=crs, transform=where)
        with pytest.raises(GridError, match="coordinate system") as caught:
            inspect_tile(other, lattice=lattice, kind="classes")
        assert caught.value.expected == "EPSG:32718"
    turned = write_tile(tmp_path / "c.tif", values, crs=CRS.from_epsg(32718), transform=where @ Affine.rotation(1))
    with pytest.raises(GridError, match="metres") as caught:
        inspect_tile(turned, lattice=lattice, kind="classes")
    assert "rotation" in str(caught.value.found)
    with pytest.raises(GridError, match="several changes"):
        inspect_tile(right, lattice=replace(lattice, crs=PSAD56), kind="classes")


# --- shapes ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("lattice", [UTM, EQUAL_AREA, replace(UTM, crs=PSAD56, transformation=OF_PERU)])
def test_sides_bend_as_the_map_does(lattice):
    sides = Edges.of([ZONE], lattice)
    way = lattice.projection
    dense = shapely.segmentize(shapely.orient_polygons(ZONE), 0.01)
    x, y = way.forward(*shapely.get_coordinates(dense).T)
    true = np.column_stack([lattice.columns(x), lattice.rows(y)])
    ours = shapely.MultiLineString(
        np.stack([np.stack([sides.x0, sides.y0], 1), np.stack([sides.x1, sides.y1], 1)], 1).tolist()
    )
    assert shapely.distance(ours, shapely.points(true)).max() < 2 * DEVIATION_PIXELS < 0.01
    assert len(sides) >= len(ZONE.exterior.coords)


def test_straight_sides_would_be_wrong():
    way = UTM.projection
    _, y = way.forward(np.array([-77.6, -77.0, -76.4]), np.full(3, -7.0))
    assert abs(y[1] - (y[0] + y[2]) / 2) > 30, "more than a pixel between the chord and the side"


@given(st.lists(st.tuples(st.floats(-78, -72), st.floats(-12, -1)), min_size=3, max_size=6, unique=True))
@settings(max_examples=25, deadline=None)
def test_neighbours_get_the_same_vertices(points):
    ring = np.array([*points, points[0]])
    way, nothing = UTM.projection, np.zeros(len(ring), dtype=np.int64)
    forth, _ = project_rings(ring, nothing, way=way, pixel=(30.0, 30.0))
    back, _ = project_rings(ring[::-1], nothing, way=way, pixel=(30.0, 30.0))
    np.testing.assert_array_equal(forth, back[::-1])
    ends = np.column_stack(way.forward(ring[:, 0], ring[:, 1]))
    assert {tuple(end) for end in ends} <= {tuple(point) for point in forth}


def test_zones_that_share_a_side_share_no_pixel():
    cut = shapely.LineString([(-78, -7.05), (-76, -8.0)])
    one, other = split(ZONE, cut).geoms
    coarse = replace(UTM, pixel_width=Decimal(200), pixel_height=Decimal(300))
    both = centre_spans([one, other], coarse)
    whole = centre_spans([one.union(other)], coarse)
    assert (both.stop - both.start).sum() == (whole.stop - whole.start).sum()
    pixels = {(row, col) for row, lo, hi in zip(both.row, both.start, both.stop, strict=True) for col in range(lo, hi)}
    assert len(pixels) == (both.stop - both.start).sum()


def test_a_window_holds_the_shape():
    spans = fraction_spans([ZONE], UTM)
    window = UTM.window(ZONE.bounds)
    assert window.row <= spans.row.min() and spans.row.max() < window.row_stop
    assert window.col <= spans.start.min() and spans.stop.max() <= window.col_stop


# --- areas -------------------------------------------------------------------------------------------------------
def geodesic_m2(lattice, row, start, stop):
    """Return the geodesic area of pixels of a row, with many vertices along the sides."""
    along = np.linspace(start, stop, 60)
    columns = np.concatenate([along, along[::-1]])
    rows = np.concatenate([np.full(60, row), np.full(60, row + 1)])
    x = float(lattice.west) + columns * float(lattice.pixel_width)
    y = float(lattice.north) - rows * float(lattice.pixel_height)
    back = Transformer.from_crs(lattice.crs, "EPSG:4326", always_xy=True)
    return abs(GEOD.polygon_area_perimeter(*back.transform(x, y))[0])


@given(
    row=st.integers(1_000, 60_000),
    column=st.integers(5_540, 27_700),  # 166 to 831 km: the whole zone and a little more
    length=st.integers(1, 66),
    width=st.sampled_from(["10", "30", "92.5"]),
)
@settings(max_examples=60, deadline=None)
def test_the_area_of_a_piece_is_geodesic(row, column, length, width):
    lattice = Lattice(Decimal(0), Decimal(10_000_000), Decimal(width), Decimal(30), "EPSG:32718")
    step = node_columns(lattice)
    start = int(column * 30 / float(width))
    stop = min(start + length, (start // step + 1) * step)
    piece = piece_areas_um2(lattice, row=np.array([row]), start=np.array([start]), stop=np.array([stop]))
    measured = int(piece[0]) * (stop - start) / UM2_PER_M2
    assert measured == pytest.approx(geodesic_m2(lattice, row, start, stop), rel=1e-7)


def test_on_an_equal_area_grid_nominal_is_geodesic():
    for lattice in (EQUAL_AREA, Lattice.square(EQUAL_AREA.west, EQUAL_AREA.north, Decimal(100), crs="EPSG:6933")):
        window = lattice.window(ZONE.bounds)
        pieces = np.arange(window.col, window.col_stop, node_columns(lattice))
        areas = piece_areas_um2(
            lattice, row=np.full(len(pieces), window.row + 500), start=pieces, stop=pieces + node_columns(lattice)
        )
        np.testing.assert_allclose(areas, nominal_area_um2(lattice), rtol=1e-8)


def test_degrees_of_another_datum_have_the_areas_of_a_row():
    square = Lattice.square(Decimal(-80), Decimal(0), Decimal("0.00025"))
    areas = piece_areas_um2(
        replace(square, crs="EPSG:4674"), row=np.array([28_000]), start=np.array([12_000]), stop=np.array([12_010])
    )
    assert int(areas[0]) == pytest.approx(int(row_areas_um2(square, row=28_000, height=1)[0]), rel=1e-7)
    assert nominal_area_um2(square) is None


def test_zones_on_a_projected_grid_have_their_geodesic_area_in_pieces_that_add_up():
    geodesic = abs(GEOD.geometry_area_perimeter(shapely.segmentize(ZONE, 0.001))[0])
    west = shapely.box(-78, -9, -77.0, -6)
    totals = {}
    for strata in ([], [Shape("west", west)]):
        spans = lay_zones(Region([Shape("z", ZONE)], strata, "rest", "fraction"), UTM)
        assert ((spans.stop - 1) // node_columns(UTM) == spans.start // node_columns(UTM)).all()
        totals[len(strata)] = spans.total_um2()
        assert totals[len(strata)] / UM2_PER_M2 == pytest.approx(geodesic, rel=1e-6)
        nominal = int(((spans.stop - spans.start) * spans.nominal_um2).sum())
        assert abs(nominal / totals[len(strata)] - 1) > 1e-4, "the scale of the map is not 1 here"
        assert (spans.nominal_um2[~spans.partial] == 900 * UM2_PER_M2).all()
    assert totals[0] == pytest.approx(totals[1], rel=1e-12)


def test_areas_are_refused_where_they_mean_nothing():
    here = {"row": np.array([0]), "start": np.array([0]), "stop": np.array([1])}
    with pytest.raises(GridError, match="cannot be measured"):
        piece_areas_um2(Lattice.square(Decimal(10**12), Decimal(0), Decimal(30), crs="EPSG:32718"), **here)
    with pytest.raises(GridError, match="cannot be measured"):
        piece_areas_um2(Lattice.square(Decimal(500_000), Decimal(0), Decimal(3000), crs="EPSG:32718"), **here)
    with pytest.raises(GridError, match="longitude and latitude only"):
        row_areas_um2(UTM, row=0, height=1)
    with pytest.raises(GridError, match="no whole number"):
        nominal_area_um2(replace(UTM, pixel_width=Decimal("1e-14")))
