"""From the sides of an account to its credits: leakage, deduction, buffer and the three families of credit rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from tests.reference.emissions import Emissions, Side
from tests.reference.project_rows import (
    Account,
    Known,
    Project,
    Row,
    Rules,
    accounts,
    days,
    days_in_year,
    projects,
    total,
)

ZERO = Fraction(0)
NATURAL_LOSSES = ("from_70", "50_70", "25_50", "5_25", "under_5")
NATURAL_RETURNS = ("under_10", "10_25", "25_50", "50_100", "from_100")
NATURAL_SCORES = ((None, 30, 20, 5, 4), (30, 20, 5, 4, 3), (20, 5, 4, 3, 2), (5, 4, 3, 2, 1), (4, 3, 2, 1, 1))
"""Points by loss per event (rows) and time between events (columns); None fails."""


@dataclass(frozen=True)
class Vintage:
    """One vintage of an account, tonnes in fractions; None is not known."""

    baseline: Known
    project: Known
    stock_change: Known
    leakage: Known
    fraction: Known
    eligible: bool | None
    deduction: Known
    transferred: Known
    removals: Known
    rate: Known
    buffer: Known
    balance: Known
    left_out: Fraction = ZERO
    carried: Known = None
    unrounded: Known = None
    credits: int | None = None

    @property
    def gross(self) -> Known:
        """Baseline less project."""
        return less(self.baseline, self.project)

    @property
    def net(self) -> Known:
        """Gross reduction less leakage, without removals that are not credited."""
        return less(self.gross, self.leakage, self.left_out)


def less(one: Known, *others: Known) -> Known:
    """Subtract; what is not known makes the result not known."""
    rest = total(others)
    return None if one is None or rest is None else one - rest


def times(one: Known, other: Known) -> Known:
    """Multiply; what is not known makes the result not known."""
    return None if one is None or other is None else one * other


def ledger(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[tuple[str, str, int], Vintage]:
    """Return every vintage of every account, by project, rule set and year."""
    found: dict[tuple[str, str, int], Vintage] = {}
    for project in projects(rows).values():
        for account in accounts(project):
            for year, vintage in account_ledger(project, account).items():
                found[account.project_id, account.rule_set, year] = vintage
    return found


def account_ledger(project: Project, account: Account) -> dict[int, Vintage]:
    """Return the vintages of one account."""
    emissions = Emissions(project, account)
    raw: dict[int, Vintage] = {}
    excess: list[Known] = []
    for year, first, last in account.years():
        rules = account.rules[year]
        sides = {
            (scope, scenario): emissions.side(scope, scenario, year, first, last)
            for scope in ("project_area", "leakage_belt")
            for scenario in ("baseline", "monitored")
        }
        base, monitored = sides["project_area", "baseline"], sides["project_area", "monitored"]
        excess.append(less(sides["leakage_belt", "monitored"].emissions, sides["leakage_belt", "baseline"].emissions))
        gross = less(base.emissions, monitored.emissions)
        share = Fraction(days(first, last), days_in_year(year))
        removals = max(less(base.enhancement, monitored.enhancement) or ZERO, ZERO)
        # TREES: no leakage of a year whose emissions rose, and its removals are not credited either.
        is_loss = rules["credit_rule"] == "art_trees" and (less(gross, removals) or ZERO) < 0
        leaked = leakage(project, rules, excess, min(gross or ZERO, ZERO) if is_loss else gross, year, share)
        transferred = transferred_in(project, account, year)
        raw[year] = vintage(rules, (base, monitored), leaked, transferred, rate_of(project, rules))
    return credited(project, account, raw)


def leakage(project: Project, rules: Rules, excess: Sequence[Known], gross: Known, year: int, share: Fraction) -> Known:
    """Return the leakage of the last of the vintages whose excess of the belt is given."""
    reduction = None if gross is None else max(gross, ZERO)
    rule = rules["leakage_rule"]
    if rule == "none":
        return ZERO
    if rule == "rate":
        return times(reduction, rules.get("leakage_rate"))
    market = times(reduction, rules["market_leakage_rate"])
    if project.rows("account_emissions", scenario="monitored", component="market_leakage"):
        market = times(share, declared(project, "market_leakage", year))
    parts = [
        market,
        belt(excess, rules["leakage_floor"]),
        times(share, prevention(project, rules, year)),
        *(times(share, declared(project, name, year)) for name in ("outside_belt_leakage", "leakage_prevention")),
    ]
    if rule == "belt_and_displacement":
        parts.append(times(reduction, rules.get("displacement_factor")))
    return total(parts)


def belt(excess: Sequence[Known], floor_rule: str) -> Known:
    """Return what the belt lost beyond its baseline: never below zero in a year, or in the sum so far."""
    now = excess[-1]
    if floor_rule == "annual":
        return None if now is None else max(now, ZERO)
    before, after = total(excess[:-1]), total(excess)
    if before is None or after is None:
        return None
    return max(after, ZERO) - max(before, ZERO)


def declared(project: Project, component: str, year: int) -> Known:
    """Return declared monitored emissions of a component in a calendar year; not known where only other years have any."""
    rows = project.rows("account_emissions", scenario="monitored", component=component)
    spans = [row for row in rows if row["first_year"] <= year <= row["last_year"]]
    if rows and not spans:
        return None
    return sum((row["emissions_tco2e"] / (row["last_year"] - row["first_year"] + 1) for row in spans), ZERO)


def transferred_in(project: Project, account: Account, year: int) -> Fraction:
    """Return what was sold otherwise of a vintage: those that a span meets share the whole of it by their days."""
    lengths = {one: days(first, last) for one, first, last in account.years()}
    amount = ZERO
    for row in project.rows("account_emissions", scenario="monitored", component="transferred"):
        met = {one: length for one, length in lengths.items() if row["first_year"] <= one <= row["last_year"]}
        if year in met:
            amount += row["emissions_tco2e"] * Fraction(met[year], sum(met.values()))
    return amount


def prevention(project: Project, rules: Rules, year: int) -> Known:
    """Return what measures against leakage emit in a calendar year; not known where one has a quantity of other years only."""
    measures = {row["measure"] for row in project.tables["leakage_measures"]}
    rows = project.rows("leakage_measures", year=year)
    if {row["measure"] for row in rows} != measures:
        return None
    return sum((row["quantity"] * rules[f"factor_{row['measure']}"] for row in rows), ZERO)


def deduction_of(rules: Rules) -> tuple[Known, bool | None]:
    """Return the fraction that the rule deducts from a declared error, and whether the vintage is eligible."""
    rule, error = rules["uncertainty_rule"], rules.get("ner_error")
    if rule == "none":
        return ZERO, True
    if error is None:
        return None, None
    if rule == "x_unc":
        return max(error - rules["uncertainty_allowable"], ZERO), True
    if rule == "art_trees":
        return rules["art_one_sided_quantile"] * error / rules["art_two_sided_90_quantile"], True
    if rule == "fcpf":
        return fcpf_factor(error, rules), True
    if error > rules["uncertainty_ineligible_above"]:
        return None, False
    free = rules["uncertainty_free_below"]
    counted = error if rule == "vcs_mr_2_4" else error - free
    return (ZERO if error <= free else counted / rules["t_two_sided_90"] * rules["t_one_sided_66_67"]), True


def fcpf_factor(error: Fraction, rules: Rules) -> Fraction:
    """Return the factor of the bin that holds the error."""
    for number in (1, 2, 3, 4):
        if error <= rules[f"fcpf_limit_{number}"]:
            return Fraction(rules[f"fcpf_factor_{number}"])
    return Fraction(rules["fcpf_factor_5"])


def rate_of(project: Project, rules: Rules) -> tuple[Known, bool]:
    """Return the buffer rate, that of the latest rating or the declared one, and if it passes."""
    assessed = [row["assessed_on"] for row in project.tables["risk_scores"]]
    if not assessed:
        return rules.get("buffer_rate"), True
    rate = rating(project.rows("risk_scores", assessed_on=max(assessed)), rules)
    return rate, rate is not None


def rating(rows: Sequence[Row], rules: Rules) -> Known:
    """Return the rate of a non-permanence rating, None where it fails."""
    parts = dict.fromkeys(("internal", "external", "natural"), ZERO)
    if {row["category"] for row in rows} != set(parts):
        return None
    for row in rows:
        points = natural_points(row)
        if points is None:
            return None
        parts[row["category"]] += points
    parts = {name: max(points, ZERO) for name, points in parts.items()}
    whole = ceil(sum(parts.values()))
    if whole > rules["risk_fail_above"] or any(value > rules[f"risk_limit_{name}"] for name, value in parts.items()):
        return None
    return max(Fraction(whole, 100), rules["buffer_minimum"])


def natural_points(row: Row) -> Known:
    """Return the points of an item: given, or from the table of natural risks times its mitigation."""
    if row["score"] is not None:
        return Fraction(row["score"])
    points = NATURAL_SCORES[NATURAL_LOSSES.index(row["loss_class"])][NATURAL_RETURNS.index(row["return_class"])]
    return None if points is None else points * Fraction(row["mitigation"])


def vintage(
    rules: Rules, sides: tuple[Side, Side], leaked: Known, transferred: Fraction, rated: tuple[Known, bool]
) -> Vintage:
    """Return a vintage up to its balance: what it adds to the period before anything is carried or rounded."""
    base, monitored = sides
    fraction, eligible = deduction_of(rules)
    rate, passes = rated
    blank = Vintage(
        baseline=base.emissions,
        project=monitored.emissions,
        stock_change=less(base.stock_change, monitored.stock_change),
        leakage=leaked,
        fraction=fraction,
        eligible=eligible if passes else False,
        deduction=None,
        transferred=transferred,
        removals=less(base.enhancement, monitored.enhancement),
        rate=rate,
        buffer=None,
        balance=None,
    )
    if rules["credit_rule"] == "vcs":
        return vcs(blank, rules)
    if rules["credit_rule"] == "art_trees":
        return art(blank)
    return fcpf(blank, rules, less(base.degradation, monitored.degradation))


def vcs(one: Vintage, rules: Rules) -> Vintage:
    """Deduct from the net, hold back on the stock change; a loss stays whole and a vintage not eligible adds no reduction."""
    net = one.net
    base = net if rules["deduction_base"] == "net" else one.gross
    deduction = ZERO if base is not None and base <= 0 else times(base, one.fraction)
    change = one.stock_change
    nothing_held = one.eligible is False or (change is not None and change <= 0)
    held = ZERO if nothing_held else times(change, one.rate)
    if one.eligible is False:
        loss = less(net, one.transferred)
        deduction = deduction if net is not None and net <= 0 else None
        return replace(one, deduction=deduction, buffer=held, balance=None if loss is None else min(loss, ZERO))
    return replace(one, deduction=deduction, buffer=held, balance=less(net, deduction, held, one.transferred))


def art(one: Vintage) -> Vintage:
    """Deduct |ER x UA| and |removals x UA|; hold back on what was not sold otherwise; no removals in a year with a loss.

    Removals that fell below the baseline are a loss like another, and their error is deducted all the same.
    """
    if one.net is None or one.gross is None or one.removals is None:
        one = replace(one, transferred=None)
    if one.gross is None or one.removals is None:
        return one
    reduction = one.gross - one.removals
    left_out = max(one.removals, ZERO) if reduction < 0 else ZERO
    deduction = times(abs(reduction) + abs(one.removals - left_out), one.fraction)
    one = replace(one, deduction=deduction, left_out=left_out)
    if one.transferred is None:
        return one
    one = replace(one, transferred=ZERO if reduction < 0 else one.transferred)
    counted = one.gross - left_out
    held = ZERO if counted <= 0 else times(max(counted - one.transferred, ZERO), one.rate)
    balance = less(counted, held, one.leakage, deduction, one.transferred)
    if balance is not None and counted - max(one.removals - left_out, ZERO) >= 0:
        balance = max(balance, ZERO)
    return replace(one, buffer=held, balance=balance)


def fcpf(one: Vintage, rules: Rules, degradation: Known) -> Vintage:
    """Lines A to L of the table of emission reductions that may be transferred."""
    reduction = one.net
    if reduction is None:
        return replace(one, transferred=None)
    if degradation is None or one.fraction is None:
        return one
    free = (reduction if reduction <= 0 else reduction * rules["title_share"]) - one.transferred
    one = replace(one, transferred=reduction - free)
    if reduction <= 0 or free <= 0:
        return replace(one, deduction=ZERO, buffer=ZERO, balance=free)
    proxy = min(max(degradation, ZERO), reduction) if rules["degradation_by_proxy"] == "yes" else ZERO
    rate = proxy / reduction * rules["degradation_proxy_factor"] + (reduction - proxy) / reduction * one.fraction
    held_for_error = rate * free
    rest = free - held_for_error
    pooled = rules["pooled_reversal_share"]
    held = None if one.rate is None or one.rate < pooled else rest * (one.rate - pooled) + rest * pooled
    return replace(one, deduction=held_for_error, buffer=held, balance=less(rest, held))


def credited(project: Project, account: Account, raw: dict[int, Vintage]) -> dict[int, Vintage]:
    """Round each vintage to credits by the account's own rules."""
    rules = account.rules[account.end.year]
    if rules["deficit_rule"] == "negative_credits":
        return {
            year: replace(
                one,
                carried=None if one.balance is None else ZERO,
                unrounded=one.balance,
                credits=whole(one.balance, rules),
            )
            for year, one in raw.items()
        }
    return earned_back(opening(project, account), raw, rules)


def opening(project: Project, account: Account) -> Fraction:
    """Return the deficit that earlier periods left, zero or less."""
    earlier = [
        row for row in project.rows("prior_vintages", rule_set=account.rule_set) if row["vintage_end"] < account.start
    ]
    return min(ZERO, sum((row["balance_tco2e"] - row["credits"] for row in earlier), ZERO))


def earned_back(deficit: Fraction, raw: dict[int, Vintage], rules: Rules) -> dict[int, Vintage]:
    """Credit a vintage by how far it lifts the highest sum so far, and no more in all than the period ends with."""
    years = list(raw)
    sums: list[Known] = []
    for year in years:
        sums.append(total((sums[-1] if sums else deficit, raw[year].balance)))
    known = [one for one in sums if one is not None]
    end = max(known[-1], ZERO) if known else ZERO
    found: dict[int, Vintage] = {}
    peak, before = ZERO, ZERO
    for year, now in zip(years, sums, strict=True):
        if now is None:
            found[year] = raw[year]
            continue
        peak = max(peak, now)
        upto = min(peak, end)
        found[year] = replace(
            raw[year], carried=now - upto, unrounded=upto - before, credits=whole(upto - before, rules)
        )
        before = upto
    return found


def whole(value: Known, rules: Rules) -> int | None:
    """Round to whole credits: down, or half away from zero."""
    if value is None:
        return None
    if rules["rounding"] == "floor":
        return floor(value)
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(-value + Fraction(1, 2))


def close_to_the_next(value: Known, rules: Rules, tolerance: Fraction) -> bool:
    """Say whether so small a difference could round to another credit."""
    return value is not None and whole(value - tolerance, rules) != whole(value + tolerance, rules)
