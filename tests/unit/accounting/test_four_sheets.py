"""Workbooks in the four-sheet layout: the published example, hostile and faulty files, and there and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mrv.accounting.layout import COLUMNS, PARAMETERS, STOCKS, TIME_PERIODS, TRANSITIONS, USER_INPUTS
from mrv.accounting.result_sheets import RESULT_YEARS, result_sheets
from mrv.accounting.to_four_sheets import Sheets, example_sheets, to_four_sheets
from mrv.accounting.workbook import write_account, write_template, write_workbook
from mrv.cli import main
from mrv.errors import InputError
from mrv.stages.account_inputs import open_layout
from mrv.stages.account_sets import ProjectInputs, read_inputs
from mrv.stages.account_summary import TONNES, vintage_lines
from tests.unit.accounting.published import published_sheets
from tests.unit.sources.workbooks import edited

D = Decimal


def read(path: Path) -> ProjectInputs:
    [project], _ = read_inputs(path, ["fcpf_cf"])
    return project


def written(tmp_path: Path, change: Callable[[Sheets], object] | None = None) -> Path:
    sheets = published_sheets()
    if change:
        change(sheets)
    path = tmp_path / "team.xlsx"
    write_workbook(path, sheets, {})
    return path


def test_the_published_example_becomes_tables(tmp_path: Path) -> None:
    project = read(written(tmp_path))
    assert project.problems == []
    assert project.project_id == "team"
    stocks = {(item["state"], item["pool"]): item for item in project.tables["account_stocks"]}
    assert stocks["EV", "above_ground"]["value"] == D("274.959")
    assert stocks["EV", "above_ground"]["carbon_fraction"] == D("0.47")
    assert stocks["EV", "below_ground"]["method"] == "ratio"
    assert (stocks["EVdeg", "total"]["base_state"], stocks["EVdeg", "total"]["value"]) == ("EV", D("0.72"))
    assert stocks["Crop", "total"]["value"] == 0
    [version] = project.tables["baseline_versions"]
    assert (version["mode"], version["reference_first_year"], version["reference_last_year"]) == (
        "reference_average",
        2016,
        2020,
    )
    areas = {item["scenario"]: 0 for item in project.tables["account_activity"]}
    for item in project.tables["account_activity"]:
        areas[item["scenario"]] += item["area_ha"]
    assert areas == {"baseline": 445225, "monitored": 66958}
    parameters = {item["name"]: item["value"] or item["choice"] for item in project.overrides}
    assert parameters["stock_decimals"] == 3
    assert parameters["emission_detail"] == "by_total"


def test_annual_areas_are_those_of_their_span(tmp_path: Path) -> None:
    def annual(sheets: Sheets) -> None:
        sheets[USER_INPUTS][0]["ad_annual"] = "TRUE"

    first = read(written(tmp_path, annual)).tables["account_activity"][0]
    assert (first["area_ha"], first["first_year"], first["last_year"]) == (5 * D(22455), 2016, 2020)


def test_older_names_of_sheets_and_columns(tmp_path: Path) -> None:
    path = written(tmp_path)
    renamed = edited(
        path.read_bytes(),
        {
            "xl/workbook.xml": lambda text: text.replace('name="c_stocks"', 'name=" c_stock "'),
            "xl/sharedStrings.xml": lambda text: text.replace(">c_element<", ">c_pool<").replace(
                ">c_lu_id<", ">lu_id<"
            ),
        },
    )
    path.write_bytes(renamed)
    assert read(path).problems == []


def _set(sheet: str, row: int, column: str, value: Any) -> Callable[[Sheets], None]:
    def change(sheets: Sheets) -> None:
        sheets[sheet][row][column] = value

    return change


FAULTS: list[tuple[Callable[[Sheets], None], str, str]] = [
    (
        _set(TRANSITIONS, 0, "trans_area", "22455 ha"),
        "trans_area cannot be read",
        "AD_lu_transitions, row 2, trans_area",
    ),
    (_set(TRANSITIONS, 0, "trans_area", "22,455"), "trans_area cannot be read", "AD_lu_transitions, row 2, trans_area"),
    (_set(TRANSITIONS, 0, "trans_area", -5), "area_ha is negative", "AD_lu_transitions, row 2, area_ha"),
    (_set(TRANSITIONS, 0, "trans_area", None), "trans_area is empty", "AD_lu_transitions, row 2, trans_area"),
    (_set(TRANSITIONS, 0, "trans_period", "T9"), "unknown period T9", "AD_lu_transitions, row 2, trans_period"),
    (_set(TRANSITIONS, 0, "redd_activity", "XX"), "unknown redd_activity", "AD_lu_transitions, row 2, redd_activity"),
    (_set(TRANSITIONS, 0, "lu_final_id", "EV"), "land changes from a state", "AD_lu_transitions, row 2, to_state"),
    (_set(TRANSITIONS, 0, "lu_final_id", "Rock"), "carbon stock of state Rock", "AD_lu_transitions, row 2, to_state"),
    (_set(TRANSITIONS, 1, "lu_initial_id", "EV"), "stands twice", "AD_lu_transitions, row 3"),
    (_set(TIME_PERIODS, 1, "year_end", 2019), "period of years is reversed", "time_periods, row 3, year_end"),
    (_set(TIME_PERIODS, 1, "period_type", "X"), "unknown period_type", "time_periods, row 3, period_type"),
    (_set(TIME_PERIODS, 1, "period_type", "REF"), "there is no monitored period", "sheet time_periods"),
    (_set(TIME_PERIODS, 0, "period_type", "MON"), "there is no reference period", "sheet time_periods"),
    (_set(STOCKS, 0, "c_element", "AGX"), "unknown c_element", "c_stocks, row 2, c_element"),
    (_set(STOCKS, 0, "c_period", "T1"), "a stock of one period only", "c_stocks, row 2, c_period"),
    (_set(STOCKS, 0, "c_value", 1292.3), "a biomass is too large", "c_stocks, row 2, value"),
    (_set(STOCKS, 1, "c_value", 33.3), "a ratio is too large", "c_stocks, row 3, value"),
    (_set(USER_INPUTS, 0, "dg_ext", None), "which intact forest", "c_stocks, row 6, c_lu_id"),
    (_set(USER_INPUTS, 0, "dg_pool", "AGB"), "leaves out below_ground", "c_stocks, row 6, c_element"),
    (_set(USER_INPUTS, 0, "dg_pool", "LEAVES"), "unknown pool LEAVES", "user_inputs, row 2, dg_pool"),
    (_set(USER_INPUTS, 0, "ad_annual", None), "ad_annual is empty", "user_inputs, row 2, ad_annual"),
    (_set(USER_INPUTS, 0, "c_unit", "CO2"), "unknown c_unit", "user_inputs, row 2, c_unit"),
    (_set(USER_INPUTS, 0, "round_digits", 12), "out of its limits", "user_inputs, row 2, round_digits"),
]


@pytest.mark.parametrize(("change", "words", "where"), FAULTS)
def test_faults_are_told_with_sheet_row_and_column(
    tmp_path: Path, change: Callable[[Sheets], None], words: str, where: str
) -> None:
    problems = read(written(tmp_path, change)).problems
    told = [problem for problem in problems if words in problem.message]
    assert told, [str(problem) for problem in problems]
    assert where in (told[0].where or "")
    assert told[0].remedy


def _sheet_part(name: str) -> str:
    return f"xl/worksheets/sheet{list(COLUMNS).index(name) + 1}.xml"


def test_formulas_without_a_value_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(
        edited(
            path.read_bytes(),
            {_sheet_part(TRANSITIONS): lambda text: text.replace("<v>22455</v>", "<f>1000*22</f><v>22000</v>")},
        )
    )
    [problem] = [item for item in read(path).problems if "trans_area" in item.message]
    assert "formula" in (problem.expected or "")
    calculated = edited(path.read_bytes(), {"xl/workbook.xml": lambda text: text.replace(' fullCalcOnLoad="1"', "")})
    path.write_bytes(calculated)
    project = read(path)
    assert project.problems == []
    assert project.tables["account_activity"][0]["area_ha"] == 22000


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    merge = '</sheetData><mergeCells count="1"><mergeCell ref="I2:I4"/></mergeCells>'
    path.write_bytes(
        edited(path.read_bytes(), {_sheet_part(TRANSITIONS): lambda text: text.replace("</sheetData>", merge)})
    )
    found = [problem for problem in read(path).problems if "merged" in (problem.expected or "")]
    assert len(found) == 3


def test_a_file_without_the_sheets_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(
        edited(path.read_bytes(), {"xl/workbook.xml": lambda text: text.replace('name="c_stocks"', 'name="carbon"')})
    )
    [problem] = read(path).problems[:1]
    assert problem.message == "a workbook lacks sheets of the four-sheet layout"
    assert "c_stocks" in (problem.remedy or "")


def test_a_file_with_macros_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(edited(path.read_bytes(), {"xl/vbaProject.bin": b"x"}))
    with pytest.raises(InputError, match="macros"):
        open_layout(path, label="team.xlsx")


def test_the_empty_template_says_what_it_lacks_and_the_example_holds(tmp_path: Path) -> None:
    write_template(tmp_path / "empty.xlsx")
    assert [problem.message for problem in read(tmp_path / "empty.xlsx").problems[:1]] == [
        "sheet user_inputs has 0 rows"
    ]
    write_template(tmp_path / "example.xlsx", with_example=True)
    assert read(tmp_path / "example.xlsx").problems == []


def test_the_same_template_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_template(tmp_path / f"{name}.xlsx", with_example=True)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_there_and_back_again(tmp_path: Path) -> None:
    """What is read of a workbook, written and read again is the same, whatever the units, strata, zones and shapes."""
    first = read(written(tmp_path, _mixed))
    assert first.problems == []
    account = first.accounts[0].values
    names = ("account_activity", "account_stocks", "baseline_versions")
    records = {name: [dict(item.values) for item in first.tables[name]] for name in names}
    parameters = [dict(item.values) for item in first.overrides]
    path = tmp_path / "again.xlsx"
    write_account(path, to_four_sheets(records, account=account, parameters=parameters))
    second = read(path)
    assert second.problems == []
    for name in names:
        again = [dict(item.values) for item in second.tables[name]]
        assert sorted(map(str, again)) == sorted(map(str, records[name])), name
    assert [dict(item.values) for item in second.overrides] == parameters
    assert {**second.accounts[0].values} == {**account}


def _mixed(sheets: Sheets) -> None:
    sheets[USER_INPUTS][0]["dg_pool"] = "ALL"
    for row in sheets[TRANSITIONS][:1]:
        row.update(trans_pdf="truncated_normal", trans_se=100, trans_pdf_a=0, zone_id="north", source="map")
    for row in sheets[TRANSITIONS]:
        row.update(zone_id="north", source="map", error_group="map")
    for row in sheets[STOCKS]:
        row["source"] = "inventory"
    sheets[STOCKS].append(
        {"c_element": "DW", "c_lu_id": "EV", "c_value": 0.06, "c_method_own": "ratio", "source": "default"}
    )
    sheets[PARAMETERS] = [{"name": "buffer_rate", "value": 0.21, "source": "agreement"}]


def test_results_of_the_export_are_those_of_the_published_table() -> None:
    project_sheets = to_four_sheets(_published_tables(), account=_account())
    [monitored, reference] = sorted(result_sheets(project_sheets)[RESULT_YEARS], key=lambda row: row["period_type"])
    assert (monitored["period_type"], reference["period_type"]) == ("MON", "REF")
    # Unrounded stocks and factors: the published 21,874,161 and 7,925,065 differ by their roundings.
    assert abs(reference["emissions_tco2e_per_year"].value - 21_874_161) < 60
    assert abs(monitored["emissions_tco2e_per_year"].value - 7_925_065) < 60
    assert reference["emissions_tco2e_per_year"].text.startswith("=SUMIFS(")


def _account() -> Mapping[str, Any]:
    names = ("project_id", "period_id", "period_start", "period_end", "crediting_start", "crediting_end")
    return dict.fromkeys(names, "x")


def _published_tables() -> dict[str, list[dict[str, Any]]]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        project = read(written(Path(folder)))
    return {name: [dict(item.values) for item in rows] for name, rows in project.tables.items()}


def test_the_example_is_sound_by_itself() -> None:
    assert set(example_sheets()) == set(COLUMNS)


def test_the_template_by_the_command(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["account", "template", str(tmp_path / "t.xlsx"), "--example"])
    assert result.exit_code == 0, result.output
    assert read(tmp_path / "t.xlsx").problems == []


def test_vintages_for_a_terminal() -> None:
    tonnes = dict.fromkeys(TONNES.values(), D("1234.6"))
    row = {"project_id": "p", "rule_set": "r", "vintage_year": 2021, **tonnes, "credit_unit": "ER", "reason": None}
    [known, unknown] = vintage_lines(
        [{**row, "credits": 1234}, {**row, "credits": None, "net_tco2e": None, "reason": "why"}]
    )
    assert (known["net"], known["credits"], known["reason"]) == ("1,235", "1,234", "")
    assert (unknown["net"], unknown["credits"], unknown["reason"]) == ("-", "-", "why")
