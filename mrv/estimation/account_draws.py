"""From the tables of the accounts to their draws, and back to a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from mrv.estimation.distributions import Z90, Distribution
from mrv.estimation.emission_draws import SIDES, Account, Amount, Stock, draw_spreads, influences
from mrv.estimation.leakage_draws import LeakageRules
from mrv.estimation.sample import Floats

Row = dict[str, Any]
AccountKey = tuple[str, str]
"""(project_id, rule_set)."""
QUANTITY = "net"
"""What the sensitivity is told of."""
DRAWN = pa.schema(
    [
        ("project_id", pa.string()),
        ("rule_set", pa.string()),
        ("span", pa.string()),
        ("quantity", pa.string()),
        ("input_id", pa.string()),
        ("mean_tco2e", pa.float64()),
        ("median_tco2e", pa.float64()),
        ("sd_tco2e", pa.float64()),
        ("variance", pa.float64()),
        ("q05_tco2e", pa.float64()),
        ("q95_tco2e", pa.float64()),
        ("draw_count", pa.int64()),
        ("seed", pa.int64()),
    ]
)
"""What `draw_accounts` returns: rows with an input_id are of the sensitivity."""
_NO_INPUT = "unknown"


def draw_accounts(
    *,
    terms: pa.Table,
    rules: pa.Table,
    stocks: pa.Table,
    resampled: Mapping[str, Mapping[str, Floats]] | None = None,
    threads: int = 2,
) -> pa.Table:
    """Draw the errors of every account.

    Args:
        terms: Rows of `int_account_draw_terms`.
        rules: Rows of `int_account_draw_rules`; an account of which a vintage lacks draws or seed is left out.
        stocks: Rows of `int_account_stock_inputs`.
        resampled: Multiples by project and input that were drawn from samples and plots themselves.
        threads: How many threads share the accounts; they change no digit.

    Returns:
        A table of the schema `DRAWN`, in the order of its first columns.

    Raises:
        InputError: A distribution lacks what it needs.
    """
    terms_of, stocks_of = _by_account(terms), _by_account(stocks)
    accounts = [
        (key, _account(key, terms_of[key], rows, stocks_of[key], (resampled or {}).get(key[0], {})))
        for key, rows in sorted(_by_account(rules).items())
        if all(row["draw_count"] and row["seed"] is not None for row in rows)
    ]
    with ThreadPoolExecutor(threads) as pool:
        drawn = list(pool.map(lambda named: list(_rows(*named)), accounts))
    return pa.Table.from_pylist([row for rows in drawn for row in rows], schema=DRAWN)


def _by_account(table: pa.Table) -> dict[AccountKey, list[Row]]:
    found: dict[AccountKey, list[Row]] = defaultdict(list)
    for row in table.to_pylist():
        found[row["project_id"], row["rule_set"]].append(row)
    return found


def _account(
    key: AccountKey, terms: list[Row], rules: list[Row], stocks: list[Row], resampled: Mapping[str, Floats]
) -> Account:
    rules = sorted(rules, key=lambda row: row["vintage_year"])
    years = tuple(row["vintage_year"] for row in rules)
    # Sums of doubles depend on their order: it is that of the ids.
    terms = sorted(
        terms,
        key=lambda row: (row["vintage_year"], row["scope"], row["scenario"], row["amount_id"], row["stock_id"] or ""),
    )
    amounts = {row["amount_id"]: _amount(row) for row in terms}
    amounts = {name: amounts[name] for name in sorted(amounts)} or {_NO_INPUT: _amount({})}
    stocks = sorted((row for row in stocks if row["stock_tc_ha"]), key=lambda row: row["stock_id"])
    stock_places = {row["stock_id"]: place for place, row in enumerate(stocks)}
    amount_places = {name: place for place, name in enumerate(amounts)}
    vintage_places = {year: place for place, year in enumerate(years)}
    return Account(
        project_id=key[0],
        vintages=years,
        amounts=list(amounts.values()),
        stocks=[_stock(row, stocks, stock_places) for row in stocks],
        sides=_integers(
            len(SIDES) * vintage_places[row["vintage_year"]] + SIDES.index((row["scope"], row["scenario"]))
            for row in terms
        ),
        term_amounts=_integers(amount_places[row["amount_id"]] for row in terms),
        term_stocks=_integers(stock_places.get(row["stock_id"], -1) for row in terms),
        parts_tco2e=np.array([float(row["part_tco2e"]) for row in terms], np.float64),
        leakage=LeakageRules(
            counts_belt=np.array([row["counts_belt"] for row in rules], np.bool_),
            is_cumulative=np.array([row["is_cumulative"] for row in rules], np.bool_),
            rate=np.array([float(row["leakage_rate"]) for row in rules]),
            fixed_tco2e=np.array([float(row["fixed_tco2e"]) for row in rules]),
        ),
        seed=rules[0]["seed"],
        draws=rules[0]["draw_count"],
        resampled=resampled if rules[0]["resampling"] == "bootstrap" else {},
    )


def _integers(values: Iterable[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.fromiter(values, np.int64)


def _amount(row: Row) -> Amount:
    """Return the area or declared emissions behind terms; an error that is not known is none, and the mart says so."""
    value = float(row.get("shaped_amount") or 1)
    u90 = row.get("u90")
    return Amount(
        input_id=row.get("input_id") or _NO_INPUT,
        error=Distribution(
            value=value,
            se=None if u90 is None else float(u90) / Z90 * value,
            kind=row.get("distribution") if u90 is not None else "fixed",
            **_shapes(row),
        ),
    )


def _stock(row: Row, stocks: Sequence[Row], places: Mapping[str, int]) -> Stock:
    value = float(row["stock_tc_ha"])
    se = float(row["ci90_half_width_tc_ha"]) / Z90
    derived = row["method"] in ("ratio", "share") and row["value"] is not None
    if not derived:
        # The shapes are in the unit of what was stated, of which the stock may be a multiple.
        stated = float(row["value"]) if row["value"] else value
        kind = row["distribution"] if row["se"] is not None else None
        error = Distribution(value=stated, se=se * stated / value, kind=kind, **_shapes(row))
        return Stock(input_id=row["input_id"], error=error)
    ratio = None
    if row["ratio_id"]:
        ratio = Distribution(value=float(row["value"]), se=float(row["se"]), kind=row["distribution"], **_shapes(row))
    return Stock(
        input_id=row["input_id"],
        error=Distribution(value=value, se=se),
        follows=tuple(_followed(row, stocks, places)),
        ratio_id=row["ratio_id"],
        ratio=ratio,
    )


def _followed(row: Row, stocks: Sequence[Row], places: Mapping[str, int]) -> Iterable[tuple[int, float]]:
    """Yield the stocks that a ratio or share is of: the above-ground pool of its state, or the whole of another state."""
    for other in stocks:
        if other["stratum_id"] != row["stratum_id"] or other["method"] == "share":
            continue
        is_base = (
            other["state"] == row["base_state"] and other["is_counted"]
            if row["method"] == "share"
            else other["state"] == row["state"] and other["pool"] == "above_ground"
        )
        if is_base:
            yield places[other["stock_id"]], float(other["stock_tc_ha"])


def _shapes(row: Row) -> dict[str, float | None]:
    return {name: None if row.get(name) is None else float(row[name]) for name in ("shape_a", "shape_b", "shape_c")}


def _rows(key: AccountKey, account: Account) -> Iterable[Row]:
    names = {"project_id": key[0], "rule_set": key[1], "draw_count": account.draws, "seed": account.seed}
    for spread in draw_spreads(account):
        yield {
            **names,
            "span": "period" if spread.vintage is None else str(spread.vintage),
            "quantity": spread.quantity,
            "input_id": None,
            "mean_tco2e": spread.mean,
            "median_tco2e": spread.median,
            "sd_tco2e": spread.sd,
            "variance": spread.sd**2,
            "q05_tco2e": spread.q05,
            "q95_tco2e": spread.q95,
        }
    for found in influences(account, QUANTITY):
        yield {
            **names,
            "span": "period",
            "quantity": found.quantity,
            "input_id": found.input_id,
            "mean_tco2e": found.mean,
            "median_tco2e": None,
            "sd_tco2e": found.variance**0.5,
            "variance": found.variance,
            "q05_tco2e": found.low,
            "q95_tco2e": found.high,
        }
