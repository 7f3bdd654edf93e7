"""The demo's package before the validators of its formats."""

import json

import pytest

from mrv.package.verify import verify
from tests.e2e.demo_home import Demo
from tests.integration import format_validators as validators

pytestmark = pytest.mark.integration


def test_every_validator_accepts_the_package(demo_home: Demo):
    package = demo_home.package
    validators.check_bag(package)
    validators.check_data_package(package)
    validators.check_geoparquet(package)
    validators.check_kml(package)
    assert validators.check_stac(package) == validators.check_cogs(package) > 0


def test_crate_and_files_agree(demo_home: Demo):
    (check,) = [check for check in verify(demo_home.package, any_signer=True).checks if check.name == "crate"]
    assert check.outcome == "ok", check.detail


def test_events_tell_of_every_mart_and_of_what_was_received(demo_home: Demo):
    lines = (demo_home.package / "data/provenance/openlineage.ndjson").read_text(encoding="utf-8").splitlines()
    events = {event["job"]["name"]: event for event in map(json.loads, lines)}
    assert len(events) == len(lines)
    marts = {path.stem for path in (demo_home.package / "data/tables").glob("*.parquet")}
    assert {item["name"] for item in events["publish"]["inputs"]} == marts
    assert {f"sql {name}" for name in marts} <= events.keys()
    landing = [event for name, event in events.items() if name.startswith("land ")]
    assert landing and all(event["outputs"] for event in landing)
    assert all(item["facets"]["version"] for event in landing for item in event["inputs"])
