"""Tables of a registry: the layout of Verra, other columns, and what people and spreadsheets do to them."""

from __future__ import annotations

import csv
import io
import logging
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from mrv.errors import InputError, ProjectError
from mrv.ledger import Artifact
from mrv.project_sources import Registry
from mrv.sources import registry
from mrv.sources.contract import Parsed, Request

Make = Callable[..., Artifact]
HEADER = (
    "Issuance Date,Sustainable Development Goals,Vintage Start,Vintage End,ID,Name,Country/Area,Project Type,Methodology,"
    "Total Vintage Quantity,Quantity Issued,Serial Number,Additional Certifications,Retirement/Cancellation Date,"
    "Retirement Beneficiary,Retirement Reason,Retirement Details"
)
ROW = {
    "Issuance Date": "2022-03-15",
    "Sustainable Development Goals": "13; 15",
    "Vintage Start": "2020-01-01",
    "Vintage End": "2020-12-31",
    "ID": "1340",
    "Name": "Forest, the project",
    "Country/Area": "Ethiopia",
    "Project Type": "Agriculture Forestry and Other Land Use",
    "Methodology": "VM0015",
    "Total Vintage Quantity": "30,893",
    "Quantity Issued": "425",
    "Serial Number": "19385-941467007-941467431-VCS-VCU-1507-VER-ET-14-1340-01012020-31122020-1",
    "Additional Certifications": "CCB-Gold",
    "Retirement/Cancellation Date": "2022-06-01",
    "Retirement Beneficiary": "Rosa Paredes",
    "Retirement Reason": "Retirement for Person or Organization",
    "Retirement Details": "Retired for Rosa's flight",
}


def table(*rows: dict[str, str], header: str = HEADER) -> bytes:
    """Return a CSV of rows, each of them `ROW` with changes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header.split(","), lineterminator="\n")
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    return text.getvalue().encode()


def read(request: Request, make: Make, content: bytes, **file: Any) -> Parsed:
    declared = {"path": "vcus.csv", "licence": "-", "citation": "-", **file}
    spec = Registry(
        connector="registry", name="r", registry="Verra VCS", project_ids=("1340",), root=".", files=(declared,)
    )
    artifact = make(content, address="registry/r/vcus.csv", dataset="issuances")
    return registry.parse(spec, [artifact], request)["issuances"]


def rules(parsed: Parsed) -> Counter[str]:
    return Counter(row["rule"] for row in parsed.rejected)


def test_a_row_of_verra_gives_its_block_and_vintage(request_: Request, artifact_of: Make) -> None:
    parsed = read(request_, artifact_of, table({}))
    [row] = parsed.table.to_pylist()
    assert (row["registry"], row["registry_project_id"], row["methodology"]) == ("Verra VCS", "1340", "VM0015")
    assert (row["block_start"], row["block_end"], row["quantity_issued"]) == (941467007, 941467431, 425)
    assert (row["issued_on"], row["retired_on"]) == (date(2022, 3, 15), date(2022, 6, 1))
    assert (row["vintage_start"], row["vintage_end"]) == (date(2020, 1, 1), date(2020, 12, 31))
    assert row["total_vintage_quantity"] == 30_893
    assert [(item["column_name"], item["rule"]) for item in parsed.repairs] == [
        ("total_vintage_quantity", "thousands_separator")
    ]


def test_rows_of_other_projects_are_passed_over_and_counted_in_the_log(
    request_: Request, artifact_of: Make, caplog: pytest.LogCaptureFixture
) -> None:
    other = {"ID": "612", "Serial Number": ROW["Serial Number"].replace("-1340-", "-612-")}
    with caplog.at_level(logging.INFO):
        parsed = read(request_, artifact_of, table({}, other, other))
    assert (parsed.rows_read, parsed.table.num_rows, parsed.rejected) == (1, 1, [])
    assert "2 row(s) of other projects were passed over" in caplog.text


@pytest.mark.parametrize(
    "change",
    [{"ID": "612"}, {"ID": ""}, {"Serial Number": ROW["Serial Number"].replace("-1340-", "-612-")}],
)
def test_a_row_that_may_be_of_the_project_is_not_passed_over(
    change: dict[str, str], request_: Request, artifact_of: Make
) -> None:
    assert read(request_, artifact_of, table(change)).rows_read == 1


@pytest.mark.parametrize("name", ["1340.0", "01340", "VCS1340", "1,340", "\uff11\uff13\uff14\uff10", "see note"])
def test_a_row_of_doubtful_ownership_is_set_aside(name: str, request_: Request, artifact_of: Make) -> None:
    parsed = read(request_, artifact_of, table({"ID": name, "Serial Number": ROW["Serial Number"].lower()}))
    assert (parsed.rows_read, parsed.table.num_rows) == (1, 0)
    assert rules(parsed)["unreadable_serial"] == 1


@pytest.mark.parametrize("name", ["612", "0612", "612.0", "VCS612", "13400"])
def test_a_row_of_another_is_passed_over_whatever_its_serial(name: str, request_: Request, artifact_of: Make) -> None:
    assert read(request_, artifact_of, table({"ID": name, "Serial Number": "see registry"})).rows_read == 0


def test_a_doubtful_id_in_a_table_of_another_registry(request_: Request, artifact_of: Make) -> None:
    columns = {
        "registry_project_id": "ID",
        "issued_on": "Issuance Date",
        "vintage_start": "Vintage Start",
        "vintage_end": "Vintage End",
        "quantity_issued": "Quantity Issued",
        "serial_number": "Serial Number",
        "block_start": "Total Vintage Quantity",
        "block_end": "Total Vintage Quantity",
    }
    content = table({"ID": "ART1340", "Serial Number": "ART-TREES-7", "Total Vintage Quantity": "425"})
    parsed = read(request_, artifact_of, content, layout="columns", columns=columns)
    assert parsed.table.num_rows == 0
    assert rules(parsed) == {"unreadable_value": 1}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"Serial Number": "none"}, "unreadable_serial"),
        ({"Serial Number": ROW["Serial Number"].replace("31122020", "31132020")}, "unreadable_serial"),
        ({"Serial Number": ""}, "missing_value"),
        ({"Quantity Issued": ""}, "missing_value"),
        ({"Quantity Issued": "425.5"}, "unreadable_value"),
        ({"Quantity Issued": "28,57"}, "unreadable_value"),
        ({"Quantity Issued": "28.571"}, "unreadable_value"),
        ({"Quantity Issued": "1e999"}, "unreadable_value"),
        ({"Quantity Issued": "nan"}, "unreadable_value"),
        ({"Quantity Issued": "=1+1"}, "formula_cell"),
        ({"Issuance Date": "03/04/2022"}, "ambiguous_date"),
        ({"Issuance Date": "2022-02-30"}, "unreadable_value"),
        ({"Vintage Start": "15 Mar 2020"}, "unreadable_value"),
        ({"ID": ""}, "missing_value"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_rule(
    change: dict[str, str], rule: str, request_: Request, artifact_of: Make
) -> None:
    parsed = read(request_, artifact_of, table({}, change))
    assert (parsed.rows_read, parsed.table.num_rows) == (2, 1)
    assert rule in rules(parsed)
    [*rejected] = parsed.rejected
    assert {item["row"] for item in rejected} == {2}
    assert all("registry/r/vcus.csv, row 2" in item["reason"] and "Remedy:" in item["reason"] for item in rejected)


def test_a_row_with_too_few_cells_is_set_aside(request_: Request, artifact_of: Make) -> None:
    parsed = read(request_, artifact_of, table({}) + b"2022-03-15,,2020-01-01\n")
    assert (parsed.table.num_rows, rules(parsed)) == (1, Counter({"ragged_row": 1}))


def test_no_message_tells_what_stands_in_a_column_that_was_shifted(request_: Request, artifact_of: Make) -> None:
    parsed = read(request_, artifact_of, table({"Serial Number": "Rosa Paredes"}))
    assert "Rosa" not in parsed.rejected[0]["reason"]


def test_days_are_read_in_the_declared_order(request_: Request, artifact_of: Make) -> None:
    change = {
        "Issuance Date": "03/04/2022",
        "Vintage Start": "01/01/2020",
        "Vintage End": "31/12/2020",
        "Retirement/Cancellation Date": "",
    }
    [row] = read(request_, artifact_of, table(change), dates="dmy").table.to_pylist()
    assert (row["issued_on"], row["vintage_end"], row["retired_on"]) == (date(2022, 4, 3), date(2020, 12, 31), None)


def test_points_between_thousands_are_read_where_they_are_declared(request_: Request, artifact_of: Make) -> None:
    change = {"Quantity Issued": "28.571", "Total Vintage Quantity": "1.234.567"}
    [row] = read(request_, artifact_of, table(change), thousands=".").table.to_pylist()
    assert (row["quantity_issued"], row["total_vintage_quantity"]) == (28_571, 1_234_567)


def test_a_table_of_another_registry_names_its_columns(request_: Request, artifact_of: Make) -> None:
    header = "Project;Issued;From;To;Credits;Serial;First;Last"
    content = f"{header}\n1340;2023-01-02;2020-01-01;2020-12-31;500;ART-TREES-7;1;500\n".encode()
    columns = {
        "registry_project_id": "Project",
        "issued_on": "Issued",
        "vintage_start": "From",
        "vintage_end": "To",
        "quantity_issued": "Credits",
        "serial_number": "Serial",
        "block_start": "First",
        "block_end": "Last",
    }
    parsed = read(request_, artifact_of, content, layout="columns", columns=columns, delimiter=";")
    [row] = parsed.table.to_pylist()
    assert (row["serial_number"], row["block_end"], row["quantity_issued"]) == ("ART-TREES-7", 500, 500)
    del columns["block_end"]
    with pytest.raises(ProjectError, match="leaves columns empty") as refused:
        read(request_, artifact_of, content, layout="columns", columns=columns, delimiter=";")
    assert refused.value.found == "block_end"


def test_a_column_that_the_table_does_not_have_is_refused(request_: Request, artifact_of: Make) -> None:
    with pytest.raises(ProjectError, match="does not take from it") as refused:
        read(request_, artifact_of, table({}), columns={"block_start": "Serial Number", "price": "Price"})
    assert refused.value.found == "block_start, price"


def test_a_table_without_a_needed_column_is_refused(request_: Request, artifact_of: Make) -> None:
    content = table({}).replace(b"Serial Number", b"Serial")
    with pytest.raises(InputError, match="lacks the column Serial Number"):
        read(request_, artifact_of, content)


def test_a_file_that_was_not_pulled_is_named(request_: Request) -> None:
    spec = Registry(
        connector="registry",
        name="r",
        registry="Verra VCS",
        project_ids=("1340",),
        root=".",
        files=({"path": "vcus.csv", "licence": "-", "citation": "-"},),
    )
    with pytest.raises(ProjectError, match="not pulled"):
        registry.parse(spec, [], request_)
