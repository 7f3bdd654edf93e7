"""Sheets of carbon stocks and emission factors: each stock by its mean or its bound, each factor from two stocks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mrv.intervals import normal_z
from mrv.package.workbook.account import Account
from mrv.package.workbook.book import Book, Column, Row, Sheet, Table
from mrv.package.workbook.expressions import (
    UNKNOWN,
    Expression,
    added,
    at_most,
    largest,
    number,
    root,
    rounded,
    size,
    square,
    when,
)
from mrv.package.workbook.inputs_sheet import Inputs

STOCKS = "stocks"
NOTES = (
    (
        "used_tc_ha is the mean, or, where the rule stock_bound says so and the half-width exceeds the limit, the lower bound of a "
        "forest and the upper bound of what deforestation leaves; ratios and shares follow.",
        "used_tc_ha es la media o, donde la regla stock_bound lo dice y el semiancho supera el límite, el límite inferior de un "
        "bosque y el superior de lo que deja la deforestación; razones y partes la siguen.",
    ),
    (
        "Each step is rounded to nine digits, as in the ledger.",
        "Cada paso se redondea a nueve decimales, como en el libro de cuentas.",
    ),
)
COLUMNS = (
    Column("stratum_id", "Stratum", "Estrato", width=20),
    Column("state", "State of the land", "Estado de la tierra", width=20),
    Column("pool", "Pool", "Reservorio", width=16),
    Column("method", "How the stock is given", "Cómo se da la existencia"),
    Column("value", "Value: stock, biomass, ratio or share", "Valor: existencia, biomasa, razón o parte", "stock", 16),
    Column("unit", "Unit of the value", "Unidad del valor", width=12),
    Column("carbon_fraction", "Carbon fraction of the pool", "Fracción de carbono", "stock", 12),
    Column("se", "Standard error of the value", "Error estándar del valor", "stock"),
    Column("carbon_fraction_se", "Its standard error", "Su error estándar", "stock"),
    Column("mean_tc_ha", "Mean stock, tC/ha", "Existencia media, tC/ha", "stock", 16),
    Column("mean_tc_ha_dbt", "The same, dbt", "Lo mismo, dbt", "stock", 16),
    Column("ci90_half_width_tc_ha", "Half-width, 90 %, tC/ha", "Semiancho 90 %, tC/ha", "stock", 16),
    Column("ci90_half_width_tc_ha_dbt", "The same, dbt", "Lo mismo, dbt", "stock", 16),
    Column("is_counted", "Counted pool (1 yes)", "Reservorio contado (1 sí)", "whole", 10),
    Column("is_cleared", "After deforestation (1 yes)", "Tras deforestación (1 sí)", "whole", 10),
    Column("used_tc_ha", "Stock used, tC/ha", "Existencia usada, tC/ha", "stock", 16),
    Column("source", "Source", "Fuente", width=30),
)
State = tuple[str, str]


class Stocks:
    """The stocks of every state, as formulas on the sheet.

    Args:
        book: The workbook; the sheet is added to it.
        account: Whose stocks.
        inputs: Addresses of the rules.
        strata: Stratum to its row on the sheet of strata.
    """

    def __init__(self, book: Book, account: Account, inputs: Inputs, strata: Mapping[str, Row]) -> None:
        self._book, self._account, self._inputs, self._strata = book, account, inputs, strata
        self._sheet: Sheet = book.sheet(STOCKS, ("Carbon stocks", "Existencias de carbono"), NOTES)
        self._table: Table = self._sheet.table(COLUMNS)
        self._rows: dict[State, dict[str, Row]] = {}
        rows = [*_of_pipeline(account), *_of_declared(account)]
        # A pool stands before what follows it: the above-ground pool before its ratios, whole states before their shares.
        for row in sorted(rows, key=lambda row: (row["method"] == "share", row["pool"] != "above_ground")):
            self._add(row)

    def of(self, state: State) -> Mapping[str, Row]:
        """Return the rows of a state by pool."""
        return self._rows.get(state, {})

    def used(self, state: State, pool: str) -> Expression:
        """Return what a pool of a state counts by, tC/ha: zero where the state does not name it."""
        rows = self.of(state)
        if pool not in rows:
            return number(0) if rows else UNKNOWN
        return rows[pool].cell("used_tc_ha")

    def total(self, state: State) -> Expression:
        """Return the whole stock of a state, rounded where the rule set rounds it."""
        counted = [row.cell("used_tc_ha") for row in self.of(state).values() if row.values["is_counted"]]
        if not counted or any(part.value is None for part in counted):
            return UNKNOWN
        return self.in_digits(added(counted), "stock_decimals")

    def in_digits(self, part: Expression, rule: str) -> Expression:
        """Return a value rounded to as many digits as a rule says; as it is where the rule is not set."""
        digits = self._inputs.constant(rule)
        return part if digits.value is None else rounded(part, digits)

    def _add(self, given: Mapping[str, Any]) -> None:
        state = (given["stratum_id"], given["state"])
        row = self._table.add(**{name: given[name] for name in _GIVEN})
        row["is_counted"] = 1 if given["pool"] == "total" or self._is_counted(given["pool"]) else 0
        row["is_cleared"] = 1 if given["state"] in self._account.cleared else 0
        self._rows.setdefault(state, {})[given["pool"]] = row
        what = " ".join((given["stratum_id"], given["state"], given["pool"]))
        self._settle(row, "mean_tc_ha", self._mean(given, row), given, what)
        self._settle(row, "ci90_half_width_tc_ha", self._half_width(given, row), given, what)
        used = self._used(given, row)
        row["used_tc_ha"] = None if used.value is None else used

    def _settle(self, row: Row, column: str, formula: Expression | None, given: Mapping[str, Any], what: str) -> None:
        """Set a cell: beside what dbt publishes of the stock, or alone where it publishes none."""
        if given.get(column) is not None:
            self._book.settle(row, column, formula, given[column], what=f"{column} {what}", sheet=STOCKS)
        elif formula is not None and formula.value is not None and given.get("is_published") is None:
            row[column] = formula

    def _is_counted(self, pool: str) -> bool:
        return self._account.choice(f"pool_{pool}") == "counted"

    def _mean(self, given: Mapping[str, Any], row: Row) -> Expression | None:
        value, fraction = row.cell("value"), row.cell("carbon_fraction")
        if given["method"] == "plots":
            own = self._strata.get(given["stratum_id"]) if given["pool"] == "above_ground" else None
            return None if own is None else rounded(own.cell("agb_mg_ha") * self._inputs.constant("carbon_fraction"), 9)
        if given["method"] == "ratio":
            above = self.of((given["stratum_id"], given["state"])).get("above_ground")
            return None if above is None else rounded(self._by_ratio(above.cell("mean_tc_ha"), row, above), 9)
        if given["method"] == "biomass":
            return rounded(value * fraction, 9)
        if given["method"] == "share":
            return rounded(self.total((given["stratum_id"], given["base_state"])) * value, 9)
        if given["unit"] == "tCO2e/ha":
            masses = self._inputs.constant("carbon_molar_mass"), self._inputs.constant("co2_molar_mass")
            return rounded(value * masses[0] / masses[1], 9)
        return value

    def _by_ratio(self, base: Expression, row: Row, above: Row) -> Expression:
        """Return a ratio of the above-ground pool; it is of dry matter, so that carbon fractions change places."""
        own, whole = row.cell("carbon_fraction"), above.cell("carbon_fraction")
        if whole.value is None:
            whole = self._inputs.constant("carbon_fraction")
        product = base * row.cell("value")
        return product if own.value is None or own.value == whole.value else product * own / whole

    def _half_width(self, given: Mapping[str, Any], row: Row) -> Expression | None:
        if given["method"] == "plots":
            own = self._strata.get(given["stratum_id"]) if given["pool"] == "above_ground" else None
            if own is None:
                return None
            return rounded(own.cell("ci90_half_width_mg_ha") * self._inputs.constant("carbon_fraction"), 9)
        if given["method"] == "ratio" and "is_published" in given:
            above = self.of((given["stratum_id"], given["state"])).get("above_ground")
            return (
                None if above is None else rounded(self._by_ratio(above.cell("ci90_half_width_tc_ha"), row, above), 9)
            )
        if given["method"] in ("ratio", "share", "table") or given["distribution"] == "fixed" or not given["value"]:
            return None
        error = self._relative_error(given, row)
        z = round(normal_z(confidence=0.90), 9)
        return None if error is None else rounded(row.cell("mean_tc_ha") * error * z, 9)

    def _relative_error(self, given: Mapping[str, Any], row: Row) -> Expression | None:
        value, se, fraction = row.cell("value"), row.cell("se"), row.cell("carbon_fraction")
        if se.value is None:
            spread = _shape_error(given)
            return None if spread is None else number(spread) / value
        if given["method"] == "biomass" and given["carbon_fraction_se"]:
            return root(square(se / value) + square(row.cell("carbon_fraction_se") / fraction))
        return size(se / value)

    def _used(self, given: Mapping[str, Any], row: Row) -> Expression:
        mean, half_width = row.cell("mean_tc_ha"), row.cell("ci90_half_width_tc_ha")
        limit = self._inputs.constant("stock_precision_limit")
        if given["method"] == "ratio":
            above = self.of((given["stratum_id"], given["state"])).get("above_ground")
            if above is None or not above.cell("mean_tc_ha").value:
                return mean
            leading = above.cell("mean_tc_ha")
            return rounded(mean * above.cell("used_tc_ha") / leading, 9)
        is_bounded = self._account.choice("stock_bound") == "bound_when_imprecise" and limit.value is not None
        if given["method"] == "share" or not is_bounded or half_width.value is None:
            return mean
        bound = mean + half_width if row.values["is_cleared"] else largest(mean - half_width, 0)
        return when(at_most(half_width, mean * limit), mean, bound)


_GIVEN = (
    *(
        "stratum_id",
        "state",
        "pool",
        "method",
        "value",
        "unit",
        "carbon_fraction",
        "se",
        "carbon_fraction_se",
        "source",
    ),
)


def _shape_error(given: Mapping[str, Any]) -> float | None:
    """Return the standard error that the shape of a distribution states by itself, in the unit of the value."""
    a, b, c = (None if given[f"shape_{name}"] is None else float(given[f"shape_{name}"]) for name in "abc")
    if given["distribution"] == "triangular" and a is not None and b is not None and c is not None:
        return math.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18)
    if given["distribution"] == "beta" and a is not None and b is not None:
        return float(abs(given["value"])) * math.sqrt(b / (a * (a + b + 1)))
    return None


def _of_pipeline(account: Account) -> Iterator[dict[str, Any]]:
    """Yield the stocks that were made of plots, ratios and tables."""
    litter = account.rules.get("carbon_fraction_litter", {})
    for row in account.mart("carbon_stocks"):
        known = account.documents.get(row["parameter_id"] or "")
        value, unit, fraction = row["stock_tc_ha"], "tC/ha", None
        if row["method"] == "ratio":
            value, unit = None if known is None else known.value, "t/t"
            fraction = next((rule.value for rule in litter.values()), None) if row["pool"] == "litter" else None
        elif row["method"] == "plots":
            value = None
        yield {
            **{name: row[name] for name in ("stratum_id", "state", "pool", "method")},
            **dict.fromkeys(("se", "carbon_fraction_se", "distribution")),
            "value": value,
            "unit": unit,
            "carbon_fraction": fraction,
            "source": row["source"] or row["parameter_id"],
            "is_published": True,
            "mean_tc_ha": row["stock_tc_ha"],
            "ci90_half_width_tc_ha": row["ci90_half_width_tc_ha"],
        }


def _of_declared(account: Account) -> Iterator[dict[str, Any]]:
    """Yield the stocks that were declared, for every stratum: those of all strata where one has none of its own."""
    rows = [row for row in account.landed("account_stocks") if row["project_id"] == account.project_id]
    sides = (*account.own("baseline_emissions"), *account.own("project_emissions"))
    strata = {row["stratum_id"] for row in (*sides, *rows)} - {"*"}
    own = {(row["stratum_id"], row["state"], row["pool"]) for row in rows}
    fractions = {name: account.rules.get(name, {}) for name in ("carbon_fraction", "carbon_fraction_litter")}
    common = {name: next((rule.value for rule in rules.values()), None) for name, rules in fractions.items()}
    for stratum in sorted(strata):
        for row in rows:
            if row["stratum_id"] == stratum or (row["stratum_id"] == "*" and not _has_own(own, stratum, row)):
                yield {**row, "stratum_id": stratum, "carbon_fraction": _fraction(row, rows, common, stratum)}


def _has_own(own: set[tuple[str, str, str]], stratum: str, row: Mapping[str, Any]) -> bool:
    """Tell whether a stratum has a stock of its own for what a row of all strata gives: a whole stock is every pool."""
    pools = {pool for at, state, pool in own if (at, state) == (stratum, row["state"])}
    return bool(pools) and (row["pool"] in pools or "total" in pools or row["pool"] == "total")


def _fraction(
    row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], common: Mapping[str, Any], stratum: str
) -> Any:
    """Return the carbon fraction by which a row counts; None where it has none."""
    if row["method"] not in ("biomass", "ratio"):
        return None
    if row["carbon_fraction"] is not None:
        return row["carbon_fraction"]
    if row["pool"] == "litter":
        return common["carbon_fraction_litter"]
    if row["method"] == "ratio":
        above = (
            item["carbon_fraction"]
            for item in rows
            if item["pool"] == "above_ground" and item["state"] == row["state"] and item["stratum_id"] in (stratum, "*")
        )
        return next(above, None) or common["carbon_fraction"]
    return common["carbon_fraction"]
