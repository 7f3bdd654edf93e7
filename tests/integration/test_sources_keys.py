"""FIRMS and KoboToolbox over loopback: keys, pages, what is refused."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from mrv.errors import SourceError, UsageError
from mrv.settings import Settings
from mrv.simulator.faults import Fault
from mrv.sources import firms, kobo
from tests.integration.network_place import ASSET_PATH, FIRES, PLOTS, Place

pytestmark = pytest.mark.integration


# --- FIRMS ----------------------------------------------------------------------------------------------------------
def test_fires_of_a_period(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    artifacts = firms.pull(FIRES, place.request)
    parsed = firms.parse(FIRES, artifacts, place.request)["fires"]
    assert [item.address.rpartition("/")[2] for item in artifacts] == [
        "2022-07-02..2022-07-06",
        "2022-07-07..2022-07-11",
    ]
    assert [str(day) for day in parsed.table["acquired_on_utc"].to_pylist()] == ["2022-07-03", "2022-07-09"]
    assert any("s3cr3t+key" in path for path, _, _ in place.faults.requests)
    kept = json.dumps([item.record() for item in artifacts]) + caplog.text
    assert "s3cr3t" not in kept


@pytest.mark.parametrize("status", [200, 400])
def test_an_invalid_key_is_told_without_the_key(place: Place, status: int) -> None:
    place.faults.add("/api/area", Fault("page", status=status, body=b"Invalid MAP_KEY. s3cr3t+key"), times=9)
    with pytest.raises(SourceError) as caught:
        firms.pull(FIRES, place.request)
    assert "Invalid MAP_KEY. <secret>" in (caught.value.found or "")
    assert "MRV_FIRMS_MAP_KEY" in (caught.value.remedy or "")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("connector", "spec", "variable"), [(firms, FIRES, "MRV_FIRMS_MAP_KEY"), (kobo, PLOTS, "MRV_KOBO_TOKEN")]
)
def test_a_missing_secret_names_its_variable(place: Place, connector, spec, variable) -> None:
    settings = Settings(home=place.request.settings.home)
    with pytest.raises(UsageError) as caught:
        connector.pull(spec, replace(place.request, settings=settings))
    assert variable in (caught.value.remedy or "")
    assert caught.value.exit_code == 2


# --- KoboToolbox ----------------------------------------------------------------------------------------------------
def test_all_pages_of_a_form(place: Place) -> None:
    artifacts = kobo.pull(PLOTS, place.request)
    parsed = kobo.parse(PLOTS, artifacts, place.request)
    assert [item.address for item in artifacts] == [f"kobo/aX/page-{number:04d}" for number in (1, 2, 3)]
    assert parsed["plots"].table["plot_id"].to_pylist() == [f"P{number}" for number in range(1, 6)]
    assert {headers["authorization"] for _, headers, _ in place.faults.requests} == {"Token t0k3n"}
    assert "t0k3n" not in json.dumps([item.record() for item in artifacts])
    again = kobo.pull(PLOTS, place.request)
    assert [item.sha256 for item in again] == [item.sha256 for item in artifacts]
    assert all(item.unchanged for item in again)


def test_an_empty_page_is_no_end(place: Place) -> None:
    place.faults.add(f"{ASSET_PATH}?format=json&start=2&", Fault("empty_page"))
    with pytest.raises(SourceError, match="an empty page") as caught:
        kobo.pull(PLOTS, place.request)
    assert caught.value.found == "2 submissions, then an empty page"
    assert "page_size" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ({"count": 6, "next": None, "results": [{"_id": 3}, {"_id": 4}, {"_id": 5}]}, "changed while it was read"),
        ({"count": 5, "next": None, "results": [{"_id": 2}, {"_id": 4}, {"_id": 5}]}, "changed while it was read"),
        ({"count": 5, "next": None, "results": [{"_id": 3}]}, "changed while it was read"),
        ({"count": 5, "next": "https://elsewhere.example/x?start=4", "results": [{"_id": 3}]}, "another host"),
    ],
)
def test_pages_that_do_not_fit_together(place: Place, page, message) -> None:
    place.faults.add("start=2&", Fault("page", status=200, body=json.dumps(page).encode()))
    with pytest.raises(SourceError, match=message):
        kobo.pull(PLOTS, place.request)


def test_a_refused_token(place: Place) -> None:
    settings = place.request.settings.model_copy(update={"kobo_token": None, "mirrors": {}})
    spec = PLOTS.model_copy(update={"asset": "aOther"})
    with pytest.raises(SourceError, match="status 404"):
        kobo.pull(spec, place.request)
    with pytest.raises(UsageError, match="needs a key"):
        kobo.pull(spec, replace(place.request, settings=settings))
