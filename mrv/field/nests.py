"""Nested plots: each tree counts with the area of the nest of its own diameter, and nests are never averaged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mrv.project_field import Layout
from mrv.units import M2_PER_HA

SMALLEST_DBH_CM = 10.0
"""Diameter from which trees are measured in a plot without nests."""
AREA_TOLERANCE = 0.01
"""How far `area_ha` of a plot may be off the area of its layout: what rounding of the form explains."""


@dataclass(frozen=True)
class Nest:
    """One of the areas of a plot.

    Attributes:
        min_dbh_cm: Trees from this diameter on are measured in it, up to the next nest.
        area_ha: Its horizontal area in ha.
    """

    min_dbh_cm: float
    area_ha: float

    @property
    def trees_per_ha(self) -> float:
        """How many trees of a hectare each of its trees stands for."""
        return 1 / self.area_ha


def areas_of(layout: Layout) -> tuple[Nest, ...]:
    """Return the nests of a layout from the smallest diameter on, as if it lay on level ground."""
    ordered = sorted(layout.nests, key=lambda nest: nest.min_dbh_cm)
    nests = []
    for nest in ordered:
        area_m2 = math.pi * float(nest.radius_m) ** 2 if nest.radius_m is not None else float(nest.area_m2 or 0)
        nests.append(Nest(float(nest.min_dbh_cm), area_m2 / M2_PER_HA))
    return tuple(nests)


def largest(nests: Sequence[Nest]) -> float:
    """Return the area of the largest nest in ha."""
    return max(nest.area_ha for nest in nests)


def nest_positions(dbh_cm: npt.NDArray[np.float64], nests: Sequence[Nest]) -> npt.NDArray[np.int64]:
    """Return the position of the nest of each diameter, −1 of one below the smallest nest."""
    starts = np.array([nest.min_dbh_cm for nest in nests])
    return np.searchsorted(starts, dbh_cm, side="right") - 1


def plots_off_layout(plots: pa.Table, layouts: Sequence[Layout]) -> list[int]:
    """Return the positions of rows of `plots` whose layout nobody declared, or whose area is not that of their layout."""
    areas = {layout.id: largest(areas_of(layout)) for layout in layouts}
    columns = zip(plots["layout_id"].to_pylist(), plots["area_ha"].to_pylist(), strict=True)
    return [
        position
        for position, (layout_id, area_ha) in enumerate(columns)
        if layout_id is not None
        and (layout_id not in areas or not math.isclose(area_ha, areas[layout_id], rel_tol=AREA_TOLERANCE))
    ]


def trees_below_nests(trees: pa.Table, plots: pa.Table, layouts: Sequence[Layout]) -> list[int]:
    """Return the positions of rows of `trees` that their plot does not measure, because they are too thin.

    In a plot without a layout trees are measured from `SMALLEST_DBH_CM` on, whatever the nests of other plots hold.

    Args:
        trees: Landed `trees`.
        plots: Landed `plots` that they belong to.
        layouts: Nested plots that a row of plots may name.
    """
    least: Mapping[str, float] = {layout.id: areas_of(layout)[0].min_dbh_cm for layout in layouts}
    columns = (plots[name].to_pylist() for name in ("plot_id", "census_id", "layout_id"))
    minimum = {
        (plot, census): least.get(layout, 0.0) if layout is not None else SMALLEST_DBH_CM
        for plot, census, layout in zip(*columns, strict=True)
    }
    rows = zip(*(trees[name].to_pylist() for name in ("plot_id", "census_id", "dbh_cm")), strict=True)
    return [position for position, (plot, census, dbh) in enumerate(rows) if dbh < minimum.get((plot, census), 0.0)]
