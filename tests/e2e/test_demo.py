"""The demo as a user meets it: one command, then everything the README says one can do with what it made."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from decimal import Decimal
from pathlib import Path

import bagit
import pytest

from tests.e2e.demo_home import PROJECT, Demo, mrv

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def home(demo_home: Demo) -> Path:
    return demo_home.home


@pytest.fixture(scope="module")
def package(demo_home: Demo) -> Path:
    return demo_home.package


def test_it_ends_with_the_tonnes_and_the_place_of_an_accepted_package(demo_home: Demo, package: Path) -> None:
    demo = demo_home
    assert "SIMULATED" in demo.stdout
    assert "SIMULADOS" in demo.stdout
    assert str(package) in demo.stdout
    assert "Period total:" in demo.stdout
    assert "tCO2e creditable" in demo.stdout
    assert "mrv verify: accepted" in demo.stdout


def test_the_tonnes_printed_are_those_of_the_package(demo_home: Demo, package: Path) -> None:
    figures = json.loads((package / "data" / "package.json").read_text(encoding="utf-8"))["headline"]
    total = next(figure["value"] for figure in figures if figure["figure_id"] == "er.vcu.total")
    assert f"Period total: {int(float(total)):,} tCO2e" in demo_home.stdout


def test_verify_accepts_it_and_names_the_signer(home: Path, package: Path) -> None:
    done = mrv(home, "verify", str(package))
    assert done.returncode == 0, done.stdout
    assert "accepted" in done.stdout
    assert "SHA256:" in done.stdout


def test_a_stranger_without_the_signers_list_is_told_so(tmp_path: Path, package: Path) -> None:
    done = mrv(tmp_path, "verify", str(package))
    assert done.returncode == 1
    assert "signer" in done.stdout


def test_other_tools_agree(package: Path) -> None:
    assert bagit.Bag(str(package)).is_valid()
    done = subprocess.run(["sha512sum", "--quiet", "-c", "manifest-sha512.txt"], cwd=package, check=False)
    assert done.returncode == 0


def test_the_package_says_that_the_data_are_simulated(package: Path) -> None:
    assert json.loads((package / "data" / "package.json").read_text(encoding="utf-8"))["project"]["simulated"] is True
    report = (package / "data" / "report" / "summary.html").read_text(encoding="utf-8")
    assert "Simulated data" in report
    assert "Datos simulados" in report
    assert "illustrative" in report.lower()


def test_no_secret_or_path_of_this_machine_is_in_the_package(home: Path, package: Path) -> None:
    for path in (item for item in package.rglob("*") if item.is_file() and "rasters" not in item.parts):
        assert str(home).encode() not in path.read_bytes(), path


def test_sql_and_status_answer(home: Path, package: Path) -> None:
    done = mrv(
        home,
        "sql",
        PROJECT,
        "select sum(credits) as credits from emission_reductions where is_primary",
        "--format",
        "json",
    )
    assert json.loads(done.stdout)[0]["credits"]
    zero = mrv(home, "sql", PROJECT, "select cast(0 as decimal(18, 9)) as zero", "--format", "csv")
    assert zero.stdout.split() == ["zero", "0.000000000"]
    tables = mrv(home, "sql", PROJECT)
    assert "deforestation_annual" in tables.stdout
    rows = json.loads(mrv(home, "status", PROJECT, "--json").stdout)
    assert {row["state"] for row in rows} == {"done", "version 1"}


def test_the_sample_and_not_the_map_drives_the_ledger(home: Path, package: Path) -> None:
    query = (
        "select zone_id, source, map_area_ha, estimate_area_ha, ci95_low_ha, ci95_high_ha, ledger_area_ha, map_outside_ci95 "
        "from activity_data where activity_class = 'loss' and year is null order by zone_id"
    )
    rows = json.loads(mrv(home, "sql", PROJECT, query, "--format", "json").stdout)
    assert [row["zone_id"] for row in rows] == ["lb", "pa"]
    for row in rows:
        mapped, estimate, low, high, counted = (
            Decimal(row[name])
            for name in ("map_area_ha", "estimate_area_ha", "ci95_low_ha", "ci95_high_ha", "ledger_area_ha")
        )
        assert row["source"] == "sample_estimate"
        assert low < estimate < high
        assert counted == estimate != mapped
        assert str(row["map_outside_ci95"]).lower() == str(not low <= mapped <= high).lower()
    names = mrv(home, "sql", PROJECT, "select distinct resolved_by from sample_units", "--format", "csv").stdout
    assert set(names.split()[1:]) <= {"interpreter-3", '""'}


def test_sql_refuses_to_write_or_read_files(home: Path, package: Path) -> None:
    for query in ("drop table zones", "select * from read_csv('/etc/passwd')", "copy zones to '/tmp/zones.csv'"):
        done = mrv(home, "sql", PROJECT, query)
        assert done.returncode == 2, query
        assert "error" in done.stderr


def test_prefect_knows_the_run_its_tasks_and_its_tables(home: Path, package: Path) -> None:
    with sqlite3.connect(home / "prefect" / "prefect.db") as database:
        keys = {row[0] for row in database.execute("select key from artifact")}
        tasks = {row[0] for row in database.execute("select name from task_run")}
        states = {row[0] for row in database.execute("select state_type from flow_run")}
    database.close()
    name = PROJECT.replace("_", "-")
    assert {f"{name}-mp4-{part}" for part in ("emission-reductions", "forest", "checks", "run")} <= keys
    assert any(task.startswith("transform") for task in tasks)
    assert states == {"COMPLETED"}


def test_running_it_again_changes_nothing(home: Path, package: Path) -> None:
    done = mrv(home, "demo")
    assert done.returncode == 0, done.stderr
    assert "Nothing changed" in done.stdout
    assert str(package) in done.stdout
    assert sorted(path.name for path in package.parent.iterdir()) == [package.name, f"{package.name}.zip"]
