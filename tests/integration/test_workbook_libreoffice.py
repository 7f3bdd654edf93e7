"""The workbook of emission reductions as LibreOffice computes it: every formula gives what dbt has, under each rule set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mrv.files import write_parquet
from mrv.package.contents import Contents
from mrv.package.evidence import write_provenance
from mrv.package.staging import Staging
from mrv.package.workbook.reductions_workbook import NAME, write_workbook
from mrv.warehouse.snapshot import export
from tests.integration import oracle_accounts as oracles
from tests.integration.account_inputs import merged
from tests.integration.recalculated import formulas, pairs, recalculated, values
from tests.integration.warehouse_inputs import build, write_landed
from tests.unit.package.package_samples import sample_contents

pytestmark = pytest.mark.integration

LARGEST_DIFFERENCE = 1e-6
RATES = {"title_share": oracles.d("1"), "leakage_rate": oracles.d("0.1"), "displacement_factor": oracles.d("0.05")}
PROJECTS = {
    **{f"e1 {rule_set}": oracles.e1(f"e1 {rule_set}", rule_set, **RATES) for rule_set in oracles.RULE_SETS},
    "side by side": oracles.e1("side by side", *oracles.RULE_SETS, **RATES),
    "cumulative": oracles.e1("cumulative", "vm0007_v1_6", leakage_floor="cumulative"),
    "decay": oracles.decay(),
    "decay with errors": oracles.decay_with_errors(),
    "art 15": oracles.crediting_level("art 15", "1250000", "0.15"),
    "art loss": oracles.crediting_level("art loss", "1630000", "0.15"),
    "fcpf table": oracles.fcpf_table(),
}


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Workbook by project, all from one build."""
    folder = tmp_path_factory.mktemp("accounts")
    built = build(write_landed(merged(PROJECTS.values()), folder / "landed"), folder=folder / "build")
    export(built, folder / "snapshot")
    found = {}
    for project in PROJECTS:
        contents = contents_of(folder, project, folder / "of" / project)
        (folder / "packages" / project).mkdir(parents=True)
        staging = Staging(folder / "packages" / project)
        write_provenance(staging, contents)
        write_workbook(staging, contents)
        found[project] = staging.root / NAME
    return found


@pytest.fixture(scope="module")
def computed(workbooks: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return recalculated(workbooks, tmp_path_factory.mktemp("office"))


def contents_of(built: Path, project: str, folder: Path) -> Contents:
    """Return the contents of a package of one of the projects that the build holds."""
    tables = {"marts": built / "snapshot" / "marts", "landed": built / "landed"}
    for kind, place in tables.items():
        for path in place.glob("*.parquet"):
            table = pq.read_table(path)
            if "project_id" in table.column_names:
                table = table.filter(pc.equal(table["project_id"], project))
            write_parquet(folder / kind / path.name, table)
    sample = sample_contents(folder / "sources")
    return replace(
        sample,
        project=replace(sample.project, project_id=project),
        marts_folder=folder / "marts",
        landed={path.stem: path for path in (folder / "landed").glob("*.parquet")},
    )


@pytest.mark.parametrize("project", PROJECTS)
def test_every_formula_gives_what_the_ledger_has(
    workbooks: dict[str, Path], computed: dict[str, Path], project: str
) -> None:
    workbook = workbooks[project]
    written, shown, beside = formulas(workbook), values(computed[project]), values(workbook)

    assert not [place for place in written if str(shown.get(place, "")).startswith("#")]
    for place in written:
        if isinstance(beside.get(place), int | float):
            assert shown.get(place) == pytest.approx(beside[place], abs=LARGEST_DIFFERENCE, rel=1e-12), place
    (not_zero,) = [place for place, text in written.items() if place[0] == "checks" and "COUNTIF" in text]
    assert shown[not_zero] == 0
    compared = list(pairs(workbook, computed[project]))
    assert len(compared) > 10
    for sheet, cell, found, known in compared:
        assert found == pytest.approx(known, abs=LARGEST_DIFFERENCE), (sheet, cell, written[sheet, cell])
