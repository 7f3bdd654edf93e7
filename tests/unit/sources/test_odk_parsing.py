"""Pages of ODK Central to landed tables: repeats, places, times, review states."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from mrv.errors import InputError
from mrv.project_sources import OdkCentral
from mrv.simulator.odata import as_odata
from mrv.sources import kobo, odk_central
from mrv.sources.form_definition import load_form
from mrv.sources.odk_central import flatten
from tests.unit.sources.odk_pages import page, submission
from tests.unit.sources.test_kobo_parsing import SPEC as KOBO
from tests.unit.sources.test_kobo_parsing import submission as kobo_submission

SPEC = OdkCentral(
    connector="odk_central",
    name="g",
    project_number=1,
    form_id="grievance",
    form="grievance",
    base_url="https://odk.example.org",
)


def parse(request_, artifact_of, *pages, spec=SPEC):
    artifacts = [
        artifact_of(json.dumps(content).encode(), address=f"odk/1/{spec.form_id}/page-{number:04d}")
        for number, content in enumerate(pages, start=1)
    ]
    return odk_central.parse(spec, artifacts, request_)


def test_a_submission_is_a_grievance(request_, artifact_of) -> None:
    parsed = parse(request_, artifact_of, page(submission(1)))["grievance_records"]
    (row,) = parsed.table.to_pylist()
    assert row["grievance_id"] == "G-001"
    assert row["received_on"] == date(2023, 3, 1)
    assert row["submission_id"] == "00000000-0000-4000-8000-000000000001"
    assert row["submitted_at"] == datetime(2023, 3, 1, 15, tzinfo=UTC)
    assert row["validation_status"] == "approved"
    assert row["closed_on"] is None
    assert parsed.rejected == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"review": "rejected"}, "rejected_by_reviewer"),
        ({"review": "hasIssues"}, "has_issues"),
        ({"system": {"deletedAt": "2023-04-01T00:00:00.000Z"}}, "deleted_at_source"),
        ({"system": {"status": "notDecrypted"}}, "not_decrypted"),
        ({"category": "taxes"}, "unknown_choice"),
        ({"received_on": None}, "missing_value"),
        ({"received_on": "01/03/2023"}, "ambiguous_date"),
    ],
)
def test_what_is_set_aside_and_why(request_, artifact_of, changes, rule) -> None:
    parsed = parse(request_, artifact_of, page(submission(1, **changes), submission(2)))["grievance_records"]
    assert [item["rule"] for item in parsed.rejected] == [rule]
    assert parsed.table["grievance_id"].to_pylist() == ["G-002"]
    assert parsed.rows_read == 2


@pytest.mark.parametrize("review", [None, "approved", "edited"])
def test_what_is_used(request_, artifact_of, review) -> None:
    parsed = parse(request_, artifact_of, page(submission(1, review=review)))["grievance_records"]
    assert parsed.table["validation_status"].to_pylist() == [review]


def test_reasons_tell_nothing_of_people(request_, artifact_of) -> None:
    wrong = submission(1, complainant_gender="María", category="land")
    parsed = parse(request_, artifact_of, page(wrong, submission(2, received_on="x")))["grievance_records"]
    assert len(parsed.rejected) == 2
    assert not any("Quispe" in item["reason"] for item in parsed.rejected)


def test_the_same_grievance_sent_twice_counts_once(request_, artifact_of) -> None:
    again = submission(2, grievance_id="G-001")
    parsed = parse(request_, artifact_of, page(again), page(submission(1)))["grievance_records"]
    assert parsed.table["submission_id"].to_pylist() == ["00000000-0000-4000-8000-000000000001"]
    assert [item["rule"] for item in parsed.rejected] == ["repeated_submission"]
    assert "000000000001 answer by answer" in parsed.rejected[0]["reason"]


def test_an_id_with_blanks_is_trimmed_and_counted(request_, artifact_of) -> None:
    parsed = parse(request_, artifact_of, page(submission(1, grievance_id="G-001  ")))["grievance_records"]
    assert parsed.table["grievance_id"].to_pylist() == ["G-001"]
    assert [(row["column_name"], row["rule"], row["value_count"]) for row in parsed.repairs] == [
        ("grievance_id", "trimmed_blanks", 1)
    ]


def test_groups_repeats_and_places_are_flattened() -> None:
    point = {"type": "Point", "coordinates": [-77.2, -7.1, 1200.5], "properties": {"accuracy": 4.4}}
    value = {
        "__id": "uuid:x",
        "__system": {},
        "plot": {"plot_id": "P1", "gps": point, "team": None},
        "trees@odata.navigationLink": "Submissions('uuid:x')/trees",
        "trees": [{"__id": "a", "__Submissions-id": "uuid:x", "tree_id": "1", "dbh_cm": 20.5}],
        "lines": [{"line_id": "L1", "pieces": [{"diameter_cm": 12}]}],
    }
    assert flatten(value) == {
        "plot/plot_id": "P1",
        "plot/gps": "-7.1 -77.2 1200.5",
        "trees": [{"trees/tree_id": "1", "trees/dbh_cm": 20.5}],
        "lines": [{"lines/line_id": "L1", "lines/pieces": [{"lines/pieces/diameter_cm": 12}]}],
    }


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({"type": "Point", "coordinates": [-77.2, -7.1]}, "-7.1 -77.2"),
        ({"type": "Point", "coordinates": [-77.2, -7.1], "properties": {"accuracy": 3}}, "-7.1 -77.2"),
        ({"type": "Point", "coordinates": [-77.2, -7.1, None]}, "-7.1 -77.2"),
    ],
)
def test_places_with_less(place, text) -> None:
    assert flatten({"gps": place}) == {"gps": text}


@pytest.mark.parametrize("coordinates", [None, [], [-77.2], "here", [[1, 2], [3, 4]], [None, None]])
def test_a_place_that_is_none_goes_to_the_quarantine(request_, artifact_of, coordinates) -> None:
    spec = SPEC.model_copy(update={"form": "forest_plot_census", "form_id": "plots"})
    (value,) = as_odata([kobo_submission(1)], load_form("forest_plot_census"))
    value["plot"]["gps"] = {"type": "Point", "coordinates": coordinates}
    parsed = parse(request_, artifact_of, page(value), spec=spec)
    assert {item["rule"] for item in parsed["plots"].rejected} == {"unreadable_value"}


def test_both_servers_give_the_same_rows(request_, artifact_of) -> None:
    raws = [
        kobo_submission(1),
        kobo_submission(2, _validation_status={"uid": "validation_status_not_approved"}),
        kobo_submission(3),
        kobo_submission(4, **{"meta/rootUuid": "uuid:r3", "plot/area_ha": "1.0", "plot/plot_id": "P3"}),
    ]
    form = load_form("forest_plot_census")
    spec = SPEC.model_copy(update={"form": "forest_plot_census", "form_id": "plots"})
    by_odk = parse(request_, artifact_of, page(*as_odata(raws, form)), spec=spec)
    content = {"count": 4, "next": None, "results": raws}
    by_kobo = kobo.parse(KOBO, [artifact_of(json.dumps(content).encode(), address="kobo/aX/page-0001")], request_)
    assert by_odk.keys() == by_kobo.keys() == {"plots", "trees"}
    for name in by_kobo:
        own = {"_artifact", "_row", "validation_status", "submitted_at"}
        columns = [column for column in by_kobo[name].table.schema.names if column not in own]
        assert by_odk[name].table.select(columns).to_pylist() == by_kobo[name].table.select(columns).to_pylist()
    assert [item["rule"] for item in by_odk["plots"].rejected] == ["rejected_by_reviewer"]


@pytest.mark.parametrize(
    "content",
    [
        b"[1]",
        b'{"value": []}',
        b'{"value": {}, "@odata.count": 0}',
        b'{"value": [1], "@odata.count": 1}',
        b'{"value": [], "@odata.count": "0"}',
        b'{"value": [], "@odata.count": 0, "@odata.nextLink": 7}',
        b'{"value": [{"__id": "a"}], "@odata.count": 1}',
        b'{"value": [{"__id": 1, "__system": {}}], "@odata.count": 1}',
        b'{"value": [{"__id": "", "__system": {}}], "@odata.count": 1}',
        b'{"value": [{"__id": "a", "__system": null}], "@odata.count": 1}',
        b'{"value": [], "value": [], "@odata.count": 0}',
        b'{"value": [NaN], "@odata.count": 1}',
    ],
)
def test_pages_of_another_shape_are_refused(request_, artifact_of, content) -> None:
    with pytest.raises(InputError, match="page of submissions"):
        odk_central.parse(SPEC, [artifact_of(content, address="odk/1/grievance/page-0001")], request_)
