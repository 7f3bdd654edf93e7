"""The OpenLineage events of a package: shape of the specification, order, hashes, and the same bytes each time."""

import json
import uuid

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from mrv.package.evidence import LINEAGE
from mrv.package.openlineage import EVENTS, write_openlineage
from mrv.package.staging import Staging
from tests.unit.package.package_samples import sample_contents

FACETS = {
    "type": "object",
    "additionalProperties": {
        "type": "object", "required": ["_producer", "_schemaURL"],
        "properties": {"_producer": {"type": "string", "format": "uri"}, "_schemaURL": {"type": "string", "format": "uri"}},
    },
}  # fmt: skip
NAMED = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {"namespace": {"type": "string"}, "name": {"type": "string", "minLength": 1}, "facets": FACETS},
}
RUN_EVENT = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"type": "string", "format": "uri", "pattern": r"/OpenLineage\.json#/\$defs/RunEvent$"},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {"runId": {"type": "string", "format": "uuid"}, "facets": FACETS},
        },
        "job": NAMED,
        "inputs": {"type": "array", "items": NAMED},
        "outputs": {"type": "array", "items": NAMED},
    },
}
"""What the specification 2-0-2 demands of a RunEvent."""


def table(kind, *parents):
    return {"kind": kind, "parents": [*parents], "path": None, "description": f"A {kind}."}


LINEAGE_RECORD = {
    "tables": {
        "accounts_mart": table("mart", "int_a"),
        "int_a": table("intermediate", "stg_z"),
        "landed.accounts": table("landed"),
        "stg_z": table("staging", "landed.accounts"),
    },
    "steps": {
        "land hansen": {"inputs": ["artifact:raster"], "outputs": ["landed.raster"]},
        "check": {"inputs": ["landed.raster"], "outputs": ["landed.check_results"]},
        "list": {"inputs": ["artifact:*"], "outputs": ["landed.artifacts"]},
        "land others": {"inputs": ["artifact:raster"], "outputs": []},
        "declare": {"inputs": ["project"], "outputs": ["landed.accounts"]},
    },
}


@pytest.fixture
def written(tmp_path):
    def write(folder, lineage=LINEAGE_RECORD):
        (tmp_path / folder).mkdir()
        contents, staging = sample_contents(tmp_path / "sources"), Staging(tmp_path / folder)
        for name, path in contents.landed.items():
            staging.copy(f"data/landed/{name}.parquet", path)
        staging.copy("data/tables/figures.parquet", contents.marts_folder / "figures.parquet")
        if lineage:
            staging.write_json(LINEAGE, lineage)
        write_openlineage(staging, contents)
        events = [json.loads(line) for line in (staging.root / EVENTS).read_text(encoding="utf-8").splitlines()]
        return staging, contents, events

    return write


def test_events_have_the_shape_of_the_specification(written):
    _, contents, events = written("one")
    validator = Draft202012Validator(RUN_EVENT, format_checker=FormatChecker())
    for event in events:
        validator.validate(event)
        assert event["eventTime"] == contents.created_at
        assert uuid.UUID(event["run"]["runId"]).version == 5
    assert len({event["run"]["runId"] for event in events}) == len(events)


def test_steps_stand_before_what_builds_on_them(written):
    _, contents, events = written("one")
    names = [event["job"]["name"] for event in events]
    assert names == [
        "land hansen",
        "check",
        "declare",
        "list",
        "sql stg_z",
        "sql int_a",
        "sql accounts_mart",
        "publish",
    ]
    assert [item["name"] for item in events[-1]["inputs"]] == ["figures"]
    assert [item["name"] for item in events[-1]["outputs"]] == [contents.name]


def test_files_and_tables_carry_their_hashes(written):
    staging, contents, events = written("one")
    jobs = {event["job"]["name"]: event for event in events}
    (tile,) = jobs["land hansen"]["inputs"]
    assert tile["name"] == f"artifact:{contents.inputs[0].address}"
    assert tile["facets"]["version"]["datasetVersion"] == f"sha256:{contents.inputs[0].sha256}"
    assert "land others" not in jobs
    assert len(jobs["list"]["inputs"]) == len(contents.inputs)
    (accounts,) = jobs["declare"]["outputs"]
    digest = staging.entries["data/landed/accounts.parquet"].sha256
    assert accounts["facets"]["version"]["datasetVersion"] == f"sha256:{digest}"
    assert jobs["sql int_a"]["outputs"][0]["facets"] == {}


def test_the_same_contents_give_the_same_bytes(written):
    one, _, _ = written("one")
    other, _, _ = written("other")
    assert one.entries[EVENTS] == other.entries[EVENTS]


def test_without_lineage_only_the_publishing_is_told(written):
    _, _, events = written("one", lineage=None)
    assert [event["job"]["name"] for event in events] == ["publish"]
