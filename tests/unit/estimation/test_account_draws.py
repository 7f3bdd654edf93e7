"""Tables of accounts to draws and back: which row becomes which error, in any order, and what is left out."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from mrv.errors import InputError
from mrv.estimation.account_draws import DRAWN, draw_accounts
from mrv.estimation.distributions import Z90

KEYS = [("project_id", pa.string()), ("rule_set", pa.string()), ("change_no", pa.int64())]
TERMS = pa.schema(
    [*KEYS, ("vintage_year", pa.int64())]
    + [(name, pa.string()) for name in ("scope", "scenario", "multiple_id")]
    + [("part_tco2e", pa.float64())]
)
AMOUNTS = pa.schema(
    [*KEYS, ("amount_no", pa.int64()), ("weight", pa.float64())]
    + [(name, pa.string()) for name in ("input_id", "distribution")]
    + [(name, pa.float64()) for name in ("u90", "shape_a", "shape_b", "shape_c", "shaped_amount")]
)


def term(amount: str | None, part: float, scenario: str = "baseline", **given: Any) -> dict[str, Any]:
    """Return an emission of one area, as rows of both tables in one: by default the area errs by 10 %."""
    return {
        **dict.fromkeys([*TERMS.names, *AMOUNTS.names]),
        "project_id": "p",
        "rule_set": "r",
        "vintage_year": 2022,
        "scope": "project_area",
        "scenario": scenario,
        "name": amount,
        "input_id": amount,
        "weight": 1.0,
        "u90": 0.1,
        "part_tco2e": part,
        **given,
    }


def tables(terms: list[dict[str, Any]]) -> dict[str, pa.Table]:
    """Return the tables of emissions: numbered in the order of their accounts, whatever that of the rows is."""
    order = sorted(terms, key=lambda row: (row["project_id"], row["rule_set"], str(row["name"])))
    rows = [{**row, "change_no": 1 + order.index(row), "amount_no": 1 + order.index(row)} for row in terms]
    return {
        "terms": pa.Table.from_pylist(rows, schema=TERMS),
        "amounts": pa.Table.from_pylist([row for row in rows if row["input_id"]], schema=AMOUNTS),
    }


def rule(**given: Any) -> dict[str, Any]:
    return {
        "project_id": "p",
        "rule_set": "r",
        "vintage_year": 2022,
        "draw_count": 20_000,
        "seed": 958,
        "resampling": "parametric",
        "counts_belt": False,
        "is_cumulative": False,
        "leakage_rate": 0.0,
        "fixed_tco2e": 0.0,
        **given,
    }


def stock(state: str, pool: str, size: float, **given: Any) -> dict[str, Any]:
    return {
        "project_id": "p",
        "rule_set": "r",
        "stratum_id": "s",
        "state": state,
        "pool": pool,
        "method": "stock",
        "is_counted": True,
        "stock_tc_ha": size,
        "stock_id": f"s/{state}/{pool}",
        "input_id": f"stock s/{state}",
        "base_state": None,
        "ci90_half_width_tc_ha": 0.0,
        "value": size,
        "se": None,
        "distribution": None,
        "shape_a": None,
        "shape_b": None,
        "shape_c": None,
        "ratio_id": None,
        **given,
    }


def drawn(
    terms: list[dict[str, Any]],
    rules: list[dict[str, Any]] | None = None,
    stocks: list[dict[str, Any]] | None = None,
    emissions: dict[str, Any] | None = None,
    **given: Any,
) -> list[dict[str, Any]]:
    inputs = {**(emissions or tables(terms)), "units": pa.Table.from_pylist([]), **given}
    table = draw_accounts(
        rules=pa.Table.from_pylist(rules or [rule()]),
        stocks=pa.Table.from_pylist(stocks or [stock("forest", "above_ground", 100.0)]),
        **inputs,
    )
    assert table.schema == DRAWN
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def found(rows: list[dict[str, Any]], quantity: str = "baseline", span: str = "2022") -> dict[str, Any]:
    return next(row for row in rows if (row["quantity"], row["span"], row["input_id"]) == (quantity, span, None))


def half_width(row: dict[str, Any]) -> float:
    half: float = (row["q95_tco2e"] - row["q05_tco2e"]) / 2
    return half


def test_area_and_stock_err_by_what_their_rows_say() -> None:
    stocks = [stock("forest", "above_ground", 100.0, ci90_half_width_tc_ha=20.0)]
    rows = drawn([term("a", 1000.0, u90=0.15, multiple_id="s/forest/above_ground")], stocks=stocks)
    assert half_width(found(rows)) == pytest.approx(250, rel=0.02)
    shares = {row["input_id"]: row["variance"] for row in rows if row["input_id"]}
    assert shares["stock s/forest"] / shares["a"] == pytest.approx((20 / 15) ** 2, rel=1e-6)


def test_ratio_and_share_follow_their_base() -> None:
    """Below-ground is a ratio with an error of its own; degraded is 0.72 of the forest, both pools of it."""
    stocks = [
        stock("forest", "above_ground", 100.0, ci90_half_width_tc_ha=20.0),
        stock("forest", "below_ground", 25.0, method="ratio", value=0.25, se=0.25 * 0.3 / Z90, ratio_id="ratio bg"),
        stock("degraded", "total", 90.0, method="share", value=0.72, base_state="forest", input_id="stock s/forest"),
        stock("forest", "soil", 60.0, is_counted=False, input_id="stock s/soil", ci90_half_width_tc_ha=60.0),
    ]
    terms = [term("a", 900.0, u90=0.0, multiple_id="s/degraded/total")]
    # 20 % of all, and 30 % of the fifth that is below ground.
    assert half_width(found(drawn(terms, stocks=stocks))) == pytest.approx(900 * (0.2**2 + 0.06**2) ** 0.5, rel=0.02)


def test_shapes_are_in_the_unit_of_what_they_are_of() -> None:
    """A triangle from 90 over 100 to 110 ha, and one of the ratio's own: 5 % and 95 % at 0.3162 of half its width."""
    given: dict[str, Any] = {
        "distribution": "triangular",
        "shape_a": 90.0,
        "shape_b": 100.0,
        "shape_c": 110.0,
        "shaped_amount": 100.0,
    }
    assert half_width(found(drawn([term("a", 1000.0, u90=0.04, **given)]))) == pytest.approx(68.377, rel=0.02)
    share = stock(
        "degraded",
        "total",
        72.0,
        method="share",
        value=0.72,
        se=0.01,
        base_state="forest",
        ratio_id="ratio",
        distribution="triangular",
        shape_a=0.62,
        shape_b=0.72,
        shape_c=0.82,
    )
    rows = drawn(
        [term("a", 720.0, u90=0.0, multiple_id="s/degraded/total")],
        stocks=[stock("forest", "above_ground", 100.0), share],
    )
    assert half_width(found(rows)) == pytest.approx(68.377, rel=0.02)


def test_amounts_of_one_input_share_their_error() -> None:
    together = [term("a|1", 500.0, input_id="areas"), term("a|2", 500.0, input_id="areas")]
    apart = [term("a|1", 500.0), term("a|2", 500.0)]
    assert half_width(found(drawn(together))) == pytest.approx(100, rel=0.02)
    assert half_width(found(drawn(apart))) == pytest.approx(100 / 2**0.5, rel=0.02)


def test_order_of_rows_and_threads_change_no_digit() -> None:
    terms = [term(f"a{place}", 100.0 + place, ("baseline", "monitored")[place % 2]) for place in range(20)]
    terms += [{**row, "project_id": "q"} for row in terms]
    rules, stocks = (
        [rule(draw_count=500), rule(draw_count=500, project_id="q")],
        [stock("forest", "above_ground", 100.0)],
    )
    first = drawn(terms, rules, stocks)
    random.Random(3).shuffle(terms)
    assert drawn(terms, rules[::-1], stocks, threads=1) == first
    assert found(first) != found([row for row in first if row["project_id"] == "q"])


def test_an_account_without_draws_is_left_out() -> None:
    assert drawn([term("a", 1.0)], [rule(draw_count=None)]) == []
    assert drawn([term("a", 1.0)], [rule(), rule(vintage_year=2023, seed=None)]) == []


def test_an_account_without_emissions_has_draws_of_nothing() -> None:
    rows = drawn([])
    assert {row["mean_tco2e"] for row in rows} == {0}
    assert found(rows, "net", "period")["draw_count"] == 20_000


def test_an_error_that_is_not_known_is_not_drawn() -> None:
    """The mart says so instead of the figures; a null never becomes a not-a-number."""
    for unknown in (term(None, 10.0), term("area", 10.0, u90=None)):
        rows = drawn([unknown])
        assert found(rows)["sd_tco2e"] == pytest.approx(0, abs=1e-9)
        assert found(rows)["mean_tco2e"] == pytest.approx(10)


def test_areas_of_an_emission_that_is_not_known_are_not_drawn() -> None:
    given: dict[str, Any] = tables([term("a", 10.0), term("b", 20.0)])
    rows = drawn([], emissions={**given, "terms": given["terms"].slice(0, 1)})
    assert {row["input_id"] for row in rows} == {None, "a"}
    assert found(rows)["mean_tco2e"] == pytest.approx(10, rel=0.01)


def test_units_are_drawn_again_only_where_that_is_asked_for() -> None:
    """9 of 600 units: 54.5 % at 90 %, instead of the 10 % that the row of the area says."""
    unit = {"project_id": "p", "input_id": "a", "group_id": "s", "group_size": 80_000.0, "weight": 1.0}
    units = pa.Table.from_pylist([{**unit, "unit_id": f"{n:03d}", "value": float(n < 9)} for n in range(600)])
    asked = drawn([term("a", 1200.0)], [rule(resampling="bootstrap")], units=units)
    assert found(asked)["sd_tco2e"] == pytest.approx(397.3199, rel=0.02)
    assert half_width(found(drawn([term("a", 1200.0)], units=units))) == pytest.approx(120, rel=0.02)


def test_a_distribution_without_its_shapes_is_refused() -> None:
    with pytest.raises(InputError, match="lacks shape_a"):
        drawn([term("a", 1.0, distribution="triangular", shaped_amount=5.0)])
