"""What a ledger says of others: which account is the project's own, the parameters in force, what a registry issued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from mrv.package.arithmetic_parts import unlike
from mrv.package.arithmetic_rules import TOLERANCE_SHARE, Row, differ
from mrv.package.ledger_tables import CATALOGUE, Ledger

_UNIT = "VCU"
"""The credits whose serial numbers are compared."""


def primary(ledger: Ledger) -> Iterator[str]:
    """Yield what is wrong with the accounts: those that were declared, each project with exactly one of its own rules."""
    projects: dict[str, int] = {}
    declared = {(row["project_id"], row["rule_set"]): row["is_primary"] for row in ledger.declared}
    for account in sorted({*ledger.accounts} ^ {*declared}):
        yield f"account {account[1]} stands in the ledger or among the landed accounts, not in both"
    for account, rows in ledger.accounts.items():
        said = {row["is_primary"] for row in rows}
        projects[account[0]] = projects.get(account[0], 0) + (True in said)
        if said != {declared.get(account, rows[0]["is_primary"])}:
            yield f"account {account[1]}: is_primary is {rows[0]['is_primary']}, the account was landed otherwise"
    for project, count in projects.items():
        if count != 1:
            yield f"{project} has {count} primary accounts, not one"


def parameters(ledger: Ledger) -> Iterator[str]:
    """Yield which parameters are not those that were in force: landed by account, printed in the catalogue of the package."""
    for (_, rule_set, parameter_id), rows in ledger.landed.items():
        printed = ledger.catalogue.get(parameter_id)
        for row in rows:
            if printed is None or _differs(row, printed):
                yield f"{rule_set} {row['vintage_year']}: {parameter_id} is not that of {CATALOGUE}"
    for row in ledger.used:
        name = f"parameters_used {row['rule_set']} {row['mart']} {row['parameter_id']}"
        rows = ledger.landed.get((row["project_id"], row["rule_set"], row["parameter_id"]), [])
        if not {row["first_vintage_year"], row["last_vintage_year"]} <= {own["vintage_year"] for own in rows}:
            yield f"{name}: not in force from {row['first_vintage_year']} to {row['last_vintage_year']}"
        for own in rows[:1]:
            if (row["name"], row["choice"]) != (own["name"], own["choice"]):
                yield f"{name}: {row['name']} {row['choice']}, in force was {own['name']} {own['choice']}"
            yield from (f"{name}: {text}" for text in unlike(row, {"value": own["value"]}, tolerance=TOLERANCE_SHARE))
        printed = ledger.catalogue.get(row["parameter_id"], {})
        for column in ("status", "confirmed_by", "confirmed_on", "confirmed_in"):
            if _text(row[column]) != printed.get(column):
                yield f"{name}: {column} is {row[column]}, {CATALOGUE} has {printed.get(column) or 'none'}"


def _differs(row: Row, printed: Mapping[str, str]) -> bool:
    value = Decimal(printed["value"]) if printed["value"] else None
    same_words = (row["name"], _text(row["choice"])) == (printed["name"], printed["choice"])
    return not same_words or differ(row["value"], value, tolerance=TOLERANCE_SHARE)


def _text(value: str | date | None) -> str:
    return "" if value is None else str(value)


def issuances(ledger: Ledger) -> Iterator[str]:
    """Yield which vintages of a registry are not the sum of its blocks, or are left out; a number withheld is not compared."""
    blocks: dict[tuple[date, date], list[Row]] = {}
    for row in ledger.issued:
        if row["credit_unit"] == _UNIT:
            blocks.setdefault((row["vintage_start"], row["vintage_end"]), []).append(row)
    spans = {(row["project_id"], row["rule_set"], *_span(row)): row for row in ledger.reconciled}
    computed = {
        (row["project_id"], row["rule_set"], *_span(row)): row for row in ledger.registry if row["credit_unit"] == _UNIT
    }
    wanted = {*computed} | {(*account[:2], *span) for account in computed for span in blocks}
    for key in sorted(wanted ^ {*spans}):
        yield f"issuance_reconciliation {key[1]}: the vintage from {key[2]} to {key[3]} is left out, or nobody's"
    for key, row in spans.items():
        own = blocks.get(_span(row), [])
        issued = sum(block["quantity_issued"] for block in own)
        retired = sum(block["quantity_issued"] for block in own if block["is_retired"])
        credits_ = computed[key]["credits"] if key in computed else None
        expected = {"computed_credits": credits_} | (
            {} if row["issued"] is None and not own else {"issued": Decimal(issued), "retired": Decimal(retired)}
        )
        for text in unlike(row, expected):
            yield f"issuance_reconciliation {key[1]} {row['vintage_year']}: {text}"


def _span(row: Row) -> tuple[date, date]:
    return (row["vintage_start"], row["vintage_end"])
