"""Lists, layers, changes and checks made of a package's files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace

import pyarrow as pa
import pytest

from mrv.dataroom import map_layers, package_changes, package_checks, traces
from mrv.dataroom.catalogue import NotFoundError
from mrv.package.figures import Figure

ZONES = {
    "features": [
        {
            "id": "pa",
            "properties": {
                "zone_id": "pa", "kind": "project_area", "zone_name": "P", "partner": None, "area_ha": 5.0, "illustrative": True,
            },
            "geometry": {"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]},
        }
    ]
}  # fmt: skip


@dataclass
class Small:
    """A package of a few files and tables."""

    name: str = "VP-a-mp1-v2"
    version: int = 2
    period: str = "mp1"
    contents: dict[str, str] = field(default_factory=dict)
    tables: dict[str, pa.Table] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def manifest_sha512(self) -> str:
        return str(id(self))

    @property
    def files(self) -> dict:
        return {f"id-{path}": SimpleNamespace(path=path, file_id=f"id-{path}") for path in self.contents}

    def read(self, path: str) -> bytes:
        return self.contents[path].encode()

    def table(self, name: str) -> pa.Table:
        if name not in self.tables:
            raise NotFoundError("there is no such table", found=name)
        return self.tables[name]


def figure(figure_id: str, value: str | None, unit: str = "tCO2e") -> Figure:
    return Figure(
        figure_id,
        f"{figure_id} in English",
        f"{figure_id} en español",
        value and Decimal(value),
        unit,
        "m",
        "c",
        "k=1",
        None,
    )


def figures(**values: str | None) -> dict[str, Figure]:
    return {name: figure(name, value) for name, value in values.items()}


def test_figures_are_found_by_every_word_and_paged():
    package = Small(figures={f"er.{number:03d}": figure(f"er.{number:03d}", "1") for number in range(250)})
    assert [traces.listing(package, page=number).current for number in (0, 2, 99)] == [1, 2, 3]
    assert len(traces.listing(package, page=3).figures) == 50
    assert [each.figure_id for each in traces.listing(package, search="ESPAÑOL 007").figures] == ["er.007"]
    assert traces.listing(package, group="nothing").found == 0
    assert traces.families(package) == {"er": 250}


def test_a_tree_ends_at_its_depth_and_tells_a_part_once():
    nodes = {name: {"kind": "term", "title": [name, name], "children": children} for name, children in
             {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["e"], "e": ["f"], "f": []}.items()}  # fmt: skip
    trace = {"figures": {"x": {"node": "a"}}, "nodes": nodes}
    step = traces.tree(Small(), trace)
    first, second = step.steps
    assert [each.name for each in (first, second)] == ["b", "c"]
    assert (first.steps[0].steps[0].name, first.steps[0].steps[0].hidden) == ("e", 1)
    assert second.steps[0].told
    assert traces.tree(Small(), trace, "e").steps[0].name == "f"
    with pytest.raises(NotFoundError):
        traces.tree(Small(), trace, "g")


def test_versions_are_compared_by_value_unit_and_reason():
    old, new = Small(figures=figures(a="1", b="2", c="3")), Small(figures=figures(a="1", b="5.5", d=None))
    found = {each.figure_id: each.difference for each in package_changes.compared(old, new)}
    assert found == {"b": Decimal("3.5"), "c": None, "d": None}


def test_changes_keep_every_digit_and_a_first_version_has_none():
    total = {
        "rule_set": "r",
        "net_old_tco2e": "0.000000001",
        "credits_new": None,
        "material": False,
        "credit_unit": "VCU",
    }
    contents = {"data/changes/changes.json": json.dumps({"totals": [total]})}
    contents |= {f"data/changes/{name}.csv": "one,two\n1,é\n" for name in ("figures", "rows", "inputs", "parameters")}
    found = package_changes.changes_of(Small(contents=contents))
    assert found.totals[0]["net_old_tco2e"] == Decimal("0.000000001")
    assert (found.totals[0]["credits_new"], found.totals[0]["credit_unit"]) == (None, "VCU")
    assert (found.rows.count, found.rows.rows[0]["two"]) == (1, "é")
    assert package_changes.changes_of(Small()) is None


def test_zones_carry_names_and_a_point_and_no_table_makes_an_empty_layer():
    package = Small(contents={"data/vectors/zones.geojson": json.dumps(ZONES)})
    zone = json.loads(map_layers.layer(package, "zones").content)["features"][0]
    assert zone["properties"]["kind_es"] == "Área del proyecto"
    assert len(zone["properties"]["label_at"]) == 2
    for name in ("loss", "alerts", "fires"):
        assert (map_layers.layer(package, name).count, map_layers.layer(package, name).left_out) == (0, 0)
    with pytest.raises(NotFoundError):
        map_layers.layer(package, "people")
    assert map_layers.picture_of(package) is None


def test_points_without_a_place_are_not_drawn_and_the_smallest_are_left_out(monkeypatch):
    monkeypatch.setattr(map_layers, "MAX_BYTES", 600)
    rows = [
        {"cluster": number, "longitude": None if number == 9 else -77.0, "latitude": -6.0 - number / 100, "area_ha": Decimal(number),
         "first_alert": "2023-01-01", "last_alert": "2023-01-02", "confidence": "high"}
        for number in range(10)
    ]  # fmt: skip
    made = map_layers.layer(Small(tables={"alert_clusters": pa.Table.from_pylist(rows)}), "alerts")
    areas = [each["properties"]["area_ha"] for each in json.loads(made.content)["features"]]
    assert areas == [8.0, 7.0][: made.count]
    assert made.count + made.left_out == 9
    assert len(made.content) <= 600


def test_checks_count_what_did_not_pass_and_what_was_set_aside():
    columns = "dataset,rule,severity,description,outcome,rows_evaluated,rows_failed,observed,waived_by,waiver_reason\n"
    results = "a,r1,warning,d,failed,5,1,,,\na,r2,critical,d,passed,5,0,,,\na,r3,error,d,failed,5,2,,M,why\n"
    package = Small(
        contents={
            package_checks.RESULTS: columns + results,
            package_checks.QUARANTINE: "dataset,artifact,row,rule,severity,reason\na,f1,1,r3,error,x\na,f2,2,r3,error,x\n",
            package_checks.WAIVERS: "dataset,rule,waived_by,reason,created_at\n",
            package_checks.DBT: json.dumps(
                [{"unique_id": "test.x", "status": "fail"}, {"unique_id": "model.y", "status": "success"}]
            ),
        }
    )
    found = package_checks.checks_of(package)
    assert [row["rule"] for row in found.notable] == ["r3", "r1"]
    assert [(each.rule, each.rows, each.files) for each in found.set_aside] == [("r3", 2, 2)]
    assert found.failing_tests == ["test.x"]


def test_a_signature_that_does_not_hold_is_said(tmp_path):
    package = Small(contents={"tagmanifest-sha512.txt": "x", "tagmanifest-sha512.txt.sig": "no signature"})
    assert package_checks.signed_by(package, tmp_path / "allowed_signers").problem
