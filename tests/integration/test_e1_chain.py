"""The worked example E1 through the real dbt build: activity data and stocks in, credits out, to the oracle's digits."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from mrv.warehouse.build import Build
from tests.integration.warehouse_inputs import build, e1_rows, records, write_landed

pytestmark = pytest.mark.integration
ORACLE = Path(__file__).resolve().parents[2] / ".." / "shared" / "oracles" / "emission_reductions.json"


@pytest.fixture(scope="module")
def e1() -> dict[str, Any]:
    if not ORACLE.exists():
        pytest.skip("the oracles do not lie beside the project")
    return json.loads(ORACLE.read_text(encoding="utf-8"), parse_float=Decimal)["e1"]


MARTS = ("emission_reductions", "baseline_emissions", "project_emissions", "forest_cover_annual", "figures")


def built(tmp_path_factory: pytest.TempPathFactory, **overrides: Any) -> Build:
    folder = tmp_path_factory.mktemp("e1")
    return build(write_landed(e1_rows(**overrides), folder / "landed"), folder=folder / "build", marts=MARTS)


@pytest.fixture(scope="module")
def annual(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return built(tmp_path_factory)


@pytest.fixture(scope="module")
def cumulative(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return built(tmp_path_factory, leakage_floor="cumulative")


def column(result: Build, sql: str, digits: str = "0.0001") -> list[Decimal]:
    rows = [next(iter(row.values())) for row in records(result.database, sql)]
    return [Decimal(value).quantize(Decimal(digits), ROUND_HALF_UP) for value in rows]


def published(values: Any, digits: str = "0.0001") -> list[Decimal]:
    return [Decimal(value).quantize(Decimal(digits)) for value in values]


def test_credits_are_exact(annual: Build, e1: dict[str, Any]) -> None:
    rows = records(
        annual.database, "select credits, eligible, reason from marts.emission_reductions order by vintage_year"
    )
    assert [row["credits"] for row in rows] == e1["VCU"] == [311941, 335484, 347897]
    assert all(row["eligible"] and row["reason"] is None for row in rows)
    total = records(annual.database, "select value from marts.figures where figure_id = 'er.vcu.total'")
    assert total == [{"value": Decimal(sum(e1["VCU"]))}]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("baseline_tco2e", "BSL"),
        ("project_tco2e", "P"),
        ("leakage_tco2e", "LK_annual_floor"),
        ("net_tco2e", "NER_annual_floor"),
        ("adjusted_tco2e", "ADJ"),
        ("buffer_tco2e", "BUF"),
    ],
)
def test_each_step_of_the_ledger(annual: Build, e1: dict[str, Any], name: str, key: str) -> None:
    sql = f"select {name} from marts.emission_reductions order by vintage_year"
    assert column(annual, sql) == published(e1[key])


def test_deduction_is_error_less_allowable(annual: Build, e1: dict[str, Any]) -> None:
    sql = "select distinct 1 - deduction_fraction from marts.emission_reductions"
    assert column(annual, sql) == published([e1["factor"]])


def test_emission_factors(annual: Build, e1: dict[str, Any]) -> None:
    sql = """
        select sum(emission_factor_tco2e_ha), stratum_id from marts.project_emissions
        where scope = 'project_area' and year = 2022 group by stratum_id order by stratum_id
    """
    assert column(annual, sql, "0.00000001") == published([e1["EF"]["S1"], e1["EF"]["S2"]], "0.00000001")


def test_leakage_belt_emissions(annual: Build, e1: dict[str, Any]) -> None:
    sql = "select sum(period_tco2e) from marts.{} where zone_id = 'lb' group by year order by year"
    assert column(annual, sql.format("project_emissions")) == published(e1["LB_expost"])
    assert column(annual, sql.format("baseline_emissions")) == published([e1["LB_bsl"]] * 3)


@pytest.mark.parametrize(("name", "key"), [("leakage_tco2e", "LK_cum_floor_increment"), ("net_tco2e", "NER_cum_floor")])
def test_cumulative_floor_gives_leakage_back(cumulative: Build, e1: dict[str, Any], name: str, key: str) -> None:
    sql = f"select {name} from marts.emission_reductions order by vintage_year"
    assert column(cumulative, sql) == published(e1[key])


def test_forest_falls_by_what_was_lost(annual: Build) -> None:
    rows = records(annual.database, "select zone_id, year, area_ha from marts.forest_cover_annual where zone_id = 'pa'")
    forest = {row["year"]: row["area_ha"] for row in rows}
    assert forest == {2021: 20000, 2022: 19900, 2023: 19795, 2024: 19715}
