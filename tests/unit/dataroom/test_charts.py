"""Charts and first figures of a package's pages: values of its marts and nothing else, linked to the figures that they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mrv.dataroom.charts import Chart, charts
from tests.unit.package.package_samples import sample_contents

START, END = date(2023, 1, 1), date(2024, 12, 31)


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = sample_contents(tmp_path_factory.mktemp("charts")).marts_folder
    return {path.stem: pq.read_table(path).to_pylist() for path in folder.glob("*.parquet")}


def drawn(marts: Mapping[str, Sequence[Mapping[str, Any]]], figures: Sequence[str] = ()) -> dict[str, Chart]:
    return {one.key: one for one in charts(lambda name: marts.get(name, []), START, END, set(figures))}


def test_a_package_without_tables_has_no_charts() -> None:
    assert drawn({}) == {}


def test_the_table_beside_a_chart_holds_the_values_of_the_mart(marts: dict[str, list[dict[str, Any]]]) -> None:
    ledger = [row for row in marts["emission_reductions"] if row["is_primary"]]
    shown = drawn(marts)["vintages"]
    assert [name for name, _ in shown.rows] == [str(row["vintage_year"]) for row in ledger]
    assert [[cell.value for cell in cells[:3]] for _, cells in shown.rows] == [
        [row["baseline_tco2e"], row["project_tco2e"], row["leakage_tco2e"]] for row in ledger
    ]
    assert [cells[0].value for _, cells in drawn(marts)["credits"].rows] == [row["credits"] for row in ledger]


def test_a_number_leads_to_the_figure_that_it_is(marts: dict[str, list[dict[str, Any]]]) -> None:
    year = marts["emission_reductions"][0]["vintage_year"]
    cells = dict(drawn(marts, [f"er.net.{year}"])["vintages"].rows)[str(year)]
    assert [cell.figure_id for cell in cells] == [None, None, None, f"er.net.{year}", None, None]


def zone_year(zone_id: str, year: int, area: str | None, kind: str = "project_area") -> dict[str, Any]:
    value = None if area is None else Decimal(area)
    return {"zone_id": zone_id, "kind": kind, "zone_name": zone_id, "year": year, "area_ha": value}


def test_a_sum_over_zones_is_no_published_figure_and_unknown_where_a_part_is() -> None:
    rows = [
        zone_year("a", 2023, "1.5"),
        zone_year("b", 2023, "2"),
        zone_year("a", 2024, "1"),
        zone_year("b", 2024, None),
    ]
    cover = drawn({"forest_cover_annual": rows}, ["forest.a.2023"])["cover"]
    assert [(name, cells[0].value, cells[0].figure_id) for name, cells in cover.rows] == [
        ("2023", Decimal("3.5"), None),
        ("2024", None, None),
    ]


def test_zones_outside_the_accounting_are_not_drawn() -> None:
    assert drawn({"forest_cover_annual": [zone_year("s", 2023, "9", "stratum")]}) == {}


def test_charts_carry_no_style_of_their_own(marts: dict[str, list[dict[str, Any]]]) -> None:
    """The pages' policy refuses inline styles: colours come from the stylesheet."""
    assert [one.key for one in drawn(marts).values() if one.drawing and " style=" in one.drawing] == []


def test_every_class_that_charts_use_has_a_colour(marts: dict[str, list[dict[str, Any]]]) -> None:
    styles = Path(str(files("mrv.dataroom") / "static/room.css")).read_text(encoding="utf-8")
    used = {
        name
        for one in drawn(marts).values()
        if one.drawing
        for group in re.findall(r'class="([^"]+)"', one.drawing)
        for name in group.split()
    }
    assert {name for name in used - {"unit", "none", "tag"} if f".{name}" not in styles} == set()
