"""The sheet of carbon elements of the four-sheet layout to stocks by state and pool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from mrv.accounting import layout
from mrv.accounting.four_sheet_settings import STRATUM, Settings, truncated
from mrv.accounting.raw import InputRow
from mrv.accounting.sheet_rows import TEXT, Cells, SheetRows
from mrv.schema_types import FACTOR

_BIOMASS = ("AGB", "BGB")
Row = dict[str, Any]
"""Cells of a row by their meaning."""


def stock_rows(rows: SheetRows, settings: Settings) -> Iterator[InputRow]:
    """Yield the rows of `account_stocks`; a row without value and distribution is none, as in other readers.

    What is left out so is told in the notes, and not taken for 0: a pool that only the other state of a change gives is refused.

    Args:
        rows: The sheet.
        settings: The row of user_inputs.
    """
    found = [(cells, row) for cells in rows.rows() if (row := _row(cells, settings)) is not None]
    fractions = {(row["stratum_id"], row["state"]): row for _, row in found if row["element"] == "CF"}
    elements: dict[tuple[str, str], set[str]] = {}
    for _, row in found:
        elements.setdefault((row["stratum_id"], row["state"]), set()).add(layout.ELEMENTS[row["element"]])
    for cells, row in found:
        if row["element"] == "CF":
            continue
        values = _stock(cells, row, settings, fractions)
        if row["element"] == "DG_ratio":
            _require_whole(cells, values, elements, settings)
        if cells.is_sound:
            yield InputRow(cells.where, values)


def _row(cells: Cells, settings: Settings) -> Row | None:
    value, shape_a = cells.get("c_value", FACTOR), cells.get("c_pdf_a", FACTOR)
    if cells.is_sound and value is None and shape_a is None:
        element, state = cells.get("c_element", TEXT), cells.get("c_lu_id", TEXT)
        if element or state:
            cells.note(
                f"{element or 'a stock'} of {state or 'no land use'} has no value and is not known, which is not 0"
            )
        return None
    shape_b = cells.get("c_pdf_b", FACTOR)
    distribution = cells.get("c_pdf", TEXT)
    if value is None and distribution == "beta" and shape_a and shape_b:
        value = (shape_a / (shape_a + shape_b)).quantize(Decimal("1e-9"))
    elif value is None and cells.is_sound:
        cells.refuse("c_value", "c_value is empty", "a value; only that of a beta distribution follows", "fill it")
    if (cells.get("c_period", TEXT) or "ALL") != "ALL":
        cells.refuse(
            "c_period", "a stock of one period only", "ALL", "give one stock for all periods: the same forest has one"
        )
    cells.choose("c_element", {name: name for name in layout.ELEMENTS})
    distribution, shape_a = truncated(distribution, shape_a, settings)
    row = {
        "element": cells.get("c_element", TEXT),
        "stratum_id": cells.get("stratum_id", TEXT) or STRATUM,
        "state": cells.need("c_lu_id", TEXT),
        "value": value,
        "se": cells.get("c_se", FACTOR),
        "distribution": distribution,
        "shape_a": shape_a,
        "shape_b": shape_b,
        "shape_c": cells.get("c_pdf_c", FACTOR),
        "source": cells.get("source", TEXT) or cells.where,
    }
    return row if cells.is_sound else None


def _stock(cells: Cells, row: Row, settings: Settings, fractions: Mapping[tuple[str, str], Row]) -> dict[str, Any]:
    element = row["element"]
    by_default = "t d.m./ha" if element in _BIOMASS and settings.is_dry_matter else "tC/ha"
    unit = cells.get("c_unit_own", TEXT) or by_default
    by_element = {"RS": "ratio", "DG_ratio": "share"}.get(element, "biomass" if unit == "t d.m./ha" else "stock")
    method = cells.get("c_method_own", TEXT) or by_element
    if method not in ("ratio", by_element):
        cells.refuse("c_method_own", "unknown c_method_own", "ratio, or an empty cell", "empty it")
    own = fractions.get((row["stratum_id"], row["state"])) or fractions.get((row["stratum_id"], "ALL"))
    fraction = cells.get("c_fraction_own", FACTOR)
    fraction_se = cells.get("c_fraction_own_se", FACTOR)
    takes_fraction = method == "biomass" or (method == "ratio" and settings.is_dry_matter)
    if takes_fraction and fraction is None:
        fraction = own["value"] if own else settings.carbon_fraction
        fraction_se = own["se"] if own else settings.carbon_fraction_se
    base = (cells.get("c_base_id", TEXT) or _intact(cells, row, settings)) if method == "share" else None
    return {
        "stratum_id": row["stratum_id"],
        "state": row["state"],
        "pool": layout.ELEMENTS[element],
        "method": method,
        "value": row["value"],
        "unit": {"ratio": "t d.m./t d.m.", "share": "1"}.get(method, unit),
        "carbon_fraction": fraction,
        "base_state": base,
        "carbon_fraction_se": fraction_se,
        **{name: row[name] for name in ("se", "distribution", "shape_a", "shape_b", "shape_c", "source")},
    }


def _intact(cells: Cells, row: Row, settings: Settings) -> str | None:
    ending, state = settings.degraded_ending, str(row["state"])
    if not ending or not state.endswith(ending) or state == ending:
        cells.refuse(
            "c_lu_id",
            "nothing says which intact forest a degradation ratio is of",
            f"a land use that ends with dg_ext ({ending or 'empty'})",
            f"set dg_ext in {settings.where}, or name the intact land use in c_base_id",
        )
        return None
    return state.removesuffix(ending)


def _require_whole(
    cells: Cells, values: Mapping[str, Any], elements: Mapping[tuple[str, str], set[str]], settings: Settings
) -> None:
    """Refuse a ratio of some pools only: the stock of the other pools of the degraded forest is then not a share."""
    pools = elements.get((values["stratum_id"], values["base_state"]), set()) - {""}
    if "total" not in settings.degraded_pools and (left := sorted(pools - settings.degraded_pools - {"total"})):
        cells.refuse(
            "c_element",
            f"a degradation ratio leaves out {', '.join(left)}",
            "a ratio of the whole stock (dg_pool ALL, or every pool of the intact forest)",
            "give the pools of the degraded forest themselves instead of the ratio",
        )
