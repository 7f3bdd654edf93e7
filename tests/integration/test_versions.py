"""Late and corrected data: the published version stands and reproduces, and the next one explains every change of a figure."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mrv.approvals import Approver
from mrv.cli_versions import diff
from mrv.errors import UsageError
from mrv.ledger import Ledger
from mrv.package.verify import verify
from mrv.project import load_project
from mrv.simulator.faults import Faults
from mrv.simulator.server import Server, Sources
from mrv.simulator.world import FIRES, RASTERS, SUBMISSIONS, World, mirrors
from mrv.stages.status import project_status
from mrv.stages.versions import approve, pending_of, waiting
from tests.integration.conftest import Site
from tests.integration.finding_samples import raised

pytestmark = pytest.mark.integration
WHO = Approver("M. Ruiz", "plot 7 came late")
AGAIN = Approver("M. Ruiz", "a diameter was mistyped")


@contextmanager
def serving(site: Site, change: Callable[[list[dict[str, Any]]], None]) -> Iterator[Site]:
    """Serve the same world with other submissions."""
    folder, faults = site.world.folder, Faults()
    submissions = json.loads((folder / SUBMISSIONS).read_text(encoding="utf-8"))["kobo"]
    change(submissions["aSmall"])
    server = Server(
        Sources(seed=7, rasters=folder / RASTERS, fires=folder / FIRES, submissions=submissions, faults=faults)
    )
    server.start()
    try:
        found = mirrors(load_project(site.project), url=server.url, folder=folder)
        yield Site(site.project, World(server.url, folder, found, faults), site.home)
    finally:
        server.stop()


def two_strata(project: Path) -> None:
    """Make the last stratum, which has no whole plot, a part of the one beside it: then there are tonnes."""
    file = project / "boundaries" / "zones.geojson"
    content = json.loads(file.read_text(encoding="utf-8"))
    strata = {item["properties"]["zone_id"]: item for item in content["features"]}
    content["features"].remove(strata["premontane"])
    west, east = (strata[name]["geometry"]["coordinates"][0] for name in ("montane", "premontane"))
    west[1], west[2] = east[1], east[2]
    file.write_text(json.dumps(content), encoding="utf-8")
    table = project / "baseline" / "b1.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([*(line for line in lines if "premontane" not in line), ""]), encoding="utf-8")


def table(package: Path, name: str) -> dict[str, dict[str, str]]:
    with (package / name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row[next(iter(row))]: row for row in rows}


def figures(package: Path) -> dict[str, tuple[str, str]]:
    return {name: (row["value"], row["reason"]) for name, row in table(package, "data/tables/csv/figures.csv").items()}


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def current(site: Site) -> str:
    ledger = Ledger(site.settings.ledger_address)
    try:
        found = ledger.current_snapshot("small", "mp1")
    finally:
        ledger.close()
    assert found is not None
    return str(found["snapshot_id"])


def explained(old: Path, new: Path) -> None:
    """Every figure that differs is listed with both values, and nothing else is."""
    before, after = figures(old), figures(new)
    listed = table(new, "data/changes/figures.csv")
    differing = {name for name in {*before} | {*after} if before.get(name) != after.get(name)}
    assert {*listed} == differing
    for name, row in listed.items():
        assert row["old"] == before.get(name, ("", ""))[0]
        assert row["new"] == after.get(name, ("", ""))[0]
        if row["difference"]:
            assert Decimal(row["old"]) + Decimal(row["difference"]) == Decimal(row["new"])
    net = {name: Decimal(row["tco2e"] or 0) for name, row in listed.items() if name.startswith("er.net.")}
    assert net["er.net.total"] == sum(value for name, value in net.items() if name != "er.net.total")
    assert net["er.net.total"] != 0
    said = json.loads((new / "data/changes/changes.json").read_text())
    assert Decimal(said["totals"][0]["net_difference_tco2e"]) == net["er.net.total"]
    # Only submissions changed, and pixels know nothing of them.
    assert {row["causes"] for row in listed.values()} == {"inputs:plots"}
    assert not [name for name in listed if name.startswith(("forest.", "defor."))]
    rebuilt(old, new)


def rebuilt(old: Path, new: Path) -> None:
    """The cells that are listed turn each table of the old version into that of the new one, and no other cell differs."""
    with (new / "data/changes/rows.csv").open(encoding="utf-8", newline="") as stream:
        cells = list(csv.DictReader(stream))
    changed = {cell["mart"] for cell in cells} | {"figures"}
    for path in sorted((new / "data/tables/csv").glob("*.csv")):
        same = path.read_bytes() == (old / "data/tables/csv" / path.name).read_bytes()
        assert same == (path.stem not in changed), path.stem
    with (new / "data/tables/csv/emission_reductions.csv").open(encoding="utf-8", newline="") as stream:
        after = list(csv.DictReader(stream))
    with (old / "data/tables/csv/emission_reductions.csv").open(encoding="utf-8", newline="") as stream:
        before = list(csv.DictReader(stream))
    for cell in cells:
        if cell["mart"] == "emission_reductions":
            key = [part.split("=") for part in cell["key"].split(";")]
            row = next(row for row in before if all(row[name] == value for name, value in key))
            assert row[cell["column"]] == cell["old"]
            row[cell["column"]] = cell["new"]
    assert before == after


def test_a_late_plot_and_a_corrected_one_open_versions_that_explain_every_change(site: Site) -> None:
    def without_the_last(rows: list[dict[str, Any]]) -> None:
        rows[:] = [row for row in rows if row["plot/plot_id"] != rows[-1]["plot/plot_id"]]

    def corrected(rows: list[dict[str, Any]]) -> None:
        tree = next(tree for row in rows for tree in row.get("trees", []) if float(tree["trees/dbh_cm"]) > 20)
        tree["trees/dbh_cm"] = str(float(tree["trees/dbh_cm"]) + 10)

    two_strata(site.project)
    with serving(site, without_the_last) as early:
        first = early.run().published
        assert (first.version, first.pending) == (1, None)
        bytes_of_first, tables_of_first = hashes(first.path), current(early)

    with serving(site, lambda rows: None) as late:
        proposed = late.run()
        pending = proposed.published.pending
        assert pending is not None
        assert (proposed.published.version, pending.stands, pending.version) == (1, 1, 2)
        assert pending.changes_figures
        assert current(late) == tables_of_first, "analysts see what is published"
        assert [cause["code"] for cause in pending.difference["causes"]] == ["inputs:plots"]
        assert any(row["state"] == "needs approval" for row in project_status(str(late.project), late.settings))
        again = late.run()
        assert again.published.pending == pending
        assert not again.changed
        with pytest.raises(UsageError, match="another content waits"):
            approve(str(late.project), "mp1", WHO, late.settings, content="0" * 64)
        assert waiting(str(late.project), "mp1", late.settings).content_key == pending.content_key
        approve(str(late.project), "mp1", WHO, late.settings, content=pending.content_key[:12])
        second = late.run().published
        assert (second.version, second.pending, second.changed) == (2, None, True)
        assert pending_of(str(late.project), "mp1", late.settings) is None
        assert current(late) != tables_of_first
        said = json.loads((second.path / "data/changes/changes.json").read_text())
        assert (said["approved_by"], said["reason"]) == ("M. Ruiz", "plot 7 came late")
        explained(first.path, second.path)

        raised(late.settings, "small", "mp1")
        asked = late.run().published
        assert (asked.version, asked.pending, asked.changed) == (2, None, False), "asking restates nothing"

    with serving(site, corrected) as mended:
        third = mended.run(approver=AGAIN).published
        assert third.version == 3
        in_package = third.path / "data/findings"
        assert {path.name for path in in_package.iterdir()} == {"data_room_mp1.csv", "data_room_CAR-1.md"}
        assert "A. Quispe (verifier)" in (in_package / "data_room_CAR-1.md").read_text(encoding="utf-8")
        assert "example.org" not in "".join(path.read_text(encoding="utf-8") for path in in_package.iterdir())
        explained(second.path, third.path)
        signers = mended.settings.keys_dir / "allowed_signers"
        assert hashes(first.path) == bytes_of_first
        for package in (first, second, third):
            report = verify(package.path, allowed_signers=signers)
            assert report.accepted, report.failed
        answer = CliRunner().invoke(diff, [str(first.path), str(third.path) + ".zip", "--json"])
        assert answer.exit_code == 1
        found = json.loads(answer.output)
        assert found["figures_changed"] == len(found["figures"]) > 0
        assert found["totals"][0]["material"] in (True, False)
        assert CliRunner().invoke(diff, [str(first.path), str(first.path) + ".zip"]).exit_code == 0
