"""The tables that dbt really builds, in a package: every figure leads to its row, and the report shows the credits."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mrv.package import keys
from mrv.package.build import build
from mrv.package.verify import verify
from mrv.package.wording import number
from mrv.parameters import Parameter
from mrv.warehouse.build import build as build_tables
from mrv.warehouse.snapshot import export
from tests.integration.warehouse_inputs import e1_rows, write_landed
from tests.unit.package.package_samples import sample_contents, sample_key

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("e1")
    export(build_tables(write_landed(e1_rows(), folder / "landed"), folder=folder / "build"), folder / "snapshot")
    snapshot = folder / "snapshot"
    figures = pq.read_table(snapshot / "marts" / "figures.parquet")["figure_id"].to_pylist()
    sample = sample_contents(folder / "sources")
    contents = replace(
        sample,
        project=replace(sample.project, project_id="p"),
        period_id="mp1",
        period_start=date(2022, 1, 1),
        period_end=date(2024, 12, 31),
        marts_folder=snapshot / "marts",
        csv_folder=snapshot / "csv",
        marts_json=snapshot / "marts.json",
        dbt_run_results=snapshot / "calc" / "run_results.json",
        compiled_sql=snapshot / "calc" / "sql",
        parameters=[Parameter(**row) for row in pq.read_table(folder / "landed" / "parameters.parquet").to_pylist()],
        landed={name: folder / "landed" / f"{name}.parquet" for name in ("account_parameters", "accounts")},
        headline=[name for name in figures if name.startswith(("er.", "defor.", "forest."))],
    )
    return build(contents, folder=folder / "packages", key=sample_key()).path


def test_every_figure_equals_the_row_it_points_to(package, tmp_path):
    keys.allow(tmp_path / "allowed", principal="publisher", public=sample_key().public, namespaces=())
    report = verify(package, allowed_signers=tmp_path / "allowed")
    assert report.accepted, report.failed
    count = pq.read_metadata(package / "data/tables/figures.parquet").num_rows
    (figures,) = [check for check in report.checks if check.name == "headline figures"]
    assert figures.detail.startswith(f"{count} figures")
    assert count > 50
    (arithmetic,) = [check for check in report.checks if check.name == "ledger arithmetic"]
    assert arithmetic.detail.startswith("3 vintages of 1 accounts follow")


def test_the_report_shows_the_credits(package):
    page = (package / "data/report/summary.html").read_text(encoding="utf-8")
    vcu = pq.read_table(package / "data/tables/emission_reductions.parquet")["credits"].to_pylist()
    for value in (*vcu, sum(vcu)):
        assert number(value).en in page
    assert "could not be computed:" not in page
    assert "No emissions were" not in page and "No deforestation" not in page


def test_no_path_of_this_machine_is_in_the_package(package):
    here = str(Path(__file__).resolve().parents[2]).encode()
    for path in package.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert here not in content and str(package.parents[1]).encode() not in content, path
