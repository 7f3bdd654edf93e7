"""The chain of versions: what a later version says of the one before it, and every way in which that can be untrue."""

import csv
import json
import shutil
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

from mrv.cli_versions import _number
from mrv.errors import PackageError
from mrv.files import write_parquet
from mrv.package.build import build
from mrv.package.causes import Cause, reaching
from mrv.package.comparison import Comparison, Side
from mrv.package.contents import Approval, Previous
from mrv.package.freeze import frozen_of
from mrv.package.verify import verify
from tests.unit.package.package_samples import reseal, sample_contents, sample_key, sample_marts, write_marts

APPROVAL = Approval(approved_by="M. Ruiz", reason="the code was mended", approved_at="2026-02-01T00:00:00+00:00")


@pytest.fixture
def pair(tmp_path):
    contents = sample_contents(tmp_path / "s")
    first = build(contents, folder=tmp_path / "p", key=sample_key())
    previous = Previous(name=first.path.name, version=1, manifest_sha512=first.manifest_sha512, folder=first.path)
    later = replace(contents, version=2, previous=previous, approval=APPROVAL, code_sha256="ab" * 32)
    return first.path, build(later, folder=tmp_path / "p", key=sample_key()).path, later


def checked(package):
    report = verify(package, any_signer=True)
    return next(check for check in report.checks if check.name == "previous version")


def rewrite(package, name, change):
    path = package / name
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said))
    reseal(package, sample_key())


def test_a_later_version_names_the_one_before_it_and_why_it_differs(pair):
    first, second, later = pair
    assert [checked(path).outcome for path in (first, second)] == ["ok", "ok"]
    said = json.loads((second / "data/changes/changes.json").read_text())
    assert (said["previous"]["version"], said["approved_by"], said["figures_changed"]) == (1, "M. Ruiz", 0)
    assert [cause["code"] for cause in said["causes"]] == ["code"]
    assert said["content_key"] == frozen_of(later).content_key
    assert not (first / "data/changes").exists()


def test_a_version_before_that_is_not_there_is_said_and_its_archive_counts(pair):
    first, second, _ = pair
    shutil.rmtree(first)
    assert "lies beside" in checked(second).detail
    first.with_name(f"{first.name}.zip").unlink()
    assert checked(second).outcome == "ok"
    assert "does not lie beside" in checked(second).detail


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("data/package.json", lambda said: said.update(previous=None)),
        ("data/package.json", lambda said: said["previous"].update(manifest_sha512="0" * 128)),
        ("data/provenance/freeze.json", lambda said: said.update(previous=None)),
        ("data/provenance/freeze.json", lambda said: said.update(content_key="0" * 64)),
        ("data/changes/changes.json", lambda said: said.update(approved_by=" ")),
        ("data/changes/changes.json", lambda said: said["previous"].update(version=7)),
    ],
)
def test_a_broken_chain_is_refused(pair, name, change):
    _, second, _ = pair
    rewrite(second, name, change)
    assert checked(second).outcome == "failed"


def test_the_named_version_must_be_the_one_beside(pair):
    first, second, _ = pair
    (first / "manifest-sha512.txt").write_text("another\n")
    assert "not the one that is named" in checked(second).detail


def test_changes_that_say_what_the_figures_do_not_are_refused(pair):
    _, second, _ = pair
    path = second / "data/changes/figures.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    rows.append(["er.net.total", "", "", "tCO2e", "1", "2", "1", "", "1", "code", "", ""])
    path.write_text("".join(",".join(row) + "\n" for row in rows))
    reseal(second, sample_key())
    assert checked(second).outcome == "failed"


def test_a_figure_that_changed_is_listed_with_both_values(pair, tmp_path):
    first, _, later = pair
    marts = sample_marts()
    rows = [row for row in marts["figures"] if row["figure_id"] == "er.net.2023"]
    old = rows[0]["value"]
    rows[0]["value"] = old + Decimal(10)
    changed = replace(later, **write_marts(tmp_path / "other", marts))
    second = build(changed, folder=tmp_path / "q", key=sample_key()).path
    with (second / "data/changes/figures.csv").open(newline="") as stream:
        listed = list(csv.DictReader(stream))
    assert [row["figure_id"] for row in listed] == ["er.net.2023"]
    assert Decimal(listed[0]["new"]) - Decimal(listed[0]["old"]) == Decimal(listed[0]["tco2e"]) == 10
    assert listed[0]["causes"] == "code"
    shutil.copytree(first, second.parent / first.name)
    assert checked(second).outcome == "ok"


def test_nobody_publishes_a_later_version_alone(pair, tmp_path):
    *_, later = pair
    with pytest.raises(PackageError, match="nobody approved"):
        build(replace(later, approval=None), folder=tmp_path / "q", key=sample_key())
    gone = replace(later.previous, folder=tmp_path / "nowhere")
    with pytest.raises(PackageError, match="not there to be compared"):
        build(replace(later, previous=gone), folder=tmp_path / "q", key=sample_key())


def test_only_causes_that_can_reach_a_table_are_named():
    lineage = {
        "tables": {"forest": {"parents": ["landed.pixels"]}, "carbon": {"parents": ["landed.trees"]}},
        "steps": {
            "land plots": {"inputs": ["artifact:plots"], "outputs": ["landed.trees"]},
            "measure": {"inputs": ["artifact:raster", "project"], "outputs": ["landed.pixels"]},
        },
    }
    causes = [Cause(code, "", "") for code in ("inputs:plots", "inputs:raster", "parameters:x", "code", "findings:a")]

    def named(mart):
        return [cause.code for cause in reaching(causes, lineage, mart)]

    assert named("forest") == ["inputs:raster", "parameters:x", "code"]
    assert named("carbon") == ["inputs:plots", "code"]
    assert reaching(causes, None, "carbon") == reaching(causes, lineage, "unknown") == causes
    assert reaching(causes[1:2], lineage, "carbon") == causes[1:2], "a change that nothing explains has all causes"


def test_the_key_of_a_content_does_not_hang_on_order_and_changes_with_each_part(tmp_path):
    contents = sample_contents(tmp_path / "s")
    key = frozen_of(contents).content_key
    assert frozen_of(replace(contents, inputs=[*reversed(contents.inputs)])).content_key == key
    for other in (
        replace(contents, inputs=contents.inputs[1:]),
        replace(contents, parameters=contents.parameters[1:]),
        replace(contents, code_sha256="1"),
        replace(contents, snapshot_id="2"),
        replace(contents, findings={"a.md": contents.marts_json}),
    ):
        assert frozen_of(other).content_key != key


THRESHOLDS = {
    "materiality_threshold": "5",
    "materiality_threshold_large": "1",
    "large_project_tco2e_per_year": "300000",
}


@pytest.mark.parametrize(
    ("old", "new", "threshold", "material"),
    [
        ("300000", "315000", "5", False),
        ("300000", "315000.001", "5", True),
        ("300000.001", "297000.001", "1", False),
        ("300001", "296000", "1", True),
        ("0", "1", "5", True),
        (None, "1", None, None),
    ],
)
def test_a_difference_is_material_above_the_threshold_of_its_size(tmp_path, old, new, threshold, material):
    columns = {"rule_set": "r", "is_primary": True, "days": 365, "credits": None, "credit_unit": "VCU"}
    rows = {name: {"rule_set": "common", "name": name, "value": value} for name, value in THRESHOLDS.items()}
    sides = []
    for name, value in (("old", old), ("new", new)):
        amount = None if value is None else Decimal(value)
        schema = pa.schema([("net_tco2e", pa.decimal128(18, 3))])
        table = pa.table({**{key: [cell] for key, cell in columns.items()}})
        table = table.append_column("net_tco2e", pa.array([amount], schema.field(0).type))
        write_parquet(tmp_path / name / "emission_reductions.parquet", table)
        sides.append(Side(tables=tmp_path / name, keys={}, freeze={"inputs": []}, parameters=rows, lineage=None))
    (total,) = Comparison(*sides).totals
    assert total.material is material
    assert total.threshold_percent == (None if threshold is None else Decimal(threshold))
    unjudged = Comparison(sides[0], replace(sides[1], parameters={})).totals[0]
    assert unjudged.material is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [("555238.240", "555,238.240"), ("12.000", "12"), ("0E-9", "0"), ("0.00004", "0.00004"), (None, "-")],
)
def test_numbers_for_people_hide_no_small_difference(value, shown):
    assert _number(value) == shown
