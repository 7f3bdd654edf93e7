"""What the report says of the ledger's errors: propagated and drawn side by side, what each rule deducts, what moves the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from markupsafe import Markup

from mrv.package.tornado import Swing, tornado
from mrv.package.wording import Text

Row = Mapping[str, Any]
Read = Callable[[str], Sequence[Row]]
"""Name of a mart to its rows of one account."""

QUANTITIES = {
    "baseline": ("Baseline", "Línea base"),
    "project": ("Project", "Proyecto"),
    "gross_reduction": ("Gross reduction", "Reducción bruta"),
    "belt": ("Leakage belt, monitored less baseline", "Cinturón de fugas, monitoreado menos línea base"),
    "leakage": ("Leakage", "Fugas"),
    "net": ("Net reduction", "Reducción neta"),
}
RULES = {
    "none": ("no deduction", "sin deducción"),
    "x_unc": ("X-UNC (VMD0017)", "X-UNC (VMD0017)"),
    "vcs_mr_2_4": ("VCS Methodology Requirements 2.4", "VCS Methodology Requirements 2.4"),
    "scaled_excess_10": ("scaled excess over 10 %", "exceso escalado sobre el 10 %"),
    "art_trees": ("ART TREES 2.0", "ART TREES 2.0"),
    "fcpf": ("FCPF, by bins", "FCPF, por tramos"),
}
BASES = {
    "analytic": ("propagated", "propagada"),
    "monte_carlo": ("drawn", "sorteada"),
    "declared": ("declared", "declarada"),
}
KINDS = {
    "area": ("area", "área"),
    "stock": ("stock", "reserva"),
    "emissions": ("emissions", "emisiones"),
    "factor": ("factor", "factor"),
}
MOST_SWINGS = 12
"""Inputs in the chart; the rest stands in the table beside."""


def errors(own: Read) -> dict[str, Any]:
    """Return what the page shows of the errors of one account.

    Args:
        own: Reads the rows of a mart that are the account's.
    """
    drawn, swings, compared = own("monte_carlo"), own("uncertainty_sensitivity"), own("uncertainty_rules")
    rows = sorted(own("uncertainty"), key=itemgetter("vintage_year"))
    years = [row["vintage_year"] for row in rows]
    return {
        "uncertainties": rows,
        "rule_deductions": _deductions(
            [
                row
                for row in compared
                if row["uncertainty_u90"] is not None and (row["rule"] != "none" or row["in_force"])
            ],
            years,
        ),
        "bases_unknown": _unknown_bases(compared),
        "rule_years": years,
        "draws": [row for row in _draws(drawn) if row["mean_tco2e"] is not None],
        "draws_lack": sorted({row["reason"] for row in drawn if row["reason"] and row["mean_tco2e"] is None}),
        "draw_count": max((row["draw_count"] for row in drawn if row["draw_count"] is not None), default=None),
        "draw_seed": max((row["seed"] for row in drawn if row["seed"] is not None), default=None),
        "tornado": _tornado(swings, drawn),
        "leakage_without_error": any(
            (row["deduction_base"], row["error_quantity"]) == ("net", "gross_reduction") for row in rows
        ),
        "swing_count": len(swings),
        "most_swings": MOST_SWINGS,
        "quantity_text": lambda name: Text(*QUANTITIES.get(name, (name, name))),
        "deduction_text": lambda name: Text(*RULES.get(name, (name, name))),
        "basis_text": lambda name: Text(*BASES.get(name, (name, name))),
    }


def intervals_of(drawn: Sequence[Row], quantity: str) -> dict[int, tuple[Decimal, Decimal]]:
    """Return the 90 % interval of a quantity by vintage, where there is one."""
    return {
        row["vintage_year"]: (row["q05_tco2e"], row["q95_tco2e"])
        for row in drawn
        if row["quantity"] == quantity and row["vintage_year"] is not None and row["q05_tco2e"] is not None
    }


def _unknown_bases(compared: Sequence[Row]) -> list[str]:
    """Return the ways of finding the error that know it of no vintage."""
    known = {row["basis"] for row in compared if row["uncertainty_u90"] is not None}
    return sorted({row["basis"] for row in compared} - known)


def _deductions(rows: Sequence[Row], years: Sequence[int]) -> list[dict[str, Any]]:
    """Return one line per rule and way of finding the error, vintages beside each other."""
    by_place = {(row["rule"], row["basis"], row["vintage_year"]): row for row in rows}
    order = list(RULES)
    lines = sorted(
        {(rule, basis) for rule, basis, _ in by_place},
        key=lambda line: (order.index(line[0]) if line[0] in order else 99, line),
    )
    return [
        {
            "rule": rule,
            "basis": basis,
            "in_force": any(row["in_force"] for row in rows if (row["rule"], row["basis"]) == (rule, basis)),
            "cells": [by_place.get((rule, basis, year)) for year in years],
        }
        for rule, basis in lines
    ]


def _draws(rows: Sequence[Row]) -> list[Row]:
    """Return the quantities of the whole period, in their order, or of the vintages where nothing stands for the whole."""
    order = list(QUANTITIES)
    whole = [row for row in rows if row["vintage_year"] is None] or list(rows)
    return sorted(
        whole,
        key=lambda row: (row["vintage_year"] or 0, order.index(row["quantity"]) if row["quantity"] in order else 99),
    )


def _tornado(rows: Sequence[Row], drawn: Sequence[Row]) -> Markup | None:
    middle = [row["expected_tco2e"] for row in drawn if row["quantity"] == "net" and row["vintage_year"] is None]
    known = [row for row in rows if row["low_tco2e"] is not None and row["high_tco2e"] is not None]
    if not known or None in middle or len(middle) != 1:
        return None
    widest = sorted(known, key=lambda row: (row["low_tco2e"] - row["high_tco2e"], row["input_id"]))[:MOST_SWINGS]
    return tornado(
        title=Text("What moves the period's net reduction", "Qué mueve la reducción neta del período"),
        unit="tCO₂e",
        middle=middle[0],
        swings=[Swing(_name(row), row["low_tco2e"], row["high_tco2e"], row["variance_share"]) for row in widest],
    )


def _name(row: Row) -> Text:
    kind_en, kind_es = KINDS.get(row["input_kind"], (row["input_kind"], row["input_kind"]))
    return Text(f"{kind_en}: {row['label']}", f"{kind_es}: {row['label']}")
