"""Plot censuses and their living trees: horizontal area, which trees count, and which census is the latest."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from mrv.errors import InputError

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
        area_ha: Horizontal area in ha, after the slope correction where one was due.
        slope_factor: That area as a share of the one recorded; 1 where no correction was due.
    """

    plot_id: str
    census_id: str
    census_date: date | None
    stratum_id: str
    area_ha: float
    slope_factor: float

    @property
    def key(self) -> CensusKey:
        """(plot_id, census_id)."""
        return self.plot_id, self.census_id


@dataclass(frozen=True, slots=True)
class Tree:
    """One living tree as collected; diameter in cm, height in m where it was measured."""

    plot_id: str
    census_id: str
    tree_id: str
    dbh_cm: float
    height_m: float | None
    family: str | None
    genus: str | None
    species: str | None

    @property
    def census(self) -> CensusKey:
        """(plot_id, census_id) of the plot census it belongs to."""
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


def read_censuses(plots: pa.Table, *, plot_strata: Mapping[str, str]) -> dict[CensusKey, PlotCensus]:
    """Read the landed `plots` in the order of their keys.

    Args:
        plots: Landed `plots`, accepted rows.
        plot_strata: Stratum of each plot; a plot it does not hold takes the stratum its own row declares.

    Raises:
        InputError: A plot census stands twice, has no stratum, or no usable area.
    """
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
        try:
            area = horizontal_area_ha(
                area_ha=row["area_ha"], slope_percent=row["slope_percent"], slope_corrected=row["slope_corrected"]
            )
        except InputError as error:
            error.where = where
            raise
        if area != row["area_ha"]:
            logger.info("%s: slope %s %%, area %s ha → %s ha", where, row["slope_percent"], row["area_ha"], area)
        census = PlotCensus(row["plot_id"], row["census_id"], row["census_date"], stratum, area, area / row["area_ha"])
        if censuses.setdefault(census.key, census) is not census:
            raise InputError(
                "a plot census stands twice among the accepted plots",
                expected="one submission of each plot and census",
                found="two",
                where=where,
                remedy="quarantine the later submission, or give the second census its own census_id",
            )
    return censuses


def read_living_trees(
    trees: pa.Table, *, censuses: Mapping[CensusKey, PlotCensus], incomplete: Collection[CensusKey] = ()
) -> list[Tree]:
    """Read the landed `trees` in the order of their keys and leave out the dead.

    Args:
        trees: Landed `trees`, accepted rows.
        censuses: The plot censuses they belong to.
        incomplete: Censuses of which trees were set aside: these may have none left.

    Raises:
        InputError: A tree belongs to no plot census, stands twice, has no or an unknown status, or a size that is not a
            positive number; or a plot census has no tree at all.
    """
    seen: set[tuple[str, str, str]] = set()
    living = []
    for row in sorted(trees.to_pylist(), key=lambda row: (row["plot_id"], row["census_id"], row["tree_id"])):
        key = (row["plot_id"], row["census_id"], row["tree_id"])
        _refuse_unusable_tree(row, known=key[:2] in censuses, twice=key in seen)
        seen.add(key)
        if row["status"] == "alive":
            living.append(Tree(**{name: row[name] for name in Tree.__slots__}))
    without = sorted(censuses.keys() - {key[:2] for key in seen} - set(incomplete))
    if without:
        # Nothing recorded is not zero biomass: the trees of this plot may have been lost on the way.
        raise InputError(
            "a plot census has no tree at all",
            expected="its trees, living or dead",
            found="none received",
            where=f"plot {without[0][0]!r}, census {without[0][1]!r}, and {len(without) - 1} more",
            remedy="submit its trees; quarantine the plot if they are lost",
        )
    return living


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


def _refuse_unusable_tree(row: Mapping[str, Any], *, known: bool, twice: bool) -> None:
    where = f"trees, plot {row['plot_id']!r}, census {row['census_id']!r}, tree {row['tree_id']!r}"
    if not known:
        raise InputError(
            "a tree belongs to no plot census",
            expected="a row of plots with its plot_id and census_id",
            found="none accepted",
            where=where,
            remedy="submit the plot, mend the tree's plot_id or census_id, or quarantine the tree",
        )
    if twice:
        raise InputError(
            "a tree stands twice in a plot census",
            expected="one row per tree",
            found="two",
            where=where,
            remedy="quarantine the second row, or mend its tree_id",
        )
    if row["status"] not in {"alive", "dead"}:
        raise InputError(
            "the status of a tree is unknown",
            expected="alive or dead",
            found=str(row["status"]),
            where=where,
            remedy="state it, or map the status of the form to alive or dead",
        )
    for name in ("dbh_cm", "height_m"):
        value = row[name]
        if value is None and name == "height_m":
            continue
        if value is None or not (math.isfinite(value) and value > 0):
            raise InputError(
                f"{name} of a tree is not a positive number",
                found=str(value),
                where=where,
                remedy="mend the tree, or quarantine it",
            )
