"""Pixel areas against published values, an independent geodesic, and the limits of 64 bits."""

import json
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from mrv.errors import GridError
from mrv.units import UM2_PER_HA, UM2_PER_M2
from raster.area import WGS84, EarthModel, cell_area_m2, row_areas_um2
from raster.grid import Lattice

ORACLE = Path(__file__).resolve().parents[3] / ".." / "shared" / "oracles" / "area.json"
FROM_EQUATOR = Lattice.square(Decimal(-80), Decimal(0), Decimal("0.00025"))


@pytest.mark.skipif(not ORACLE.is_file(), reason="the published values do not lie beside the project")
def test_published_pixel_areas():
    oracle = json.loads(ORACLE.read_text())["pixel_area"]
    for top, expected in oracle["cells_m2"].items():
        row = int(-Decimal(top.removeprefix("top=")) / FROM_EQUATOR.pixel_width)
        measured = int(row_areas_um2(FROM_EQUATOR, row=row, height=1)[0]) / UM2_PER_M2
        assert measured == pytest.approx(expected, rel=oracle["rtol"])


# Methodology of the platform, pixel area in EPSG:4326, checked against pyproj.
@pytest.mark.parametrize(
    ("top", "expected_m2"),
    [("0", 769.3170049), ("-7.0", 763.7342959), ("-7.5", 762.9091918), ("-8.0", 762.0274403)],
)
def test_a_pixel_of_a_quarter_of_a_thousandth_of_a_degree(top, expected_m2):
    row = int(-Decimal(top) / FROM_EQUATOR.pixel_height)
    measured = int(row_areas_um2(FROM_EQUATOR, row=row, height=1)[0]) / UM2_PER_M2
    assert measured == pytest.approx(expected_m2, rel=1e-8)


# The same source.
@pytest.mark.parametrize(
    ("row", "height", "width", "expected_ha"), [(28000, 4000, 4000, 1220639.9423), (0, 40000, 40000, 122483229.398)]
)
def test_sums_of_pixels_are_cells(row, height, width, expected_ha):
    total = sum(row_areas_um2(FROM_EQUATOR, row=row, height=height).tolist()) * width
    assert total > 2**63, "such a sum does not fit 64 bits"
    assert total / UM2_PER_HA == pytest.approx(expected_ha, rel=1e-8)


def test_the_whole_earth():
    total = sum(cell_area_m2(north=90 - i, south=89 - i, width_deg=360) for i in range(180))
    assert total / 1e12 == pytest.approx(510.0656217, rel=1e-8)


@given(st.floats(-89.5, 89.0), st.floats(0.05, 0.5))
def test_as_an_independent_geodesic(south, size):
    steps = 60  # a parallel is no geodesic: many short sides approach it
    lon = [size * i / steps for i in range(steps + 1)]
    x, y = [*lon, *reversed(lon)], [south] * (steps + 1) + [south + size] * (steps + 1)
    geodesic = abs(Geod(ellps="WGS84").polygon_area_perimeter(x, y)[0])
    assert cell_area_m2(north=south + size, south=south, width_deg=size) == pytest.approx(geodesic, rel=2e-6)


def test_a_sphere_is_the_limit_of_a_round_ellipsoid():
    sphere = cell_area_m2(north=-7, south=-8, width_deg=1, earth=EarthModel("sphere", 6378137.0, 0.0))
    nearly = cell_area_m2(north=-7, south=-8, width_deg=1, earth=EarthModel("nearly", 6378137.0, 1e-12))
    assert sphere == pytest.approx(nearly, rel=1e-11)
    assert sphere / cell_area_m2(north=-7, south=-8, width_deg=1) == pytest.approx(1.006, abs=1e-3)


def test_halves_of_a_pixel_make_the_pixel():
    whole = cell_area_m2(north=-7, south=-7.00025, width_deg=0.00025)
    parts = [cell_area_m2(north=-7 - i * 0.000025, south=-7 - (i + 1) * 0.000025, width_deg=0.00025) for i in range(10)]
    assert sum(parts) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(("pixel", "row"), [("0.00025", 360000), ("1", 0)])
def test_refuses_rows_beyond_a_pole_and_pixels_beyond_64_bits(pixel, row):
    with pytest.raises(GridError):
        row_areas_um2(Lattice.square(Decimal(-180), Decimal(0), Decimal(pixel)), row=row, height=1, earth=WGS84)


def exact_area_um2(north: Decimal, south: Decimal, width_deg: Decimal) -> Decimal:
    """The closed form with 50 digits; the sine by its series."""
    with localcontext() as context:
        context.prec = 50
        pi = Decimal("3.14159265358979323846264338327950288419716939937510")

        def sine(degrees: Decimal) -> Decimal:
            x = degrees * pi / 180
            term, total, n = x, x, 1
            while abs(term) > Decimal(10) ** -48:
                term *= -x * x / ((n + 1) * (n + 2))
                total, n = total + term, n + 2
            return total

        e2, b = Decimal(repr(WGS84.e2)), Decimal(repr(WGS84.b))
        e = e2.sqrt()

        def part(degrees: Decimal) -> Decimal:
            s = sine(degrees)
            return s / (1 - e2 * s * s) + ((1 + e * s) / (1 - e * s)).ln() / (2 * e)

        return b * b / 2 * width_deg * pi / 180 * (part(north) - part(south)) * Decimal(10) ** 12


@given(st.integers(0, 559_999))
def test_row_areas_hold_to_two_square_micrometres(row):
    lattice = Lattice.square(Decimal(-180), Decimal(80), Decimal("0.00025"))
    north = lattice.y(row)
    exact = exact_area_um2(north, lattice.y(row + 1), Decimal("0.00025"))
    assert abs(int(row_areas_um2(lattice, row=row, height=1)[0]) - exact) <= 2
