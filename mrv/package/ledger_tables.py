"""Tables of the ledger as a package holds them: read once, none of their rows twice, those of vintages by their key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.arithmetic_rules import Row, Rules
from mrv.package.reading import csv_records, reading
from mrv.package.tables import FOLDER

LEDGER = f"{FOLDER}/emission_reductions.parquet"
PARAMETERS = "data/landed/account_parameters.parquet"
ACCOUNTS = "data/landed/accounts.parquet"
CATALOGUE = "data/calc/parameters.csv"

_ACCOUNT = ("project_id", "rule_set")
_VINTAGE = (*_ACCOUNT, "vintage_year")
_CHANGE = ("scope", "zone_id", "stratum_id", "activity", "from_state", "to_state", "pool", "year")
KEYS = {
    "emission_reductions": _VINTAGE,
    "leakage": _VINTAGE,
    "uncertainty": _VINTAGE,
    "buffer": _VINTAGE,
    "risk_rating": (*_VINTAGE, "category"),
    "uncertainty_rules": (*_VINTAGE, "rule", "basis"),
    "monte_carlo": (*_VINTAGE, "quantity"),
    "vintages": (*_ACCOUNT, "vintage_start"),
    "issuance_reconciliation": (*_ACCOUNT, "vintage_start", "vintage_end"),
    "issuances": ("serial_number",),
    "parameters_used": (*_ACCOUNT, "mart", "parameter_id"),
    "baseline_emissions": (*_ACCOUNT, "baseline_version", *_CHANGE),
    "project_emissions": (*_ACCOUNT, *_CHANGE),
}
"""Tables of the ledger, and the columns of which no two of their rows agree in all."""

Account = tuple[str, str]
"""Project and rule set."""
Vintage = tuple[str, str, int]
"""Project, rule set and year."""


@dataclass(frozen=True)
class Ledger:
    """Tables of a package, those of vintages by their key.

    Attributes:
        sides: Rows of emissions by side (baseline, project), scope and vintage.
        rating: Categories of the risk rating of a vintage.
        compared: What every rule deducts of the errors of a vintage.
        landed: Landed parameters by account and identifier.
        catalogue: Parameters as the package's catalogue prints them, by identifier.
        declared: Landed accounts.
    """

    accounts: Mapping[Account, list[Row]]
    rules: Mapping[Vintage, Rules]
    leakage: Mapping[Vintage, Row]
    uncertainty: Mapping[Vintage, Row]
    buffer: Mapping[Vintage, Row]
    sides: Mapping[tuple[str, str, Vintage], list[Row]]
    rating: Mapping[Vintage, list[Row]]
    compared: Mapping[Vintage, list[Row]]
    drawn: Sequence[Row]
    registry: Sequence[Row]
    issued: Sequence[Row]
    reconciled: Sequence[Row]
    used: Sequence[Row]
    landed: Mapping[tuple[str, str, str], list[Row]]
    catalogue: Mapping[str, Mapping[str, str]]
    declared: Sequence[Row]


def vintage(row: Row) -> Vintage:
    """Return the key of a row of a vintage."""
    return (row["project_id"], row["rule_set"], row["vintage_year"])


def named(row: Row) -> str:
    """Return how a problem names the vintage of a row."""
    return f"{row['rule_set']} {row['vintage_year']}"


def read_ledger(root: Path) -> Ledger | None:
    """Read the tables of the ledger, or None where the package has none.

    Args:
        root: Folder of the package.

    Raises:
        PackageError: A file cannot be read, lacks a column, or holds a row twice.
    """
    rows = _mart(root, "emission_reductions")
    if not rows:
        return None
    accounts: dict[Account, list[Row]] = {}
    for row in sorted(rows, key=vintage):
        accounts.setdefault((row["project_id"], row["rule_set"]), []).append(row)
    parameters = _once(root, PARAMETERS, (*_VINTAGE, "name"))
    landed: dict[tuple[str, str, str], list[Row]] = {}
    for row in parameters:
        landed.setdefault((row["project_id"], row["rule_set"], row["parameter_id"]), []).append(row)
    return Ledger(
        accounts=accounts,
        rules=_rules(parameters),
        leakage=_one(root, "leakage"),
        uncertainty=_one(root, "uncertainty"),
        buffer=_one(root, "buffer"),
        sides=_sides(root),
        rating=_many(root, "risk_rating"),
        compared=_many(root, "uncertainty_rules"),
        drawn=_mart(root, "monte_carlo"),
        registry=_mart(root, "vintages"),
        issued=_mart(root, "issuances"),
        reconciled=_mart(root, "issuance_reconciliation"),
        used=_mart(root, "parameters_used"),
        landed=landed,
        catalogue=_catalogue(root),
        declared=_once(root, ACCOUNTS, _ACCOUNT),
    )


def _mart(root: Path, name: str) -> list[Row]:
    return _once(root, f"{FOLDER}/{name}.parquet", KEYS[name])


def _once(root: Path, file: str, key: Sequence[str]) -> list[Row]:
    """Return the rows of a table, none where there is no file; a row that stands twice would count twice, or hide another."""
    if not (root / file).is_file():
        return []
    with reading(file):
        rows: list[Row] = pq.read_table(root / file).to_pylist()
        seen: set[tuple[object, ...]] = set()
        for row in rows:
            own = tuple(row[name] for name in key)
            if own in seen:
                raise PackageError(
                    "a row stands twice",
                    expected=f"one row for each {', '.join(key)}",
                    found=", ".join(map(str, own)),
                    where=file,
                    remedy="ask the publisher which one holds",
                )
            seen.add(own)
        return rows


def _one(root: Path, name: str) -> dict[Vintage, Row]:
    return {vintage(row): row for row in _mart(root, name)}


def _many(root: Path, name: str) -> dict[Vintage, list[Row]]:
    found: dict[Vintage, list[Row]] = {}
    for row in _mart(root, name):
        found.setdefault(vintage(row), []).append(row)
    return found


def _sides(root: Path) -> dict[tuple[str, str, Vintage], list[Row]]:
    found: dict[tuple[str, str, Vintage], list[Row]] = {}
    for side in ("baseline", "project"):
        for row in _mart(root, f"{side}_emissions"):
            key = (side, row["scope"], (row["project_id"], row["rule_set"], row["year"]))
            found.setdefault(key, []).append(row)
    return found


def _rules(parameters: Sequence[Row]) -> dict[Vintage, Rules]:
    found: dict[Vintage, tuple[dict[str, str], dict[str, Decimal]]] = {}
    for row in parameters:
        choices, numbers = found.setdefault(vintage(row), ({}, {}))
        if row["choice"] is not None:
            choices[row["name"]] = row["choice"]
        if row["value"] is not None:
            numbers[row["name"]] = row["value"]
    return {key: Rules(*pair) for key, pair in found.items()}


def _catalogue(root: Path) -> dict[str, dict[str, str]]:
    if not (root / CATALOGUE).is_file():
        return {}
    with reading(CATALOGUE):
        rows = [*csv_records(root, CATALOGUE)]
        found = {row["parameter_id"]: row for row in rows}
        if len(found) != len(rows):
            raise PackageError("a parameter stands twice", where=CATALOGUE, remedy="ask the publisher which one holds")
        return found
