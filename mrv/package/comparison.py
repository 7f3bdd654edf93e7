"""Two versions side by side: figures, rows, inputs, parameters, tonnes of each account, and why they differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mrv.errors import PackageError
from mrv.package.causes import Cause, Lineage, causes_of, reaching
from mrv.package.difference import CellDifference, Change, FigureDifference, figure_differences, folder_differences
from mrv.package.evidence import LINEAGE
from mrv.package.figures import MART
from mrv.package.freeze import FREEZE
from mrv.package.presence import LISTED
from mrv.package.reading import MAX_JSON_BYTES, csv_records, reading
from mrv.package.tables import FOLDER

PARAMETERS = "data/calc/parameters.csv"
LEDGER = "emission_reductions"
_DAYS_OF_YEAR = 365
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of two versions.

    Attributes:
        tables: Folder of the marts' Parquet.
        keys: Mart to the columns that identify its rows.
        freeze: Record of its frozen set.
        parameters: Parameter id to its row, each value as a CSV holds it.
        lineage: Which table is made of what; None where it was not kept.
    """

    tables: Path
    keys: Mapping[str, Sequence[str]]
    freeze: Mapping[str, Any]
    parameters: Mapping[str, Mapping[str, str]]
    lineage: Lineage | None


@dataclass(frozen=True)
class InputChange:
    """An address whose bytes are not the same on both sides; a side is empty where it has none."""

    address: str
    dataset: str
    old_sha256: str
    new_sha256: str

    @property
    def change(self) -> Change:
        """What happened to it."""
        if not self.old_sha256:
            return "added"
        return "changed" if self.new_sha256 else "removed"


@dataclass(frozen=True)
class AccountTotal:
    """Tonnes of an account over the period on both sides; None where they were not computed.

    Attributes:
        days: Days of the period.
        threshold_percent: Above this part of the net reductions a difference is material; None where no rule says.
    """

    rule_set: str
    primary: bool
    credit_unit: str
    net_old_tco2e: Decimal | None
    net_new_tco2e: Decimal | None
    credits_old: Decimal | None
    credits_new: Decimal | None
    days: int
    threshold_percent: Decimal | None

    @property
    def net_difference_tco2e(self) -> Decimal | None:
        """New net reductions less old ones."""
        return (
            None
            if self.net_old_tco2e is None or self.net_new_tco2e is None
            else self.net_new_tco2e - self.net_old_tco2e
        )

    @property
    def credits_difference(self) -> Decimal | None:
        """New credits less old ones."""
        return None if self.credits_old is None or self.credits_new is None else self.credits_new - self.credits_old

    @property
    def net_difference_percent(self) -> Decimal | None:
        """Difference of the net reductions in per cent of the old ones."""
        return percent(self.net_difference_tco2e, self.net_old_tco2e)

    @property
    def material(self) -> bool | None:
        """Whether the difference exceeds the threshold; None where that cannot be told."""
        old, difference = self.net_old_tco2e, self.net_difference_tco2e
        if old is None or difference is None or self.threshold_percent is None:
            return None
        # Not of the rounded percentage: a difference just above the threshold is above it.
        return 100 * abs(difference) > self.threshold_percent * abs(old)

    def record(self) -> dict[str, Any]:
        """Return it as JSON, numbers as text so that no digit is lost."""
        names = (
            *("net_old_tco2e", "net_new_tco2e", "net_difference_tco2e", "net_difference_percent"),
            *("credits_old", "credits_new", "credits_difference", "threshold_percent"),
        )
        numbers = {name: text(getattr(self, name)) for name in names}
        said = {"rule_set": self.rule_set, "primary": self.primary, "credit_unit": self.credit_unit}
        return {**said, **numbers, "material": self.material}


def percent(difference: Decimal | None, old: Decimal | None) -> Decimal | None:
    """Return a difference in per cent of the old value, to six places; None where that is zero or not known."""
    return None if difference is None or not old else (100 * difference / abs(old)).quantize(_PLACES)


def text(value: Decimal | None) -> str | None:
    """Return a number in full, without exponent."""
    return None if value is None else format(value, "f")


@dataclass(frozen=True)
class Comparison:
    """What differs between two sides; rows are read when they are asked for, for there may be many."""

    old: Side
    new: Side

    @cached_property
    def figures(self) -> list[FigureDifference]:
        """Figures that differ, in the order of their ids."""
        return figure_differences(*(side.tables / f"{MART}.parquet" for side in (self.old, self.new)))

    def rows(self) -> Iterator[CellDifference]:
        """Yield the cells that differ, mart by mart."""
        return folder_differences(self.old.tables, self.new.tables, {**self.old.keys, **self.new.keys})

    @cached_property
    def inputs(self) -> list[InputChange]:
        """Addresses whose bytes differ."""
        (before, old_of), (after, new_of) = (_by_address(side.freeze) for side in (self.old, self.new))
        datasets = {**old_of, **new_of}
        return [
            InputChange(address, datasets[address], before.get(address, ""), after.get(address, ""))
            for address in sorted(datasets)
            if before.get(address) != after.get(address)
        ]

    @cached_property
    def parameters(self) -> list[CellDifference]:
        """What differs of the parameters in force, column by column; a row that is on one side only has its value there."""
        return list(_parameter_differences(self.old.parameters, self.new.parameters))

    @cached_property
    def causes(self) -> list[Cause]:
        """All that changed of what figures rest on."""
        counts = Counter(item.dataset for item in self.inputs)
        return causes_of(self.old.freeze, self.new.freeze, counts, [item.key for item in self.parameters])

    def causes_of(self, figure: FigureDifference) -> list[Cause]:
        """Return the causes that can reach a figure."""
        return reaching(self.causes, self.new.lineage, figure.figure.mart)

    @cached_property
    def totals(self) -> list[AccountTotal]:
        """Tonnes of each account, the primary one first."""
        before, after = (_accounts(side.tables) for side in (self.old, self.new))
        found = [_total(name, before.get(name), after.get(name), self.new) for name in sorted({*before} | {*after})]
        return sorted(found, key=lambda item: (not item.primary, item.rule_set))


def _by_address(freeze: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return address to the hashes of its bytes, and to its dataset."""
    hashes: dict[str, set[str]] = {}
    for item in freeze["inputs"]:
        hashes.setdefault(item["address"], set()).add(item["sha256"])
    datasets = {item["address"]: item["dataset"] for item in freeze["inputs"]}
    return {address: ";".join(sorted(found)) for address, found in hashes.items()}, datasets


def _parameter_differences(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> Iterator[CellDifference]:
    for name in sorted({*old} | {*new}):
        before, after = old.get(name), new.get(name)
        if before is None or after is None:
            values = [row.get("value") or row.get("choice") or "" if row else "" for row in (before, after)]
            yield CellDifference("parameters", "added" if before is None else "removed", name, "value", *values)
            continue
        for column in sorted({*before} | {*after}):
            pair = before.get(column, ""), after.get(column, "")
            if pair[0] != pair[1]:
                yield CellDifference("parameters", "changed", name, column, *pair)


def _accounts(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the ledger by rule set; empty where a package has no ledger."""
    path = folder / f"{LEDGER}.parquet"
    if not path.is_file():
        return {}
    accounts: dict[str, list[dict[str, Any]]] = {}
    columns = ["rule_set", "is_primary", "days", "net_tco2e", "credits", "credit_unit"]
    with reading(path.name):
        for row in pq.read_table(path, columns=columns).to_pylist():
            accounts.setdefault(row["rule_set"], []).append(row)
    return accounts


def _total(
    rule_set: str, old: Sequence[Mapping[str, Any]] | None, new: Sequence[Mapping[str, Any]] | None, side: Side
) -> AccountTotal:
    rows = new or old or []
    net_old, days = _sum(old, "net_tco2e"), sum(row["days"] for row in rows)
    units = sorted({row["credit_unit"] for row in rows if row["credit_unit"]})
    return AccountTotal(
        rule_set=rule_set,
        primary=any(row["is_primary"] for row in rows),
        credit_unit=", ".join(units),
        net_old_tco2e=net_old,
        net_new_tco2e=_sum(new, "net_tco2e"),
        credits_old=_sum(old, "credits"),
        credits_new=_sum(new, "credits"),
        days=days,
        threshold_percent=_threshold(side.parameters, rule_set, net_old, days),
    )


def _sum(rows: Sequence[Mapping[str, Any]] | None, column: str) -> Decimal | None:
    if not rows or any(row[column] is None for row in rows):
        return None
    return sum((Decimal(row[column]) for row in rows), Decimal(0))


def _threshold(
    parameters: Mapping[str, Mapping[str, str]], rule_set: str, net_tco2e: Decimal | None, days: int
) -> Decimal | None:
    """Return the threshold of an account in per cent: that of large projects where it reduces more than they do a year."""
    large = _parameter(parameters, rule_set, "large_project_tco2e_per_year")
    usual = _parameter(parameters, rule_set, "materiality_threshold")
    strict = _parameter(parameters, rule_set, "materiality_threshold_large")
    if large is None or usual is None or strict is None or net_tco2e is None or not days:
        return None
    return strict if abs(net_tco2e) * _DAYS_OF_YEAR / days > large else usual


def _parameter(parameters: Mapping[str, Mapping[str, str]], rule_set: str, name: str) -> Decimal | None:
    """Return the value under a rule set: its own row goes before the common one."""
    found = {row["rule_set"]: row["value"] for row in parameters.values() if row["name"] == name and row["value"]}
    value = found.get(rule_set, found.get("common"))
    return None if value is None else Decimal(value)


def side_of_package(root: Path) -> Side:
    """Return a package's folder as a side; also one that is being built, once its tables and its frozen set are written.

    Raises:
        PackageError: A file is missing or does not hold what it should.
    """
    described = _json(root, f"{FOLDER}/datapackage.json")
    freeze = _json(root, FREEZE) if (root / FREEZE).is_file() else _unfrozen(root)
    with reading(f"{FOLDER}/datapackage.json"):
        keys = {item["name"]: item["schema"]["primaryKey"] for item in described["resources"] if "schema" in item}
    with reading(PARAMETERS):
        parameters = {row["parameter_id"]: row for row in csv_records(root, PARAMETERS)}
    lineage = _json(root, LINEAGE) if (root / LINEAGE).is_file() else None
    return Side(tables=root / FOLDER, keys=keys, freeze=freeze, parameters=parameters, lineage=lineage)


def _unfrozen(root: Path) -> dict[str, Any]:
    """Return what a package without a frozen set tells of it: its inputs; all else of the other side counts as new."""
    with reading(LISTED):
        return {"inputs": list(csv_records(root, LISTED)), "code": {}}


def _json(root: Path, name: str) -> Any:
    with reading(name):
        if (root / name).stat().st_size > MAX_JSON_BYTES:
            raise PackageError("a file is too large to be read", where=name)
        return json.loads((root / name).read_bytes())
