"""The stratum of a plot: its position decides, and a word that contradicts it counts for nothing."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
import shapely

from mrv.field.location import locate_plots

WEST, EAST = ("west", shapely.box(0, 0, 1, 1)), ("east", shapely.box(1, 0, 2, 1))


@pytest.mark.parametrize(
    ("longitude", "declared", "default", "expected"),
    [
        (0.5, None, None, "west"),
        (0.5, "west", None, "west"),
        (0.5, "east", None, None),
        (0.5, "north", None, None),
        # On the edge of two strata both are true; without a word the first one drawn.
        (1.0, "east", None, "east"),
        (1.0, "west", None, "west"),
        (1.0, None, None, "west"),
        # Outside every zone.
        (2.5, None, None, None),
        (2.5, "east", None, None),
        (2.5, None, "rest", "rest"),
        (2.5, "rest", "rest", "rest"),
        (2.5, "east", "rest", None),
        (0.5, "rest", "rest", None),
        (nan, None, None, None),
        # Without a position.
        (None, "east", None, "east"),
        (None, "rest", "rest", "rest"),
        (None, "north", None, None),
        (None, None, None, None),
        (None, None, "rest", None),
    ],
)
def test_where_strata_are_drawn(
    longitude: float | None, declared: str | None, default: str | None, expected: str | None, land: Any, make_plot: Any
) -> None:
    latitude = None if longitude is None else 0.5
    plots = land("plots", make_plot("p1", longitude=longitude, latitude=latitude, stratum_id=declared))
    assert locate_plots(plots, strata=[WEST, EAST], default_stratum=default) == [expected]


@pytest.mark.parametrize(
    ("longitude", "declared", "expected"),
    [(0.5, None, "rest"), (None, None, "rest"), (None, "rest", "rest"), (0.5, "west", None), (None, "west", None)],
)
def test_where_all_land_is_one_stratum(
    longitude: float | None, declared: str | None, expected: str | None, land: Any, make_plot: Any
) -> None:
    plots = land("plots", make_plot("p1", longitude=longitude, latitude=longitude, stratum_id=declared))
    assert locate_plots(plots, strata=[], default_stratum="rest") == [expected]


def test_half_a_position_is_none(land: Any, make_plot: Any) -> None:
    plots = land("plots", make_plot("p1", longitude=0.5, stratum_id="east"))
    assert locate_plots(plots, strata=[WEST, EAST], default_stratum=None) == ["east"]
