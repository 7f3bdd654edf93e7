"""Pages of projects and versions over HTTP: what they show, to whom, and how they fail."""

from __future__ import annotations

import pytest

from mrv.dataroom.database import Database
from mrv.dataroom.models import users
from mrv.dataroom.permissions import Role
from mrv.package.figures import read_figures
from mrv.package.wording import number
from tests.integration.dataroom.sites import PERIOD, PROJECT, Room

PACKAGE = f"/projects/{PROJECT}/periods/{PERIOD}/versions/2"


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "path", ["/projects", f"/projects/{PROJECT}", f"/projects/{PROJECT}/periods/{PERIOD}", PACKAGE]
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_pages_speak_the_language_that_is_asked_for(room: Room, path: str, language: str) -> None:
    answer = room.signed_in(Role.VERIFIER).get(path, params={"lang": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["content-language"] == language


@pytest.mark.sqlite_only
def test_the_numbers_that_stand_first_are_those_of_the_package(room: Room) -> None:
    folder = room.home / "packages" / PROJECT / PERIOD / f"VP-{PROJECT}-{PERIOD}-v2"
    figures = read_figures(folder / "data/tables/figures.parquet")
    page = room.signed_in(Role.REGISTRY_READER).get(PACKAGE, params={"lang": "es"}).text
    for figure_id in ("er.net.total", "er.vcu.total"):
        assert f"{PACKAGE}/figures/{figure_id}" in page
        assert f'<p class="value">{number(figures[figure_id].value).es} ' in page


def test_who_has_no_grant_sees_an_empty_list_and_no_project(room: Room) -> None:
    nobody = room.signed_in(None)
    listed = nobody.get("/projects", params={"lang": "en"})
    assert listed.status_code == 200
    assert "No project is open to you yet" in listed.text
    assert nobody.get(f"/projects/{PROJECT}").status_code == 404
    assert nobody.get(PACKAGE).status_code == 404


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "path",
    ["/projects/elsewhere", f"/projects/{PROJECT}/periods/mp9", f"/projects/{PROJECT}/periods/{PERIOD}/versions/9"],
)
def test_what_is_not_there_is_a_page_that_helps(room: Room, path: str) -> None:
    answer = room.signed_in(Role.ADMINISTRATOR).get(path, params={"lang": "en"})
    assert answer.status_code == 404
    assert 'href="/projects"' in answer.text


def test_findings_are_told_only_to_those_who_may_read_them(room: Room) -> None:
    words = "Findings of this version"
    assert words in room.signed_in(Role.VERIFIER).get(PACKAGE, params={"lang": "en"}).text
    assert words not in room.signed_in(Role.ANALYST).get(PACKAGE, params={"lang": "en"}).text


@pytest.mark.sqlite_only
def test_the_tabs_are_those_that_the_reader_may_open(room: Room) -> None:
    path = f"/projects/{PROJECT}"
    verifier, reader = (room.signed_in(role).get(path).text for role in (Role.VERIFIER, Role.REGISTRY_READER))
    tabs = {f"{path}/findings": True, f"{path}/sql": False, f"{path}/access-log": False}
    assert {tab: f'href="{tab}"' in reader for tab in tabs} == tabs
    assert all(f'href="{tab}"' in verifier for tab in tabs)


def test_the_language_is_kept_in_the_account(room: Room) -> None:
    user_id, secret = room.person(Role.VERIFIER)
    answer = room.client(secret).post("/language", data={"language": "es", "back": PACKAGE})
    assert (answer.status_code, answer.headers["location"]) == (303, PACKAGE)
    assert "mrv-language=es" in answer.headers["set-cookie"]
    database = Database(room.database_url)
    with database.reading() as connection:
        row = connection.execute(users.select().where(users.c.user_id == user_id)).one()
    database.close()
    assert row.language == "es"
    assert '<html lang="es"' in room.client(secret).get("/projects").text


@pytest.mark.sqlite_only
@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_no_form_leads_elsewhere(room: Room, back: str) -> None:
    client = room.signed_in(Role.ANALYST)
    for path, data in (("/language", {"language": "en"}), ("/theme", {"theme": "dark"})):
        assert client.post(path, data={**data, "back": back}).headers["location"] == "/projects"


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("path", "data"), [("/language", {"language": "qu"}), ("/theme", {"theme": "red"})])
def test_a_choice_that_there_is_not_is_refused(room: Room, path: str, data: dict[str, str]) -> None:
    answer = room.signed_in(Role.ANALYST).post(path, data=data)
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


@pytest.mark.sqlite_only
def test_a_theme_that_the_cookie_made_up_is_ignored(room: Room) -> None:
    _, secret = room.person(Role.ANALYST)
    client = room.client(secret)
    client.headers["Cookie"] += '; mrv-theme="><script>'
    page = client.get("/projects").text
    assert "data-theme" not in page
    assert "><script>" not in page
