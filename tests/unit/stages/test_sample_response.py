"""`mrv sample export` and `mrv sample labels`: a form goes out, comes back filled in, and disagreements are resolved."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mrv.cli import main
from mrv.scaffold import scaffold
from mrv.sources.sample_label_files import FORM
from tests.unit.sources.sample_folder import DESIGN, UNITS, freeze, unit

Command = Callable[..., Result]
PLAIN = {"format": "csv"}
ZONES = {"pa": (-77.1, -76.98), "lb": (-76.98, -76.9)}


class Site:
    """A project with a frozen design, and the commands upon it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sample = folder / "samples" / "mp1"
        self.definition: dict[str, Any] = yaml.safe_load((folder / "project.yaml").read_text(encoding="utf-8"))
        self.definition["sampling"] = [
            {"id": DESIGN, "period": "mp1", "folder": "samples/mp1", "seed": 1, "size": len(UNITS)}
        ]
        self.declare()
        freeze(self.sample, project="my_project", period="mp1", declared_in=folder)

    def declare(self, *labels: dict[str, Any]) -> None:
        source = {"connector": "sample", "name": "labels", "period": "mp1", "folder": "samples/mp1"}
        self.definition["sources"] = [{**source, "labels": list(labels), "licence": "own", "citation": "-"}]
        text = yaml.safe_dump(self.definition, sort_keys=False, allow_unicode=True)
        (self.folder / "project.yaml").write_text(text, encoding="utf-8")

    def run(self, *words: str | Path) -> Result:
        command, *rest = words
        return CliRunner().invoke(main, ["sample", str(command), str(self.folder), *map(str, rest)])

    def labels(self) -> dict[str, Any]:
        done = self.run("labels", "--period", "mp1", "--json")
        assert done.exit_code == 0, done.output
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("MRV_HOME", str(tmp_path / "home"))
    folder = tmp_path / "project"
    scaffold(folder)
    features = []
    for name, (west, east) in ZONES.items():
        ring = [[west, -7.1], [east, -7.1], [east, -6.9], [west, -6.9], [west, -7.1]]
        kind = "project_area" if name == "pa" else "leakage_belt"
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {"zone_id": name, "kind": kind, "name": name},
            }
        )
    content = {"type": "FeatureCollection", "features": features}
    (folder / "boundaries" / "zones.geojson").write_text(json.dumps(content), encoding="utf-8")
    return Site(folder)


def fill(form: Path, to: Path, who: str, meaning: Callable[[int], str], **more: str) -> None:
    """Answer each line of a form as somebody would in a spreadsheet."""
    with form.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        number = int(row["unit_id"].rpartition("-")[2])
        row |= {"label": meaning(number), "interpreter": who if meaning(number) else "", **more}
    with to.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def truth(number: int) -> str:
    return "loss" if "loss" in UNITS[number - 1] else "stable_forest"


def test_a_form_goes_out_and_comes_back(site: Site) -> None:
    form = site.folder / "form.csv"
    done = site.run("export", "--format", "csv", "--to", form)
    assert done.exit_code == 0, done.output
    assert f"wrote {form}" in done.output
    assert site.labels()["notes"] == [f"{DESIGN}: no estimate yet, 8 of 8 units are open or not labelled"]

    # Ben sees unit 2 otherwise, and does not know about unit 3.
    fill(form, site.sample / "ana.csv", "Ana", truth, image_before_date="2022-01-10", image_after_date="2023-12-20")
    fill(form, site.sample / "ben.csv", "Ben", lambda n: {2: "loss", 3: "unusable"}.get(n, truth(n) if n < 6 else ""))
    ana, ben = {**PLAIN, "path": "ana.csv"}, {**PLAIN, "path": "ben.csv"}
    site.declare(ana, ben)
    found = site.labels()
    assert found["designs"] == [
        {
            "design": DESIGN,
            "units": 8,
            "single": 3,
            "agreed": 3,
            "resolved": 0,
            "unusable": 0,
            "open": 2,
            "not_labelled": 0,
        }
    ]
    assert [(row["interpreter"], row["labelled"], row["unusable"]) for row in found["interpreters"]] == [
        ("interpreter-1", 8, 0),
        ("interpreter-2", 5, 1),
    ]
    # Units 1, 2, 4 and 5; only unit 2 differs: by chance (2 * 3 + 2 * 1) / 16.
    [pair] = found["agreement"]
    assert (pair["units"], pair["agreed"], pair["agreement"], pair["kappa"]) == (4, 3, 0.75, 0.5)
    assert {row["estimate_ha"] for row in found["estimates"]} == {None}, "null is not zero"
    assert {row["reason"] for row in found["estimates"]} == {"2 of 8 units are open or not labelled"}

    listed = site.folder / "open.csv"
    done = site.run("labels", "--period", "mp1", "--disagreements", listed)
    assert done.exit_code == 0, done.output
    assert f"wrote {listed}: 2 units" in done.output
    with listed.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == (*FORM[:3], "labels_given", *FORM[3:])
    assert [(row["unit_id"], row["labels_given"]) for row in rows] == [
        (unit(2), "interpreter-1: stable_forest | interpreter-2: loss"),
        (unit(3), "interpreter-1: loss | interpreter-2: unusable"),
    ]

    fill(listed, site.sample / "solved.csv", "Clara", truth)
    site.declare(ana, ben, {**PLAIN, "path": "solved.csv", "role": "resolution"})
    found = site.labels()
    assert {name: found["designs"][0][name] for name in ("open", "resolved", "agreed", "single")} == {
        "open": 0,
        "resolved": 2,
        "agreed": 3,
        "single": 3,
    }
    assert found["rows_set_aside"] == 0
    # Every label is what the map shows, so the estimate is the map: 40 pixels of 760 m2, and none of it uncertain.
    [loss] = [row for row in found["estimates"] if (row["zone"], row["class"]) == ("pa", "loss")]
    assert (loss["map_ha"], loss["estimate_ha"], loss["ci90_half_width_ha"]) == (3.04, 3.04, 0)
    done = site.run("labels", "--period", "mp1")
    assert "Areas by the sample" in done.output
    for name in ("Ana", "Ben", "Clara"):
        assert name not in done.output


def test_what_was_filled_in_is_not_written_over(site: Site) -> None:
    listed = site.folder / "open.csv"
    listed.write_text("resolutions", encoding="utf-8")
    done = site.run("labels", "--period", "mp1", "--disagreements", listed)
    assert done.exit_code == 2
    assert "may hold resolutions" in done.output
    assert listed.read_text(encoding="utf-8") == "resolutions"


def test_a_form_with_no_disagreement_has_its_header(site: Site) -> None:
    listed = site.folder / "open.csv"
    done = site.run("labels", "--period", "mp1", "--disagreements", listed)
    assert "no unit is left to decide" in done.output
    assert listed.read_text(encoding="utf-8").startswith("unit_id,longitude,latitude,labels_given,label,")


def test_labels_set_aside_are_told_with_unit_and_remedy(site: Site) -> None:
    (site.sample / "ana.csv").write_text(f"unit_id,label,interpreter\n{unit(1)},lost,Ana\n", encoding="utf-8")
    site.declare({**PLAIN, "path": "ana.csv"})
    done = site.run("labels", "--period", "mp1")
    assert done.exit_code == 0, done.output
    assert "1 row(s) of labels were set aside:" in done.output
    assert f"labels/labels/file-1, row 1, unit {unit(1)}: the label is 'lost'" in done.output


def test_a_label_set_aside_leaves_its_unit_open(site: Site) -> None:
    """Else the typing error of one interpreter would let the label of the other count, and no disagreement be seen."""
    form = site.folder / "form.csv"
    assert site.run("export", "--format", "csv", "--to", form).exit_code == 0
    fill(form, site.sample / "a.csv", "Ana", lambda number: "los" if number == 1 else truth(number))
    fill(form, site.sample / "b.csv", "Ben", lambda number: "stable_forest" if number == 1 else truth(number))
    files = [{**PLAIN, "path": name} for name in ("a.csv", "b.csv")]
    site.declare(*files)
    found = site.labels()
    assert {name: found["designs"][0][name] for name in ("open", "agreed")} == {"open": 1, "agreed": 7}
    reason = "1 of 8 units are open or not labelled (a label of 1 of them was set aside)"
    assert found["notes"][0] == f"{DESIGN}: no estimate yet, {reason}"
    assert found["rows_set_aside"] == 1
    assert {row["estimate_ha"] for row in found["estimates"]} == {None}
    assert {row["reason"] for row in found["estimates"]} == {reason}
    done = site.run("labels", "--period", "mp1")
    assert "Remedy: correct the row" in done.output

    fill(form, site.sample / "a.csv", "Ana", lambda number: "stable_forest" if number == 1 else truth(number))
    site.declare(*files)
    assert {row["estimate_ha"] is None for row in site.labels()["estimates"]} == {False}


def test_a_period_without_labels_is_refused(site: Site) -> None:
    site.definition["monitoring_periods"].append({"id": "mp2", "start": "2024-01-01", "end": "2024-12-31"})
    site.declare()
    done = site.run("labels", "--period", "mp2")
    assert done.exit_code == 2
    assert "no source of labels is declared for period mp2" in done.output
    assert "period mp1" in done.output


def test_an_edited_design_goes_nowhere(site: Site) -> None:
    units = site.sample / "units.csv"
    units.write_text(units.read_text().replace("stable_forest", "loss", 1), encoding="utf-8")
    for words in (("export", "--format", "csv", "--to", site.folder / "form.csv"), ("labels", "--period", "mp1")):
        done = site.run(*words)
        assert done.exit_code == 1
        assert "a frozen design was edited" in done.output
        assert "row 2" in done.output
    assert not (site.folder / "form.csv").exists()


def test_collect_earth_online_gets_a_folder_and_advice(site: Site) -> None:
    done = site.run("export", "--design", DESIGN, "--format", "ceo-csv", "--to", site.folder / "ceo", "--step", "1")
    assert done.exit_code == 0, done.output
    assert "square plots of 28 m" in done.output
    assert sorted(path.name for path in (site.folder / "ceo").iterdir()) == ["cover-plots.csv", "cover-samples.csv"]


def test_a_frozen_design_has_no_versions_to_watch(site: Site) -> None:
    done = CliRunner().invoke(main, ["watch", str(site.folder), "--period", "mp1", "--json"])
    assert done.exit_code == 0, done.output
    [finding] = [item for item in json.loads(done.stdout)["findings"] if item["source"] == "labels"]
    assert finding["status"] == "not watched"
    assert "a frozen design does not change" in finding["detail"]
