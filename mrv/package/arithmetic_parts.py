"""Parts of a vintage computed anew: emissions by area and factor, the belt, the error and its rules, draws, the risk rating."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from mrv.package.arithmetic_rules import (
    RULES,
    TOLERANCE_SHARE,
    TOLERANCE_TCO2E,
    ZERO,
    Number,
    Row,
    Rules,
    differ,
    minus,
    plus,
    share,
    times,
)  # fmt: skip
from mrv.package.ledger_tables import Ledger, Vintage, named, vintage

_LAST_DIGIT = Decimal("0.000000001")
"""The last digit of tonnes and factors; one rounding moves by half of it."""
_LAST_AREA_HA = Decimal("0.000001")
_LAST_DRAWN = Decimal("0.002")
"""Draws are published to a thousandth of a tonne; each number compared with two others may be off by its own rounding."""
_LAST_U90 = Decimal("0.000002")


def unlike(row: Row, expected: Mapping[str, Number], *, tolerance: Decimal = TOLERANCE_TCO2E) -> Iterator[str]:
    """Yield the columns of a row that are not what their parts give."""
    for name, value in expected.items():
        found = row[name] if row[name] is None else Decimal(row[name])
        if differ(found, value, tolerance=tolerance):
            yield f"{name} is {found}, its parts give {value}"


def total(rows: Sequence[Row], activity: str | None = None, *, without: str | None = None) -> Number:
    """Return the tonnes of rows, of one activity or without one: zero where no row is of it, unknown where there is no row."""
    if not rows:
        return None
    chosen = [
        row["period_tco2e"]
        for row in rows
        if activity in (None, row["activity"]) and (without is None or row["activity"] != without)
    ]
    return plus(*chosen)


def emissions(ledger: Ledger, row: Row) -> Iterator[str]:
    """Yield what does not follow in the rows of emissions of a vintage: areas times factors, for the days that count.

    Args:
        ledger: Tables of the package.
        row: Row of `emission_reductions`.
    """
    key = vintage(row)
    rules = ledger.rules[key]
    for side in ("baseline", "project"):
        versions: dict[str, int] = {}
        for scope in ("project_area", "leakage_belt"):
            for part in ledger.sides.get((side, scope, key), []):
                name = f"{side} {part['zone_id']} {part['stratum_id']} {part['activity']} {part['pool']}"
                yield from (f"{name}: {text}" for text in _emitted(part, rules))
                version = part.get("baseline_version", "")
                if versions.setdefault(version, part["days"]) != part["days"]:
                    yield f"{name}: {part['days']} days, other rows of the same baseline have {versions[version]}"
        if versions and sum(versions.values()) != row["days"]:
            yield f"emissions of {side} are of {sum(versions.values())} days, the vintage has {row['days']}"


def _emitted(part: Row, rules: Rules) -> Iterator[str]:
    year, annual = part["year"], part["emissions_tco2e"]
    length = 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365
    if part["days_in_year"] != length:
        yield f"{year} has {length} days, not {part['days_in_year']}"
    if annual is None and not part["reason"]:
        yield "emissions_tco2e is not known, and no reason says why"
    period = times(annual, Decimal(part["days"]) / Decimal(length))
    yield from unlike(part, {"period_tco2e": period}, tolerance=_LAST_DIGIT)
    is_at_once = rules.choice("emission_timing") == "year_of_loss" or part["activity"] != "deforestation"
    if annual is not None and part["method"] == "stock_change" and is_at_once:
        yield from _of_area(part, rules)


def _of_area(part: Row, rules: Rules) -> Iterator[str]:
    """Compare emissions of a change of stock with area and factor, as exactly as both and what is rounded are printed."""
    area, factor = part["area_ha"], part["emission_factor_tco2e_ha"]
    expected = ZERO if area == 0 and factor is None else times(area, factor)
    rounded = rules.number("emissions_decimals")
    tolerance = _LAST_DIGIT * (2 + abs(area or ZERO)) + (ZERO if rounded is None else Decimal(10) ** -int(rounded))
    if part["span_years"] != 1:
        tolerance += _LAST_AREA_HA * abs(factor or ZERO) * (part["span_years"] or 1)
    yield from unlike(part, {"emissions_tco2e": expected}, tolerance=tolerance)


def belt(ledger: Ledger, key: Vintage) -> Iterator[str]:
    """Yield what does not follow of the leakage belt: its emissions from their rows, its excess from both sides."""
    part, rules = ledger.leakage[key], ledger.rules[key]
    baseline, monitored = (total(ledger.sides.get((side, "leakage_belt", key), [])) for side in ("baseline", "project"))
    yield from unlike(
        part,
        {
            "belt_baseline_tco2e": baseline,
            "belt_monitored_tco2e": monitored,
            "belt_excess_tco2e": minus(part["belt_monitored_tco2e"], part["belt_baseline_tco2e"]),
        },
    )
    yield from _chosen(part, rules, "leakage_rule", "leakage_floor")


def _chosen(row: Row, rules: Rules, *names: str) -> Iterator[str]:
    for name in names:
        if row[name] != rules.choice(name):
            yield f"{name} is {row[name]}, the rules in force say {rules.choice(name)}"


def error(ledger: Ledger, key: Vintage) -> Iterator[str]:
    """Yield what does not follow of the error of a vintage: where it comes from, and what each rule deducts for it."""
    own, rules = ledger.uncertainty[key], ledger.rules[key]
    yield from _chosen(own, rules, "uncertainty_rule")
    declared = rules.number("ner_error")
    source = "declared" if declared is not None else rules.choice("uncertainty_source") or "analytic"
    if own["uncertainty_source"] != source:
        yield f"the error is {own['uncertainty_source']}, the rules in force say {source}"
    sources = {"declared": declared, "analytic": own["analytic_u90"], "monte_carlo": own["monte_carlo_u90"]}
    if own["uncertainty_rule"] not in RULES or source not in sources:
        return
    expected = {"uncertainty_u90": sources[source]}
    yield from unlike(own, expected, tolerance=TOLERANCE_SHARE)
    drawn = _drawn(ledger, key, own["error_quantity"])
    if drawn is not None:
        yield from unlike(own, {"monte_carlo_u90": drawn["u90"]}, tolerance=TOLERANCE_SHARE)
    if rules.choice("quantile_source") != "degrees_of_freedom":
        expected_share = deducted(ledger, key, own, rule=own["uncertainty_rule"], basis=source)
        if differ(own["deduction_fraction"], expected_share, tolerance=TOLERANCE_SHARE):
            rule = own["uncertainty_rule"]
            yield f"the rule {rule} deducts {own['deduction_fraction']}, by its parameters {expected_share}"
    yield from _compared(ledger, key, own)


def deducted(ledger: Ledger, key: Vintage, row: Row, *, rule: str, basis: str) -> Number:
    """Return what a rule deducts of the error of a row: of draws, that of FCPF asks for the error about the median."""
    u90 = row["uncertainty_u90"]
    if rule == "fcpf" and basis == "monte_carlo":
        drawn = _drawn(ledger, key, ledger.uncertainty[key]["error_quantity"])
        u90 = None if drawn is None else drawn["median_u90"]
    return share({"uncertainty_rule": rule, "uncertainty_u90": u90, "uncertainty_source": basis}, ledger.rules[key])


def _drawn(ledger: Ledger, key: Vintage, quantity: str) -> Row | None:
    return next((row for row in ledger.drawn if vintage(row) == key and row["quantity"] == quantity), None)


def _compared(ledger: Ledger, key: Vintage, own: Row) -> Iterator[str]:
    rows = ledger.compared.get(key, [])
    applied = [row for row in rows if row["in_force"]]
    wanted = [(own["uncertainty_rule"], own["uncertainty_source"])]
    if [(row["rule"], row["basis"]) for row in applied] != wanted:
        yield f"uncertainty_rules applies {len(applied)} rules, not just {' '.join(wanted[0])}"
    for row in applied:
        expected = {name: own[name] for name in ("uncertainty_u90", "deduction_fraction")}
        for text in unlike(row, expected, tolerance=TOLERANCE_SHARE):
            yield f"uncertainty_rules, applied rule: {text}"
    if ledger.rules[key].choice("quantile_source") == "degrees_of_freedom":
        return
    for row in rows:
        if row["reason"] is None:
            expected = {"deduction_fraction": deducted(ledger, key, row, rule=row["rule"], basis=row["basis"])}
            for text in unlike(row, expected, tolerance=TOLERANCE_SHARE):
                yield f"uncertainty_rules {row['rule']} {row['basis']}: {text}"


def draws(ledger: Ledger) -> Iterator[str]:
    """Yield what cannot be in the draws: quantiles out of order, a mean more than one deviation from the median.

    No distribution has its mean further from its median than its standard deviation.
    """
    ledgers = {vintage(row): row for rows in ledger.accounts.values() for row in rows}
    for row in ledger.drawn:
        name = f"{named(row)}: {row['quantity']}"
        ends = [row["q05_tco2e"], row["median_tco2e"], row["q95_tco2e"]]
        mean, deviation = row["mean_tco2e"], row["sd_tco2e"]
        if None not in ends and ends != sorted(ends):
            yield f"{named(row)}: quantiles of {row['quantity']} are out of order: {', '.join(map(str, ends))}"
        if None not in (mean, deviation, ends[1]) and abs(mean - ends[1]) > deviation + _LAST_DRAWN:
            yield f"{name}: mean {mean} is further from the median {ends[1]} than the deviation {deviation}"
        width = minus(ends[2], ends[0])
        yield from (
            f"{name}: {text}"
            for text in unlike(row, {"half_width_tco2e": times(width, Decimal("0.5"))}, tolerance=_LAST_DRAWN)
        )
        yield from (f"{name}: {text}" for text in _relative(row))
        own = ledgers.get(vintage(row))
        if own is not None and row["quantity"] in ("baseline", "project"):
            expected = {"expected_tco2e": own[f"{row['quantity']}_tco2e"]}
            yield from (f"{name}: {text}" for text in unlike(row, expected))


def _relative(row: Row) -> Iterator[str]:
    """Compare the relative error with its half-width; of a mean near zero it is anything, and is cut at a million."""
    mean, half, found = row["mean_tco2e"], row["half_width_tco2e"], row["u90"]
    if None in (mean, half, found) or abs(mean) < 1:
        return
    expected = half / abs(mean)
    if expected < 1000 and differ(found, expected, tolerance=_LAST_U90 + (1 + expected) * _LAST_DRAWN / abs(mean)):
        yield f"u90 is {found}, its parts give {expected:.6f}"


def rating(ledger: Ledger, row: Row) -> Iterator[str]:
    """Yield what does not follow of the buffer's rate: categories, their sum, the minimum, and what fails.

    Args:
        ledger: Tables of the package.
        row: Row of `emission_reductions`.
    """
    key = vintage(row)
    held, rules, categories = ledger.buffer[key], ledger.rules[key], ledger.rating.get(key, [])
    yield from _chosen(held, rules, "buffer_base")
    scores: dict[str, Number] = {part["category"]: part["score"] for part in categories}
    minimum = times(rules.number("buffer_minimum"), Decimal(100))
    sum_of_scores = plus(*scores.values()) if scores else None
    percent = None
    if sum_of_scores is not None and minimum is not None:
        percent = max(Decimal(math.ceil(sum_of_scores)), minimum)
    expected = {f"{name}_score": scores.get(name) for name in ("internal", "external", "natural")}
    yield from unlike(
        held, {**expected, "total_score": sum_of_scores, "minimum_percent": minimum, "rating_percent": percent}
    )
    for part in categories:
        yield from _category(part, held, rules)
    passes = _passes(categories, sum_of_scores, rules.number("risk_fail_above"))
    if held["passes"] is not passes:
        yield f"passes is {held['passes']}, its categories and their limits give {passes}"
    yield from _rate(held, rules, times(percent, Decimal("0.01")) if categories and passes else None, bool(categories))
    eligible = False if held["passes"] is False else ledger.uncertainty[key]["eligible"]
    if row["eligible"] is not eligible:
        yield f"eligible is {row['eligible']}, error and risk rating give {eligible}"


def _category(part: Row, held: Row, rules: Rules) -> Iterator[str]:
    name, score, limit = part["category"], part["score"], part["limit_score"]
    for text in unlike(part, {"limit_score": rules.number(f"risk_limit_{name}")}):
        yield f"risk_rating {name}: {text}"
    if part["assessed_on"] != held["assessed_on"]:
        yield f"risk_rating {name}: assessed on {part['assessed_on']}, buffer says {held['assessed_on']}"
    if part["passes"] and (score is None or limit is None or score > limit):
        yield f"risk_rating {name}: passes with {score}, the limit is {limit}"


def _passes(categories: Sequence[Row], sum_of_scores: Number, limit: Number) -> bool | None:
    """Return whether a rating passes: it fails by one category, or by the sum; unknown while one of them is."""
    verdicts = [part["passes"] for part in categories]
    if False in verdicts or (sum_of_scores is not None and limit is not None and sum_of_scores > limit):
        return False
    return True if verdicts and None not in verdicts and None not in (sum_of_scores, limit) else None


def _rate(held: Row, rules: Rules, rated: Number, is_rated: bool) -> Iterator[str]:
    """Compare the rate with the rating, or with the declared rate where there is none; where both are, they must agree."""
    declared = rules.number("buffer_rate")
    expected = declared
    if is_rated:
        expected = rated if declared is None or not differ(rated, declared) else None
    source = "rating" if is_rated else None if declared is None else "declared"
    yield from unlike(held, {"buffer_rate": expected}, tolerance=TOLERANCE_SHARE)
    if held["rate_source"] != source:
        yield f"rate_source is {held['rate_source']}, there is {'a' if is_rated else 'no'} risk rating"
