"""Whether the ledger of a package adds up: from pools to vintages, from vintages to credits, by arithmetic of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package import arithmetic_rules as anew
from mrv.package.arithmetic_rules import TOLERANCE_SHARE, Number, Row, Rules, differ, minus, plus
from mrv.package.reading import listed, reading
from mrv.package.tables import FOLDER

PARAMETERS = "data/landed/account_parameters.parquet"
LEDGER = f"{FOLDER}/emission_reductions.parquet"
_SHOWN = 10
_LEAKAGE_PARTS = (
    "belt_leakage_tco2e", "displacement_tco2e", "rate_tco2e", "market_leakage_tco2e", "outside_belt_tco2e", "prevention_tco2e",
)  # fmt: skip

Account = tuple[str, str]
"""Project and rule set."""
Vintage = tuple[str, str, int]
"""Project, rule set and year."""


@dataclass(frozen=True)
class _Ledger:
    """Tables of a package, those of vintages by their key."""

    accounts: Mapping[Account, list[Row]]
    rules: Mapping[Vintage, Rules]
    leakage: Mapping[Vintage, Row]
    uncertainty: Mapping[Vintage, Row]
    buffer: Mapping[Vintage, Row]
    sides: Mapping[tuple[str, Vintage], list[Row]]
    drawn: Sequence[Row]
    registry: Sequence[Row]


def arithmetic(root: Path) -> str:
    """Compute every vintage of every account anew, and compare each step with what is published.

    Args:
        root: Folder of the package.

    Returns:
        What was compared.

    Raises:
        PackageError: Something does not follow, a table or the rules in force are missing, or a file cannot be read.
    """
    ledger = _read(root)
    if not ledger.accounts:
        return "there is no ledger"
    problems: list[str] = []
    with reading(LEDGER):
        for rows in ledger.accounts.values():
            lacking = [text for row in rows for text in _lacking(ledger, row)]
            problems += lacking
            if not lacking:
                problems += _account(ledger, rows)
        problems += _quantiles(ledger.drawn)
        problems += _vintages(ledger)
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


def _read(root: Path) -> _Ledger:
    accounts: dict[Account, list[Row]] = {}
    for row in sorted(_rows(root, LEDGER), key=_vintage):
        accounts.setdefault((row["project_id"], row["rule_set"]), []).append(row)
    sides: dict[tuple[str, Vintage], list[Row]] = {}
    for side in ("baseline", "project"):
        for row in _rows(root, f"{FOLDER}/{side}_emissions.parquet"):
            if row["scope"] == "project_area":
                sides.setdefault((side, (row["project_id"], row["rule_set"], row["year"])), []).append(row)
    return _Ledger(
        accounts=accounts,
        rules=_rules(_rows(root, PARAMETERS)) if accounts else {},
        leakage=_by_vintage(root, "leakage"),
        uncertainty=_by_vintage(root, "uncertainty"),
        buffer=_by_vintage(root, "buffer"),
        sides=sides,
        drawn=_rows(root, f"{FOLDER}/monte_carlo.parquet"),
        registry=_rows(root, f"{FOLDER}/vintages.parquet"),
    )


def _rows(root: Path, name: str) -> list[Row]:
    if not (root / name).is_file():
        return []
    with reading(name):
        rows: list[Row] = pq.read_table(root / name).to_pylist()
        return rows


def _vintage(row: Row) -> Vintage:
    return (row["project_id"], row["rule_set"], row["vintage_year"])


def _by_vintage(root: Path, mart: str) -> dict[Vintage, Row]:
    file = f"{FOLDER}/{mart}.parquet"
    rows = _rows(root, file)
    with reading(file):
        found = {_vintage(row): row for row in rows}
        if len(found) != len(rows):
            raise PackageError("a vintage stands twice", where=file, remedy="ask the publisher which one holds")
        return found


def _rules(parameters: Sequence[Row]) -> dict[Vintage, Rules]:
    found: dict[Vintage, tuple[dict[str, str], dict[str, Decimal]]] = {}
    with reading(PARAMETERS):
        for row in parameters:
            choices, numbers = found.setdefault(_vintage(row), ({}, {}))
            if row["choice"] is not None:
                choices[row["name"]] = row["choice"]
            if row["value"] is not None:
                numbers[row["name"]] = row["value"]
    return {key: Rules(*pair) for key, pair in found.items()}


def _lacking(ledger: _Ledger, row: Row) -> Iterator[str]:
    key = _vintage(row)
    parts: dict[str, Mapping[Any, Any]] = {
        "account_parameters": ledger.rules, "leakage": ledger.leakage, "uncertainty": ledger.uncertainty, "buffer": ledger.buffer,
    }  # fmt: skip
    for name, rows in parts.items():
        if key not in rows:
            yield f"{_named(row)} has no row in {name}"


def _named(row: Row) -> str:
    return f"{row['rule_set']} {row['vintage_year']}"


def _account(ledger: _Ledger, rows: list[Row]) -> Iterator[str]:
    rules = {row["vintage_year"]: ledger.rules[_vintage(row)] for row in rows}
    for row in rows:
        name = _named(row)
        yield from (f"{name}: {text}" for text in _vintage_problems(ledger, row))
    yield from _belt(ledger, rows, rules)
    carried: Number = None
    for place, (row, (creditable, left)) in enumerate(zip(rows, anew.credited(rows, rules), strict=True)):
        expected = {"creditable_tco2e": creditable, "carried_tco2e": left}
        if place and rules[row["vintage_year"]].choice("deficit_rule") == "earned_back":
            expected["opening_tco2e"] = carried
        yield from (f"{_named(row)}: {text}" for text in _unlike(row, expected))
        yield from _rounded(row, rules[row["vintage_year"]])
        carried = row["carried_tco2e"]
    if (rows[0]["opening_tco2e"] or 0) > 0:
        yield f"{_named(rows[0])}: opens with {rows[0]['opening_tco2e']} tCO2e that nothing earned"


def _vintage_problems(ledger: _Ledger, row: Row) -> Iterator[str]:
    key = _vintage(row)
    rules, leakage, error, held = ledger.rules[key], ledger.leakage[key], ledger.uncertainty[key], ledger.buffer[key]
    baseline, project = (ledger.sides.get((side, key), []) for side in ("baseline", "project"))
    degradation = minus(_sum(baseline, "degradation"), _sum(project, "degradation"))
    expected = {
        "days": Decimal((row["vintage_end"] - row["vintage_start"]).days + 1),
        "baseline_tco2e": _sum(baseline),
        "project_tco2e": _sum(project),
        "gross_reduction_tco2e": minus(row["baseline_tco2e"], row["project_tco2e"]),
        "stock_change_tco2e": minus(_sum(baseline, without="fire"), _sum(project, without="fire")),
        "leakage_tco2e": plus(*(leakage[name] for name in _LEAKAGE_PARTS)),
        "net_tco2e": minus(anew.counted(row), row["leakage_tco2e"]),
        "uncertainty_u90": error["uncertainty_u90"],
        "deduction_fraction": error["deduction_fraction"],
        "deduction_tco2e": anew.deduction(row, rules, degradation),
        "buffer_tco2e": anew.buffer(row, held),
        "buffer_rate": held["buffer_rate"],
        "earned_tco2e": anew.earned(row),
    }
    yield from _unlike(row, expected)
    if differ(leakage["leakage_tco2e"], row["leakage_tco2e"]):
        yield f"leakage is {leakage['leakage_tco2e']} in the table of its parts, {row['leakage_tco2e']} in the ledger"
    if rules.choice("quantile_source") != "degrees_of_freedom":
        share = anew.share(error, rules)
        if differ(error["deduction_fraction"], share, tolerance=TOLERANCE_SHARE):
            yield f"the rule {error['uncertainty_rule']} deducts {error['deduction_fraction']}, by its parameters {share}"
    for name in ("deduction_tco2e", "deduction_fraction", "buffer_tco2e", "transferred_tco2e"):
        if (row[name] or 0) < 0:
            yield f"{name} is {row[name]}, below zero"


def _unlike(row: Row, expected: Mapping[str, Number]) -> Iterator[str]:
    for name, value in expected.items():
        found = row[name] if row[name] is None else Decimal(row[name])
        if differ(found, value):
            yield f"{name} is {found}, its parts give {value}"


def _sum(rows: Sequence[Row], activity: str | None = None, *, without: str | None = None) -> Number:
    """Return the tonnes of rows, of one activity or without one: zero where no row is of it, unknown where there is no row."""
    if not rows:
        return None
    chosen = [
        row["period_tco2e"]
        for row in rows
        if activity in (None, row["activity"]) and (without is None or row["activity"] != without)
    ]
    return plus(*chosen)


def _belt(ledger: _Ledger, rows: Sequence[Row], rules: Mapping[int, Rules]) -> Iterator[str]:
    """Compare leakage of the belt with its excess: never below zero in a year, or never in the sum of the period."""
    total, before = Decimal(0), Decimal(0)
    for row in rows:
        part, own = ledger.leakage[_vintage(row)], rules[row["vintage_year"]]
        found, excess = part["belt_leakage_tco2e"], part["belt_excess_tco2e"]
        if (own.choice("leakage_rule") or "").startswith("belt") and found is not None and excess is not None:
            total += excess
            expected = max(excess, Decimal(0))
            if own.choice("leakage_floor") == "cumulative":
                expected = max(total, Decimal(0)) - before
                before = max(total, Decimal(0))
            if differ(found, expected):
                yield f"{_named(row)}: leakage of the belt is {found}, its excess gives {expected}"
        whole = part["leakage_tco2e"]
        if whole is not None and whole < 0 and own.choice("leakage_floor") != "cumulative":
            yield f"{_named(row)}: leakage is {whole}, below zero"


def _rounded(row: Row, rules: Rules) -> Iterator[str]:
    value = row["creditable_tco2e"]
    whole = None
    if value is not None:
        half_up = rules.choice("rounding") == "half_up"
        whole = int(value.to_integral_value(ROUND_HALF_UP)) if half_up else math.floor(value)
    if row["credits"] != whole:
        yield f"{_named(row)}: credits are {row['credits']}, {value} rounded is {whole}"


def _quantiles(drawn: Sequence[Row]) -> Iterator[str]:
    for row in drawn:
        ends = [row["q05_tco2e"], row["median_tco2e"], row["q95_tco2e"]]
        if None not in ends and ends != sorted(ends):
            yield f"{_named(row)}: quantiles of {row['quantity']} are out of order: {', '.join(map(str, ends))}"


def _vintages(ledger: _Ledger) -> Iterator[str]:
    """Compare the registry's table with the ledger, and its running sums with its credits."""
    wanted = {_vintage(row): row for rows in ledger.accounts.values() for row in rows}
    computed = {_vintage(row): row for row in ledger.registry if row["source"] == "computed"}
    if {*computed} != {*wanted} or len(computed) != sum(row["source"] == "computed" for row in ledger.registry):
        yield f"vintages has {len(computed)} computed vintages, the ledger {len(wanted)}"
        return
    for key, row in computed.items():
        yield from (f"vintages {_named(row)}: {text}" for text in _registered(row, wanted[key]))
    sums: dict[Account, Number] = {}
    for row in sorted(ledger.registry, key=lambda row: (row["project_id"], row["rule_set"], row["vintage_start"])):
        account = (row["project_id"], row["rule_set"])
        sums[account] = plus(sums.get(account, Decimal(0)), row["credits"])
        if differ(row["cumulative_credits"], sums[account]):
            yield f"vintages {_named(row)}: {row['cumulative_credits']} credits in all, the sum is {sums[account]}"


def _registered(row: Row, own: Row) -> Iterator[str]:
    names = ("baseline_tco2e", "project_tco2e", "leakage_tco2e", "credits")
    yield from _unlike(row, {name: own[name] for name in names})
    held = own["buffer_tco2e"]
    whole = None if held is None else math.ceil(held)
    if row["buffer_credits"] != whole:
        yield f"buffer credits are {row['buffer_credits']}, {held} rounded up is {whole}"
    if differ(plus(row["reduction_credits"], row["removal_credits"]), row["credits"]):
        yield f"{row['reduction_credits']} of reductions and {row['removal_credits']} of removals are not {row['credits']}"
