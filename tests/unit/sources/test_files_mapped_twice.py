"""A file with the diameters of two censuses side by side feeds a table by two mappings."""

from __future__ import annotations

import pytest

from mrv.project_sources import Files, TableFile
from mrv.sources import files
from mrv.sources.table_rows import ROWS_OF_A_MAPPING
from tests.unit.sources.workbooks import rows, workbook

LINES = (("plot", "tree", "d1", "d2"), ("P1", "1", 20, 21), ("P1", "2", "abc", "def"), ("P1", "", 30, 31))


def mapping(diameter: str, census: str, kind: str) -> TableFile:
    return TableFile(
        path=f"wide.{kind}",
        dataset="trees",
        format=kind,
        columns={"plot_id": "plot", "tree_id": "tree", "dbh_cm": diameter},
        constants={"census_id": census},
        licence="-",
        citation="-",
    )


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_rows_that_are_bad_in_both_censuses_are_told_twice(request_, kind) -> None:
    folder = request_.project_folder / "data"
    folder.mkdir(parents=True)
    if kind == "csv":
        (folder / "wide.csv").write_text("".join(",".join(map(str, line)) + "\n" for line in LINES), encoding="utf-8")
    else:
        (folder / "wide.xlsx").write_bytes(workbook(rows(*LINES)))
    tables = (mapping("d1", "2018", kind), mapping("d2", "2022", kind))
    spec = Files(connector="files", name="f", root="data", tables=tables)
    parsed = files.parse(spec, files.pull(spec, request_), request_)["trees"]
    rejected = {(item["artifact"], item["row"]) for item in parsed.rejected}
    assert (parsed.rows_read, parsed.table.num_rows, len(rejected)) == (6, 2, 4)
    places = {(row["census_id"], row["_row"] % ROWS_OF_A_MAPPING) for row in parsed.table.to_pylist()}
    first = 1 if kind == "csv" else 2
    assert places == {("2018", first), ("2022", first)}
    assert {row["_row"] // ROWS_OF_A_MAPPING for row in parsed.table.to_pylist()} == {0, 1}
