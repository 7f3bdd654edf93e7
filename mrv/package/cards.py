"""The few figures that stand first, each with its interval, for the report and for whoever shows a package."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from mrv.package import wording
from mrv.package.activity import estimate_interval
from mrv.package.figures import Figure
from mrv.package.wording import Text, number

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows; none where it is missing."""

FIRST = ("er.net.total", "er.baseline.total", "er.project.total")
"""Totals of the primary account that stand first, behind what is creditable."""
UNITS = ("er.vcu.total", "er.trees.total", "er.er.total")
"""The creditable total by the unit of the rules; a project has one of them."""
MAX_CARDS = 6
DRAWS, NET = "monte_carlo", "net_tco2e"
"""Mart of the draws, and the column that has an interval there."""


@dataclass(frozen=True)
class Card:
    """A headline figure. `interval` is its 90 per cent confidence interval, where there is one."""

    figure: Figure
    label: Text
    value: Text
    interval: Text | None


def cards(figures: Sequence[Figure], areas: Collection[str], read: Read) -> list[Card]:
    """Return the figures that stand first, each with its interval.

    Args:
        figures: Figures of the headline.
        areas: Ids of the zones that are the project area.
        read: Reads a mart.
    """
    drawn, activity_data = read(DRAWS), read("activity_data")
    return [_card(figure, drawn, activity_data) for figure in _chosen(figures, areas)]


def _card(figure: Figure, drawn: Sequence[Row], activity_data: Sequence[Row]) -> Card:
    label = Text(figure.label_en, figure.label_es)
    value = number(figure.value, wording.digits_of(figure.unit))
    if figure.mart == "activity_data":
        half_width = estimate_interval(figure, activity_data)
        return Card(figure, label, value, half_width and Text(f"± {half_width.en}", f"± {half_width.es}"))
    ends = net_interval(figure, drawn)
    low, high = (number(ends[0]), number(ends[1])) if ends else (None, None)
    return Card(figure, label, value, low and high and Text(f"{low.en} – {high.en}", f"{low.es} – {high.es}"))


def _chosen(figures: Sequence[Figure], areas: Collection[str]) -> list[Figure]:
    """Return the few figures that stand first: the period's totals, then the project area's estimated loss and newest year.

    Where a project has none of these, the first of its headline stand there.
    """
    newest = [figure for zone_id in areas for figure in _newest(figures, zone_id)]
    totals = [figure for name in (*UNITS, *FIRST) for figure in figures if figure.figure_id == name]
    return (totals + newest if totals else list(figures))[:MAX_CARDS]


def _newest(figures: Sequence[Figure], zone_id: str) -> list[Figure]:
    """Return loss and forest of a zone; a map's loss of a year would only puzzle beside the sample's estimate."""
    found = {}
    for name, start in (
        ("estimate", f"ad.{zone_id}.loss.estimate"),
        ("loss", f"defor.{zone_id}."),
        ("forest", f"forest.{zone_id}."),
    ):
        known = [figure for figure in figures if figure.figure_id.startswith(start) and figure.value is not None]
        if known and not (name == "loss" and "estimate" in found):
            found[name] = max(known, key=attrgetter("figure_id"))
    return [*found.values()]


def net_interval(figure: Figure, drawn: Sequence[Row]) -> tuple[Any, Any] | None:
    """Return both ends of the 90 per cent interval of net emission reductions, as the draws of its account give it.

    Both ends are told: leakage has a floor, so that they need not lie equally far from the figure.
    """
    if figure.mart_column != NET or figure.value is None:
        return None
    key = dict(figure.key)
    account = (key.get("project_id"), key.get("rule_set"))
    for row in drawn:
        year = "*" if row["vintage_year"] is None else str(row["vintage_year"])
        if ((row["project_id"], row["rule_set"]), year, row["quantity"]) == (account, key.get("vintage_year"), "net"):
            return None if row["q05_tco2e"] is None else (row["q05_tco2e"], row["q95_tco2e"])
    return None
