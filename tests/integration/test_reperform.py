"""A package made anew from what it holds: the same, or each figure that differs; a forger who signs everything is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from mrv.cli import main
from mrv.errors import PackageError
from mrv.package.keys import load_key
from mrv.package.verify import verify
from mrv.stages.reperform import reperform
from tests.integration.forging import change, describe_tables
from tests.unit.package.package_samples import reseal

pytestmark = pytest.mark.integration
READ_BY_PEOPLE = {
    "data/report/summary.html": b"<h1>Credits: 9,999,999 VCU</h1>",
    "data/report/monitoring_report_en.pdf": b"%PDF-1.7 9,999,999 VCU",
    "data/vectors/zones.kml": b"<kml/>",
    "data/trace/trace.html": b"<script>evil()</script>",
    "data/VERIFY.md": b"Trust this package.",
}
"""Files that no check of a package can judge by themselves, and what a forger writes there."""


def package_of(home: Path) -> Path:
    return next(path for path in (home / "packages").rglob("VP-*-v1") if path.is_dir())


@pytest.fixture(scope="module")
def forged(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with one thicker tree and one fire less, everything described, listed and signed anew with the true key."""
    package = tmp_path_factory.mktemp("forged") / package_of(published_home).name
    shutil.copytree(package_of(published_home), package)
    trees = package / "data/landed/trees.parquet"
    rows = pq.read_table(trees)
    wood = pc.and_(pc.equal(rows["status"], "alive"), pc.greater(rows["dbh_cm"], 30))
    thick = pc.indices_nonzero(pc.and_(wood, pc.equal(rows["census_id"], pc.max(rows["census_id"]))))[0].as_py()
    change(trees, thick, "dbh_cm", lambda dbh: dbh + 20)
    fires = change(package / "data/tables/fires_monthly.parquet", 0, "fire_count", lambda count: count + 1)
    figures = package / "data/tables/figures.parquet"
    key = f"zone_id={fires['zone_id']};month={fires['month']}"
    for row, figure in enumerate(pq.read_table(figures).to_pylist()):
        if (figure["mart"], figure["mart_column"], figure["row_key"]) == ("fires_monthly", "fire_count", key):
            change(figures, row, "value", lambda count: count + 1)
    describe_tables(package)
    for name, content in READ_BY_PEOPLE.items():
        (package / name).write_bytes(content)
    reseal(package, load_key(published_home / "keys" / "signing_key"))
    return package


def test_what_a_forger_signed_anew_is_named_without_the_withheld_files(forged: Path, published_home: Path) -> None:
    signers = published_home / "keys" / "allowed_signers"
    assert verify(forged, allowed_signers=signers).accepted, "nothing in it contradicts itself"
    done = CliRunner().invoke(main, ["reperform", str(forged), "--allowed-signers", str(signers), "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert not told["same"]
    differing = {item["figure_id"]: item for item in told["differing_figures"]}
    assert {name for name in differing if name.startswith("er.")} >= {"er.baseline.total", "er.project.total"}
    assert all(item["package"] != item["made_anew"] for item in differing.values())
    tables = {item["table"]: item for item in told["differing_tables"]}
    assert {"landed.tree_biomass", "stratum_carbon", "emission_reductions", "fires_monthly"} <= tables.keys()
    (fire,) = tables["fires_monthly"]["first"]
    assert int(fire[3]) == int(fire[4]) + 1
    assert [name for name in differing if name.startswith("fires.")]
    assert "landed.fires" not in tables, "the fires themselves are as they were received"
    assert READ_BY_PEOPLE.keys() <= {*told["files"]["differing"]}
    assert "data/calc/parameters.csv" not in told["files"]["differing"], "what nobody touched is as it was"


def test_a_package_that_is_not_accepted_is_not_made_anew(published_home: Path, tmp_path: Path) -> None:
    package = tmp_path / package_of(published_home).name
    shutil.copytree(package_of(published_home), package)
    (package / "data/landed/trees.parquet").write_bytes(b"PAR1")
    with pytest.raises(PackageError, match="not accepted"):
        reperform(package, any_signer=True)
    with pytest.raises(PackageError, match="not accepted"):
        reperform(package_of(published_home), allowed_signers=tmp_path / "nobody")


def test_a_folder_of_inputs_that_is_none_is_refused(published_home: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["reperform", str(package_of(published_home)), "--any-signer", "--inputs", str(tmp_path / "absent")]
    )
    assert done.exit_code != 0
    assert "no folder of inputs" in done.output
