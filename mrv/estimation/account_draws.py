"""From the tables of the accounts to their draws, and back to a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mrv.estimation.distributions import Z90, Distribution
from mrv.estimation.emission_draws import SIDES, Account, Amount, Stock, draw_spreads, influences
from mrv.estimation.leakage_draws import LeakageRules
from mrv.estimation.resampling import resampled_multiples
from mrv.estimation.sample import Floats

Row = dict[str, Any]
AccountKey = tuple[str, str]
"""(project_id, rule_set)."""
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
    units: pa.Table,
    threads: int = 2,
) -> pa.Table:
    """Draw the errors of every account.

    Args:
        terms: Rows of `int_account_draw_terms`.
        rules: Rows of `int_account_draw_rules`; an account of which a vintage lacks draws or seed is left out.
        stocks: Rows of `int_account_stock_inputs`.
        units: Rows of `int_account_resample_units`, for accounts that draw from samples and plots themselves.
        threads: How many threads share the accounts; they change no digit.

    Returns:
        A table of the schema `DRAWN`, in the order of its first columns.

    Raises:
        InputError: A distribution lacks what it needs.
    """
    stocks_of = _rows_by_account(stocks)
    rules_of = _rows_by_account(rules)
    pieces = dict(_frames(terms))
    wanted = [
        key
        for key, rows in sorted(rules_of.items())
        if all(row["draw_count"] and row["seed"] is not None for row in rows)
    ]

    # Accounts of one project share what is drawn of its sample; one of fewer draws takes the first of them.
    resampled = resampled_multiples(
        units,
        seeds={key[0]: rules_of[key][0]["seed"] for key in reversed(wanted)},
        draws={
            key[0]: max(rules_of[other][0]["draw_count"] for other in wanted if other[0] == key[0]) for key in wanted
        },
    )

    def draw(key: AccountKey) -> list[Row]:
        inputs = resampled.get(key[0], {})
        return list(
            _drawn(key, _account(key, pieces.get(key, _no_terms(terms)), rules_of[key], stocks_of[key], inputs))
        )

    with ThreadPoolExecutor(threads) as pool:
        drawn = list(pool.map(draw, wanted))
    return pa.Table.from_pylist([row for rows in drawn for row in rows], schema=DRAWN)


def _rows_by_account(table: pa.Table) -> dict[AccountKey, list[Row]]:
    found: dict[AccountKey, list[Row]] = defaultdict(list)
    for row in table.to_pylist():
        found[row["project_id"], row["rule_set"]].append(row)
    return found


def _frames(terms: pa.Table) -> Iterator[tuple[AccountKey, pd.DataFrame]]:
    """Yield the terms of each account, in an order that their ids alone decide: sums of doubles depend on it."""
    keys = ["vintage_year", "scope", "scenario", "amount_id", "multiple_id"]
    for key, frame in terms.to_pandas().groupby(["project_id", "rule_set"], sort=True):
        yield (str(key[0]), str(key[1])), frame.sort_values(keys, na_position="first")


def _no_terms(terms: pa.Table) -> pd.DataFrame:
    empty: pd.DataFrame = terms.slice(0, 0).to_pandas()
    return empty


def _account(
    key: AccountKey, terms: pd.DataFrame, rules: list[Row], stocks: list[Row], resampled: Mapping[str, Floats]
) -> Account:
    rules = sorted(rules, key=lambda row: row["vintage_year"])
    years = tuple(row["vintage_year"] for row in rules)
    names, firsts, places = np.unique(terms["amount_id"].to_numpy(str), return_index=True, return_inverse=True)
    amounts = [_amount(row) for row in terms.iloc[firsts].to_dict("records")] if len(names) else [_amount({})]
    stocks = sorted((row for row in stocks if row["stock_tc_ha"]), key=lambda row: row["stock_id"])
    stock_places = {row["stock_id"]: place for place, row in enumerate(stocks)}
    vintage_places = {year: place for place, year in enumerate(years)}
    scenarios = zip(terms["vintage_year"], terms["scope"], terms["scenario"], strict=True)
    return Account(
        project_id=key[0],
        vintages=years,
        amounts=amounts,
        stocks=[_stock(row, stocks, stock_places) for row in stocks],
        sides=_integers(
            len(SIDES) * vintage_places[year] + SIDES.index((scope, side)) for year, scope, side in scenarios
        ),
        term_amounts=places.astype(np.int64),
        term_stocks=_integers(stock_places.get(name, -1) for name in terms["multiple_id"]),
        parts_tco2e=terms["part_tco2e"].to_numpy(np.float64),
        leakage=LeakageRules(
            counts_belt=np.array([row["counts_belt"] for row in rules], np.bool_),
            is_cumulative=np.array([row["is_cumulative"] for row in rules], np.bool_),
            rate=np.array([float(row["leakage_rate"]) for row in rules]),
            fixed_tco2e=np.array([float(row["fixed_tco2e"]) for row in rules]),
        ),
        seed=rules[0]["seed"],
        draws=rules[0]["draw_count"],
        resampled={name: drawn[: rules[0]["draw_count"]] for name, drawn in resampled.items()}
        if rules[0]["resampling"] == "bootstrap"
        else {},
    )


def _integers(values: Iterable[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.fromiter(values, np.int64)


def _amount(row: Mapping[Any, Any]) -> Amount:
    """Return the area or declared emissions behind terms; an error that is not known is none, and the mart says so."""
    value, u90 = _known(row.get("shaped_amount")) or 1.0, _known(row.get("u90"))
    # A frame tells a text that is not there as NaN.
    kind, name = (text if isinstance(text, str) else None for text in (row.get("distribution"), row.get("input_id")))
    return Amount(
        input_id=name or _NO_INPUT,
        error=Distribution(
            value=value,
            se=None if u90 is None else u90 / Z90 * value,
            kind="fixed" if u90 is None else kind,
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


def _shapes(row: Mapping[Any, Any]) -> dict[str, float | None]:
    return {name: _known(row.get(name)) for name in ("shape_a", "shape_b", "shape_c")}


def _known(value: Any) -> float | None:
    """Return a number; None where a table has none, which frames tell as NaN."""
    return None if value is None or value != value else float(value)


def _drawn(key: AccountKey, account: Account) -> Iterable[Row]:
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
    for found in influences(account):
        yield {
            **names,
            "span": "period",
            "quantity": "net",
            "input_id": found.input_id,
            "mean_tco2e": found.mean,
            "median_tco2e": None,
            "sd_tco2e": found.variance**0.5,
            "variance": found.variance,
            "q05_tco2e": found.low,
            "q95_tco2e": found.high,
        }
