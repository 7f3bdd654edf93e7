from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from mrv.errors import InputError
from mrv.files import write_parquet
from mrv.project_sources import Kobo
from mrv.sources import kobo
from mrv.sources.json_reading import MAX_DEPTH, read_json

SPEC = Kobo(connector="kobo", name="plots", asset="aX", form="forest_plot_census")


def submission(number: int, **changes):
    raw = {
        "_id": number,
        "_uuid": f"u{number}",
        "meta/rootUuid": f"uuid:r{number}",
        "_submission_time": f"2022-08-{number:02d}T10:00:00",
        "_validation_status": {"uid": "validation_status_approved"},
        "plot/plot_id": f"P{number}",
        "plot/census_id": "2022",
        "plot/census_date": "2022-08-01",
        "plot/area_ha": "0.5",
        "plot/slope_percent": "12",
        "plot/slope_corrected": "yes",
        "plot/gps": "-7.10 -77.20 1200 5",
        "trees": [
            {"trees/tree_id": "1", "trees/dbh_cm": "20.5", "trees/height_m": "15", "trees/status": "alive"},
            {"trees/tree_id": "2", "trees/dbh_cm": "30.5", "trees/genus": "Inga", "trees/status": "alive"},
        ],
    }
    return {key: value for key, value in (raw | changes).items() if value is not ...}


def parse(request_, artifact_of, *pages):
    artifacts = [
        artifact_of(
            json.dumps({"count": 9, "next": None, "previous": None, "results": page}).encode(),
            address=f"kobo/aX/page-{number:04d}",
        )
        for number, page in enumerate(pages, start=1)
    ]
    parsed = kobo.parse(SPEC, artifacts, request_)
    return parsed["plots"], parsed["trees"], artifacts


def test_a_submission_is_a_plot_and_its_trees(request_, artifact_of) -> None:
    plots, trees, (artifact,) = parse(request_, artifact_of, [submission(1)])
    assert plots.table.to_pylist() == [
        {
            "plot_id": "P1",
            "census_id": "2022",
            "census_date": datetime(2022, 8, 1, tzinfo=UTC).date(),
            "latitude": -7.1,
            "longitude": -77.2,
            "area_ha": 0.5,
            "slope_percent": 12.0,
            "slope_corrected": True,
            "layout_id": None,
            "no_trees": None,
            "stratum_id": None,
            "team": None,
            "submission_id": "r1",
            "submitted_at": datetime(2022, 8, 1, 10, tzinfo=UTC),
            "validation_status": "validation_status_approved",
            "_artifact": artifact.sha256,
            "_row": 1,
        }
    ]
    assert [(row["plot_id"], row["tree_id"], row["genus"], row["height_m"]) for row in trees.table.to_pylist()] == [
        ("P1", "1", None, 15.0),
        ("P1", "2", "Inga", None),
    ]


def test_rows_run_over_the_file(request_, artifact_of) -> None:
    plots, trees, artifacts = parse(request_, artifact_of, [submission(1), submission(2)], [submission(3)])
    places = {(row["plot_id"], row["_artifact"], row["_row"]) for row in plots.table.to_pylist()}
    assert places == {("P1", artifacts[0].sha256, 1), ("P2", artifacts[0].sha256, 2), ("P3", artifacts[1].sha256, 1)}
    rows = [(row["plot_id"], row["_row"]) for row in trees.table.to_pylist()]
    assert rows == [("P1", 1), ("P1", 2), ("P2", 3), ("P2", 4), ("P3", 1), ("P3", 2)]


def test_an_edit_replaces_and_nothing_is_lost(request_, artifact_of) -> None:
    edit = submission(2, **{"meta/rootUuid": "uuid:r1", "plot/plot_id": "P1", "plot/area_ha": "1.0"})
    for pages in ([[submission(1), edit]], [[submission(1)], [edit]], [[edit], [submission(1)]]):
        plots, trees, _ = parse(request_, artifact_of, *pages)
        assert plots.table["area_ha"].to_pylist() == [1.0]
        assert {item["rule"] for item in (*plots.rejected, *trees.rejected)} == {"superseded_by_edit"}
        assert (plots.rows_read, len(plots.rejected)) == (2, 1)
        assert (trees.rows_read, len(trees.rejected), trees.table.num_rows) == (4, 2, 2)


def test_a_second_submission_of_a_census_is_left_to_the_checks(request_, artifact_of) -> None:
    second = submission(2, **{"plot/plot_id": "P1", "plot/slope_percent": "13"})
    plots, _, _ = parse(request_, artifact_of, [submission(1), second])
    assert plots.table["submission_id"].to_pylist() == ["r1", "r2"]
    assert plots.rejected == []


@pytest.mark.parametrize("status", ["validation_status_not_approved", "validation_status_on_hold"])
def test_what_the_reviewer_refused_takes_its_trees_along(request_, artifact_of, status) -> None:
    refused = submission(1, _validation_status={"uid": status})
    plots, trees, _ = parse(request_, artifact_of, [refused, submission(2, _validation_status={})])
    assert plots.table["plot_id"].to_pylist() == ["P2"]
    assert plots.table["validation_status"].to_pylist() == [None]
    assert [item["rule"] for item in plots.rejected] == [status]
    assert [item["rule"] for item in trees.rejected] == [status] * 2
    assert "plot P1, census 2022" in plots.rejected[0]["reason"]


def test_an_older_server_without_root_uuid(request_, artifact_of) -> None:
    plots, _, _ = parse(request_, artifact_of, [submission(1, **{"meta/rootUuid": ...})])
    assert plots.table["submission_id"].to_pylist() == ["u1"]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"plot/area_ha": "half"}, "unreadable_value"),
        ({"plot/area_ha": ...}, "missing_value"),
        ({"plot/gps": "here"}, "unreadable_value"),
        ({"plot/gps": "-7.1 nan 0 0"}, "not_finite"),
        ({"plot/census_date": "44774"}, "unreadable_value"),
        ({"plot/slope_corrected": "maybe"}, "unreadable_value"),
        ({"_submission_time": "0001-01-01T00:00:00+14:00"}, "unreadable_value"),
    ],
)
def test_values_that_cannot_be_used(request_, artifact_of, changes, rule) -> None:
    plots, trees, _ = parse(request_, artifact_of, [submission(1, **changes), submission(2)])
    assert [item["rule"] for item in plots.rejected] == [rule]
    assert plots.table.num_rows == 1
    assert plots.rows_read == 2
    assert trees.table.num_rows == 4


def test_a_tree_without_a_diameter(request_, artifact_of) -> None:
    plots, trees, _ = parse(request_, artifact_of, [submission(1, trees=[{"trees/tree_id": "7"}, "tree"])])
    assert plots.table.num_rows == 1
    assert [(item["row"], item["rule"]) for item in trees.rejected] == [(1, "missing_value"), (2, "missing_value")]
    assert "trees/dbh_cm is missing" in trees.rejected[0]["reason"]
    for item in trees.rejected:
        record = json.loads(item["record"])
        assert (record["plot_id"], record["census_id"], record["submission_id"]) == ("P1", "2022", "r1")


def test_a_plot_without_trees(request_, artifact_of) -> None:
    plots, trees, _ = parse(request_, artifact_of, [submission(1, trees=...)])
    assert (plots.table.num_rows, trees.rows_read) == (1, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"[1, 2]",
        b'{"count": 1}',
        b"{",
        b'{"count": 1, "next": null, "results": [NaN]}',
        b'{"count": 1, "count": 2}',
        b"[" * 200_000,
        b'{"count": 1, "next": null, "results": [{"_id": 1, "a": ' + b"[" * 60 + b"]" * 60 + b"}]}",
        b'{"count": 1, "next": null, "results": [{"_id": 1, "plot": "P1", "plot": "P2"}]}',
        b'{"count": 1, "next": null, "results": [{"_id": [1]}]}',
        b'{"count": 1, "next": null, "results": [{"_id": "1"}]}',
        b'{"count": 1, "next": null, "results": [{"_id": true}]}',
        b'{"count": 1, "next": null, "results": [{}]}',
        b'{"\\ud800": 1}',
    ],
)
def test_pages_of_another_shape_are_refused(request_, artifact_of, content) -> None:
    with pytest.raises(InputError, match="page of submissions"):
        kobo.parse(SPEC, [artifact_of(content, address="kobo/aX/page-0001")], request_)


def test_depth_is_bounded_where_it_is_said_to_be(tmp_path) -> None:
    path = tmp_path / "page.json"
    path.write_text("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)
    assert isinstance(read_json(path, label="x", what="a page", remedy="-"), list)
    path.write_text("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    with pytest.raises(InputError, match="not valid JSON") as caught:
        read_json(path, label="x", what="a page", remedy="-")
    assert caught.value.found == f"more than {MAX_DEPTH} objects and lists within each other"


def test_a_key_that_stands_twice_is_named(tmp_path) -> None:
    path = tmp_path / "page.json"
    path.write_text('{"a": 1, "b": 2, "a": 3}')
    with pytest.raises(InputError) as caught:
        read_json(path, label="x", what="a page", remedy="-")
    assert caught.value.found == "a key stands twice in an object: 'a'"


@pytest.mark.parametrize("changes", [{"plot/plot_id": "P\ud800"}, {"note": "\udfff"}, {"n\ud800": 1}])
def test_half_a_character_sends_a_submission_to_the_quarantine(request_, artifact_of, changes, tmp_path) -> None:
    plots, trees, _ = parse(request_, artifact_of, [submission(1, **changes), submission(2)])
    assert plots.table["plot_id"].to_pylist() == ["P2"]
    assert [(item["row"], item["rule"]) for item in plots.rejected] == [(1, "unreadable_value")]
    assert set(trees.table["plot_id"].to_pylist()) == {"P2"}
    assert [item["row"] for item in trees.rejected] == [1, 2]
    for part in (plots, trees):
        assert part.table.num_rows + len(part.rejected) == part.rows_read
        write_parquet(tmp_path / "rejected.parquet", pa.Table.from_pylist(part.rejected))
    assert json.loads(trees.rejected[0]["record"])["submission_id"] == "r1"


def test_half_a_character_in_a_tree_sends_that_tree_to_the_quarantine(request_, artifact_of) -> None:
    raw = submission(1)
    raw["trees"][1]["trees/genus"] = "Ing\ud800"
    plots, trees, _ = parse(request_, artifact_of, [raw])
    assert (plots.table.num_rows, plots.rejected) == (1, [])
    assert trees.table["tree_id"].to_pylist() == ["1"]
    assert [(item["row"], item["rule"]) for item in trees.rejected] == [(2, "unreadable_value")]
    assert json.loads(trees.rejected[0]["record"])["trees/genus"] == r"Ing\ud800"


def test_a_garbled_edit_still_replaces_what_it_edits(request_, artifact_of) -> None:
    edit = submission(2, **{"meta/rootUuid": "uuid:r1", "note": "\ud800"})
    plots, trees, _ = parse(request_, artifact_of, [submission(1), edit])
    assert (plots.table.num_rows, trees.table.num_rows) == (0, 0)
    assert {item["row"]: item["rule"] for item in plots.rejected} == {1: "superseded_by_edit", 2: "unreadable_value"}


def test_a_garbled_value_that_cannot_be_typed_is_told_once(request_, artifact_of) -> None:
    plots, _, _ = parse(request_, artifact_of, [submission(1, **{"plot/area_ha": "\ud800"})])
    assert [item["rule"] for item in plots.rejected] == ["unreadable_value"]
