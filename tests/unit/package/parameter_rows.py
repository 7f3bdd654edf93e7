"""Rows of `parameters_used` for the tests of packages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa

from tests.unit.package import ledger_marts

COLUMNS = {
    "parameters_used": {
        **{name: pa.string() for name in ("project_id", "rule_set", "mart", "parameter_id", "parameter_rule_set", "name")},
        "value": pa.decimal128(18, 9), "first_vintage_year": pa.int64(), "last_vintage_year": pa.int64(),
        "confirmed_on": pa.date32(),
        **{
            name: pa.string()
            for name in (
                "choice", "unit", "standard", "document", "version", "section", "status", "confirmed_by", "confirmed_in",
                "note", "declared_by",
            )
        },
    }
}  # fmt: skip
KEYS = {"parameters_used": ["project_id", "rule_set", "mart", "parameter_id"]}


def used(name: str, *, mart: str = "emission_reductions", account: dict | None = None, **changes) -> dict:
    """One row: a parameter that entered a table of an account."""
    return {
        **(account or ledger_marts.VCS), "mart": mart, "parameter_id": f"common.{name}", "parameter_rule_set": "common",
        "name": name, "value": Decimal("0.47"), "choice": None, "unit": "tC/t", "standard": "IPCC", "document": "IPCC 2006 V4",
        "version": "2006", "section": "Table 4.3", "first_vintage_year": 2022, "last_vintage_year": 2024,
        "status": "unconfirmed", "confirmed_by": None, "confirmed_on": None, "confirmed_in": None, "note": None,
        "declared_by": "catalogue",
        **changes,
    }  # fmt: skip


def rows() -> list[dict]:
    """A confirmed constant, a declared rate and a rule that nobody confirmed."""
    seen = {"confirmed_by": "A. Methodologist", "confirmed_on": date(2026, 11, 20), "confirmed_in": "Volume 4, page 48"}
    return [
        used("carbon_fraction", status="confirmed", **seen),
        used("buffer_rate", mart="buffer", status="declared", value=Decimal("0.140"), unit="1", note="Illustrative."),
        used("uncertainty_rule", mart="uncertainty", value=None, choice="x_unc", unit="choice"),
    ]


def catalogue(landed: list[dict]) -> list[dict]:
    """Return each landed parameter once, as a catalogue knows it; of those in `rows`, who confirmed them."""
    known = {row["parameter_id"]: row for row in rows()}
    words = ("status", "confirmed_by", "confirmed_on", "confirmed_in")
    return [
        {
            **{name: row[name] for name in ("parameter_id", "name", "value", "choice")},
            **{name: known.get(identifier, {"status": "unconfirmed"}).get(name) for name in words},
        }
        for identifier, row in {row["parameter_id"]: row for row in landed}.items()
    ]
