"""Reading a CSV by columns gives what reading it row by row gives: rows, reasons, repairs, counts."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrv.ledger import Artifact
from mrv.project_sources import TableFile
from mrv.sources import table_columns
from mrv.sources.contract import Parsed
from mrv.sources.csv_reading import CsvFile
from mrv.sources.table_columns import ColumnReader
from mrv.sources.table_rows import RowReader

BOUNDS = (-77.5, -7.87, -76.6, -6.6)
ARTIFACT = Artifact(
    project="p", source="s", dataset="plots", product="x", version=None, layer=None, address="files/f/t.csv", url="file:t",
    sha256="ab" * 32, bytes=1, media_type="text/csv", etag=None, last_modified=None, licence="-", citation="-",
    simulated=False, retrieved_at="2024-01-01T00:00:00+00:00",
)  # fmt: skip
HEADER = ["id", "census", "day", "lat", "lon", "area", "slope", "corrected", "when", "name", "other"]

blanks = st.sampled_from(["", " ", "\t", "\u00a0", "\x1f", "\u2003"])
numbers = st.sampled_from(
    [
        "1",
        "12.5",
        "12,5",
        "1.234,5",
        "-7.1",
        "-77.2",
        "-76.9",
        "-7.3",
        "1e3",
        "1e400",
        "nan",
        "-inf",
        ".5",
        "5.",
        "٧",
        "1_0",
    ]
) | st.floats(-100, 100).map(str)
days = st.sampled_from(
    ["2024-03-04", "03/04/2024", "25/04/2024", "4.3.2024", "2024-02-30", "31/02/2024", "3/3/24", "2011.584", "2024-03-04T10:05:00",
     "2024-03-04 10:05:00", "04/03/2024 10:05", "04/03/2024 9:05:30", "2024-03-04T10:05:00-05:00", "0001-01-01T00:00:00", "45355"]
)  # fmt: skip
words = st.sampled_from(
    ["P1", "Total", "TOTAL:", "subtotal", "vivo", "Vivo", "ALIVE", "alive", "muerto", "si", "no", "true", "-"]
)
formulas = st.sampled_from(['=HYPERLINK("http://x";"y")', "@SUM(A1)", "+cmd|' /c calc'!A0", "-2+3", "-lluvia"])
texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=6)
cells = st.tuples(blanks, numbers | days | words | formulas | texts, blanks).map("".join)
GOOD = {
    "id": ["P1", "P2 ", "P3 x", "Ñandú"],
    "census": ["2020", " 2024"],
    "day": ["2024-03-04", "2024-05-06", "03/04/2024", ""],
    "lat": ["-7", "-7.3", "-7,2", "-76.9", ""],
    "lon": ["-77", "-76.9", "-77,1", "-7.3", ""],
    "area": ["1", "2", "0.5", "0,25"],
    "slope": ["", "12", "3,5", "NA"],
    "corrected": ["si", "no", "S", "s", ""],
    "when": ["2024-03-04T10:05:00", "2024-03-04", "04/03/2024 10:05", ""],
    "name": ["vivo x", "Vivo", "alive", ""],
    "other": ["", "x"],
}
good_rows = st.tuples(*(st.sampled_from(GOOD[name]) for name in HEADER)).map(list)


@st.composite
def spoilt_rows(draw) -> list[str]:
    """A row that is good but for one cell of anything."""
    row = draw(good_rows)
    row[draw(st.integers(0, len(HEADER) - 1))] = draw(cells)
    return row


rows = st.lists(good_rows | spoilt_rows() | st.lists(cells, min_size=10, max_size=12), max_size=12)


@st.composite
def mappings(draw) -> TableFile:
    columns = dict(
        zip(
            ["plot_id", "census_id", "census_date", "latitude", "longitude", "area_ha", "slope_percent", "slope_corrected",
             "submitted_at", "team"],
            HEADER, strict=False,
        )
    )  # fmt: skip
    if draw(st.booleans()):
        del columns["longitude"]
    return TableFile(
        path="t.csv",
        dataset="plots",
        columns=columns,
        constants=draw(st.sampled_from([{}, {"stratum_id": "s1"}, {"stratum_id": " s1"}, {"layout_id": None}])),
        missing=draw(st.sampled_from([("", "NA"), ("-",)])),
        decimal=draw(st.sampled_from([".", ","])),
        dates=draw(st.sampled_from(["iso", "dmy", "mdy", "decimal_year"])),
        time_zone=draw(st.sampled_from(["UTC", "America/Lima"])),
        values=draw(st.sampled_from([{}, {"team": {"vivo": "alive"}}, {"slope_corrected": {"S": "true"}}])),
        factors=draw(st.sampled_from([{}, {"area_ha": Decimal("0.0001")}])),
        words=draw(st.sampled_from([{}, {"plot_id": 1}, {"team": 2}])),
        distinct=draw(st.booleans()),
        licence="-",
        citation="-",
    )


def by_rows(table: TableFile, path: Path) -> Parsed:
    reader = RowReader(table, ARTIFACT, BOUNDS)
    for row in CsvFile(path, label="t.csv", required=set(table.columns.values())).rows():
        if row.problem or not reader.is_repeated(tuple(row.cells[name] for name in table.columns.values())):
            reader.read(row)
    return reader.records.parsed()


def by_columns(table: TableFile, path: Path) -> Parsed:
    file = CsvFile(path, label="t.csv", required=set(table.columns.values()))
    return ColumnReader(RowReader(table, ARTIFACT, BOUNDS), file).parsed()


def same(table: TableFile, content: str) -> Parsed:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(content, encoding="utf-8", newline="")
        one, other = by_rows(table, path), by_columns(table, path)
    assert other.table.equals(one.table)
    assert other.rejected == one.rejected
    assert (other.rows_read, other.repairs) == (one.rows_read, one.repairs)
    return other


def written(found: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *found])
    return text.getvalue()


@settings(max_examples=150, deadline=None)
@given(mappings(), rows)
def test_columns_give_what_rows_give(table, found) -> None:
    same(table, written(found))


@settings(max_examples=40, deadline=None)
@given(mappings(), rows, st.integers(1, 3))
def test_the_size_of_a_block_changes_nothing(table, found, size) -> None:
    before = table_columns.BLOCK_ROWS, table_columns._MOST_KEPT
    table_columns.BLOCK_ROWS, table_columns._MOST_KEPT = size, 1
    try:
        same(table, written(found))
    finally:
        table_columns.BLOCK_ROWS, table_columns._MOST_KEPT = before


def test_a_row_that_cannot_be_read_costs_no_other_row() -> None:
    table = TableFile(
        path="t.csv", dataset="plots", columns={"plot_id": "id", "census_id": "census", "area_ha": "area"}, licence="-",
        citation="-",
    )  # fmt: skip
    good = [f"P{number}" for number in range(1, 6)]
    lines = [[name, "1", "", "", "", "0.5" if name != "P3" else "half", "", "", "", "", ""] for name in good]
    parsed = same(table, written([*lines, ["P6"]]))
    assert parsed.table["plot_id"].to_pylist() == ["P1", "P2", "P4", "P5"]
    assert [(item["row"], item["rule"]) for item in parsed.rejected] == [(3, "unreadable_value"), (6, "ragged_row")]
    assert parsed.rows_read == 6


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_with_a_header_alone_is_an_empty_table(content) -> None:
    table = TableFile(
        path="t.csv", dataset="plots", columns={"plot_id": "id"}, constants={"census_id": "1", "area_ha": 1}, licence="-",
        citation="-",
    )  # fmt: skip
    assert same(table, written([]) + content).rows_read == 0


def test_days_of_a_date_column_are_days() -> None:
    table = TableFile(
        path="t.csv", dataset="plots", columns={"plot_id": "id", "census_date": "day"}, dates="dmy", licence="-", citation="-",
        constants={"census_id": "1", "area_ha": 1},
    )  # fmt: skip
    parsed = same(table, "id,day\nP1,03/04/2024\nP2,2024-05-06\n")
    assert parsed.table["census_date"].to_pylist() == [date(2024, 4, 3), date(2024, 5, 6)]
    assert [(item["rule"], item["value_count"], item["first_row"]) for item in parsed.repairs] == [
        ("date_order_declared", 1, 1)
    ]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Total,2020,-7.1,-77.1,12", "totals_row"),
        (",TOTAL:,-7.1,-77.1,12", "totals_row"),
        (" gran total ,2020,,,12", "totals_row"),
        ("P9,2020,-77.1,-7.1,12", "swapped_coordinates"),
        ("=1+1,2020,-7.1,-77.1,12", "formula_cell"),
        ("P9,2020,-7.1,-77.1,1\x002", "nul_character"),
        ("P9,2020,-7.1,-77.1", "ragged_row"),
        (",2020,-7.1,-77.1,12", "missing_value"),
    ],
)
def test_rows_that_are_set_aside(line, rule) -> None:
    table = TableFile(
        path="t.csv", dataset="plots", licence="-", citation="-", columns={
            "plot_id": "id", "census_id": "census", "latitude": "lat", "longitude": "lon", "area_ha": "area",
        },
    )  # fmt: skip
    parsed = same(table, f"id,census,lat,lon,area\nP1,2020,-7.1,-77.1,1\n{line}\nP2,2020,,,1\n")
    assert parsed.table["plot_id"].to_pylist() == ["P1", "P2"]
    assert rule in {item["rule"] for item in parsed.rejected}
    assert {item["row"] for item in parsed.rejected} == {2}


def test_a_mapping_of_sums_keeps_a_plot_whose_name_begins_so() -> None:
    table = TableFile(
        path="t.csv", dataset="plots", columns={"plot_id": "id"}, constants={"census_id": "1", "area_ha": 1}, licence="-",
        citation="-",
    )  # fmt: skip
    assert same(table, "id\nTotalidad 1\nSumaco\n").table["plot_id"].to_pylist() == ["Sumaco", "Totalidad 1"]


def test_rows_that_can_be_read_never_go_the_slow_way(tmp_path) -> None:
    """What makes a million rows quick: words, units, orders of dates and blanks are no reason to look at a row alone."""
    table = TableFile(
        path="t.csv", dataset="plots", licence="-", citation="-", constants={"census_id": "1"}, dates="dmy", decimal=",",
        columns={"plot_id": "id", "census_date": "day", "area_ha": "area", "latitude": "lat", "longitude": "lon", "team": "name"},
        factors={"area_ha": Decimal("0.0001")}, values={"team": {"vivo": "alive"}}, row_id=None,
    )  # fmt: skip
    lines = [[f" P{n} ", "", "25/05/2024", "-7,1", "-77,1", "5000", "", "", "", "Vivo", ""] for n in range(20)]
    (tmp_path / "t.csv").write_text(written(lines), encoding="utf-8", newline="")
    rows_alone = RowReader(table, ARTIFACT, BOUNDS)
    file = CsvFile(tmp_path / "t.csv", label="t.csv", required=set(table.columns.values()))
    assert ColumnReader(rows_alone, file).parsed().table.num_rows == 20
    assert rows_alone.records.rows_read == 0
