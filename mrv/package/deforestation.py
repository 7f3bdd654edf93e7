"""The chart of what was lost each year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.package import wording
from mrv.package.charts import Series, bars
from mrv.package.figures import total
from mrv.package.wording import Text

Row = Mapping[str, Any]


def _by_year(rows: Sequence[Row], column: str) -> dict[int, Any]:
    ordered = sorted(rows, key=itemgetter("year"))
    return {year: total([row[column] for row in part]) for year, part in groupby(ordered, key=itemgetter("year"))}


def deforestation_chart(rows: Sequence[Row], start: date, end: date) -> Markup | None:
    """Draw the loss of the project area and the leakage belt by calendar year, ha; the period's years are tinted.

    Args:
        rows: The mart `deforestation_annual`.
        start: First day of the monitoring period.
        end: Last day.
    """
    sides = [
        (kind, style, _by_year([row for row in rows if row["kind"] == kind], "area_ha"))
        for kind, style in (("project_area", "fill-project"), ("leakage_belt", "fill-belt"))
    ]
    years = sorted({year for _, _, by_year in sides for year in by_year})
    return bars(
        title=Text("Deforestation per year", "Deforestación por año"),
        unit="ha",
        groups=[str(year) for year in years],
        series=[
            Series(wording.kind_name(kind), style, [by_year.get(year) for year in years])
            for kind, style, by_year in sides
            if by_year
        ],
        bands=[start.year <= year <= end.year for year in years],
    )
