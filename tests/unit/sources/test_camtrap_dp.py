"""Camtrap DP packages: what a sound one gives, and each way in which one can be wrong."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mrv.errors import InputError
from mrv.project_sources import CamtrapDp
from mrv.sources import camtrap_dp
from mrv.sources.camtrap_dp_tables import standard
from mrv.sources.contract import Request

PROFILE = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json"
DEPLOYMENT = {
    "deploymentID": "d1",
    "locationID": "L",
    "latitude": "-7.1",
    "longitude": "-77.1",
    "deploymentStart": "2022-07-01T15:00:00-05:00",
    "deploymentEnd": "2022-07-11T10:00:00-05:00",
    "timestampIssues": "false",
    "setupBy": "Rosa",
    "deploymentTags": "season:dry | failedDays:2.5",
}
MEDIA = {
    "mediaID": "m1",
    "deploymentID": "d1",
    "timestamp": "2022-07-02T01:00:00-05:00",
    "filePath": "media/m1.jpg",
    "filePublic": "false",
    "fileMediatype": "image/jpeg",
}
OBSERVATION = {
    "observationID": "o1",
    "deploymentID": "d1",
    "mediaID": "NA",
    "eventID": "e1",
    "eventStart": "2022-07-02T01:00:00-05:00",
    "eventEnd": "2022-07-02T01:00:09-05:00",
    "observationLevel": "event",
    "observationType": "animal",
    "scientificName": "Panthera onca",
    "count": "1",
    "classificationMethod": "human",
}
TABLES = {"deployments": DEPLOYMENT, "media": MEDIA, "observations": OBSERVATION}


def descriptor(**changes: Any) -> dict[str, Any]:
    return {
        "name": "pkg",
        "profile": PROFILE,
        "created": "2024-01-01T00:00:00Z",
        "contributors": [],
        "project": dict.fromkeys(standard().required_project_keys, "x"),
        "spatial": {},
        "temporal": {},
        "taxonomic": [],
        "resources": [
            *({"name": name, "path": f"{name}.csv", "schema": "https://example.org/s.json"} for name in TABLES),
            {"name": "individuals", "data": [{"id": 1}]},
        ],
        **changes,
    }


def csv_of(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def files_of(document: dict[str, Any], **tables: list[dict[str, str]]) -> dict[str, bytes]:
    texts = {f"{name}.csv": csv_of(tables.get(name, [row])) for name, row in TABLES.items()}
    return {"datapackage.json": json.dumps(document).encode()} | {name: text.encode() for name, text in texts.items()}


def read(request: Request, files: dict[str, bytes], *, zipped: str | None = None) -> dict[str, Any]:
    folder = request.project_folder / "pkg"
    folder.mkdir(parents=True, exist_ok=True)
    root = "pkg"
    if zipped is None:
        for name, content in files.items():
            (folder / name).write_bytes(content)
    else:
        root = "pkg/package.zip"
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipped + name, content)
        (folder / "package.zip").write_bytes(stream.getvalue())
    spec = CamtrapDp(connector="camtrap_dp", name="cams", root=root, licence="CC0-1.0", citation="-")
    return camtrap_dp.parse(spec, camtrap_dp.pull(spec, request), request)


@pytest.mark.parametrize("zipped", [None, "", "season-1/"])
def test_a_sound_package_gives_three_tables(request_: Request, zipped: str | None) -> None:
    parsed = read(request_, files_of(descriptor()), zipped=zipped)
    assert {name: part.rejected for name, part in parsed.items()} == {
        name: [] for name in ("camera_deployments", "camera_media", "camera_observations")
    }
    [deployment] = parsed["camera_deployments"].table.to_pylist()
    assert (deployment["failed_days"], deployment["timestamp_issues"], deployment["package_name"]) == (
        2.5,
        False,
        "pkg",
    )
    assert deployment["started_at"].isoformat() == "2022-07-01T20:00:00+00:00"
    [observation] = parsed["camera_observations"].table.to_pylist()
    assert (observation["media_id"], observation["individual_count"]) == (None, 1)
    assert parsed["camera_media"].table["file_public"].to_pylist() == [False]


def test_a_resource_without_a_path_is_named_and_left_aside(request_: Request, caplog: Any) -> None:
    with caplog.at_level(logging.INFO):
        read(request_, files_of(descriptor()))
    assert "resource individuals is no table of Camtrap DP" in caplog.text


def test_other_delimiters_and_encodings_are_read_as_declared(request_: Request) -> None:
    resources = descriptor()["resources"]
    resources[0] |= {"dialect": {"delimiter": ";"}, "encoding": "cp1252"}
    files = files_of(descriptor(resources=resources))
    files["deployments.csv"] = csv_of([DEPLOYMENT | {"habitat": "cañón"}], ";").encode("cp1252")
    [row] = read(request_, files)["camera_deployments"].table.to_pylist()
    assert row["habitat"] == "cañón"


SPOILT = [
    ("deployments", {"latitude": "-77.1", "longitude": "-7.1"}, "swapped_coordinates"),
    ("deployments", {"latitude": ""}, "missing_value"),
    ("deployments", {"latitude": "95"}, "out_of_range"),
    ("deployments", {"latitude": "7,1"}, "ragged_row"),
    ("deployments", {"deploymentStart": "2022-07-01T15:00:00"}, "unreadable_value"),
    ("deployments", {"deploymentStart": "01/07/2022"}, "unreadable_value"),
    ("deployments", {"deploymentTags": "failedDays:some"}, "unreadable_value"),
    ("media", {"filePublic": "perhaps"}, "unreadable_value"),
    ("media", {"fileMediatype": "text/html"}, "out_of_range"),
    ("media", {"timestamp": "NA"}, "missing_value"),
    ("observations", {"count": "0"}, "out_of_range"),
    ("observations", {"count": "two"}, "unreadable_value"),
    ("observations", {"observationLevel": "deployment"}, "unknown_choice"),
    ("observations", {"observationType": "person"}, "unknown_choice"),
    ("observations", {"classificationProbability": "1.5"}, "out_of_range"),
    ("observations", {"observationID": " "}, "missing_value"),
]


@pytest.mark.parametrize(("table", "change", "rule"), SPOILT)
def test_a_spoilt_row_is_set_aside_by_its_rule(request_: Request, table: str, change: Any, rule: str) -> None:
    spoilt, sound = TABLES[table] | change, TABLES[table] | {next(iter(TABLES[table])): "sound"}
    parsed = read(request_, files_of(descriptor(), **{table: [sound, spoilt]}))[standard().tables[table].dataset]
    assert (parsed.rows_read, parsed.table.num_rows) == (2, 1)
    assert [(item["rule"], item["row"]) for item in parsed.rejected] == [(rule, 2)]


def test_reasons_tell_no_place_and_no_person(request_: Request) -> None:
    rows = [DEPLOYMENT | {"latitude": "-7.123456 S", "setupBy": "Rosa"}]
    parsed = read(request_, files_of(descriptor(), deployments=rows))["camera_deployments"]
    assert "-7.123456" not in parsed.rejected[0]["reason"]
    assert "Rosa" not in parsed.rejected[0]["reason"]


def _resources(**first: Any) -> list[dict[str, Any]]:
    listed = descriptor()["resources"]
    return [listed[0] | first, *listed[1:]]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another profile": ({"profile": "tabular-data-package"}, "not of a version"),
    "a later version": ({"profile": PROFILE.replace("1.0.2", "2.0")}, "not of a version"),
    "no project": ({"project": None}, "lacks what every package has"),
    "a table that is missing": ({"resources": []}, "lacks tables"),
    "a table twice": ({"resources": _resources() + _resources()}, "stands twice"),
    "a table in the descriptor": ({"resources": _resources(path=None, data=[])}, "no file of its own"),
    "a path above": ({"resources": _resources(path="../deployments.csv")}, "no file of its own"),
    "an absolute path": ({"resources": _resources(path="/etc/passwd.csv")}, "no file of its own"),
    "an address": ({"resources": _resources(path="https://example.org/d.csv")}, "no file of its own"),
    "a list of paths": ({"resources": _resources(path=["a.csv", "b.csv"])}, "no file of its own"),
    "packed tables": ({"resources": _resources(path="deployments.csv.gz")}, "no file of its own"),
    "a long delimiter": ({"resources": _resources(dialect={"delimiter": "::"})}, "dialect"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_package_that_is_none_is_refused(request_: Request, name: str) -> None:
    changes, words = REFUSED[name]
    with pytest.raises(InputError, match=words) as caught:
        read(request_, files_of(descriptor(**changes)))
    assert caught.value.where
    assert caught.value.remedy


def test_a_table_without_a_required_field_is_refused(request_: Request) -> None:
    row = {name: value for name, value in DEPLOYMENT.items() if name != "deploymentEnd"}
    with pytest.raises(InputError, match="deploymentEnd"):
        read(request_, files_of(descriptor(), deployments=[row]))


def test_a_zip_without_a_package_or_without_a_table_is_refused(request_: Request) -> None:
    files = files_of(descriptor())
    with pytest.raises(InputError, match="no Camtrap DP package"):
        read(request_, {"readme.txt": b"x"}, zipped="")
    with pytest.raises(InputError, match="lacks the file of its table media"):
        read(request_, {name: content for name, content in files.items() if name != "media.csv"}, zipped="")


def test_what_is_read_agrees_with_the_published_schemas() -> None:
    """Required fields, types and choices are those of the standard, where its schemas lie beside the project."""
    folder = Path(__file__).resolve().parents[4] / "shared" / "data" / "camtrap_dp"
    if not folder.is_dir():
        pytest.skip(f"the real data are not beside the project ({folder})")
    for name, table in standard().tables.items():
        document = json.loads((folder / f"{name}-table-schema.json").read_text(encoding="utf-8"))
        published = {item["name"]: item for item in document["fields"]}
        assert tuple(document["missingValues"]) == standard().missing
        assert {item["name"] for item in published.values() if item["constraints"]["required"]} == set(table.required)
        for field in table.fields:
            own, limits = field.descriptor(), published[field.name]["constraints"]
            assert (own["type"], own.get("format")) == (
                published[field.name]["type"],
                published[field.name].get("format"),
            )
            assert own["constraints"].get("enum") == limits.get("enum")
            assert [own["constraints"].get(end) for end in ("minimum", "maximum")] == [
                limits.get(end) for end in ("minimum", "maximum")
            ]
