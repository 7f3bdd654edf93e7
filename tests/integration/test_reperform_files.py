"""Packages whose inputs were altered with everything else: trees of a public CSV file, and reasons to leave a table out."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml

from mrv.package.keys import SigningKey, load_key
from mrv.package.verify import verify
from mrv.settings import Settings
from mrv.stages.context import open_context
from mrv.stages.pipeline import run_period
from mrv.stages.reperform import reperform
from tests.integration.forging import change, describe_tables, rename_everywhere
from tests.unit.package.package_samples import reseal

pytestmark = pytest.mark.integration
PUBLIC = {"licence": "CC0-1.0", "citation": "made for a test", "personal": False}
DENSITIES = {"Inga": 0.58, "Guarea": 0.63}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SigningKey]:
    """The package of a project of two plots, all of whose files are public, and the key that signed it."""
    folder = tmp_path_factory.mktemp("public")
    _write_project(folder / "project")
    with open_context(str(folder / "project"), "p1", Settings(home=folder / "home")) as context:
        package = run_period(context).published.path
    return package, load_key(folder / "home" / "keys" / "signing_key")


def _write_project(folder: Path) -> None:
    folder.mkdir()
    ring = [[-77.0, -7.0], [-76.9, -7.0], [-76.9, -6.9], [-77.0, -6.9], [-77.0, -7.0]]
    zone = {
        "type": "Feature",
        "properties": {"zone_id": "pa", "kind": "project_area", "name": "Area"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    (folder / "zones.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}), "utf-8")
    trees = [(plot, 10 + 3.5 * number, ("Inga", "Guarea")[number % 2]) for plot in "12" for number in range(12)]
    _write_csv(folder / "data" / "plots.csv", ["plot", "area"], [["1", 0.1], ["2", 0.1]])
    _write_csv(folder / "data" / "trees.csv", ["plot", "dbh", "genus"], trees)
    _write_csv(
        folder / "data" / "density.csv",
        ["level", "genus", "wsg", "sd"],
        [["genus", *row, 0.07] for row in DENSITIES.items()],
    )
    tables = [
        {
            "path": "plots.csv",
            "dataset": "plots",
            "columns": {"plot_id": "plot", "area_ha": "area"},
            "constants": {"census_id": "1", "census_date": "2022-06-30"},
        },
        {
            "path": "trees.csv",
            "dataset": "trees",
            "row_id": "tree_id",
            "columns": {"plot_id": "plot", "dbh_cm": "dbh", "genus": "genus"},
            "constants": {"census_id": "1", "status": "alive", "life_form": "tree"},
        },
        {
            "path": "density.csv",
            "dataset": "wood_density",
            "columns": {"level": "level", "genus": "genus", "wood_density_g_cm3": "wsg", "sd_g_cm3": "sd"},
        },
    ]
    definition = {
        "schema_version": 1,
        "project": {"id": "public", "name": "Public files", "country": "PE"},
        "crediting_period": {"start": "2022-01-01", "end": "2031-12-31"},
        "monitoring_periods": [{"id": "p1", "start": "2022-01-01", "end": "2022-12-31"}],
        "local_crs": "EPSG:32718",
        "boundaries": [{"file": "zones.geojson", "version": "1", "source": "made for a test", "licence": "CC0-1.0"}],
        "default_stratum": "lowland",
        "rule_set": "vm0007_v1_6",
        "field_carbon": {
            "allometry": "chave_2014_eq7",
            "environmental_stress": "0.1",
            "environmental_stress_source": "made for a test",
        },
        "emission_factors": {
            "method": "stock_change",
            "pools": [
                {"state": "forest", "pool": "above_ground", "plots": True},
                {"state": "post_deforestation", "pool": "total", "stock_tc_ha": 1, "source": "made for a test"},
            ],
        },
        "sources": [
            {"connector": "files", "name": "field", "root": "data", "tables": [{**table, **PUBLIC} for table in tables]}
        ],
    }
    (folder / "project.yaml").write_text(yaml.safe_dump(definition, sort_keys=False), encoding="utf-8")


def _write_csv(path: Path, header: list[str], rows: list) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *rows])


def _forged(published: tuple[Path, SigningKey], folder: Path, *, withheld: bool) -> Path:
    """Make one tree 20 cm thicker in the file and in the rows; or in the rows alone, and the file is said to be withheld."""
    package = folder / published[0].name
    shutil.copytree(published[0], package)
    listed = (package / "data/provenance/inputs.csv").read_text(encoding="utf-8").splitlines()
    old = next(line.split(",")[2] for line in listed if line.startswith("trees,"))
    file = package / "data/inputs" / old
    found = change(package / "data/landed/trees.parquet", 3, "dbh_cm", lambda dbh: dbh + 20)
    if withheld:
        fetch = f"{old},{file.stat().st_size},files/field/trees.csv,file:trees.csv,withheld: it names people\n"
        with (package / "data/inputs/fetch.csv").open("a", encoding="utf-8") as stream:
            stream.write(fetch)
        file.unlink()
    else:
        plot, dbh = found["plot_id"], found["dbh_cm"]
        before, after = (f"{plot},{value:.1f},".encode() for value in (dbh - 20, dbh))
        content = file.read_bytes()
        assert len(before) == len(after), "the lists of the package tell sizes too"
        file.write_bytes(content.replace(before, after, 1))
        assert file.read_bytes() != content
        rename_everywhere(package, old, hashlib.sha256(file.read_bytes()).hexdigest())
    describe_tables(package)
    reseal(package, published[1])
    assert verify(package, any_signer=True).accepted, "nothing in it contradicts itself"
    return package


def test_a_tree_altered_in_its_file_and_in_every_list_is_found_by_what_follows_from_it(
    published: tuple[Path, SigningKey], tmp_path: Path
) -> None:
    found = reperform(_forged(published, tmp_path, withheld=False), any_signer=True)
    assert (found.complete, found.inputs, found.missing, found.given) == (True, 3, 0, ())
    assert not found.same
    tables = {result.name for result in found.differing_tables}
    assert {"landed.tree_biomass", "landed.plot_biomass", "stratum_carbon"} <= tables
    assert "landed.trees" not in tables, "the rows are those of the file, as it is now"
    figures = {item.figure_id: (item.old, item.new) for item in found.differing_figures}
    assert figures
    assert all(old and new and old.value != new.value for old, new in figures.values())


def test_rows_cannot_be_altered_by_saying_that_their_file_is_withheld(
    published: tuple[Path, SigningKey], tmp_path: Path
) -> None:
    found = reperform(_forged(published, tmp_path, withheld=True), any_signer=True)
    assert not found.same
    assert not found.complete
    tables = {result.name: result for result in found.differing_tables}
    assert "the rows are not those" in tables["landed.trees"].first[0].old
    assert "landed.tree_biomass" in tables, "and what follows from them is not left out"
    assert "trees" not in found.given
