"""Cells of input tables: what is read, and what is refused with a remedy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.accounting.cells import CellError, read_cell
from mrv.accounting.raw import BadCell
from mrv.accounting.tables import read_rows
from mrv.schema_types import FACTOR, HECTARES
from tests.unit.accounting.inputs import raw

TEXT, WHOLE, DAY, TRUTH = pa.string(), pa.int64(), pa.date32(), pa.bool_()


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        (" 631.638 ", FACTOR, Decimal("631.638000000")),
        (0.1 + 0.2, HECTARES, Decimal("0.3")),
        (0.47, FACTOR, Decimal("0.47")),
        ("1e3", HECTARES, Decimal(1000)),
        ("0.1234567895", FACTOR, Decimal("0.123456790")),
        (2021.0, WHOLE, 2021),
        ("2021", WHOLE, 2021),
        (12.0, TEXT, "12"),
        ("a\u200bb", TEXT, "ab"),
        ("N\u0303a", TEXT, "Ña"),
        ("NA", FACTOR, None),
        ("  ", TEXT, None),
        (None, WHOLE, None),
        ("2021-03-04", DAY, date(2021, 3, 4)),
        ("TRUE", TRUTH, True),
        ("no", TRUTH, False),
    ],
)
def test_what_is_read(cell: Any, kind: pa.DataType, value: Any) -> None:
    assert read_cell(cell, kind) == value


@pytest.mark.parametrize(
    ("cell", "kind", "remedy"),
    [
        ("12,5", HECTARES, "comma"),
        ("1.234,5", HECTARES, "comma"),
        ("1,234", HECTARES, "comma"),
        ("NaN", FACTOR, "only the number"),
        ("inf", FACTOR, "only the number"),
        ("-Infinity", FACTOR, "only the number"),
        ("1e999", FACTOR, "mend"),
        ("1e99999", FACTOR, "only the number"),
        ("120 ha", HECTARES, "unit has a column"),
        ("14 %", FACTOR, "0.14"),
        ("=1+1", FACTOR, "value into the cell"),
        ("=HYPERLINK(1)", TEXT, "value into the cell"),
        ("2021.5", WHOLE, "mend"),
        ("03/04/2021", DAY, "two different days"),
        ("maybe", TRUTH, "mend"),
        ("x" * 1001, TEXT, "shorten"),
        (BadCell("=A1", "a value"), FACTOR, "save the workbook"),
        (10**13, HECTARES, "mend"),
    ],
)
def test_what_is_refused(cell: Any, kind: pa.DataType, remedy: str) -> None:
    with pytest.raises(CellError) as error:
        read_cell(cell, kind)
    assert remedy in error.value.remedy
    assert error.value.expected


@given(st.decimals(min_value=-(10**8), max_value=10**8, places=9))
def test_a_number_of_nine_decimals_is_read_as_it_stands(value: Decimal) -> None:
    assert read_cell(format(value, "f"), FACTOR) == value


COLUMNS = "year measure quantity unit source"


def problems(*lines: Any, columns: str = COLUMNS, **implied: Any) -> list[str]:
    found = read_rows(raw(columns, *lines), "leakage_measures", implied={"project_id": "p", **implied})
    for problem in found.problems:
        assert problem.where
        assert problem.remedy
    return [f"{problem.message} | {problem.where}" for problem in found.problems]


def test_sound_rows_become_rows_that_know_their_place() -> None:
    found = read_rows(
        raw(COLUMNS, (2021, "diesel", "10.5", "L", "book")), "leakage_measures", implied={"project_id": "p"}
    )
    [row] = found.tables["leakage_measures"]
    assert (row.where, row["project_id"], row["quantity"]) == ("activity.csv, row 2", "p", Decimal("10.5"))


def test_every_bad_cell_is_told_with_row_and_column() -> None:
    assert problems(("x", "diesel", "1,5", "L", ""), (2021, "diesel", 1, "L", "book")) == [
        "year cannot be read | activity.csv, row 2, year",
        "quantity cannot be read | activity.csv, row 2, quantity",
        "source cannot be read | activity.csv, row 2, source",
    ]


def test_a_key_stands_once() -> None:
    line = (2021, "diesel", 1, "L", "book")
    assert problems(line, line) == ["a row of leakage_measures stands twice | activity.csv, row 3"]


@pytest.mark.parametrize("columns", ["year measure quantity unit", f"{COLUMNS} quantitty", f"{COLUMNS} year"])
def test_a_header_is_that_of_the_table(columns: str) -> None:
    [problem] = problems(columns=columns)
    assert problem == "the columns are not those of leakage_measures | activity.csv, header"


def test_a_file_of_another_project_is_refused() -> None:
    line = ("q", 2021, "diesel", 1, "L", "book")
    [problem] = problems(line, columns=f"project_id {COLUMNS}")
    assert problem == "project_id cannot be read | activity.csv, row 2, project_id"
