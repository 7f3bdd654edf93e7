"""What a spreadsheet makes of what was typed: days of which it took the month for the day, tags that became days."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.sources.test_xlsx_tables import HEADER, read, repairs
from tests.unit.sources.workbooks import workbook


def sheet(*lines: tuple[object, ...]) -> bytes:
    def fill(written, book) -> None:
        day = book.add_format({"num_format": "d-mmm"})
        written.write_row(0, 0, HEADER)
        for at, line in enumerate(lines, start=1):
            for place, value in enumerate(line):
                if isinstance(value, date):
                    written.write_datetime(at, place, value, day)
                else:
                    written.write(at, place, value)

    return workbook(fill)


def rules(parsed) -> list[tuple[int, str]]:
    return [(item["row"], item["rule"]) for item in parsed.rejected]


def test_days_that_the_spreadsheet_may_have_guessed_are_set_aside(request_) -> None:
    """Typed 03/04/2023 as 3 April; a spreadsheet of the other order holds 4 March and leaves 25/03/2023 as text."""
    parsed = read(
        request_, sheet(("P1", date(2023, 3, 4), 1), ("P2", "25/03/2023", 1), ("P3", date(2023, 5, 5), 1)), dates="dmy"
    )
    assert rules(parsed) == [(2, "ambiguous_date")]
    assert [row["plot_id"] for row in parsed.table.to_pylist()] == ["P2", "P3"], "5 May is the same in either order"


@pytest.mark.parametrize(
    ("lines", "dates"),
    [
        ([("P1", date(2023, 3, 4), 1), ("P2", date(2023, 3, 2), 1)], "dmy"),
        ([("P1", date(2023, 3, 4), 1), ("P2", "25/03/2023", 1), ("P3", date(2023, 3, 25), 1)], "dmy"),
        ([("P1", date(2023, 3, 4), 1), ("P2", "2023-03-25", 1)], "iso"),
        ([("P1", date(2023, 3, 4), 1), ("P2", "", 1)], "dmy"),
        ([("P1", date(2023, 3, 4), 1), ("P2", "05/06/2023", 1)], "dmy"),
    ],
    ids=["days alone", "a day after the 12th", "no order declared", "empty cells", "a text that it would have taken"],
)
def test_days_that_nobody_guessed_count(request_, lines, dates) -> None:
    parsed = read(request_, sheet(*lines), dates=dates)
    assert not rules(parsed)
    assert parsed.table["census_date"].to_pylist()[0] == date(2023, 3, 4)


@pytest.mark.parametrize("typed", [date(2024, 1, 3), True], ids=["1-3 as a day", "TRUE"])
def test_a_tag_that_became_a_day_or_a_truth_is_no_id(request_, typed) -> None:
    parsed = read(request_, sheet((typed, "2024-03-04", 1), ("P2", "2024-03-04", 1)))
    assert rules(parsed) == [(2, "unreadable_value")]
    assert "the spreadsheet made" in parsed.rejected[0]["reason"]


def test_a_truth_may_stand_for_a_declared_word(request_) -> None:
    parsed = read(
        request_,
        sheet(("P1", "2024-03-04", True)),
        columns={"plot_id": "Parcela", "census_date": "Fecha", "layout_id": "Area"},
        constants={"census_id": "2024", "area_ha": 1},
        values={"layout_id": {"true": "nested"}},
    )
    assert parsed.table["layout_id"].to_pylist() == ["nested"]
    assert repairs(parsed)["layout_id", "value_mapped"] == 1
