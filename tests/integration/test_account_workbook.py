"""A workbook in the four-sheet layout, through the real command: the published example, digit by digit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mrv.accounting.layout import PARAMETERS, STOCKS, TRANSITIONS
from mrv.accounting.workbook import write_workbook
from mrv.cli import main
from mrv.settings import read_settings
from tests.unit.accounting.published import published_sheets

pytestmark = pytest.mark.integration

PUBLISHED = {
    ("EV", "Crop"): ("631.638", "14183431", "1298016"),
    ("M", "Crop"): ("474.228", "5371581", "999198"),
    ("EVdeg", "Crop"): ("454.780", "25046554", "2741869"),
    ("Mdeg", "Crop"): ("341.444", "5713724", "2115246"),
    ("EV", "EVdeg"): ("176.858", "56007568", "7947822"),
    ("M", "Mdeg"): ("132.785", "3047947", "747978"),
}
"""Change of land use to emission factor, emissions of the reference period and of the monitored one, t."""


def test_the_published_example_through_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheets = published_sheets()
    for row in sheets[TRANSITIONS]:
        row.update(trans_se=round(row["trans_area"] * 0.1), trans_pdf="normal")
    for row in sheets[STOCKS]:
        row.update(c_se=round(row["c_value"] * 0.05, 4), c_pdf="normal" if row["c_value"] else "fixed")
    sheets[PARAMETERS] = [
        {"name": "buffer_rate", "value": 0.21, "source": "made up"},
        {"name": "title_share", "value": 1, "source": "made up"},
    ]
    workbook, out = tmp_path / "country.xlsx", tmp_path / "out"
    write_workbook(workbook, sheets, {})
    parsed = read_settings().models_dir
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MRV_PARSED_DIR", str(parsed))

    result = CliRunner().invoke(
        main, ["account", "run", str(workbook), "--rule-set", "fcpf_cf", "--out", str(out), "--json"]
    )

    assert result.exit_code == 0, result.output
    vintages = json.loads(result.stdout)["vintages"]
    assert [(row["project_id"], row["vintage_year"]) for row in vintages] == [("country", 2021), ("country", 2022)]
    for row in vintages:
        assert float(row["baseline_tco2e"]) == 21_874_161
        assert float(row["project_tco2e"]) == 7_925_065
        assert float(row["gross_reduction_tco2e"]) == 13_949_096
        assert row["credits"] is not None, row["reason"]
        assert row["credit_unit"] == "ER"
    for mart, column in (("baseline_emissions", 1), ("project_emissions", 2)):
        with (out / "csv" / f"{mart}.csv").open(encoding="utf-8") as stream:
            found = {
                (row["from_state"], row["to_state"]): (row["emission_factor_tco2e_ha"], row["span_tco2e"])
                for row in csv.DictReader(stream)
            }
        assert {change: tuple(map(float, row)) for change, row in found.items()} == {
            change: (float(row[0]), float(row[column])) for change, row in PUBLISHED.items()
        }
    assert not list((tmp_path / "home" / "build").glob("account-*"))
