"""Plot censuses: horizontal area, nests, which census is the latest and which follow each other."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pyarrow as pa

from mrv.errors import InputError
from mrv.field.nests import Nest, areas_of, largest
from mrv.project_field import Layout

logger = logging.getLogger(__name__)

CensusKey = tuple[str, str]
"""(plot_id, census_id)."""


@dataclass(frozen=True)
class PlotCensus:
    """One census of a plot.

    Attributes:
        plot_id: Plot.
        census_id: Census.
        census_date: Day of the census, if it is known.
        stratum_id: Stratum that the plot stands for.
        area_ha: Horizontal area in ha, after the slope correction where one was due; of a nested plot its largest nest.
        slope_factor: That area as a share of the one laid out; 1 where no correction was due.
        layout_id: Layout of a nested plot, None where every tree counts with the whole plot.
        nests: Its nests from the smallest diameter on; one of the whole plot where it is not nested.
        no_trees: Whether the team says that not a single tree stands in it, alive or dead.
    """

    plot_id: str
    census_id: str
    census_date: date | None
    stratum_id: str
    area_ha: float
    slope_factor: float
    layout_id: str | None
    nests: tuple[Nest, ...]
    no_trees: bool = False

    @property
    def key(self) -> CensusKey:
        """(plot_id, census_id)."""
        return self.plot_id, self.census_id


def horizontal_area_ha(*, area_ha: float, slope_percent: float | None, slope_corrected: bool | None) -> float:
    """Return the horizontal area of a plot in ha: A·cos θ where it was laid out on the slope.

    A plot counts as laid out on the slope only where `slope_corrected` is False. Where nobody recorded it, the area stays as
    it is: the larger area gives the smaller, conservative stock.

    Args:
        area_ha: Area as recorded, in ha.
        slope_percent: Slope in per cent (rise over run × 100), or None.
        slope_corrected: Whether the field team already corrected for slope.

    Raises:
        InputError: The area is not a positive number, the slope is not a number, or it is needed and missing.
    """
    if not (math.isfinite(area_ha) and area_ha > 0):
        raise InputError("the area of a plot is not a positive number", expected="ha", found=str(area_ha))
    if slope_corrected is not False:
        return area_ha
    if slope_percent is None or not math.isfinite(slope_percent):
        raise InputError(
            "a plot was laid out on the slope, but its slope is missing",
            expected="slope_percent",
            found=str(slope_percent),
            remedy="record the slope, or set slope_corrected to true where the layout was horizontal",
        )
    return area_ha / math.hypot(1, slope_percent / 100)


def read_censuses(
    plots: pa.Table, *, plot_strata: Mapping[str, str], layouts: Iterable[Layout] = ()
) -> dict[CensusKey, PlotCensus]:
    """Read the landed `plots` in the order of their keys.

    Args:
        plots: Landed `plots`, accepted rows.
        plot_strata: Stratum of each plot; a plot it does not hold takes the stratum its own row declares.
        layouts: Nested plots that a row may name.

    Raises:
        InputError: A plot census stands twice, has no stratum, no usable area, or a layout that nobody declared.
    """
    known = {layout.id: areas_of(layout) for layout in layouts}
    censuses: dict[CensusKey, PlotCensus] = {}
    for row in sorted(plots.to_pylist(), key=lambda row: (row["plot_id"], row["census_id"])):
        where = f"plots, plot {row['plot_id']!r}, census {row['census_id']!r}"
        stratum = plot_strata.get(row["plot_id"]) or row["stratum_id"]
        if stratum is None:
            raise InputError(
                "a plot has no stratum",
                expected="a stratum zone around its coordinates, or stratum_id in its row",
                found="neither",
                where=where,
                remedy="check the coordinates of the plot, draw the strata, or declare default_stratum",
            )
        census = _census(row, stratum=stratum, layouts=known, where=where)
        if censuses.setdefault(census.key, census) is not census:
            raise InputError(
                "a plot census stands twice among the accepted plots",
                expected="one submission of each plot and census",
                found="two",
                where=where,
                remedy="quarantine the later submission, or give the second census its own census_id",
            )
    return censuses


def latest_censuses(censuses: Iterable[PlotCensus]) -> list[PlotCensus]:
    """Return one census per plot, the one of the latest date, in the order of the plots.

    Raises:
        InputError: A plot has several censuses and their dates do not say which is the latest.
    """
    by_plot: dict[str, list[PlotCensus]] = {}
    for census in censuses:
        by_plot.setdefault(census.plot_id, []).append(census)
    latest = []
    for plot_id, of_plot in sorted(by_plot.items()):
        dates = [census.census_date for census in of_plot]
        known = [day for day in dates if day is not None]
        if len(of_plot) > 1 and (len(known) < len(dates) or dates.count(max(known)) > 1):
            raise InputError(
                "the latest census of a plot cannot be told",
                expected="a different census_date for each census of the plot",
                found=", ".join(f"{census.census_id}: {census.census_date}" for census in of_plot),
                where=f"plot {plot_id!r}",
                remedy="mend the dates of the censuses",
            )
        latest.append(max(of_plot, key=lambda census: census.census_date or date.min))
    return latest


def successive_censuses(censuses: Iterable[PlotCensus]) -> list[tuple[PlotCensus, PlotCensus]]:
    """Return the pairs of censuses of one plot that follow each other, in the order of plots and dates.

    A plot of which a census has no date, or two have the same, gives no pair: nobody can tell which came first.
    """
    by_plot: dict[str, dict[date | None, PlotCensus]] = {}
    doubtful = set()
    for census in censuses:
        of_plot = by_plot.setdefault(census.plot_id, {})
        if of_plot.setdefault(census.census_date, census) is not census or census.census_date is None:
            doubtful.add(census.plot_id)
    pairs: list[tuple[PlotCensus, PlotCensus]] = []
    for plot_id in sorted(by_plot.keys() - doubtful):
        pairs += pairwise(sorted(by_plot[plot_id].values(), key=lambda census: census.census_date or date.min))
    return pairs


def _census(row: Mapping[str, Any], *, stratum: str, layouts: Mapping[str, tuple[Nest, ...]], where: str) -> PlotCensus:
    layout_id = row["layout_id"]
    if layout_id is not None and layout_id not in layouts:
        raise InputError(
            "a plot has a layout that nobody declared",
            expected=", ".join(sorted(layouts)) or "no layout, for none is declared",
            found=layout_id,
            where=where,
            remedy="declare it among field_carbon.layouts, or mend layout_id",
        )
    nests = layouts[layout_id] if layout_id is not None else (Nest(0.0, row["area_ha"]),)
    laid_out = row["area_ha"] if layout_id is None else largest(nests)
    try:
        area = horizontal_area_ha(
            area_ha=laid_out, slope_percent=row["slope_percent"], slope_corrected=row["slope_corrected"]
        )
    except InputError as error:
        error.where = where
        raise
    factor = area / laid_out
    if area != laid_out:
        logger.info("%s: slope %s %%, area %s ha → %s ha", where, row["slope_percent"], laid_out, area)
        nests = tuple(Nest(nest.min_dbh_cm, nest.area_ha * factor) for nest in nests)
        if layout_id is None:
            nests = (Nest(0.0, area),)
    return PlotCensus(
        row["plot_id"],
        row["census_id"],
        row["census_date"],
        stratum,
        area_ha=area,
        slope_factor=factor,
        layout_id=layout_id,
        nests=nests,
        no_trees=row["no_trees"] is True,
    )
