from __future__ import annotations

import json

import pytest

from mrv.errors import InputError, ProjectError
from mrv.project_sources import Files, RasterFile, TableFile
from mrv.sources import files

TREES = {
    "path": "trees.csv",
    "dataset": "trees",
    "columns": {"plot_id": "Plot", "dbh_cm": "D", "genus": "Genus"},
    "constants": {"census_id": "2012"},
    "row_id": "tree_id",
    "licence": "open",
    "citation": "-",
}


def read(request_, content: bytes, **changes):
    root = request_.project_folder / "data"
    root.mkdir(parents=True, exist_ok=True)
    (root / "trees.csv").write_bytes(content)
    spec = Files(connector="files", name="field", root="data", tables=(TableFile(**(TREES | changes)),))
    artifacts = files.pull(spec, request_)
    return files.parse(spec, artifacts, request_)[spec.tables[0].dataset], artifacts


def test_mapping_constants_row_id_and_missing(request_) -> None:
    parsed, (artifact,) = read(request_, "\ufeffPlot,Genus,D\n201,Inga,11.0\n201,NA,12.5\n".encode())
    rows = parsed.table.to_pylist()
    assert [(r["plot_id"], r["census_id"], r["tree_id"], r["dbh_cm"], r["genus"], r["_row"]) for r in rows] == [
        ("201", "2012", "1", 11.0, "Inga", 1),
        ("201", "2012", "2", 12.5, None, 2),
    ]
    assert artifact.address == "files/field/trees.csv"
    assert artifact.url == "file:trees.csv"
    assert not artifact.simulated
    assert {r["_artifact"] for r in rows} == {artifact.sha256}


def test_semicolon_decimal_comma_and_cp1252(request_) -> None:
    parsed, _ = read(
        request_,
        "Plot;Genus;D\n1;Ñandú;11,5\n1;Inga;1.011,5\n".encode("cp1252"),
        delimiter=";",
        decimal=",",
        encoding="cp1252",
    )
    assert parsed.table["dbh_cm"].to_pylist() == [11.5]
    assert parsed.table["genus"].to_pylist() == ["Ñandú"]
    assert [item["rule"] for item in parsed.rejected] == ["unreadable_value"]


def test_a_decimal_comma_where_a_point_is_declared_is_not_misread(request_) -> None:
    parsed, _ = read(request_, b'Plot,Genus,D\n1,Inga,"11,5"\n')
    assert parsed.table.num_rows == 0
    assert "D is '11,5', not a number" in parsed.rejected[0]["reason"]
    assert '"D": "11,5"' in parsed.rejected[0]["record"]


@pytest.mark.parametrize(
    ("line", "plot_id"), [("1,Inga,thick", "1"), ("1,Inga", "1"), ("1,Inga,11,12", "1"), ("NA", None)]
)
def test_a_row_set_aside_names_its_plot(request_, line, plot_id) -> None:
    parsed, _ = read(request_, f"Plot,Genus,D\n{line}\n".encode())
    [item] = parsed.rejected
    record = json.loads(item["record"])
    assert (record.get("plot_id"), record["census_id"]) == (plot_id, "2012")
    assert record["Plot"] == line.partition(",")[0], "the cell stays as it was"


def test_embedded_newline_is_one_record(request_) -> None:
    parsed, _ = read(request_, b'Plot,Genus,D\n1,"In\nga",11\n\n2,Inga,12\n')
    assert parsed.table["_row"].to_pylist() == [1, 2]


def test_distinct_keeps_one_row_per_record_and_conflicts(request_) -> None:
    parsed, _ = read(
        request_,
        b"Plot,Area\n1,1.0\n1,1.0\n2,1.0\n2,0.5\n",
        dataset="plots",
        columns={"plot_id": "Plot", "area_ha": "Area"},
        row_id=None,
        distinct=True,
    )
    assert [(r["plot_id"], r["area_ha"]) for r in parsed.table.to_pylist()] == [("1", 1.0), ("2", 1.0), ("2", 0.5)]
    assert parsed.rows_read == 3


@pytest.mark.parametrize(
    ("content", "message", "where"),
    [
        (b"Plot,Genus,DBH\n1,Inga,11\n", "lacks the column D", "header"),
        (b"Plot,Genus,D,D\n1,Inga,11,12\n", "has the column D 2 times", "header"),
        (b"Plot,Genus,D\n1,\xd1,11\n", "not in utf-8-sig", "line 2"),
        (b'Plot,Genus,D\n1,"Inga"x,11\n', "cannot be read", "line 2"),
    ],
)
def test_files_that_cannot_be_used(request_, content, message, where) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read(request_, content)
    assert where in (caught.value.where or "")
    assert "files/field/trees.csv" in (caught.value.where or "")
    assert caught.value.remedy


def test_a_missing_column_lists_those_found(request_) -> None:
    with pytest.raises(InputError) as caught:
        read(request_, b"Plot,Genus,DBH\n1,Inga,11\n")
    assert caught.value.found == "Plot, Genus, DBH"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {"plot_id": "Plot", "dbh_mm": "D"}}, "does not have"),
        ({"columns": {"plot_id": "Plot"}}, "every row needs"),
        ({"columns": {"plot_id": "Plot", "dbh_cm": "D", "tree_id": "T"}}, "more than once"),
        ({"columns": {"plot_id": "Plot", "dbh_cm": "D", "_row": "T"}}, "does not have"),
    ],
)
def test_mappings_that_do_not_fit(request_, change, message) -> None:
    with pytest.raises(ProjectError, match=message):
        read(request_, b"Plot,Genus,D\n", **change)


@pytest.mark.parametrize("path", ["none.csv", "../secret.csv"])
def test_files_outside_or_missing_are_refused(request_, path) -> None:
    request_.project_folder.mkdir(parents=True, exist_ok=True)
    (request_.project_folder / "secret.csv").write_text("Plot,Genus,D\n")
    with pytest.raises(InputError, match="missing in the folder") as caught:
        read(request_, b"Plot,Genus,D\n", path=path)
    assert caught.value.exit_code == 1


def test_a_page_instead_of_a_table_is_refused(request_) -> None:
    with pytest.raises(InputError) as caught:
        read(request_, b"<!DOCTYPE html>\n<html>Sign in</html>")
    assert caught.value.found == "a page of HTML"
    assert caught.value.exit_code == 1


def test_a_raster_is_taken_as_it_is(request_) -> None:
    root = request_.project_folder / "data"
    root.mkdir(parents=True)
    (root / "loss.tif").write_bytes(b"II*\x00rest")
    raster = RasterFile(
        path="loss.tif", product="hansen_gfc", version="GFC-2023-v1.11", layer="lossyear", licence="-", citation="-"
    )
    spec = Files(connector="files", name="field", root="data", rasters=(raster,))
    (artifact,) = files.pull(spec, request_)
    assert (artifact.dataset, artifact.layer, artifact.version) == ("raster", "lossyear", "GFC-2023-v1.11")
    assert request_.store.get(artifact.sha256).read_bytes() == b"II*\x00rest"
    assert files.parse(spec, [artifact], request_) == {}
    (again,) = files.pull(spec, request_)
    assert again.unchanged


def test_the_store_keeps_the_file_it_was_given(request_) -> None:
    _, (first,) = read(request_, b"Plot,Genus,D\n1,Inga,11\n")
    _, (second,) = read(request_, b"Plot,Genus,D\n1,Inga,12\n")
    assert first.sha256 != second.sha256
    assert not second.unchanged
    assert request_.store.get(first.sha256).read_bytes().endswith(b"11\n")
    assert sorted(path.name for path in request_.store.incoming.iterdir()) == []


def test_an_encoding_that_spells_half_a_character_is_refused(request_) -> None:
    with pytest.raises(InputError, match="half a character") as caught:
        read(request_, b"Plot,Genus,D\n1,+2AA-,11.5\n", encoding="utf-7")
    assert "line 2" in (caught.value.where or "")
    assert caught.value.found == r"'\ud800'"
