"""Sheets from emissions to credits: leakage, uncertainty, buffer and vintages, line by line as the rules in force say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mrv.package.workbook.account import BELT, PROJECT, Account
from mrv.package.workbook.book import AsComputed, Book, Statement
from mrv.package.workbook.deduction_rules import deduction_fraction, error_of
from mrv.package.workbook.emission_sheets import Emissions
from mrv.package.workbook.expressions import (
    UNKNOWN,
    Expression,
    added,
    at_most,
    below,
    every,
    floored,
    largest,
    number,
    raised,
    rounded,
    size,
    smallest,
    when,
)
from mrv.package.workbook.inputs_sheet import Inputs
from mrv.package.workbook.ledger_words import SHEETS, WORDS

LEAKAGE, UNCERTAINTY, BUFFER, VINTAGES = "leakage", "uncertainty", "buffer", "vintages"
By = Mapping[int, Any]


def _of_name(found: Mapping[int, Mapping[str, Any]], name: str, year: int) -> Any:
    return found[year][name]


class Ledger:
    """The account from its two sides to its credits.

    Args:
        book: The workbook; the sheets are added to it.
        account: Whose ledger.
        inputs: Addresses of the rules.
        baseline: Emissions of the baseline.
        project: Emissions of what was monitored.
    """

    def __init__(
        self, book: Book, account: Account, *, inputs: Inputs, baseline: Emissions, project: Emissions
    ) -> None:
        self._account, self._inputs = account, inputs
        self._baseline, self._project = baseline, project
        self._years = account.years
        self._known = {
            name: account.by_vintage(name)
            for name in ("emission_reductions", "leakage", "uncertainty", "buffer", "monte_carlo")
        }
        self._credited = {
            row["vintage_year"]: row for row in account.own("vintages") if row.get("source") == "computed"
        }
        self._sheets = {
            name: Statement(book, book.sheet(name, *SHEETS[name]), self._years)
            for name in (LEAKAGE, UNCERTAINTY, BUFFER, VINTAGES)
        }
        self._reductions()
        self._leakage()
        self._uncertainty()
        self._net()
        self._buffer()
        self._credits()

    # Lines.

    def _line(
        self,
        sheet: str,
        name: str,
        give: Callable[[int], Any],
        *,
        dbt: str | None = None,
        look: str = "tonnes",
        has_total: bool = False,
    ) -> None:
        """Add a line; `dbt` is the mart whose column of that name has the same."""
        known = None
        if dbt is not None:
            rows = self._credited if dbt == "vintages" else self._known[dbt]
            known = {year: rows[year].get(name) if year in rows else None for year in self._years}
        values = {year: give(year) for year in self._years}
        self._sheets[sheet].line(name, WORDS[name], values, dbt=known, look=look, has_total=has_total)

    def _at(self, sheet: str, name: str, year: int) -> Expression:
        return self._sheets[sheet].at(name, year)

    def _vintage(self, name: str, year: int) -> Expression:
        return self._at(VINTAGES, name, year)

    def _rule(self, name: str, year: int) -> str | None:
        return self._account.choice(name, year)

    def _number(self, name: str, year: int) -> Expression:
        return self._inputs.rule(name, year)

    def _dbt(self, mart: str, name: str, year: int) -> Any:
        return self._known[mart].get(year, {}).get(name)

    def _as_computed(self, mart: str, name: str, year: int) -> Any:
        value = self._dbt(mart, name, year)
        return None if value is None else AsComputed(value)

    # From emissions to the reduction.

    def _reductions(self) -> None:
        of, line, mart = self._vintage, self._line, "emission_reductions"

        def change(year: int, activity: str) -> Expression:
            return self._baseline.total(PROJECT, year, activity) - self._project.total(PROJECT, year, activity)

        line(VINTAGES, "baseline_tco2e", lambda y: self._baseline.total(PROJECT, y), dbt=mart, has_total=True)
        line(VINTAGES, "project_tco2e", lambda y: self._project.total(PROJECT, y), dbt=mart, has_total=True)
        line(
            VINTAGES,
            "gross_reduction_tco2e",
            lambda y: of("baseline_tco2e", y) - of("project_tco2e", y),
            dbt=mart,
            has_total=True,
        )
        line(VINTAGES, "fire_tco2e", lambda y: change(y, "fire"))
        line(
            VINTAGES,
            "stock_change_tco2e",
            lambda y: of("gross_reduction_tco2e", y) - of("fire_tco2e", y),
            dbt=mart,
            has_total=True,
        )
        line(VINTAGES, "degradation_reduction_tco2e", lambda y: change(y, "degradation"))
        line(VINTAGES, "removals_tco2e", lambda y: change(y, "enhancement"), dbt=mart, has_total=True)
        line(VINTAGES, "removals_left_out_tco2e", self._left_out, dbt=mart)
        line(VINTAGES, "counted_tco2e", lambda y: of("gross_reduction_tco2e", y) - of("removals_left_out_tco2e", y))

    def _left_out(self, year: int) -> Expression:
        removals, gross = self._vintage("removals_tco2e", year), self._vintage("gross_reduction_tco2e", year)
        if self._rule("credit_rule", year) != "art_trees":
            return number(0)
        return when(every(below(number(0), removals), below(gross - removals, 0)), removals, 0)

    # Leakage.

    def _leakage(self) -> None:
        line, mart = self._line, "leakage"

        def of(name: str, year: int) -> Expression:
            return self._at(LEAKAGE, name, year)

        line(LEAKAGE, "leakage_rule", lambda y: self._rule("leakage_rule", y), look="text")
        line(LEAKAGE, "leakage_floor", lambda y: self._rule("leakage_floor", y), look="text")
        line(LEAKAGE, "belt_baseline_tco2e", lambda y: self._baseline.total(BELT, y), dbt=mart)
        line(LEAKAGE, "belt_monitored_tco2e", lambda y: self._project.total(BELT, y), dbt=mart)
        line(
            LEAKAGE,
            "belt_excess_tco2e",
            lambda y: of("belt_monitored_tco2e", y) - of("belt_baseline_tco2e", y),
            dbt=mart,
        )
        line(
            LEAKAGE,
            "belt_excess_so_far_tco2e",
            lambda y: largest(added([of("belt_excess_tco2e", one) for one in self._years if one <= y]), 0),
        )
        line(LEAKAGE, "belt_leakage_tco2e", self._belt_leakage, dbt=mart)
        line(LEAKAGE, "reduction_tco2e", lambda y: largest(self._vintage("counted_tco2e", y), 0))
        share = {
            "displacement_tco2e": ("belt_and_displacement", "displacement_factor"),
            "rate_tco2e": ("rate", "leakage_rate"),
        }
        for name, (rule, factor) in share.items():
            line(LEAKAGE, name, partial(self._share_of_reduction, rule=rule, factor=factor), dbt=mart)
        line(LEAKAGE, "market_leakage_tco2e", self._market, dbt=mart)
        is_measured = bool(self._account.landed("leakage_measures"))
        beyond = None if self._declares("outside_belt_leakage") else number(0)
        prevention = None if is_measured or self._declares("leakage_prevention") else number(0)
        line(LEAKAGE, "outside_belt_tco2e", lambda y: beyond, dbt=mart)
        line(LEAKAGE, "prevention_tco2e", lambda y: prevention, dbt=mart)
        parts = ("belt_leakage", "displacement", "rate", "market_leakage", "outside_belt", "prevention")
        line(
            LEAKAGE,
            "leakage_tco2e",
            lambda y: added([of(f"{part}_tco2e", y) for part in parts]),
            dbt=mart,
            has_total=True,
        )

    def _belt_leakage(self, year: int) -> Expression:
        if self._rule("leakage_rule", year) in ("rate", "none"):
            return number(0)
        if self._rule("leakage_floor", year) == "annual":
            return largest(self._at(LEAKAGE, "belt_excess_tco2e", year), 0)
        so_far = self._at(LEAKAGE, "belt_excess_so_far_tco2e", year)
        before = [one for one in self._years if one < year]
        return so_far - self._at(LEAKAGE, "belt_excess_so_far_tco2e", before[-1]) if before else so_far

    def _share_of_reduction(self, year: int, rule: str, factor: str) -> Expression:
        if self._rule("leakage_rule", year) != rule:
            return number(0)
        return self._at(LEAKAGE, "reduction_tco2e", year) * self._number(factor, year)

    def _market(self, year: int) -> Expression | None:
        """Return leakage by the market: declared, or a share of the reduction where a rate is in force."""
        rate = self._number("market_leakage_rate", year)
        if self._declares("market_leakage"):
            return None
        if rate.value is None or self._rule("leakage_rule", year) in ("rate", "none"):
            return number(0)
        return self._at(LEAKAGE, "reduction_tco2e", year) * rate

    def _declares(self, component: str) -> bool:
        return any(
            row["component"] == component and row["project_id"] == self._account.project_id
            for row in self._account.landed("account_emissions")
        )

    # Uncertainty.

    def _uncertainty(self) -> None:
        line, mart = self._line, "uncertainty"
        drawn = {
            row["vintage_year"]: row
            for row in self._account.own("monte_carlo")
            if row["quantity"] == (self._dbt(mart, "error_quantity", row["vintage_year"]) or "net")
        }
        line(UNCERTAINTY, "uncertainty_rule", lambda y: self._rule("uncertainty_rule", y), look="text")
        line(UNCERTAINTY, "uncertainty_source", lambda y: self._dbt(mart, "uncertainty_source", y), look="text")
        for name in ("analytic_u90", "monte_carlo_u90", "area_u90", "factor_u90"):
            line(UNCERTAINTY, name, partial(self._as_computed, mart, name), look="share")
        line(
            UNCERTAINTY, "degrees_of_freedom", lambda y: self._as_computed(mart, "degrees_of_freedom", y), look="whole"
        )
        errors = {
            year: error_of(year, self._known[mart].get(year, {}), drawn.get(year), self._inputs) for year in self._years
        }
        for name in ("error_u90", "t_two_sided_90_used", "t_one_sided_66_67_used"):
            line(UNCERTAINTY, name, partial(_of_name, errors, name), look="share")
        line(
            UNCERTAINTY,
            "deduction_fraction",
            lambda y: deduction_fraction(
                y,
                self._rule("uncertainty_rule", y),
                self._dbt(mart, "uncertainty_source", y),
                self._sheets[UNCERTAINTY],
                self._inputs,
            ),
            dbt=mart,
            look="share",
        )
        line(UNCERTAINTY, "eligible", lambda y: self._eligible_by_error(y), dbt=mart, look="whole")

    def _eligible_by_error(self, year: int) -> Expression | None:
        if self._rule("uncertainty_rule", year) not in ("vcs_mr_2_4", "scaled_excess_10"):
            return None
        limit = self._number("uncertainty_ineligible_above", year)
        return when(at_most(self._at(UNCERTAINTY, "error_u90", year), limit), 1, 0)

    # From the reduction to what remains after deduction.

    def _net(self) -> None:
        of, line, mart = self._vintage, self._line, "emission_reductions"
        line(VINTAGES, "leakage_tco2e", lambda y: self._at(LEAKAGE, "leakage_tco2e", y), dbt=mart, has_total=True)
        line(
            VINTAGES,
            "net_tco2e",
            lambda y: of("counted_tco2e", y) - of("leakage_tco2e", y),
            dbt=mart,
            has_total=True,
        )
        line(VINTAGES, "counted_removals_tco2e", lambda y: of("removals_tco2e", y) - of("removals_left_out_tco2e", y))
        line(VINTAGES, "transferred_tco2e", self._transferred, dbt=mart)
        line(VINTAGES, "error_base_tco2e", self._error_base)
        line(VINTAGES, "error_share", self._error_share, look="share")
        line(VINTAGES, "rule_deduction_tco2e", self._rule_deduction)

    def _transferred(self, year: int) -> Expression | None:
        net, share = self._vintage("net_tco2e", year), self._number("title_share", year)
        if self._declares("transferred"):
            return None
        if self._rule("credit_rule", year) == "fcpf":
            return when(below(number(0), net), net - net * share, 0)
        return number(0)

    def _error_base(self, year: int) -> Expression:
        counted, net = self._vintage("counted_tco2e", year), self._vintage("net_tco2e", year)
        rule = self._rule("credit_rule", year)
        if rule == "fcpf":
            return largest(net - self._vintage("transferred_tco2e", year), 0)
        if rule == "art_trees":
            removals = self._vintage("counted_removals_tco2e", year)
            return size(counted - removals) + size(removals)
        return largest(counted if self._rule("deduction_base", year) == "gross_reduction" else net, 0)

    def _error_share(self, year: int) -> Expression:
        fraction, net = self._at(UNCERTAINTY, "deduction_fraction", year), self._vintage("net_tco2e", year)
        has_proxy = self._rule("credit_rule", year) == "fcpf" and self._rule("degradation_by_proxy", year) == "yes"
        if not has_proxy or net.value is None or net.value <= 0:
            return fraction
        by_proxy = smallest(largest(self._vintage("degradation_reduction_tco2e", year), 0), net)
        proxy = self._number("degradation_proxy_factor", year)
        return (by_proxy * proxy + (net - by_proxy) * fraction) / net

    def _rule_deduction(self, year: int) -> Expression:
        base = self._vintage("error_base_tco2e", year)
        return number(0) if base.value == 0 else base * self._vintage("error_share", year)

    # The buffer.

    def _buffer(self) -> None:
        line, mart = self._line, "buffer"

        def of(name: str, year: int) -> Expression:
            return self._at(BUFFER, name, year)

        scores = ("internal_score", "external_score", "natural_score")
        line(BUFFER, "rate_source", lambda y: self._dbt(mart, "rate_source", y), look="text")
        for name in scores:
            line(BUFFER, name, partial(self._as_computed, mart, name), look="share")
        line(BUFFER, "total_score", lambda y: added([of(name, y) for name in scores]), dbt=mart, look="share")
        line(
            BUFFER,
            "rating_percent",
            lambda y: largest(raised(of("total_score", y)), self._number("buffer_minimum", y) * 100),
            dbt=mart,
            look="share",
        )
        line(BUFFER, "passes", self._passes, dbt=mart, look="whole")
        line(BUFFER, "buffer_rate", self._buffer_rate, dbt=mart, look="share")
        line(BUFFER, "base_tco2e", self._buffer_base, dbt=mart)
        line(BUFFER, "buffer_tco2e", lambda y: self._held_back(y, of("buffer_rate", y)), dbt=mart, has_total=True)
        line(BUFFER, "pooled_buffer_tco2e", self._pooled, dbt=mart)

    def _passes(self, year: int) -> Expression | None:
        """Return 1 where no category and not their sum is over its limit, else 0; None where there is no rating."""
        limits = {name: self._number(f"risk_limit_{name}", year) for name in ("internal", "external", "natural")}
        scores = {name: self._at(BUFFER, f"{name}_score", year) for name in limits}
        total, most = self._at(BUFFER, "total_score", year), self._number("risk_fail_above", year)
        if None in {part.value for part in (*limits.values(), *scores.values(), total, most)}:
            return None
        within = [at_most(score, limits[name]) for name, score in scores.items()]
        return when(every(*within, at_most(total, most)), 1, 0)

    def _buffer_rate(self, year: int) -> Expression:
        if self._dbt("buffer", "rate_source", year) == "rating":
            return self._at(BUFFER, "rating_percent", year) / 100
        return self._number("buffer_rate", year)

    def _buffer_base(self, year: int) -> Expression:
        of, base = self._vintage, self._rule("buffer_base", year)
        if base == "stock_change":
            return of("stock_change_tco2e", year)
        if base == "gross_less_transferred":
            return of("counted_tco2e", year) - of("transferred_tco2e", year)
        return of("net_tco2e", year) - of("transferred_tco2e", year) - of("rule_deduction_tco2e", year)

    def _is_creditable(self, year: int) -> bool:
        """Tell whether neither the error nor the rating ends crediting."""
        return (
            self._dbt("uncertainty", "eligible", year) is not False and self._dbt("buffer", "passes", year) is not False
        )

    def _held_back(self, year: int, rate: Expression) -> Expression:
        base = self._at(BUFFER, "base_tco2e", year)
        if not self._is_creditable(year) or (base.value is not None and base.value <= 0):
            return number(0)
        return largest(base, 0) * rate

    def _pooled(self, year: int) -> Expression:
        if self._rule("buffer_base", year) != "after_deduction":
            return number(0)
        return self._held_back(year, self._number("pooled_reversal_share", year))

    # Credits.

    def _credits(self) -> None:
        of, line, mart = self._vintage, self._line, "emission_reductions"
        line(VINTAGES, "eligible", self._eligible, dbt=mart, look="whole")
        line(VINTAGES, "deduction_tco2e", lambda y: of("rule_deduction_tco2e", y), dbt=mart, has_total=True)
        line(VINTAGES, "adjusted_tco2e", lambda y: of("net_tco2e", y) - of("deduction_tco2e", y), dbt=mart)
        line(VINTAGES, "buffer_tco2e", lambda y: self._at(BUFFER, "buffer_tco2e", y), dbt=mart, has_total=True)
        line(VINTAGES, "earned_tco2e", self._earned, dbt=mart)
        line(VINTAGES, "deficit_tco2e", self._deficit)
        line(VINTAGES, "cumulative_tco2e", self._cumulative)
        line(VINTAGES, "credited_so_far_tco2e", self._credited_so_far)
        line(VINTAGES, "opening_tco2e", self._opening, dbt=mart)
        line(VINTAGES, "creditable_tco2e", self._creditable, dbt=mart, has_total=True)
        line(VINTAGES, "carried_tco2e", self._carried, dbt=mart)
        line(VINTAGES, "credits", self._whole_credits, dbt=mart, look="count", has_total=True)
        if self._credited:
            line(VINTAGES, "buffer_credits", lambda y: raised(of("buffer_tco2e", y)), dbt="vintages", look="count")
            line(VINTAGES, "removal_credits", self._removals, dbt="vintages", look="count")
            line(
                VINTAGES,
                "reduction_credits",
                lambda y: of("credits", y) - of("removal_credits", y),
                dbt="vintages",
                look="count",
            )
        line(VINTAGES, "credit_unit", lambda y: self._dbt(mart, "credit_unit", y), look="text")
        line(VINTAGES, "reason", lambda y: self._dbt(mart, "reason", y) or "–", look="text")

    def _eligible(self, year: int) -> Expression:
        """Return 1 where neither the error nor a rating ends crediting."""
        by_error, passes = self._at(UNCERTAINTY, "eligible", year), self._at(BUFFER, "passes", year)
        return by_error if passes.value is None else smallest(by_error, passes)

    def _earned(self, year: int) -> Expression:
        of = self._vintage
        remains = of("net_tco2e", year) - of("transferred_tco2e", year)
        if self._dbt("emission_reductions", "eligible", year) is False:
            return smallest(remains, 0)
        return (
            of("net_tco2e", year)
            - of("deduction_tco2e", year)
            - of("transferred_tco2e", year)
            - of("buffer_tco2e", year)
        )

    def _earns_back(self, year: int) -> bool:
        return self._rule("deficit_rule", year) == "earned_back"

    def _deficit(self, year: int) -> Any:
        """Return what earlier periods lost beyond what they earned: the ledger knows them, the workbook does not."""
        known = self._dbt("emission_reductions", "opening_tco2e", year)
        if year != self._years[0] or not self._earns_back(year) or known == 0:
            return 0
        return None if known is None else AsComputed(known)

    def _cumulative(self, year: int) -> Expression:
        so_far = [one for one in self._years if one <= year]
        return added(
            [self._vintage("deficit_tco2e", so_far[0]), *(self._vintage("earned_tco2e", one) for one in so_far)]
        )

    def _credited_so_far(self, year: int) -> Expression:
        of = self._vintage
        known = [one for one in self._years if of("cumulative_tco2e", one).value is not None]
        if year not in known:
            return UNKNOWN
        peak = largest(*(of("cumulative_tco2e", one) for one in self._years if one <= year), 0)
        return smallest(peak, largest(of("cumulative_tco2e", known[-1]), 0))

    def _before(self, year: int) -> int | None:
        return max((one for one in self._years if one < year), default=None)

    def _opening(self, year: int) -> Expression:
        if not self._earns_back(year):
            return number(0)
        before = self._before(year)
        if before is None:
            return self._vintage("deficit_tco2e", year)
        return self._vintage("cumulative_tco2e", before) - self._vintage("credited_so_far_tco2e", before)

    def _creditable(self, year: int) -> Expression:
        of = self._vintage
        if self._earns_back(year):
            before, so_far = self._before(year), of("credited_so_far_tco2e", year)
            return so_far if before is None else so_far - of("credited_so_far_tco2e", before)
        earned = of("earned_tco2e", year)
        without_removals = of("counted_tco2e", year) - largest(of("counted_removals_tco2e", year), 0)
        return when(below(without_removals, 0), earned, largest(earned, 0))

    def _carried(self, year: int) -> Expression:
        if not self._earns_back(year):
            return number(0)
        return self._vintage("cumulative_tco2e", year) - self._vintage("credited_so_far_tco2e", year)

    def _whole_credits(self, year: int) -> Expression:
        creditable = self._vintage("creditable_tco2e", year)
        return floored(creditable) if self._rule("rounding", year) == "floor" else rounded(rounded(creditable, 9), 0)

    def _removals(self, year: int) -> Expression:
        """Return the credits of removals: their share of what the vintage reduced, rounded down."""
        of = self._vintage
        removals, counted = of("counted_removals_tco2e", year), of("counted_tco2e", year)
        if removals.value is None or removals.value <= 0 or not (of("credits", year).value or 0) > 0:
            return number(0)
        return floored(of("credits", year) * smallest(removals, counted) / counted)
