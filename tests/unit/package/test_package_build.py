"""What a package holds, what it refuses to hold, and that a failure leaves nothing behind."""

import csv
import errno
import hashlib
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrv.boundaries import geodesic_area_ha
from mrv.errors import PackageError, StoreError
from mrv.package import bag, evidence, staging
from mrv.package.build import build
from mrv.package.verify import verify
from tests.unit.package.package_samples import (
    parameter,
    sample_contents,
    sample_key,
    sample_marts,
    sample_zones,
    write_marts,
)


def contents_of(package: Path) -> dict[str, bytes]:
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in package.rglob("*") if path.is_file()}


def rows(package: Path, name: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO((package / name).read_text(encoding="utf-8"))))


def there(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def with_archives(*packages: Path) -> list[str]:
    return sorted(name for package in packages for name in (package.name, f"{package.name}.zip"))


def test_the_same_contents_give_the_same_bytes_elsewhere(built, tmp_path):
    again = build(sample_contents(tmp_path / "else where"), folder=tmp_path / "b", key=sample_key())
    assert contents_of(again.path) == contents_of(built)
    assert again.manifest_sha512 == (built / bag.TAG_MANIFEST).read_text().split(bag.MANIFEST_512)[0].split()[-1]


def test_files_can_be_read_by_everybody_and_changed_by_nobody_else(built):
    assert {path.stat().st_mode & 0o777 for path in built.rglob("*") if path.is_file()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in [built, *built.rglob("*")] if path.is_dir()} == {0o755}


def test_building_again_returns_what_is_there(tmp_path):
    contents = sample_contents(tmp_path / "s")
    first = build(contents, folder=tmp_path / "p", key=sample_key())
    stamp = (first.path / bag.BAGIT).stat().st_mtime_ns
    assert build(contents, folder=tmp_path / "p", key=sample_key()) == first
    assert (first.path / bag.BAGIT).stat().st_mtime_ns == stamp
    assert there(tmp_path / "p") == with_archives(first.path)


def test_builders_side_by_side_do_not_disturb_each_other(tmp_path):
    contents = sample_contents(tmp_path / "s")
    later = replace(contents, version=2, created_at="2026-05-06T07:08:09+00:00")
    alone = [build(one, folder=tmp_path / "alone", key=sample_key()) for one in (contents, later)]
    with ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda one: build(one, folder=tmp_path / "p", key=sample_key()), [contents, later] * 4)
        )
    assert [built.manifest_sha512 for built in together] == [built.manifest_sha512 for built in alone] * 4
    assert there(tmp_path / "p") == with_archives(*(built.path for built in alone))


def test_a_published_package_is_never_replaced_by_another(tmp_path):
    contents = sample_contents(tmp_path / "s")
    first = build(contents, folder=tmp_path / "p", key=sample_key())
    before = contents_of(first.path)
    with pytest.raises(PackageError, match="next version"):
        build(replace(contents, created_at="2026-02-02T00:00:00+00:00"), folder=tmp_path / "p", key=sample_key())
    assert contents_of(first.path) == before
    assert there(tmp_path / "p") == with_archives(first.path)


def test_a_damaged_package_is_not_taken_for_built_already(tmp_path):
    contents = sample_contents(tmp_path / "s")
    first = build(contents, folder=tmp_path / "p", key=sample_key())
    (first.path / "data/project/project.yaml").write_text("schema_version: 2\n")
    with pytest.raises(PackageError, match=r"project\.yaml"):
        build(contents, folder=tmp_path / "p", key=sample_key())


# --- what it holds ---------------------------------------------------------------------------------------------


def test_the_data_package_has_what_version_2_requires(built):
    descriptor = json.loads((built / "data/tables/datapackage.json").read_text())
    assert descriptor["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    names = [resource["name"] for resource in descriptor["resources"]]
    assert len(set(names)) == len(names) == 2 * len(sample_marts())
    for resource in descriptor["resources"]:
        path = built / "data/tables" / resource["path"]
        assert path.stat().st_size == resource["bytes"]
        assert resource["hash"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    tables = [resource for resource in descriptor["resources"] if resource.get("type") == "table"]
    for resource in tables:
        header = (built / "data/tables" / resource["path"]).read_text(encoding="utf-8").splitlines()[0].split(",")
        fields = [field["name"] for field in resource["schema"]["fields"]]
        assert fields == header
        assert set(resource["schema"]["primaryKey"]) <= set(fields)
        assert all(field["type"] != "any" and field["description"] for field in resource["schema"]["fields"])


def test_the_summary_counts_the_files_beside_it(built):
    summary = json.loads((built / "data/package.json").read_text())
    payload = [path for path in (built / "data").rglob("*") if path.is_file()]
    # It is written before the crate and its page, which describe it.
    assert sum(summary["files"].values()) == len(payload) - 3
    assert [figure["figure_id"] for figure in summary["headline"]] == ["er.net.2023", "er.net.total", "er.vcu.total"]


def test_both_vector_files_hold_the_zones(built):
    expected = {zone.zone_id: zone for zone in sample_zones()}
    collection = json.loads((built / "data/vectors/zones.geojson").read_text(encoding="utf-8"))
    frame = pyogrio.read_dataframe(built / "data/vectors/zones.gpkg", layer="zones")
    assert [feature["id"] for feature in collection["features"]] == list(frame.zone_id) == sorted(expected)
    assert frame.crs.to_epsg() == 4326
    for row in frame.itertuples():
        assert geodesic_area_ha(row.geometry) == expected[row.zone_id].area_ha


def test_an_input_is_included_or_its_absence_has_a_reason(built):
    listed = {row["sha256"]: row for row in rows(built, "data/provenance/inputs.csv")}
    absent = {row["sha256"]: row["reason"] for row in rows(built, "data/inputs/fetch.csv")}
    present = {path.name for path in (built / "data/inputs").iterdir()} - {"fetch.csv"}
    assert present | set(absent) == set(listed)
    assert not present & set(absent)
    reasons = {listed[sha256]["address"]: reason for sha256, reason in absent.items()}
    assert "name the people" in reasons["kobo/aX/page-0001"]
    assert "larger than 10000 bytes" in reasons["firms/x"]


def test_files_of_labels_are_not_called_by_the_names_that_people_gave_them(tmp_path):
    contents = sample_contents(tmp_path / "s")
    first, *others = contents.inputs
    labels = replace(first, address="labels/team/file-1", url="file:labels/maria.perez.csv")
    package = build(replace(contents, inputs=[labels, *others]), folder=tmp_path, key=sample_key()).path
    (row,) = [row for row in rows(package, "data/inputs/fetch.csv") if row["address"] == "labels/team/file-1"]
    assert (row["url"], "name the people" in row["reason"]) == ("file:REDACTED", True)
    assert not [name for name, content in contents_of(package).items() if b"perez" in content]


def test_what_is_withheld_or_not_handed_in_is_listed_with_the_reason(tmp_path):
    contents = sample_contents(tmp_path / "s")
    first, *_ = contents.inputs
    for number, changes in enumerate(({"withheld": {first.sha256: "a sacred place"}}, {"input_files": {}})):
        changed = replace(contents, **changes)
        package = build(changed, folder=tmp_path / str(number), key=sample_key()).path
        (row,) = [row for row in rows(package, "data/inputs/fetch.csv") if row["sha256"] == first.sha256]
        assert row["reason"] == ("withheld: a sacred place" if number == 0 else "not handed in")


def test_no_name_of_a_person_and_no_secret_is_in_any_file(built):
    for name, content in contents_of(built).items():
        for text in (b"Rosa Paredes", b"t0k3n", b"u:p@", b"0a" * 16):
            assert text not in content, (name, text)


def test_quarantined_rows_are_listed_without_their_record(built):
    (row,) = rows(built, "data/quality/quarantine.csv")
    assert (row["dataset"], row["row"], row["rule"]) == ("plots", "7", "plots.dbh")
    assert "record" not in row


def test_waivers_are_printed(built):
    (row,) = [row for row in rows(built, "data/quality/check_results.csv") if row["waived_by"]]
    assert row["waiver_reason"] == "archive gap"


def test_results_of_dbt_are_reduced_to_what_does_not_change(built):
    results = json.loads((built / "data/quality/dbt_run_results.json").read_text())
    assert [set(result) for result in results] == [{"unique_id", "status", "failures"}] * 2
    assert [result["unique_id"] for result in results] == ["test.mrv.a", "test.mrv.b"]


def test_parameters_keep_their_digits_and_their_order(built):
    listed = rows(built, "data/calc/parameters.csv")
    names = [row["parameter_id"] for row in listed]
    assert names == sorted(names) and {"common.carbon_fraction", "common.uncertainty_rule"} <= {*names}
    assert next(row["value"] for row in listed if row["name"] == "buffer_rate") == "0.140"


# --- what it refuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://a.org/api/area/csv/0123456789abcdef0123456789abcdef/VIIRS/1",
            "https://a.org/api/area/csv/REDACTED/VIIRS/1",
        ),
        ("https://user:pass@a.org/x", "https://a.org/x"),
        ("https://a.org/x?X-Amz-Signature=abc&limit=1", "https://a.org/x?X-Amz-Signature=REDACTED&limit=1"),
        ("https://a.org/x?map_key=abc&start=", "https://a.org/x?map_key=REDACTED&start="),
        ("https://a.org/x?subject_id=rosa&since=1", "https://a.org/x?subject_id=REDACTED&since=1"),
        ("https://a.org/hush/x", "https://a.org/REDACTED/x"),
        ("https://a.org/x?sort=%7B%22_id%22%3A1%7D", "https://a.org/x?sort=%7B%22_id%22%3A1%7D"),
        ("https://a.org/x#access_token=1", "https://a.org/x"),
        ("file:///home/somebody/data/plots.csv", "file:plots.csv"),
    ],
)
def test_urls_lose_their_secrets_and_keep_the_rest(url, shown):
    assert evidence.redact(url, ["hush"]) == shown


def test_a_secret_stops_the_build_wherever_it_stands(tmp_path):
    contents = sample_contents(tmp_path / "s")
    contents.project_files["project.yaml"].write_text("token: s3cr3t-of-the-house\n")
    with pytest.raises(PackageError, match="secret would be published") as caught:
        build(contents, folder=tmp_path / "p", key=sample_key())
    assert caught.value.where.startswith("data/project/")
    assert list((tmp_path / "p").iterdir()) == []
    assert "s3cr3t" not in repr(contents)


@given(before=st.integers(0, 40), cut=st.integers(1, 8))
def test_a_secret_is_found_across_pieces(before, cut):
    secret = b"secret-key"
    content = b"x" * before + secret + b"y" * 5
    writer = staging.HashingWriter(io.BytesIO(), [secret])
    with pytest.raises(PackageError):
        for start in range(0, len(content), cut):
            writer.write(content[start : start + cut])


def test_pieces_do_not_change_the_hashes():
    whole, pieces = staging.HashingWriter(io.BytesIO(), []), staging.HashingWriter(io.BytesIO(), [])
    whole.write(b"abcdef")
    for piece in (b"ab", b"", b"cdef"):
        pieces.write(piece)
    assert whole.entry == pieces.entry


def test_a_damaged_input_stops_the_build(tmp_path):
    contents = sample_contents(tmp_path / "s")
    (tmp_path / "s" / "tile").write_bytes(b"other bytes")
    with pytest.raises(PackageError, match="damaged"):
        build(contents, folder=tmp_path / "p", key=sample_key())


@pytest.mark.parametrize("name", ["../escape.csv", "/etc/passwd", "a:b.csv", "nul.txt", "e\u0301.csv"])
def test_an_unsafe_name_of_a_project_file_is_refused(tmp_path, name):
    contents = sample_contents(tmp_path / "s")
    contents = replace(contents, project_files={name: tmp_path / "s" / "project.yaml"})
    with pytest.raises(PackageError, match="rename the file"):
        build(contents, folder=tmp_path / "p", key=sample_key())


def test_names_that_differ_by_case_only_are_refused(tmp_path):
    contents = sample_contents(tmp_path / "s")
    file = tmp_path / "s" / "project.yaml"
    with pytest.raises(PackageError, match="take for one"):
        build(replace(contents, project_files={"a.csv": file, "A.csv": file}), folder=tmp_path / "p", key=sample_key())


def test_an_unknown_headline_figure_is_refused(tmp_path):
    contents = replace(sample_contents(tmp_path / "s"), headline=["er.vcu.1999"])
    with pytest.raises(PackageError, match=r"er\.vcu\.1999"):
        build(contents, folder=tmp_path / "p", key=sample_key())


@pytest.mark.parametrize(("missing", "what"), [("marts/figures.parquet", "Parquet"), ("csv/figures.csv", "CSV")])
def test_a_table_in_one_form_only_is_refused(tmp_path, missing, what):
    contents = sample_contents(tmp_path / "s")
    (tmp_path / "s" / missing).unlink()
    with pytest.raises(PackageError, match=f"lack their {what}"):
        build(contents, folder=tmp_path / "p", key=sample_key())


def test_a_table_that_nobody_described_is_refused(tmp_path):
    contents = sample_contents(tmp_path / "s")
    contents.marts_json.write_text(json.dumps(json.loads(contents.marts_json.read_text())[1:]))
    with pytest.raises(PackageError, match="lack their description"):
        build(contents, folder=tmp_path / "p", key=sample_key())


@pytest.mark.parametrize("content", ["{", "[{}]", "null", '{"results": [{"status": "pass"}]}'])
@pytest.mark.parametrize("field", ["marts_json", "dbt_run_results"])
def test_unreadable_descriptions_are_refused(tmp_path, content, field):
    contents = sample_contents(tmp_path / "s")
    getattr(contents, field).write_text(content)
    with pytest.raises(PackageError, match="cannot be read"):
        build(contents, folder=tmp_path / "p", key=sample_key())


def test_a_package_without_sql_is_refused(tmp_path):
    contents = replace(sample_contents(tmp_path / "s"), compiled_sql=tmp_path / "absent")
    with pytest.raises(PackageError, match="no SQL"):
        build(contents, folder=tmp_path / "p", key=sample_key())


def test_a_project_without_anything_measured_still_gets_a_package(tmp_path, signers):
    contents = sample_contents(tmp_path / "s")
    marts = {name: rows if name == "project_period" else [] for name, rows in sample_marts().items()}
    contents = replace(
        contents, **write_marts(tmp_path / "s", marts), headline=[], zones=[], rasters={}, inputs=[], input_files={},
        check_results=[], quarantine=[], parameters=[parameter("carbon_fraction")],
    )  # fmt: skip
    package = build(contents, folder=tmp_path / "p", key=sample_key()).path
    assert verify(package, allowed_signers=signers).accepted


# --- faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("after", [0, 3, 20, 33])
def test_a_failing_disk_leaves_the_previous_package_and_nothing_half_done(tmp_path, monkeypatch, number, after):
    contents = sample_contents(tmp_path / "s")
    previous = build(contents, folder=tmp_path / "p", key=sample_key()).path
    before = contents_of(previous)
    real, calls = os.fsync, []

    def failing(descriptor):
        calls.append(descriptor)
        if len(calls) > after:
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StoreError) as caught:
        build(replace(contents, version=2), folder=tmp_path / "p", key=sample_key())
    assert caught.value.remedy
    monkeypatch.undo()
    assert there(tmp_path / "p") == with_archives(previous)
    assert contents_of(previous) == before
    assert build(replace(contents, version=2), folder=tmp_path / "p", key=sample_key()).path.is_dir()
