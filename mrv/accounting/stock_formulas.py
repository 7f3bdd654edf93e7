"""Carbon stocks of a workbook as formulas on its own cells, by their means or by the end of their interval that credits less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mrv.accounting import layout
from mrv.accounting.layout import STOCKS, TRANSITIONS
from mrv.intervals import normal_z

CARBON_FRACTION = Decimal("0.47")
"""Where the file gives none: the platform's parameter."""
RESULT_STOCKS = "result_stocks"
AFTER_DEFORESTATION = "post_deforestation"
_NINE = Decimal("1e-9")
Sheets = Mapping[str, Sequence[Mapping[str, Any]]]
State = tuple[Any, Any]


@dataclass(frozen=True)
class Formula:
    """A formula and what it gives."""

    text: str
    value: Decimal


@dataclass(frozen=True)
class Line:
    """A row of a sheet with its number: 1 is the first below the header."""

    number: int
    row: Mapping[str, Any]

    def cell(self, column: str, sheet: str = STOCKS) -> str:
        """Return the address of a cell of the row."""
        return cell(sheet, column, self.number)

    def decimal(self, column: str) -> Decimal | None:
        """Return the number of a cell, None where it is empty."""
        value = self.row.get(column)
        return None if value is None else Decimal(str(value))


def z_90() -> Decimal:
    """Return the half-width of a 90 % interval over the standard error, to the nine digits that the ledger takes."""
    return Decimal(normal_z(confidence=0.90)).quantize(_NINE)


def cell(sheet: str, column: str, number: int) -> str:
    """Return the address of a cell of a sheet of the layout."""
    at = [item.name for item in layout.COLUMNS[sheet]].index(column)
    letters = chr(ord("A") + at) if at < 26 else "A" + chr(ord("A") + at - 26)
    return f"{sheet}!${letters}${number + 1}"


def stock_formulas(sheets: Sheets, precision_limit: Decimal | None = None) -> dict[State, Formula]:
    """Return the stock of each state (stratum and land use), tC/ha, in the order of their rows.

    Args:
        sheets: Rows of the four-sheet layout.
        precision_limit: Share of the mean above which the half-width of the 90 % interval makes a stock count by its bound:
            the lower one of a forest, the upper one of what deforestation leaves. None: all count by their mean.
    """
    rows: dict[State, list[Line]] = defaultdict(list)
    for number, row in enumerate(sheets[STOCKS], start=1):
        rows[row["stratum_id"], row["c_lu_id"]].append(Line(number, row))
    cleared = {AFTER_DEFORESTATION} | {
        row["lu_final_id"] for row in sheets[TRANSITIONS] if row["redd_activity"] == "DF"
    }
    found: dict[State, Formula] = {}
    # A share is of a state whose stock must be known by then.
    order = sorted(rows.items(), key=lambda item: any(line.row["c_element"] == "DG_ratio" for line in item[1]))
    for state, lines in order:
        terms = _Terms(lines, sheets, precision_limit, is_cleared=state[1] in cleared)
        parts = [_share(line, found) if line.row["c_element"] == "DG_ratio" else terms.of(line) for line in lines]
        total = sum((part.value for part in parts), Decimal(0))
        found[state] = Formula("=" + "+".join(part.text for part in parts), total)
    return found


def _share(line: Line, found: Mapping[State, Formula]) -> Formula:
    base = (line.row["stratum_id"], line.row["c_base_id"])
    return Formula(
        f"{line.cell('c_value')}*{RESULT_STOCKS}!$C${list(found).index(base) + 2}",
        Decimal(str(line.row["c_value"])) * found[base].value,
    )


@dataclass(frozen=True)
class _Terms:
    """The pools of one state.

    Attributes:
        lines: Its rows.
        sheets: All sheets.
        precision_limit: See `stock_formulas`.
        is_cleared: Whether deforestation leaves this state behind.
    """

    lines: Sequence[Line]
    sheets: Sheets
    precision_limit: Decimal | None
    is_cleared: bool

    def of(self, line: Line) -> Formula:
        """Return the stock of a pool: its own, or a ratio of the above-ground pool."""
        if line.row["c_element"] == "RS" or line.row.get("c_method_own") == "ratio":
            for other in self.lines:
                if other.row["c_element"] == "AGB":
                    return self._ratio(line, other)
        return self._direct(line)

    def _ratio(self, line: Line, above: Line) -> Formula:
        base = self._direct(above)
        text, value = f"{line.cell('c_value')}*{base.text}", Decimal(str(line.row["c_value"])) * base.value
        own, whole = self._fraction(line), self._fraction(above)
        if above.row.get("c_unit_own") == "t d.m./ha" and own.text != whole.text:
            return Formula(f"{text}*{own.text}/{whole.text}", value * own.value / whole.value)
        return Formula(text, value)

    def _direct(self, line: Line) -> Formula:
        mean, half_width = self._mean(line), self._half_width(line)
        if half_width is None or self.precision_limit is None:
            return mean
        if half_width.value <= mean.value * self.precision_limit:
            return mean
        if self.is_cleared:
            return Formula(f"({mean.text}+{half_width.text})", mean.value + half_width.value)
        if mean.value > half_width.value:
            return Formula(f"({mean.text}-{half_width.text})", mean.value - half_width.value)
        return Formula(f"0*{line.cell('c_value')}", Decimal(0))

    def _mean(self, line: Line) -> Formula:
        text, value, unit = line.cell("c_value"), Decimal(str(line.row["c_value"])), line.row.get("c_unit_own")
        if unit == "t d.m./ha":
            fraction = self._fraction(line)
            return Formula(f"{text}*{fraction.text}", value * fraction.value)
        if unit == "tCO2e/ha":
            return Formula(f"{text}*12/44", value * 12 / 44)
        return Formula(text, value)

    def _half_width(self, line: Line) -> Formula | None:
        """Return the half-width of the 90 % interval that a stock states, tC/ha: by its standard error, or its shape."""
        if line.row.get("c_pdf") == "fixed":
            return None
        error = self._error(line) if line.row.get("c_se") is not None else self._shape_error(line)
        return None if error is None else Formula(f"{z_90()}*{error.text}", z_90() * error.value)

    def _error(self, line: Line) -> Formula:
        se, text, unit = Decimal(str(line.row["c_se"])), line.cell("c_se"), line.row.get("c_unit_own")
        if unit == "tCO2e/ha":
            return Formula(f"{text}*12/44", se * 12 / 44)
        if unit != "t d.m./ha":
            return Formula(text, se)
        fraction, own = self._fraction(line), self._fraction_error(line)
        error = Formula(f"{text}*{fraction.text}", se * fraction.value)
        if own is None:
            return error
        value, by_fraction = line.cell("c_value"), Decimal(str(line.row["c_value"])) * own.value
        return Formula(f"SQRT(({error.text})^2+({value}*{own.text})^2)", (error.value**2 + by_fraction**2).sqrt())

    def _shape_error(self, line: Line) -> Formula | None:
        mean, value = self._mean(line), Decimal(str(line.row["c_value"]))
        a, b, c = (line.decimal(f"c_pdf_{shape}") for shape in "abc")
        at_a, at_b, at_c = (line.cell(f"c_pdf_{shape}") for shape in "abc")
        name = line.row.get("c_pdf")
        if name == "beta" and a is not None and b is not None:
            return Formula(
                f"{mean.text}*SQRT({at_b}/({at_a}*({at_a}+{at_b}+1)))", mean.value * (b / (a * (a + b + 1))).sqrt()
            )
        if name != "triangular" or a is None or b is None or c is None or not value:
            return None
        text = f"{at_a}^2+{at_b}^2+{at_c}^2-{at_a}*{at_b}-{at_a}*{at_c}-{at_b}*{at_c}"
        spread = (a**2 + b**2 + c**2 - a * b - a * c - b * c) / 18
        return Formula(f"SQRT(({text})/18)*{mean.text}/{line.cell('c_value')}", spread.sqrt() * mean.value / value)

    def _fraction(self, line: Line) -> Formula:
        return self._given(line, "c_fraction") or Formula(str(CARBON_FRACTION), CARBON_FRACTION)

    def _fraction_error(self, line: Line) -> Formula | None:
        # A row with a fraction of its own has its own error too, or none.
        if line.row.get("c_fraction_own") is not None and line.row.get("c_fraction_own_se") is None:
            return None
        return self._given(line, "c_fraction", "_se")

    def _given(self, line: Line, name: str, ending: str = "") -> Formula | None:
        """Return what the row says of the carbon fraction, or the settings where it says nothing."""
        own = f"{name}_own{ending}"
        if (value := line.decimal(own)) is not None:
            return Formula(line.cell(own), value)
        common = Line(1, self.sheets[layout.USER_INPUTS][0])
        if (value := common.decimal(f"{name}{ending}")) is not None:
            return Formula(common.cell(f"{name}{ending}", layout.USER_INPUTS), value)
        return None
