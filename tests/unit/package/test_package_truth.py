"""Signed by the publisher and whole to the last byte, and refused all the same: another name, gaps, malformed content."""

import csv
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mrv.package import bag, identity, presence
from mrv.package.verify import Report, verify
from tests.unit.package.package_samples import outcome, reseal, sample_key

NAME = "VP-sample-mp4-v1"


def resealed(package: Path, signers: Path, *, any_signer: bool = False) -> Report:
    """Sign with the publisher's key whatever was made of the package, and verify it."""
    reseal(package, sample_key())
    report = verify(package, allowed_signers=signers, any_signer=any_signer)
    assert outcome(report, "hashes") == outcome(report, "signature") == "ok"
    return report


def detail(report: Report, name: str) -> str:
    return next(check.detail for check in report.checks if check.name == name)


def change_summary(package: Path, change) -> None:
    path = package / "data/package.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    change(summary)
    path.write_text(json.dumps(summary), encoding="utf-8")


def change_table(package: Path, name: str, column: str, change) -> None:
    """Change every value of a column of the Parquet."""
    path = package / f"data/tables/{name}.parquet"
    table = pq.read_table(path)
    values = [change(value) for value in table[column].to_pylist()]
    pq.write_table(table.set_column(table.schema.get_field_index(column), column, pa.array(values)), path)


# --- identity --------------------------------------------------------------------------------------------------


def test_the_report_names_what_was_signed(built, signers):
    report = verify(built, allowed_signers=signers)
    assert report.signed_name == NAME
    said = detail(report, "identity")
    assert all(part in said for part in (NAME, "project sample", "period mp4", "2024-06-30", "version 1", "simulated"))


@pytest.mark.parametrize("name", ["VP-sample-mp4-v7", "VP-small-mp9-v1", "vp-sample-mp4-v1"])
def test_a_package_under_the_name_of_another_is_refused(built, signers, tmp_path, name):
    report = verify(Path(shutil.copytree(built, tmp_path / name)), allowed_signers=signers)
    assert not report.accepted
    assert [check.name for check in report.failed] == ["identity"]
    assert NAME in report.failed[0].detail and name in report.failed[0].detail
    assert report.signed_name == NAME


def test_a_link_with_the_name_of_another_is_refused_and_a_dot_is_resolved(built, signers, tmp_path, monkeypatch):
    (tmp_path / "VP-sample-mp4-v7").symlink_to(built)
    assert not verify(tmp_path / "VP-sample-mp4-v7", allowed_signers=signers).accepted
    monkeypatch.chdir(built)
    assert verify(Path(), allowed_signers=signers).accepted
    monkeypatch.chdir(shutil.copytree(built, tmp_path / "VP-other-mp4-v1"))
    assert not verify(Path(), allowed_signers=signers).accepted


def test_a_folder_of_any_other_name_says_nothing(built, signers, tmp_path):
    report = verify(Path(shutil.copytree(built, tmp_path / "downloaded")), allowed_signers=signers)
    assert report.accepted
    assert report.signed_name == NAME


def test_a_name_that_nobody_signed_is_not_given(package, signers):
    path = package / bag.BAG_INFO
    path.write_text(path.read_text(encoding="utf-8").replace(NAME, "VP-other-mp4-v1"), encoding="utf-8")
    assert verify(package, allowed_signers=signers).signed_name is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("External-Identifier: VP-sample-mp4-v1", "External-Identifier: sample-mp4-v1"),
        ("External-Identifier: VP-sample-mp4-v1", "Internal-Identifier: VP-sample-mp4-v1"),
        ("to 2024-06-30", "to 2025-06-30"),
    ],
)
def test_a_bag_info_that_says_otherwise_is_refused(package, signers, tmp_path, old, new):
    package = package.rename(tmp_path / "copy")
    path = package / bag.BAG_INFO
    assert old in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    report = resealed(package, signers)
    assert [check.name for check in report.failed] == ["identity"]
    assert bag.BAG_INFO in report.failed[0].detail


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("project", "id", "other"),
        ("project", "simulated", False),
        ("project", "simulated", 1),
        ("period", "id", "mp5"),
        ("period", "start", "2022-07-02"),
        ("period", "end", None),
        (None, "version", 7),
        (None, "name", "VP-sample-mp4-v2"),
        (None, "project", []),
    ],
)
def test_a_summary_that_says_otherwise_is_refused(package, signers, part, name, value):
    change_summary(package, lambda summary: (summary[part] if part else summary).update({name: value}))
    report = resealed(package, signers)
    # Crate and chain of versions tell version and dates too; what cannot be read can be attested no more than compared.
    assert {check.name for check in report.failed} - {"attestations", "crate", "previous version"} == {"identity"}
    assert "data/package.json" in report.failed[0].detail


@pytest.mark.parametrize("column", ["project_id", "period_id", "period_start", "period_end", "simulated"])
def test_a_table_of_the_period_that_says_otherwise_is_refused(package, signers, column):
    change_table(package, "project_period", column, lambda value: None)
    report = resealed(package, signers)
    assert outcome(report, "identity") == "failed"
    assert identity.PERIOD_TABLE in detail(report, "identity") and column in detail(report, "identity")


def test_a_table_of_two_periods_is_refused(package, signers):
    path = package / identity.PERIOD_TABLE
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table, table]), path)
    assert outcome(resealed(package, signers), "identity") == "failed"


# --- what only looks complete ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", presence.REQUIRED)
def test_each_file_that_every_package_has_is_missed(package, signers, name):
    (package / name).unlink()
    if not [*(package / name).parent.iterdir()]:
        (package / name).parent.rmdir()
    report = resealed(package, signers)
    assert not report.accepted
    assert f"missing: {name}" in detail(report, "contents")


def test_an_empty_report_is_missed(package, signers):
    (package / "data/report/summary.html").write_bytes(b"")
    assert "data/report/summary.html" in detail(resealed(package, signers), "contents")


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("emission_reductions", "181044.250000000", "181044.250000001"),
        ("emission_reductions", "181044.250000000", "181044.25"),
        ("emission_reductions", ",VCU,true,\n", ",VCU,true,none\n"),
        ("emission_reductions", ",true,", ",True,"),
        ("project_period", "2024-06-30", "30/06/2024"),
        ("figures", "vintage_year=*", "vintage_year=2022"),
        ("deforestation_annual", "zone_id,kind", "kind,zone_id"),
    ],
)
def test_a_csv_with_another_value_is_refused(package, signers, table, old, new):
    path = package / f"data/tables/csv/{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    report = resealed(package, signers)
    assert [check.name for check in report.failed] == ["tables"]
    assert f"csv/{table}.csv" in report.failed[0].detail


def test_a_csv_with_its_rows_in_another_order_or_with_one_more_is_refused(package, signers):
    path = package / "data/tables/csv/deforestation_annual.csv"
    header, first, second, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for lines in ([header, second, first, *rest], [header, first, second, *rest, first]):
        path.write_text("".join(lines), encoding="utf-8")
        assert "csv/deforestation_annual.csv" in detail(resealed(package, signers), "tables")


def test_tables_are_compared_to_their_last_row_in_pieces(package, signers):
    count = 25_001
    table = pa.table({"n": pa.array(range(count)), "text": pa.array(['a,\n"b"', None] * (count // 2) + ["é"])})
    pq.write_table(table, package / "data/tables/long.parquet")
    path = package / "data/tables/csv/long.csv"
    rows = list(zip(*table.to_pydict().values(), strict=True))
    for last in ("é", "e"):
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(table.column_names)
            for number, text in rows:
                writer.writerow([number, last if number == count - 1 else text])
        report = resealed(package, signers)
        assert outcome(report, "tables") == ("ok" if last == "é" else "failed")
    assert f"row {count}" in detail(report, "tables")


def test_an_input_that_is_not_what_its_name_says_is_refused(package, signers):
    (path,) = [path for path in (package / "data/inputs").iterdir() if path.name != "fetch.csv"]
    path.write_bytes(b"other bytes")
    report = resealed(package, signers)
    assert [check.name for check in report.failed] == ["inputs"]
    assert path.name in report.failed[0].detail


def rewrite(path: Path, change) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *change(rows)])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (presence.FETCH, lambda rows: rows[1:]),
        (presence.FETCH, lambda rows: [[*rows[0][:-1], " "], *rows[1:]]),
        (presence.FETCH, lambda rows: [*rows, ["ef" * 32, "1", "a", "https://example.org/", "withheld"]]),
        (presence.FETCH, lambda rows: [*rows, ["too", "short"]]),
        (presence.LISTED, lambda rows: []),
        (presence.LISTED, lambda rows: [[*rows[0][:2], "ef" * 32, *rows[0][3:]], *rows[1:]]),
    ],
)
def test_an_input_without_bytes_or_reason_and_one_that_nobody_used_is_refused(package, signers, name, change):
    rewrite(package / name, change)
    report = resealed(package, signers)
    assert [check.name for check in report.failed] == ["inputs"]
    assert name in report.failed[0].detail


def test_an_input_that_is_here_and_excused_is_refused(package, signers):
    (path,) = [path for path in (package / "data/inputs").iterdir() if path.name != "fetch.csv"]
    rewrite(package / presence.FETCH, lambda rows: [*rows, [path.name, "1", "a", "https://example.org/", "withheld"]])
    assert path.name in detail(resealed(package, signers), "inputs")


# --- malformed content: a refusal that names the file, never a traceback ----------------------------------------


def deep_json(package: Path) -> None:
    (package / "data/package.json").write_text('{"headline": ' + "[" * 200_000 + "]" * 200_000 + "}")


def double_name(package: Path) -> None:
    path = package / "data/package.json"
    path.write_text(path.read_text(encoding="utf-8").replace("{", '{"headline": [],', 1), encoding="utf-8")


def double_headline(package: Path) -> None:
    change_summary(package, lambda summary: summary["headline"].insert(0, {**summary["headline"][0], "value": "1"}))


def figure(column: str, value):
    def change(package: Path) -> None:
        change_table(package, "figures", column, lambda _: value)

    change.__name__ = f"figure_{column}_{value}"
    return change


def sum_over_text(package: Path) -> None:
    change_table(package, "figures", "mart_column", lambda _: "rule_set")


def bytes_for(name: str, content: bytes):
    def change(package: Path) -> None:
        (package / name).write_bytes(content)

    change.__name__ = f"{content[:8]!r} {name}"
    return change


MALFORMED = [
    (deep_json, "data/package.json"),
    (double_name, "data/package.json"),
    (double_headline, "data/package.json"),
    (bytes_for("data/package.json", b"[1, 2]"), "data/package.json"),
    (bytes_for("data/package.json", b"\xff\xfe"), "data/package.json"),
    (bytes_for("data/package.json", b'{"headline": [{"figure_id": null}]}'), "data/package.json"),
    (bytes_for("data/package.json", b'{"headline": [{"figure_id": ["x"]}]}'), "data/package.json"),
    (bytes_for("data/package.json", b'{"headline": {"figure_id": 1}}'), "data/package.json"),
    (figure("figure_id", None), "figures.parquet"),
    (figure("figure_id", 7), "figures.parquet"),
    (figure("row_key", None), "figures.parquet"),
    (figure("row_key", "nothing"), "emission_reductions"),
    (figure("value", "1"), "figures.parquet"),
    (figure("mart", None), "figures.parquet"),
    (figure("mart", "absent"), "absent.parquet"),
    (figure("mart_column", "absent"), "emission_reductions"),
    (sum_over_text, "emission_reductions"),
    (bytes_for("data/tables/figures.parquet", b"PAR1" + bytes(40) + b"PAR1"), "figures.parquet"),
    (bytes_for("data/tables/emission_reductions.parquet", b""), "emission_reductions.parquet"),
    (bytes_for("data/tables/csv/figures.csv", b"\xff"), "csv/figures.csv"),
    (bytes_for("data/tables/csv/figures.csv", b'"a'), "csv/figures.csv"),
    (bytes_for("data/tables/csv/figures.csv", b"x" * 200_000), "csv/figures.csv"),
    (bytes_for("data/provenance/inputs.csv", b"\xff"), "data/provenance/inputs.csv"),
    (bytes_for("data/inputs/fetch.csv", b"reason\nx\n"), "data/inputs/fetch.csv"),
]


@pytest.mark.parametrize(("change", "file"), MALFORMED, ids=lambda value: getattr(value, "__name__", None))
@pytest.mark.parametrize("any_signer", [False, True])
def test_signed_but_malformed_content_is_refused_and_the_file_named(package, signers, change, file, any_signer):
    change(package)
    report = resealed(package, signers, any_signer=any_signer)
    assert not report.accepted
    assert file in " ".join(check.detail for check in report.failed)


@pytest.mark.parametrize(
    "inside", ["absolute", "../report/emission_reductions", "csv/emission_reductions", "Upper", ""]
)
def test_a_figure_never_leads_out_of_the_folder_of_tables(package, signers, tmp_path, inside):
    """The table it leads to is a good one, so only its name can be what is refused."""
    good = package / "data/tables/emission_reductions.parquet"
    target = str(tmp_path / "outside") if inside == "absolute" else inside
    if inside == "absolute":
        shutil.copy(good, f"{target}.parquet")
    change_table(package, "figures", "mart", lambda _: target)
    report = resealed(package, signers)
    assert outcome(report, "headline figures") == "failed"
    assert "a figure is not whole" in detail(report, "headline figures")


def test_figures_may_not_be_nothing_but_text(package, signers):
    """A package whose figures point into a column of text is refused even if they say what stands there."""
    path = package / "data/tables/figures.parquet"
    table = pq.read_table(path)
    one = table.filter(pc.equal(table["figure_id"], "er.vcu.2022"))
    one = one.set_column(one.schema.get_field_index("mart_column"), "mart_column", pa.array(["rule_set"]))
    one = one.set_column(one.schema.get_field_index("value"), "value", pa.array(["vm0007_v1_6"]))
    pq.write_table(one, path)
    assert outcome(resealed(package, signers), "headline figures") == "failed"


@pytest.mark.parametrize("any_signer", [False, True])
def test_a_list_of_signers_that_cannot_be_read_is_no_traceback(built, tmp_path, any_signer):
    report = verify(built, allowed_signers=tmp_path, any_signer=any_signer)
    assert outcome(report, "signer") == "failed"
    assert not report.accepted


def test_names_that_no_screen_can_show_are_spelled_out(package, signers):
    (package / "data/bell\x07").write_bytes(b"x")
    (package / "data" / os.fsdecode(b"\xff")).write_bytes(b"x")
    report = verify(package, allowed_signers=signers)
    said = detail(report, "layout")
    assert r"bell\x07" in said and r"\udcff" in said
    assert said.isprintable() and said.encode()
