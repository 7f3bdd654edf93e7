"""The macro that divides decimals: exact before one rounding, half away from zero."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.warehouse.build import DBT_PROJECT

SCALE = 9


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def divided(
    connection: duckdb.DuckDBPyConnection,
    numerator: Decimal | None,
    denominator: Decimal | None,
    *,
    numerator_scale: int,
    denominator_scale: int,
) -> Decimal | None:
    template = jinja2.Template((DBT_PROJECT / "macros" / "divide.sql").read_text(encoding="utf-8"))
    expression = template.module.divide("n", "d", numerator_scale, denominator_scale, scale=SCALE)  # type: ignore[attr-defined]
    sql = f"""
        select {expression} from (
            select cast($n as decimal(38, {numerator_scale})) as n, cast($d as decimal(18, {denominator_scale})) as d
        )
    """
    row = connection.execute(
        sql,
        {"n": None if numerator is None else str(numerator), "d": None if denominator is None else str(denominator)},
    ).fetchone()
    assert row is not None
    return row[0]


def by_fractions(numerator: Decimal, denominator: Decimal) -> Decimal:
    scaled = Fraction(numerator) / Fraction(denominator) * 10**SCALE
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if scaled >= 0 else -whole).scaleb(-SCALE)


@settings(max_examples=150, deadline=None)
@given(
    numerator=st.decimals(-(10**9), 10**9, places=15),
    denominator=st.decimals("0.000001", 10**6, places=6),
)
def test_division_is_exact(connection: duckdb.DuckDBPyConnection, numerator: Decimal, denominator: Decimal) -> None:
    found = divided(connection, numerator, denominator, numerator_scale=15, denominator_scale=6)
    assert found == by_fractions(numerator, denominator)


@settings(max_examples=80, deadline=None)
@given(
    annual=st.decimals(-(10**9), 10**9, places=9), days=st.integers(1, 366), days_in_year=st.sampled_from([365, 366])
)
def test_vintage_share_is_exact(
    connection: duckdb.DuckDBPyConnection, annual: Decimal, days: int, days_in_year: int
) -> None:
    by_days = annual * days
    found = divided(connection, by_days, Decimal(days_in_year), numerator_scale=9, denominator_scale=0)
    assert found == by_fractions(by_days, Decimal(days_in_year))


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        ("0.0000000005", "1", "0.000000001"),  # half goes away from zero
        ("-0.0000000005", "1", "-0.000000001"),
        ("0.0000000004", "1", "0"),
        ("-1", "3", "-0.333333333"),
        ("2", "3", "0.666666667"),
        ("0", "7", "0"),
    ],
)
def test_rounding(connection: duckdb.DuckDBPyConnection, numerator: str, denominator: str, expected: str) -> None:
    found = divided(connection, Decimal(numerator), Decimal(denominator), numerator_scale=10, denominator_scale=0)
    assert found == Decimal(expected)


@pytest.mark.parametrize(
    ("numerator", "denominator"), [(None, Decimal(1)), (Decimal(1), None), (Decimal(1), Decimal(0))]
)
def test_null_and_zero_give_null(
    connection: duckdb.DuckDBPyConnection, numerator: Decimal | None, denominator: Decimal | None
) -> None:
    assert divided(connection, numerator, denominator, numerator_scale=9, denominator_scale=9) is None
