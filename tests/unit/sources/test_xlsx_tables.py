"""Spreadsheets as field teams send them: titles, merged headers, dates, formulas."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mrv.errors import InputError
from mrv.project_sources import Files, TableFile
from mrv.sources import files
from tests.unit.sources.workbooks import cell_text, edited, rows, workbook

SHEET = "xl/worksheets/sheet1.xml"
PLOTS = {
    "path": "plots.xlsx",
    "dataset": "plots",
    "format": "xlsx",
    "columns": {"plot_id": "Parcela", "census_date": "Fecha", "area_ha": "Area"},
    "constants": {"census_id": "2024"},
    "licence": "-",
    "citation": "-",
}
HEADER = ("Parcela", "Fecha", "Area")


def read(request_, content: bytes, **changes):
    root = request_.project_folder / "data"
    root.mkdir(parents=True, exist_ok=True)
    (root / "plots.xlsx").write_bytes(content)
    spec = Files(connector="files", name="field", root="data", tables=(TableFile(**(PLOTS | changes)),))
    return files.parse(spec, files.pull(spec, request_), request_)[spec.tables[0].dataset]


def repairs(parsed) -> dict[tuple[str, str], int]:
    return {(item["column_name"], item["rule"]): item["value_count"] for item in parsed.repairs}


def test_title_merged_header_dates_and_numbers(request_) -> None:
    def fill(sheet, book) -> None:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write(0, 1, "Inventario forestal 2024")
        sheet.merge_range(1, 1, 2, 1, "Parcela ")
        sheet.merge_range(1, 2, 1, 3, "Censo")
        sheet.write_row(2, 2, ("Fecha", "Area"))
        sheet.write(3, 1, "P1 ")
        sheet.write_datetime(3, 2, date(2024, 3, 4), day)
        sheet.write(3, 3, 0.5)
        sheet.write(5, 1, 12)
        sheet.write(5, 2, 45355)
        sheet.write(5, 3, "0,25")
        sheet.write_row(6, 1, ("P3", "03/04/2024", 1))

    parsed = read(
        request_,
        workbook(fill, sheet="Parcelas "),
        sheet="Parcelas",
        skip_rows=1,
        header_rows=2,
        decimal=",",
        dates="dmy",
        columns={"plot_id": "Parcela", "census_date": "Censo/Fecha", "area_ha": "Censo/Area"},
    )
    assert [(r["plot_id"], r["census_date"], r["area_ha"], r["_row"]) for r in parsed.table.to_pylist()] == [
        ("12", date(2024, 3, 4), 0.25, 6),
        ("P1", date(2024, 3, 4), 0.5, 4),
        ("P3", date(2024, 4, 3), 1.0, 7),
    ]
    assert repairs(parsed) == {
        ("(sheet)", "trimmed_blanks"): 1,
        ("plot_id", "trimmed_blanks"): 1,
        ("census_date", "excel_serial_date"): 1,
        ("census_date", "date_order_declared"): 1,
        ("area_ha", "decimal_comma"): 1,
    }
    assert parsed.rejected == []


def test_days_of_a_workbook_that_counts_from_1904(request_) -> None:
    def fill(sheet, book) -> None:
        sheet.write_row(0, 0, HEADER)
        sheet.write(1, 0, "P1")
        sheet.write_datetime(1, 1, date(2024, 3, 4), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write(1, 2, 1)
        sheet.write_row(2, 0, ("P2", 45355 - 1462, 1))

    parsed = read(request_, workbook(fill, options={"date_1904": True}))
    assert parsed.table["census_date"].to_pylist() == [date(2024, 3, 4)] * 2


def test_times_are_rounded_to_the_second(request_) -> None:
    def fill(sheet, book) -> None:
        sheet.write_row(0, 0, (*HEADER, "Enviado"))
        sheet.write_row(1, 0, ("P1", "2024-03-04", 1))
        sheet.write_datetime(
            1, 3, datetime(2024, 3, 4, 10, 5, tzinfo=UTC), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        )

    columns = {**PLOTS["columns"], "submitted_at": "Enviado"}
    parsed = read(
        request_, workbook(fill, options={"remove_timezone": True}), columns=columns, time_zone="America/Lima"
    )
    assert parsed.table["submitted_at"][0].as_py().isoformat() == "2024-03-04T15:05:00+00:00"


@pytest.mark.parametrize(
    ("formula", "value", "rule"),
    [
        ("=1+2", 3, None),
        ('=IF(A2="x","",0.5)', 0.5, None),
        ('=HYPERLINK("http://example.org",1)', 1, "formula_cell"),
        ('=_xlfn.WEBSERVICE("http://example.org")', 1, "formula_cell"),
        ("=[1]Otra!A1", 1, "formula_cell"),
        ("='[otro libro.xlsx]Hoja'!A1", 1, "formula_cell"),
        ("=cmd|'/c calc'!A0", 1, "formula_cell"),
        ("=SUM(Tabla1[Area])", 1, None),
    ],
)
def test_formulas(request_, formula, value, rule) -> None:
    def fill(sheet, book) -> None:
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("P1", "2024-03-04"))
        sheet.write_formula(1, 2, formula, None, value)

    parsed = read(request_, workbook(fill))
    assert [item["rule"] for item in parsed.rejected] == ([rule] if rule else [])
    assert parsed.table["area_ha"].to_pylist() == ([] if rule else [float(value)])
    assert repairs(parsed) == ({} if rule else {("area_ha", "cached_formula_value"): 1})
    assert parsed.rows_read == 1


def test_a_text_that_begins_as_a_formula_is_set_aside(request_) -> None:
    def fill(sheet, book) -> None:
        sheet.write_row(0, 0, HEADER)
        sheet.write_string(1, 0, '=HYPERLINK("http://example.org","P1")')
        sheet.write_row(1, 1, ("2024-03-04", 1))

    parsed = read(request_, workbook(fill))
    assert [item["rule"] for item in parsed.rejected] == ["formula_cell"]


def test_formulas_that_nobody_calculated_are_no_values(request_) -> None:
    """XlsxWriter stores 0 for a formula, openpyxl nothing: both would be read as if they were measured."""
    content = workbook(rows(HEADER, ("P1", "2024-03-04", "=1+2"), ("P2", "2024-03-04", 1)), calculated=False)
    assert [item["rule"] for item in read(request_, content).rejected] == ["formula_cell"]
    bare = edited(
        workbook(rows(HEADER, ("P1", "2024-03-04", "=1+2"), ("P2", "2024-03-04", 1))),
        {SHEET: cell_text("C2", "<f>1+2</f><v></v>")},
    )
    parsed = read(request_, bare)
    assert [(item["row"], item["rule"]) for item in parsed.rejected] == [(2, "formula_cell")]
    assert "save it" in parsed.rejected[0]["reason"]


def test_an_error_of_the_spreadsheet_is_not_taken_for_an_empty_cell(request_) -> None:
    def fill(sheet, book) -> None:
        sheet.write_row(0, 0, HEADER)
        sheet.write(1, 0, "P1")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
        sheet.write(1, 2, 1)

    parsed = read(request_, workbook(fill))
    assert [item["rule"] for item in parsed.rejected] == ["unreadable_value"]
    assert "#DIV/0!" in parsed.rejected[0]["reason"]


def test_shared_formulas_are_known_in_each_cell(request_) -> None:
    content = edited(
        workbook(rows(HEADER, ("P1", "2024-03-04", 1), ("P2", "2024-03-04", 1))),
        {
            SHEET: lambda text: cell_text("C3", '<f t="shared" si="0"/><v>1</v>')(
                cell_text("C2", '<f t="shared" ref="C2:C3" si="0">HYPERLINK("http://x",1)</f><v>1</v>')(text)
            )
        },
    )
    assert [(item["row"], item["rule"]) for item in read(request_, content).rejected] == [
        (2, "formula_cell"),
        (3, "formula_cell"),
    ]


def test_sums_below_a_table_are_set_aside(request_) -> None:
    content = workbook(rows(HEADER, ("P1", "2024-03-04", 1), ("P2", "2024-03-04", 2), ("TOTAL", "", 3)))
    parsed = read(request_, content)
    assert parsed.table["plot_id"].to_pylist() == ["P1", "P2"]
    assert [(item["row"], item["rule"]) for item in parsed.rejected] == [(4, "totals_row")]


def test_units_and_words_of_a_sheet(request_) -> None:
    content = workbook(
        rows(("Parcela", "Arbol", "DAP mm", "Estado"), ("P1", 7, 125, "Vivo"), ("P1", 8, 300, "podrido"))
    )
    parsed = read(
        request_,
        content,
        dataset="trees",
        columns={"plot_id": "Parcela", "tree_id": "Arbol", "dbh_cm": "DAP mm", "status": "Estado"},
        factors={"dbh_cm": Decimal("0.1")},
        values={"status": {"vivo": "alive", "muerto": "dead"}},
    )
    assert [(r["tree_id"], r["dbh_cm"], r["status"]) for r in parsed.table.to_pylist()] == [("7", 12.5, "alive")]
    assert [item["rule"] for item in parsed.rejected] == ["unknown_choice"]
    assert repairs(parsed) == {
        ("dbh_cm", "unit_converted"): 1,
        ("status", "value_mapped"): 1,
        ("status", "case_normalised"): 1,
    }


def test_the_sheet_must_be_named_where_there_are_several(request_) -> None:
    def fill(sheet, book) -> None:
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("P1", "2024-03-04", 1))
        book.add_worksheet("Listas").hide()
        if several:
            book.add_worksheet("Notas")

    several = False
    assert read(request_, workbook(fill)).rows_read == 1, "hidden sheets do not count"
    several = True
    with pytest.raises(InputError, match="several sheets") as caught:
        read(request_, workbook(fill))
    assert caught.value.found == "'Datos', 'Notas'"
    assert read(request_, workbook(fill), sheet="Datos").rows_read == 1
    with pytest.raises(InputError, match="no sheet 'Listas'"):
        read(request_, workbook(fill), sheet="Listas")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "no header"),
        ((("Parcela", "Fecha"), ("P1", "2024-03-04")), "lacks the column Area"),
        (((*HEADER, "Area"), ("P1", "2024-03-04", 1, 2)), "has the column Area 2 times"),
    ],
)
def test_sheets_that_cannot_be_used(request_, lines, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(request_, workbook(rows(*lines)))
    assert "files/field/plots.xlsx, sheet 'Datos'" in (caught.value.where or "")


def test_rows_keep_the_numbers_of_the_sheet(request_) -> None:
    content = workbook(rows((), (), HEADER, (), ("P1", "2024-03-04", 1), (), ("P2", "2024-03-04", "x")))
    parsed = read(request_, content, skip_rows=2)
    assert parsed.table["_row"].to_pylist() == [5]
    assert [item["row"] for item in parsed.rejected] == [7]
    assert "plots.xlsx, row 7" in parsed.rejected[0]["reason"]
