"""CSV as people send it: titles, headers of several rows, orders of dates, units, and the layout of ForestPlots.net."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mrv.errors import InputError, ProjectError
from mrv.package.wording import REPAIRS
from mrv.project_sources import Files, TableFile
from mrv.settings import REPOSITORY
from mrv.sources import files
from mrv.sources.coordinates import are_swapped
from mrv.sources.csv_reading import CsvFile
from mrv.sources.table_rows import check_mapping

PLAIN = {
    "path": "t.csv",
    "dataset": "plots",
    "constants": {"census_id": "2024", "area_ha": 1},
    "licence": "-",
    "citation": "-",
}
BOUNDS = (-77.5, -7.87, -76.6, -6.6)


def read(request_, content: bytes, *tables: dict):
    root = request_.project_folder / "data"
    root.mkdir(parents=True, exist_ok=True)
    (root / "t.csv").write_bytes(content)
    spec = Files(
        connector="files", name="f", root="data", tables=tuple(TableFile(**(PLAIN | table)) for table in tables)
    )
    return files.parse(spec, files.pull(spec, request_), request_)


def test_a_title_and_a_header_of_two_rows(request_) -> None:
    content = "Inventario 2024\nParcela;Censo;;Notas\n;Fecha ;Area;\nP1;04/03/2024;0,5;á\n".encode("cp1252")
    parsed = read(
        request_,
        content,
        {
            "columns": {"plot_id": "Parcela", "census_date": "Censo/Fecha", "area_ha": "Censo/Area"},
            "constants": {"census_id": "1"},
            "skip_rows": 1,
            "header_rows": 2,
            "dates": "dmy",
            "delimiter": ";",
            "decimal": ",",
            "encoding": "cp1252",
        },
    )["plots"]
    (row,) = parsed.table.to_pylist()
    assert (row["plot_id"], row["census_date"], row["area_ha"], row["_row"]) == ("P1", date(2024, 3, 4), 0.5, 1)


def test_a_file_of_another_encoding_is_refused_with_its_line(request_) -> None:
    content = b"id,name\n" + b"P1,x\n" * 300_000 + "P2,Ñ\n".encode("cp1252")
    with pytest.raises(InputError, match="not in utf-8-sig") as caught:
        read(request_, content, {"columns": {"plot_id": "id"}})
    assert "line 300002" in (caught.value.where or "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-7"])
def test_each_encoding_gives_the_same(request_, encoding) -> None:
    parsed = read(request_, "id,name\nÑandú,x\n".encode(encoding), {"columns": {"plot_id": "id"}, "encoding": encoding})
    assert parsed["plots"].table["plot_id"].to_pylist() == ["Ñandú"]


def test_utf_16_without_a_mark_is_read_as_it_always_was(tmp_path) -> None:
    (tmp_path / "t.csv").write_bytes("id,name\nÑ,x\n".encode("utf-16-le"))
    file = CsvFile(tmp_path / "t.csv", label="t", required=("id",), encoding="utf-16")
    assert [row.cells["id"] for row in file.rows()] == ["Ñ"]


def test_the_same_columns_of_a_file_may_feed_two_tables(request_) -> None:
    """The layout that ForestPlots.net exports: one row per stem and census, a decimal year, a binomial, diameters in mm."""
    content = (
        b"Continent,Country,Plot Code,Plot Area,Census No,Census Date,Tag No,Family,Species,D1,POM,F1,Height\n"
        b"South America,Peru,SMA-01,1,1,2019.584,101,Fabaceae,Inga edulis,125,1300,1,\n"
        b"South America,Peru,SMA-01,1,1,2019.584,102,Arecaceae,Euterpe precatoria,203,1300,1,14.5\n"
        b"South America,Peru,SMA-01,1,1,2019.584,103,Indet,Indet,551,2500,0,\n"
        b"South America,Peru,SMA-01 ,1,2,2024.251,101,Fabaceae,Inga edulis,160,1300,1,\n"
    )
    shared = {"missing": ("", "NA", "Indet"), "constants": {}}
    parsed = read(
        request_,
        content,
        {
            **shared,
            "columns": {
                "plot_id": "Plot Code", "census_id": "Census No", "census_date": "Census Date", "area_ha": "Plot Area",
            },
            "dates": "decimal_year",
            "distinct": True,
        },
        {
            **shared,
            "dataset": "trees",
            "columns": {
                "plot_id": "Plot Code", "census_id": "Census No", "tree_id": "Tag No", "dbh_cm": "D1", "pom_m": "POM",
                "family": "Family", "genus": "Species", "species": "Species", "status": "F1", "height_m": "Height",
            },
            "words": {"genus": 1, "species": 2},
            "factors": {"dbh_cm": Decimal("0.1"), "pom_m": Decimal("0.001")},
            "values": {"status": {"1": "alive", "0": "dead"}},
        },
    )  # fmt: skip
    plots, trees = parsed["plots"], parsed["trees"]
    assert [(r["plot_id"], r["census_id"], r["census_date"]) for r in plots.table.to_pylist()] == [
        ("SMA-01", "1", date(2019, 8, 2)),
        ("SMA-01", "2", date(2024, 4, 2)),
    ]
    assert [
        (r["census_id"], r["tree_id"], r["dbh_cm"], r["pom_m"], r["genus"], r["species"], r["status"])
        for r in trees.table.to_pylist()
    ] == [
        ("1", "101", 12.5, 1.3, "Inga", "edulis", "alive"),
        ("1", "102", 20.3, 1.3, "Euterpe", "precatoria", "alive"),
        ("1", "103", 55.1, 2.5, None, None, "dead"),
        ("2", "101", 16.0, 1.3, "Inga", "edulis", "alive"),
    ]
    assert {
        (r["dataset"], r["column_name"], r["rule"]): r["value_count"] for r in (*plots.repairs, *trees.repairs)
    } == {
        ("plots", "census_date", "decimal_year"): 2,
        ("plots", "plot_id", "trimmed_blanks"): 1,
        ("trees", "dbh_cm", "unit_converted"): 4,
        ("trees", "pom_m", "unit_converted"): 4,
        ("trees", "plot_id", "trimmed_blanks"): 1,
        ("trees", "status", "value_mapped"): 4,
    }


def test_repairs_of_several_files_stand_beside_each_other(request_) -> None:
    root = request_.project_folder / "data"
    root.mkdir(parents=True)
    (root / "u.csv").write_bytes(b"id,x\nP2 ,1\n")
    parsed = read(
        request_, b"id,x\nP1 ,1\n", {"columns": {"plot_id": "id"}}, {"columns": {"plot_id": "id"}, "path": "u.csv"}
    )
    assert [(item["rule"], item["value_count"]) for item in parsed["plots"].repairs] == [("trimmed_blanks", 1)] * 2
    assert len({item["artifact"] for item in parsed["plots"].repairs}) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"factors": {"area_ha": Decimal("0.1")}}, "does not fill from the file"),
        ({"values": {"team": {"a": "b"}}}, "does not fill from the file"),
        ({"factors": {"plot_id": Decimal("0.1")}}, "hold no numbers"),
        (
            {"columns": {"plot_id": "id", "slope_percent": "x"}, "factors": {"slope_percent": Decimal(0)}},
            "not above zero",
        ),
        ({"sheet": "Datos"}, "a CSV has no sheets"),
    ],
)
def test_mappings_that_say_what_cannot_be(request_, change, message) -> None:
    with pytest.raises(ProjectError, match=message):
        read(request_, b"id,x\nP1,1\n", {"columns": {"plot_id": "id"}, **change})


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        TableFile(**PLAIN, columns={"plot_id": "id"}, time_zone="America/Tarapoto")


@pytest.mark.parametrize(
    ("longitude", "latitude", "swapped"),
    [
        (-77.0, -7.0, False),
        (-7.0, -77.0, True),
        (-6.2, -78.0, True),  # a station beside the project, exchanged
        (-70.0, -12.0, False),  # far away, and not exchanged either
        (None, -77.0, False),
        (float("nan"), -77.0, False),
    ],
)
def test_exchanged_coordinates(longitude, latitude, swapped) -> None:
    assert are_swapped(longitude, latitude, BOUNDS) is swapped


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_a_point_and_its_mirror_are_never_both_exchanged(longitude, latitude) -> None:
    assert not (are_swapped(longitude, latitude, BOUNDS) and are_swapped(latitude, longitude, BOUNDS))


def test_the_mappings_of_the_guide_are_sound() -> None:
    page = (REPOSITORY / "docs" / "guide" / "field-files.md").read_text(encoding="utf-8")
    first, second = (yaml.safe_load(block.split("```")[0]) for block in page.split("```yaml\n")[1:])
    spec = Files(**first["sources"][0])
    export = [TableFile(**table) for table in second]
    for table in (*spec.tables, *export):
        check_mapping(table, where="the guide")
    assert [table.dataset for table in (*spec.tables, *export)] == ["trees", "plots", "trees"]
    assert spec.tables[0].factors == {"dbh_cm": Decimal("0.1")}


def test_the_guide_and_the_report_name_every_rule_of_repair() -> None:
    page = (REPOSITORY / "docs" / "guide" / "field-files.md").read_text(encoding="utf-8")
    assert {rule for rule in REPAIRS if f"`{rule}`" not in page} == set()
