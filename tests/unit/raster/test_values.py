"""Measured values in zones: exact means, what is nodata, and what is refused."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mrv.errors import InputError, ProjectError
from raster.area import row_areas_um2
from raster.parts import PLAIN, Threads
from raster.rules import Shape
from raster.values import MAX_STEPS, ValueLayer, _add_product, _integer, measure_values
from tests.unit.raster.pixels import LATTICE, ROW, box, told, write_tile


def measure(
    folder, values, *, zones=None, row=ROW, pixel_rule="centre", rows_per_band=512, runner=PLAIN.runner, **layer
):
    path = write_tile(folder / "a.tif", np.asarray(values), row=row)
    height, width = np.shape(values)
    found = measure_values(
        ValueLayer(**({"name": "agb", "paths": (path,), "step": Decimal(1)} | layer)),
        **told(
            zones or [Shape("z", box(0, 0, width, height))],
            lattice=LATTICE,
            pixel_rule=pixel_rule,
            rows_per_band=rows_per_band,
            runner=runner,
        ),
    )
    assert {row.area_um2 for row in found.zones} == {row.area_um2 + row.nodata_area_um2 for row in found.rows}
    return found.rows


def test_mean_weighted_by_area_least_and_largest(tmp_path):
    (row,) = measure(tmp_path, np.array([[10, 20, 0], [30, 40, 50]], np.uint16), nodata=(0,))
    top, bottom = row_areas_um2(LATTICE, row=ROW, height=2).tolist()
    exact = Fraction(30 * top + 120 * bottom, 2 * top + 3 * bottom)
    assert abs(Fraction(row.mean) - exact) <= Fraction(1, 2 * 10**9)
    assert (row.minimum, row.maximum) == (10, 50)
    assert (row.pixel_count, row.area_um2, row.nodata_area_um2) == (5, 2 * top + 3 * bottom, top)


def test_nothing_measured_has_no_mean(tmp_path):
    (row,) = measure(tmp_path, np.full((2, 2), -9999.0, np.float32), nodata=(-9999.0, float("nan")))
    assert (row.pixel_count, row.area_um2, row.mean, row.minimum, row.maximum) == (0, 0, None, None, None)
    assert row.nodata_area_um2 > 0


def test_values_are_rounded_to_the_declared_step(tmp_path):
    (row,) = measure(tmp_path, np.array([[0.26, 0.34]], np.float32), step=Decimal("0.1"))
    assert (row.minimum, row.maximum, row.mean) == (Decimal("0.3"), Decimal("0.3"), Decimal("0.3"))


@pytest.mark.parametrize(
    ("value", "layer"),
    [
        (float("nan"), {}),
        (float("inf"), {}),
        (-9999.0, {"valid": (Decimal(0), None)}),
        (601.0, {"valid": (Decimal(0), Decimal(600))}),
        (float(MAX_STEPS), {}),
        (-float(MAX_STEPS), {"nodata": (float("nan"),)}),
    ],
)
def test_values_that_the_product_does_not_have(tmp_path, value, layer):
    with pytest.raises(InputError, match="does not have") as caught:
        measure(tmp_path, np.array([[1, 2], [3, value]], np.float32), **layer)
    assert "row 1, column 1" in str(caught.value.where)


def test_nodata_of_the_header_is_not_believed_and_must_be_known(tmp_path):
    path = write_tile(tmp_path / "b.tif", np.array([[0, 7]], np.int16), nodata=0)
    zones = [Shape("z", box(0, 0, 2, 1))]
    arguments = told(zones, lattice=LATTICE)
    with pytest.raises(InputError, match="undeclared nodata"):
        measure_values(ValueLayer("dem", (path,), Decimal(1)), **arguments)
    (row,) = measure_values(ValueLayer("dem", (path,), Decimal(1), ignored_header_nodata=(0,)), **arguments).rows
    assert (row.minimum, row.pixel_count) == (0, 2), "sea level is a value"


def test_a_step_must_be_positive(tmp_path):
    with pytest.raises(ProjectError, match="step"):
        ValueLayer("agb", (tmp_path / "a.tif",), Decimal(0))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 30),
    width=st.integers(1, 50),
    scale=st.sampled_from([1, 1000, 2**30]),
    rows=st.sampled_from([1, 3, 512]),
)
def test_as_exact_fractions_whatever_the_bands_and_threads(tmp_path, seed, height, width, scale, rows):
    rng = np.random.default_rng(seed)
    values = rng.integers(-scale, scale, (height, width)).astype(np.int32)
    values[rng.random((height, width)) < 0.2] = -(2**31)
    layer = {"nodata": (-(2.0**31),), "rows_per_band": rows}
    found = measure(tmp_path, values, **layer)
    assert found == measure(tmp_path, values, runner=Threads(4), **layer)
    (row,) = found
    areas = row_areas_um2(LATTICE, row=ROW, height=height).tolist()
    valid = [(int(v), areas[i]) for i, line in enumerate(values) for v in line if v != -(2**31)]
    assert row.pixel_count == len(valid)
    assert row.area_um2 == sum(area for _, area in valid)
    assert row.area_um2 + row.nodata_area_um2 == width * sum(areas)
    if valid:
        exact = Fraction(sum(v * area for v, area in valid), row.area_um2)
        assert abs(Fraction(row.mean) - exact) <= Fraction(1, 2 * 10**9)
        assert (row.minimum, row.maximum) == (min(valid)[0], max(valid)[0])


@given(st.lists(st.tuples(st.integers(-(2**60), 2**60), st.integers(0, 2**62)), min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_limbs_hold_any_sum(products):
    limbs = np.zeros(4, dtype=np.int64)
    for factor, area in products:
        _add_product(limbs, factor, area)
    assert _integer(limbs) == sum(factor * area for factor, area in products)


def test_parts_of_pixels_count_by_what_the_zone_takes(tmp_path):
    values = np.array([[10, 20]], np.uint8)
    (row,) = measure(tmp_path, values, zones=[Shape("z", box(0, 0, 1.25, 1))], pixel_rule="fraction")
    assert float(row.mean) == pytest.approx((10 + 20 * 0.25) / 1.25, rel=1e-9)
    assert row.pixel_count == 2
