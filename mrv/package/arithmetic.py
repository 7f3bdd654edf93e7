"""Whether the ledger of a package adds up: from pools to vintages, from vintages to credits, by arithmetic of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from mrv.errors import PackageError
from mrv.package import arithmetic_parts as parts
from mrv.package import arithmetic_records as records
from mrv.package import arithmetic_rules as anew
from mrv.package.arithmetic_parts import total, unlike
from mrv.package.arithmetic_rules import Number, Row, Rules, differ, minus, plus
from mrv.package.ledger_tables import LEDGER, Account, Ledger, named, read_ledger, vintage
from mrv.package.reading import listed, reading

_SHOWN = 10
_LEAKAGE_PARTS = (
    "belt_leakage_tco2e", "displacement_tco2e", "rate_tco2e", "market_leakage_tco2e", "outside_belt_tco2e", "prevention_tco2e",
)  # fmt: skip


def arithmetic(root: Path) -> str:
    """Compute every vintage of every account anew, and compare each step with what is published.

    Args:
        root: Folder of the package.

    Returns:
        What was compared.

    Raises:
        PackageError: Something does not follow, a table or the rules in force are missing, or a file cannot be read.
    """
    ledger = read_ledger(root)
    if ledger is None:
        return "there is no ledger"
    problems: list[str] = []
    with reading(LEDGER):
        for rows in ledger.accounts.values():
            lacking = [text for row in rows for text in _lacking(ledger, row)]
            problems += lacking
            if not lacking:
                problems += _account(ledger, rows)
        for check in (parts.draws, records.primary, records.parameters, records.issuances, _vintages):
            problems += check(ledger)
    if problems:
        raise PackageError(
            "the ledger does not follow from its parts",
            expected="sums and products as the rules in force give them",
            found=listed(problems, most=_SHOWN),
            where=f"{LEDGER} and the tables of its parts",
            remedy="ask the publisher which one holds",
        )
    count = sum(len(rows) for rows in ledger.accounts.values())
    return f"{count} vintages of {len(ledger.accounts)} accounts follow from pools, leakage, errors, buffer and rules"


def _lacking(ledger: Ledger, row: Row) -> Iterator[str]:
    key = vintage(row)
    tables: dict[str, Mapping[Any, Any]] = {
        "account_parameters": ledger.rules, "leakage": ledger.leakage, "uncertainty": ledger.uncertainty, "buffer": ledger.buffer,
    }  # fmt: skip
    for name, rows in tables.items():
        if key not in rows:
            yield f"{named(row)} has no row in {name}"


def _account(ledger: Ledger, rows: list[Row]) -> Iterator[str]:
    rules = {row["vintage_year"]: ledger.rules[vintage(row)] for row in rows}
    for row in rows:
        name = named(row)
        for check in (_vintage_problems, parts.emissions, parts.rating):
            yield from (f"{name}: {text}" for text in check(ledger, row))
        for part in (parts.belt, parts.error):
            yield from (f"{name}: {text}" for text in part(ledger, vintage(row)))
    yield from _belt(ledger, rows, rules)
    carried: Number = None
    for place, (row, (creditable, left)) in enumerate(zip(rows, anew.credited(rows, rules), strict=True)):
        expected = {"creditable_tco2e": creditable, "carried_tco2e": left}
        if place and rules[row["vintage_year"]].choice("deficit_rule") == "earned_back":
            expected["opening_tco2e"] = carried
        yield from (f"{named(row)}: {text}" for text in unlike(row, expected))
        yield from _rounded(row, rules[row["vintage_year"]])
        carried = row["carried_tco2e"]
    if (rows[0]["opening_tco2e"] or 0) > 0:
        yield f"{named(rows[0])}: opens with {rows[0]['opening_tco2e']} tCO2e that nothing earned"


def _vintage_problems(ledger: Ledger, row: Row) -> Iterator[str]:
    key = vintage(row)
    rules, leakage, error, held = ledger.rules[key], ledger.leakage[key], ledger.uncertainty[key], ledger.buffer[key]
    baseline, project = (ledger.sides.get((side, "project_area", key), []) for side in ("baseline", "project"))
    degradation = minus(total(baseline, "degradation"), total(project, "degradation"))
    # Of what is not credited nothing is deducted.
    is_lost = row["eligible"] is False and (row["net_tco2e"] or 0) > 0
    expected = {
        "days": Decimal((row["vintage_end"] - row["vintage_start"]).days + 1),
        "baseline_tco2e": total(baseline),
        "project_tco2e": total(project),
        "gross_reduction_tco2e": minus(row["baseline_tco2e"], row["project_tco2e"]),
        "stock_change_tco2e": minus(total(baseline, without="fire"), total(project, without="fire")),
        "leakage_tco2e": plus(*(leakage[name] for name in _LEAKAGE_PARTS)),
        "net_tco2e": minus(anew.counted(row), row["leakage_tco2e"]),
        "uncertainty_u90": error["uncertainty_u90"],
        "deduction_fraction": error["deduction_fraction"],
        "deduction_tco2e": None if is_lost else anew.deduction(row, rules, degradation),
        "adjusted_tco2e": minus(row["net_tco2e"], row["deduction_tco2e"]),
        "buffer_tco2e": anew.buffer(row, held),
        "buffer_rate": held["buffer_rate"],
        "earned_tco2e": anew.earned(row),
    }
    yield from unlike(row, expected)
    if differ(leakage["leakage_tco2e"], row["leakage_tco2e"]):
        yield f"leakage is {leakage['leakage_tco2e']} in the table of its parts, {row['leakage_tco2e']} in the ledger"
    for name in ("deduction_tco2e", "deduction_fraction", "buffer_tco2e", "transferred_tco2e"):
        if (row[name] or 0) < 0:
            yield f"{name} is {row[name]}, below zero"


def _belt(ledger: Ledger, rows: Sequence[Row], rules: Mapping[int, Rules]) -> Iterator[str]:
    """Compare leakage of the belt with its excess: never below zero in a year, or never in the sum of the period."""
    total, before = Decimal(0), Decimal(0)
    for row in rows:
        part, own = ledger.leakage[vintage(row)], rules[row["vintage_year"]]
        found, excess = part["belt_leakage_tco2e"], part["belt_excess_tco2e"]
        if (own.choice("leakage_rule") or "").startswith("belt") and found is not None and excess is not None:
            total += excess
            expected = max(excess, Decimal(0))
            if own.choice("leakage_floor") == "cumulative":
                expected = max(total, Decimal(0)) - before
                before = max(total, Decimal(0))
            if differ(found, expected):
                yield f"{named(row)}: leakage of the belt is {found}, its excess gives {expected}"
        whole = part["leakage_tco2e"]
        if whole is not None and whole < 0 and own.choice("leakage_floor") != "cumulative":
            yield f"{named(row)}: leakage is {whole}, below zero"


def _rounded(row: Row, rules: Rules) -> Iterator[str]:
    value = row["creditable_tco2e"]
    whole = None
    if value is not None:
        half_up = rules.choice("rounding") == "half_up"
        whole = int(value.to_integral_value(ROUND_HALF_UP)) if half_up else math.floor(value)
    if row["credits"] != whole:
        yield f"{named(row)}: credits are {row['credits']}, {value} rounded is {whole}"


def _vintages(ledger: Ledger) -> Iterator[str]:
    """Compare the registry's table with the ledger, and its running sums with its credits."""
    wanted = {vintage(row): row for rows in ledger.accounts.values() for row in rows}
    computed = {vintage(row): row for row in ledger.registry if row["source"] == "computed"}
    if {*computed} != {*wanted} or len(computed) != sum(row["source"] == "computed" for row in ledger.registry):
        yield f"vintages has {len(computed)} computed vintages, the ledger {len(wanted)}"
        return
    for key, row in computed.items():
        yield from (f"vintages {named(row)}: {text}" for text in _registered(row, wanted[key]))
    sums: dict[Account, Number] = {}
    for row in sorted(ledger.registry, key=lambda row: (row["project_id"], row["rule_set"], row["vintage_start"])):
        account = (row["project_id"], row["rule_set"])
        sums[account] = plus(sums.get(account, Decimal(0)), row["credits"])
        if differ(row["cumulative_credits"], sums[account]):
            yield f"vintages {named(row)}: {row['cumulative_credits']} credits in all, the sum is {sums[account]}"


def _registered(row: Row, own: Row) -> Iterator[str]:
    names = ("baseline_tco2e", "project_tco2e", "leakage_tco2e", "credits")
    yield from unlike(row, {name: own[name] for name in names})
    held = own["buffer_tco2e"]
    whole = None if held is None else math.ceil(held)
    if row["buffer_credits"] != whole:
        yield f"buffer credits are {row['buffer_credits']}, {held} rounded up is {whole}"
    if differ(plus(row["reduction_credits"], row["removal_credits"]), row["credits"]):
        yield f"{row['reduction_credits']} of reductions and {row['removal_credits']} of removals are not {row['credits']}"
