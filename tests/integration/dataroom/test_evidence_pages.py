"""Map, figures with their trace, changes and checks, on a running data room."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from markupsafe import escape

from mrv.dataroom.permissions import Role
from mrv.package.cards import net_interval
from mrv.package.figures import read_figures
from mrv.package.wording import number

pytestmark = pytest.mark.integration
BASE = "/projects/sample/periods/mp4/versions/2"
API = f"/api/v1{BASE}"
PAGES = ("/projects/sample/map", f"{BASE}/figures", f"{BASE}/changes?against=1", f"{BASE}/checks")


def first_figure(client) -> dict:
    return client.get(f"{API}/figures").json()["figures"][0]


def test_pages_are_shown_in_both_languages_and_to_those_alone_who_may(room):
    verifier = room.signed_in(Role.VERIFIER)
    figure_id = first_figure(verifier)["figure_id"]
    for path in (*PAGES, f"{BASE}/figures/{figure_id}"):
        answers = {language: verifier.get(path, params={"lang": language}) for language in ("en", "es")}
        assert {answer.status_code for answer in answers.values()} == {200}, path
        assert answers["en"].text != answers["es"].text
        assert room.signed_in(None).get(path).status_code == 404
        assert room.client().get(path).status_code == 303


def test_a_figure_has_its_trace_its_row_and_links_to_files_that_are_there(room):
    verifier = room.signed_in(Role.VERIFIER)
    figure = first_figure(verifier)
    found = verifier.get(f"{API}/figures/{figure['figure_id']}").json()
    assert found["value"] == figure["value"]
    assert found["trace"]["figures"][figure["figure_id"]]["value"] == figure["value"]
    assert [(one["version"], one["value"]) for one in found["versions"]] == [(1, figure["value"])]
    shown = verifier.get(f"{BASE}/figures/{figure['figure_id']}").text
    assert figure["value"] in shown
    assert f"{BASE}/findings/new?figure={figure['figure_id']}" in shown
    analyst = room.signed_in(Role.ANALYST).get(f"{BASE}/figures/{figure['figure_id']}").text
    assert "findings/new" not in analyst


@pytest.mark.sqlite_only
def test_a_figure_shows_the_interval_that_its_card_shows(room):
    folder = room.home / "packages/sample/mp4/VP-sample-mp4-v2/data"
    figure = read_figures(folder / "tables/figures.parquet")["er.net.total"]
    low, high = net_interval(figure, pq.read_table(folder / "tables/monte_carlo.parquet").to_pylist())
    reader = room.signed_in(Role.REGISTRY_READER)
    assert f"{number(low).en} – {number(high).en}" in reader.get(BASE, params={"lang": "en"}).text
    shown = reader.get(f"{BASE}/figures/er.net.total", params={"lang": "en"}).text
    assert f"90 % confidence interval: {number(low).en} to {number(high).en}" in shown


@pytest.mark.sqlite_only
def test_the_way_here_names_the_project(room):
    facts = json.loads((room.home / "packages/sample/mp4/VP-sample-mp4-v2/data/package.json").read_bytes())
    shown = room.signed_in(Role.VERIFIER).get(BASE, params={"lang": "en"}).text
    crumbs = shown.partition('<nav class="crumbs"')[2].partition("</nav>")[0]
    assert f'<a href="/projects/sample">{escape(facts["project"]["name"])}</a>' in crumbs


@pytest.mark.parametrize(
    "path", [f"{BASE}/figures/nothing", f"{API}/figures/nothing", f"{BASE}/changes?against=9", f"{API}/changes"]
)
def test_what_is_not_there_is_said(room, path):
    assert room.signed_in(Role.VERIFIER).get(path).status_code == 404


def test_a_part_of_another_figure_is_refused(room):
    verifier = room.signed_in(Role.VERIFIER)
    figure_id = first_figure(verifier)["figure_id"]
    assert verifier.get(f"{BASE}/figures/{figure_id}", params={"part": "nothing:of-it"}).status_code == 404


def test_layers_of_the_map_have_a_tag_and_are_asked_for_once(room):
    verifier = room.signed_in(Role.VERIFIER)
    for name in ("zones", "loss", "alerts", "fires"):
        answer = verifier.get(f"{API}/map/{name}.geojson")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
        plain = verifier.get(f"{API}/map/{name}.geojson", headers={"Accept-Encoding": "identity"})
        assert (plain.content, plain.headers.get("content-encoding")) == (answer.content, None)
        again = verifier.get(f"{API}/map/{name}.geojson", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    zones = {
        each["id"]: each["properties"]
        for each in json.loads(verifier.get(f"{API}/map/zones.geojson").content)["features"]
    }
    told = {each["zone_id"]: each for each in verifier.get(f"{API}/map/zones").json()}
    assert zones.keys() == told.keys()
    for name in ("nothing.geojson", "loss-2023.png", "loss-1066.png"):
        assert verifier.get(f"{API}/map/{name}").status_code == 404


def test_checks_say_who_signed_and_that_the_key_is_not_known_here(room):
    found = room.signed_in(Role.VERIFIER).get(f"{API}/checks").json()
    assert found["signature"]["fingerprint"].startswith("SHA256:")
    assert (found["signature"]["principals"], found["signature"]["problem"]) == (None, None)
    assert found["checks"]
