from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.sources.days import EXCEL_1900, EXCEL_1904, UnusableValueError
from mrv.sources.patrol_objects import text
from mrv.sources.values import FormulaCell, Reading, read_cell

TEXT, FLOAT, INT, DAY = pa.string(), pa.float64(), pa.int64(), pa.date32()
MOMENT, BOOL = pa.timestamp("us", tz="UTC"), pa.bool_()
STATUS = Reading(values={"vivo": "alive", "muerto": "dead"})


@pytest.mark.parametrize(
    ("cell", "kind", "how", "value", "rules"),
    [
        ("P1", TEXT, Reading(), "P1", ()),
        (" P1\u00a0", TEXT, Reading(), "P1", ("trimmed_blanks",)),
        ("P1\u200b", TEXT, Reading(), "P1", ("invisible_characters",)),
        ("\u202eP1 ", TEXT, Reading(), "P1", ("invisible_characters", "trimmed_blanks")),
        ("Pe\u0301", TEXT, Reading(), "P\u00e9", ("invisible_characters",)),
        ("\u200b", TEXT, Reading(), None, ()),
        ("two\nlines", TEXT, Reading(), "two\nlines", ()),
        (" 12.5 ", FLOAT, Reading(), 12.5, ()),
        ("NA", FLOAT, Reading(missing=("", "NA")), None, ()),
        ("12,5", FLOAT, Reading(decimal=","), 12.5, ("decimal_comma",)),
        ("12", FLOAT, Reading(decimal=","), 12.0, ()),
        (12.5, FLOAT, Reading(decimal=","), 12.5, ()),
        ("125", FLOAT, Reading(factor=Decimal("0.1")), 12.5, ("unit_converted",)),
        ("125,5", FLOAT, Reading(factor=Decimal("0.1"), decimal=","), 12.55, ("decimal_comma", "unit_converted")),
        ("3", INT, Reading(factor=Decimal(12)), 36, ("unit_converted",)),
        ("vivo", TEXT, STATUS, "alive", ("value_mapped",)),
        ("VIVO ", TEXT, STATUS, "alive", ("trimmed_blanks", "value_mapped", "case_normalised")),
        ("alive", TEXT, STATUS, "alive", ()),
        ("Alive", TEXT, STATUS, "alive", ("case_normalised",)),
        ("S", BOOL, Reading(values={"S": "true", "N": "false"}), True, ("value_mapped",)),
        ("Eschweilera coriacea", TEXT, Reading(word=1), "Eschweilera", ()),
        ("Eschweilera coriacea", TEXT, Reading(word=2), "coriacea", ()),
        ("Eschweilera", TEXT, Reading(word=2), None, ()),
        ("2024-04-03", DAY, Reading(), date(2024, 4, 3), ()),
        ("2024-04-03", DAY, Reading(dates="mdy"), date(2024, 4, 3), ()),
        ("03/04/2024", DAY, Reading(dates="dmy"), date(2024, 4, 3), ("date_order_declared",)),
        ("03/04/2024", DAY, Reading(dates="mdy"), date(2024, 3, 4), ("date_order_declared",)),
        ("3.4.2024", DAY, Reading(dates="dmy"), date(2024, 4, 3), ("date_order_declared",)),
        ("2011.5", DAY, Reading(dates="decimal_year"), date(2011, 7, 2), ("decimal_year",)),
        ("2011", DAY, Reading(dates="decimal_year"), date(2011, 1, 1), ("decimal_year",)),
        ("2012.9999", DAY, Reading(dates="decimal_year"), date(2012, 12, 31), ("decimal_year",)),
        (45355.0, DAY, Reading(excel_epoch=EXCEL_1900), date(2024, 3, 4), ("excel_serial_date",)),
        (45355.0 - 1462, DAY, Reading(excel_epoch=EXCEL_1904), date(2024, 3, 4), ("excel_serial_date",)),
        (2011.5, DAY, Reading(excel_epoch=EXCEL_1900, dates="decimal_year"), date(2011, 7, 2), ("decimal_year",)),
        (12.0, TEXT, Reading(excel_epoch=EXCEL_1900), "12", ()),
        (12.0, INT, Reading(excel_epoch=EXCEL_1900), 12, ()),
        (True, BOOL, Reading(), True, ()),
        ("2024-03-04T10:05:00", MOMENT, Reading(), datetime(2024, 3, 4, 10, 5, tzinfo=UTC), ()),
        ("2024-03-04T20:05:00", MOMENT, Reading(time_zone="America/Lima"), datetime(2024, 3, 5, 1, 5, tzinfo=UTC), ()),
        ("2024-03-04T20:05:00Z", MOMENT, Reading(time_zone="America/Lima"), datetime(2024, 3, 4, 20, 5, tzinfo=UTC), ()),
        ("4/3/2024 9:05", MOMENT, Reading(dates="dmy"), datetime(2024, 3, 4, 9, 5, tzinfo=UTC), ("date_order_declared",)),
        (45355.5, MOMENT, Reading(excel_epoch=EXCEL_1900), datetime(2024, 3, 4, 12, tzinfo=UTC), ("excel_serial_date",)),
        (FormulaCell("=1+2", 3.0), FLOAT, Reading(), 3.0, ("cached_formula_value",)),
        (FormulaCell('=IF(A1="","",1)', None), FLOAT, Reading(), None, ("cached_formula_value",)),
        ("-5", FLOAT, Reading(), -5.0, ()),
        ("-lluvia (fuerte)", TEXT, Reading(), "-lluvia (fuerte)", ()),
        ("-urgente!", TEXT, Reading(), "-urgente!", ()),
        ("+51 999 999 999", TEXT, Reading(), "+51 999 999 999", ()),
    ],
)  # fmt: skip
def test_cells_that_are_read(cell, kind, how, value, rules) -> None:
    assert read_cell(cell, kind, how) == (value, rules)


@pytest.mark.parametrize(
    ("cell", "kind", "how", "rule"),
    [
        ("03/04/2024", DAY, Reading(), "ambiguous_date"),
        ("03/04/2024 10:05", MOMENT, Reading(), "ambiguous_date"),
        ("25/04/2024", DAY, Reading(), "unreadable_value"),
        ("25/04/2024", DAY, Reading(dates="mdy"), "unreadable_value"),
        ("04/25/2024", DAY, Reading(dates="dmy"), "unreadable_value"),
        ("31/02/2024", DAY, Reading(dates="dmy"), "unreadable_value"),
        ("3/4/24", DAY, Reading(dates="dmy"), "unreadable_value"),
        ("03/04/2024 10:05", DAY, Reading(dates="dmy"), "unreadable_value"),
        ("03/04/2024 25:05", MOMENT, Reading(dates="dmy"), "unreadable_value"),
        ("11.58", DAY, Reading(dates="decimal_year"), "unreadable_value"),
        (2024.0, DAY, Reading(excel_epoch=EXCEL_1900), "unreadable_value"),
        (20240304.0, DAY, Reading(excel_epoch=EXCEL_1900), "unreadable_value"),
        (45355, DAY, Reading(), "unreadable_value"),
        ("12,5", FLOAT, Reading(), "unreadable_value"),
        ("1.234,5", FLOAT, Reading(decimal=","), "unreadable_value"),
        ("1,234,5", FLOAT, Reading(decimal=","), "unreadable_value"),
        ("12,5", INT, Reading(decimal=","), "unreadable_value"),
        ("3", INT, Reading(factor=Decimal("0.5")), "unreadable_value"),
        ("nan", FLOAT, Reading(factor=Decimal("0.5")), "not_finite"),
        ("1e308", FLOAT, Reading(factor=Decimal(1000)), "not_finite"),
        ("1e-9999999999999999999", FLOAT, Reading(factor=Decimal("0.5")), "unreadable_value"),
        ("podrido", TEXT, STATUS, "unknown_choice"),
        ('=HYPERLINK("http://x","P1")', TEXT, Reading(), "formula_cell"),
        (" =1+2", FLOAT, Reading(), "formula_cell"),
        ("@SUM(A1:A9)", TEXT, Reading(), "formula_cell"),
        ("+cmd|' /c calc'!A0", TEXT, Reading(), "formula_cell"),
        (FormulaCell("=1/0", None, ("unreadable_value", "a value")), TEXT, Reading(), "unreadable_value"),
    ],
)  # fmt: skip
def test_cells_that_are_refused(cell, kind, how, rule) -> None:
    with pytest.raises(UnusableValueError) as caught:
        read_cell(cell, kind, how)
    assert caught.value.rule == rule
    assert caught.value.expected


def test_words_that_differ_by_case_alone_are_not_guessed() -> None:
    how = Reading(values={"M": "male", "m": "dead"})
    assert read_cell("M", TEXT, how) == ("male", ("value_mapped",))
    with pytest.raises(UnusableValueError, match="one of M, m, male, dead"):
        read_cell("D", TEXT, how)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_day_is_the_same_in_each_order_and_as_serial_day(day) -> None:
    forms = {
        "dmy": (f"{day.day}/{day.month}/{day.year}", None),
        "mdy": (f"{day.month:02d}-{day.day:02d}-{day.year}", None),
        "iso": (day.isoformat(), None),
    }
    if day.year >= 1970:
        forms["serial"] = (float((day - EXCEL_1900).days), EXCEL_1900)
    for order, (cell, epoch) in forms.items():
        how = Reading(dates=order if order != "serial" else "iso", excel_epoch=epoch)
        assert read_cell(cell, DAY, how)[0] == day


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(3, 8))
def test_a_decimal_year_tells_the_day_it_was_made_of(day, decimals) -> None:
    first, after = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    share = Decimal((day - first).days) / Decimal((after - first).days)
    assert read_cell(f"{day.year + share:.{decimals}f}", DAY, Reading(dates="decimal_year"))[0] == day


@given(st.decimals(-10_000, 10_000, allow_nan=False, places=3), st.sampled_from(["0.1", "0.01", "2.54", "0.0001"]))
def test_a_factor_loses_no_digit(value, factor) -> None:
    read, _ = read_cell(str(value), FLOAT, Reading(factor=Decimal(factor)))
    assert read == float(Decimal(value) * Decimal(factor))


def test_ids_of_patrols_have_no_characters_that_nobody_sees() -> None:
    assert text("p1\u200b ") == "p1"
    assert text("\u200b") is None
