"""Spans by pixel centre and covered parts, against point-in-polygon and clipping by shapely."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from raster.coverage import fraction_spans
from raster.spans import centre_spans
from tests.unit.raster.pixels import COL, LATTICE, ROW, box, polygon, spread, to_degrees

SIZE = 24
HOLED = shapely.Polygon([(1.2, 1.1), (20.7, 2.4), (18.3, 21.9), (2.6, 17.2)], [[(5.1, 5.2), (11.4, 6.3), (9.2, 13.8)]])
PIXELS = np.mgrid[0:SIZE, 0:SIZE]


def to_pixels(geometry):
    return shapely.transform(
        geometry, lambda xy: np.column_stack([LATTICE.columns(xy[:, 0]) - COL, LATTICE.rows(xy[:, 1]) - ROW])
    )


def inside(geometry):
    rows, columns = PIXELS
    return shapely.contains_xy(to_pixels(geometry), columns + 0.5, rows + 0.5)


def parts(geometry):
    rows, columns = PIXELS
    cells = shapely.box(columns, rows, columns + 1, rows + 1)
    return shapely.area(shapely.intersection(cells, to_pixels(geometry)))


@st.composite
def stars(draw):
    """Draw a polygon around the middle of the test tile, often with level and upright sides."""
    count = draw(st.integers(3, 14))
    radius = st.one_of(st.floats(0.3, 11), st.integers(1, 11).map(float))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radii = np.array(draw(st.lists(radius, min_size=count, max_size=count)))
    corners = np.column_stack([12 + radii * np.cos(angles), 12 + radii * np.sin(angles)])
    if draw(st.booleans()):
        corners = np.round(corners * 4) / 4  # sides on grid lines and on centres
    return shapely.make_valid(shapely.Polygon(corners))


def polygonal(geometry):
    return geometry.geom_type in {"Polygon", "MultiPolygon"} and not geometry.is_empty


@settings(max_examples=150, deadline=None)
@given(stars().filter(polygonal))
def test_covered_parts_are_those_of_clipping(shape):
    shape = to_degrees(shape)
    measured = spread(fraction_spans([shape], LATTICE), 0, SIZE, SIZE)
    np.testing.assert_allclose(measured, parts(shape), atol=2e-8)
    assert measured.max() <= 1


@settings(max_examples=150, deadline=None)
@given(stars().filter(polygonal))
def test_centres_are_those_in_the_polygon(shape):
    shape = to_degrees(shape)
    measured = spread(centre_spans([shape], LATTICE), 0, SIZE, SIZE)
    rows, columns = PIXELS
    centres = shapely.points(columns + 0.5, rows + 0.5)
    clear = shapely.distance(shapely.boundary(to_pixels(shape)), centres) > 1e-6
    np.testing.assert_array_equal(measured[clear], inside(shape)[clear])
    assert set(np.unique(measured)) <= {0.0, 1.0}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 48), min_size=2, max_size=6))
def test_neighbours_share_every_pixel_without_a_gap(line):
    """A polyline through the tile, with corners on centres and grid lines, divides it into two neighbours."""
    heights = np.linspace(-1, SIZE + 1, len(line))
    border = [(x / 2, y) for x, y in zip(line, heights, strict=True)]
    left = to_degrees(shapely.Polygon([(-30, -1), *border, (-30, SIZE + 1)]))
    right = to_degrees(shapely.Polygon([(60, -1), *border, (60, SIZE + 1)]))
    for spans in (centre_spans([left, right], LATTICE), fraction_spans([left, right], LATTICE)):
        one = sum(spread(spans, side, SIZE + 2, 90, row=ROW - 1, col=COL - 30) for side in (0, 1))
        np.testing.assert_allclose(one, 1.0, atol=2e-9)


def test_a_border_through_pixel_centres_gives_each_pixel_to_one_neighbour():
    spans = centre_spans([box(0, 0, 4.5, 6.5), box(4.5, 0, 9, 6.5), box(0, 6.5, 9, 10)], LATTICE)
    total = sum(spread(spans, shape, 10, 9) for shape in range(3))
    np.testing.assert_array_equal(total, np.ones((10, 9)))


def test_holes_and_several_parts():
    shape = to_degrees(shapely.MultiPolygon([HOLED, shapely.box(0.2, 21.3, 3.4, 23.6)]))
    np.testing.assert_array_equal(spread(centre_spans([shape], LATTICE), 0, SIZE, SIZE), inside(shape))
    np.testing.assert_allclose(spread(fraction_spans([shape], LATTICE), 0, SIZE, SIZE), parts(shape), atol=2e-8)


def test_the_direction_of_rings_does_not_matter():
    shape = to_degrees(HOLED)
    turned = shapely.reverse(shape)
    for lay in (centre_spans, fraction_spans):
        np.testing.assert_allclose(
            spread(lay([shape], LATTICE), 0, SIZE, SIZE), spread(lay([turned], LATTICE), 0, SIZE, SIZE), atol=1e-12
        )


def test_a_level_edge_through_pixels_covers_them_all_in_part():
    measured = spread(fraction_spans([box(2, 3.25, 12, 8)], LATTICE), 0, SIZE, SIZE)
    np.testing.assert_allclose(measured[3, 2:12], 0.75, atol=1e-9)
    np.testing.assert_allclose(measured, parts(box(2, 3.25, 12, 8)), atol=1e-9)


def test_a_polygon_within_one_pixel():
    shape = polygon((5.2, 5.2), (5.6, 5.2), (5.6, 5.4), (5.2, 5.4))
    np.testing.assert_allclose(spread(fraction_spans([shape], LATTICE), 0, SIZE, SIZE), parts(shape), atol=1e-9)
    assert len(centre_spans([shape], LATTICE).row) == 0


def test_no_shape_takes_no_pixel():
    assert len(centre_spans([], LATTICE).row) == len(fraction_spans([], LATTICE).row) == 0
